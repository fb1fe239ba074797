"""Substations, power lines and existing wind farms of the bundled city."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from sandgrid.demo.arithmetic import Floats
from sandgrid.demo.landscape import Landscape
from sandgrid.demo.networks import link_towards
from sandgrid.demo.noise import hash_unit
from sandgrid.demo.shapes import winding_line
from sandgrid.demo.tables import class_values, demo_districts, demo_table
from sandgrid.params import Parameters
from sandgrid.units import KW_PER_MW

_LEAST_GAP_M = 5_500.0


def place_substations() -> gpd.GeoDataFrame:
    """Return the substations with headroom and free bays by year, as designed in the table."""
    table = demo_table("substations")
    points = shapely.points(table["x_km"] * 1_000.0, table["y_km"] * 1_000.0)
    return gpd.GeoDataFrame(table.drop(columns=["x_km", "y_km"]), geometry=points)


def string_lines(substations: gpd.GeoDataFrame, *, seed: int) -> gpd.GeoDataFrame:
    """Return power lines: a tree per voltage, each station tied to one of the next voltage up."""
    rows: list[tuple[int, shapely.LineString]] = []
    upper: npt.NDArray[np.float64] | None = None
    for voltage in (500, 220, 66):
        own = substations[substations["voltage_kv"] == voltage]
        points = shapely.get_coordinates(own.geometry.to_numpy())
        rows += [
            (voltage, winding_line([a, b], seed=seed, sway=0.035, least_m=9_000.0))
            for a, b in _pairs(points, upper)
        ]
        upper = points if upper is None else np.vstack([upper, points])
    frame = gpd.GeoDataFrame(rows, columns=["voltage_kv", "geometry"], geometry="geometry")
    frame.insert(0, "line_id", [f"D{n:03d}" for n in range(1, len(frame) + 1)])
    return frame


def _pairs(points: Floats, upper: Floats | None) -> list[tuple[Floats, Floats]]:
    if upper is None:
        return [(points[p], points[k]) for k, p in enumerate(link_towards(points, 2)) if p >= 0]
    gap = ((points[:, None, :] - upper[None, :, :]) ** 2).sum(axis=2)
    return [(upper[n], points[k]) for k, n in enumerate(gap.argmin(axis=1))]


def place_wind_farms(
    landscape: Landscape,
    kept_clear: np.ndarray,
    wind_ms: Floats,
    parameters: Parameters,
    *,
    seed: int,
) -> gpd.GeoDataFrame:
    """Return wind farms as points whose MW by district are those of the Global Wind Power Tracker.

    Parameters
    ----------
    landscape : Landscape
        Grassland and farmland carry the farms.
    kept_clear : array of polygons
        Settlements, water and reserves.
    wind_ms : (rows, cols) array
        Mean wind speed on the base grid; windy cells come first.
    parameters : Parameters
        Figures of the city.
    seed : int
        Seed.

    """
    taken: list[npt.NDArray[np.float64]] = []
    rows = []
    for k, row in enumerate(demo_districts(), start=1):
        count = row.wind_farms + (
            row.wind_mw > parameters.number("demo.farm_in_construction_above_mw")
        )
        sites = _windy_sites(landscape, kept_clear, wind_ms, k, seed=seed)
        points = _apart(sites, taken, count)
        taken.extend(points)
        megawatts = _split(row.wind_mw, row.wind_farms, seed=seed + k)
        for n, point in enumerate(points):
            operating = n < row.wind_farms
            size = megawatts[n] if operating else parameters.number("demo.farm_in_construction_mw")
            rows.append((row.zh, row.district_id, size, operating, shapely.Point(point)))
    return _farm_frame(rows)


def _farm_frame(rows: list[tuple[str, str, float, bool, shapely.Point]]) -> gpd.GeoDataFrame:
    frame = pd.DataFrame(
        rows, columns=["zh", "district_id", "capacity_mw", "operating", "geometry"]
    )
    count = range(1, len(frame) + 1)
    return gpd.GeoDataFrame(
        {
            "farm_id": [f"E{n:03d}" for n in count],
            "name": [
                f"{zh}风电场{n:03d}（示意）" for zh, n in zip(frame["zh"], count, strict=True)
            ],
            "capacity_mw": frame["capacity_mw"],
            "district_id": frame["district_id"],
            "status": np.where(frame["operating"], "operating", "construction"),
        },
        geometry=frame["geometry"].to_numpy(),
    )


def _windy_sites(
    landscape: Landscape, kept_clear: np.ndarray, wind_ms: Floats, district: int, *, seed: int
) -> Floats:
    """Return whole-metre points of a coarse raster of open land, the windiest first."""
    grid, step = landscape.grid, 10
    values = class_values()
    open_land = np.isin(landscape.land, [values["0401"], values["0103"], values["1204"]])
    open_land &= (landscape.district == district) & ~landscape.built & (landscape.dune % 3 == 0)
    rows, cols = np.nonzero(open_land[::step, ::step])
    points = np.column_stack([np.floor(grid.x_m[cols * step]), np.floor(grid.y_m[rows * step])])
    near, _ = shapely.STRtree(kept_clear).query(
        shapely.points(points), predicate="dwithin", distance=2_000.0
    )
    free = np.setdiff1d(np.arange(len(points)), near)
    luck = hash_unit(rows[free], cols[free], seed=seed)
    score = wind_ms[rows[free] * step, cols[free] * step] + 0.8 * luck
    result: Floats = points[free[np.argsort(-score, kind="stable")]]
    return result


def _apart(sites: Floats, taken: list[Floats], count: int) -> list[Floats]:
    chosen: list[Floats] = []
    for site in sites:
        if len(chosen) == count:
            break
        others = np.array([*taken, *chosen]).reshape(-1, 2)
        if not (((others - site) ** 2).sum(axis=1) < _LEAST_GAP_M * _LEAST_GAP_M).any():
            chosen.append(site)
    return chosen


def _split(total_mw: int, count: int, *, seed: int) -> list[float]:
    """Split megawatts into unequal farms in steps of 0.5 MW, exact in kW."""
    weight = 0.6 + hash_unit(np.arange(count), np.array(0), seed=seed)
    steps = np.floor(2 * total_mw * weight / float(weight.sum())).astype(np.int64)
    steps[0] += 2 * total_mw - int(steps.sum())
    return [round(int(s) * KW_PER_MW / 2) / KW_PER_MW for s in steps]
