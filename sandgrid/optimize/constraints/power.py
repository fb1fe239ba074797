"""Rows on the way to the substation: stations, circuits, bays, headroom."""

import numpy as np
import pandas as pd

from sandgrid.optimize.case import TECHNOLOGIES, Case
from sandgrid.optimize.columns import Columns
from sandgrid.optimize.constraints.terms import a_year_later, bounded, keyed, until_each_year
from sandgrid.optimize.problem import Rows, make_rows

HUB = ["hub_id", "year"]
LINK = ["hub_id", "substation_id", "year"]
STATION = ["substation_id", "year"]


def hub_total(case: Case, columns: Columns) -> Rows:
    """MW at a hub by a year: those of the year before and those built."""
    totals = columns.hub_mw
    terms = (
        keyed(totals, HUB),
        keyed(a_year_later(totals, case.years), HUB, -1.0),
        keyed(columns.build, HUB, -columns.build["unit_mw"]),
    )
    return make_rows("hub_total", bounded(totals, HUB, 0.0, 0.0), terms)


def hub_flow(case: Case, columns: Columns) -> Rows:
    """All that stands at a hub flows to substations; of hybrids, what they feed in together.

    PV and wind seldom peak together: with a coincidence below 1 the connection carries the larger
    of the two and that part of the smaller, which is what the two rows of a hub say.
    """
    if case.settings.hybrid_coincidence < 1.0:
        return _hybrid_flow(case, columns)
    terms = (keyed(columns.flow, HUB), keyed(columns.hub_mw, HUB, -1.0))
    return make_rows("hub_flow", bounded(columns.hub_mw, HUB, 0.0, 0.0), terms)


def _hybrid_flow(case: Case, columns: Columns) -> Rows:
    keys, part = ["hub_id", "leads", "year"], case.settings.hybrid_coincidence
    tables, terms = [], []
    for leads in TECHNOLOGIES:
        build = until_each_year(
            columns.build[["column", *HUB, "technology", "unit_mw"]], case.years
        )
        weight = (build["technology"] == leads).map({True: 1.0, False: part})
        terms.append(keyed(columns.flow.assign(leads=leads), keys))
        terms.append(keyed(build.assign(leads=leads), keys, -weight * build["unit_mw"]))
        tables.append(bounded(columns.hub_mw.assign(leads=leads), keys, 0.0, np.inf))
    return make_rows("hub_flow", pd.concat(tables, ignore_index=True), terms)


def circuit_capacity(case: Case, columns: Columns) -> Rows:
    """MW from a hub to a substation fit the circuits.

    A circuit counts no more than the substation could ever take that year or the hub carry,
    which is valid for whole circuits and makes the bound much tighter.
    """
    lines = columns.circuits.merge(_most_into(case), on=STATION).merge(
        case.hubs[["hub_id", "max_mw"]], on="hub_id"
    )
    useful = lines[["circuit_mw", "most_mw", "max_mw"]].min(axis=1)
    terms = (keyed(columns.flow, LINK), keyed(lines, LINK, -useful))
    return make_rows("circuit_capacity", bounded(columns.flow, LINK, -np.inf, 0.0), terms)


def _most_into(case: Case) -> pd.DataFrame:
    """Return headroom with any reinforcement possible by then: substation_id, year, most_mw."""
    table = case.substation_years.merge(case.substations, on="substation_id")
    possible = (table["reinforcement_year"] > 0) & (table["year"] >= table["reinforcement_year"])
    extra = table["reinforcement_mw"].where(possible, 0.0)
    most = (table["headroom_mw"] + extra).clip(lower=0.0)
    return table[STATION].assign(most_mw=most)


def flow_station(case: Case, columns: Columns) -> Rows:
    """No MW leaves a hub without its station (implied for whole stations; tightens the bound)."""
    links = (
        columns.flow[LINK]
        .merge(_most_into(case), on=STATION)
        .merge(columns.station[[*HUB, "max_mw", "column"]], on=HUB)
    )
    most = links[["most_mw", "max_mw"]].min(axis=1)
    terms = (keyed(columns.flow, LINK), keyed(links, LINK, -most))
    return make_rows("flow_station", bounded(columns.flow, LINK, -np.inf, 0.0), terms)


def headroom(case: Case, columns: Columns) -> Rows:
    """MW into a substation fit its headroom and its reinforcement."""
    stations = _of_years(case.substation_years, case)
    extra = columns.reinforced
    terms = (keyed(columns.flow, STATION), keyed(extra, STATION, -extra["reinforcement_mw"]))
    return make_rows(
        "headroom", bounded(stations, STATION, -np.inf, stations["headroom_mw"]), terms
    )


def bays(case: Case, columns: Columns) -> Rows:
    """Circuits into a substation fit its free bays and those bought."""
    stations = _of_years(case.substation_years, case)
    upper = stations["free_bays"].astype("float64")
    terms = (keyed(columns.circuits, STATION), keyed(columns.extra_bays, STATION, -1.0))
    return make_rows("bays", bounded(stations, STATION, -np.inf, upper), terms)


def _of_years(frame: pd.DataFrame, case: Case) -> pd.DataFrame:
    return frame[frame["year"].isin(case.years)]


def station_capacity(case: Case, columns: Columns) -> Rows:
    """MW at a hub need its station and fit it."""
    del case
    station = columns.station
    terms = (keyed(columns.hub_mw, HUB), keyed(station, HUB, -station["max_mw"]))
    return make_rows("station_capacity", bounded(station, HUB, -np.inf, 0.0), terms)


def least_hub(case: Case, columns: Columns) -> Rows:
    """Ask that a station that stands carries the least capacity at last."""
    last = case.years[-1]
    total = columns.hub_mw[columns.hub_mw["year"] == last]
    station = columns.station[columns.station["year"] == last]
    terms = (keyed(total, ["hub_id"]), keyed(station, ["hub_id"], -case.settings.min_hub_mw))
    return make_rows("least_hub", bounded(total, ["hub_id"], 0.0, np.inf), terms)


def station_circuit(case: Case, columns: Columns) -> Rows:
    """Give a station that stands a circuit (implied by use; tightens the bound)."""
    del case
    terms = (keyed(columns.circuits, HUB), keyed(columns.station, HUB, -1.0))
    return make_rows("station_circuit", bounded(columns.station, HUB, 0.0, np.inf), terms)


def stays(case: Case, columns: Columns) -> Rows:
    """Stations, circuits, bays and reinforcements that stand one year stand the next."""
    named = ("station", "circuits", "extra_bays", "reinforced")
    tables = [frame for family, frame in columns.tables() if family in named and len(frame)]
    both = pd.concat([t[["name", "column", "year"]] for t in tables], ignore_index=True)
    stem = both["name"].str.rsplit(",", n=1).str[0] + "]"
    both = both.assign(stem=stem.str.replace("[", ":", regex=False).str.rstrip("]"))
    later = both[["stem", "year"]].merge(a_year_later(both, case.years), on=["stem", "year"])
    now = both.merge(later[["stem", "year"]], on=["stem", "year"])
    keys = ["stem", "year"]
    terms = (keyed(now, keys), keyed(later, keys, -1.0))
    return make_rows("stays", bounded(now, keys, 0.0, np.inf), terms)
