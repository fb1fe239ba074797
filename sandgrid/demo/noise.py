"""Smooth noise from an integer hash: the same values on every processor."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from sandgrid.demo.arithmetic import Floats

Integers = npt.NDArray[np.int64]
_UNIT: Final = 1.0 / 4_294_967_296.0


def hash_unit(i: Integers, j: Integers, *, seed: int) -> Floats:
    """Return a number in [0, 1) for each pair of integers.

    Parameters
    ----------
    i, j : int64 arrays, broadcastable
        Any integers.
    seed : int
        Another seed gives other numbers.

    Examples
    --------
    >>> one = hash_unit(np.arange(3), np.array(0), seed=1)
    >>> bool((one == hash_unit(np.arange(3), np.array(0), seed=1)).all())
    True

    """
    with np.errstate(over="ignore"):
        value = np.asarray(i, dtype=np.int64).astype(np.uint32) * np.uint32(0x9E3779B1)
        value = value ^ (np.asarray(j, dtype=np.int64).astype(np.uint32) * np.uint32(0x85EBCA77))
        value = value ^ np.uint32(seed * 0xC2B2AE3D & 0xFFFFFFFF)
        for _ in range(2):
            value = (value ^ (value >> np.uint32(16))) * np.uint32(0x7FEB352D)
            value = (value ^ (value >> np.uint32(15))) * np.uint32(0x846CA68B)
        value = value ^ (value >> np.uint32(16))
    return value.astype(np.float64) * _UNIT


def _weights(t: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return the four weights of the cubic B-spline at t in [0, 1)."""
    s = 1.0 - t
    cube, square = t * t * t, t * t
    return (
        s * s * s / 6.0,
        (3.0 * cube - 6.0 * square + 4.0) / 6.0,
        (3.0 * s * s * s - 6.0 * s * s + 4.0) / 6.0,
        cube / 6.0,
    )


def smooth_noise(x_m: Floats, y_m: Floats, *, wavelength_m: float, seed: int) -> Floats:
    """Return noise of one wavelength on the grid that two axes span.

    Parameters
    ----------
    x_m : (n,) array
        Eastings of the columns [m].
    y_m : (m,) array
        Northings of the rows [m].
    wavelength_m : float
        Distance between the hashed values [m].
    seed : int
        Seed.

    Returns
    -------
    (m, n) array
        About -1 to 1, mean 0, standard deviation about 0.4.

    """
    column, row = np.floor(x_m / wavelength_m), np.floor(y_m / wavelength_m)
    i0, j0 = column.astype(np.int64), row.astype(np.int64)
    i = np.arange(i0.min() - 1, i0.max() + 3)
    j = np.arange(j0.min() - 1, j0.max() + 3)
    table = hash_unit(i[None, :], j[:, None], seed=seed) * 2.0 - 1.0
    along = np.zeros((j.size, x_m.size))
    for k, weight in enumerate(_weights(x_m / wavelength_m - column)):
        along = along + table[:, i0 - i[0] - 1 + k] * weight[None, :]
    total = np.zeros((y_m.size, x_m.size))
    for k, weight in enumerate(_weights(y_m / wavelength_m - row)):
        total = total + along[j0 - j[0] - 1 + k] * weight[:, None]
    return total * 1.5


def layered_noise(
    x_m: Floats,
    y_m: Floats,
    *,
    wavelengths_m: Sequence[float],
    seed: int,
    fade: float = 0.5,
) -> Floats:
    """Return the sum of noises of several wavelengths, each `fade` times as strong as the last."""
    total, strength = np.zeros((y_m.size, x_m.size)), 1.0
    for k, wavelength in enumerate(wavelengths_m):
        part = smooth_noise(x_m, y_m, wavelength_m=wavelength, seed=seed + 101 * k)
        total = total + strength * part
        strength *= fade
    return total
