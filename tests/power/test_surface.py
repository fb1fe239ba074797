"""Cost surfaces, routes and capacity of worlds of a few cells."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import shapely

from sandgrid.errors import InputError
from sandgrid.layers.notices import SandGridWarning
from sandgrid.layers.raster import Raster
from sandgrid.layers.stack import Layers
from sandgrid.params import default_parameters
from sandgrid.power import find_routes, lay_surface
from sandgrid.power.capacity import with_headroom
from sandgrid.power.surface import Surface
from tests.parcels.worlds import CELL_M, CRS, geobox_of

PARAMETERS = default_parameters()
AREA = gpd.GeoDataFrame(geometry=[], crs=CRS)
CODES = {"grassland": (9,), "water": (25,)}


def world(
    land: npt.NDArray[np.float64] | None = None,
    dem: npt.NDArray[np.float64] | None = None,
    **vectors: list[shapely.Geometry],
) -> Layers:
    """Return flat grassland of 10 x 20 cells with features."""
    geobox = geobox_of(10, 20)
    values = {
        "land_class": np.full(geobox.shape, 9.0) if land is None else land,
        "dem": np.full(geobox.shape, 200.0) if dem is None else dem,
    }
    rasters = {
        role: Raster(
            np.nan_to_num(v, nan=-1).astype(np.float32),
            ~np.isfinite(v),
            geobox,
            codes=CODES if role == "land_class" else {},
        )
        for role, v in values.items()
    }
    frames = {role: gpd.GeoDataFrame(geometry=shapes, crs=CRS) for role, shapes in vectors.items()}
    return Layers(geobox=geobox, rasters=rasters, vectors=frames, area=AREA)


def surface(layers: Layers, **changes: float) -> Surface:
    given = {f"power.{key}": value for key, value in changes.items()}
    return lay_surface(layers, PARAMETERS.with_values(given, "test"))


def places(kind: str, *points: tuple[float, float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            f"{kind}_id": [f"{kind[0].upper()}{n}" for n in range(1, len(points) + 1)],
            "x_m": [x for x, _ in points],
            "y_m": [y for _, y in points],
        }
    )


PAIR = pd.DataFrame({"hub_id": ["H1"], "substation_id": ["S1"]})


def test_flat_grassland_costs_one() -> None:
    assert (surface(world()).cost == 1.0).all()


def test_land_unknown_cells_and_slopes() -> None:
    land = np.full((10, 20), 9.0)
    land[0, 0], land[0, 1] = 25.0, np.nan
    dem = np.full((10, 20), 200.0)
    dem[:, 10:] += np.arange(10) * 10.0
    dem[9, 19] = np.nan
    found = surface(world(land, dem)).cost
    slope = np.degrees(np.arctan(0.1))
    assert found[0, 0] == pytest.approx(PARAMETERS.number("power.route_land.water"))
    assert found[0, 1] == pytest.approx(PARAMETERS.number("power.route_unknown"))
    assert found[5, 15] == pytest.approx(
        1 + PARAMETERS.number("power.route_slope_per_deg") * slope, rel=1e-5
    )
    assert found[9, 19] == pytest.approx(PARAMETERS.number("power.route_unknown"))
    assert np.isinf(surface(world(dem=dem), route_max_slope_deg=3.0).cost[5, 15])


def test_barriers_crossings_and_corridors() -> None:
    river = shapely.LineString([(550, 0), (550, 1000)])
    line = shapely.LineString([(0, 950), (2000, 950)])
    reserve = shapely.box(1210, 10, 1490, 490)
    found = surface(
        world(rivers=[river], power_lines=[line], reserves=[reserve]),
        route_corridor_m=40.0,
        **{"route_crossing_m.rivers": 150.0, "route_crossing_m.power_lines": 20.0},
    ).cost
    assert found[5, 5] == pytest.approx(1 + 150 / CELL_M)
    assert found[0, 8] == pytest.approx(0.9 + 20 / CELL_M)
    assert np.isinf(found[5:10, 12:15]).all()
    assert np.isfinite(found).sum() == 200 - 15


def test_without_land_class_and_heights_all_is_unknown() -> None:
    bare = Layers(geobox=geobox_of(3, 3), area=AREA)
    assert lay_surface(bare, PARAMETERS).cost == pytest.approx(
        PARAMETERS.number("power.route_unknown")
    )


def test_a_route_is_drawn_from_place_to_place_and_measured() -> None:
    river = shapely.LineString([(1050, 0), (1050, 1000)])
    found = find_routes(
        PAIR,
        places("hub", (50, 520)),
        places("substation", (1950, 480)),
        surface(world(rivers=[river]), **{"route_crossing_m.rivers": 190.0}),
    )
    (line,) = found.lines
    row = found.table.iloc[0]
    assert line.coords[0] == (50.0, 520.0)
    assert line.coords[-1] == (1950.0, 480.0)
    assert row["length_km"] == pytest.approx(line.length / 1000)
    assert row["crossings"] == 1
    assert row["length_km"] * row["cost_factor"] == pytest.approx(1.9 + 0.19, abs=0.06)


def test_a_route_goes_round_a_reserve() -> None:
    reserve = shapely.box(910, 210, 1090, 1000)
    hubs, ends = places("hub", (50, 850)), places("substation", (1950, 850))
    straight = find_routes(PAIR, hubs, ends, surface(world())).table["length_km"].iloc[0]
    found = find_routes(PAIR, hubs, ends, surface(world(reserves=[reserve])))
    assert straight == pytest.approx(1.9)
    assert not found.lines[0].intersects(reserve.buffer(-50))
    assert found.table["length_km"].iloc[0] > 2.2


def test_a_route_that_cannot_be_is_left_out() -> None:
    wall = shapely.box(910, -10, 1090, 1010)
    found = find_routes(
        PAIR,
        places("hub", (50, 850)),
        places("substation", (1950, 850)),
        surface(world(reserves=[wall])),
    )
    assert found.table.empty
    assert len(found.lines) == 0


def test_a_route_within_a_cell_costs_what_the_cell_costs() -> None:
    land = np.full((10, 20), 25.0)
    found = find_routes(
        PAIR, places("hub", (20, 50)), places("substation", (80, 50)), surface(world(land))
    )
    assert found.table["length_km"].tolist() == [0.06]
    assert found.table["cost_factor"].tolist() == [PARAMETERS.number("power.route_land.water")]


def stations(**columns: object) -> gpd.GeoDataFrame:
    given = {"substation_id": ["B1", "B2"], "capacity_mw": [100.0, 50.0], "free_bays": [3, 1]}
    return gpd.GeoDataFrame(
        given | columns, geometry=shapely.points([(0, 0), (10_000, 0)]), crs=CRS
    )


def plants(*rows: tuple[float, float, str]) -> gpd.GeoDataFrame:
    """Return plants: x [m], MW, substation named."""
    return gpd.GeoDataFrame(
        {
            "name": [f"风电场{n}" for n in range(1, len(rows) + 1)],
            "capacity_mw": [row[1] for row in rows],
            "substation_id": [row[2] for row in rows],
        },
        geometry=[shapely.Point(row[0], 0) for row in rows],
        crs=CRS,
    )


def headroom(*rows: tuple[float, float, str], told: list[SandGridWarning] | None = None) -> object:
    report = [] if told is None else told
    found = with_headroom(
        stations(), plants(*rows), (2024, 2025), reach_m=50_000.0, report=report.append
    )
    assert found["headroom_mw_2024"].equals(found["headroom_mw_2025"])
    assert found["free_bays_2025"].tolist() == [3, 1]
    return found["headroom_mw_2024"].tolist()


def test_plants_take_capacity_where_they_stand_or_where_they_say() -> None:
    assert headroom() == [100.0, 50.0]
    assert headroom((4_000, 60, "")) == [40.0, 50.0]
    assert headroom((4_000, 30, "B2")) == [100.0, 20.0]
    assert headroom((9_000, 70, ""), (0, 10, "")) == [90.0, 0.0]


def test_plants_out_of_reach_are_named_and_take_nothing() -> None:
    told: list[SandGridWarning] = []
    assert headroom((90_000, 60, ""), told=told) == [100.0, 50.0]
    assert [notice.key for notice in told] == ["power-plants-unplaced"]
    assert "风电场1" in str(told[0])


def test_a_plant_at_a_substation_that_is_not_there_is_an_error() -> None:
    with pytest.raises(InputError, match="风电场2"):
        headroom((0, 5, "B1"), (0, 5, "B9"))


def test_given_headroom_is_left_as_it_is() -> None:
    given = stations(headroom_mw_2024=[7.0, 8.0], headroom_mw_2025=[7.0, 8.0])
    found = with_headroom(given, plants((0, 5, "")), (2024, 2025), reach_m=1e5)
    assert found["headroom_mw_2025"].tolist() == [7.0, 8.0]
