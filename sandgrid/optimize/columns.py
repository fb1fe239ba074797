"""The decisions of a case as numbered, named columns, one table per family."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sandgrid.optimize.case import TECHNOLOGIES, Case
from sandgrid.optimize.classes import Classes, group_parcels
from sandgrid.optimize.problem import Bools
from sandgrid.optimize.sheet import Array, Sheet, among, find, looked_up, named

INTEGER_FAMILIES = ("build", "feeds", "uses", "station", "circuits", "extra_bays", "reinforced")


class _Family:
    """A family of columns as a frame, which is made when it is first asked for."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, columns: "Columns", owner: type) -> pd.DataFrame:
        frame = columns.sheet(self.name).frame()
        columns.__dict__[self.name] = frame
        return frame


@dataclass(frozen=True)
class Columns:
    """Tables of columns; each has name, column, lower, upper, integer and its own keys.

    Parameters
    ----------
    sheets : mapping
        Family -> its table as plain arrays, in the order of the columns.
    classes : Classes
        Classes of parcels behind ``start``.

    Attributes
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

    """

    sheets: Mapping[str, Sheet]
    classes: Classes

    build: ClassVar = _Family()
    feeds: ClassVar = _Family()
    uses: ClassVar = _Family()
    station: ClassVar = _Family()
    circuits: ClassVar = _Family()
    extra_bays: ClassVar = _Family()
    reinforced: ClassVar = _Family()
    flow: ClassVar = _Family()
    hub_mw: ClassVar = _Family()
    built_mw: ClassVar = _Family()
    counted_ha: ClassVar = _Family()
    start: ClassVar = _Family()
    edge: ClassVar = _Family()

    def __len__(self) -> int:
        """Return the number of all columns."""
        return sum(len(sheet) for sheet in self.sheets.values())

    def sheet(self, family: str) -> Sheet:
        """Return a family as plain arrays."""
        return self.sheets[family]

    def tables(self) -> Iterator[tuple[str, pd.DataFrame]]:
        """Return the families in their order."""
        for family in self.sheets:
            yield family, getattr(self, family)

    @cached_property
    def hub_of_column(self) -> NDArray[np.int64]:
        """Number of the hub of every column, in order of their ids; -1 where it has none."""
        known = np.unique(self.sheet("station")["hub_id"].astype(str))
        hub = np.full(len(self), -1)
        for sheet in self.sheets.values():
            if "hub_id" in sheet:
                hub[sheet["column"]] = np.searchsorted(known, sheet["hub_id"].astype(str))
        return hub

    def joined(self) -> pd.DataFrame:
        """Return all columns one under the other: name, lower, upper, integer."""
        parts = list(self.sheets.values())
        joined = {
            name: np.concatenate([part[name] for part in parts])
            for name in ("name", "lower", "upper", "integer")
        }
        return Sheet(joined).frame()


def list_columns(case: Case) -> Columns:
    """Return the numbered decisions of a case, in order of family, id and year.

    The tables of a case are sorted by their keys, and stay so when each row is repeated by year.
    """
    classes = group_parcels(case)
    hubs = Sheet.of(case.hubs)
    tables = {
        "build": _build(case),
        "feeds": _feeds(case),
        "uses": _uses(case),
        "station": cross_years(hubs.having(upper=1.0), case),
        "circuits": _circuits(case),
        "extra_bays": _extra_bays(case),
        "reinforced": _reinforced(case),
        "flow": _flow(case),
        "hub_mw": cross_years(hubs.having(upper=_most_mw(case, hubs["hub_id"])), case),
        "built_mw": _built_mw(case),
        "counted_ha": cross_years(Sheet({"upper": np.array([_most_counted_ha(case)])}), case),
        "start": _start(case, classes),
        "edge": _edge(case),
    }
    start = 0
    for family, table in tables.items():
        tables[family] = _number(table, family, start)
        start += len(table)
    return Columns(tables, classes)


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


def _number(table: Sheet, family: str, start: int) -> Sheet:
    names = [f"{family}[{name}]" for name in named(table.keys(_KEYS[family]))]
    return table.having(
        name=np.array(names, dtype=object),
        column=np.arange(start, start + len(table)),
        lower=0.0,
        integer=np.full(len(table), family in INTEGER_FAMILIES),
    )


