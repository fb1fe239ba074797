"""The wind as a table of frequencies or a series, and the weather factor of RWEQ."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from sandgrid.errors import InputError
from sandgrid.params import Parameters

Floats = npt.NDArray[np.float64]

MONTHS: Final = 12
SECTORS: Final = 16
GRAVITY: Final = 9.81
KELVIN: Final = 273.15
DAYS: Final = (31.0, 28.25, 31.0, 30.0, 31.0, 30.0, 31.0, 31.0, 30.0, 31.0, 30.0, 31.0)
CAL_CM2_PER_KWH_M2: Final = 85.985
COLUMNS: Final = ("month", "sector", "speed_bin_ms_low", "speed_bin_ms_high", "frequency")
CLOSURE: Final = 1e-4


@dataclass(frozen=True, eq=False)
class WindTable:
    """Frequencies of the 10 m wind.

    Parameters
    ----------
    edges_ms : array, shape (bins + 1,)
        Edges of the speed bins [m/s].
    frequency : array, shape (12, 16, bins)
        Share of the hours of each month by sector (0 = N, clockwise, the direction it blows from)
        and speed bin; a month sums to 1.

    """

    edges_ms: Floats
    frequency: Floats


def wind_table(table: pd.DataFrame) -> WindTable:
    """Return the wind of a table of frequencies.

    Parameters
    ----------
    table : DataFrame
        month, sector, speed_bin_ms_low, speed_bin_ms_high, frequency.

    Raises
    ------
    InputError
        If a column, a month, a sector or a bin is missing, or a month does not sum to 1.

    Examples
    --------
    >>> rows = [(m, s, 0, 1, 1 / 16) for m in range(1, 13) for s in range(16)]
    >>> wind_table(pd.DataFrame(rows, columns=list(COLUMNS))).frequency.shape
    (12, 16, 1)

    """
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise InputError("sand-wind-columns", {"columns": ", ".join(missing)})
    ordered = table.sort_values(["month", "sector", "speed_bin_ms_low"], kind="stable")
    low, high = (
        np.unique(ordered[f"speed_bin_ms_{end}"].to_numpy(dtype=np.float64))
        for end in ("low", "high")
    )
    whole = len(ordered) == MONTHS * SECTORS * len(low) and len(low) == len(high)
    if not whole or not np.array_equal(low[1:], high[:-1]):
        raise InputError("sand-wind-bins", {"rows": len(ordered), "bins": len(low)})
    frequency = ordered["frequency"].to_numpy(dtype=np.float64).reshape(MONTHS, SECTORS, len(low))
    sums = frequency.sum(axis=(1, 2))
    wrong = np.flatnonzero(np.abs(sums - 1.0) > CLOSURE)
    if len(wrong):
        month = int(wrong[0])
        raise InputError("sand-wind-sum", {"month": month + 1, "sum": float(sums[month])})
    return WindTable(np.append(low, high[-1]), frequency)


def wind_of_series(month: Floats, direction_deg: Floats, speed_ms: Floats) -> WindTable:
    """Return the wind of hourly records in bins of 0.25 m/s; hours with a gap take no part.

    Parameters
    ----------
    month, direction_deg, speed_ms : array, shape (hours,)
        Month 1 to 12, direction it blows from [deg], speed at 10 m [m/s].

    Raises
    ------
    InputError
        If a month has no record.

    Examples
    --------
    >>> months = np.repeat(np.arange(1.0, 13.0), 2)
    >>> wind = wind_of_series(months, np.tile([350.0, 90.0], 12), np.full(24, 5.1))
    >>> wind.frequency[0].sum(axis=1)[[0, 4]]
    array([0.5, 0.5])

    """
    known = np.isfinite(direction_deg) & np.isfinite(speed_ms)
    sector = np.floor(direction_deg[known] / (360.0 / SECTORS) + 0.5).astype(int) % SECTORS
    edges = np.arange(0.0, np.floor(speed_ms[known].max() / 0.25) * 0.25 + 0.5, 0.25)
    bins = np.floor(speed_ms[known] / 0.25).astype(int)
    counts = np.zeros((MONTHS, SECTORS, len(edges) - 1))
    np.add.at(counts, (month[known].astype(int) - 1, sector, bins), 1.0)
    hours = counts.sum(axis=(1, 2))
    if not hours.all():
        raise InputError("sand-wind-sum", {"month": int(np.argmin(hours)) + 1, "sum": 0.0})
    return WindTable(edges, counts / hours[:, None, None])


def speed_ratio(to_m: float, from_m: float, roughness_m: float) -> float:
    """Return the speed at one height over that at another, by the logarithmic profile.

    Examples
    --------
    >>> round(speed_ratio(2.0, 10.0, 0.01), 3)
    0.767

    """
    return float(np.log(to_m / roughness_m) / np.log(from_m / roughness_m))


def wind_terms(edges_ms: Floats, threshold_ms: float) -> Floats:
    """Return the mean of U (U - Ut)^2 in each speed bin, 0 below the threshold [m3/s3].

    The mean is the exact integral over the bin, so that the convexity of the term is kept.

    Parameters
    ----------
    edges_ms : array, shape (bins + 1,)
        Edges of the bins [m/s].
    threshold_ms : float
        Ut, 5 m/s at 2 m in RWEQ [m/s].

    Notes
    -----
    Fryrear et al. (1998), RWEQ.

    Examples
    --------
    >>> wind_terms(np.array([4.0, 5.0, 6.0, 8.0]), 5.0).round(3)
    array([ 0.   ,  1.917, 31.667])

    """
    held = np.maximum(edges_ms, threshold_ms)
    whole = held**4 / 4 - 2 * threshold_ms * held**3 / 3 + threshold_ms**2 * held**2 / 2
    return np.asarray(np.diff(whole) / np.diff(edges_ms))


def mean_wind_term(speeds_ms: Floats, threshold_ms: float) -> float:
    """Return the mean of U (U - Ut)^2 over a series of speeds [m3/s3].

    Examples
    --------
    >>> mean_wind_term(np.array([4.0, 5.0, 7.0, 7.0]), 5.0)
    14.0

    """
    over = np.maximum(speeds_ms - threshold_ms, 0.0)
    return float(np.mean(speeds_ms * over**2))


def monthly_wind(wind: WindTable, parameters: Parameters) -> Floats:
    """Return the wind factor of each month, days x mean of U2 (U2 - Ut)^2 [d m3/s3].

    Parameters
    ----------
    wind : WindTable
        Frequencies at 10 m.
    parameters : Parameters
        ``sand.threshold_ms``, ``sand.roughness_m``.

    Returns
    -------
    array, shape (12,)

    """
    ratio = speed_ratio(2.0, 10.0, parameters.number("sand.roughness_m"))
    terms = wind_terms(wind.edges_ms * ratio, parameters.number("sand.threshold_ms"))
    return np.asarray(wind.frequency.sum(axis=1) @ terms * np.asarray(DAYS))


def air_density(elevation_km: Floats | float, temperature_c: Floats | float) -> Floats:
    """Return the density of air, 348 (1.013 - 0.1183 EL + 0.0048 EL^2) / T [kg/m3].

    Notes
    -----
    Fryrear et al. (1998), RWEQ; T in K.

    Examples
    --------
    >>> air_density(0.2, 10.0).round(3).item()
    1.216

    """
    height = np.asarray(elevation_km)
    pressure = 1.013 - 0.1183 * height + 0.0048 * height**2
    return np.asarray(348.0 * pressure / (np.asarray(temperature_c) + KELVIN))


def potential_evaporation_mm(radiation_cal_cm2: Floats, temperature_c: Floats) -> Floats:
    """Return the relative potential evaporation of a period, 0.0162 (SR / 58.5) (DT + 17.8) [mm].

    Parameters
    ----------
    radiation_cal_cm2 : array
        Radiation of the period [cal/cm2].
    temperature_c : array
        Mean temperature [deg C]; below -17.8 nothing evaporates.

    Notes
    -----
    Samani and Pessarakli (1986), as in RWEQ.

    Examples
    --------
    >>> potential_evaporation_mm(np.array([12_000.0]), np.array([10.0])).round(1)
    array([92.4])

    """
    return np.asarray(0.0162 * radiation_cal_cm2 / 58.5 * np.maximum(temperature_c + 17.8, 0.0))


def wetness_factor(evaporation_mm: Floats, water_mm: Floats, wet_share: Floats) -> Floats:
    """Return the soil wetness factor SW = (ETp - (R + I) Rd / Nd) / ETp, held between 0 and 1.

    Parameters
    ----------
    evaporation_mm, water_mm : array
        Potential evaporation, rain and irrigation of a period [mm].
    wet_share : array
        Share of its days with rain or irrigation, Rd / Nd [1].

    Returns
    -------
    array
        SW [1]; 0 where nothing evaporates: the soil is wet or frozen.

    Notes
    -----
    Fryrear et al. (1998), RWEQ.

    Examples
    --------
    >>> wetness_factor(np.array([100.0, 10.0, 0.0]), np.array([30.0, 60.0, 1.0]),
    ...                np.array([0.2, 0.5, 0.1]))
    array([0.94, 0.  , 0.  ])

    """
    dry = evaporation_mm - water_mm * wet_share
    share = np.divide(dry, evaporation_mm, out=np.zeros_like(dry), where=evaporation_mm > 0)
    return np.asarray(np.clip(share, 0.0, 1.0))


def weather_factors(
    wind: WindTable, parameters: Parameters, *, rain_mm: float, ghi_kwh_m2: float
) -> Floats:
    """Return the weather factor of each month, WF = Wf x rho / g x SW x SD [kg/m].

    Parameters
    ----------
    wind : WindTable
        Frequencies at 10 m.
    parameters : Parameters
        ``sand.*``: threshold, roughness, the year's course of temperature, rain, radiation, snow.
    rain_mm, ghi_kwh_m2 : float
        Yearly rain [mm] and radiation [kWh/m2] of the area.

    Returns
    -------
    array, shape (12,)
        At sea level; density falls with elevation, which belongs to the place.

    """
    course = {
        name: np.asarray(parameters.numbers(f"sand.month.{name}"))
        for name in ("temperature_c", "rain_share", "rain_days", "radiation_share", "snow_share")
    }
    radiation = ghi_kwh_m2 * CAL_CM2_PER_KWH_M2 * course["radiation_share"]
    evaporation = potential_evaporation_mm(radiation, course["temperature_c"])
    wet_share = course["rain_days"] / np.asarray(DAYS)
    wetness = wetness_factor(evaporation, rain_mm * course["rain_share"], wet_share)
    density = air_density(0.0, course["temperature_c"])
    dry = monthly_wind(wind, parameters) * density / GRAVITY
    return np.asarray(dry * wetness * (1.0 - course["snow_share"]))


def periods(weather_kg_m: Floats, parameters: Parameters) -> Floats:
    """Return monthly weather factors by period: a month is cut into equal parts.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> periods(np.array([4.0, 6.0]), default_parameters()).tolist()
    [2.0, 2.0, 3.0, 3.0]

    """
    parts = int(parameters.number("sand.periods_per_month"))
    return np.asarray(np.repeat(weather_kg_m / parts, parts))
