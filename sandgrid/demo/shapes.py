"""Small geometry of the bundled city: irregular discs and winding lines on whole metres."""

import numpy as np
import numpy.typing as npt
import shapely

from sandgrid.demo.arithmetic import Floats
from sandgrid.demo.noise import hash_unit

# Directions of a regular 16-gon; sines as literals so that no mathematics library is asked.
_QUARTER = (0.0, 0.38268343236508978, 0.70710678118654757, 0.92387953251128674, 1.0)
_SINES = np.array(
    [*_QUARTER, *_QUARTER[3::-1], *(-s for s in _QUARTER[1:]), *(-s for s in _QUARTER[3:0:-1])]
)
_COSINES = np.roll(_SINES, -4)


def irregular_disc(x_m: float, y_m: float, radius_m: float, *, seed: int) -> shapely.Polygon:
    """Return a 16-gon whose radius varies smoothly by some 25 %, on whole metres.

    Examples
    --------
    >>> disc = irregular_disc(0, 0, 1000, seed=4)
    >>> bool(2e6 < disc.area < 4.5e6)
    True

    """
    k = np.arange(16)
    raw = hash_unit(k, np.array([int(x_m) % 65_536]), seed=seed + int(y_m) % 65_536)
    eased = (raw + 2.0 * np.roll(raw, 1) + np.roll(raw, 2)) / 4.0
    radius = radius_m * (0.75 + 0.5 * eased)
    points = np.column_stack([x_m + radius * _COSINES, y_m + radius * _SINES])
    return shapely.Polygon(np.rint(points))


def winding_line(
    points_m: npt.ArrayLike, *, seed: int, sway: float, least_m: float
) -> shapely.LineString:
    """Return a line through the points whose segments sway to either side, on whole metres.

    Parameters
    ----------
    points_m : (n, 2) array
        Points that the line passes [m].
    seed : int
        Seed.
    sway : float
        Greatest offset of a midpoint as a share of its segment's length.
    least_m : float
        Segments shorter than this are left as they are [m].

    """
    points = np.asarray(points_m, dtype=np.float64)
    for depth in range(6):
        lengths = np.abs(np.diff(points, axis=0)).sum(axis=1)
        if not (lengths > least_m).any():
            break
        points = _halve(points, lengths > least_m, seed=seed + depth, sway=sway)
    return shapely.LineString(np.rint(points))


def _halve(points: Floats, chosen: npt.NDArray[np.bool_], *, seed: int, sway: float) -> Floats:
    step = np.diff(points, axis=0)
    middle = (points[:-1] + points[1:]) / 2.0
    whole = np.rint(middle).astype(np.int64)
    offset = (hash_unit(whole[:, 0], whole[:, 1], seed=seed) - 0.5) * 2.0 * sway
    middle = middle + np.column_stack([-step[:, 1], step[:, 0]]) * offset[:, None]
    order = np.concatenate([np.arange(len(points)), np.flatnonzero(chosen) + 0.5])
    stacked = np.vstack([points, middle[chosen]])
    result: Floats = stacked[np.argsort(order, kind="stable")]
    return result
