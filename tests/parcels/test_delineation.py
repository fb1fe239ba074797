"""Parcels of small worlds."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from sandgrid.errors import InputError
from sandgrid.layers.notices import SandGridWarning
from sandgrid.params import default_parameters
from sandgrid.parcels import delineate_from_rasters, delineate_parcels
from sandgrid.parcels.attributes import UNIONS
from sandgrid.parcels.own import label_cells
from tests.parcels.worlds import CRS, all_eligible, geobox_of, inventory_of, layers_of

PARAMETERS = default_parameters()
SILENT: list[SandGridWarning] = []


def half(rows: int, columns: int) -> np.ndarray:
    """Return a mask of the left half."""
    mask = np.zeros((rows, columns), dtype=bool)
    mask[:, : columns // 2] = True
    return mask


def test_areas_of_masks_and_of_their_unions() -> None:
    geobox = geobox_of(4, 4)
    layers = layers_of(geobox, inventory_of({"Q1": shapely.box(0, 0, 400, 400)}))
    lower = np.zeros((4, 4), dtype=bool)
    lower[2:] = True
    masks = all_eligible(geobox, pv=half(4, 4), wind=lower, treatment=half(4, 4))
    parcel = delineate_parcels(layers, masks, PARAMETERS, report=SILENT.append).iloc[0]
    assert parcel[["pv_ha", "wind_ha", "treat_ha"]].tolist() == [8.0, 8.0, 8.0]
    assert parcel[["pv_wind_ha", "pv_treat_ha", "wind_treat_ha"]].tolist() == [12.0, 8.0, 12.0]
    assert parcel["any_ha"] == parcel["area_ha"] == 12.0


def test_a_road_of_twenty_metres_is_taken_out_of_parcels_whose_cells_it_crosses() -> None:
    geobox = geobox_of(4, 4)
    layers = layers_of(geobox, inventory_of({"Q1": shapely.box(0, 0, 400, 400)}))
    roads = np.array([shapely.box(-50, 240, 500, 260), shapely.box(30, -50, 50, 500)], dtype=object)
    masks = all_eligible(geobox, pv=half(4, 4))
    parcel = delineate_parcels(layers, masks, PARAMETERS, taken=roads, report=SILENT.append).iloc[0]
    taken = 0.8 + 0.8 - 0.04
    assert parcel["area_ha"] == pytest.approx(16 - taken)
    assert parcel["treat_ha"] == pytest.approx(16 - taken)
    assert parcel["pv_ha"] == pytest.approx(8 - 0.4 - 0.8 + 0.04)
    assert shapely.area(shapely.intersection(parcel.geometry, roads)).max() == pytest.approx(0)


def test_a_parcel_that_is_taken_whole_is_none() -> None:
    geobox = geobox_of(4, 4)
    shapes = {"Q1": shapely.box(0, 0, 200, 400), "Q2": shapely.box(200, 0, 400, 400)}
    taken = np.array([shapely.box(0, 0, 200, 400)], dtype=object)
    parcels = delineate_parcels(
        layers_of(geobox, inventory_of(shapes)), all_eligible(geobox), PARAMETERS, taken=taken
    )
    assert parcels[["source_id", "area_ha"]].to_numpy().tolist() == [["Q2", 8.0]]


def test_a_parcel_is_cut_by_district_and_counted_by_district_and_source() -> None:
    geobox = geobox_of(4, 8)
    districts = {"2": shapely.box(0, 0, 500, 400), "1": shapely.box(500, 0, 800, 400)}
    inventory = inventory_of(
        {"Q2": shapely.box(0, 0, 300, 400), "Q1": shapely.box(300, 0, 800, 400)}
    )
    layers = layers_of(geobox, inventory, districts=districts)
    parcels = delineate_parcels(layers, all_eligible(geobox), PARAMETERS)
    rows = parcels[["parcel_id", "district_id", "source_id", "area_ha"]].to_numpy().tolist()
    assert rows == [
        ["P000001", "1", "Q1", 12.0],
        ["P000002", "2", "Q1", 8.0],
        ["P000003", "2", "Q2", 12.0],
    ]


def test_attributes_of_a_parcel() -> None:
    geobox = geobox_of(4, 4)
    cover = np.full((4, 4), 0.1, dtype=np.float32)
    cover[:, 0] = 0.3
    layers = layers_of(
        geobox,
        inventory_of({"Q1": shapely.box(50, 100, 250, 300)}),
        rasters={"cover": cover},
    )
    parcel = delineate_parcels(layers, all_eligible(geobox), PARAMETERS).iloc[0]
    assert parcel["cover"] == pytest.approx((0.3 * 50 + 0.1 * 150) / 200)
    assert parcel["slope_deg"] == 0.0
    assert parcel["rain_mm"] == 400.0
    assert parcel["access_km"] == pytest.approx(0.2)
    assert parcel["village"] == "嘎查甲"
    assert parcel["township"] == "苏木甲"
    assert parcel["implementer"] == parcel["beneficiary"] == "集体甲"
    assert parcel["lon_deg"] == pytest.approx(121.5, abs=0.01)


def test_only_eligible_cells_count_for_means() -> None:
    geobox = geobox_of(2, 2)
    cover = np.array([[0.2, 0.9], [0.2, 0.9]], dtype=np.float32)
    masks = all_eligible(geobox, **dict.fromkeys(("pv", "wind", "treatment"), half(2, 2)))
    inventory = inventory_of({"Q1": shapely.box(0, 0, 200, 200)})
    layers = layers_of(geobox, inventory, rasters={"cover": cover})
    parcel = delineate_parcels(layers, masks, PARAMETERS).iloc[0]
    assert parcel["cover"] == pytest.approx(0.2)
    assert parcel["area_ha"] == 2.0


def test_small_pieces_are_dropped_and_counted() -> None:
    geobox = geobox_of(2, 4)
    inventory = inventory_of(
        {"Q1": shapely.box(0, 0, 200, 200), "Q2": shapely.box(200, 0, 250, 100)}
    )
    told: list[SandGridWarning] = []
    parcels = delineate_parcels(
        layers_of(geobox, inventory), all_eligible(geobox), PARAMETERS, report=told.append
    )
    assert parcels["source_id"].tolist() == ["Q1"]
    assert str(told[0]).startswith("1 pieces below 1 ha (0.5 ha in all) were not made parcels")


def test_cells_of_which_a_layer_knows_nothing_are_no_parcel() -> None:
    geobox = geobox_of(2, 4)
    rain = np.full((2, 4), 400, dtype=np.float32)
    rain[:, 2:] = np.nan
    layers = layers_of(
        geobox, inventory_of({"Q1": shapely.box(0, 0, 400, 200)}), rasters={"rain": rain}
    )
    told: list[SandGridWarning] = []
    parcels = delineate_parcels(layers, all_eligible(geobox), PARAMETERS, report=told.append)
    assert parcels["area_ha"].tolist() == [4.0]
    assert str(told[0]).startswith("4.0 ha of eligible land were left out because rain_mm know")


def test_overlapping_polygons_are_refused_by_name() -> None:
    inventory = inventory_of(
        {"Q1": shapely.box(0, 0, 200, 200), "Q2": shapely.box(100, 0, 300, 200)}
    )
    geobox = geobox_of(2, 3)
    with pytest.raises(InputError, match=r"Q1 and Q2 by 2\.00 ha"):
        delineate_parcels(layers_of(geobox, inventory), all_eligible(geobox), PARAMETERS)


def test_a_sliver_of_overlap_goes_to_the_first() -> None:
    inventory = inventory_of(
        {"Q2": shapely.box(199.9, 0, 400, 200), "Q1": shapely.box(0, 0, 200, 200)}
    )
    geobox = geobox_of(2, 4)
    parcels = delineate_parcels(layers_of(geobox, inventory), all_eligible(geobox), PARAMETERS)
    assert parcels["area_ha"].tolist() == pytest.approx([4.0, 4.0], abs=1e-9)


def test_nothing_eligible_is_an_error() -> None:
    geobox = geobox_of(2, 2)
    none = np.zeros((2, 2), dtype=bool)
    masks = all_eligible(geobox, pv=none, wind=none, treatment=none)
    layers = layers_of(geobox, inventory_of({"Q1": shapely.box(0, 0, 200, 200)}))
    with pytest.raises(InputError, match="none of 1 inventory polygons"):
        delineate_parcels(layers, masks, PARAMETERS)


def test_a_missing_layer_is_named() -> None:
    geobox = geobox_of(2, 2)
    layers = layers_of(geobox, inventory_of({"Q1": shapely.box(0, 0, 200, 200)}))
    rasters = {role: raster for role, raster in layers.rasters.items() if role != "ghi"}
    lacking = type(layers)(geobox, rasters, layers.vectors, layers.area)
    with pytest.raises(InputError, match="'ghi' was not read"):
        delineate_parcels(lacking, all_eligible(geobox), PARAMETERS)


def random_world(seed: int) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, dict[str, np.ndarray]]:
    """Return parcels of a world of random polygons and masks, its inventory and masks."""
    rng = np.random.default_rng(seed)
    box = shapely.box(0, 0, 2000, 2000)
    points = shapely.MultiPoint(rng.uniform(0, 2000, (12, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(points, extend_to=box))
    shapes = shapely.intersection(cells, box)
    inventory = inventory_of({f"Q{n:02d}": shape for n, shape in enumerate(shapes)})
    geobox = geobox_of(20, 20)
    masks = {use: rng.random((20, 20)) < 0.5 for use in ("pv", "wind", "treatment")}
    layers = layers_of(geobox, inventory)
    parcels = delineate_parcels(
        layers, all_eligible(geobox, **masks), PARAMETERS, report=SILENT.append
    )
    return parcels, inventory, masks


@settings(max_examples=10)
@given(seed=st.integers(0, 10_000))
def test_parcels_do_not_overlap_and_conserve_area(seed: int) -> None:
    parcels, _, masks = random_world(seed)
    shapes = parcels.geometry.to_numpy()
    assert shapely.area(shapely.union_all(shapes)) == pytest.approx(shapely.area(shapes).sum())
    eligible = (masks["pv"] | masks["wind"] | masks["treatment"]).sum()
    assert parcels["area_ha"].sum() == pytest.approx(eligible, abs=12.0)
    assert parcels["area_ha"].sum() <= eligible + 1e-6
    assert parcels["any_ha"].to_numpy() == pytest.approx(parcels["area_ha"].to_numpy(), abs=1e-9)


@settings(max_examples=10)
@given(seed=st.integers(0, 10_000))
def test_a_union_lies_between_the_largest_and_the_sum(seed: int) -> None:
    parcels, _, _ = random_world(seed)
    single = {"pv": "pv_ha", "wind": "wind_ha", "treatment": "treat_ha"}
    for union, uses in UNIONS.items():
        parts = parcels[[single[use] for use in uses]]
        assert (parcels[union] >= parts.max(axis=1) - 1e-9).all()
        assert (parcels[union] <= parts.sum(axis=1) + 1e-9).all()


def test_order_of_the_inventory_does_not_matter() -> None:
    geobox = geobox_of(2, 4)
    inventory = inventory_of(
        {"Q1": shapely.box(0, 0, 200, 200), "Q2": shapely.box(200, 0, 400, 200)}
    )
    turned = inventory.iloc[::-1].reset_index(drop=True)
    one, other = (
        delineate_parcels(layers_of(geobox, frame), all_eligible(geobox), PARAMETERS)
        for frame in (inventory, turned)
    )
    pd.testing.assert_frame_equal(one, other)


def test_own_delineation_follows_cover_district_and_size() -> None:
    geobox = geobox_of(4, 4)
    cover = np.full((4, 4), 0.05, dtype=np.float32)
    cover[:, 2:] = 0.2
    cover[0, 3] = 0.95
    layers = layers_of(geobox, rasters={"cover": cover})
    parcels = delineate_from_rasters(layers, all_eligible(geobox), PARAMETERS)
    assert parcels["dune_class"].tolist() == ["mobile", "semi_fixed"]
    assert parcels["degree"].tolist() == ["extreme", "heavy"]
    assert parcels["area_ha"].tolist() == [8.0, 7.0]
    assert parcels["source_id"].tolist() == ["R000001", "R000002"]
    small = PARAMETERS.with_values({"parcel.own_max_ha": 4}, "test")
    cut = delineate_from_rasters(layers, all_eligible(geobox), small)
    assert cut["area_ha"].max() <= 4.0
    assert cut["area_ha"].sum() == 15.0


def test_own_delineation_steps_in_where_there_is_no_inventory() -> None:
    geobox = geobox_of(2, 2)
    parcels = delineate_parcels(layers_of(geobox), all_eligible(geobox), PARAMETERS)
    assert parcels["source_id"].tolist() == ["R000001"]
    assert parcels["holder_kind"].tolist() == [""]
    assert parcels.crs == CRS


def test_cells_that_touch_by_a_corner_are_apart() -> None:
    zones = np.array([[0, -1], [-1, 0]], dtype=np.int32)
    assert label_cells(zones, most=9).tolist() == [[1, 0], [0, 2]]
