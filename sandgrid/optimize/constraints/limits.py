"""Rows on yearly resources and on quotas."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from sandgrid.optimize.case import OFFSETS, Case
from sandgrid.optimize.columns import Columns
from sandgrid.optimize.constraints.terms import bounded, keyed, until_each_year
from sandgrid.optimize.problem import Rows, make_rows

PER_HA = {
    "budget_cny": "cost_cny_per_ha",
    "person_days": "person_days_per_ha",
    "straw_t": "straw_t_per_ha",
}
SCALE = {"budget_cny": 1e-6, "person_days": 1e-3, "straw_t": 1e-3}


def budget(case: Case, columns: Columns) -> Rows:
    """Treatment spends at most the budget of a year [million CNY]."""
    return _resource("budget", "budget_cny", case, columns)


def person_days(case: Case, columns: Columns) -> Rows:
    """Treatment takes at most the labour of a year [1,000 d]."""
    return _resource("person_days", "person_days", case, columns)


def straw(case: Case, columns: Columns) -> Rows:
    """Treatment takes at most the straw of a year [1,000 t]."""
    return _resource("straw", "straw_t", case, columns)


def _resource(family: str, resource: str, case: Case, columns: Columns) -> Rows:
    limits = case.limits[case.limits["resource"] == resource]
    scale = SCALE[resource]
    table = pd.DataFrame(
        {"key": _scoped(limits), "lower": -np.inf, "upper": limits["limit"] * scale}
    )
    used = pd.concat(list(spent(columns.start, PER_HA[resource])), ignore_index=True)
    used["value"] *= scale
    by_district = used.assign(scope=used["district_id"])
    both = pd.concat([used.assign(scope=""), by_district], ignore_index=True)
    both["key"] = _scoped(both.drop(columns="district_id").rename(columns={"scope": "district_id"}))
    return make_rows(family, table, [both[both["key"].isin(set(table["key"]))]])


def spent(start: pd.DataFrame, stem: str) -> Iterator[pd.DataFrame]:
    """Yield what treatment takes by year: column, district_id, year, value."""
    for offset in OFFSETS:
        value = start[f"{stem}_{offset}"]
        part = start[["column", "district_id"]].assign(year=start["year"] + offset, value=value)
        yield part[value > 0]


def _scoped(frame: pd.DataFrame) -> pd.Series:
    year = frame["year"].astype("str")
    return year.where(frame["district_id"] == "", frame["district_id"] + "," + year)


QUOTA = ["scope_id", "quantity", "year"]


def quota(case: Case, columns: Columns) -> Rows:
    """Capacity and treated land of a district or collective lie within their quota."""
    quotas = case.quotas
    works = _works(case)
    lower = quotas["minimum"].fillna(-np.inf) - works
    upper = quotas["maximum"].fillna(np.inf) - works
    terms = [_capacity_terms(case, columns), *_treated_terms(case, columns)]
    wanted = set(bounded(quotas, QUOTA, 0.0, 0.0)["key"])
    return make_rows(
        "quota", bounded(quotas, QUOTA, lower, upper), [t[t["key"].isin(wanted)] for t in terms]
    )


def _works(case: Case) -> pd.Series:
    done = case.works_ha.groupby("district_id")["counted_ha"].sum()
    here = (case.quotas["scope"] == "district") & (case.quotas["quantity"] == "treated_ha")
    return case.quotas["scope_id"].map(done).where(here).fillna(0.0).astype("float64")


def _capacity_terms(case: Case, columns: Columns) -> pd.DataFrame:
    asked = set(case.quotas["scope_id"][case.quotas["quantity"] == "capacity_mw"])
    district = case.sites.set_index("site_id")["district_id"]
    build = columns.build[["column", "site_id", "unit_mw", "year"]]
    here = build.assign(scope_id=build["site_id"].map(district), quantity="capacity_mw")
    here = here[here["scope_id"].isin(asked)]
    return keyed(until_each_year(here, case.years), QUOTA, "unit_mw")


def _treated_terms(case: Case, columns: Columns) -> Iterator[pd.DataFrame]:
    asked = case.quotas[case.quotas["quantity"] == "treated_ha"]
    for scope in ("district", "collective"):
        ids = set(asked["scope_id"][asked["scope"] == scope])
        start = columns.start[columns.start[f"{scope}_id"].isin(ids)]
        here = start[["column"]].assign(
            scope_id=start[f"{scope}_id"], quantity="treated_ha", year=start["count_year"]
        )
        yield keyed(until_each_year(here, case.years), QUOTA)
