"""Rows on what a programme, district or collective gets: quotas in amounts and in shares."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from sandgrid.optimize.case import OFFSETS, Case
from sandgrid.optimize.columns import Columns
from sandgrid.optimize.constraints.terms import bounded, keyed, until_each_year, wanted
from sandgrid.optimize.objective import objective
from sandgrid.optimize.problem import Rows, make_rows, no_rows
from sandgrid.optimize.sheet import Array, Sheet, among, find, stacked

QUOTA = ["scope_id", "quantity", "year"]
UNIT = {
    "capacity_mw": 1.0,
    "energy_mwh": 1e-3,
    "treated_ha": 1.0,
    "industry_ha": 1.0,
    "soil_t": 1e-3,
    "protection": 1.0,
    "wages_cny": 1e-6,
    "net_cost_cny": 1e-6,
}
WITH_WORKS = ("treated_ha",)


def quota(case: Case, columns: Columns) -> Rows:
    """Keep what a programme, district or collective has by a year within its quota."""
    quotas = case.quotas
    if quotas.empty:
        return no_rows("quota")
    scale = quotas["quantity"].map(UNIT).astype("float64")
    works = _works(case, quotas)
    lower = quotas["minimum"].fillna(-np.inf) * scale - works
    upper = quotas["maximum"].fillna(np.inf) * scale - works
    bands = bounded(Sheet.of(quotas), QUOTA, lower.to_numpy(), upper.to_numpy())
    terms = [keyed(part, QUOTA, "value") for part in _totals(case, columns, quotas)]
    return make_rows("quota", bands, [wanted(part, bands) for part in terms])


def least_share(case: Case, columns: Columns) -> Rows:
    """Give a district or collective at least its share of the whole programme."""
    return _share("least_share", "minimum_share", case, columns)


def most_share(case: Case, columns: Columns) -> Rows:
    """Give a district or collective at most its share of the whole programme."""
    return _share("most_share", "maximum_share", case, columns)


def _share(family: str, column: str, case: Case, columns: Columns) -> Rows:
    asked = case.quotas[case.quotas[column].notna()]
    if asked.empty:
        return no_rows(family)
    whole = asked.assign(scope="programme", scope_id="")
    side = (asked[column] * _works(case, whole) - _works(case, asked)).to_numpy()
    least = column == "minimum_share"
    sheet = Sheet.of(asked)
    bands = bounded(sheet, QUOTA, side if least else -np.inf, np.inf if least else side)
    own = [keyed(part, QUOTA, "value") for part in _totals(case, columns, asked)]
    all_of = _totals(case, columns, whole.drop_duplicates(QUOTA))
    parts = [
        keyed(_of_one(part, quota), QUOTA, -quota[column] * _of_one(part, quota)["value"])
        for quota in _records(asked)
        for part in all_of
    ]
    return make_rows(family, bands, [*(wanted(part, bands) for part in own), *parts])


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _of_one(part: Sheet, quota: Mapping[str, Any]) -> Sheet:
    """Return what of the whole programme's terms a single quota asks for, under its name."""
    same = (part["quantity"] == quota["quantity"]) & (part["year"] == quota["year"])
    return part.take(same).having(scope_id=str(quota["scope_id"]))


def _works(case: Case, quotas: pd.DataFrame) -> pd.Series:
    """Return finished works that count towards each quota [ha]; they have no collective."""
    done = case.works_ha.groupby("district_id")["counted_ha"].sum()
    here = quotas["scope_id"].map(done).where(quotas["scope"] == "district")
    here = here.where(quotas["scope"] != "programme", float(case.works_ha["counted_ha"].sum()))
    return here.where(quotas["quantity"].isin(WITH_WORKS)).fillna(0.0).astype("float64")


def _totals(case: Case, columns: Columns, quotas: pd.DataFrame) -> list[Sheet]:
    """Return the terms of every quota: scope_id, quantity, year, column, value."""
    parts = []
    asked = sorted(set(zip(quotas["quantity"], quotas["scope"], strict=True)))
    for quantity, scope in asked:
        rows = quotas[(quotas["quantity"] == quantity) & (quotas["scope"] == scope)]
        amounts = QUANTITIES[quantity](case, columns)
        held = amounts["value"] * UNIT[quantity]
        place = amounts.get(f"{scope}_id", "")
        here = amounts.only("column", "year").having(scope_id=place, quantity=quantity, value=held)
        here = here.take(among(here["scope_id"], rows["scope_id"]))
        parts.append(until_each_year(here, case.years, tuple(sorted(set(rows["year"])))))
    return parts


def _built(case: Case, columns: Columns, value: str) -> Sheet:
    build, sites = columns.sheet("build"), Sheet.of(case.sites, "site_id", "district_id")
    district = sites["district_id"][find(build.keys(["site_id"]), sites.keys(["site_id"]))]
    return build.only("column", "year").having(district_id=district, value=build[value])


def _capacity(case: Case, columns: Columns) -> Sheet:
    return _built(case, columns, "unit_mw")


def _energy(case: Case, columns: Columns) -> Sheet:
    return _built(case, columns, "energy_mwh_per_unit_year")


def _counted(columns: Columns, value: Array | float) -> Sheet:
    start = columns.sheet("start")
    found = start.only("column", "district_id", "collective_id")
    return found.having(year=start["count_year"], value=value)


def _treated(case: Case, columns: Columns) -> Sheet:
    del case
    return _counted(columns, 1.0)


def _industry(case: Case, columns: Columns) -> Sheet:
    del case
    return _counted(columns, 1.0).take(columns.sheet("start")["industry"] != "")


def _soil(case: Case, columns: Columns) -> Sheet:
    del case
    return _counted(columns, columns.sheet("start")["soil_t_per_ha"])


def _protection(case: Case, columns: Columns) -> Sheet:
    del case
    return _counted(columns, columns.sheet("start")["protection_per_ha"])


def _wages(case: Case, columns: Columns) -> Sheet:
    """Return wages in the year in which the work falls; those after the last year are none."""
    start, wage = columns.sheet("start"), case.settings.wage_cny_per_day
    who = start.only("column", "district_id", "collective_id")
    parts = [
        who.having(year=start["year"] + offset, value=start[f"person_days_per_ha_{offset}"] * wage)
        for offset in OFFSETS
    ]
    paid = stacked(parts, ("column", "district_id", "collective_id", "year", "value"))
    return paid.take((paid["value"] > 0) & (paid["year"] <= case.years[-1]))


def _net_cost(case: Case, columns: Columns) -> Sheet:
    """Return the present net cost of every column, whatever its year [CNY]."""
    cost = objective(case, columns) / UNIT["net_cost_cny"]
    found = Sheet({"column": np.arange(len(cost)), "value": cost})
    return found.take(cost != 0.0).having(year=case.years[0])


QUANTITIES: dict[str, Callable[[Case, Columns], Sheet]] = {
    "capacity_mw": _capacity,
    "energy_mwh": _energy,
    "treated_ha": _treated,
    "industry_ha": _industry,
    "soil_t": _soil,
    "protection": _protection,
    "wages_cny": _wages,
    "net_cost_cny": _net_cost,
}
