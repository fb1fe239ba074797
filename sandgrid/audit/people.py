"""Checks of what a plan says about people: payments, packages, statements."""

from collections.abc import Mapping
from typing import Final

import pandas as pd

from sandgrid.audit.comparing import NOTHING, equal, gather, same_sums, totals
from sandgrid.audit.folder import PlanFolder, tolerance
from sandgrid.audit.report import Fault, Outcome
from sandgrid.errors import InputError
from sandgrid.layers.plan_files import read_plan_layers
from sandgrid.tables import conform_table

FILE: Final = "people.gpkg"
TABLES: Final = ("transfers", "statements", "packages", "package_parts", "closing")
RECURRING: Final = ("operation", "lease", "energy_value")
NOT_CASH: Final = ("soil_value", "perimeter")
SUMS: Final[Mapping[str, tuple[tuple[str, ...], str, str]]] = {
    "wages_cny": (("wages",), "payee_kind", "members"),
    "lease_cny": (("lease",), "payee_kind", "collective"),
    "household_lease_cny": (("lease",), "payee_kind", "household"),
    "subsidy_cny": (("subsidy",), "payee_kind", "collective"),
    "spent_cny": (("wages", "wages_away", "material"), "payer_kind", "collective"),
    "reimbursed_cny": (("reimbursement",), "payee_kind", "collective"),
    "dividend_cny": (("dividend",), "payer_kind", "collective"),
}


def _read(plan: PlanFolder) -> dict[str, pd.DataFrame] | Fault:
    """Return the tables of people by their contracts, or what is wrong with them."""
    layers = read_plan_layers(plan.folder / FILE)
    try:
        found = {name: conform_table(layers[name], name) for name in TABLES}
    except (InputError, KeyError) as error:
        return Fault(FILE, str(error), "=", "columns")
    return {
        name: pd.DataFrame(table.drop(columns="geometry", errors="ignore"))
        for name, table in found.items()
    }


def _stated(plan: PlanFolder) -> bool:
    """Return whether the plan says anything about people."""
    return "people" in plan.figures


def check_payments(plan: PlanFolder) -> Outcome:
    """Check that payments add up to the plan's costs: by year, or by worth where they return."""
    if not _stated(plan):
        return NOTHING
    tables = _read(plan)
    if isinstance(tables, Fault):
        return Outcome(1, (tables,))
    paid, costs = tables["transfers"], plan["costs"]
    paid = paid[paid["plan_item"] != ""]
    cash = costs[~costs["item"].isin(NOT_CASH)]
    once = cash[~cash["item"].isin(RECURRING)]
    due = totals(once, ["item", "year"], "amount_cny")
    handed = paid[~paid["plan_item"].isin(RECURRING)].assign(item=lambda rows: rows["plan_item"])
    by_year = same_sums(totals(handed, ["item", "year"], "amount_cny"), due, "paid CNY")
    return by_year + gather(_worth(plan, paid, cash, item) for item in RECURRING)


def _worth(plan: PlanFolder, paid: pd.DataFrame, cash: pd.DataFrame, item: str) -> Outcome:
    """Compare the present worth of yearly payments with that of the plan's amounts."""
    own, rows = paid[paid["plan_item"] == item], cash[cash["item"] == item]
    found = (own["amount_cny"] * plan.discount(own["year"])).sum()
    due = (rows["amount_cny"] * plan.discount(rows["year"])).sum()
    slack = tolerance("cost_cny") * max(len(rows), 1)
    return equal([f"{item} worth CNY"], [found], [due], slack=slack)


def check_packages(plan: PlanFolder) -> Outcome:
    """Check that packages hold each step of each treatment once: land, days, money."""
    if not _stated(plan):
        return NOTHING
    tables = _read(plan)
    if isinstance(tables, Fault):
        return Outcome(1, (tables,))
    parts, packages, treated = tables["package_parts"], tables["packages"], plan["treatments"]
    counted = parts[parts["counts"]]
    key = ["package_id"]
    costs = plan["costs"]
    return gather(
        (
            same_sums(
                totals(counted, ["treatment_id"], "area_centimu"),
                totals(treated, ["treatment_id"], "area_centimu"),
                "counted 0.01 mu",
            ),
            same_sums(
                totals(packages, key, "counted_centimu"),
                totals(counted, key, "area_centimu"),
                "counted 0.01 mu",
            ),
            same_sums(
                totals(parts, ["treatment_id"], "person_days"),
                totals(treated, ["treatment_id"], "person_days"),
                "person_days",
                slack=tolerance("thousandth"),
            ),
            same_sums(totals(packages, key, "cost_cny"), totals(parts, key, "cost_cny"), "CNY"),
            same_sums(
                totals(parts, ["treatment_id"], "cost_cny").rename_axis("row_id"),
                totals(costs[costs["item"] == "treatment"], ["row_id"], "amount_cny"),
                "CNY",
            ),
        )
    )


def check_statements(plan: PlanFolder) -> Outcome:
    """Check that the statements of villages are the sums of their payments."""
    if not _stated(plan):
        return NOTHING
    tables = _read(plan)
    if isinstance(tables, Fault):
        return Outcome(1, (tables,))
    every, stated = tables["transfers"], tables["statements"]
    paid = every[every["collective_id"] != ""]
    key = ["collective_id"]
    sums = (
        same_sums(
            totals(stated, key, column),
            totals(paid[paid["item"].isin(items) & (paid[side] == kind)], key, "amount_cny"),
            column,
        )
        for column, (items, side, kind) in SUMS.items()
    )
    figures = plan.figures["people"]
    told = [figures[name] for name in ("wages_cny", "subsidy_cny")]
    whole = [
        frame.loc[frame["item"] == item, "amount_cny"].sum()
        for frame, item in ((paid, "wages"), (every, "subsidy"))
    ]
    return gather(sums) + equal(["wages_cny", "subsidy_cny"], told, whole)
