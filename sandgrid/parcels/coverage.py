"""Shares of cells inside polygons, drawn strip by strip and used at once (compiled)."""

from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
NEGLIGIBLE_SHARE: Final = 1e-12
Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Return a function compiled by numba, kept on disk and free of the interpreter's lock."""
    return cast("Function", numba.njit(cache=True, nogil=True)(function))


@compiled
def add_strip(
    edges: Floats,
    first: Ints,
    boxes: Ints,
    values: npt.NDArray[np.float32],
    top: int,
    totals: Floats,
) -> None:
    """Add what one strip of rows holds of each polygon.

    Parameters
    ----------
    edges : ndarray, shape (m, 4)
        u0, v0, u1, v1 in cells right of and below the corner of the grid; shells one way round,
        holes the other.
    first : ndarray of int, shape (n + 1,)
        Edges of polygon i are those from first[i] to first[i + 1].
    boxes : ndarray of int, shape (n, 4)
        First row, last row + 1, first column, last column + 1 of each polygon inside the grid.
    values : ndarray of float32, shape (k, rows, columns)
        Rasters of the strip, NaN where unknown.
    top : int
        First row of the strip.
    totals : ndarray, shape (n, k, 2)
        Sums of share x value and of the shares of known cells; is added to.

    """
    bottom = top + values.shape[1]
    for polygon in range(len(boxes)):
        low, high = max(boxes[polygon, 0], top), min(boxes[polygon, 1], bottom)
        left, width = boxes[polygon, 2], boxes[polygon, 3] - boxes[polygon, 2]
        if low >= high or width <= 0:
            continue
        area, cover = np.zeros((high - low, width)), np.zeros((high - low, width))
        for edge in range(first[polygon], first[polygon + 1]):
            _draw(edges[edge], area, cover, low, left)
        _sum(area, cover, values[:, low - top : high - top, left : left + width], totals[polygon])


@compiled
def _draw(edge: Floats, area: Floats, cover: Floats, low: int, left: int) -> None:
    """Add an edge, row by row."""
    u0, v0, u1, v1 = edge
    if v0 == v1:
        return
    sign = 1.0 if v1 > v0 else -1.0
    if v1 < v0:
        u0, v0, u1, v1 = u1, v1, u0, v0
    slope = (u1 - u0) / (v1 - v0)
    start = max(int(np.floor(v0)), low)
    stop = min(int(np.ceil(v1)), low + area.shape[0])
    for row in range(start, stop):
        above, below = max(v0, float(row)), min(v1, row + 1.0)
        one = u0 if above == v0 else u0 + (above - v0) * slope
        other = u1 if below == v1 else u0 + (below - v0) * slope
        _draw_row(one, other, sign * (below - above), area[row - low], cover[row - low], left)


@compiled
def _draw_row(
    one: float, other: float, height: float, area: Floats, cover: Floats, left: int
) -> None:
    """Add a piece of an edge that lies in one row, cell by cell."""
    west, east = min(one, other), max(one, other)
    start, stop = int(np.floor(west)), max(int(np.ceil(east)) - 1, int(np.floor(west)))
    for column in range(start, stop + 1):
        part, middle = height, (west + east) / 2
        if start != stop:
            begin, end = max(west, float(column)), min(east, column + 1.0)
            part, middle = height * (end - begin) / (east - west), (begin + end) / 2
        place = column - left
        if place < 0:
            area[0] += part
            cover[0] += part
        elif place < len(area):
            area[place] += part * (column + 1 - middle)
            cover[place] += part


@compiled
def _sum(area: Floats, cover: Floats, values: npt.NDArray[np.float32], totals: Floats) -> None:
    """Add share x value over the cells of a polygon in a strip."""
    rows, width = area.shape
    share = np.empty(width)
    for row in range(rows):
        before = 0.0
        for column in range(width):
            share[column] = min(abs(before + area[row, column]), 1.0)
            before += cover[row, column]
        for layer in range(values.shape[0]):
            total, known = 0.0, 0.0
            for column in range(width):
                value = values[layer, row, column]
                if share[column] > NEGLIGIBLE_SHARE and not np.isnan(value):
                    total += share[column] * value
                    known += share[column]
            totals[layer, 0] += total
            totals[layer, 1] += known
