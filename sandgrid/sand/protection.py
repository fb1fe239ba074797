"""Who lies downwind: how treated land upwind protects a place, and drifting sand threatens it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import fft

from sandgrid.sand.drift import SECTOR_DEG

Floats = npt.NDArray[np.float64]
NOISE: Final = 1e-12
SAME_CELL: Final = 0.3826  # mean distance of points of a unit square from its middle


@dataclass(frozen=True)
class Reach:
    """How far sand is felt downwind.

    Parameters
    ----------
    most_m : float
        Beyond it nothing is felt [m].
    decay_m : float
        Distance over which the effect falls to 1/e [m].

    """

    most_m: float
    decay_m: float


def influence(rose: Floats, reach: Reach, *, cell_m: float, convergence_deg: float) -> Floats:
    """Return how much a cell of land acts on the cells around it: rows down, columns right.

    Along each direction the effect of upwind land falls as exp(-d / decay); directions count by
    their share in the drift rose. On a plane, land at distance d is spread over a circle, so that
    an area acts with rose(direction) exp(-d / decay) / d. The whole sums to 1: where all land
    upwind of a place is treated, the place is protected once.

    Parameters
    ----------
    rose : array, shape (16,)
        Share of the drift that comes from each sector, 0 = true north, clockwise [1].
    reach : Reach
        How far it is felt.
    cell_m : float
        Side of a cell [m].
    convergence_deg : float
        Angle from true north to grid north at the place [deg]; grid bearing is azimuth less it.

    Returns
    -------
    array, shape (2 n + 1, 2 n + 1)
        Weight of the land in the middle for each cell around it [1].

    Examples
    --------
    >>> west = np.zeros(16)
    >>> west[12] = 1.0
    >>> field = influence(west, Reach(300.0, 1000.0), cell_m=100.0, convergence_deg=0.0)
    >>> field.shape, field.sum().round(9).item()
    ((7, 7), 1.0)
    >>> bool(field[3, 4] > field[3, 5] > 0), field[3, 2].item(), field[0, 3].item()
    (True, 0.0, 0.0)

    """
    cells = int(reach.most_m // cell_m)
    down, right = np.mgrid[-cells : cells + 1, -cells : cells + 1].astype(np.float64)
    distance = np.hypot(down, right)
    bearing = np.rad2deg(np.arctan2(right, -down)) + convergence_deg
    weight = _share_toward(rose, bearing)
    weight[cells, cells] = rose.mean()
    far = np.maximum(distance, SAME_CELL) * cell_m
    weight *= np.exp(-far / reach.decay_m) / far * (distance * cell_m <= reach.most_m)
    return np.asarray(weight / weight.sum())


def _share_toward(rose: Floats, azimuth_deg: Floats) -> Floats:
    """Return the share of the drift toward each direction, between sectors by straight lines."""
    origin = (azimuth_deg + 180.0) % 360.0 / SECTOR_DEG
    closed = np.append(rose, rose[0])
    return np.asarray(np.interp(origin % len(rose), np.arange(len(closed)), closed))


def sheltered_units(units: Floats, field: Floats) -> Floats:
    """Return the receptor units downwind of each cell that it protects.

    Parameters
    ----------
    units : array, shape (rows, columns)
        Receptor units in each cell.
    field : array
        Influence, as :func:`influence` returns it.

    Returns
    -------
    array, shape of ``units``
        Units per cell; over all cells they sum to the units, less what is protected from beyond
        the edge.

    Examples
    --------
    >>> west = np.zeros(16)
    >>> west[12] = 1.0
    >>> field = influence(west, Reach(200.0, 1000.0), cell_m=100.0, convergence_deg=0.0)
    >>> village = np.zeros((1, 5))
    >>> village[0, 3] = 1.0
    >>> (sheltered_units(village, field) > 0).tolist()
    [[False, True, True, True, False]]

    """
    return _without_noise(_convolved(units, field[::-1, ::-1]))


def upwind_share(land: Floats, field: Floats) -> Floats:
    """Return the share of what acts on each cell from upwind that is land of a kind.

    Parameters
    ----------
    land : array, shape (rows, columns)
        Share of each cell that is of the kind [1].
    field : array
        Influence, as :func:`influence` returns it.

    Examples
    --------
    >>> west = np.zeros(16)
    >>> west[12] = 1.0
    >>> field = influence(west, Reach(200.0, 1000.0), cell_m=100.0, convergence_deg=0.0)
    >>> sand = np.array([[1.0, 1.0, 0.0, 0.0, 0.0]])
    >>> upwind_share(sand, field).round(2).tolist()[0][-1]
    0.0

    """
    return np.minimum(_without_noise(_convolved(land, field)), 1.0)


def _convolved(values: Floats, kernel: Floats) -> Floats:
    """Return the convolution of an array with a kernel of odd sides, of the array's own shape."""
    whole = [n + k - 1 for n, k in zip(values.shape, kernel.shape, strict=True)]
    shape = [fft.next_fast_len(n, real=True) for n in whole]
    product = fft.rfft2(values, shape) * fft.rfft2(kernel, shape)
    result = np.asarray(fft.irfft2(product, shape), dtype=np.float64)
    top, left = ((k - 1) // 2 for k in kernel.shape)
    return result[top : top + values.shape[0], left : left + values.shape[1]]


def _without_noise(values: Floats) -> Floats:
    """Return values of a convolution, what is but rounding set to zero."""
    return np.asarray(np.where(values < NOISE, 0.0, values))
