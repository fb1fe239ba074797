"""The sand inventory (沙化图斑) and the finished works of the bundled city."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from sandgrid.demo.grids import burn
from sandgrid.demo.landscape import FIXED, MOBILE, SEMI_FIXED, Landscape
from sandgrid.demo.mosaic import connected_patches, lattice_cells, patch_polygons
from sandgrid.demo.noise import Integers, hash_unit
from sandgrid.demo.settling import Places
from sandgrid.demo.tables import demo_districts, district_polygons
from sandgrid.params import Parameters

_BORDER_M = 2.0
KINDS = {MOBILE: "mobile", SEMI_FIXED: "semi_fixed", FIXED: "fixed"}


def survey_sand(
    landscape: Landscape, places: Places, parameters: Parameters, *, seed: int
) -> gpd.GeoDataFrame:
    """Return the inventory polygons.

    Returns
    -------
    GeoDataFrame
        source_id, dune_class, degree, cover, holder_kind, collective_id, holder, district_id,
        area_mu and geometry on whole metres; no two overlap, neighbours share their borders.

    """
    village = _village_cells(landscape, places)
    pieces = _pieces(landscape, parameters, seed=seed)
    label = connected_patches(
        landscape.dune,
        village,
        pieces,
        least_cells=int(parameters.number("demo.least_inventory_cells")),
    )
    numbers, polygons = patch_polygons(
        label,
        landscape.grid,
        tolerance_m=parameters.number("demo.inventory_tolerance_m"),
        seed=seed + 3,
    )
    facts = _facts(label, numbers, landscape, village)
    polygons = _within_district(polygons, facts, places)
    kept = shapely.area(polygons) > parameters.number("demo.least_inventory_m2")
    return _described(facts[kept], polygons[kept], places, parameters, seed=seed)


def _village_cells(landscape: Landscape, places: Places) -> Integers:
    """Return 1 + row of the village whose territory holds each cell."""
    territory = places.villages.geometry.to_numpy()
    rows = burn(territory, np.arange(1, len(territory) + 1), landscape.grid)
    return np.where(landscape.dune > 0, rows, 0)


def _within_district(polygons: np.ndarray, facts: pd.DataFrame, places: Places) -> np.ndarray:
    """Cut what reaches over a district border: each polygon ends 2 m inside its own district."""
    home = places.villages["district_id"].to_numpy()[facts["village"].to_numpy() - 1]
    result = polygons.copy()
    for row, outline in zip(demo_districts(), district_polygons(), strict=True):
        inner = outline.buffer(-_BORDER_M, join_style="mitre")
        shapely.prepare(inner)
        across = np.flatnonzero((home == row.district_id) & ~shapely.contains(inner, polygons))
        for k in across:
            parts = shapely.get_parts(shapely.intersection(polygons[k], inner))
            areas = shapely.area(parts)
            whole = parts[int(areas.argmax())] if len(parts) else shapely.Polygon()
            result[k] = shapely.normalize(shapely.transform(whole, np.rint))
    return result


def _pieces(landscape: Landscape, parameters: Parameters, *, seed: int) -> Integers:
    """Return lattice cells of the spacing that suits each dune class."""
    total = np.zeros_like(landscape.dune)
    for kind, name in KINDS.items():
        spacing = parameters.number(f"demo.inventory_spacing_m.{name}")
        cells = lattice_cells(landscape.grid, spacing, seed=seed + 20 * kind)
        total = np.where(landscape.dune == kind, cells, total)
    return total


def _facts(
    label: Integers, numbers: Integers, landscape: Landscape, village: Integers
) -> pd.DataFrame:
    """Return dune class, mean cover and village of each patch: those of most of its cells."""
    cells = pd.DataFrame(
        {
            "label": label[label > 0],
            "dune": landscape.dune[label > 0],
            "village": village[label > 0],
            "cover": landscape.cover[label > 0],
        }
    )
    groups = cells.groupby("label", sort=True)
    facts = pd.DataFrame(
        {
            "dune": _commonest(cells, "dune"),
            "village": _commonest(cells, "village"),
            "percent": groups["cover"].sum() // groups["cover"].size(),
        }
    )
    return facts.loc[numbers]


def _commonest(cells: pd.DataFrame, name: str) -> pd.Series:
    count = cells.groupby(["label", name], sort=True).size().reset_index(name="cells")
    ordered = count.sort_values(["label", "cells", name], ascending=[True, False, True])
    return ordered.drop_duplicates("label").set_index("label")[name]


def _described(
    facts: pd.DataFrame,
    polygons: np.ndarray,
    places: Places,
    parameters: Parameters,
    *,
    seed: int,
) -> gpd.GeoDataFrame:
    villages = places.villages.iloc[facts["village"].to_numpy() - 1]
    dune = facts["dune"].map(KINDS).to_numpy()
    low, high = facts["dune"].map({1: 2, 2: 10, 3: 30}), facts["dune"].map({1: 9, 2: 29, 3: 90})
    percent = facts["percent"].clip(low, high).to_numpy()
    count = np.arange(1, len(facts) + 1)
    draw = hash_unit(count, np.array(3), seed=seed)
    farm_share, household_share = parameters.numbers("demo.holder_shares")
    kind = np.select(
        [draw < farm_share, draw < farm_share + household_share],
        ["state_farm", "household"],
        "collective",
    )
    farm = villages["district_id"].map(_district_names()).to_numpy() + "国有林场（示意）"
    holder = np.select(
        [kind == "state_farm", kind == "household"],
        [farm, villages["village"].to_numpy() + "承包户"],
        villages["collective"].to_numpy(),
    )
    return gpd.GeoDataFrame(
        {
            "source_id": [f"Q{n:05d}" for n in count],
            "dune_class": dune,
            "degree": _degree(percent, parameters),
            "cover": percent / 100.0,
            "holder_kind": kind,
            "collective_id": villages["collective_id"].to_numpy(),
            "holder": holder,
            "district_id": villages["district_id"].to_numpy(),
            "area_mu": np.rint(shapely.area(polygons) * 0.15) / 100.0,
        },
        geometry=polygons,
    )


def _district_names() -> dict[str, str]:
    return {row.district_id: row.zh for row in demo_districts()}


def _degree(percent: Integers, parameters: Parameters) -> np.ndarray:
    """Return the degree of sandification of each cover [%]."""
    bounds = [100 * value for value in parameters.numbers("demo.degree_cover")]
    return np.array(["extreme", "heavy", "medium", "light"])[np.digitize(percent, bounds)]
