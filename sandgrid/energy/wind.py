"""Yield of wind turbines from the wind at hub height: Weibull means or hourly series."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import brentq

from sandgrid.energy.curves import PowerCurve, power_curve
from sandgrid.errors import InputError
from sandgrid.params import Parameters
from sandgrid.units import HOURS_PER_YEAR

Floats = npt.NDArray[np.float64]
SPEED_STEP_MS: Final = 0.05
SPEED_TOP_MS: Final = 40.0
SECTORS: Final = 16
FULL_TURN_DEG: Final = 360.0
KELVIN: Final = 273.15
M_PER_KM: Final = 1_000.0
SHAPES: Final = (0.8, 12.0)
LOSSES: Final = ("wake", "availability", "other")


@dataclass(frozen=True, eq=False)
class WindSites:
    """Where turbines stand: arrays of equal length.

    Parameters
    ----------
    mean_ms : array
        Mean wind speed at the height of the map [m/s].
    elevation_m : array
        Height of the ground above the sea [m].
    abrasion : array
        Share of the energy lost to sand on the blades [1].

    """

    mean_ms: Floats
    elevation_m: Floats
    abrasion: Floats


def hub_speed_ms(speed_ms: Floats, parameters: Parameters) -> Floats:
    """Return the wind speed at hub height from that at the height of the map [m/s].

    Notes
    -----
    Power law, v (hub / map)^shear.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> low = default_parameters().with_values({"wind.map_height_m": 60.0}, "test")
    >>> hub_speed_ms(np.array([7.0]), low).round(2)
    array([7.82])

    """
    ratio = parameters.number("wind.hub_height_m") / parameters.number("wind.map_height_m")
    return np.asarray(speed_ms * ratio ** parameters.number("wind.shear_exponent"))


def air_density_kg_m3(elevation_m: Floats, parameters: Parameters) -> Floats:
    """Return the mean density of the air at hub height [kg/m3].

    Parameters
    ----------
    elevation_m : array
        Height of the ground above the sea [m].
    parameters : Parameters
        ``wind.hub_height_m``, ``energy.air_temperature_c``.

    Notes
    -----
    348.0 (1.013 - 0.1183 z + 0.0048 z2) / T, z in km and T in K, as used for wind erosion.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> air_density_kg_m3(np.array([130.0, 1130.0]), default_parameters()).round(2)
    array([1.22, 1.08])

    """
    z_km = (elevation_m + parameters.number("wind.hub_height_m")) / M_PER_KM
    kelvin = np.mean(parameters.numbers("energy.air_temperature_c")) + KELVIN
    return np.asarray(348.0 * (1.013 - 0.1183 * z_km + 0.0048 * z_km**2) / kelvin)


def weibull_hours(mean_ms: Floats, speeds_ms: Floats, shape: float) -> Floats:
    """Return the hours of a year in which the wind blows in bins around given speeds.

    Parameters
    ----------
    mean_ms : array, shape (n,)
        Mean wind speed [m/s].
    speeds_ms : array, shape (m,)
        Middles of bins of equal width [m/s].
    shape : float
        Weibull shape k [1]; the scale is mean / Gamma(1 + 1/k).

    Returns
    -------
    array, shape (n, m)
        Hours [h/a].

    """
    scale = mean_ms[:, None] / math.gamma(1 + 1 / shape)
    half = (speeds_ms[1] - speeds_ms[0]) / 2

    def exceeded(speed_ms: Floats) -> Floats:
        return np.exp(-((np.maximum(speed_ms[None, :], 0.0) / scale) ** shape))

    hours: Floats = (exceeded(speeds_ms - half) - exceeded(speeds_ms + half)) * HOURS_PER_YEAR
    return hours


def weibull_shape(speeds_ms: Floats) -> float:
    """Return the Weibull shape whose mean and mean cube are those of a series.

    Parameters
    ----------
    speeds_ms : array
        Wind speeds [m/s].

    Notes
    -----
    Energy pattern factor: mean(v3) / mean(v)3 = Gamma(1 + 3/k) / Gamma(1 + 1/k)3.

    Examples
    --------
    >>> speeds = 8 * np.random.default_rng(1).weibull(2.2, 200_000)
    >>> round(weibull_shape(speeds), 1)
    2.2

    """
    pattern = np.mean(speeds_ms**3) / np.mean(speeds_ms) ** 3

    def excess(shape: float) -> float:
        return math.gamma(1 + 3 / shape) / math.gamma(1 + 1 / shape) ** 3 - float(pattern)

    return float(brentq(excess, *SHAPES))


def kept_share(parameters: Parameters) -> float:
    """Return the share of the energy that wake, availability and other losses leave [1]."""
    return math.prod(1 - parameters.number(f"wind.{loss}_loss") for loss in LOSSES)


def gross_hours(mean_ms: Floats, density: Floats, curve: PowerCurve, shape: float) -> Floats:
    """Return the full-load hours of a turbine alone, before all losses [h/a].

    Parameters
    ----------
    mean_ms, density : array, shape (n,)
        Mean wind speed [m/s] and air density [kg/m3] at hub height.
    curve : PowerCurve
        Of the turbine.
    shape : float
        Weibull shape [1].

    """
    speeds = np.arange(SPEED_STEP_MS / 2, SPEED_TOP_MS, SPEED_STEP_MS)
    hours = weibull_hours(mean_ms, speeds, shape)
    power = np.array([curve.at(speeds, float(one)) for one in density]).reshape(hours.shape)
    return np.asarray((hours * power).sum(axis=1) / curve.rated_mw, dtype=np.float64)


def wind_full_load_hours(sites: WindSites, parameters: Parameters) -> Floats:
    """Return the yearly yield of a MW of turbines before curtailment.

    Parameters
    ----------
    sites : WindSites
        Where.
    parameters : Parameters
        ``wind.*``: curve, heights, shear, Weibull shape, wake, availability and other losses;
        ``energy.air_temperature_c``.

    Returns
    -------
    array, shape (n,)
        Full-load hours [MWh/MW/a]; NaN where the wind speed is NaN.

    Notes
    -----
    AEP = sum over speeds of hours x power x (1 - wake)(1 - availability)(1 - other)(1 - abrasion).

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> sites = WindSites(np.array([7.0, np.nan]), np.full(2, 200.0), np.full(2, 0.01))
    >>> wind_full_load_hours(sites, default_parameters()).round(-2)
    array([3000.,   nan])

    """
    mean_ms = hub_speed_ms(sites.mean_ms, parameters)
    density = air_density_kg_m3(sites.elevation_m, parameters)
    shape = parameters.number("wind.weibull_shape")
    gross = gross_hours(mean_ms, density, power_curve(parameters), shape)
    return np.asarray(gross * kept_share(parameters) * (1 - sites.abrasion), dtype=np.float64)


def series_full_load_hours(
    speeds_ms: Floats, sites: WindSites, parameters: Parameters, *, name: str = "wind"
) -> Floats:
    """Return the yearly yield from an hourly series brought to the mean of each site.

    Parameters
    ----------
    speeds_ms : array, shape (m,)
        Hourly wind speeds of whole years [m/s].
    sites : WindSites
        Where.
    parameters : Parameters
        As for :func:`wind_full_load_hours`, without the Weibull shape.
    name : str
        Of the series, for the error.

    Raises
    ------
    InputError
        If the series is no whole number of years or holds unknown values.

    """
    known = np.isfinite(speeds_ms)
    if len(speeds_ms) == 0 or len(speeds_ms) % HOURS_PER_YEAR or not known.all():
        raise InputError("energy-series-short", {"name": name, "count": int(known.sum())})
    curve, shares = power_curve(parameters), speeds_ms / speeds_ms.mean()
    means = hub_speed_ms(sites.mean_ms, parameters)
    density = air_density_kg_m3(sites.elevation_m, parameters)
    power = np.array(
        [curve.at(m * shares, float(d)).mean() for m, d in zip(means, density, strict=True)]
    )
    gross = power / curve.rated_mw * HOURS_PER_YEAR
    return np.asarray(gross * kept_share(parameters) * (1 - sites.abrasion), dtype=np.float64)


def prevailing_from_deg(frequencies: pd.DataFrame) -> float:
    """Return the sector from which the wind brings most energy over the year.

    Parameters
    ----------
    frequencies : DataFrame
        month, sector (0 = north, clockwise, blowing from), speed_bin_ms_low, speed_bin_ms_high
        [m/s], frequency (share of the month's hours) [1].

    Returns
    -------
    float
        Middle of the sector, clockwise from true north [deg].

    Examples
    --------
    >>> frequencies = pd.DataFrame({
    ...     "month": 1, "sector": [0, 4], "speed_bin_ms_low": [4.0, 8.0],
    ...     "speed_bin_ms_high": [5.0, 9.0], "frequency": [0.7, 0.3]})
    >>> prevailing_from_deg(frequencies)
    90.0

    """
    middle_ms = (frequencies["speed_bin_ms_low"] + frequencies["speed_bin_ms_high"]) / 2
    energy = (frequencies["frequency"] * middle_ms**3).groupby(frequencies["sector"]).sum()
    sector = int(energy.index.to_numpy()[energy.to_numpy().argmax()])
    return sector * FULL_TURN_DEG / SECTORS
