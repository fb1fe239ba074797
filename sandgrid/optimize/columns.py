"""The decisions of a case as numbered, named columns, one table per family."""

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
import pandas as pd

from sandgrid.optimize.case import TECHNOLOGIES, Case
from sandgrid.optimize.classes import Classes, group_parcels

INTEGER_FAMILIES = ("build", "feeds", "uses", "station", "circuits", "extra_bays", "reinforced")


@dataclass(frozen=True)
class Columns:
    """Tables of columns; each has name, column, lower, upper, integer and its own keys.

    Parameters
    ----------
    build : DataFrame
        Units built of an option in a year.
    feeds : DataFrame
        Whether a site feeds a hub.
    uses : DataFrame
        Whether an option with a least number of units is used.
    station, circuits, extra_bays, reinforced : DataFrame
        What stands by a year's end.
    flow : DataFrame
        MW from a hub to a substation in a year.
    hub_mw, built_mw, counted_ha : DataFrame
        Running totals.
    start : DataFrame
        ha of a class that start a sequence in a year.
    edge : DataFrame
        Share by which two neighbouring parcels differ, where borders have a price.
    classes : Classes
        Classes of parcels behind ``start``.

    """

    build: pd.DataFrame
    feeds: pd.DataFrame
    uses: pd.DataFrame
    station: pd.DataFrame
    circuits: pd.DataFrame
    extra_bays: pd.DataFrame
    reinforced: pd.DataFrame
    flow: pd.DataFrame
    hub_mw: pd.DataFrame
    built_mw: pd.DataFrame
    counted_ha: pd.DataFrame
    start: pd.DataFrame
    edge: pd.DataFrame
    classes: Classes

    def tables(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Return the families in their order."""
        for item in fields(self):
            if item.name != "classes":
                yield item.name, getattr(self, item.name)

    def joined(self) -> pd.DataFrame:
        """Return all columns one under the other: name, lower, upper, integer."""
        parts = [t[["name", "lower", "upper", "integer"]] for _, t in self.tables() if len(t)]
        return pd.concat(parts, ignore_index=True)


def list_columns(case: Case) -> Columns:
    """Return the numbered decisions of a case, in order of family, id and year."""
    classes = group_parcels(case)
    tables = {
        "build": _build(case),
        "feeds": _feeds(case),
        "uses": _uses(case),
        "station": _by_year(case.hubs, case, 1.0),
        "circuits": _circuits(case),
        "extra_bays": _extra_bays(case),
        "reinforced": _reinforced(case),
        "flow": _flow(case),
        "hub_mw": _by_year(case.hubs, case, _most_mw(case, case.hubs["hub_id"])),
        "built_mw": _built_mw(case),
        "counted_ha": _by_year(pd.DataFrame({"all": ["all"]}), case, _most_counted_ha(case)),
        "start": _start(case, classes),
        "edge": _edge(case),
    }
    start = 0
    for family, table in tables.items():
        tables[family] = _number(table, family, start)
        start += len(table)
    return Columns(classes=classes, **tables)


_KEYS = {
    "build": ["site_id", "technology", "hub_id", "year"],
    "feeds": ["site_id", "hub_id"],
    "uses": ["site_id", "technology", "hub_id"],
    "station": ["hub_id", "year"],
    "circuits": ["trunk_id", "year"],
    "extra_bays": ["substation_id", "year"],
    "reinforced": ["substation_id", "year"],
    "flow": ["hub_id", "substation_id", "year"],
    "hub_mw": ["hub_id", "year"],
    "built_mw": ["technology", "year"],
    "counted_ha": ["year"],
    "start": ["class_id", "sequence_id", "place", "year"],
    "edge": ["parcel_id", "other_id"],
}


def joined_key(frame: pd.DataFrame, columns: list[str]) -> pd.Series:
    """Join columns into what stands in the brackets of a name.

    Examples
    --------
    >>> joined_key(pd.DataFrame({"hub_id": ["H1"], "year": [2024]}), ["hub_id", "year"])[0]
    'H1,2024'

    """
    parts = [frame[column].tolist() for column in columns]
    joined = [",".join(map(str, row)) for row in zip(*parts, strict=True)]
    return pd.Series(joined, index=frame.index, dtype="str")


def _number(table: pd.DataFrame, family: str, start: int) -> pd.DataFrame:
    table = table.sort_values(_KEYS[family], kind="stable", ignore_index=True)
    table["name"] = family + "[" + joined_key(table, _KEYS[family]) + "]"
    table["column"] = np.arange(start, start + len(table))
    table["lower"] = 0.0
    table["integer"] = family in INTEGER_FAMILIES
    return table


def cross_years(frame: pd.DataFrame, case: Case) -> pd.DataFrame:
    """Repeat every row for every year."""
    count = len(case.years)
    table = frame.take(np.repeat(np.arange(len(frame)), count)).reset_index(drop=True)
    return table.assign(year=np.tile(np.array(case.years, dtype=np.int64), len(frame)))


def _by_year(frame: pd.DataFrame, case: Case, upper: float | pd.Series) -> pd.DataFrame:
    return cross_years(frame.assign(upper=upper), case)


def _open_builds(case: Case) -> pd.DataFrame:
    options = case.build_options
    shut = options["site_id"].isin(case.settings.locked_out_sites) | (options["units_max"] == 0)
    opened = options[~shut]  # first: a Series put into an empty frame would bring its index along
    return opened.assign(upper=opened["units_max"].astype("float64"))


def _build(case: Case) -> pd.DataFrame:
    return cross_years(_open_builds(case), case)


def _feeds(case: Case) -> pd.DataFrame:
    pairs = _open_builds(case)[["site_id", "hub_id"]].drop_duplicates()
    return pairs.assign(upper=1.0)


def _uses(case: Case) -> pd.DataFrame:
    options = _open_builds(case)
    return options[options["units_min"] > 1].assign(upper=1.0)


def _circuits(case: Case) -> pd.DataFrame:
    trunks = case.trunk_options
    return cross_years(trunks.assign(upper=trunks["max_circuits"].astype("float64")), case)


def _extra_bays(case: Case) -> pd.DataFrame:
    stations = case.substations[case.substations["max_extra_bays"] > 0]
    return cross_years(stations.assign(upper=stations["max_extra_bays"].astype("float64")), case)


def _reinforced(case: Case) -> pd.DataFrame:
    stations = case.substations[case.substations["reinforcement_mw"] > 0]
    table = cross_years(stations[stations["reinforcement_year"] > 0].assign(upper=1.0), case)
    return table[table["year"] >= table["reinforcement_year"]]


def _flow(case: Case) -> pd.DataFrame:
    pairs = case.trunk_options[["hub_id", "substation_id"]].drop_duplicates()
    return cross_years(pairs.assign(upper=_most_mw(case, pairs["hub_id"])), case)


def _most_mw(case: Case, hubs: pd.Series) -> pd.Series:
    """Return what all options of each hub could build; the hub's own limit is a row."""
    options = case.build_options
    most = (options["units_max"] * options["unit_mw"]).groupby(options["hub_id"]).sum()
    return hubs.map(most).fillna(0.0)


def _built_mw(case: Case) -> pd.DataFrame:
    options = case.build_options
    most = (options["units_max"] * options["unit_mw"]).groupby(options["technology"]).sum()
    table = pd.DataFrame({"technology": TECHNOLOGIES})
    return cross_years(table.assign(upper=table["technology"].map(most).fillna(0.0)), case)


def _most_counted_ha(case: Case) -> float:
    return float(case.works_ha["counted_ha"].sum() + case.parcels["treat_ha"].sum())


def _start(case: Case, classes: Classes) -> pd.DataFrame:
    places = classes.table[
        [
            "class_id",
            "site_id",
            "district_id",
            "collective_id",
            "dune_class",
            "treat_ha",
            "on_site_ha",
        ]
    ]
    table = cross_years(classes.options.merge(places, on="class_id", validate="m:1"), case)
    table["count_year"] = table["year"] + table["count_offset_years"]
    inside = table["place"] == "on_site"
    table["upper"] = table["treat_ha"].where(~inside, table["on_site_ha"])
    counts = (table["year"] >= table["first_year"]) & (table["count_year"] <= case.years[-1])
    return table[counts & (table["upper"] > 0) & ~(inside & (table["site_id"] == ""))]


def _edge(case: Case) -> pd.DataFrame:
    priced = case.settings.perimeter_cny_per_m > 0
    return (case.borders if priced else case.borders[:0]).assign(upper=1.0)
