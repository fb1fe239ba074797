"""How the plan's power leaves: stations, trunks, flows, and the use of substations by year."""

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from sandgrid.optimize.solution import JointSolution
from sandgrid.plan.inputs import Choices
from sandgrid.plan.terms import TECHNOLOGIES, Terms
from sandgrid.tables import conform_table
from sandgrid.units import KW_PER_MW

Integers = npt.NDArray[np.int64]


def hub_loads(builds: pd.DataFrame, years: tuple[int, ...]) -> pd.DataFrame:
    """Return what stands at each hub at the end of each year: hub_id, year, load_kw."""
    return until_each_year(builds, years, key="hub_id", value="capacity_kw").rename(
        columns={"capacity_kw": "load_kw"}
    )


def connected_loads(
    builds: pd.DataFrame, years: tuple[int, ...], *, coincidence: float
) -> pd.DataFrame:
    """Return what each hub sends at the end of each year: hub_id, year, load_kw.

    Of PV and wind at one hub the larger is sent whole and of the smaller the part that falls
    together with it; with a coincidence of 1 that is all that stands.
    """
    found = hub_loads(builds, years)
    parts = [found[["hub_id", "year"]].assign(load_kw=0) for _ in TECHNOLOGIES]
    for at, technology in enumerate(TECHNOLOGIES):
        own = builds[builds["technology"] == technology]
        if len(own):
            parts[at] = found[["hub_id", "year"]].merge(
                hub_loads(own, years), on=["hub_id", "year"], how="left"
            )
    kw = np.stack([part["load_kw"].fillna(0).to_numpy("float64") for part in parts])
    sent = np.ceil(np.round(kw.max(axis=0) + coincidence * kw.min(axis=0), 6))
    return found.assign(load_kw=sent.astype(np.int64))


def until_each_year(
    frame: pd.DataFrame, years: tuple[int, ...], *, key: str, value: str
) -> pd.DataFrame:
    """Return cumulative sums: one row per key and year.

    Examples
    --------
    >>> frame = pd.DataFrame({"hub_id": ["H1", "H1"], "year": [2024, 2025], "kw": [3, 4]})
    >>> until_each_year(frame, (2024, 2025), key="hub_id", value="kw")["kw"].tolist()
    [3, 7]

    """
    table = frame.pivot_table(index=key, columns="year", values=value, aggfunc="sum", fill_value=0)
    table = table.reindex(columns=list(years), fill_value=0).cumsum(axis=1)
    long = table.reset_index().melt(id_vars=key, var_name="year", value_name=value)
    ordered = long.sort_values([key, "year"], kind="stable", ignore_index=True)
    return ordered.astype({"year": "int64", value: "int64"})


def trunk_lines(circuits: pd.DataFrame, choices: Choices, crs: pyproj.CRS) -> gpd.GeoDataFrame:
    """Return the circuits added, along their routes, with the place where the power enters."""
    rows = circuits.merge(choices.trunk_options, on="trunk_id", how="left", validate="m:1")
    rows = rows.sort_values(["trunk_id", "year"], kind="stable", ignore_index=True)
    rows["district_id"] = rows["hub_id"].map(choices.hubs.set_index("hub_id")["district_id"])
    ends = choices.substations.set_index("substation_id")
    for column in ("district_id", "district", "lon_deg", "lat_deg"):
        rows[f"entry_{column}"] = rows["substation_id"].map(ends[column])
    lines = rows.pop("geometry").to_numpy()
    return gpd.GeoDataFrame(rows.rename(columns={"added": "circuits"}), geometry=lines, crs=crs)


def substation_table(joint: JointSolution, choices: Choices, terms: Terms) -> pd.DataFrame:
    """Return what each substation of the plan offers by year, without what is connected.

    Returns
    -------
    DataFrame
        Contract ``substation_use`` without ``connected_kw``.

    """
    added = joint.circuits.merge(
        choices.trunk_options[["trunk_id", "substation_id"]], on="trunk_id", validate="m:1"
    )
    used = sorted(set(added["substation_id"]))
    years = choices.substation_years
    table = years[years["substation_id"].isin(used) & years["year"].isin(terms.years)]
    table = table.sort_values(["substation_id", "year"], kind="stable", ignore_index=True)
    return pd.DataFrame(
        {
            "substation_id": table["substation_id"],
            "year": table["year"],
            "headroom_kw": _floor_kw(table["headroom_mw"]),
            "reinforcement_kw": _reinforced(table, joint, choices),
            "circuits": _until(table, added, "added"),
            "free_bays": table["free_bays"],
            "bays_bought": _until(table, joint.bays_bought, "count"),
        }
    )


