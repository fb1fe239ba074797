"""The sun over a place: angles, typical days under clear and overcast skies, clocks checked."""

from collections.abc import Sequence
from datetime import timedelta, timezone
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from pvlib import atmosphere, clearsky, irradiance, solarposition

from sandgrid.errors import InputError

Floats = npt.NDArray[np.float64]
DAYS_OF_MONTH: Final = (5, 15, 25)
YEAR: Final = 2023
HOURS_OF_DAY: Final = 24
LARGEST_CLOCK_ERROR_H: Final = 1.5
MIDDAY_H: Final = 12.0


def sun_angles(
    times: pd.DatetimeIndex, *, lat_deg: float, lon_deg: float, elevation_m: float = 0.0
) -> pd.DataFrame:
    """Return where the sun stands.

    Parameters
    ----------
    times : DatetimeIndex
        With a time zone.
    lat_deg, lon_deg : float
        Place [deg].
    elevation_m : float
        Height above the sea [m].

    Returns
    -------
    DataFrame
        zenith, apparent_zenith (refracted), azimuth (from north, clockwise) [deg] and others.

    Raises
    ------
    InputError
        If the times have no zone: local time taken for UTC turns the sun by 120 degrees here.

    Notes
    -----
    Solar position algorithm (SPA): Reda and Andreas, NREL/TP-560-34302, by pvlib.

    Examples
    --------
    >>> noon = pd.DatetimeIndex(["2023-06-21 11:50"]).tz_localize("Asia/Shanghai")
    >>> round(float(sun_angles(noon, lat_deg=43.5, lon_deg=122.0)["zenith"].iloc[0]), 1)
    20.1

    """
    if times.tz is None:
        raise InputError("energy-no-time-zone", {})
    found = solarposition.get_solarposition(times, lat_deg, lon_deg, altitude=elevation_m)
    return pd.DataFrame(found)


def typical_times(utc_offset_h: float) -> tuple[pd.DatetimeIndex, Floats]:
    """Return the half hours of three days of each month, and the hours that each stands for.

    Examples
    --------
    >>> times, hours = typical_times(8)
    >>> len(times), float(hours.sum())
    (864, 8760.0)

    """
    zone = timezone(timedelta(hours=utc_offset_h))
    starts = [
        pd.Timestamp(YEAR, month, day, tz=zone) for month in range(1, 13) for day in DAYS_OF_MONTH
    ]
    clock = pd.to_timedelta(np.arange(HOURS_OF_DAY) + 0.5, unit="h")
    times = pd.DatetimeIndex([start + step for start in starts for step in clock])
    days = times.days_in_month.to_numpy(dtype=np.float64)
    return times, np.asarray(days / len(DAYS_OF_MONTH), dtype=np.float64)


def clear_sky(
    times: pd.DatetimeIndex, angles: pd.DataFrame, *, linke: Sequence[float], elevation_m: float
) -> pd.DataFrame:
    """Return irradiance under a clear sky.

    Parameters
    ----------
    times : DatetimeIndex
        With a time zone.
    angles : DataFrame
        Of :func:`sun_angles`.
    linke : sequence of 12 floats
        Linke turbidity of each month [1].
    elevation_m : float
        Height above the sea [m].

    Returns
    -------
    DataFrame
        ghi, dni, dhi [W/m2].

    Notes
    -----
    Ineichen and Perez (2002), by pvlib.

    """
    turbidity = np.asarray(linke, dtype=np.float64)[times.month.to_numpy() - 1]
    pressure = atmosphere.alt2pres(elevation_m)
    airmass = atmosphere.get_absolute_airmass(
        atmosphere.get_relative_airmass(angles["apparent_zenith"]), pressure
    )
    extra = irradiance.get_extra_radiation(times)
    sky = clearsky.ineichen(
        angles["apparent_zenith"], airmass, turbidity, altitude=elevation_m, dni_extra=extra
    )
    return pd.DataFrame(sky)


def overcast_sky(clear: pd.DataFrame, angles: pd.DataFrame, index: float) -> pd.DataFrame:
    """Return irradiance when clouds let a share of the clear sky's through.

    Parameters
    ----------
    clear : DataFrame
        Of :func:`clear_sky`.
    angles : DataFrame
        Of :func:`sun_angles`.
    index : float
        Share of the clear sky's global irradiance [1].

    Notes
    -----
    Diffuse share by Erbs, Klein and Duffie (1982), by pvlib.

    """
    ghi = clear["ghi"] * index
    split = irradiance.erbs(ghi, angles["zenith"], clear.index)
    return pd.DataFrame({"ghi": ghi, "dni": split["dni"], "dhi": split["dhi"]})


def clock_error_h(series: "pd.Series[float]", *, lon_deg: float) -> float:
    """Return by how many hours the middle of the irradiation misses the sun's noon.

    Parameters
    ----------
    series : Series
        Irradiance of whole days by time with a zone [W/m2].
    lon_deg : float
        Longitude [deg].

    Raises
    ------
    InputError
        If the times have no zone.

    Examples
    --------
    >>> hours = pd.date_range("2023-03-20", periods=24, freq="h", tz="Etc/GMT-8")
    >>> sun = pd.Series(np.clip(np.sin((np.arange(24) - 6) / 12 * np.pi), 0, None), index=hours)
    >>> round(clock_error_h(sun, lon_deg=120.0), 1)
    -0.1

    """
    times = pd.DatetimeIndex(series.index)
    if times.tz is None:
        raise InputError("energy-no-time-zone", {})
    utc = times.tz_convert("UTC")
    minutes = solarposition.equation_of_time_spencer71(utc.day_of_year)
    clock = utc.hour + utc.minute / 60 + lon_deg / 15 + np.asarray(minutes) / 60
    angle = clock.to_numpy() / HOURS_OF_DAY * 2 * np.pi
    mean = np.angle(np.sum(series.to_numpy() * np.exp(1j * angle)))
    noon = mean / (2 * np.pi) * HOURS_OF_DAY - MIDDAY_H
    return float((noon + MIDDAY_H) % HOURS_OF_DAY - MIDDAY_H)


def require_local_clock(series: "pd.Series[float]", *, lon_deg: float, name: str) -> None:
    """Refuse a series of irradiance whose clock is not that of its place.

    Raises
    ------
    InputError
        If its middle misses the sun's noon by more than an hour and a half, as when UTC is taken
        for local time or the other way round.

    """
    error_h = clock_error_h(series, lon_deg=lon_deg)
    if abs(error_h) > LARGEST_CLOCK_ERROR_H:
        raise InputError("energy-clock-wrong", {"name": name, "hours": f"{error_h:+.1f}"})
