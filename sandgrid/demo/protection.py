"""Farmland, forest, basic grassland, red line and reserves of the bundled city."""

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from sandgrid.demo.landscape import Landscape
from sandgrid.demo.mosaic import connected_patches, lattice_cells, patch_polygons
from sandgrid.demo.noise import Integers
from sandgrid.demo.shapes import irregular_disc
from sandgrid.demo.tables import class_values, demo_table, district_polygons
from sandgrid.params import Parameters

_FOREST = {"0301": "tree", "0305": "shrub", "0307": "nursery"}
_FOREST_NAMES = {"tree": "乔木林", "shrub": "灌木林", "nursery": "其他林地"}
_PERMANENT, _BASIC, _FIRST_FOREST = 1, 2, 3


@dataclass(frozen=True)
class Protection:
    """Layers drawn from the land classes, and the two sets of reserves."""

    permanent_farmland: gpd.GeoDataFrame
    basic_grassland: gpd.GeoDataFrame
    forest: gpd.GeoDataFrame
    red_line: gpd.GeoDataFrame
    reserves: gpd.GeoDataFrame


def protect_land(landscape: Landscape, parameters: Parameters, *, seed: int) -> Protection:
    """Return the protected land; farmland, forest and grassland never overlap each other."""
    group = _groups(landscape)
    spacing = parameters.number("demo.land_spacing_m")
    label = connected_patches(
        group,
        np.where(group > 0, lattice_cells(landscape.grid, spacing, seed=seed), 0),
        least_cells=int(parameters.number("demo.least_patch_cells")),
    )
    numbers, polygons = patch_polygons(
        label,
        landscape.grid,
        tolerance_m=parameters.number("demo.land_tolerance_m"),
        seed=seed + 3,
    )
    kind = _group_of(label, numbers, group)
    forest = np.array(list(_FOREST.values()))[np.maximum(kind - _FIRST_FOREST, 0)]
    return Protection(
        permanent_farmland=_layer("K", "永久基本农田", polygons[kind == _PERMANENT]),
        basic_grassland=_layer("J", "基本草原", polygons[kind == _BASIC]),
        forest=_forest(polygons[kind >= _FIRST_FOREST], forest[kind >= _FIRST_FOREST]),
        red_line=_reserves("red_line", "E", seed=seed),
        reserves=_reserves("reserve", "N", seed=seed),
    )


def _groups(landscape: Landscape) -> Integers:
    group = np.where(landscape.permanent, _PERMANENT, 0)
    group = np.where(landscape.basic, _BASIC, group)
    for k, code in enumerate(_FOREST):
        own = (landscape.land == class_values()[code]) & ~landscape.built
        group = np.where(own, _FIRST_FOREST + k, group)
    return group


def _group_of(label: Integers, numbers: Integers, group: Integers) -> Integers:
    """Return the group of each patch: that of most of its cells."""
    width = _FIRST_FOREST + len(_FOREST)
    inside = label > 0
    count = np.bincount(label[inside] * width + group[inside], minlength=width * (numbers[-1] + 1))
    table = count.reshape(-1, width)[numbers]
    table[:, 0] = 0
    return np.asarray(table.argmax(axis=1), dtype=np.int64)


def _layer(prefix: str, name: str, polygons: np.ndarray) -> gpd.GeoDataFrame:
    count = range(1, len(polygons) + 1)
    return gpd.GeoDataFrame(
        {
            "role_id": [f"{prefix}{n:05d}" for n in count],
            "name": [f"{name}{n:05d}" for n in count],
        },
        geometry=polygons,
    )


def _forest(polygons: np.ndarray, kinds: np.ndarray) -> gpd.GeoDataFrame:
    frame = _layer("L", "", polygons)
    frame["forest_class"] = kinds
    frame["name"] = [_FOREST_NAMES[str(kind)] for kind in kinds] + frame["name"]
    return frame


def _reserves(kind: str, prefix: str, *, seed: int) -> gpd.GeoDataFrame:
    """Return discs of the table, held inside the city; the red line holds the reserves too."""
    table = demo_table("reserves")
    own = table if kind == "red_line" else table[table["kind"] == kind]
    city = shapely.union_all(district_polygons())
    discs = [
        irregular_disc(1_000.0 * x, 1_000.0 * y, 1_000.0 * r, seed=seed)
        for x, y, r in own[["x_km", "y_km", "radius_km"]].to_numpy(float).tolist()
    ]
    inside = shapely.transform(shapely.intersection(np.array(discs), city), np.rint)
    ids = [f"{prefix}{n:02d}" for n in range(1, len(own) + 1)]
    frame = gpd.GeoDataFrame(
        {"role_id": ids, "name": own["name"].to_numpy()}, geometry=shapely.normalize(inside)
    )
    return frame[~frame.geometry.is_empty].reset_index(drop=True)
