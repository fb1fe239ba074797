"""What turbines of a site take from each other's wind: the wake model of Jensen (PARK)."""

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from sandgrid.energy.curves import power_curve
from sandgrid.energy.wind import air_density_kg_m3, gross_hours, hub_speed_ms
from sandgrid.errors import InputError
from sandgrid.params import Parameters

Floats = npt.NDArray[np.float64]
FLAT: Final = "flat"
PARK: Final = "park"
FULL_TURN: Final = 2 * math.pi
RATIOS: Final = np.linspace(0.4, 1.0, 61)


def uses_park(parameters: Parameters) -> bool:
    """Return whether wakes are modelled (``wind.wake_model`` = park) or a flat loss.

    Raises
    ------
    InputError
        If the parameter names neither.

    """
    model = parameters.text("wind.wake_model")
    if model not in {FLAT, PARK}:
        raise InputError("energy-no-wake-model", {"name": model})
    return model == PARK


def wake_loss(
    points: Floats,
    rose: Floats,
    parameters: Parameters,
    *,
    mean_ms: float,
    elevation_m: float,
    convergence_deg: float = 0.0,
) -> float:
    """Return the share of their energy that the turbines of a site lose to each other [1].

    Parameters
    ----------
    points : array, shape (n, 2)
        Turbines, x and y [m].
    rose : array, shape (s,)
        Share of the energy of the wind by the sector that it blows from, the first from true
        north, clockwise [1].
    parameters : Parameters
        ``wind.*``: rotor, thrust coefficient, wake decay, curve, Weibull shape, heights, shear.
    mean_ms : float
        Mean wind speed at the height of the map [m/s].
    elevation_m : float
        Height of the ground above the sea [m].
    convergence_deg : float
        Grid bearing = azimuth - convergence [deg].

    Notes
    -----
    The wind that is left, from :func:`wind_left`, scales the Weibull scale of each turbine and
    sector.  The thrust coefficient is one value for all speeds, which takes too much at speeds
    above the rated one, so the loss is rather too large.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> row = np.column_stack([np.arange(5) * 1_400.0, np.zeros(5)])
    >>> west = np.eye(16)[12]
    >>> loss = wake_loss(row, west, default_parameters(), mean_ms=7.0, elevation_m=200.0)
    >>> round(loss, 2)
    0.17

    """
    mean = float(hub_speed_ms(np.array([mean_ms]), parameters)[0])
    density = np.repeat(air_density_kg_m3(np.array([elevation_m]), parameters), len(RATIOS))
    shape = parameters.number("wind.weibull_shape")
    hours = gross_hours(mean * RATIOS, density, power_curve(parameters), shape)
    step = 360.0 / len(rose)
    kept = 0.0
    for sector in np.flatnonzero(rose > 0):
        left = wind_left(points, sector * step - convergence_deg, parameters)
        kept += rose[sector] * float(np.interp(left, RATIOS, hours).mean())
    return float(1.0 - kept / (hours[-1] * rose.sum()))


def wind_left(points: Floats, from_deg: float, parameters: Parameters) -> Floats:
    """Return the share of the free wind that reaches each turbine [1].

    Parameters
    ----------
    points : array, shape (n, 2)
        Turbines, x and y [m].
    from_deg : float
        Where the wind blows from, clockwise from grid north [deg].
    parameters : Parameters
        ``wind.rotor_m``, ``wind.thrust_coefficient``, ``wind.wake_decay``.

    Notes
    -----
    At x behind a rotor of radius r its wake is r + k x wide and its deficit
    (1 - sqrt(1 - Ct)) (r / (r + k x))^2 (Jensen 1983), taken in the share of the rotor that the
    wake covers; deficits add by squares (Katic, Hojstrup and Jensen 1986).

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> pair = np.array([[0.0, 0.0], [1_400.0, 0.0]])
    >>> wind_left(pair, 270.0, default_parameters()).round(3).tolist()
    [1.0, 0.868]

    """
    radius, decay = parameters.number("wind.rotor_m") / 2, parameters.number("wind.wake_decay")
    start = 1 - math.sqrt(1 - parameters.number("wind.thrust_coefficient"))
    angle = math.radians(from_deg)
    behind = -points @ np.array([math.sin(angle), math.cos(angle)])
    aside = points @ np.array([math.cos(angle), -math.sin(angle)])
    away = behind[None, :] - behind[:, None]  # of each column's turbine behind each row's
    wide = radius + decay * np.maximum(away, 0.0)
    covered = covered_share(np.abs(aside[None, :] - aside[:, None]), wide, radius)
    deficit = np.where(away > 0, start * (radius / wide) ** 2 * covered, 0.0)
    return np.asarray(1 - np.sqrt((deficit**2).sum(axis=0)), dtype=np.float64)


def covered_share(apart: Floats, wide: Floats, radius: float) -> Floats:
    """Return the share of a disc that a larger one covers whose centre lies apart from its own.

    Parameters
    ----------
    apart, wide : array
        Distance of the centres, and radius of the larger disc [m].
    radius : float
        Radius of the disc [m].

    Examples
    --------
    >>> covered_share(np.array([0.0, 300.0, 1.0]), np.array([150.0, 150.0, 1.0]), 1.0).round(3)
    array([1.   , 0.   , 0.391])

    """
    between = np.clip(apart, wide - radius, wide + radius)
    safe = np.where(between > 0, between, 1.0)
    one = np.clip((safe**2 + radius**2 - wide**2) / (2 * safe * radius), -1.0, 1.0)
    two = np.clip((safe**2 + wide**2 - radius**2) / (2 * safe * wide), -1.0, 1.0)
    lens = radius**2 * _segment(np.arccos(one)) + wide**2 * _segment(np.arccos(two))
    share = np.where(between > 0, lens / (math.pi * radius**2), 1.0)
    return np.asarray(np.where(apart >= wide + radius, 0.0, share), dtype=np.float64)


def _segment(half: Floats) -> Floats:
    """Return the area of a segment of the unit circle by half its angle."""
    return np.asarray(half - np.sin(half) * np.cos(half), dtype=np.float64)
