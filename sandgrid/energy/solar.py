"""Yield of PV: clear and overcast days mixed to the irradiation map, led to the grid."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from pvlib import inverter, irradiance, pvsystem, temperature
from scipy.interpolate import RegularGridInterpolator

from sandgrid.energy.sun import clear_sky, overcast_sky, sun_angles, typical_times
from sandgrid.errors import InputError
from sandgrid.params import Parameters

Floats = npt.NDArray[np.float64]
Place = tuple[float, float, float]
CLEAR, OVERCAST = 0, 1
GHI, HOURS = 0, 1
W_PER_KW: Final = 1_000.0
SOUTH_DEG: Final = 180.0
WARMEST_H: Final = 15
LAT_STEP_DEG: Final = 1.0
ELEVATION_STEP_M: Final = 500.0
SOILING_STEP: Final = 0.02
MOST_CLEAR: Final = 1.03


@dataclass(frozen=True, eq=False)
class PvSites:
    """Where PV stands: arrays of equal length.

    Parameters
    ----------
    ghi_kwh_m2 : array
        Irradiation on the horizontal [kWh/m2/a].
    lat_deg : array
        Latitude [deg].
    elevation_m : array
        Height above the sea [m].
    soiling : array
        Share of the irradiation lost to dust [1].

    """

    ghi_kwh_m2: Floats
    lat_deg: Floats
    elevation_m: Floats
    soiling: Floats


def pv_full_load_hours(sites: PvSites, parameters: Parameters, *, lon_deg: float) -> Floats:
    """Return the yearly yield of a MW of AC capacity before curtailment.

    Days are clear or overcast; the share of clear days is that at which their irradiation is the
    map's.  A year under either sky is computed at the nodes of a lattice of latitude, elevation
    and soiling and interpolated between them.

    Parameters
    ----------
    sites : PvSites
        Where.
    parameters : Parameters
        ``pv.*``, ``energy.utc_offset_h``.
    lon_deg : float
        Longitude of the area's middle; only the clock depends on it [deg].

    Returns
    -------
    array, shape (n,)
        Full-load hours [MWh/MW/a]; NaN where the irradiation is NaN.

    Raises
    ------
    InputError
        If the map gives more than a clear sky or less than an overcast one.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> one = np.array([1450.0]), np.array([43.5]), np.array([250.0]), np.array([0.04])
    >>> hours = pv_full_load_hours(PvSites(*one), default_parameters(), lon_deg=121.5)
    >>> bool(1_700 < hours[0] < 1_850)
    True

    """
    if not len(sites.ghi_kwh_m2):
        return np.empty(0)
    axes = (
        _nodes(sites.lat_deg, LAT_STEP_DEG),
        _nodes(sites.elevation_m, ELEVATION_STEP_M),
        _nodes(sites.soiling, SOILING_STEP),
    )
    at = np.column_stack([sites.lat_deg, sites.elevation_m, sites.soiling])
    nodes = np.array(
        [
            [_years((lat, lon_deg, height), axes[2], parameters) for height in axes[1]]
            for lat in axes[0]
        ]
    )

    def field(sky: int, what: int) -> Floats:
        return np.asarray(RegularGridInterpolator(axes, nodes[..., sky, what])(at))

    share = _clear_share(sites.ghi_kwh_m2, field(CLEAR, GHI), field(OVERCAST, GHI))
    return np.asarray(share * field(CLEAR, HOURS) + (1 - share) * field(OVERCAST, HOURS))


def _nodes(values: Floats, step: float) -> Floats:
    low, high = np.floor(values.min() / step), np.ceil(values.max() / step)
    return np.asarray(np.arange(low, max(high, low + 1) + 1) * step, dtype=np.float64)


def _clear_share(ghi: Floats, clear: Floats, overcast: Floats) -> Floats:
    """Return the share of clear days that gives the irradiation of the map."""
    share = (ghi - overcast) / (clear - overcast)
    strange = (share < 0) | (share > MOST_CLEAR)
    if strange.any():
        first = int(np.flatnonzero(strange)[0])
        values = {"ghi": f"{ghi[first]:.0f}", "most": f"{clear[first]:.0f}"}
        raise InputError("energy-ghi-impossible", values)
    return np.asarray(share)


def _years(place: Place, soiling: Floats, parameters: Parameters) -> Floats:
    """Return irradiation [kWh/m2/a] and full-load hours, shape (soiling, 2 skies, 2 figures)."""
    times, hours = typical_times(parameters.number("energy.utc_offset_h"))
    skies = skies_over(place, times, parameters)
    ghi = [float((sky["ghi"] * hours).sum()) / W_PER_KW for sky in skies]
    return np.array(
        [
            [
                (ghi[number], float((pv_power(sky["poa"], dust, parameters) * hours).sum()))
                for number, sky in enumerate(skies)
            ]
            for dust in soiling.tolist()
        ]
    )


def skies_over(
    place: Place, times: pd.DatetimeIndex, parameters: Parameters
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return irradiance under a clear and under an overcast sky.

    Parameters
    ----------
    place : tuple of three floats
        Latitude, longitude [deg], elevation [m].
    times : DatetimeIndex
        With a zone.
    parameters : Parameters
        ``pv.*``.

    Returns
    -------
    tuple of two DataFrames
        ghi, dni, dhi and poa, that on the plane of the array [W/m2], by time.

    Notes
    -----
    Transposition of Hay and Davies (1980), by pvlib.

    """
    lat_deg, lon_deg, elevation_m = place
    angles = sun_angles(times, lat_deg=lat_deg, lon_deg=lon_deg, elevation_m=elevation_m)
    linke = parameters.numbers("pv.linke_turbidity")
    clear = clear_sky(times, angles, linke=linke, elevation_m=elevation_m)
    overcast = overcast_sky(clear, angles, parameters.number("pv.overcast_index"))
    return _on_plane(clear, angles, parameters), _on_plane(overcast, angles, parameters)


