"""Grids of square cells in the analysis CRS."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from affine import Affine
from rasterio.features import rasterize

from sandgrid.demo.arithmetic import Floats
from sandgrid.demo.noise import Integers


@dataclass(frozen=True)
class Grid:
    """Square cells, rows counted from the north.

    Parameters
    ----------
    west_m, north_m : int
        Upper left corner [m].
    cell_m : int
        Side of a cell [m].
    rows, cols : int
        Size.

    """

    west_m: int
    north_m: int
    cell_m: int
    rows: int
    cols: int

    @property
    def x_m(self) -> Floats:
        """Eastings of the cell centres [m]."""
        return np.asarray(
            self.west_m + (np.arange(self.cols) + 0.5) * self.cell_m, dtype=np.float64
        )

    @property
    def y_m(self) -> Floats:
        """Northings of the cell centres [m], from the north."""
        return np.asarray(
            self.north_m - (np.arange(self.rows) + 0.5) * self.cell_m, dtype=np.float64
        )

    @property
    def transform(self) -> Affine:
        """Affine from column and row to metres."""
        return Affine(self.cell_m, 0, self.west_m, 0, -self.cell_m, self.north_m)

    @property
    def cell_ha(self) -> float:
        """Area of a cell [ha]."""
        return self.cell_m * self.cell_m / 10_000

    @property
    def box(self) -> shapely.Polygon:
        """Rectangle that the grid covers."""
        east, south = self.west_m + self.cols * self.cell_m, self.north_m - self.rows * self.cell_m
        return shapely.box(self.west_m, south, east, self.north_m)

    def window(self, row: int, rows: int) -> "Grid":
        """Return the band of rows that starts at `row`."""
        north = self.north_m - row * self.cell_m
        return Grid(self.west_m, north, self.cell_m, min(rows, self.rows - row), self.cols)

    def bands(self, rows: int) -> Iterator[tuple[int, "Grid"]]:
        """Iterate over bands of at most `rows` rows: first row and its grid."""
        for row in range(0, self.rows, rows):
            yield row, self.window(row, rows)

    def columns_of(self, x_m: Floats) -> Integers:
        """Return the column of each easting, held inside the grid."""
        column = np.floor((x_m - self.west_m) / self.cell_m).astype(np.int64)
        return np.clip(column, 0, self.cols - 1)

    def rows_of(self, y_m: Floats) -> Integers:
        """Return the row of each northing, held inside the grid."""
        row = np.floor((self.north_m - y_m) / self.cell_m).astype(np.int64)
        return np.clip(row, 0, self.rows - 1)


def grid_over(bounds: tuple[float, float, float, float], cell_m: int) -> Grid:
    """Return the grid over bounds whose corners are multiples of 1,000 m.

    Examples
    --------
    >>> grid_over((-100.0, -100.0, 2100.0, 900.0), 500)
    Grid(west_m=-1000, north_m=1000, cell_m=500, rows=4, cols=8)

    """
    step = 1_000 if 1_000 % cell_m == 0 else 1_000 * cell_m // _common(1_000, cell_m)
    west, south = int(bounds[0] // step) * step, int(bounds[1] // step) * step
    east, north = -int(-bounds[2] // step) * step, -int(-bounds[3] // step) * step
    return Grid(west, north, cell_m, (north - south) // cell_m, (east - west) // cell_m)


def _common(a: int, b: int) -> int:
    while b:
        a, b = b, a % b
    return a


def burn(geometries: np.ndarray, values: Integers, grid: Grid) -> Integers:
    """Return the value of the geometry that holds each cell centre, 0 where there is none.

    Later geometries stand over earlier ones.
    """
    shapes = [
        (geometry, int(value))
        for geometry, value in zip(geometries, values, strict=True)
        if not shapely.is_empty(geometry)
    ]
    size = (grid.rows, grid.cols)
    if not shapes:
        return np.zeros(size, dtype=np.int64)
    burnt = rasterize(shapes, out_shape=size, transform=grid.transform, dtype="int32")
    return np.asarray(burnt, dtype=np.int64)
