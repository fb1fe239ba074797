"""What the connection of a hub that carries wind and sun cuts off in a typical year."""

import numpy as np
import pandas as pd

from sandgrid.energy.hybrid import curtailed_share, typical_profile
from sandgrid.params import Parameters
from sandgrid.plan.connection import connected_loads
from sandgrid.units import KW_PER_MW

MEANS = ("lat_deg", "lon_deg", "elevation_m", "ghi_kwh_m2", "wind_ms")


def with_curtailment(
    stations: pd.DataFrame, builds: pd.DataFrame, sites: pd.DataFrame, parameters: Parameters
) -> pd.DataFrame:
    """Return stations with the share of the yearly energy that their connection cuts off.

    Parameters
    ----------
    stations, builds, sites : DataFrame
        Contracts of the same names.
    parameters : Parameters
        ``programme.hybrid_coincidence``; where it is below 1, those of
        :func:`sandgrid.energy.hybrid.typical_profile`.

    Returns
    -------
    DataFrame
        With ``curtailed_share`` [1]: 0 where the connection carries all that stands; else from
        typical days at the capacity-weighted mean place, irradiation and wind of the sites.

    """
    part = parameters.number("programme.hybrid_coincidence")
    limits: dict[str, int] = {}
    if len(builds):
        years = tuple(sorted({int(year) for year in builds["year"]}))
        sent = connected_loads(builds, years, coincidence=part)
        sent = sent[sent["year"] == years[-1]]
        limits = {
            str(hub): int(kw) for hub, kw in zip(sent["hub_id"], sent["load_kw"], strict=True)
        }
    shares = [_share(hub, limits, builds, sites, parameters) for hub in stations["hub_id"]]
    return stations.assign(curtailed_share=np.asarray(shares, dtype=np.float64))


def _share(
    hub: str,
    limits: dict[str, int],
    builds: pd.DataFrame,
    sites: pd.DataFrame,
    parameters: Parameters,
) -> float:
    """Return the share that one hub loses."""
    own = builds[builds["hub_id"] == hub]
    kw = {g: int(own.loc[own["technology"] == g, "capacity_kw"].sum()) for g in ("pv", "wind")}
    limit_kw = limits.get(hub, 0)
    if limit_kw >= sum(kw.values()):
        return 0.0
    table = sites.set_index("site_id").loc[own["site_id"], list(MEANS)]
    known = table.fillna({"elevation_m": parameters.number("energy.elevation_m")})
    lat, lon, height, ghi, wind = np.average(known, axis=0, weights=own["capacity_kw"])
    place = (float(lat), float(lon), float(height))
    profile = typical_profile(place, parameters, ghi_kwh_m2=float(ghi), wind_ms=float(wind))
    return curtailed_share(
        profile,
        pv_mw=kw["pv"] / KW_PER_MW,
        wind_mw=kw["wind"] / KW_PER_MW,
        limit_mw=limit_kw / KW_PER_MW,
    )
