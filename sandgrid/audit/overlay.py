"""Laying shapes over one another and over the cells of the eligibility raster."""

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely

from sandgrid.audit.folder import Geometries
from sandgrid.layers.plan_files import Reasons

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
CHUNK_SHAPES: Final = 256
RING_POINTS: Final = 64


def overlaps(first: Geometries, second: Geometries) -> tuple[Ints, Ints, Floats]:
    """Return the pairs of shapes that share land, and how much [m2].

    Examples
    --------
    >>> squares = shapely.box([0, 1, 9], 0, [2, 3, 10], 1)
    >>> overlaps(squares, squares[1:2])[2].tolist()
    [1.0, 2.0]

    """
    one, two = shapely.STRtree(second).query(first, predicate="intersects")
    shared = np.asarray(shapely.area(shapely.intersection(first[one], second[two])))
    return one, two, shared


def own_overlaps(shapes: Geometries) -> tuple[Ints, Ints, Floats]:
    """Return the pairs of one set of shapes that share land, and how much [m2]."""
    one, two = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    ordered = one < two
    one, two = one[ordered], two[ordered]
    shapely.prepare(shapes)
    touching = shapely.touches(shapes[one], shapes[two])
    one, two = one[~touching], two[~touching]
    return one, two, np.asarray(shapely.area(shapely.intersection(shapes[one], shapes[two])))


def outside_m2(shapes: Geometries, holders: Geometries) -> Floats:
    """Return how much of each shape lies outside its holder [m2]; all of it without one."""
    left = shapely.area(shapes).astype(np.float64)
    held = ~shapely.is_missing(holders)
    covered = np.zeros(len(shapes), dtype=np.bool_)
    shapely.prepare(holders)  # few holders, each with many shapes
    covered[held] = shapely.covers(holders[held], shapes[held])
    left[covered] = 0.0
    rest = held & ~covered
    left[rest] = shapely.area(shapely.difference(shapes[rest], holders[rest]))
    return left


def refused_m2(shapes: Geometries, reasons: Reasons, use: str, *, margin_m: float) -> Floats:
    """Return how much of each shape lies on cells that a use may not take [m2].

    Parameters
    ----------
    shapes : array of geometries
        Polygons in the analysis CRS.
    reasons : Reasons
        Of the cells.
    use : str
        pv, wind or treatment.
    margin_m : float
        A cell that is entered less deep does not count [m].

    """
    result = np.zeros(len(shapes))
    for start in range(0, len(shapes), CHUNK_SHAPES):
        part = shapes[start : start + CHUNK_SHAPES]
        owner, rows, cols = _refused_cells(part, reasons, use)
        boxes = _cell_boxes(reasons, rows, cols, margin_m)
        shapely.prepare(part)
        hit = shapely.intersects(part[owner], boxes)
        area = shapely.area(shapely.intersection(part[owner[hit]], boxes[hit]))
        result[start : start + len(part)] = np.bincount(owner[hit], area, minlength=len(part))
    return result


def _refused_cells(shapes: Geometries, reasons: Reasons, use: str) -> tuple[Ints, Ints, Ints]:
    """Return owner, row and column of the refused cells in the bounding box of each shape."""
    found = [np.zeros((3, 0), dtype=np.int64), *_windows(shapes, reasons)]
    owner, rows, cols = np.concatenate(found, axis=1)
    refused = reasons.refused(use, rows, cols)
    return owner[refused], rows[refused], cols[refused]


def _windows(shapes: Geometries, reasons: Reasons) -> Iterator[Ints]:
    affine = reasons.affine
    bounds = shapely.bounds(shapes)
    left = np.floor((bounds[:, 0] - affine.c) / affine.a).astype(np.int64)
    right = np.floor((bounds[:, 2] - affine.c) / affine.a).astype(np.int64)
    top = np.floor((bounds[:, 3] - affine.f) / affine.e).astype(np.int64)
    bottom = np.floor((bounds[:, 1] - affine.f) / affine.e).astype(np.int64)
    for i in range(len(shapes)):
        rows, cols = np.mgrid[top[i] : bottom[i] + 1, left[i] : right[i] + 1]
        yield np.stack([np.full(rows.size, i), rows.ravel(), cols.ravel()])


def _cell_boxes(reasons: Reasons, rows: Ints, cols: Ints, margin_m: float) -> Geometries:
    affine = reasons.affine
    x, y = affine.c + cols * affine.a, affine.f + rows * affine.e
    boxes = shapely.box(
        x + margin_m, y + affine.e + margin_m, x + affine.a - margin_m, y - margin_m
    )
    return np.asarray(boxes, dtype=object)


def refused_discs(points: Geometries, radius_m: Floats, reasons: Reasons, use: str) -> Ints:
    """Return for each disc how many of 64 points on its rim and of its centre are refused."""
    angles = np.arange(RING_POINTS) * (2 * np.pi / RING_POINTS)
    ring = np.vstack([np.column_stack([np.cos(angles), np.sin(angles)]), [[0.0, 0.0]]])
    places = shapely.get_coordinates(points)[:, None, :] + radius_m[:, None, None] * ring[None]
    affine = reasons.affine
    cols = np.floor((places[..., 0] - affine.c) / affine.a).astype(np.int64)
    rows = np.floor((places[..., 1] - affine.f) / affine.e).astype(np.int64)
    return np.asarray(reasons.refused(use, rows, cols).sum(axis=1), dtype=np.int64)
