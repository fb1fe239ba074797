"""Slope and shading of a terrain."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
SUN_AZIMUTH_DEG: Final = 315.0
SUN_ALTITUDE_DEG: Final = 45.0


def slope_deg(dem: npt.NDArray[np.floating], cell_m: float) -> Floats:
    """Return the slope by Horn's 3 x 3 method.

    At the edge, and beside a cell without height, the missing neighbour is continued in a
    straight line from the opposite one; a cell without height has no slope.

    Parameters
    ----------
    dem : ndarray, shape (rows, cols)
        Heights [m], NaN where unknown.
    cell_m : float
        Side of a cell [m].

    Returns
    -------
    ndarray of float32, shape (rows, cols)
        Slope [deg], NaN where the height is unknown.

    Notes
    -----
    B. K. P. Horn, "Hill shading and the reflectance map", Proc. IEEE 69(1), 1981.

    Examples
    --------
    >>> plane = np.arange(3.0) * np.ones((3, 1)) * 10
    >>> slope_deg(plane, 10)[1].tolist()
    [45.0, 45.0, 45.0]

    """
    east, south = _gradients(dem, cell_m)
    return np.asarray(np.degrees(np.arctan(np.hypot(east, south))), dtype=np.float32)


def hillshade(
    dem: npt.NDArray[np.floating],
    cell_m: float,
    *,
    azimuth_deg: float = SUN_AZIMUTH_DEG,
    altitude_deg: float = SUN_ALTITUDE_DEG,
) -> Floats:
    """Return how brightly each cell is lit, 0 to 1.

    Parameters
    ----------
    dem : ndarray, shape (rows, cols)
        Heights [m], NaN where unknown.
    cell_m : float
        Side of a cell [m].
    azimuth_deg, altitude_deg : float
        Where the light comes from [deg].

    Returns
    -------
    ndarray of float32
        Brightness [1], NaN where the height is unknown.

    Examples
    --------
    >>> hillshade(np.zeros((1, 2)), 100).astype(float).round(3).tolist()
    [[0.707, 0.707]]

    """
    east, south = _gradients(dem, cell_m)
    azimuth, altitude = np.radians([azimuth_deg, altitude_deg])
    light = np.sin(azimuth) * east - np.cos(azimuth) * south
    lit = (np.sin(altitude) - np.cos(altitude) * light) / np.sqrt(1 + east**2 + south**2)
    return np.asarray(np.clip(lit, 0, 1), dtype=np.float32)


def _gradients(dem: npt.NDArray[np.floating], cell_m: float) -> tuple[Floats, Floats]:
    """Return the rise towards the east and towards the south [m/m]."""
    padded = np.pad(dem.astype(np.float32), 1, constant_values=np.nan)
    rows, cols = dem.shape
    around = {
        (down, right): padded[1 + down : 1 + down + rows, 1 + right : 1 + right + cols]
        for down, right in _AROUND
    }
    east, south = _horn(around)
    known = np.isfinite(padded[1:-1, 1:-1])
    broken = known & ~np.isfinite(east + south)
    centre = padded[1:-1, 1:-1][broken]
    east[broken], south[broken] = _horn(
        _continued({k: v[broken] for k, v in around.items()}, centre)
    )
    east[~known] = south[~known] = np.nan
    step = np.float32(8 * cell_m)
    return east / step, south / step


def _horn(around: Mapping[tuple[int, int], Floats]) -> tuple[Floats, Floats]:
    east = _weighed(around, [(-1, 1), (0, 1), (1, 1)]) - _weighed(
        around, [(-1, -1), (0, -1), (1, -1)]
    )
    south = _weighed(around, [(1, -1), (1, 0), (1, 1)]) - _weighed(
        around, [(-1, -1), (-1, 0), (-1, 1)]
    )
    return east, south


def _weighed(around: Mapping[tuple[int, int], Floats], three: list[tuple[int, int]]) -> Floats:
    first, middle, last = (around[step] for step in three)
    return np.asarray(first + 2 * middle + last, dtype=np.float32)


def _continued(
    around: Mapping[tuple[int, int], Floats], centre: Floats
) -> dict[tuple[int, int], Floats]:
    """Fill each missing neighbour from the one opposite, a corner else from its two sides."""
    filled: dict[tuple[int, int], Floats] = {}
    for down, right in _AROUND:
        near, opposite = around[down, right], around[-down, -right]
        corner = down != 0 and right != 0
        rest = filled[down, 0] + filled[0, right] - centre if corner else centre
        straight = np.where(np.isfinite(opposite), 2 * centre - opposite, rest)
        filled[down, right] = np.where(np.isfinite(near), near, straight)
    return filled


_AROUND: Final = ((-1, 0), (0, -1), (0, 1), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1))
