"""Rows on the way to the substation: stations, circuits, bays, headroom."""

import numpy as np

from sandgrid.optimize.case import TECHNOLOGIES, Case
from sandgrid.optimize.columns import Columns
from sandgrid.optimize.constraints.terms import a_year_later, bounded, keyed, until_each_year
from sandgrid.optimize.problem import Rows, make_rows
from sandgrid.optimize.sheet import Array, Sheet, among, find, stacked

HUB = ["hub_id", "year"]
LINK = ["hub_id", "substation_id", "year"]
STATION = ["substation_id", "year"]


def hub_total(case: Case, columns: Columns) -> Rows:
    """MW at a hub by a year: those of the year before and those built."""
    totals, build = columns.sheet("hub_mw"), columns.sheet("build")
    terms = (
        keyed(totals, HUB),
        keyed(a_year_later(totals, case.years), HUB, -1.0),
        keyed(build, HUB, -build["unit_mw"]),
    )
    return make_rows("hub_total", bounded(totals, HUB, 0.0, 0.0), terms)


def hub_flow(case: Case, columns: Columns) -> Rows:
    """All that stands at a hub flows to substations; of hybrids, what they feed in together.

    PV and wind seldom peak together: with a coincidence below 1 the connection carries the larger
    of the two and that part of the smaller, which is what the two rows of a hub say.
    """
    if case.settings.hybrid_coincidence < 1.0:
        return _hybrid_flow(case, columns)
    totals = columns.sheet("hub_mw")
    terms = (keyed(columns.sheet("flow"), HUB), keyed(totals, HUB, -1.0))
    return make_rows("hub_flow", bounded(totals, HUB, 0.0, 0.0), terms)


def _hybrid_flow(case: Case, columns: Columns) -> Rows:
    keys, part = ["hub_id", "leads", "year"], case.settings.hybrid_coincidence
    fields = ["column", *HUB]
    flow, totals = columns.sheet("flow").only(*fields), columns.sheet("hub_mw").only(*fields)
    build = until_each_year(
        columns.sheet("build").only(*fields, "technology", "unit_mw"), case.years
    )
    both, terms = [], []
    for leads in TECHNOLOGIES:
        weight = np.where(build["technology"] == leads, 1.0, part)
        terms.append(keyed(flow.having(leads=leads), keys))
        terms.append(keyed(build.having(leads=leads), keys, -weight * build["unit_mw"]))
        both.append(totals.having(leads=leads))
    return make_rows("hub_flow", bounded(stacked(both, keys), keys, 0.0, np.inf), terms)


def circuit_capacity(case: Case, columns: Columns) -> Rows:
    """MW from a hub to a substation fit the circuits.

    A circuit counts no more than the substation could ever take that year or the hub carry,
    which is valid for whole circuits and makes the bound much tighter.
    """
    lines, flow, hubs = columns.sheet("circuits"), columns.sheet("flow"), Sheet.of(case.hubs)
    hub = find(lines.keys(["hub_id"]), hubs.keys(["hub_id"]))
    most = np.minimum(_most_into(case, lines), hubs["max_mw"][hub])
    useful = np.minimum(lines["circuit_mw"], most)
    terms = (keyed(flow, LINK), keyed(lines, LINK, -useful))
    return make_rows("circuit_capacity", bounded(flow, LINK, -np.inf, 0.0), terms)


def _most_into(case: Case, sheet: Sheet) -> Array:
    """Return headroom with any reinforcement possible by then, for substations and years [MW]."""
    years, stations = Sheet.of(case.substation_years), Sheet.of(case.substations)
    now = years.take(find(sheet.keys(STATION), years.keys(STATION)))
    of = stations.take(find(now.keys(STATION[:1]), stations.keys(STATION[:1])))
    possible = (of["reinforcement_year"] > 0) & (now["year"] >= of["reinforcement_year"])
    most: Array = now["headroom_mw"] + np.where(possible, of["reinforcement_mw"], 0.0)
    return np.maximum(most, 0.0)


