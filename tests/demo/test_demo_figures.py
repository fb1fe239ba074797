"""Published figures that the committed files hold."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import shapely

from sandgrid.demo.grids import Grid, burn
from sandgrid.demo.tables import demo_districts, demo_table

Layer = Callable[[str], gpd.GeoDataFrame]
Rasters = Callable[[str], Any]
LEFT_REAR = 3
# 科左后旗 land use, percent of 17.249 million mu (houqi.gov.cn)
LAND_USE = {
    ("0101", "0102", "0103"): 22.8,
    ("0301",): 7.6,
    ("0305",): 4.4,
    ("0307",): 3.4,
    ("0401", "0403", "0404"): 50.5,
    ("1205",): 4.0,
    ("1204",): 2.3,
    ("1101", "1102"): 1.1,
    ("0701", "0702"): 2.3,
    ("1001", "1003", "1006", "1007"): 1.4,
}


def grass_cells(raster: Rasters) -> npt.NDArray[np.bool_]:
    land = raster("land_class")
    return np.isin(land.array, land.codes["grassland"])


def test_city_sandy_land(layer: Layer) -> None:
    assert layer("inventory").area.sum() / 1e6 == pytest.approx(27_360, rel=0.01)


def test_sandy_share_of_each_district(
    layer: Layer, district_cells: npt.NDArray[np.int64], cells: Grid
) -> None:
    polygons = layer("inventory").geometry.to_numpy()
    sandy = burn(polygons, np.ones(len(polygons), dtype=np.int64), cells) > 0
    for k, row in enumerate(demo_districts(), start=1):
        own = district_cells == k
        assert sandy[own].mean() == pytest.approx(1.0245 * row.sandy_share, abs=0.01), row.en


@pytest.mark.parametrize(("codes", "percent"), LAND_USE.items(), ids=str)
def test_left_rear_banner_land_use(
    codes: tuple[str, ...],
    percent: float,
    raster: Rasters,
    district_cells: npt.NDArray[np.int64],
) -> None:
    land = raster("land_class")
    values = [v for code in codes for v in land.codes[code]]
    found = 100 * np.isin(land.array[district_cells == LEFT_REAR], values).mean()
    assert found == pytest.approx(percent, abs=1.0)


def test_dunes_are_not_a_land_class(
    layer: Layer, raster: Rasters, cells: Grid, district_cells: npt.NDArray[np.int64]
) -> None:
    polygons = layer("inventory").geometry.to_numpy()
    sandy = burn(polygons, np.ones(len(polygons), dtype=np.int64), cells) > 0
    own = district_cells == LEFT_REAR
    land = raster("land_class")
    assert sandy[own].mean() > 0.68
    assert np.isin(land.array[own], land.codes["1205"]).mean() < 0.05


def test_basic_grassland(layer: Layer, raster: Rasters) -> None:
    basic_km2 = layer("basic_grassland").area.sum() / 1e6
    grass_km2 = grass_cells(raster).sum() / 100
    assert 100 * basic_km2 / grass_km2 == pytest.approx(83.88, abs=0.5)
    assert basic_km2 * 1_500 / 1e6 == pytest.approx(22.33, rel=0.02)


def test_rain_falls_from_south_east_to_north_west(raster: Rasters) -> None:
    rain = raster("rain")
    rows, cols = np.nonzero(rain.known)
    values = rain.array[rain.known]
    along = cols.astype(float) + rows
    assert np.corrcoef(along, values)[0, 1] > 0.5
    assert 0.15 < (values > 400).mean() < 0.5
    assert 330 < values.min() < values.max() < 500


def test_rain_of_each_district(raster: Rasters, layer: Layer) -> None:
    rain = raster("rain")
    districts = layer("districts").geometry.to_numpy()
    own = burn(districts, np.arange(1, len(districts) + 1), rain.grid)
    for k, mm in enumerate(demo_table("districts")["rain_mm"], start=1):
        assert rain.array[(own == k) & rain.known].mean() == pytest.approx(mm, abs=10)


def test_wind_and_sun(raster: Rasters) -> None:
    wind = raster("wind_speed")
    quarter = np.quantile(wind.array[wind.known], [0.75, 1.0])
    assert 6.8 <= quarter[0] < quarter[1] <= 8.0
    ghi = raster("ghi")
    assert ghi.array[ghi.known].min() >= 1_395
    assert ghi.array[ghi.known].max() <= 1_550


def test_terrain(raster: Rasters, district_cells: npt.NDArray[np.int64]) -> None:
    dem = raster("dem")
    assert dem.array[dem.known].min() < 120
    assert 900 < dem.array[dem.known].max() < 1_400
    assert np.nanmean(dem.array[district_cells == 8]) > np.nanmean(dem.array[district_cells == 3])


def test_dune_classes(layer: Layer) -> None:
    inventory = layer("inventory")
    share = inventory.area.groupby(inventory["dune_class"]).sum() / inventory.area.sum()
    assert share["mobile"] == pytest.approx(0.03, abs=0.005)
    assert 0.08 <= share["semi_fixed"] <= 0.10
    bounds = {"mobile": (0.0, 0.1), "semi_fixed": (0.1, 0.3), "fixed": (0.3, 1.0)}
    for kind, (low, high) in bounds.items():
        own = inventory.loc[inventory["dune_class"] == kind, "cover"]
        assert own.ge(low).all()
        assert own.lt(high).all()
    assert inventory.loc[inventory["dune_class"] == "fixed", "cover"].mode()[0] == pytest.approx(
        0.46, abs=0.04
    )


def test_cover_raster_agrees_with_the_inventory(layer: Layer, raster: Rasters, cells: Grid) -> None:
    inventory = layer("inventory")
    kind = inventory["dune_class"].map({"mobile": 1, "semi_fixed": 2, "fixed": 3}).to_numpy()
    dune = burn(inventory.geometry.to_numpy(), kind, cells)
    cover = raster("cover").array
    assert (cover[dune == 1] < 0.1).mean() > 0.94
    assert ((cover[dune == 2] >= 0.1) & (cover[dune == 2] < 0.3)).mean() > 0.94
    assert (cover[dune == 3] >= 0.3).mean() > 0.94


def test_inventory_is_a_lean_coverage(layer: Layer) -> None:
    inventory = layer("inventory")
    polygons = inventory.geometry.to_numpy()
    assert 8_000 <= len(polygons) <= 10_500
    assert shapely.get_num_coordinates(polygons).mean() < 32
    left, right = shapely.STRtree(polygons).query(polygons, predicate="overlaps")
    pairs = shapely.area(shapely.intersection(polygons[left], polygons[right]))
    assert pairs.max(initial=0.0) < 1.0  # m2: rounding to 1e-7 degrees


def test_inventory_stays_inside_its_district(layer: Layer) -> None:
    polygons = layer("inventory").geometry.to_numpy()
    for outline in layer("districts").geometry:
        assert not shapely.crosses(polygons, outline.exterior).any()


def test_works_sum_exactly(layer: Layer) -> None:
    works = layer("works")
    centimu = np.rint(works["area_mu"] * 100).astype("int64")
    assert int(centimu.sum()) == 11_000_000
    assert np.abs(centimu - works["area_mu"] * 100).max() < 1e-6
    assert works["date"].max() < "2024-07-01"
    assert np.abs(works.area * 0.0015 - works["area_mu"]).max() < 0.01
    assert set(works["accepted"]) == {0, 1}


def test_works_lie_in_the_inventory(layer: Layer) -> None:
    works, inventory = layer("works"), layer("inventory")
    inside = gpd.sjoin(works, inventory[["dune_class", "geometry"]], predicate="within")
    assert len(inside) == len(works)
    assert (inside["dune_class_left"] == inside["dune_class_right"]).all()


def test_operating_wind_by_district(layer: Layer) -> None:
    farms = layer("wind_farms")
    operating = farms[farms["status"] == "operating"]
    found = operating.groupby("district_id")["capacity_mw"].sum().to_dict()
    assert found == {
        "150523": 1350, "150521": 1078, "150522": 450, "150526": 448, "150525": 200,
        "150581": 178, "150524": 100, "150502": 49,
    }  # fmt: skip
    assert 53 <= len(farms) <= 66


def test_territories_tile_the_districts(layer: Layer) -> None:
    for role in ("townships", "villages"):
        places = layer(role)
        area = places.area.groupby(places["district_id"]).sum()
        own = layer("districts").set_index("district_id").area
        assert (area / own - 1).abs().max() < 1e-4, role
    villages = layer("villages")
    assert villages["collective_id"].is_unique
    assert 500 <= len(villages) <= 700


@pytest.fixture(scope="module")
def rose(data: Path) -> pd.DataFrame:
    return pd.read_csv(data / "tables" / "wind_frequencies.csv")


def test_wind_table_sums_to_one(rose: pd.DataFrame) -> None:
    micro = np.rint(rose["frequency"] * 1e6).astype("int64")
    assert micro.groupby(rose["month"]).sum().tolist() == [1_000_000] * 12
    assert sorted(rose["sector"].unique()) == list(range(16))


def test_mean_wind_at_ten_metres(rose: pd.DataFrame) -> None:
    middle = (rose["speed_bin_ms_low"] + rose["speed_bin_ms_high"]) / 2
    mean = (middle * rose["frequency"]).groupby(rose["month"]).sum()
    assert 3.4 <= mean.mean() <= 4.4
    assert 4.2 <= mean.loc[[3, 4, 5]].mean() <= 5.9


@pytest.mark.parametrize(
    ("months", "percent"),
    [
        (range(1, 13), {13: 16.0, 14: 12.7, 12: 11.2}),
        ((3, 4, 5), {13: 14.4, 14: 13.4, 10: 8.5, 7: 8.4, 12: 8.1}),
    ],
    ids=["year", "spring"],
)
def test_sand_driving_winds(
    months: range | tuple[int, ...], percent: dict[int, float], rose: pd.DataFrame
) -> None:
    days = pd.Series([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], index=range(1, 13))
    strong = rose[(rose["speed_bin_ms_low"] >= 5) & rose["month"].isin(list(months))]
    hours = (strong["frequency"] * strong["month"].map(days)).groupby(strong["sector"]).sum()
    share = 100 * hours / hours.sum()
    for sector, published in percent.items():
        assert share[sector] == pytest.approx(published, abs=0.3)


def test_files_are_small_and_labelled(data: Path, layer: Layer) -> None:
    files = [path for path in data.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 20_000_000
    assert "synthetic" in (data / "README.md").read_text(encoding="utf-8").lower()
    assert (data / "catalogue.toml").read_text(encoding="utf-8").count("synthetic = true") == 27
    assert len(layer("districts")) == 8
