"""Polygons against the cells of a geobox: exact shares, and the polygon that cells cut out.

Cells are squares of an equal-area CRS, so a share of a cell is an area and the union of cells is
an exact polygon.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import shapely
from odc.geo.geobox import GeoBox

from sandgrid.errors import InputError

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.integer]
Geometries = npt.NDArray[np.object_]

THREADS: Final = 2
NEGLIGIBLE_SHARE: Final = 1e-12
POLYGON: Final = (3, 6)


@dataclass(frozen=True)
class CellShares:
    """Which share of which cell each geometry covers; one row per geometry and cell touched.

    Parameters
    ----------
    geometry : ndarray of int64
        Position of the geometry, ascending.
    cell : ndarray of int64
        Position of the cell in the flattened raster.
    share : ndarray of float64
        Share of the cell inside the geometry [1], above 0, at most 1.
    geometries : int
        Number of geometries, those without a cell included.
    cell_m2 : float
        Area of a cell [m2].

    """

    geometry: Ints
    cell: Ints
    share: Floats
    geometries: int
    cell_m2: float

    def total(self, weights: Floats | None = None) -> Floats:
        """Sum over the cells of each geometry the share, times a weight per row if given."""
        values = self.share if weights is None else self.share * weights
        total = np.bincount(self.geometry, weights=values, minlength=self.geometries)
        return total.astype(np.float64)


def cell_shares(geometries: Geometries, geobox: GeoBox) -> CellShares:
    """Return the exact share of every cell that each polygon covers.

    Each edge is cut at the lines between cells; a piece adds to its own cell what lies to its
    right and to all cells further right its height, with the sign of the ring.  Cells outside
    the geobox are left out.

    Parameters
    ----------
    geometries : ndarray of Polygon or MultiPolygon, shape (n,)
        Valid, in the CRS of the geobox [m].
    geobox : GeoBox
        North up, square cells.

    Returns
    -------
    CellShares
        Rows in order of geometry and cell.

    Raises
    ------
    InputError
        If the geobox is rotated or its cells are not squares.

    Examples
    --------
    >>> from affine import Affine
    >>> geobox = GeoBox((1, 2), Affine(100, 0, 0, 0, -100, 100), "EPSG:32651")
    >>> shares = cell_shares(np.array([shapely.box(50, 0, 200, 100)]), geobox)
    >>> shares.cell.tolist(), shares.share.tolist()
    ([0, 1], [0.5, 1.0])

    Notes
    -----
    The signed-area accumulation of font rasterisers, in float64 and for all polygons at once.

    """
    cell_m = cell_size_m(geobox)
    edges, owner = edges_in_cells(geometries, geobox)
    pieces, owner = _cut_at_lines(edges, owner)
    parts = _accumulate(pieces, owner)
    rows, columns = geobox.shape
    inside = (parts.row >= 0) & (parts.row < rows) & (parts.column >= 0) & (parts.column < columns)
    inside &= parts.share > NEGLIGIBLE_SHARE
    return CellShares(
        geometry=parts.owner[inside],
        cell=parts.row[inside] * columns + parts.column[inside],
        share=np.minimum(parts.share[inside], 1.0),
        geometries=len(geometries),
        cell_m2=cell_m**2,
    )


def cell_size_m(geobox: GeoBox) -> float:
    """Return the side of the square cells of a north-up geobox [m]; raises InputError if not so."""
    transform = geobox.affine
    if transform.b or transform.d or transform.a <= 0 or transform.e != -transform.a:
        raise InputError("cells-not-square", {"transform": tuple(transform)[:6]})
    return float(transform.a)


@dataclass(frozen=True)
class _Parts:
    owner: Ints
    row: Ints
    column: Ints
    share: Floats


def edges_in_cells(geometries: Geometries, geobox: GeoBox) -> tuple[Floats, Ints]:
    """Return edges as (u0, v0, u1, v1) in cells right and down from the corner, and their owner."""
    oriented = shapely.orient_polygons(geometries)
    parts, part_owner = shapely.get_parts(oriented, return_index=True)
    rings, ring_part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    transform = geobox.affine
    places = (points - [transform.c, transform.f]) / [transform.a, transform.e]
    same = ring[1:] == ring[:-1]
    edges = np.hstack([places[:-1][same], places[1:][same]])
    return edges, part_owner[ring_part[ring[1:][same]]].astype("int64")


def _cut_at_lines(edges: Floats, owner: Ints) -> tuple[Floats, Ints]:
    """Cut edges where they cross lines between cells; pieces along a line are left out.

    A level piece inside a row adds nothing, but its cell is neither empty nor full.
    """
    number = np.arange(len(edges))
    where = [np.zeros(len(edges)), np.ones(len(edges))]
    which: list[Ints] = [number, number]
    for axis in (0, 1):
        edge, place = _crossings(edges[:, axis], edges[:, axis + 2])
        where.append(place)
        which.append(edge)
    place, edge = np.concatenate(where), np.concatenate(which)
    order = np.lexsort((place, edge))
    place, edge = place[order], edge[order]
    same = edge[1:] == edge[:-1]
    start, end, edge = place[:-1][same], place[1:][same], edge[1:][same]
    low, span = edges[edge, :2], edges[edge, 2:] - edges[edge, :2]
    pieces = np.hstack([low + span * start[:, None], low + span * end[:, None]])
    kept = (pieces[:, 1] != pieces[:, 3]) | (pieces[:, 1] != np.floor(pieces[:, 1]))
    return pieces[kept], owner[edge[kept]]


def _crossings(start: Floats, end: Floats) -> tuple[Ints, Floats]:
    """Return edge and place in 0..1 of every whole number strictly between start and end."""
    low, high = np.minimum(start, end), np.maximum(start, end)
    first = np.floor(low).astype("int64") + 1
    count = np.maximum(np.ceil(high).astype("int64") - first, 0)
    edge = np.repeat(np.arange(len(start)), count)
    line = first[edge] + _counted(count)
    return edge, (line - start[edge]) / (end[edge] - start[edge])


def _counted(count: Ints) -> Ints:
    """Return 0..n-1 for every n of count, one after the other."""
    begin = np.cumsum(count) - count
    return np.arange(int(count.sum()), dtype="int64") - np.repeat(begin, count)


def _accumulate(pieces: Floats, owner: Ints) -> _Parts:
    """Sum the pieces per cell and fill the cells between them."""
    middle_u, middle_v = (pieces[:, 0] + pieces[:, 2]) / 2, (pieces[:, 1] + pieces[:, 3]) / 2
    column, row = np.floor(middle_u).astype("int64"), np.floor(middle_v).astype("int64")
    height = pieces[:, 3] - pieces[:, 1]
    order = _order(owner, row, column)
    owner, row, column, height = owner[order], row[order], column[order], height[order]
    area = height * (column + 1 - middle_u[order])
    new = np.ones(len(owner), dtype=bool)
    new[1:] = np.diff(owner).astype(bool) | np.diff(row).astype(bool) | np.diff(column).astype(bool)
    starts = np.flatnonzero(new)
    owner, row, column = owner[starts], row[starts], column[starts]
    if not len(starts):
        return _Parts(owner, row, column, np.zeros(0))
    area, height = np.add.reduceat(area, starts), np.add.reduceat(height, starts)
    before = _running(height, owner, row)
    return _with_runs(_Parts(owner, row, column, np.abs(area + before)), before + height)


def _order(owner: Ints, row: Ints, column: Ints) -> Ints:
    """Return the order by owner, row and column."""
    if not len(owner):
        return np.zeros(0, dtype="int64")
    down, right = row - row.min(), column - column.min()
    key = (owner * (down.max() + 1) + down) * (right.max() + 1) + right
    return np.argsort(key, kind="stable")


def _running(height: Floats, owner: Ints, row: Ints) -> Floats:
    """Return for each cell the summed heights of the cells left of it in its row."""
    sums = np.concatenate([[0.0], np.cumsum(height)[:-1]])
    first = np.ones(len(owner), dtype=bool)
    first[1:] = np.diff(owner).astype(bool) | np.diff(row).astype(bool)
    begin = np.maximum.accumulate(np.where(first, np.arange(len(owner)), 0))
    return np.asarray(sums - sums[begin], dtype=np.float64)


def _with_runs(edge: _Parts, after: Floats) -> _Parts:
    """Add the cells that lie wholly inside, between two edge cells of a row."""
    together = (np.diff(edge.owner) == 0) & (np.diff(edge.row) == 0)
    inside = together & (np.round(np.abs(after[:-1])) == 1)
    run = np.where(inside, np.diff(edge.column), 1)
    run = np.append(run, 1)
    first = np.repeat(np.arange(len(run)), run)
    step = _counted(run)
    return _Parts(
        owner=edge.owner[first],
        row=edge.row[first],
        column=edge.column[first] + step,
        share=np.where(step == 0, edge.share[first], 1.0),
    )


def eligible_part(
    geometries: Geometries, mask: npt.NDArray[np.bool_], *, geobox: GeoBox, shares: CellShares
) -> Geometries:
    """Return each polygon cut to the union of the cells that a mask holds.

    Parameters
    ----------
    geometries : ndarray of Polygon or MultiPolygon, shape (n,)
        In the CRS of the geobox.
    mask : ndarray of bool, shape of the geobox
        Cells to keep.
    geobox : GeoBox
        Of the mask.
    shares : CellShares
        Of the same geometries.

    Returns
    -------
    ndarray
        Polygons and multipolygons; empty where nothing is left.

    """
    kept = mask.ravel()[shares.cell]
    held = np.bincount(shares.geometry[kept], minlength=len(geometries))
    lost = np.bincount(shares.geometry[~kept], minlength=len(geometries))
    result = _inside(geometries, geobox)
    result[held == 0] = shapely.Polygon()
    for chosen, cells, overlay in (
        ((lost > 0) & (held > lost), ~kept, shapely.difference),
        ((held > 0) & (held <= lost), kept, shapely.intersection),
    ):
        rows = cells & chosen[shares.geometry]
        unions = _union_of_cells(shares.geometry[rows], shares.cell[rows], geobox)
        result[chosen] = polygons_only(in_threads(overlay, result[chosen], unions))
    return result


def _inside(geometries: Geometries, geobox: GeoBox) -> Geometries:
    """Return the geometries cut to the geobox."""
    whole = shapely.box(*geobox.boundingbox.bbox)
    result = np.array(geometries, dtype=object)
    beyond = ~shapely.covers(whole, result)
    result[beyond] = polygons_only(np.atleast_1d(shapely.intersection(result[beyond], whole)))
    return result


def _union_of_cells(owner: Ints, cell: Ints, geobox: GeoBox) -> Geometries:
    """Return the union of cells per owner, for the owners that occur, in their order."""
    columns, cell_m = geobox.shape[1], cell_size_m(geobox)
    first = np.ones(len(cell), dtype=bool)
    first[1:] = (np.diff(owner) != 0) | (np.diff(cell) != 1) | (cell[1:] % columns == 0)
    starts = np.flatnonzero(first)
    length = np.diff(np.append(starts, len(cell)))
    row, column = np.divmod(cell[starts], columns)
    left, top = geobox.affine.c + column * cell_m, geobox.affine.f - row * cell_m
    runs = shapely.box(left, top - cell_m, left + length * cell_m, top)
    return dissolve(runs, owner[starts])


def dissolve(polygons: Geometries, owner: Ints) -> Geometries:
    """Return the union of the polygons of each owner.

    Parameters
    ----------
    polygons : ndarray of Polygon, shape (n,)
        Parts.
    owner : ndarray of int, shape (n,)
        Owner of each part, ascending.

    Returns
    -------
    ndarray
        One geometry for each owner that occurs, in order.

    """
    return in_threads(_union, gathered(polygons, owner))


def gathered(polygons: Geometries, owner: Ints) -> Geometries:
    """Return the polygons of each owner as they are, together (owners ascending)."""
    index = np.unique(owner, return_inverse=True)[1]
    return np.asarray(shapely.multipolygons(polygons, indices=index), dtype=object).reshape(-1)


def _union(groups: Geometries) -> Geometries:
    return np.asarray(shapely.union_all(groups[:, None], axis=1), dtype=object)


def in_threads(function: Callable[..., Geometries], *arrays: Geometries) -> Geometries:
    """Apply a vectorised GEOS function (which releases the interpreter) to slices in threads."""
    size = len(arrays[0])
    bounds = np.linspace(0, size, 4 * THREADS + 1).astype(int)
    slices = [slice(a, b) for a, b in pairwise(bounds) if b > a]
    if not slices:
        return np.zeros(0, dtype=object)
    with ThreadPoolExecutor(THREADS) as pool:
        parts = pool.map(lambda part: function(*(array[part] for array in arrays)), slices)
        return np.concatenate([np.asarray(part, dtype=object) for part in parts])


def without_taken(geometries: Geometries, taken: Geometries) -> Geometries:
    """Return polygons less the polygons that something takes of them; empty where none is left.

    Examples
    --------
    >>> road = np.array([shapely.box(-1, 4, 11, 6)], dtype=object)
    >>> shapely.area(without_taken(np.array([shapely.box(0, 0, 10, 10)]), road)).tolist()
    [80.0]

    """
    result = np.array(geometries, dtype=object)
    owner, part = shapely.STRtree(taken).query(result, predicate="intersects")
    if not len(owner):
        return result
    order = np.lexsort((part, owner))
    whole = dissolve(taken[part[order]], owner[order])
    touched = np.unique(owner)
    result[touched] = polygons_only(in_threads(shapely.difference, result[touched], whole))
    return result


def polygons_only(geometries: Geometries) -> Geometries:
    """Drop the points and lines that an overlay leaves beside polygons."""
    result = np.array(geometries, dtype=object)
    mixed = np.flatnonzero(~np.isin(shapely.get_type_id(result), POLYGON))
    for place in mixed:
        parts = shapely.get_parts(result[place])
        result[place] = shapely.union_all(parts[np.isin(shapely.get_type_id(parts), POLYGON)])
    return result
