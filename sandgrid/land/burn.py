"""Exact coverage of cell centres by polygons and by everything within a distance of them."""

from dataclasses import dataclass
from typing import Final, cast

import numpy as np
import numpy.typing as npt
import shapely
from odc.geo.geobox import GeoBox

from sandgrid.layers.crs import Geometries
from sandgrid.layers.tiles import Tile

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
QUARTER_SEGMENTS: Final = 8
ROUNDED: Final = 1e-9
# An arc is cut into steps, their number rounded: a corner of up to 1.5 steps is one chord.
LONGEST_CHORD: Final = 1.5
ARC_STRETCH: Final = (1 + ROUNDED) / float(np.cos(LONGEST_CHORD * np.pi / (4 * QUARTER_SEGMENTS)))
SIMPLIFIED: Final = 0.0125


@dataclass(frozen=True, eq=False)
class Crossings:
    """Runs of cells along the rows, each inside or outside of some polygons.

    Parameters
    ----------
    place : ndarray of int64, shape (n,), ascending
        Where a run begins, counted along rows of one cell more than the grid has.
    inside : ndarray of bool, shape (n,)
        Whether the run lies inside.
    cols : int
        Columns of the grid.

    """

    place: npt.NDArray[np.int64]
    inside: Mask
    cols: int

    def part(self, tile: Tile) -> "Crossings":
        """Return the runs of a tile; what happens west of it happens at its west side."""
        whole = self.cols + 1
        ends = [tile.rows.start * whole, tile.rows.stop * whole]
        first, last = np.searchsorted(self.place, ends)
        row, col = np.divmod(self.place[first:last] - ends[0], whole)
        cols = tile.shape[1]
        place = row * (cols + 1) + np.clip(col - tile.cols.start, 0, cols)
        return Crossings(place, self.inside[first:last], cols)

    def covered(self, rows: int) -> Mask:
        """Return the cells of the first rows whose centre lies in any polygon."""
        width = self.cols + 1
        length = np.diff(self.place, prepend=0, append=rows * width)
        runs = np.concatenate([[False], self.inside])
        return cast("Mask", np.repeat(runs, length).reshape(-1, width)[:, : self.cols])


def crossings(polygons: Geometries, geobox: GeoBox) -> Crossings:
    """Return where the edges of polygons cross the rows of cell centres.

    A centre on a west or south edge is inside, one on an east or north edge outside, so that
    polygons that share an edge share out the cells.

    Parameters
    ----------
    polygons : ndarray of geometries, shape (n,)
        Valid polygons; they may overlap.
    geobox : GeoBox
        Grid.

    """
    start, end = _edges(polygons)
    cols = geobox.shape[1]
    edge, row = _crossed_rows(start[:, 1], end[:, 1], geobox)
    low = start[edge, 1] < end[edge, 1]
    a = np.where(low[:, None], start[edge], end[edge])
    b = np.where(low[:, None], end[edge], start[edge])
    step = geobox.affine
    share = np.clip((step.f + (row + 0.5) * step.e - a[:, 1]) / (b[:, 1] - a[:, 1]), 0, 1)
    x = a[:, 0] + share * (b[:, 0] - a[:, 0])
    col = np.clip(np.ceil((x - step.c) / step.a - 0.5), 0, cols).astype(np.int64)
    place = row * (cols + 1) + col
    order = np.argsort(place, kind="stable")
    depth = np.cumsum(np.where(low, -1, 1)[order])
    return Crossings(place[order], np.asarray(depth > 0), cols)


