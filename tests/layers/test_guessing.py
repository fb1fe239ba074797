"""A CRS is suggested by the numbers, and only inside the error."""

from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox
from pyproj import CRS

from sandgrid.errors import InputError
from sandgrid.layers.catalogue import RasterSource, VectorSource
from sandgrid.layers.guessing import Place, suggest_crs
from sandgrid.layers.notices import SandGridWarning
from sandgrid.layers.raster import read_raster
from sandgrid.layers.vector import Window, read_vector

METRES = CRS.from_user_input("+proj=laea +lat_0=44 +lon_0=121.5 +ellps=GRS80 +units=m")
HERE = Place((-60_000, -60_000, 60_000, 60_000), METRES)
PREFIXED = (4527, 4528, 4529, 4498, 4499)
PLAIN = (4549, 4550, 4509, 4510)


def bounds_in(code: int) -> tuple[float, float, float, float]:
    """Return the bounds of a small square at 121.5 E, 44 N."""
    square = gpd.GeoSeries([shapely.box(121.5, 44, 121.51, 44.01)], crs=4490).to_crs(code)
    west, south, east, north = square.total_bounds.tolist()
    return west, south, east, north


@pytest.mark.parametrize("code", [4490, *PREFIXED])
def test_degrees_and_prefixed_zones_tell_themselves(code: int) -> None:
    assert suggest_crs(bounds_in(code), HERE) == (f"EPSG:{code}",)


@pytest.mark.parametrize("code", PLAIN)
def test_plain_zones_need_the_area(code: int) -> None:
    assert f"EPSG:{code}" in suggest_crs(bounds_in(code), HERE)
    assert suggest_crs(bounds_in(code)) == ("EPSG:4534..4554", "EPSG:4502..4512")


def test_one_easting_may_be_several_zones_but_only_those_on_the_area() -> None:
    assert suggest_crs(bounds_in(4550), HERE) == ("EPSG:4550", "EPSG:4510")
    assert suggest_crs(bounds_in(4549), HERE) == ("EPSG:4549",)


def test_web_maps_and_swapped_axes_are_seen() -> None:
    assert suggest_crs(bounds_in(3857), HERE) == ("EPSG:3857",)
    west, south, east, north = bounds_in(4529)
    assert suggest_crs((south, west, north, east), HERE) == ("EPSG:4529 (y, x)",)
    assert suggest_crs((44, 121.5, 44.01, 121.51)) == ("EPSG:4490 (y, x)",)


@pytest.mark.parametrize("bounds", [(0.0, 0.0, 1.0, 1.0), (float("nan"),) * 4, (5e8, 1, 5e8, 2)])
def test_numbers_that_fit_nothing_suggest_nothing(
    bounds: tuple[float, float, float, float],
) -> None:
    assert suggest_crs(bounds) == ()


def test_the_suggestion_stands_in_the_error_and_nowhere_else(
    tmp_path: Path, polygons: gpd.GeoDataFrame, vector: Callable[..., VectorSource]
) -> None:
    path = tmp_path / "places.shp"
    polygons.to_crs(4529).to_file(path, encoding="UTF-8")
    path.with_suffix(".prj").unlink()
    with pytest.raises(InputError, match=r"places\.shp has no CRS .* look like EPSG:4529 ") as told:
        read_vector(vector(path), METRES, window=Window(HERE.bounds))
    assert told.value.exit_code == 3
    assert "EPSG:4529" in told.value.text("zh")


def test_a_raster_without_crs_gets_one_suggested_too(
    tif: Callable[..., Path], quantity: Callable[..., RasterSource]
) -> None:
    path = tif([[1.0, 2.0]], affine=Affine(0.01, 0, 121.5, 0, -0.01, 44), crs=None)
    geobox = GeoBox((4, 4), Affine(100, 0, -200, 0, -100, 200), METRES.to_wkt())
    with pytest.raises(InputError, match=r"dem\.tif has no CRS .* look like EPSG:4490 "):
        read_raster(quantity(path), geobox)


@pytest.mark.parametrize(
    ("code", "off"), [(4214, 104), (2437, 104), (21421, 104), (4610, 127), (2364, 127)]
)
def test_an_old_datum_says_how_far_off_it_can_be(
    tmp_path: Path,
    polygons: gpd.GeoDataFrame,
    vector: Callable[..., VectorSource],
    code: int,
    off: int,
) -> None:
    path = tmp_path / "old.gpkg"
    polygons.set_crs(4610 if code in (4610, 2364) else 4214, allow_override=True).to_crs(
        code
    ).to_file(path)
    with pytest.warns(SandGridWarning, match=f"EPSG:{code} .* up to {off} m off"):
        read_vector(vector(path), METRES)


def test_the_prj_of_arcgis_is_understood(
    tmp_path: Path, polygons: gpd.GeoDataFrame, vector: Callable[..., VectorSource]
) -> None:
    path = tmp_path / "esri.shp"
    polygons.to_crs(4529).to_file(path, encoding="UTF-8")
    path.with_suffix(".prj").write_text(
        'PROJCS["CGCS2000_3_Degree_GK_Zone_41",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",'
        'DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],'
        'PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],'
        'PARAMETER["False_Easting",41500000.0],PARAMETER["False_Northing",0.0],'
        'PARAMETER["Central_Meridian",123.0],PARAMETER["Scale_Factor",1.0],'
        'PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]'
    )
    here = read_vector(vector(path), METRES).geometry.centroid
    there = polygons.to_crs(METRES).geometry.centroid
    assert here.distance(there.iloc[[1, 0, 2]].reset_index(drop=True)).max() < 0.05
