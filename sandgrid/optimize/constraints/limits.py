"""Rows on what treatment takes of a year: money, labour, straw, water, money not yet repaid."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd

from sandgrid.optimize.case import OFFSETS, SEASONS, Case
from sandgrid.optimize.columns import Columns
from sandgrid.optimize.problem import NO_ROWS, Rows, make_rows, no_rows

PER_HA = {
    "budget_cny": "cost_cny_per_ha",
    "person_days": "person_days_per_ha",
    "straw_t": "straw_t_per_ha",
    "water_m3": "water_m3_per_ha",
    "working_capital_cny": "cost_cny_per_ha",
}
SCALE = {
    "budget_cny": 1e-6,
    "person_days": 1e-3,
    "straw_t": 1e-3,
    "water_m3": 1e-3,
    "working_capital_cny": 1e-6,
}


def budget(case: Case, columns: Columns) -> Rows:
    """Treatment spends at most the budget of a year [million CNY]."""
    return _resource("budget", "budget_cny", case, columns)


def person_days(case: Case, columns: Columns) -> Rows:
    """Treatment takes at most the labour of a year [1,000 d]."""
    return _resource("person_days", "person_days", case, columns)


def straw(case: Case, columns: Columns) -> Rows:
    """Treatment takes at most the straw of a year [1,000 t]."""
    return _resource("straw", "straw_t", case, columns)


def water(case: Case, columns: Columns) -> Rows:
    """Treatment takes at most the water of a year [1,000 m3]."""
    return _resource("water", "water_m3", case, columns)


def working_capital(case: Case, columns: Columns) -> Rows:
    """Keep money spent and not yet repaid at a year's end within its limit [million CNY].

    First build, then be paid (先建后补): what is spent in year u is tied up at the ends of
    u, u + 1, ... until it is repaid after ``repaid_after_years``.
    """
    if not (case.limits["resource"] == "working_capital_cny").any():
        return no_rows("working_capital")
    lag = case.settings.repaid_after_years
    spends = list(spent(columns.start, PER_HA["working_capital_cny"]))
    tied = [part.assign(year=part["year"] + later) for part in spends for later in range(lag)]
    return _rows("working_capital", "working_capital_cny", case, [*tied, *(s[:0] for s in spends)])


def _resource(family: str, resource: str, case: Case, columns: Columns) -> Rows:
    if not (case.limits["resource"] == resource).any():
        return no_rows(family)
    return _rows(family, resource, case, list(spent(columns.start, PER_HA[resource])))


def _rows(family: str, resource: str, case: Case, parts: list[pd.DataFrame]) -> Rows:
    limits = _of(case, resource, seasonal=False)
    scale = SCALE[resource]
    table = pd.DataFrame(
        {"key": _scoped(limits), "lower": -np.inf, "upper": limits["limit"] * scale}
    )
    return make_rows(family, table, [_wanted(parts, scale, set(table["key"]))])


def _of(case: Case, resource: str, *, seasonal: bool) -> pd.DataFrame:
    limits = case.limits
    return limits[(limits["resource"] == resource) & ((limits["season"] != "") == seasonal)]


def _wanted(parts: list[pd.DataFrame], scale: float, keys: set[str]) -> pd.DataFrame:
    """Return the terms of the programme and of districts that have a row."""
    used = pd.concat(parts, ignore_index=True)
    used["value"] *= scale
    both = pd.concat([used.assign(district_id=""), used], ignore_index=True)
    both["key"] = _scoped(both)
    return both[both["key"].isin(keys)]


def spent(start: pd.DataFrame, stem: str) -> Iterator[pd.DataFrame]:
    """Yield what treatment takes by year: column, district_id, seasons, year, value."""
    for offset in OFFSETS:
        value = start[f"{stem}_{offset}"]
        part = start[["column", "district_id"]].assign(
            year=start["year"] + offset, value=value, seasons=start[f"seasons_{offset}"]
        )
        yield part[value > 0]


def _scoped(frame: pd.DataFrame) -> pd.Series:
    year = frame["year"].astype("str")
    return year.where(frame["district_id"] == "", frame["district_id"] + "," + year)


def person_days_season(case: Case, columns: Columns) -> Rows:
    """Fit the labour of every set of seasons into what those seasons offer [1,000 d]."""
    return _seasonal("person_days_season", "person_days", case, columns)


def straw_season(case: Case, columns: Columns) -> Rows:
    """Fit the straw of every set of seasons into what those seasons offer [1,000 t]."""
    return _seasonal("straw_season", "straw_t", case, columns)


def water_season(case: Case, columns: Columns) -> Rows:
    """Fit the water of every set of seasons into what those seasons offer [1,000 m3]."""
    return _seasonal("water_season", "water_m3", case, columns)


def season_sets() -> Iterator[tuple[str, ...]]:
    """Yield every set of seasons, small ones first.

    Examples
    --------
    >>> len(list(season_sets()))
    7

    """
    for size in range(1, len(SEASONS) + 1):
        yield from combinations(SEASONS, size)


def _seasonal(family: str, resource: str, case: Case, columns: Columns) -> Rows:
    """Bound work that may fall in no other season by the limits of the set.

    Work whose seasons are a set can be shared out over them exactly if, for every set S of
    seasons, what may fall in no season outside S fits the limits of S (Hall); a set with a season
    that has no limit asks nothing.
    """
    limits, scale = _of(case, resource, seasonal=True), SCALE[resource]
    if limits.empty:
        return no_rows(family)
    parts = list(spent(columns.start, PER_HA[resource]))
    tables, terms = [NO_ROWS], []
    for inside in season_sets():
        within = limits[limits["season"].isin(inside)]
        sums = within.groupby(["district_id", "year"], sort=True)["limit"].agg(["sum", "size"])
        whole = sums[sums["size"] == len(inside)].reset_index()
        if whole.empty:
            continue
        key = "+".join(inside) + "," + _scoped(whole)
        tables.append(pd.DataFrame({"key": key, "lower": -np.inf, "upper": whole["sum"] * scale}))
        bound_to = [part[part["seasons"].map(_only(inside))] for part in parts]
        found = _wanted(bound_to, scale, set(_scoped(whole)))
        terms.append(found.assign(key="+".join(inside) + "," + found["key"]))
    return make_rows(family, pd.concat(tables, ignore_index=True), terms)


def _only(inside: tuple[str, ...]) -> "_Only":
    return _Only(frozenset(inside))


class _Only:
    """Tells whether work may fall in no season outside a set; without a word it may in any."""

    def __init__(self, inside: frozenset[str]) -> None:
        self.inside = inside

    def __call__(self, seasons: str) -> bool:
        return frozenset(seasons.split() or SEASONS) <= self.inside
