"""GCJ-02 (火星坐标系): the shifted degrees of Chinese phones and web maps, and the way back."""

from typing import Final, cast

import numpy as np
import numpy.typing as npt

from sandgrid.errors import InputError

Floats = npt.NDArray[np.float64]
# The published formula: an ellipsoid of its own, sines of the place counted from 105 E, 35 N,
# and a box outside of which nothing is shifted.
RADIUS_M: Final = 6_378_245.0
ECCENTRICITY2: Final = 0.00669342162296594323
ORIGIN_DEG: Final = (105.0, 35.0)
BOX_DEG: Final = (72.004, 0.8293, 137.8347, 55.8271)
EAST: Final = (300.0, 1.0, 2.0, 0.1, 0.1, 0.1)
NORTH: Final = (-100.0, 2.0, 3.0, 0.2, 0.1, 0.2)
EAST_WAVES: Final = ((20.0, 1.0), (40.0, 1 / 3), (150.0, 1 / 12), (300.0, 1 / 30))
NORTH_WAVES: Final = ((20.0, 1.0), (40.0, 1 / 3), (160.0, 1 / 12), (320.0, 1 / 30))
COMMON_WAVES: Final = ((20.0, 6.0), (20.0, 2.0))
WAVE_SHARE: Final = 2 / 3
CLOSE_DEG: Final = 1e-11
MOST_STEPS: Final = 60


def to_gcj02(points_deg: Floats) -> Floats:
    """Return true places as GCJ-02 shows them.

    Parameters
    ----------
    points_deg : ndarray, shape (n, 2)
        Longitude and latitude on CGCS2000 or WGS84 [deg].

    Returns
    -------
    ndarray of float64, shape (n, 2)
        Longitude and latitude in GCJ-02 [deg]; what lies outside China's box stays.

    Notes
    -----
    The formula was never published by its makers; this is the form that open projects agree on.

    Examples
    --------
    >>> to_gcj02(np.array([[116.377817, 39.911954], [-71.5, 41.6]])).round(6)
    array([[116.384047,  39.913345],
           [-71.5     ,  41.6     ]])

    """
    points = np.asarray(points_deg, dtype=np.float64)
    return np.where(_inside(points)[:, None], points + _shift(points), points)


def from_gcj02(points_deg: Floats) -> Floats:
    """Return the true places of GCJ-02 coordinates, to better than a millimetre.

    Parameters
    ----------
    points_deg : ndarray, shape (n, 2)
        Longitude and latitude in GCJ-02 [deg].

    Returns
    -------
    ndarray of float64, shape (n, 2)
        Longitude and latitude on CGCS2000 [deg].

    Raises
    ------
    InputError
        If a coordinate is not a number, so that no place can be found.

    Notes
    -----
    The shift changes by less than a tenth of a degree per degree, so taking off the shift of the
    last guess gains more than a digit a step.

    Examples
    --------
    >>> there = np.array([[122.243, 43.653]])
    >>> bool(np.abs(from_gcj02(to_gcj02(there)) - there).max() < 1e-9)
    True

    """
    points = np.asarray(points_deg, dtype=np.float64)
    found = points.copy()
    for _ in range(MOST_STEPS):
        miss = to_gcj02(found) - points
        found -= miss
        if np.abs(miss).max(initial=0.0) < CLOSE_DEG:
            return found
    lost = int((~(np.abs(to_gcj02(found) - points) < CLOSE_DEG).all(axis=1)).sum())
    raise InputError("gcj02-no-place", {"count": lost})


def shift_m(points_deg: Floats) -> Floats:
    """Return how far GCJ-02 moves each place [m].

    Examples
    --------
    >>> shift_m(np.array([[122.243, 43.653]])).round().tolist()
    [519.0]

    """
    points = np.asarray(points_deg, dtype=np.float64)
    east, north = _scale_m(points[:, 1])
    move = to_gcj02(points) - points
    return cast("Floats", np.hypot(move[:, 0] * east, move[:, 1] * north))


def _inside(points: Floats) -> npt.NDArray[np.bool_]:
    west, south, east, north = BOX_DEG
    lon, lat = points.T
    return np.asarray((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))


def _shift(points: Floats) -> Floats:
    """Return the shift of each place [deg]."""
    x, y = (points - ORIGIN_DEG).T
    east_m = _plane(EAST, x, y, x) + _waves(EAST_WAVES, x) + _waves(COMMON_WAVES, x)
    north_m = _plane(NORTH, x, y, y) + _waves(NORTH_WAVES, y) + _waves(COMMON_WAVES, x)
    east, north = _scale_m(points[:, 1])
    return np.column_stack([east_m / east, north_m / north])


def _plane(factors: tuple[float, ...], x: Floats, y: Floats, squared: Floats) -> Floats:
    constant, of_x, of_y, of_square, of_product, of_root = factors
    flat = constant + of_x * x + of_y * y
    return flat + of_square * squared**2 + of_product * x * y + of_root * np.sqrt(np.abs(x))


def _waves(waves: tuple[tuple[float, float], ...], place: Floats) -> Floats:
    return WAVE_SHARE * sum(
        (height * np.sin(pace * np.pi * place) for height, pace in waves), np.zeros_like(place)
    )


def _scale_m(lat_deg: Floats) -> tuple[Floats, Floats]:
    """Return metres per degree of longitude and of latitude on the formula's ellipsoid."""
    lat = np.radians(lat_deg)
    inner = 1 - ECCENTRICITY2 * np.sin(lat) ** 2
    east = RADIUS_M / np.sqrt(inner) * np.cos(lat)
    north = RADIUS_M * (1 - ECCENTRICITY2) / inner**1.5
    return np.radians(east), np.radians(north)
