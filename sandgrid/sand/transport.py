"""Transport of sand by the wind: friction velocity, threshold, rates. NaN in is NaN out."""

from typing import Final

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

GRAVITY: Final = 9.81
KARMAN: Final = 0.4
REFERENCE_GRAIN_MM: Final = 0.25


def friction_velocity(speed_ms: Floats, height_m: float, roughness_m: float) -> Floats:
    """Return the friction velocity u* = kappa U / ln(z / z0) [m/s].

    Parameters
    ----------
    speed_ms : array
        Wind speed at the height [m/s].
    height_m, roughness_m : float
        Height z above the roughness length z0 [m].

    Examples
    --------
    >>> friction_velocity(np.array([10.0]), 10.0, 0.01).round(3)
    array([0.579])

    """
    return np.asarray(KARMAN * speed_ms / np.log(height_m / roughness_m))


def threshold_friction_velocity(
    grain_mm: Floats | float, *, air_kg_m3: float = 1.22, grain_kg_m3: float = 2650.0
) -> Floats:
    """Return the friction velocity at which dry grains move, A sqrt((rs - ra) / ra g d) [m/s].

    Notes
    -----
    Bagnold (1941), A = 0.1; for grains of 0.1 mm and more.

    Examples
    --------
    >>> threshold_friction_velocity(0.25).round(3).item()
    0.231

    """
    relative = (grain_kg_m3 - air_kg_m3) / air_kg_m3
    return np.asarray(0.1 * np.sqrt(relative * GRAVITY * np.asarray(grain_mm) / 1000.0))


def bagnold(friction_ms: Floats, grain_mm: float, *, sorting: float = 1.8) -> Floats:
    """Return the transport q = C sqrt(d / D) (ra / g) u*^3 [kg/(m s)], air 1.22 kg/m3.

    Parameters
    ----------
    friction_ms : array
        Friction velocity, above the threshold [m/s].
    grain_mm : float
        Grain size d; D is 0.25 mm [mm].
    sorting : float
        C: 1.5 uniform sand, 1.8 dune sand, 2.8 poorly sorted sand [1].

    Notes
    -----
    Bagnold (1941).

    Examples
    --------
    >>> bagnold(np.array([0.5]), 0.25).round(4)
    array([0.028])

    """
    return np.asarray(
        sorting * np.sqrt(grain_mm / REFERENCE_GRAIN_MM) * 1.22 / GRAVITY * friction_ms**3
    )


def lettau(
    friction_ms: Floats, threshold_ms: float, grain_mm: float, *, factor: float = 4.2
) -> Floats:
    """Return the transport q = C sqrt(d / D) (ra / g) u*^2 (u* - u*t) [kg/(m s)], 0 below u*t.

    Notes
    -----
    Lettau and Lettau (1978); C 4.2, originally 6.7.

    Examples
    --------
    >>> lettau(np.array([0.2, 0.5, np.nan]), 0.23, 0.25).round(4)
    array([0.    , 0.0353,    nan])

    """
    over = np.maximum(friction_ms - threshold_ms, 0.0)
    scale = factor * np.sqrt(grain_mm / REFERENCE_GRAIN_MM) * 1.22 / GRAVITY
    return np.asarray(scale * friction_ms**2 * over)


def kawamura(friction_ms: Floats, threshold_ms: float) -> Floats:
    """Return the transport q = 2.78 (ra / g) (u* - u*t) (u* + u*t)^2 [kg/(m s)], 0 below u*t.

    Notes
    -----
    Kawamura (1951).

    Examples
    --------
    >>> kawamura(np.array([0.2, 0.5]), 0.23).round(4)
    array([0.    , 0.0497])

    """
    over = np.maximum(friction_ms - threshold_ms, 0.0)
    return np.asarray(2.78 * 1.22 / GRAVITY * over * (friction_ms + threshold_ms) ** 2)


def raupach_ratio(
    frontal_share: Floats, *, spread: float = 0.5, aspect: float = 1.0, drag: float = 90.0
) -> Floats:
    """Return how much plants raise the threshold, sqrt((1 - m s l) (1 + m b l)) [1].

    Parameters
    ----------
    frontal_share : array
        Frontal area of plants per ground area, lambda [1].
    spread, aspect, drag : float
        m, sigma and beta [1].

    Notes
    -----
    Raupach, Gillette and Leys (1993).

    Examples
    --------
    >>> raupach_ratio(np.array([0.0, 0.1])).round(3)
    array([1.   , 2.286])

    """
    slowed = 1.0 - spread * aspect * frontal_share
    return np.asarray(np.sqrt(slowed * (1.0 + spread * drag * frontal_share)))
