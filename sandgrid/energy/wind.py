"""Yield of wind turbines from the mean wind speed at hub height."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from sandgrid.params import Parameters
from sandgrid.units import HOURS_PER_YEAR, KW_PER_MW

Floats = npt.NDArray[np.float64]
SPEED_STEP_MS = 0.05
SPEED_TOP_MS = 40.0
SECTORS = 16
FULL_TURN_DEG = 360.0
W_PER_MW = KW_PER_MW * KW_PER_MW


@dataclass(frozen=True)
class PowerCurve:
    """A parametric power curve, labelled so: constant efficiency up to the rated power.

    Parameters
    ----------
    rated_mw : float
        Rated power [MW].
    rotor_m : float
        Diameter of the rotor [m].
    power_coefficient : float
        Share of the wind's power that reaches the grid below rated power [1].
    air_density_kg_m3 : float
        Density of the air [kg/m3].
    cut_in_ms, cut_out_ms : float
        Wind speeds between which the turbine runs [m/s].

    """

    rated_mw: float
    rotor_m: float
    power_coefficient: float
    air_density_kg_m3: float
    cut_in_ms: float
    cut_out_ms: float

    def power_mw(self, speed_ms: Floats) -> Floats:
        """Return the power at wind speeds [MW]: 1/2 rho A Cp v^3, at most the rated power.

        Examples
        --------
        >>> curve = PowerCurve(6.25, 200.0, 0.42, 1.23, 3.0, 22.0)
        >>> curve.power_mw(np.array([2.9, 6.0, 12.0, 22.1])).round(3)
        array([0.   , 1.753, 6.25 , 0.   ])

        """
        swept_m2 = math.pi * (self.rotor_m / 2) ** 2
        free_mw = 0.5 * self.air_density_kg_m3 * swept_m2 * speed_ms**3 / W_PER_MW
        runs = (speed_ms >= self.cut_in_ms) & (speed_ms <= self.cut_out_ms)
        return np.where(runs, np.minimum(free_mw * self.power_coefficient, self.rated_mw), 0.0)


def power_curve(parameters: Parameters) -> PowerCurve:
    """Return the power curve that the parameters ``wind.*`` describe."""
    return PowerCurve(
        rated_mw=parameters.number("wind.turbine_mw"),
        rotor_m=parameters.number("wind.rotor_m"),
        power_coefficient=parameters.number("wind.power_coefficient"),
        air_density_kg_m3=parameters.number("wind.air_density_kg_m3"),
        cut_in_ms=parameters.number("wind.cut_in_ms"),
        cut_out_ms=parameters.number("wind.cut_out_ms"),
    )


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
        return np.exp(-((speed_ms[None, :] / scale) ** shape))

    hours: Floats = (exceeded(speeds_ms - half) - exceeded(speeds_ms + half)) * HOURS_PER_YEAR
    return hours


def wind_full_load_hours(mean_ms: Floats, parameters: Parameters) -> Floats:
    """Return the yearly yield of a MW of turbines before curtailment.

    Parameters
    ----------
    mean_ms : array, shape (n,)
        Mean wind speed at hub height [m/s].
    parameters : Parameters
        ``wind.*``: power curve, Weibull shape, wake, availability and other losses.

    Returns
    -------
    array, shape (n,)
        Full-load hours [MWh/MW/a]; NaN where the wind speed is NaN.

    Notes
    -----
    AEP = sum over speeds of hours x power x (1 - wake)(1 - availability)(1 - other).

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> wind_full_load_hours(np.array([7.0, np.nan]), default_parameters()).round(-2)
    array([2900.,   nan])

    """
    speeds = np.arange(SPEED_STEP_MS / 2, SPEED_TOP_MS, SPEED_STEP_MS)
    curve = power_curve(parameters)
    gross_mwh = weibull_hours(mean_ms, speeds, parameters.number("wind.weibull_shape")) @ (
        curve.power_mw(speeds)
    )
    kept = math.prod(
        1 - parameters.number(f"wind.{loss}_loss") for loss in ("wake", "availability", "other")
    )
    hours: Floats = gross_mwh * kept / curve.rated_mw
    return hours


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
