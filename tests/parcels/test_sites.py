"""Sites of small worlds: grouping, turbine positions, PV land."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import pdist

from sandgrid.energy.layout import pad_polygons
from sandgrid.errors import InputError
from sandgrid.layers.notices import SandGridWarning
from sandgrid.params import Parameters, default_parameters
from sandgrid.parcels import Sites, delineate_parcels, form_sites
from sandgrid.parcels.growing import GroupLimits, grow_groups, neighbours
from tests.parcels.worlds import Masks, all_eligible, geobox_of, inventory_of, layers_of

PARAMETERS = default_parameters()
NORTH = PARAMETERS.with_values({"wind.prevailing_from_deg": 0.0}, "test")
SIDE_M = 6_000
TURBINE_HA = 2.8125


def sites_of(
    shapes: dict[str, shapely.Geometry],
    masks: Masks | None = None,
    parameters: Parameters = NORTH,
    told: list[SandGridWarning] | None = None,
    **world: object,
) -> Sites:
    geobox = geobox_of(SIDE_M // 100, SIDE_M // 100)
    layers = layers_of(geobox, inventory_of(shapes), **world)
    eligible = masks or all_eligible(geobox)
    report = [] if told is None else told
    parcels = delineate_parcels(layers, eligible, parameters, report=report.append)
    return form_sites(parcels, layers, eligible, parameters, report=report.append)


def strips(count: int, gap_m: float = 0.0) -> dict[str, shapely.Geometry]:
    width = SIDE_M / count
    return {
        f"Q{n}": shapely.box(n * width, 0, (n + 1) * width - gap_m, SIDE_M) for n in range(count)
    }


def test_touching_parcels_of_a_district_make_one_site() -> None:
    found = sites_of(strips(3))
    assert found.sites["site_id"].tolist() == ["S001"]
    assert found.sites["parcels"].tolist() == [3]
    assert found.sites["area_ha"].iloc[0] == pytest.approx(3600)
    assert found.parcels["site_id"].tolist() == ["S001"] * 3
    assert found.site_parcels["parcel_id"].tolist() == ["P000001", "P000002", "P000003"]


@pytest.mark.parametrize(("gap_m", "sites"), [(150.0, 1), (250.0, 3)])
def test_a_gap_parts_sites(gap_m: float, sites: int) -> None:
    assert len(sites_of(strips(3, gap_m)).sites) == sites


def test_a_site_ends_at_the_district() -> None:
    districts = {
        "1": shapely.box(0, 0, 3_000, SIDE_M),
        "2": shapely.box(3_000, 0, SIDE_M, SIDE_M),
    }
    found = sites_of(strips(1), districts=districts)
    assert found.sites[["site_id", "district_id"]].to_numpy().tolist() == [
        ["S001", "1"],
        ["S002", "2"],
    ]


def test_a_site_keeps_to_its_largest_area() -> None:
    small = NORTH.with_values({"site.max_area_km2": 13}, "test")
    found = sites_of(strips(6), parameters=small)
    assert found.sites["area_ha"].tolist() == pytest.approx([1200.0] * 3)


def test_land_too_small_for_a_project_is_no_site() -> None:
    told: list[SandGridWarning] = []
    shapes = {"Q1": shapely.box(0, 0, 3_000, 3_000), "Q2": shapely.box(5_000, 5_000, 5_500, 5_500)}
    found = sites_of(shapes, told=told)
    assert found.parcels["site_id"].tolist() == ["S001", ""]
    assert found.parcels["on_site_ha"].iloc[1] == 0.0
    assert told[-1].key == "sites-too-small"


def test_no_site_at_all_is_an_error() -> None:
    with pytest.raises(InputError, match="20 MW"):
        sites_of({"Q1": shapely.box(0, 0, 500, 500)})


def test_pv_leaves_free_a_circle_and_the_shade_of_turbines_of_all_sites() -> None:
    """A rotor of 200 m: 100 m around each turbine, and 300 m by 20 m to its north."""
    asked = {
        "hybrid.clear_rotors": 0.5,
        "hybrid.shade_length_m": 300.0,
        "hybrid.shade_width_m": 20.0,
    }
    bare, free = (
        sites_of(strips(3, 250.0), parameters=NORTH.with_values(values, "test"))
        for values in ({}, asked)
    )
    places = free.turbine_positions.geometry.to_numpy()
    land = shapely.union_all(free.pv_land.geometry.to_numpy())
    assert shapely.distance(places, land).min() == pytest.approx(100.0, abs=0.2)
    xy = shapely.get_coordinates(places)
    angle = np.radians(free.lattice.strip.north_deg)
    ahead = xy + 290.0 * np.array([np.sin(angle), np.cos(angle)])
    behind = xy - 290.0 * np.array([np.sin(angle), np.cos(angle)])
    assert not shapely.intersects(shapely.points(ahead), land).any()
    assert shapely.intersects(shapely.points(behind), land).any()
    lost = bare.sites["pv_net_ha"].sum() - free.sites["pv_net_ha"].sum()
    each = np.pi + 20.0 * 200.0 / 10_000 - TURBINE_HA
    assert 0.5 * each * len(places) < lost < 1.02 * each * len(places)
    assert (free.sites["turbine_positions"] == bare.sites["turbine_positions"]).all()


def test_turbines_keep_their_distance_and_pv_keeps_off_their_pads() -> None:
    found = sites_of(strips(2))
    spots = found.turbine_positions
    apart = found.lattice.scaled(spots[["x_m", "y_m"]].to_numpy())
    assert pdist(apart).min() >= 1 - 1e-6
    assert len(spots) >= 7 * 4
    site = found.sites.iloc[0]
    assert site["turbine_positions"] == len(spots)
    assert site["pv_net_ha"] == pytest.approx(3600 - len(spots) * TURBINE_HA)
    pads = shapely.union_all(pad_polygons(spots[["x_m", "y_m"]].to_numpy(), found.lattice))
    land = found.pv_land.geometry.iloc[0]
    assert shapely.area(shapely.intersection(land, pads)) == pytest.approx(0.0, abs=1e-6)
    assert found.parcels["on_site_ha"].sum() == pytest.approx(site["pv_net_ha"])


def test_positions_name_their_parcel_and_count_within_their_site() -> None:
    found = sites_of(strips(2, gap_m=250.0))
    spots = found.turbine_positions
    assert spots["position_id"].iloc[0] == "S001-T001"
    assert spots["position_id"].is_unique
    shapes = found.parcels.set_index("parcel_id").geometry
    assert all(
        shapes[row.parcel_id].covers(shapely.Point(row.x_m, row.y_m)) for row in spots.itertuples()
    )


def test_on_site_land_is_both_treatable_and_open_to_pv() -> None:
    size = SIDE_M // 100
    left, lower = np.zeros((2, size, size), dtype=bool)
    left[:, : size // 2] = True
    lower[size // 2 :] = True
    none = np.zeros((size, size), dtype=bool)
    masks = all_eligible(geobox_of(size, size), pv=left, treatment=lower, wind=none)
    found = sites_of(strips(1), masks)
    assert found.sites["pv_net_ha"].tolist() == pytest.approx([1800.0])
    assert found.parcels["on_site_ha"].tolist() == pytest.approx([900.0])
    assert len(found.turbine_positions) == 0


def test_a_turbine_needs_every_cell_under_its_pad() -> None:
    size = SIDE_M // 100
    wind = np.ones((size, size), dtype=bool)
    wind[(SIDE_M - 2_800) // 100 - 1, 800 // 100] = False
    masks = all_eligible(geobox_of(size, size), wind=wind)
    found = sites_of(strips(1), masks)
    hole = shapely.box(800, 2_800, 900, 2_900)
    pads = pad_polygons(found.turbine_positions[["x_m", "y_m"]].to_numpy(), found.lattice)
    assert not shapely.intersects(pads, hole).any()
    assert shapely.distance(pads, hole).min() < 1_400
    assert len(pads) >= 27


@settings(max_examples=8)
@given(seed=st.integers(0, 10_000), bearing=st.floats(0, 360))
def test_sites_of_a_random_world(seed: int, bearing: float) -> None:
    rng = np.random.default_rng(seed)
    size = SIDE_M // 100
    masks = all_eligible(
        geobox_of(size, size),
        pv=rng.random((size, size)) < 0.7,
        wind=np.kron(rng.random((6, 6)) < 0.8, np.ones((10, 10))).astype(bool),
        treatment=rng.random((size, size)) < 0.7,
    )
    turned = PARAMETERS.with_values({"wind.prevailing_from_deg": bearing}, "test")
    found = sites_of(strips(4, gap_m=40.0), masks, turned)
    parts_do_not_overlap(found.sites)
    turbines_keep_their_distance(found, bearing)
    land = found.pv_land.set_index("site_id").geometry
    areas = shapely.area(land.to_numpy()) / 1e4
    assert found.sites["pv_net_ha"].to_numpy() == pytest.approx(areas)
    assert (found.sites["pv_net_ha"] <= found.sites["pv_ha"] + 1e-6).all()
    on_site = found.parcels[found.parcels["site_id"] != ""].groupby("site_id")["on_site_ha"].sum()
    assert (on_site.to_numpy() <= areas + 1e-6).all()


def parts_do_not_overlap(frame: gpd.GeoDataFrame) -> None:
    shapes = frame.geometry.to_numpy()
    assert shapely.area(shapely.union_all(shapes)) == pytest.approx(shapely.area(shapes).sum())


def turbines_keep_their_distance(found: Sites, bearing: float) -> None:
    """Hold that no turbine stands inside the 7D x 4D ellipse of another."""
    points = found.turbine_positions[["x_m", "y_m"]].to_numpy()
    angle = np.radians(bearing)
    east, north = (points[:, None, :] - points[None, :, :]).transpose(2, 0, 1)
    along = east * np.sin(angle) + north * np.cos(angle)
    across = east * np.cos(angle) - north * np.sin(angle)
    ellipse = (along / 1400) ** 2 + (across / 800) ** 2
    np.fill_diagonal(ellipse, 9.0)
    assert len(points) < 2 or ellipse.min() >= 1 - 1e-6


def test_groups_grow_to_the_nearest_first_and_not_beyond_the_radius() -> None:
    points = np.array([[0.0, 0.0], [2_000.0, 0.0], [1_000.0, 0.0], [9_000.0, 0.0]])
    links = [[1, 2, 3], [0], [0], [0]]
    limits = GroupLimits(max_area_ha=20.0, max_radius_m=5_000.0)
    groups = grow_groups(
        links, points, np.full(4, 10.0), worth=np.array([9.0, 2, 2, 1]), limits=limits
    )
    assert groups.tolist() == [0, 1, 0, 2]


def test_neighbours_touch_or_lie_within_the_gap() -> None:
    boxes = [shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10), shapely.box(25, 0, 30, 10)]
    frame = gpd.GeoDataFrame({"district_id": "1"}, geometry=boxes, index=range(3))
    assert neighbours(frame, 0.0) == [[1], [0], []]
    assert neighbours(frame, 5.0) == [[1], [0, 2], [1]]
    assert neighbours(frame.assign(district_id=["1", "2", "2"]), 5.0) == [[], [2], [1]]