def _crossed_rows(
    start_m: Floats, end_m: Floats, geobox: GeoBox
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return edge and row of every crossing; an edge crosses its south end, not its north."""
    step = geobox.affine
    one, other = ((y - step.f) / step.e - 0.5 for y in (start_m, end_m))
    rows = geobox.shape[0]
    first = np.clip(np.floor(np.minimum(one, other)).astype(np.int64) + 1, 0, rows)
    last = np.clip(np.floor(np.maximum(one, other)).astype(np.int64) + 1, first, rows)
    count = last - first
    edge = np.repeat(np.arange(len(count)), count)
    return edge, np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count) + first[edge]


def _edges(polygons: Geometries) -> tuple[Floats, Floats]:
    """Return start and end of every edge, shells against the clock, holes with it."""
    rings = shapely.get_rings(shapely.orient_polygons(shapely.get_parts(polygons)))
    points, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    return points[:-1][same], points[1:][same]


@dataclass(frozen=True, eq=False)
class Zone:
    """Everything within a distance of some features, ready to be asked tile by tile.

    Parameters
    ----------
    features : ndarray of geometries, shape (n,)
        Points, lines or polygons.
    distance_m : ndarray of float64, shape (n,)
        Distance of each feature [m]; 0 is the feature itself.
    inner, outer : Crossings
        Polygons that lie inside the zone, and polygons that hold it.
    geobox : GeoBox
        The whole grid.
    tile : Tile
        Cells that the crossings speak of.

    """

    features: Geometries
    distance_m: Floats
    inner: Crossings
    outer: Crossings | None
    geobox: GeoBox
    tile: Tile

    def part(self, tile: Tile) -> "Zone":
        """Return what the zone means for a tile of its cells, and no more than that."""
        inner = self.inner.part(tile)
        if self.outer is None:
            none = np.zeros(0, dtype=object)
            return Zone(none, np.zeros(0), inner, None, self.geobox, tile)
        near = self._near(tile)
        return Zone(
            self.features[near],
            self.distance_m[near],
            inner,
            self.outer.part(tile),
            self.geobox,
            tile,
        )

    def _near(self, tile: Tile) -> Mask:
        """Return which features may reach a tile."""
        west, south, east, north = tile.geobox(self.geobox).boundingbox.bbox
        left, low, right, high = shapely.bounds(self.features).T
        reach = self.distance_m
        across = (left - reach <= east) & (right + reach >= west)
        return np.asarray(across & (low - reach <= north) & (high + reach >= south))

    def covered(self) -> Mask:
        """Return the cells of the tile whose centre lies within the distance, exactly."""
        rows = self.tile.shape[0]
        inside = self.inner.covered(rows)
        if self.outer is None or not len(self.outer.place):
            return inside
        doubtful = np.flatnonzero(self.outer.covered(rows) > inside)
        row, col = np.divmod(doubtful, self.tile.shape[1])
        step = self.geobox.affine
        x = step.c + (col + self.tile.cols.start + 0.5) * step.a
        y = step.f + (row + self.tile.rows.start + 0.5) * step.e
        inside.flat[doubtful] = self._within(np.asarray(shapely.points(x, y), dtype=object))
        return inside

    def _within(self, points: Geometries) -> Mask:
        found = np.zeros(len(points), bool)
        if len(points):
            tree = shapely.STRtree(points)
            _, near = tree.query(self.features, predicate="dwithin", distance=self.distance_m)
            found[near] = True
        return found


def zone(features: Geometries, distance_m: Floats, geobox: GeoBox) -> Zone:
    """Return everything within a distance of some features.

    A buffer of GEOS replaces arcs by chords, which takes land away, and fills shallow bends of a
    line up to 1 % of the distance, which adds land.  So one buffer is drawn that is surely inside
    the true zone and one that surely holds it, and the cells between the two are asked for their
    distance one by one.

    Parameters
    ----------
    features : ndarray of geometries, shape (n,)
        Valid points, lines or polygons in the CRS of the grid.
    distance_m : ndarray of float64, shape (n,)
        Distance of each [m]; 0 only for polygons.
    geobox : GeoBox
        Grid.

    """
    whole = Tile.whole(geobox)
    if not (distance_m > 0).any():
        return Zone(features, distance_m, crossings(features, geobox), None, geobox, whole)
    bent = shapely.get_dimensions(features) > 0
    surely = distance_m * (1 - np.where(bent, SIMPLIFIED, ROUNDED))
    inner = crossings(_buffered(features, surely), geobox)
    outer = crossings(_buffered(features, distance_m * ARC_STRETCH), geobox)
    return Zone(features, distance_m, inner, outer, geobox, whole)


def _buffered(features: Geometries, distance_m: Floats) -> Geometries:
    wide = features.copy()
    some = distance_m > 0
    wide[some] = shapely.buffer(features[some], distance_m[some], quad_segs=QUARTER_SEGMENTS)
    return np.asarray(wide, dtype=object)
