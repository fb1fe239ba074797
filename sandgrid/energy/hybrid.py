"""Wind and sun behind one connection: what must be curtailed, hour by hour."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sandgrid.energy.curves import power_curve
from sandgrid.energy.solar import Place, pv_power, skies_over
from sandgrid.energy.sun import typical_times
from sandgrid.energy.wind import air_density_kg_m3, hub_speed_ms, kept_share
from sandgrid.errors import InputError
from sandgrid.params import Parameters

Floats = npt.NDArray[np.float64]
QUANTILES: Final = 40
HOURS_OF_DAY: Final = 24


@dataclass(frozen=True, eq=False)
class Profile:
    """What a MW of PV and a MW of wind yield in the hours of typical days, with their chances.

    Parameters
    ----------
    hours : array, shape (n,)
        Hours of the year that each stands for [h].
    pv : array, shape (n, s)
        PV power over AC capacity under each sky [1].
    pv_chance : array, shape (s,)
        Chance of each sky [1].
    wind : array, shape (n, q)
        Wind power over capacity at equally likely wind speeds [1].

    """

    hours: Floats
    pv: Floats
    pv_chance: Floats
    wind: Floats


def typical_profile(
    place: Place, parameters: Parameters, *, ghi_kwh_m2: float, wind_ms: float
) -> Profile:
    """Return the profile of a site from its yearly means.

    Parameters
    ----------
    place : tuple of three floats
        Latitude, longitude [deg], elevation [m].
    parameters : Parameters
        ``pv.*``, ``wind.*``, ``energy.*``, ``hazard.soiling``, ``hazard.abrasion``.
    ghi_kwh_m2 : float
        Irradiation on the horizontal [kWh/m2/a].
    wind_ms : float
        Mean wind speed at the height of the map [m/s].

    Notes
    -----
    Skies and winds are taken as independent within an hour of a month; both follow the month and
    the clock.

    """
    times, hours = typical_times(parameters.number("energy.utc_offset_h"))
    skies = skies_over(place, times, parameters)
    ghi = [float((sky["ghi"] * hours).sum()) / 1_000 for sky in skies]
    clear = (ghi_kwh_m2 - ghi[1]) / (ghi[0] - ghi[1])
    if not 0 <= clear <= 1:
        values = {"ghi": f"{ghi_kwh_m2:.0f}", "most": f"{ghi[0]:.0f}"}
        raise InputError("energy-ghi-impossible", values)
    dust = parameters.number("hazard.soiling")
    pv = np.column_stack([pv_power(sky["poa"], dust, parameters) for sky in skies])
    months, clock = times.month.to_numpy() - 1, times.hour.to_numpy()
    wind = _wind(wind_ms * _wind_factor(months, clock, parameters), place[2], parameters)
    return Profile(hours, pv, np.array([clear, 1 - clear]), wind)


def _wind_factor(
    months: npt.NDArray[np.int64], clock: npt.NDArray[np.int64], parameters: Parameters
) -> Floats:
    """Return the mean wind of each hour over that of the year."""
    monthly = np.asarray(parameters.numbers("wind.month_factors"), dtype=np.float64)[months]
    swing = parameters.number("wind.daily_swing")
    peak = parameters.number("wind.windiest_hour")
    daily = 1 + swing * np.cos((clock - peak) / HOURS_OF_DAY * 2 * np.pi)
    factor = monthly * daily
    return np.asarray(factor / factor.mean(), dtype=np.float64)


def _wind(means_ms: Floats, elevation_m: float, parameters: Parameters) -> Floats:
    """Return wind power over capacity at equally likely speeds around each mean."""
    shape = parameters.number("wind.weibull_shape")
    steps = (np.arange(QUANTILES) + 0.5) / QUANTILES
    shares = (-np.log1p(-steps)) ** (1 / shape)
    speeds = hub_speed_ms(means_ms, parameters)[:, None] * (shares / shares.mean())[None, :]
    curve = power_curve(parameters)
    density = float(air_density_kg_m3(np.array([elevation_m]), parameters)[0])
    kept = kept_share(parameters) * (1 - parameters.number("hazard.abrasion"))
    return np.asarray(curve.at(speeds, density) / curve.rated_mw * kept, dtype=np.float64)


def curtailed_share(profile: Profile, *, pv_mw: float, wind_mw: float, limit_mw: float) -> float:
    """Return the share of the energy that does not fit through the connection.

    Parameters
    ----------
    profile : Profile
        Of the site.
    pv_mw, wind_mw : float
        Capacities [MW].
    limit_mw : float
        What the connection carries [MW].

    Examples
    --------
    >>> flat = Profile(np.ones(1), np.array([[1.0, 0.0]]), np.array([0.5, 0.5]), np.ones((1, 1)))
    >>> curtailed_share(flat, pv_mw=10.0, wind_mw=10.0, limit_mw=15.0)
    0.16666666666666666

    """
    made = profile.pv[:, :, None] * pv_mw + profile.wind[:, None, :] * wind_mw
    lost = np.maximum(made - limit_mw, 0.0)
    chances = profile.pv_chance[None, :, None] / profile.wind.shape[1]
    weights = profile.hours[:, None, None] * chances
    total = float((made * weights).sum())
    return float((lost * weights).sum()) / total if total else 0.0


def series_curtailed_share(pv_mw: Floats, wind_mw: Floats, *, limit_mw: float) -> float:
    """Return the share of the energy of two hourly series that does not fit.

    Parameters
    ----------
    pv_mw, wind_mw : array, shape (n,)
        Power of both plants in the same hours [MW].
    limit_mw : float
        What the connection carries [MW].

    Raises
    ------
    InputError
        If the series differ in length or hold unknown values.

    Examples
    --------
    >>> series_curtailed_share(np.array([5.0, 0.0]), np.array([5.0, 5.0]), limit_mw=8.0)
    0.13333333333333333

    """
    if pv_mw.shape != wind_mw.shape or not np.isfinite(pv_mw + wind_mw).all():
        values = {"one": len(pv_mw), "other": len(wind_mw)}
        raise InputError("energy-series-differ", values)
    made = pv_mw + wind_mw
    total = float(made.sum())
    return float(np.maximum(made - limit_mw, 0.0).sum()) / total if total else 0.0