def _on_plane(sky: pd.DataFrame, angles: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    plane = irradiance.get_total_irradiance(
        parameters.number("pv.tilt_deg"),
        SOUTH_DEG,
        angles["apparent_zenith"],
        angles["azimuth"],
        sky["dni"],
        sky["ghi"],
        sky["dhi"],
        dni_extra=irradiance.get_extra_radiation(angles.index),
        albedo=parameters.number("pv.albedo"),
        model="haydavies",
    )
    return sky.assign(poa=plane["poa_global"].fillna(0.0))


def pv_power(poa_w_m2: "pd.Series[float]", soiling: float, parameters: Parameters) -> Floats:
    """Return the power of PV at the grid, as a share of its AC capacity.

    Parameters
    ----------
    poa_w_m2 : Series
        Irradiance on the plane of the array by time [W/m2].
    soiling : float
        Share lost to dust [1].
    parameters : Parameters
        ``pv.*``.

    Returns
    -------
    array, shape (n,)
        Power over AC capacity [1].

    Notes
    -----
    Cell temperature of Faiman (2008); modules and inverter of PVWatts (Dobos 2014), which cuts
    off at the rating; by pvlib.

    """
    caught = poa_w_m2.to_numpy(dtype=np.float64) * (1 - soiling)
    caught = caught * (1 + parameters.number("pv.bifacial_gain"))
    air_c = air_temperature_c(pd.DatetimeIndex(poa_w_m2.index), parameters)
    cell_c = temperature.faiman(caught, air_c, parameters.number("pv.wind_at_modules_ms"))
    ratio = parameters.number("pv.dc_ac_ratio")
    coefficient = parameters.number("pv.temperature_coefficient_per_c")
    dc = pvsystem.pvwatts_dc(caught, cell_c, ratio, coefficient)
    efficiency = parameters.number("pv.inverter_efficiency")
    ac = inverter.pvwatts(dc * (1 - parameters.number("pv.array_loss")), 1 / efficiency, efficiency)
    return np.asarray(ac * (1 - parameters.number("pv.grid_loss")), dtype=np.float64)


def air_temperature_c(times: pd.DatetimeIndex, parameters: Parameters) -> Floats:
    """Return the temperature of the air: mean of the month and a daily wave."""
    means = np.asarray(parameters.numbers("energy.air_temperature_c"), dtype=np.float64)
    clock = times.hour.to_numpy() + times.minute.to_numpy() / 60
    wave = np.cos((clock - WARMEST_H) / 24 * 2 * np.pi)
    swing = parameters.number("energy.daily_swing_c") / 2
    return np.asarray(means[times.month.to_numpy() - 1] + swing * wave, dtype=np.float64)
