"""Means over polygons by exact shares of cells."""

from concurrent.futures import ThreadPoolExecutor

import geopandas as gpd
import numpy as np
import pytest
import shapely
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource
from hypothesis import given, settings
from hypothesis import strategies as st

from sandgrid.errors import InputError
from sandgrid.layers.raster import Raster
from sandgrid.parcels import zonal, zonal_means
from sandgrid.parcels.cells import Geometries, cell_shares
from tests.parcels.worlds import CRS, geobox_of

GEOBOX = geobox_of(40, 30)


def raster_of(values: np.ndarray) -> Raster:
    return Raster(values.astype(np.float32), np.isnan(values), GEOBOX)


def some_raster(seed: int) -> Raster:
    rng = np.random.default_rng(seed)
    values = rng.uniform(-5, 20, tuple(GEOBOX.shape))
    values[rng.random(values.shape) < 0.1] = np.nan
    return raster_of(values)


def some_polygons(seed: int, count: int = 12) -> Geometries:
    """Return stars, rings and pairs, some beyond the grid, some smaller than a cell."""
    rng = np.random.default_rng(seed)
    shapes = []
    for _ in range(count):
        spot, reach = rng.uniform(-300, 4200, 2), rng.choice([20, 150, 700, 2500])
        turn = np.sort(rng.uniform(0, 2 * np.pi, 9))
        star = spot + np.column_stack([np.cos(turn), np.sin(turn)]) * reach * rng.uniform(
            0.3, 1, (9, 1)
        )
        shape = shapely.make_valid(shapely.Polygon(star)).buffer(0.01)
        if rng.random() < 0.3:
            shape = shape.difference(shapely.Point(*spot).buffer(reach * 0.2))
        shapes.append(shapely.union(shape, shapely.box(*spot, *(spot + 30))))
    return np.array(shapes, dtype=object)


def exact(polygons: Geometries, raster: Raster) -> np.ndarray:
    """Return the means of exactextract, whose shares are float32."""
    west, south, east, north = GEOBOX.boundingbox.bbox
    source = NumPyRasterSource(
        np.where(raster.unknown, -9999, raster.values).astype(np.float64),
        xmin=west, ymin=south, xmax=east, ymax=north, nodata=-9999,
    )  # fmt: skip
    frame = gpd.GeoDataFrame(geometry=polygons, crs=CRS)
    found = exact_extract(source, frame, ["mean", "count"], output="pandas")
    return found[["mean", "count"]].to_numpy(dtype=np.float64)


@settings(max_examples=15)
@given(st.integers(0, 500))
def test_means_are_those_of_exactextract(seed: int) -> None:
    polygons, raster = some_polygons(seed), some_raster(seed)
    told = exact(polygons, raster)
    found = zonal_means(polygons, {"it": raster}, GEOBOX)
    assert found["it_known_ha"].to_numpy() == pytest.approx(told[:, 1], abs=2e-4)
    known = told[:, 1] > 1e-3
    assert found["it"].to_numpy()[known] == pytest.approx(told[known, 0], abs=2e-4)


@settings(max_examples=15)
@given(st.integers(0, 500))
def test_means_are_those_of_the_shares_of_cells(seed: int) -> None:
    """The shares that parcels are made of, an independent computation, to rounding."""
    polygons, raster = some_polygons(seed), some_raster(seed)
    shares = cell_shares(polygons, GEOBOX)
    known = ~raster.unknown.ravel()[shares.cell]
    weight = np.where(known, shares.share, 0.0)
    told_ha = shares.total(known.astype(np.float64))
    sums = np.bincount(
        shares.geometry[known],
        weights=(weight * raster.values.ravel()[shares.cell])[known],
        minlength=len(polygons),
    )
    found = zonal_means(polygons, {"it": raster}, GEOBOX)
    assert found["it_known_ha"].to_numpy() == pytest.approx(told_ha, abs=1e-9)
    some = told_ha > 1e-6
    assert found["it"].to_numpy()[some] == pytest.approx(sums[some] / told_ha[some], abs=1e-8)


def test_a_constant_stays_itself_and_the_land_adds_up() -> None:
    cells = np.array([shapely.box(x, y, x + 333, y + 777) for x in (0, 333) for y in (0, 777)])
    found = zonal_means(cells, {"it": raster_of(np.full(tuple(GEOBOX.shape), 7.0))}, GEOBOX)
    assert found["it"].to_numpy() == pytest.approx(7.0)
    assert found["it_known_ha"].to_numpy() == pytest.approx(33.3 * 77.7 / 100)


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_do_not_show(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zonal, "STRIP_ROWS", 7)
    polygons, rasters = some_polygons(3), {"a": some_raster(1), "b": some_raster(2)}
    told = zonal_means(polygons, rasters, GEOBOX)
    with ThreadPoolExecutor(threads) as pool:
        found = zonal_means(polygons, rasters, GEOBOX, executor=pool)
    assert found.to_numpy().tobytes() == told.to_numpy().tobytes()


def test_classes_have_no_mean() -> None:
    classes = Raster(
        np.ones((40, 30), np.uint8), np.zeros((40, 30), bool), GEOBOX, codes={"1": (1,)}
    )
    with pytest.raises(InputError, match="holds classes"):
        zonal_means(some_polygons(0), {"land": classes}, GEOBOX)
