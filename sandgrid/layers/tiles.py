"""Rectangles of cells: how a grid is cut into tiles, and what lies round a tile."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt
from affine import Affine
from odc.geo.geobox import GeoBox


@dataclass(frozen=True)
class Tile:
    """A rectangle of the cells of a grid.

    Parameters
    ----------
    rows, cols : slice
        Rows and columns of the whole grid, each with start and stop.

    """

    rows: slice
    cols: slice

    @classmethod
    def whole(cls, geobox: GeoBox) -> "Tile":
        """Return the tile of all cells of a grid."""
        rows, cols = geobox.shape
        return cls(slice(0, rows), slice(0, cols))

    @property
    def shape(self) -> tuple[int, int]:
        """Return the number of rows and columns."""
        return self.rows.stop - self.rows.start, self.cols.stop - self.cols.start

    @property
    def cells(self) -> int:
        """Return the number of cells."""
        return self.shape[0] * self.shape[1]

    def widened(self, halo: int, geobox: GeoBox) -> "Tile":
        """Return the tile with some cells more on each side, as far as the grid reaches.

        Examples
        --------
        >>> grid = GeoBox((9, 9), Affine(100, 0, 0, 0, -100, 900), "EPSG:32651")
        >>> Tile(slice(1, 4), slice(6, 9)).widened(2, grid)
        Tile(rows=slice(0, 6, None), cols=slice(4, 9, None))

        """
        rows, cols = geobox.shape
        return Tile(_widened(self.rows, halo, rows), _widened(self.cols, halo, cols))

    def inside(self, wide: "Tile") -> tuple[slice, slice]:
        """Return where this tile lies in the arrays of a wider one."""
        return _moved(self.rows, wide.rows.start), _moved(self.cols, wide.cols.start)

    def of(self, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Return the tile's part of an array of the whole grid, not copied."""
        return array[self.rows, self.cols]

    def geobox(self, whole: GeoBox) -> GeoBox:
        """Return the grid of the tile's cells.

        Examples
        --------
        >>> whole = GeoBox((4, 5), Affine(100, 0, 0, 0, -100, 400), "EPSG:32651")
        >>> part = Tile(slice(1, 3), slice(2, 5)).geobox(whole)
        >>> part.shape.yx, part.affine.c, part.affine.f
        ((2, 3), 200.0, 300.0)

        """
        step = whole.affine
        west = step.c + self.cols.start * step.a
        north = step.f + self.rows.start * step.e
        affine = Affine(step.a, step.b, west, step.d, step.e, north)
        return GeoBox(self.shape, affine, whole.crs)


def _widened(span: slice, halo: int, end: int) -> slice:
    return slice(max(span.start - halo, 0), min(span.stop + halo, end))


def _moved(span: slice, start: int) -> slice:
    return slice(span.start - start, span.stop - start)


def cut_tiles(geobox: GeoBox, side: tuple[int, int]) -> Iterator[Tile]:
    """Yield the tiles of a grid, row by row from the north-west; those at the end are smaller.

    Parameters
    ----------
    geobox : GeoBox
        Grid.
    side : pair of int
        Rows and columns of a tile [cells].

    Examples
    --------
    >>> grid = GeoBox((3, 5), Affine(100, 0, 0, 0, -100, 300), "EPSG:32651")
    >>> [tile.shape for tile in cut_tiles(grid, (2, 4))]
    [(2, 4), (2, 1), (1, 4), (1, 1)]

    """
    rows, cols = geobox.shape
    for top in range(0, rows, side[0]):
        for left in range(0, cols, side[1]):
            yield Tile(slice(top, min(top + side[0], rows)), slice(left, min(left + side[1], cols)))
