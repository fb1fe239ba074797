"""Who lies downwind: directions, distances and sums of small worlds."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from odc.geo.geobox import GeoBox

from sandgrid.layers.crs import local_equal_area
from sandgrid.params import default_parameters
from sandgrid.parcels.shelter import (
    coarse_grid,
    hazard_of_sites,
    mean_on,
    receptor_units,
    shelter_per_ha,
    upwind_shares,
)
from sandgrid.sand.protection import Reach, influence, sheltered_units, upwind_share
from sandgrid.sand.receptors import Receptors, receptor_points

PARAMETERS = default_parameters()
CRS = local_equal_area(121.5, 44.0)
GEOBOX = GeoBox((80, 80), Affine(100.0, 0, -4000, 0, -100.0, 4000), CRS)
REACH = Reach(3_000.0, 1_000.0)


def rose(**sectors: float) -> np.ndarray:
    names = [
        "N",
        "NNE",
        "NE",
        "ENE",
        "E",
        "ESE",
        "SE",
        "SSE",
        "S",
        "SSW",
        "SW",
        "WSW",
        "W",
        "WNW",
        "NW",
        "NNW",
    ]
    return np.array([sectors.get(name, 0.0) for name in names])


def test_influence_sums_to_one_and_ends_at_its_reach() -> None:
    field = influence(rose(W=0.5, NW=0.5), REACH, cell_m=200.0, convergence_deg=0.7)
    assert field.sum() == pytest.approx(1.0)
    assert field.shape == (31, 31)
    assert field[15, 30] > 0
    down, right = np.mgrid[-15:16, -15:16]
    assert (field[np.hypot(down, right) * 200 > 3_000] == 0).all()


def test_influence_falls_with_distance_as_stated() -> None:
    field = influence(rose(W=1.0), REACH, cell_m=200.0, convergence_deg=0.0)
    near, far = field[15, 20], field[15, 25]  # 1 and 2 km to the east
    assert far / near == pytest.approx(np.exp(-1.0) / 2)


@pytest.mark.parametrize(
    ("sector", "row", "col"),
    [("W", 15, 20), ("E", 15, 10), ("N", 20, 15), ("S", 10, 15), ("NW", 20, 20), ("SW", 10, 20)],
)
def test_sand_goes_to_the_other_side(sector: str, row: int, col: int) -> None:
    field = influence(rose(**{sector: 1.0}), REACH, cell_m=200.0, convergence_deg=0.0)
    assert field[row, col] > 0
    assert field[30 - row, 30 - col] == 0


def test_true_north_is_not_grid_north() -> None:
    """Where grid north lies 22.5 deg clockwise of true north, west wind blows to the grid's ENE."""
    straight = influence(rose(WSW=1.0), REACH, cell_m=200.0, convergence_deg=0.0)
    turned = influence(rose(W=1.0), REACH, cell_m=200.0, convergence_deg=22.5)
    assert turned == pytest.approx(straight)


def test_a_treated_hectare_protects_what_lies_downwind_of_it() -> None:
    village = np.zeros((41, 41))
    village[20, 20] = 1.0
    field = influence(rose(NW=1.0), REACH, cell_m=200.0, convergence_deg=0.0)
    shelter = sheltered_units(village, field)
    assert shelter.sum() == pytest.approx(1.0), "a village is protected once at most"
    assert shelter[15, 15] > 0, "land to the north-west protects it"
    assert shelter[25, 25] == 0, "land to the south-east does not"
    by_hand = field[15 + 5, 15 + 5]
    assert shelter[15, 15] == pytest.approx(by_hand)


def test_upwind_share_is_the_whole_where_all_is_sand() -> None:
    field = influence(rose(W=1.0), REACH, cell_m=200.0, convergence_deg=0.0)
    assert upwind_share(np.ones((61, 61)), field)[30, 30] == pytest.approx(1.0)
    half = np.zeros((61, 61))
    half[:, 31:] = 1.0
    own = field[15, 15]
    assert upwind_share(half, field)[30, 30] == pytest.approx(0.0, abs=1e-12)
    assert upwind_share(half, field)[30, 31] == pytest.approx(own)


def test_receptors_are_weighed() -> None:
    frames = {
        "settlements": gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 200, 200)], crs=CRS),
        "railways": gpd.GeoDataFrame(geometry=[shapely.LineString([(0, 0), (0, 3000)])], crs=CRS),
    }
    found = receptor_points(frames, PARAMETERS, step_m=200.0)
    assert found.units.sum() == pytest.approx(1.0 + 3 * 0.1)
    assert found.units[0] == 1.0
    assert receptor_points({}, PARAMETERS, step_m=200.0).units.tolist() == []


def test_units_on_the_coarse_grid_add_up() -> None:
    coarse = coarse_grid(GEOBOX, 200.0)
    coarse.shares["arable"][:10] = 0.5
    points = Receptors(np.array([[0.0, 0.0], [1e6, 0.0]]), np.array([2.0, 5.0]))
    sites = np.array([shapely.box(-1000, -1000, 1010, 1010)])
    units = receptor_units(coarse, points, sites, PARAMETERS)
    farmland = 10 * 40 * 4.0 * 0.5 * 0.001
    assert units.sum() == pytest.approx(2.0 + 0.5 + farmland), "what lies beyond is left out"


def test_shelter_and_hazard_of_a_small_world() -> None:
    """A village east of a dune, a site further east: the dune threatens the site, not the west."""
    coarse = coarse_grid(GEOBOX, 200.0)
    coarse.shares["mobile"][:, 18:20] = 1.0
    units = np.zeros((40, 40))
    units[20, 25] = 1.0
    west = rose(W=1.0)
    shelter = shelter_per_ha(coarse, units, west, PARAMETERS)
    assert (shelter * 4.0).sum() == pytest.approx(1.0, rel=1e-6)
    dune, behind = shapely.box(-400, -200, 0, 200), shapely.box(2000, -200, 2400, 200)
    assert mean_on(np.array([dune]), coarse, shelter)[0] > 0
    assert mean_on(np.array([behind]), coarse, shelter)[0] == 0
    upwind = upwind_shares(coarse, west, PARAMETERS)
    sites = np.array([shapely.box(0, -200, 200, 200), shapely.box(-3000, -200, -2800, 200)])
    hazard = hazard_of_sites(sites, coarse, upwind, PARAMETERS)
    assert hazard.loc[0, "soiling_share"] > 0.05
    assert hazard.loc[0, "upkeep_factor"] > 1.05
    assert hazard.loc[0, "abrasion_share"] > 0.015
    assert hazard.loc[1].tolist() == [0.04, 0.01, 1.0]
