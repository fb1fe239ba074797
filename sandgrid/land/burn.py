"""Exact coverage of cell centres by polygons and by everything within a distance of them."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from odc.geo.geobox import GeoBox

from sandgrid.land.capsules import POLYGON, fill_runs, near, paint, segments_of
from sandgrid.layers.crs import Geometries
from sandgrid.layers.tiles import Tile

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


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
        mask = np.zeros((rows, self.cols), np.bool_)
        fill_runs(mask, self.place, self.inside)
        return mask


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
    inner : Crossings
        The polygons among the features.
    segments : ndarray of float64, shape (k, 4)
        Their edges, the lines and the points, where their distance is above 0 [m].
    distance_m : ndarray of float64, shape (k,)
        Distance of each segment [m].
    geobox : GeoBox
        The whole grid.
    tile : Tile
        Cells that the zone speaks of.

    """

    inner: Crossings
    segments: Floats
    distance_m: Floats
    geobox: GeoBox
    tile: Tile

    def part(self, tile: Tile) -> "Zone":
        """Return what the zone means for a tile of its cells, and no more than that."""
        near = self._near(tile)
        kept = self.segments[near], self.distance_m[near]
        return Zone(self.inner.part(tile), *kept, self.geobox, tile)

    def _near(self, tile: Tile) -> Mask:
        """Return which segments may reach a tile."""
        bounds = np.array(tile.geobox(self.geobox).boundingbox.bbox)
        return near(self.segments, self.distance_m, bounds)

    def covered(self) -> Mask:
        """Return the cells of the tile whose centre lies within the distance, exactly."""
        inside = self.inner.covered(self.tile.shape[0])
        if len(self.segments):
            step = self.geobox.affine
            grid = np.array([step.c, step.a, step.f, step.e])
            corner = (self.tile.rows.start, self.tile.cols.start)
            paint(inside, corner, grid, self.segments, self.distance_m)
        return inside


def zone(features: Geometries, distance_m: Floats, geobox: GeoBox) -> Zone:
    """Return everything within a distance of some features.

    A cell counts if its centre lies in a polygon or within the distance of an edge, line or
    point.  Of every row of cells the part within the distance of a segment is one run, whose
    ends are found by measuring; no buffer is drawn.

    Parameters
    ----------
    features : ndarray of geometries, shape (n,)
        Valid points, lines or polygons in the CRS of the grid.
    distance_m : ndarray of float64, shape (n,)
        Distance of each [m]; 0 only for polygons.
    geobox : GeoBox
        Grid.

    """
    solid = features[shapely.get_dimensions(features) == POLYGON]
    some = distance_m > 0
    segments = segments_of(features[some], distance_m[some])
    return Zone(crossings(solid, geobox), *segments, geobox, Tile.whole(geobox))
