"""Routes of lines between hubs and substations: drawn, measured, their crossings counted."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from sandgrid.power.routing import Path, find_paths
from sandgrid.power.surface import Geometries, Surface

Floats = npt.NDArray[np.float64]
Cells = npt.NDArray[np.intp]
M_PER_KM = 1_000.0


@dataclass(frozen=True, eq=False)
class Routes:
    """Least-cost routes from hubs to substations.

    Parameters
    ----------
    table : DataFrame
        hub_id, substation_id, length_km of the line as drawn, cost_factor (mean cost of its
        metres, 1 over open ground), crossings.
    lines : array of LineStrings, shape (n,)
        From the hub to the substation through the centres of cells.

    """

    table: pd.DataFrame
    lines: Geometries


def find_routes(
    pairs: pd.DataFrame, hubs: pd.DataFrame, substations: pd.DataFrame, surface: Surface
) -> Routes:
    """Find the cheapest route between each pair of a hub and a substation.

    Parameters
    ----------
    pairs : DataFrame
        hub_id, substation_id.
    hubs, substations : DataFrame
        Their id, x_m, y_m.
    surface : Surface
        What a metre costs; it must hold all places.

    Returns
    -------
    Routes
        By hub and substation; pairs that no route joins are left out.

    """
    starts = hubs.sort_values("hub_id", kind="stable", ignore_index=True)
    ends = substations.sort_values("substation_id", kind="stable", ignore_index=True)
    start_xy, end_xy = (
        frame[["x_m", "y_m"]].to_numpy(dtype=np.float64) for frame in (starts, ends)
    )
    number = {str(name): at for at, name in enumerate(ends["substation_id"])}
    asked: dict[str, list[int]] = {}
    for hub, end in sorted(zip(pairs["hub_id"], pairs["substation_id"], strict=True)):
        asked.setdefault(hub, []).append(number[end])
    paths = find_paths(
        surface.cost,
        surface.cell_m,
        cells_at(start_xy, surface),
        cells_at(end_xy, surface),
        [asked.get(hub, []) for hub in starts["hub_id"]],
    )
    lines = np.array([_line(path, start_xy, end_xy, surface) for path in paths], dtype=object)
    table = pd.DataFrame(
        {
            "hub_id": _names(starts["hub_id"], [path.start for path in paths]),
            "substation_id": _names(ends["substation_id"], [path.end for path in paths]),
            "length_km": shapely.length(lines) / M_PER_KM,
            "cost_factor": [cost_factor(path, surface) for path in paths],
            "crossings": count_crossings(lines, surface.crossed),
        }
    )
    return Routes(table, lines)


def _names(ids: "pd.Series[str]", places: list[int]) -> "pd.Series[str]":
    return ids.iloc[places].reset_index(drop=True)


def cells_at(points: Floats, surface: Surface) -> Cells:
    """Return row and column of the cells that hold points; the nearest cell outside the grid."""
    affine, shape = surface.geobox.affine, surface.cost.shape
    rows = np.floor((points[:, 1] - affine.f) / affine.e)
    columns = np.floor((points[:, 0] - affine.c) / affine.a)
    inside = np.clip(np.column_stack([rows, columns]), 0, [shape[0] - 1, shape[1] - 1])
    return np.asarray(inside, dtype=np.intp)


def passable(points: Floats, surface: Surface) -> npt.NDArray[np.bool_]:
    """Return whether a line may stand where the points lie."""
    rows, columns = cells_at(points, surface).T
    return np.asarray(np.isfinite(surface.cost[rows, columns]), dtype=np.bool_)


def _line(path: Path, starts: Floats, ends: Floats, surface: Surface) -> shapely.LineString:
    """Return the path through the centres of its cells, its ends moved to the places."""
    affine = surface.geobox.affine
    x = affine.c + (path.cells[:, 1] + 0.5) * affine.a
    y = affine.f + (path.cells[:, 0] + 0.5) * affine.e
    inner = np.column_stack([x, y])[1:-1]
    return shapely.LineString(straightened(np.vstack([starts[path.start], inner, ends[path.end]])))


def straightened(corners: Floats) -> Floats:
    """Return the corners of a line without those on a straight stretch.

    Examples
    --------
    >>> straightened(np.array([[0, 0], [1, 1], [2, 2], [2, 3.0]])).tolist()
    [[0.0, 0.0], [2.0, 2.0], [2.0, 3.0]]

    """
    before, after = np.diff(corners, axis=0)[:-1], np.diff(corners, axis=0)[1:]
    turn = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
    kept = np.concatenate([[True], np.abs(turn) > 0, [True]])
    return np.asarray(corners[kept], dtype=np.float64)


def cost_factor(path: Path, surface: Surface) -> float:
    """Return the mean cost of a metre along a path [1]; of its one cell if it has no more."""
    if len(path.cells) == 1:
        return float(surface.cost[tuple(path.cells[0])])
    steps = np.hypot(*np.diff(path.cells, axis=0).T).sum() * surface.cell_m
    return float(path.cost / steps)


def count_crossings(lines: Geometries, crossed: Mapping[str, Geometries]) -> npt.NDArray[np.int64]:
    """Return how often each line crosses roads, railways, rivers and lines.

    Examples
    --------
    >>> line = np.array([shapely.LineString([(0, 0), (10, 0)])])
    >>> road = np.array([shapely.LineString([(2, -1), (2, 1), (4, 1), (4, -1)])])
    >>> count_crossings(line, {"roads": road}).tolist()
    [2]

    """
    count = np.zeros(len(lines), dtype=np.int64)
    for shapes in crossed.values():
        line, other = shapely.STRtree(shapes).query(lines, predicate="crosses")
        met = shapely.intersection(lines[line], shapes[other])
        times = np.maximum(shapely.get_num_geometries(met), 1)
        np.add.at(count, line, times)
    return count
