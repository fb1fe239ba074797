"""Rows on what treatment takes of a year: money, labour, straw, water, money not yet repaid."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations
from typing import TypeVar

import numpy as np
import pandas as pd

from sandgrid.optimize.case import OFFSETS, SEASONS, Case
from sandgrid.optimize.columns import Columns
from sandgrid.optimize.constraints.terms import bounded, keyed, wanted
from sandgrid.optimize.problem import (
    Bands,
    Bools,
    Rows,
    Terms,
    joined_bands,
    make_rows,
    no_rows,
)
from sandgrid.optimize.sheet import Array, Sheet, among, filled

Named = TypeVar("Named", Bands, Terms)
SCOPE = ["district_id", "year"]

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
    spends = spent(columns, PER_HA["working_capital_cny"])
    tied = [part.having(year=part["year"] + later) for part in spends for later in range(lag)]
    return _rows("working_capital", "working_capital_cny", case, tied)


def _resource(family: str, resource: str, case: Case, columns: Columns) -> Rows:
    if not (case.limits["resource"] == resource).any():
        return no_rows(family)
    return _rows(family, resource, case, spent(columns, PER_HA[resource]))


def _rows(family: str, resource: str, case: Case, parts: list[Sheet]) -> Rows:
    limits = Sheet.of(_of(case, resource, seasonal=False))
    scale = SCALE[resource]
    bands = bounded(limits, SCOPE, -np.inf, limits["limit"] * scale, _scoped(limits))
    return make_rows(family, bands, _terms(parts, scale, bands))


def _of(case: Case, resource: str, *, seasonal: bool) -> pd.DataFrame:
    limits = case.limits
    return limits[(limits["resource"] == resource) & ((limits["season"] != "") == seasonal)]


def _terms(parts: list[Sheet], scale: float, bands: Bands) -> list[Terms]:
    """Return the terms of the programme and of districts that have a row."""
    scopes = [[part.having(district_id="") for part in parts], parts]
    asked = set(bands.keys[0])
    return [
        wanted(keyed(part, SCOPE, part["value"] * scale), bands)
        for scope, of in zip(scopes, ("" in asked, bool(asked - {""})), strict=True)
        for part in (scope if of else [])
    ]


def spent(columns: Columns, stem: str) -> list[Sheet]:
    """Return what treatment takes in each year of a sequence: column, district_id, year, value."""
    start, parts = columns.sheet("start"), []
    for offset in OFFSETS:
        value = start[f"{stem}_{offset}"]
        part = start.only("column", "district_id").having(
            year=start["year"] + offset, value=value, seasons=start[f"seasons_{offset}"]
        )
        parts.append(part.take(value > 0))
    return parts


def _scoped(sheet: Sheet) -> list[str]:
    scopes = zip(sheet["district_id"].tolist(), sheet["year"].tolist(), strict=True)
    return [f"{district},{year}" if district else str(year) for district, year in scopes]


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
    parts, tables, terms = spent(columns, PER_HA[resource]), [], []
    for inside in season_sets():
        within = limits[limits["season"].isin(inside)]
        sums = within.groupby(["district_id", "year"], sort=True)["limit"].agg(["sum", "size"])
        whole = Sheet.of(sums[sums["size"] == len(inside)].reset_index())
        if not len(whole):
            continue
        word = "+".join(inside)
        names = [f"{word},{name}" for name in _scoped(whole)]
        bands = bounded(whole, SCOPE, -np.inf, whole["sum"] * scale, names)
        tables.append(_under(word, bands))
        bound_to = [part.take(_only(inside, part["seasons"])) for part in parts]
        terms += [_under(word, found) for found in _terms(bound_to, scale, bands)]
    return make_rows(family, joined_bands(tables), terms)


def _under(word: str, given: Named) -> Named:
    """Put a word in front of keys."""
    count = len(given.keys[0])
    return replace(given, keys=(filled(count, word), *given.keys))


def _only(inside: tuple[str, ...], seasons: Array) -> Bools:
    """Tell what may fall in no season outside a set; work without a word may fall in any."""
    within = {word: set(word.split() or SEASONS) <= set(inside) for word in set(seasons)}
    return among(seasons, [word for word, fits in within.items() if fits])
