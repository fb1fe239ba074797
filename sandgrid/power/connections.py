"""How power may leave the sites of an area: hubs, links, trunks and substations together."""

from collections.abc import Callable
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from sandgrid.layers.notices import Report, SandGridWarning, warn
from sandgrid.params import Parameters
from sandgrid.power.hubs import find_hubs, link_sites
from sandgrid.power.routes import passable
from sandgrid.power.substations import SubstationTables, most_headroom_mw
from sandgrid.power.surface import Surface
from sandgrid.power.trunks import list_trunks, no_way
from sandgrid.units import MU_PER_HA

Floats = npt.NDArray[np.float64]
SurfaceAround = Callable[[Floats], Surface]


@dataclass(frozen=True)
class Connections:
    """Ways from sites to substations.

    Parameters
    ----------
    hubs, trunk_options, substations, substation_years : DataFrame
        Contracts of the same names; trunk options with their routes.
    links : DataFrame
        site_id, hub_id, distance_km: hubs that each site may feed, nearest first.

    """

    hubs: pd.DataFrame
    links: pd.DataFrame
    trunk_options: gpd.GeoDataFrame
    substations: pd.DataFrame
    substation_years: pd.DataFrame


def connect_sites(
    sites: pd.DataFrame,
    stations: SubstationTables,
    surface_around: SurfaceAround,
    *,
    parameters: Parameters,
    report: Report = warn,
) -> Connections:
    """List hubs near the sites and the circuits that may lead from them to substations.

    Parameters
    ----------
    sites : DataFrame
        Contract ``sites``.
    stations : SubstationTables
        Substations and what is free at them.
    surface_around : callable
        Returns what a metre of line costs around places, shape (n, 2), x and y [m].
    parameters : Parameters
        ``power.*``; ``pv.*`` and ``wind.*`` for the size of units.
    report : callable
        Takes warnings that name substations without headroom or behind barriers, hubs out of
        reach of any substation, and sites out of reach of any hub.

    Raises
    ------
    InputError
        If none of the substations can be reached.

    """
    candidates = find_hubs(sites.assign(buildable_mw=buildable_mw(sites, parameters)), parameters)
    worth = _worth(stations, parameters, report)
    surface = surface_around(_places(candidates, worth))
    usable = _outside_barriers(worth, surface, report)
    if usable.empty:
        raise no_way(candidates, worth)
    trunks = list_trunks(candidates, usable, surface, parameters)
    reached = candidates["hub_id"].isin(trunks["hub_id"])
    _tell("power-hubs-unreached", candidates.loc[~reached, "hub_id"], report)
    hubs = candidates[reached].reset_index(drop=True)
    links = link_sites(sites, hubs, parameters)
    linked = sites["site_id"].isin(links["site_id"])
    _tell("power-sites-unlinked", sites.loc[~linked, "site_id"], report)
    return Connections(
        hubs=hubs,
        links=links,
        trunk_options=trunks,
        substations=stations.substations,
        substation_years=stations.years,
    )


def _places(*frames: pd.DataFrame) -> Floats:
    return np.vstack([frame[["x_m", "y_m"]].to_numpy(dtype=np.float64) for frame in frames])


def _outside_barriers(substations: pd.DataFrame, surface: Surface, report: Report) -> pd.DataFrame:
    """Return the substations to which a line may lead at all."""
    free = passable(_places(substations), surface)
    _tell("power-substations-walled", substations.loc[~free, "substation"], report)
    return substations[free].reset_index(drop=True)


def buildable_mw(sites: pd.DataFrame, parameters: Parameters) -> npt.NDArray[np.float64]:
    """Return the larger of the PV and the wind capacity that each site can carry, up to a hub's.

    Parameters
    ----------
    sites : DataFrame
        pv_net_ha, turbine_positions.
    parameters : Parameters
        ``pv.gross_mu_per_mw``, ``wind.turbine_mw``, ``power.hub_max_mw``.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> sites = pd.DataFrame({"pv_net_ha": [56.0, 0.0], "turbine_positions": [1, 500]})
    >>> buildable_mw(sites, default_parameters()).tolist()
    [30.0, 600.0]

    """
    pv_mw = sites["pv_net_ha"] * MU_PER_HA / parameters.number("pv.gross_mu_per_mw")
    wind_mw = sites["turbine_positions"] * parameters.number("wind.turbine_mw")
    most = np.maximum(pv_mw.to_numpy(dtype=np.float64), wind_mw.to_numpy(dtype=np.float64))
    return np.asarray(np.minimum(most, parameters.number("power.hub_max_mw")), dtype=np.float64)


def _worth(stations: SubstationTables, parameters: Parameters, report: Report) -> pd.DataFrame:
    """Return the substations that are worth a circuit in some year."""
    most = most_headroom_mw(stations)
    places = stations.substations
    full = places["substation_id"].map(most) <= 0
    _tell("power-substations-full", places.loc[full, "substation"], report)
    worth = places["substation_id"].map(most) >= parameters.number("power.least_headroom_mw")
    return places[worth].reset_index(drop=True)


def _tell(key: str, names: "pd.Series[str]", report: Report) -> None:
    if len(names):
        report(SandGridWarning(key, {"count": len(names), "names": ", ".join(names)}))