def flow_station(case: Case, columns: Columns) -> Rows:
    """No MW leaves a hub without its station (implied for whole stations; tightens the bound)."""
    flow, station = columns.sheet("flow"), columns.sheet("station")
    of = station.take(find(flow.keys(HUB), station.keys(HUB)))
    most = np.minimum(_most_into(case, flow), of["max_mw"])
    terms = (keyed(flow, LINK), keyed(flow.having(column=of["column"]), LINK, -most))
    return make_rows("flow_station", bounded(flow, LINK, -np.inf, 0.0), terms)


def headroom(case: Case, columns: Columns) -> Rows:
    """MW into a substation fit its headroom and its reinforcement."""
    stations, extra = _of_years(case), columns.sheet("reinforced")
    terms = (
        keyed(columns.sheet("flow"), STATION),
        keyed(extra, STATION, -extra["reinforcement_mw"]),
    )
    bands = bounded(stations, STATION, -np.inf, stations["headroom_mw"])
    return make_rows("headroom", bands, terms)


def bays(case: Case, columns: Columns) -> Rows:
    """Circuits into a substation fit its free bays and those bought."""
    stations = _of_years(case)
    terms = (
        keyed(columns.sheet("circuits"), STATION),
        keyed(columns.sheet("extra_bays"), STATION, -1.0),
    )
    upper = stations["free_bays"].astype(np.float64)
    return make_rows("bays", bounded(stations, STATION, -np.inf, upper), terms)


def _of_years(case: Case) -> Sheet:
    stations = Sheet.of(case.substation_years)
    return stations.take(among(stations["year"], case.years))


def station_capacity(case: Case, columns: Columns) -> Rows:
    """MW at a hub need its station and fit it."""
    del case
    station = columns.sheet("station")
    terms = (keyed(columns.sheet("hub_mw"), HUB), keyed(station, HUB, -station["max_mw"]))
    return make_rows("station_capacity", bounded(station, HUB, -np.inf, 0.0), terms)


def least_hub(case: Case, columns: Columns) -> Rows:
    """Ask that a station that stands carries the least capacity at last."""
    fields, last, key = ("hub_id", "year", "column"), case.years[-1], ["hub_id"]
    total, station = columns.sheet("hub_mw").only(*fields), columns.sheet("station").only(*fields)
    total, station = total.take(total["year"] == last), station.take(station["year"] == last)
    terms = (keyed(total, key), keyed(station, key, -case.settings.min_hub_mw))
    return make_rows("least_hub", bounded(total, key, 0.0, np.inf), terms)


def station_circuit(case: Case, columns: Columns) -> Rows:
    """Give a station that stands a circuit (implied by use; tightens the bound)."""
    del case
    station = columns.sheet("station")
    terms = (keyed(columns.sheet("circuits"), HUB), keyed(station, HUB, -1.0))
    return make_rows("station_circuit", bounded(station, HUB, 0.0, np.inf), terms)


def stays(case: Case, columns: Columns) -> Rows:
    """Stations, circuits, bays and reinforcements that stand one year stand the next."""
    tables, keys = [], ["stem", "year"]
    for family in ("station", "circuits", "extra_bays", "reinforced"):
        table = columns.sheet(family)
        stem = [name[: name.rindex(",")].replace("[", ":") for name in table["name"]]
        tables.append(table.only("column", "year").having(stem=np.array(stem, dtype=object)))
    both = stacked(tables, ["column", *keys])
    later = a_year_later(both, case.years)
    later = later.take(find(later.keys(keys), both.keys(keys)) >= 0)
    now = both.take(find(both.keys(keys), later.keys(keys)) >= 0)
    terms = (keyed(now, keys), keyed(later, keys, -1.0))
    return make_rows("stays", bounded(now, keys, 0.0, np.inf), terms)
