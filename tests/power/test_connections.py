"""Hubs, links, trunks and substations of small worlds."""

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox

from sandgrid.errors import InputError
from sandgrid.layers.notices import SandGridWarning
from sandgrid.params import default_parameters
from sandgrid.power import (
    Connections,
    Surface,
    connect_sites,
    find_hubs,
    link_sites,
    read_substations,
)
from tests.parcels.worlds import CRS

PARAMETERS = default_parameters()
YEARS = (2024, 2025)


def sites_at(*places: tuple[float, float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "site_id": [f"S{n:03d}" for n in range(1, len(places) + 1)],
            "district_id": "150524",
            "x_m": [x for x, _ in places],
            "y_m": [y for _, y in places],
            "lon_deg": 121.5,
            "lat_deg": 44.0,
            "pv_net_ha": 560.0,
            "turbine_positions": 10,
        }
    )


def stations_at(rows: list[tuple[str, float, float, float]], **changes: object) -> gpd.GeoDataFrame:
    """Return substations: id, x [m], kV, headroom [MW]."""
    frame = gpd.GeoDataFrame(
        {
            "substation_id": [row[0] for row in rows],
            "name": [f"变{row[0]}" for row in rows],
            "voltage_kv": [row[2] for row in rows],
            "bay_cost_cny": 6e6,
            "max_extra_bays": 1,
            "reinforcement_mw": 0.0,
            "reinforcement_cost_cny": 0.0,
            "reinforcement_year": 0,
        },
        geometry=[shapely.Point(row[1], 0) for row in rows],
        crs=CRS,
    )
    for year in YEARS:
        frame[f"headroom_mw_{year}"] = [row[3] for row in rows]
        frame[f"free_bays_{year}"] = 2
    return frame.assign(**changes)


DISTRICTS = gpd.GeoDataFrame(
    {"district_id": ["150524"], "district": ["库伦旗"]},
    geometry=[shapely.box(-5e4, -5e4, 5e4, 5e4)],
    crs=CRS,
)


def open_ground(points: npt.NDArray[np.float64]) -> Surface:
    """Return ground of 1 km cells where every metre costs the same."""
    low, high = (np.floor(edge / 1000) * 1000 for edge in (points.min(axis=0), points.max(axis=0)))
    shape = (int((high[1] - low[1]) / 1000) + 11, int((high[0] - low[0]) / 1000) + 11)
    affine = Affine(1000, 0, low[0] - 5500, 0, -1000, high[1] + 5500)
    cost = np.ones(shape, dtype=np.float32)
    return Surface(cost, GeoBox(shape, affine, CRS))


def walled(points: npt.NDArray[np.float64]) -> Surface:
    """Return open ground on which no line may stand west of 12 km."""
    ground = open_ground(points)
    x_m = ground.geobox.affine.c + np.arange(ground.cost.shape[1]) * 1000
    return Surface(np.where(x_m > 12_000, ground.cost, np.inf), ground.geobox)


def connect(
    sites: pd.DataFrame,
    stations: gpd.GeoDataFrame,
    told: list[SandGridWarning] | None = None,
    ground: Callable[[npt.NDArray[np.float64]], Surface] = open_ground,
) -> Connections:
    report = [] if told is None else told
    tables = read_substations(stations, DISTRICTS, YEARS)
    return connect_sites(sites, tables, ground, parameters=PARAMETERS, report=report.append)


def test_a_hub_a_link_and_two_kinds_of_circuit() -> None:
    found = connect(sites_at((0, 0)), stations_at([("B1", 10_000, 220, 200)]))
    assert found.hubs["hub_id"].tolist() == ["H001"]
    assert found.links["distance_km"].tolist() == [0.0]
    trunks = found.trunk_options.set_index("trunk_id")
    assert trunks.index.tolist() == ["H001-B1-220", "H001-B1-66"]
    assert trunks["length_km"].tolist() == pytest.approx([10.0, 10.0])
    assert [line.coords[-1] for line in trunks.geometry] == [(10_000.0, 0.0)] * 2
    assert trunks["circuit_mw"].tolist() == [300.0, 60.0]
    assert trunks.loc["H001-B1-220", "cost_cny_per_circuit"] == pytest.approx(10 * 1.45e6)


@pytest.mark.parametrize(("kv", "kinds"), [(66, ["66"]), (220, ["220", "66"]), (500, ["220"])])
def test_which_circuits_end_at_which_voltage(kv: float, kinds: list[str]) -> None:
    found = connect(sites_at((0, 0)), stations_at([("B1", 10_000, kv, 200)]))
    assert found.trunk_options["kind"].tolist() == kinds


def test_a_site_sees_its_three_nearest_hubs_within_reach() -> None:
    sites = sites_at((0, 0), (20_000, 0), (40_000, 0), (60_000, 0), (80_000, 0))
    found = connect(sites, stations_at([("B1", 20_000, 220, 200)]))
    assert len(found.hubs) == 5
    near = found.links[found.links["site_id"] == "S002"]
    assert near["hub_id"].tolist() == ["H002", "H001", "H003"]
    assert near["distance_km"].tolist() == [0.0, 20.0, 20.0]


