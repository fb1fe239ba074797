"""Arithmetic that gives the same bits on every processor: only + - * / and square roots.

What reaches a file of the bundled city must not depend on a mathematics library, so the
projection and the exponential below are written with operations that IEEE 754 fixes exactly.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# GRS80 and the centre of the analysis CRS, 44 N 121.5 E; sine and cosine of 44 degrees.
AXIS_M: Final = 6_378_137.0
E2: Final = 0.006_694_380_022_903_416
CENTRE_LON_DEG: Final = 121.5
CENTRE_LAT_DEG: Final = 44.0
SIN_CENTRE: Final = 0.694_658_370_458_997_3
COS_CENTRE: Final = 0.719_339_800_338_651_1
RAD_PER_DEG: Final = 0.017_453_292_519_943_295
_TERMS: Final = 14


def exact_exp(x: Floats) -> Floats:
    """Return e to the power x for moderate x, accurate to about 1e-12.

    Examples
    --------
    >>> float(np.round(exact_exp(np.array([-1.0])), 9)[0])
    0.367879441

    """
    small = x / 1024.0
    total = np.ones_like(small)
    for k in range(8, 0, -1):
        total = 1.0 + small / k * total
    for _ in range(10):
        total = total * total
    return total


def _sine(angle: Floats) -> Floats:
    square = angle * angle
    total = np.ones_like(angle)
    for k in range(_TERMS, 0, -1):
        total = 1.0 - square / ((2 * k) * (2 * k + 1)) * total
    return angle * total


def _arctangent(t: Floats) -> Floats:
    square = t * t
    total = np.zeros_like(t)
    for k in range(_TERMS, 0, -1):
        total = (1.0 / (2 * k + 1)) - square * total
    return t * (1.0 - square * total)


def _arcsine(s: Floats) -> Floats:
    return _arctangent(s / np.sqrt(1.0 - s * s))


def _authalic(sine: Floats) -> Floats:
    """Return q of the authalic latitude from the sine of the latitude."""
    square = E2 * sine * sine
    series = np.zeros_like(sine)
    for k in range(_TERMS, -1, -1):
        series = 1.0 / (2 * k + 1) + square * series
    return (1.0 - E2) * (sine / (1.0 - square) + sine * series)


_Q_POLE: Final = float(_authalic(np.array([1.0]))[0])
_SIN_BETA: Final = float(_authalic(np.array([SIN_CENTRE]))[0]) / _Q_POLE
_COS_BETA: Final = float(np.sqrt(1.0 - _SIN_BETA * _SIN_BETA))
_RADIUS_M: Final = AXIS_M * float(np.sqrt(_Q_POLE / 2.0))
_D: Final = (
    AXIS_M
    * COS_CENTRE
    / (float(np.sqrt(1.0 - E2 * SIN_CENTRE * SIN_CENTRE)) * _RADIUS_M * _COS_BETA)
)


def project(lon_deg: Floats, lat_deg: Floats) -> tuple[Floats, Floats]:
    """Project near-by longitudes and latitudes to the analysis CRS [m].

    Notes
    -----
    Lambert azimuthal equal-area on the ellipsoid, Snyder (1987), p. 187.

    Examples
    --------
    >>> x, y = project(np.array([122.0]), np.array([43.0]))
    >>> float(np.round(x, 2)[0]), float(np.round(y, 2)[0])
    (40770.93, -110979.57)

    """
    north = (lat_deg - CENTRE_LAT_DEG) * RAD_PER_DEG
    sine_north = _sine(north)
    sine = SIN_CENTRE * np.sqrt(1.0 - sine_north * sine_north) + COS_CENTRE * sine_north
    sin_beta = _authalic(sine) / _Q_POLE
    cos_beta = np.sqrt(1.0 - sin_beta * sin_beta)
    east = _sine((lon_deg - CENTRE_LON_DEG) * RAD_PER_DEG)
    cos_east = np.sqrt(1.0 - east * east)
    b = np.sqrt(2.0 / (1.0 + _SIN_BETA * sin_beta + _COS_BETA * cos_beta * cos_east))
    x = _RADIUS_M * b * _D * cos_beta * east
    y = _RADIUS_M * b / _D * (_COS_BETA * sin_beta - _SIN_BETA * cos_beta * cos_east)
    return x, y


def unproject(x_m: Floats, y_m: Floats) -> tuple[Floats, Floats]:
    """Return longitude and latitude [degrees] of points in the analysis CRS.

    Examples
    --------
    >>> lon, lat = unproject(*project(np.array([123.0]), np.array([42.5])))
    >>> float(np.round(lon, 9)[0]), float(np.round(lat, 9)[0])
    (123.0, 42.5)

    """
    x, y = x_m / _D, y_m * _D
    rho = np.sqrt(x * x + y * y)
    half = rho / (2.0 * _RADIUS_M)
    cos_c = 1.0 - 2.0 * half * half
    # sin(c) / rho, finite at the centre
    sin_c = np.sqrt(1.0 - half * half) / _RADIUS_M
    sin_beta = cos_c * _SIN_BETA + y * sin_c * _COS_BETA
    tangent = x * sin_c / (_COS_BETA * cos_c - y * _SIN_BETA * sin_c)
    lon = CENTRE_LON_DEG + _arctangent(tangent) / RAD_PER_DEG
    sine = sin_beta
    for _ in range(6):
        slope = 1.0 - E2 * sine * sine
        sine = sine - (_authalic(sine) - sin_beta * _Q_POLE) * slope * slope / (2.0 * (1.0 - E2))
    cosine = np.sqrt(1.0 - sine * sine)
    north = _arcsine(sine * COS_CENTRE - cosine * SIN_CENTRE)
    return lon, CENTRE_LAT_DEG + north / RAD_PER_DEG
