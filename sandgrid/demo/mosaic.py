"""Polygons from labelled base cells: neighbours share their borders vertex by vertex."""

import numpy as np
import numpy.typing as npt
import shapely
from rasterio.features import shapes, sieve
from scipy import ndimage

from sandgrid.demo.grids import Grid
from sandgrid.demo.noise import Integers, hash_unit, smooth_noise


def lattice_cells(grid: Grid, spacing_m: float, *, seed: int) -> Integers:
    """Return for each cell the number of the nearest point of a jittered lattice.

    The numbers count lattice nodes row by row, from 1.
    """
    x, y = grid.x_m[None, :], grid.y_m[:, None]
    i0 = np.floor(x / spacing_m).astype(np.int64)
    j0 = np.floor(y / spacing_m).astype(np.int64)
    wide = int(i0.max() - i0.min()) + 3
    best = np.full((grid.rows, grid.cols), np.inf)
    label = np.zeros((grid.rows, grid.cols), dtype=np.int64)
    for di, dj in ((i, j) for j in (-1, 0, 1) for i in (-1, 0, 1)):
        i, j = i0 + di, j0 + dj
        px = np.rint((i + 0.15 + 0.7 * hash_unit(i, j, seed=seed)) * spacing_m)
        py = np.rint((j + 0.15 + 0.7 * hash_unit(i, j, seed=seed + 1)) * spacing_m)
        distance = (x - px) * (x - px) + (y - py) * (y - py)
        nearer = distance < best
        best = np.where(nearer, distance, best)
        number = (j - j0.min() + 1) * wide + (i - i0.min() + 1) + 1
        label = np.where(nearer, number, label)
    return label


def connected_patches(*keys: Integers, least_cells: int) -> Integers:
    """Return a number for each connected patch of cells whose keys all agree.

    Parameters
    ----------
    *keys : (rows, cols) int arrays
        0 in the first one marks cells outside.
    least_cells : int
        Smaller patches join their largest neighbour.

    Returns
    -------
    (rows, cols) int array
        0 outside, else the number of the patch, counted from the north-west.

    """
    merged = np.zeros(keys[0].shape, dtype=np.int64)
    for key in keys:
        merged = merged * (int(key.max()) + 1) + key
    _, dense = np.unique(merged, return_inverse=True)
    inside = keys[0] > 0
    label = _label(dense.reshape(merged.shape) + 1, inside)
    sieved = sieve(label.astype(np.int32), size=least_cells, connectivity=4, mask=inside)
    return _label(np.asarray(sieved, dtype=np.int64), inside & (sieved > 0))


def _label(values: Integers, inside: npt.NDArray[np.bool_]) -> Integers:
    """Return a number for each 4-connected patch of equal values; 0 outside."""
    size = (2 * values.shape[0] - 1, 2 * values.shape[1] - 1)
    links = np.zeros(size, dtype=bool)
    links[::2, ::2] = inside
    links[1::2, ::2] = inside[1:] & inside[:-1] & (values[1:] == values[:-1])
    links[::2, 1::2] = inside[:, 1:] & inside[:, :-1] & (values[:, 1:] == values[:, :-1])
    number, _ = ndimage.label(links)
    return np.asarray(number[::2, ::2], dtype=np.int64)


def patch_polygons(
    label: Integers, grid: Grid, *, tolerance_m: float, seed: int
) -> tuple[Integers, np.ndarray]:
    """Return the labels, ascending, and one polygon on whole metres for each.

    Corners of cells are cut, shaken by smooth noise and simplified together, so that the
    polygons of one call never overlap and share their borders.

    Parameters
    ----------
    label : (rows, cols) int array
        0 outside; each other label one 4-connected patch.
    grid : Grid
        Where the cells lie.
    tolerance_m : float
        Corners that span less than this squared are dropped [m].
    seed : int
        Seed of the shaking.

    """
    found: dict[int, shapely.Polygon] = {}
    for shape, value in shapes(label.astype(np.int32), mask=label > 0, connectivity=4):
        rings = [_every_corner(np.asarray(ring, dtype=np.int64)) for ring in shape["coordinates"]]
        found[int(value)] = shapely.Polygon(rings[0], rings[1:])
    numbers = np.array(sorted(found), dtype=np.int64)
    x, y = _corners(label, grid, seed=seed)

    def place(corner: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        column, row = corner[:, 0].astype(np.int64), corner[:, 1].astype(np.int64)
        return np.column_stack([x[row, column], y[row, column]])

    polygons = shapely.transform(np.array([found[n] for n in numbers], dtype=object), place)
    return numbers, shapely.normalize(shapely.coverage_simplify(polygons, tolerance_m))


def _every_corner(ring: Integers) -> Integers:
    """Insert the lattice corners that a ring passes without turning."""
    step = np.diff(ring, axis=0)
    count = np.abs(step).sum(axis=1)
    start = np.repeat(np.arange(len(count)), count)
    offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    unit = np.sign(step)
    return np.vstack([ring[start] + unit[start] * offset[:, None], ring[:1]])


def _corners(
    label: Integers, grid: Grid, *, seed: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return where each lattice corner stands [m]: cut towards a lone cell, then shaken."""
    padded = np.pad(label, 1)
    nw, ne = padded[:-1, :-1], padded[:-1, 1:]
    sw, se = padded[1:, :-1], padded[1:, 1:]
    lone_nw = (ne == sw) & (ne == se) & (nw != se)
    lone_ne = (nw == sw) & (nw == se) & (ne != se)
    lone_sw = (nw == ne) & (nw == se) & (sw != se)
    lone_se = (nw == ne) & (nw == sw) & (se != nw)
    quarter = grid.cell_m / 4
    dx = quarter * (lone_ne.astype(float) + lone_se - lone_nw - lone_sw)
    dy = quarter * (lone_nw.astype(float) + lone_ne - lone_sw - lone_se)
    x_axis = np.asarray(grid.west_m + np.arange(grid.cols + 1) * float(grid.cell_m), np.float64)
    y_axis = np.asarray(grid.north_m - np.arange(grid.rows + 1) * float(grid.cell_m), np.float64)
    wave, shake = 5.0 * grid.cell_m, 0.22 * grid.cell_m
    sway_x = smooth_noise(x_axis, y_axis, wavelength_m=wave, seed=seed)
    sway_y = smooth_noise(x_axis, y_axis, wavelength_m=wave, seed=seed + 1)
    x = np.rint(x_axis[None, :] + dx + shake * sway_x)
    y = np.rint(y_axis[:, None] + dy + shake * sway_y)
    return x, y