def test_headroom_by_year_and_district() -> None:
    stations = stations_at([("B2", 90_000, 220, 200), ("B1", 0, 66, 30)], headroom_mw_2025=[10, 20])
    tables = read_substations(stations, DISTRICTS, YEARS)
    assert tables.substations["substation_id"].tolist() == ["B1", "B2"]
    assert tables.substations["district_id"].tolist() == ["150524", ""]
    assert tables.substations["district"].tolist() == ["库伦旗", ""]
    assert tables.years["headroom_mw"].tolist() == [30.0, 20.0, 200.0, 10.0]


def test_full_substations_are_named_and_get_no_circuit() -> None:
    told: list[SandGridWarning] = []
    stations = stations_at([("B1", 5_000, 220, 0), ("B2", 20_000, 220, 200)])
    found = connect(sites_at((0, 0)), stations, told)
    assert found.trunk_options["substation_id"].unique().tolist() == ["B2"]
    assert [notice.key for notice in told] == ["power-substations-full"]
    assert "变B1;" in str(told[0])


def test_a_reinforcement_opens_a_full_substation() -> None:
    stations = stations_at(
        [("B1", 5_000, 220, 0), ("B2", 90_000, 220, 50)],
        reinforcement_mw=[100.0, 0.0],
        reinforcement_year=[2025, 0],
    )
    found = connect(sites_at((0, 0)), stations)
    assert "B1" in set(found.trunk_options["substation_id"])


def test_substations_behind_a_barrier_are_named_and_get_no_circuit() -> None:
    told: list[SandGridWarning] = []
    stations = stations_at([("B1", 5_000, 220, 100), ("B2", 40_000, 220, 200)])
    found = connect(sites_at((20_000, 0)), stations, told, walled)
    assert found.trunk_options["substation_id"].unique().tolist() == ["B2"]
    assert [notice.key for notice in told] == ["power-substations-walled"]
    assert "变B1;" in str(told[0])


def test_no_way_at_all_is_an_error_with_the_names() -> None:
    stations = stations_at([("B1", 5_000, 220, 100)])
    with pytest.raises(InputError, match="变B1"):
        connect(sites_at((20_000, 0)), stations, ground=walled)


def test_the_reach_is_measured_along_the_route() -> None:
    """66 kV reach 60 km: 59 km straight, but the way bends round a wall."""

    def bent(points: npt.NDArray[np.float64]) -> Surface:
        ground = open_ground(points)
        cost = ground.cost.copy()
        cost[:-1, 30] = np.inf
        return Surface(cost, ground.geobox)

    near = connect(sites_at((0, 0)), stations_at([("B1", 59_000, 66, 200)]))
    assert near.trunk_options["kind"].tolist() == ["66"]
    with pytest.raises(InputError, match="no line leads"):
        connect(sites_at((0, 0)), stations_at([("B1", 59_000, 66, 200)]), ground=bent)


def test_hubs_and_sites_out_of_reach_are_named() -> None:
    told: list[SandGridWarning] = []
    found = connect(sites_at((0, 0), (200_000, 0)), stations_at([("B1", 10_000, 220, 200)]), told)
    assert found.hubs["hub_id"].tolist() == ["H001"]
    assert [notice.key for notice in told] == ["power-hubs-unreached", "power-sites-unlinked"]
    assert "H002;" in str(told[0])
    assert "S002;" in str(told[1])


@pytest.mark.parametrize(
    ("stations", "message"),
    [
        (
            stations_at([("B1", 0, 220, 0)]),
            "no headroom in 2024-2025 at any of the substations 变B1",
        ),
        (stations_at([("B1", 900_000, 220, 100)]), "from the hubs H001 to the substations 变B1;"),
        (stations_at([("B1", 0, 220, 10), ("B1", 9, 220, 10)]), "stands more than once"),
        (stations_at([("B1", 0, 220, 10), ("B2", 0, 220, 10)]), "voltage: 变B1, 变B2;"),
        (stations_at([("B1", 0, 220, 10)]).drop(columns="free_bays_2025"), "free_bays_2025"),
    ],
)
def test_wrong_substations_are_errors(stations: gpd.GeoDataFrame, message: str) -> None:
    with pytest.raises(InputError, match=message):
        connect(sites_at((0, 0)), stations)


places = st.lists(
    st.tuples(st.integers(0, 200_000), st.integers(0, 200_000)), min_size=1, max_size=30
)


@settings(max_examples=30)
@given(places=places)
def test_every_site_has_a_hub_within_the_covering_distance(places: list[tuple[int, int]]) -> None:
    sites = sites_at(*places).assign(buildable_mw=100.0)
    hubs = find_hubs(sites, PARAMETERS)
    links = link_sites(sites, hubs, PARAMETERS)
    nearest = links.groupby("site_id")["distance_km"].min()
    assert set(nearest.index) == set(sites["site_id"])
    assert nearest.max() <= PARAMETERS.number("power.hub_cover_km")
    assert len(hubs) <= len(sites)