def _floor_kw(power_mw: pd.Series) -> pd.Series:
    whole = np.floor(np.round(power_mw.to_numpy("float64") * KW_PER_MW, 6))
    return pd.Series(whole.astype(np.int64), index=power_mw.index)


def _until(table: pd.DataFrame, events: pd.DataFrame, value: str) -> Integers:
    """Return the sum of events at the substation up to the year."""
    crossed = (
        table[["substation_id", "year"]]
        .reset_index()
        .merge(events[["substation_id", "year", value]], on="substation_id", suffixes=("", "_of"))
    )
    crossed = crossed[crossed["year_of"] <= crossed["year"]]
    sums = crossed.groupby("index")[value].sum()
    return sums.reindex(table.index, fill_value=0).to_numpy("int64")


def _reinforced(table: pd.DataFrame, joint: JointSolution, choices: Choices) -> Integers:
    extra = choices.substations.set_index("substation_id")["reinforcement_mw"]
    events = joint.reinforcements
    events = events.assign(kw=_floor_kw(events["substation_id"].map(extra).astype("float64")))
    return _until(table, events, "kw")


def send_power(loads: pd.DataFrame, trunks: pd.DataFrame, offers: pd.DataFrame) -> pd.DataFrame:
    """Lead what stands at each hub to substations within circuits and headroom, year by year.

    Parameters
    ----------
    loads : DataFrame
        hub_id, year, load_kw.
    trunks : DataFrame
        hub_id, substation_id, year, circuits, circuit_mw.
    offers : DataFrame
        substation_id, year, headroom_kw, reinforcement_kw.

    Returns
    -------
    DataFrame
        Contract ``flows``; flows of nothing are left out.

    Notes
    -----
    A maximum flow in whole kW from the hubs to the substations.

    """
    frames = [
        _flows_of_year(
            loads[(loads["year"] == year) & (loads["load_kw"] > 0)],
            _links(trunks[trunks["year"] <= year]),
            offers[offers["year"] == year],
        ).assign(year=year)
        for year in sorted(set(loads["year"]))
    ]
    names = ["hub_id", "substation_id", "year", "flow_kw"]
    joined = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=names)
    ordered = joined.sort_values(names[:3], kind="stable", ignore_index=True)
    return conform_table(ordered[names], "flows")


def _links(trunks: pd.DataFrame) -> pd.DataFrame:
    kw = trunks["circuits"] * np.floor(trunks["circuit_mw"] * KW_PER_MW)
    keys = ["hub_id", "substation_id"]
    return trunks.assign(kw=kw.astype("int64")).groupby(keys, sort=True)["kw"].sum().reset_index()


def _flows_of_year(loads: pd.DataFrame, links: pd.DataFrame, offers: pd.DataFrame) -> pd.DataFrame:
    hubs, stations = loads["hub_id"].tolist(), offers["substation_id"].tolist()
    links = links[links["hub_id"].isin(hubs)].reset_index(drop=True)
    first, last = len(hubs), len(hubs) + len(stations)
    at_hub = links["hub_id"].map({h: i for i, h in enumerate(hubs)}).to_numpy("int64")
    at_station = links["substation_id"].map({s: first + i for i, s in enumerate(stations)})
    room = (offers["headroom_kw"] + offers["reinforcement_kw"]).clip(lower=0).to_numpy("int64")
    rows = np.concatenate([np.full(first, last), at_hub, np.arange(first, last)])
    columns = np.concatenate([np.arange(first), at_station, np.full(len(room), last + 1)])
    kw = np.concatenate([loads["load_kw"], links["kw"], room]).astype("int32")
    size = last + 2
    graph = csr_array((kw, (rows.astype("int32"), columns.astype("int32"))), shape=(size, size))
    flow = maximum_flow(graph, last, last + 1).flow.tocsr() if first else graph * 0
    sent = np.array([flow[i, j] for i, j in zip(at_hub, at_station, strict=True)], dtype="int64")
    found = links[["hub_id", "substation_id"]].assign(flow_kw=sent)
    return found[found["flow_kw"] > 0]


def with_connected(offers: pd.DataFrame, flows: pd.DataFrame) -> pd.DataFrame:
    """Return the contract ``substation_use``: offers and what flows in."""
    keys = ["substation_id", "year"]
    into = flows.groupby(keys, as_index=False)["flow_kw"].sum()
    table = offers.merge(into, on=keys, how="left", validate="1:1")
    connected = table.pop("flow_kw").fillna(0).astype("int64")
    return conform_table(table.assign(connected_kw=connected), "substation_use")
