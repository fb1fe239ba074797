"""Candidate hubs where buildable capacity lies, and the sites that may feed them."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from sandgrid.params import Parameters
from sandgrid.tables import conform_table

M_PER_KM = 1_000.0
Floats = npt.NDArray[np.float64]


def find_hubs(sites: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    """Choose candidate places of collector stations among the centres of sites.

    The site with the most capacity not yet covered within ``power.hub_cover_km`` becomes a hub,
    again and again until every site is covered (greedy covering); ties go to the larger site,
    then to the lower id.

    Parameters
    ----------
    sites : DataFrame
        site_id, district_id, x_m, y_m, lon_deg, lat_deg, buildable_mw.
    parameters : Parameters
        ``power.*``.

    Returns
    -------
    DataFrame
        Contract ``hubs``, numbered from H001 in the order of the sites they stand at.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> sites = pd.DataFrame({
    ...     "site_id": ["S001", "S002", "S003"], "district_id": "150524",
    ...     "x_m": [0.0, 5_000.0, 90_000.0], "y_m": 0.0, "lon_deg": 121.5, "lat_deg": 43.0,
    ...     "buildable_mw": [50.0, 80.0, 30.0]})
    >>> find_hubs(sites, default_parameters())[["hub_id", "x_m"]].to_numpy().tolist()
    [['H001', 5000.0], ['H002', 90000.0]]

    """
    ordered = sites.sort_values("site_id", kind="stable", ignore_index=True)
    near = _neighbours(ordered, parameters.number("power.hub_cover_km"))
    chosen = _cover(near, ordered["buildable_mw"].to_numpy(dtype=np.float64))
    hubs = ordered.loc[chosen, ["district_id", "x_m", "y_m", "lon_deg", "lat_deg"]].assign(
        hub_id=[f"H{number:03d}" for number in range(1, len(chosen) + 1)],
        station_cny=parameters.number("power.hub_station_cny"),
        max_mw=parameters.number("power.hub_max_mw"),
    )
    return conform_table(hubs.reset_index(drop=True), "hubs")


def _neighbours(sites: pd.DataFrame, reach_km: float) -> list[list[int]]:
    if sites.empty:
        return []
    points = sites[["x_m", "y_m"]].to_numpy(dtype=np.float64)
    tree = cKDTree(points)
    return [sorted(tree.query_ball_point(point, reach_km * M_PER_KM)) for point in points]


def _cover(near: list[list[int]], weight: Floats) -> list[int]:
    """Return the chosen indices, ascending, so that each index is near a chosen one."""
    left = weight.copy()
    covered = np.zeros(len(near), dtype=bool)
    chosen: list[int] = []
    while not covered.all():
        open_places = [i for i in range(len(near)) if not covered[i]]
        best = max(open_places, key=lambda i: (left[near[i]].sum(), weight[i], -i))
        chosen.append(best)
        covered[near[best]] = True
        left[near[best]] = 0.0
    return sorted(chosen)


def link_sites(sites: pd.DataFrame, hubs: pd.DataFrame, parameters: Parameters) -> pd.DataFrame:
    """List the nearest hubs that each site may feed.

    Parameters
    ----------
    sites : DataFrame
        site_id, x_m, y_m.
    hubs : DataFrame
        hub_id, x_m, y_m.
    parameters : Parameters
        ``power.collector_reach_km``, ``power.hubs_per_site``.

    Returns
    -------
    DataFrame
        site_id, hub_id, distance_km (straight); by site, nearest first, ties by hub id.

    """
    pairs = sites[["site_id", "x_m", "y_m"]].merge(
        hubs[["hub_id", "x_m", "y_m"]], how="cross", suffixes=("", "_hub")
    )
    pairs["distance_km"] = (
        np.hypot(pairs["x_m"] - pairs["x_m_hub"], pairs["y_m"] - pairs["y_m_hub"]) / M_PER_KM
    )
    near = pairs[pairs["distance_km"] <= parameters.number("power.collector_reach_km")]
    ordered = near.sort_values(["site_id", "distance_km", "hub_id"], kind="stable")
    most = int(parameters.number("power.hubs_per_site"))
    links = ordered.groupby("site_id", sort=False).head(most)
    return links[["site_id", "hub_id", "distance_km"]].reset_index(drop=True)