def cross_years(sheet: Sheet, case: Case) -> Sheet:
    """Repeat every row for every year."""
    count = len(case.years)
    table = sheet.take(np.repeat(np.arange(len(sheet)), count))
    return table.having(year=np.tile(np.array(case.years, dtype=np.int64), len(sheet)))


def _open_builds(case: Case) -> Sheet:
    options = Sheet.of(case.build_options)
    shut = among(options["site_id"], case.settings.locked_out_sites)
    opened = options.take(~shut & (options["units_max"] > 0))
    return opened.having(upper=opened["units_max"].astype(np.float64))


def _build(case: Case) -> Sheet:
    return cross_years(_open_builds(case), case)


def _feeds(case: Case) -> Sheet:
    options = _open_builds(case)
    return _pairs(options, "site_id", "hub_id").having(upper=1.0)


def _pairs(sheet: Sheet, first: str, second: str) -> Sheet:
    """Return the pairs of two ids that occur, in order."""
    found = sorted(set(zip(sheet[first], sheet[second], strict=True)))
    return Sheet(
        {
            name: np.array([pair[side] for pair in found], dtype=object)
            for side, name in enumerate((first, second))
        }
    )


def _uses(case: Case) -> Sheet:
    options = _open_builds(case)
    return options.take(options["units_min"] > 1).having(upper=1.0)


def _circuits(case: Case) -> Sheet:
    trunks = Sheet.of(case.trunk_options)
    return cross_years(trunks.having(upper=trunks["max_circuits"].astype(np.float64)), case)


def _extra_bays(case: Case) -> Sheet:
    stations = Sheet.of(case.substations)
    stations = stations.take(stations["max_extra_bays"] > 0)
    return cross_years(stations.having(upper=stations["max_extra_bays"].astype(np.float64)), case)


def _reinforced(case: Case) -> Sheet:
    stations = Sheet.of(case.substations)
    possible = (stations["reinforcement_mw"] > 0) & (stations["reinforcement_year"] > 0)
    table = cross_years(stations.take(possible).having(upper=1.0), case)
    return table.take(table["year"] >= table["reinforcement_year"])


def _flow(case: Case) -> Sheet:
    pairs = _pairs(Sheet.of(case.trunk_options), "hub_id", "substation_id")
    return cross_years(pairs.having(upper=_most_mw(case, pairs["hub_id"])), case)


def _most_mw(case: Case, hubs: Array) -> Array:
    """Return what all options of each hub could build; the hub's own limit is a row."""
    return looked_up(hubs, _most_of(case, "hub_id"))


def _most_of(case: Case, by: str) -> dict[str, float]:
    options = case.build_options
    most = (options["units_max"] * options["unit_mw"]).groupby(options[by]).sum()
    return dict(zip(most.index, most, strict=True))


def _built_mw(case: Case) -> Sheet:
    technologies = np.array(TECHNOLOGIES, dtype=object)
    most = looked_up(technologies, _most_of(case, "technology"))
    return cross_years(Sheet({"technology": technologies, "upper": most}), case)


def _most_counted_ha(case: Case) -> float:
    return float(case.works_ha["counted_ha"].sum() + case.parcels["treat_ha"].sum())


def _start(case: Case, classes: Classes) -> Sheet:
    options = Sheet.of(classes.options)
    places = Sheet.of(
        classes.table,
        "class_id",
        "site_id",
        "district_id",
        "collective_id",
        "dune_class",
        "treat_ha",
        "on_site_ha",
    )
    at = places.take(find(options.keys(["class_id"]), places.keys(["class_id"])))
    inside = options["place"] == "on_site"
    room = np.where(inside, at["on_site_ha"], at["treat_ha"])
    open_at = (room > 0) & ~(inside & (at["site_id"] == ""))
    whole = options.having(**at.arrays(), upper=room).take(open_at)
    table = cross_years(whole, case)
    table = table.having(count_year=table["year"] + table["count_offset_years"])
    return table.take(_counts(table, case))


def _counts(table: Sheet, case: Case) -> Bools:
    """Tell which starts are allowed and count by the last year."""
    begun, counted = table["year"] >= table["first_year"], table["count_year"] <= case.years[-1]
    return np.asarray(begun & counted, dtype=np.bool_)


def _edge(case: Case) -> Sheet:
    priced = case.settings.perimeter_cny_per_m > 0
    return Sheet.of(case.borders if priced else case.borders[:0]).having(upper=1.0)
