"""Rows on what a programme, district or collective gets: quotas in amounts and in shares."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from sandgrid.optimize.case import OFFSETS, Case
from sandgrid.optimize.columns import Columns
from sandgrid.optimize.constraints.terms import bounded, keyed, until_each_year
from sandgrid.optimize.objective import objective
from sandgrid.optimize.problem import Rows, make_rows, no_rows

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
    wanted = set(bounded(quotas, QUOTA, 0.0, 0.0)["key"])
    found = _totals(case, columns, quotas)
    terms = keyed(found, QUOTA, "value")
    return make_rows(
        "quota", bounded(quotas, QUOTA, lower, upper), [terms[terms["key"].isin(wanted)]]
    )


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
    share = asked[column]
    whole = asked.assign(scope="programme", scope_id="")
    side = share * _works(case, whole) - _works(case, asked)
    least = column == "minimum_share"
    table = bounded(asked, QUOTA, side if least else -np.inf, np.inf if least else side)
    own = keyed(_totals(case, columns, asked), QUOTA, "value")
    all_of = _totals(case, columns, whole.drop_duplicates(QUOTA))
    parts = asked[[*QUOTA, column]].merge(
        all_of.drop(columns="scope_id"), on=["quantity", "year"], suffixes=("", "_all")
    )
    terms = keyed(parts, QUOTA, -parts[column] * parts["value"])
    wanted = set(table["key"])
    return make_rows(family, table, [own[own["key"].isin(wanted)], terms])


def _works(case: Case, quotas: pd.DataFrame) -> pd.Series:
    """Return finished works that count towards each quota [ha]; they have no collective."""
    done = case.works_ha.groupby("district_id")["counted_ha"].sum()
    here = quotas["scope_id"].map(done).where(quotas["scope"] == "district")
    here = here.where(quotas["scope"] != "programme", float(case.works_ha["counted_ha"].sum()))
    return here.where(quotas["quantity"].isin(WITH_WORKS)).fillna(0.0).astype("float64")


def _totals(case: Case, columns: Columns, quotas: pd.DataFrame) -> pd.DataFrame:
    """Return the terms of every quota: scope_id, quantity, year, column, value."""
    parts = [_NO_TERMS]
    for quantity in sorted(set(quotas["quantity"])):
        amounts = QUANTITIES[quantity](case, columns)
        amounts = amounts.assign(quantity=quantity, value=amounts["value"] * UNIT[quantity])
        asked = quotas[quotas["quantity"] == quantity]
        for scope, rows in asked.groupby("scope", sort=True):
            here = amounts.assign(scope_id=amounts.get(f"{scope}_id", ""))
            here = here[here["scope_id"].isin(set(rows["scope_id"]))]
            here = here[["scope_id", "quantity", "year", "column", "value"]]
            parts.append(until_each_year(here, case.years))
    return pd.concat(parts, ignore_index=True)


_NO_TERMS = pd.DataFrame(
    {"scope_id": [], "quantity": [], "year": [], "column": [], "value": []}
).astype({"scope_id": "str", "quantity": "str", "year": "int64", "column": "int64"})


def _built(case: Case, columns: Columns, value: str) -> pd.DataFrame:
    build = columns.build
    district = build["site_id"].map(case.sites.set_index("site_id")["district_id"])
    return build[["column", "year"]].assign(district_id=district, value=build[value])


def _capacity(case: Case, columns: Columns) -> pd.DataFrame:
    return _built(case, columns, "unit_mw")


def _energy(case: Case, columns: Columns) -> pd.DataFrame:
    return _built(case, columns, "energy_mwh_per_unit_year")


def _counted(columns: Columns, value: pd.Series | float) -> pd.DataFrame:
    start = columns.start
    found = start[["column", "district_id", "collective_id"]]
    return found.assign(year=start["count_year"], value=value)


def _treated(case: Case, columns: Columns) -> pd.DataFrame:
    del case
    return _counted(columns, 1.0)


def _industry(case: Case, columns: Columns) -> pd.DataFrame:
    del case
    found = _counted(columns, 1.0)
    return found[columns.start["industry"] != ""]


def _soil(case: Case, columns: Columns) -> pd.DataFrame:
    del case
    return _counted(columns, columns.start["soil_t_per_ha"])


def _protection(case: Case, columns: Columns) -> pd.DataFrame:
    del case
    return _counted(columns, columns.start["protection_per_ha"])


def _wages(case: Case, columns: Columns) -> pd.DataFrame:
    """Return wages in the year in which the work falls; those after the last year are none."""
    start, wage = columns.start, case.settings.wage_cny_per_day
    parts = [
        start[["column", "district_id", "collective_id"]].assign(
            year=start["year"] + offset, value=start[f"person_days_per_ha_{offset}"] * wage
        )
        for offset in OFFSETS
    ]
    paid = pd.concat(parts, ignore_index=True)
    return paid[(paid["value"] > 0) & (paid["year"] <= case.years[-1])]


def _net_cost(case: Case, columns: Columns) -> pd.DataFrame:
    """Return the present net cost of every column, whatever its year [CNY]."""
    cost = objective(case, columns) / UNIT["net_cost_cny"]
    found = pd.DataFrame({"column": np.arange(len(cost)), "value": cost})
    return found[found["value"] != 0.0].assign(year=case.years[0])


QUANTITIES: dict[str, Callable[[Case, Columns], pd.DataFrame]] = {
    "capacity_mw": _capacity,
    "energy_mwh": _energy,
    "treated_ha": _treated,
    "industry_ha": _industry,
    "soil_t": _soil,
    "protection": _protection,
    "wages_cny": _wages,
    "net_cost_cny": _net_cost,
}
