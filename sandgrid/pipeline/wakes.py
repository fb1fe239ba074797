"""Wakes of the turbine positions of each site, where a scenario asks for them."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from sandgrid.energy.wakes import uses_park, wake_loss
from sandgrid.errors import InputError
from sandgrid.params import Parameters
from sandgrid.parcels import Sites
from sandgrid.pipeline.sand import WIND
from sandgrid.sand.wind import WindTable

Floats = npt.NDArray[np.float64]


def sites_with_wakes(sites: Sites, wind: WindTable | None, parameters: Parameters) -> pd.DataFrame:
    """Return the sites, with ``wake_share`` where ``wind.wake_model`` is park.

    Parameters
    ----------
    sites : Sites
        With turbine positions, all of which are taken as built.
    wind : WindTable or None
        Where the wind blows from.
    parameters : Parameters
        ``wind.*``, ``energy.*``.

    Raises
    ------
    InputError
        If wakes are asked for and there is no table of the wind.

    """
    if not uses_park(parameters):
        return pd.DataFrame(sites.sites)
    if wind is None:
        raise InputError("energy-no-rose", {"name": WIND})
    rose, turn_deg = energy_rose(wind), -sites.lattice.strip.north_deg
    places = dict(iter(sites.turbine_positions.groupby("site_id")[["x_m", "y_m"]]))
    rows = sites.sites[["site_id", "wind_ms", "elevation_m"]]
    height_m = parameters.number("energy.elevation_m")
    shares = [
        wake_loss(
            places[site].to_numpy(dtype=np.float64),
            rose,
            parameters,
            mean_ms=float(speed),
            elevation_m=float(height) if np.isfinite(height) else height_m,
            convergence_deg=turn_deg,
        )
        if site in places
        else 0.0
        for site, speed, height in rows.itertuples(index=False)
    ]
    return pd.DataFrame(sites.sites).assign(wake_share=shares)


def energy_rose(wind: WindTable) -> Floats:
    """Return the share of the energy of the wind by the sector that it blows from [1].

    Parameters
    ----------
    wind : WindTable
        Frequencies by month, sector and speed.

    """
    middle = (wind.edges_ms[:-1] + wind.edges_ms[1:]) / 2
    energy = (wind.frequency * middle**3).sum(axis=(0, 2))
    return np.asarray(energy / energy.sum(), dtype=np.float64)
