"""Scarcity that is designed into the bundled city (docs/data.md)."""

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pytest
import shapely
from scipy import ndimage

from sandgrid.demo.grids import Grid, burn

Layer = Callable[[str], gpd.GeoDataFrame]
Rasters = Callable[[str], Any]
YEARS = range(2024, 2031)


def test_headroom_of_the_city(layer: Layer) -> None:
    stations = layer("substations")
    total = [int(stations[f"headroom_mw_{year}"].sum()) for year in YEARS]
    assert total == [1300, 1750, 2250, 2850, 3450, 4000, 4500]


def test_two_stations_are_full_until_2027(layer: Layer) -> None:
    stations = layer("substations")
    full = (stations["headroom_mw_2026"] == 0) & (stations["free_bays_2026"] == 0)
    assert full.sum() == 2
    assert (stations.loc[full, "headroom_mw_2027"] > 0).all()
    assert (stations.loc[~full, "headroom_mw_2024"] > 0).all()


def test_headroom_never_falls(layer: Layer) -> None:
    stations = layer("substations")
    for name in ("headroom_mw", "free_bays"):
        table = stations[[f"{name}_{year}" for year in YEARS]].to_numpy(float)
        assert (np.diff(table, axis=1) >= 0).all()


def test_most_headroom_of_2024_takes_a_whole_hub(layer: Layer) -> None:
    headroom = layer("substations")["headroom_mw_2024"]
    assert headroom[headroom >= 40].sum() >= 1_250


def test_stations_stand_on_open_ground(layer: Layer) -> None:
    points = layer("substations").geometry.to_numpy()
    for role in ("water", "settlements"):
        assert not shapely.within(points, shapely.union_all(layer(role).geometry.to_numpy())).any()
    assert shapely.within(points, shapely.union_all(layer("districts").geometry.to_numpy())).all()


def test_accessible_mobile_sand_is_short_in_two_districts(
    layer: Layer, cells: Grid, district_cells: npt.NDArray[np.int64]
) -> None:
    inventory = layer("inventory")
    mobile = inventory.loc[inventory["dune_class"] == "mobile"].geometry.to_numpy()
    is_mobile = burn(mobile, np.ones(len(mobile), dtype=np.int64), cells) > 0
    bands = shapely.buffer(layer("roads").geometry.to_numpy(), 60.0)
    road = burn(bands, np.ones(len(bands), dtype=np.int64), cells) > 0
    near = ndimage.distance_transform_edt(~road) * 100 <= 3_000
    line = layer("red_line").geometry.to_numpy()
    free = burn(line, np.ones(len(line), dtype=np.int64), cells) == 0
    accessible_ha = np.bincount(district_cells[is_mobile & near & free], minlength=9)
    assert accessible_ha[1] < 1_500  # Horqin District
    assert accessible_ha[4] < 1_500  # Kailu
    for k in (2, 3, 5, 6, 7):
        assert accessible_ha[k] > 2_500


@pytest.mark.parametrize(("setback_m", "need_km2"), [(300, 3 * 43.01), (500, 3 * 240.0)])
def test_open_sandy_land_is_ample_and_spread(
    setback_m: int,
    need_km2: float,
    layer: Layer,
    raster: Rasters,
    cells: Grid,
    district_cells: npt.NDArray[np.int64],
) -> None:
    land = raster("land_class")
    codes = [v for name in ("grassland", "sand", "saline", "unused") for v in land.codes[name]]
    polygons = np.concatenate(
        [
            layer(r).geometry.to_numpy()
            for r in ("basic_grassland", "forest", "permanent_farmland", "red_line", "water")
        ]
        + [shapely.buffer(layer("settlements").geometry.to_numpy(), setback_m)]
    )
    taken = burn(polygons, np.ones(len(polygons), dtype=np.int64), cells) > 0
    sand = layer("inventory").geometry.to_numpy()
    sandy = burn(sand, np.ones(len(sand), dtype=np.int64), cells) > 0
    free = np.isin(land.array, codes) & ~taken & sandy
    patches, _ = ndimage.label(free)
    size = np.bincount(patches.ravel())
    large = free & (size[patches] >= 50)  # 50 ha: room for a site of 20 MW
    km2 = np.bincount(district_cells[large], minlength=9) / 100
    assert km2.sum() > need_km2
    assert (km2 > 50).sum() >= 5


def test_sand_to_treat_is_ample(layer: Layer, raster: Rasters, cells: Grid) -> None:
    inventory = layer("inventory")
    loose = inventory.loc[inventory["dune_class"] != "fixed"].geometry.to_numpy()
    dune = burn(loose, np.ones(len(loose), dtype=np.int64), cells) > 0
    land = raster("land_class")
    treatable_ha = (dune & ~np.isin(land.array, land.codes["arable"])).sum()
    assert treatable_ha > 5 * 34_400
