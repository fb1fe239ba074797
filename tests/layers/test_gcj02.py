"""GCJ-02 agrees with published answers, and the way back is better than a millimetre."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS, Geod

from sandgrid.errors import InputError
from sandgrid.layers.catalogue import VectorSource
from sandgrid.layers.gcj02 import from_gcj02, shift_m, to_gcj02
from sandgrid.layers.notices import SandGridWarning
from sandgrid.layers.vector import read_vector

METRES = CRS.from_user_input("+proj=laea +lat_0=44 +lon_0=121.5 +ellps=GRS80 +units=m")
# longitude, latitude; GCJ-02 longitude, latitude (test answers of the eviltransform project)
PUBLISHED = np.array(
    [
        (121.5272106, 31.1774276, 121.531541859215, 31.17530398364597),
        (113.912316, 22.543847, 113.9171764808363, 22.540796131694766),
        (116.377817, 39.911954, 116.38404722455657, 39.91334545536069),
    ]
)


def off_m(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return distances on the ellipsoid."""
    return np.asarray(Geod(ellps="GRS80").inv(*a.T, *b.T)[2])


def test_published_answers_hold_both_ways() -> None:
    true, shifted = PUBLISHED[:, :2], PUBLISHED[:, 2:]
    assert off_m(to_gcj02(true), shifted).max() < 1e-6
    assert off_m(from_gcj02(shifted), true).max() < 1e-6


@given(st.tuples(st.floats(73.5, 135), st.floats(18, 53.5)))
def test_there_and_back_is_better_than_a_millimetre_all_over_china(
    place: tuple[float, float],
) -> None:
    there = np.array([place])
    assert off_m(from_gcj02(to_gcj02(there)), there)[0] < 1e-3


def test_the_shift_in_the_city_is_half_a_kilometre_to_the_north_east() -> None:
    tongliao = np.array([[122.243, 43.653]])
    assert shift_m(tongliao)[0] == pytest.approx(519, abs=1)
    east, north = (to_gcj02(tongliao) - tongliao)[0]
    assert east * 111_320 * np.cos(np.radians(43.653)) == pytest.approx(447, abs=2)
    assert north * 111_100 == pytest.approx(263, abs=2)


def test_abroad_nothing_is_shifted() -> None:
    island = np.array([[-71.5, 41.6]])
    assert (to_gcj02(island) == island).all()
    assert (from_gcj02(island) == island).all()


def test_no_place_is_an_error() -> None:
    with pytest.raises(InputError, match="1 coordinates have no true place"):
        from_gcj02(np.array([[122.0, 43.0], [np.nan, 43.0]]))


@pytest.mark.parametrize("code", [4326, 3857])
def test_a_layer_is_repaired_on_import(
    tmp_path: Path, polygons: gpd.GeoDataFrame, vector: Callable[..., VectorSource], code: int
) -> None:
    places = polygons.geometry.to_numpy()
    there = shapely.get_coordinates(places)
    shifted = shapely.set_coordinates(places.copy(), to_gcj02(there))
    path = tmp_path / "phone.gpkg"
    polygons.set_geometry(gpd.GeoSeries(shifted, crs=4326)).to_crs(code).to_file(path)
    with pytest.warns(SandGridWarning, match="GCJ-02 and moved back by about 5.. m"):
        frame = read_vector(vector(path, datum="gcj02"), METRES)
    found = shapely.get_coordinates(frame.to_crs(4490).geometry.to_numpy())
    straight = read_vector(vector(_true(tmp_path, polygons)), METRES)
    wanted = shapely.get_coordinates(straight.to_crs(4490).geometry.to_numpy())
    assert off_m(found, wanted).max() < 1e-3


def _true(folder: Path, polygons: gpd.GeoDataFrame) -> Path:
    path = folder / "true.gpkg"
    polygons.to_crs(4326).to_file(path)
    return path
