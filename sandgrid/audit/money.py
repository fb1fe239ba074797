"""Checks of money: rows, discounting, prices, sums, objective, gap."""

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from sandgrid.audit.comparing import (
    NOTHING,
    at_least,
    equal,
    gather,
    known,
    named,
    same_sums,
    totals,
)
from sandgrid.audit.folder import KEYS, VALUE_ITEMS, PlanFolder, tolerance
from sandgrid.audit.report import Outcome

OWNERS: Final = (
    ("build", "builds", "build_id"),
    ("treatment", "treatments", "treatment_id"),
    ("trunk", "trunks", "trunk_id"),
    ("station", "stations", "hub_id"),
)
ITEMS: Final = (
    "generation", "connection", "treatment", "operation", "lease", "perimeter", *VALUE_ITEMS,
)  # fmt: skip
OPTION: Final = ["site_id", "technology", "hub_id"]
UNIT_PRICES: Final = {
    "generation": ("generation_cny_per_unit", "collector_cny_per_unit"),
    "operation": ("operation_cny_per_unit",),
    "lease": ("lease_cny_per_unit",),
    "energy_value": ("energy_value_cny_per_unit",),
}
SPENT: Final = tuple(
    name for item, names in UNIT_PRICES.items() if item not in VALUE_ITEMS for name in names
)
OBJECTS: Final = ("build", "station", "trunk", "bay", "reinforcement", "treatment", "border")


def _spending(plan: PlanFolder) -> pd.DataFrame:
    costs = plan["costs"]
    return costs[~costs["item"].isin(VALUE_ITEMS)]


def check_discount(plan: PlanFolder) -> Outcome:
    """Check that the present value of a row is its amount, discounted to the base year."""
    costs = plan["costs"]
    present = costs["amount_cny"] * plan.discount(costs["year"])
    where = named(costs, KEYS["costs"], "present_cny")
    return equal(where, costs["present_cny"], present, slack=tolerance("cost_cny"))


def check_cost_rows(plan: PlanFolder) -> Outcome:
    """Check that every build, treatment, trunk and station costs what the table of costs says."""
    costs = plan["costs"]
    where = named(costs, KEYS["costs"], "object")
    listed = known(where, costs["object"], OBJECTS, "costs") + known(
        where, costs["item"], ITEMS, "costs"
    )
    return gather((listed, *(_owned(plan, *owner) for owner in OWNERS)))


def _owned(plan: PlanFolder, kind: str, table: str, key: str) -> Outcome:
    rows = _spending(plan)
    rows = rows[rows["object"] == kind]
    stated = totals(plan[table], [key], "cost_cny")
    return same_sums(stated, totals(rows, ["row_id"], "present_cny").rename_axis(key), "cost_cny")


def check_build_prices(plan: PlanFolder) -> Outcome:
    """Check that builds cost and yield what their units do."""
    options = plan["build_options"].set_index(OPTION)
    builds = plan["builds"].drop(columns="levelised_cny_per_mwh").join(options, on=OPTION)
    energy = builds["units"] * builds["energy_mwh_per_unit_year"]
    where = named(builds, ["build_id"], "energy_mwh_per_year")
    told = equal(where, builds["energy_mwh_per_year"], energy, slack=tolerance("thousandth"))
    prices = gather(_unit_prices(plan, builds, *priced) for priced in UNIT_PRICES.items())
    return gather((told, prices, _levelised(plan), _on_balance(plan)))


def _levelised(plan: PlanFolder) -> Outcome:
    """Compare what a MWh costs, and a unit on balance, with what its option spends and yields."""
    rows, builds = plan["build_options"], plan["builds"]
    spent = rows[list(SPENT)].sum(axis=1, skipna=False)
    per_mwh = spent / _sold_over_life_mwh(plan, rows)
    balance = spent - rows["energy_value_cny_per_unit"]
    of_build = builds[OPTION].join(rows.assign(per_mwh=per_mwh).set_index(OPTION), on=OPTION)
    return gather(
        (
            _near(rows, OPTION, "levelised_cny_per_mwh", per_mwh),
            _near(rows, OPTION, "net_present_cost_cny_per_unit", balance),
            _near(builds, ["build_id"], "levelised_cny_per_mwh", of_build["per_mwh"]),
        )
    )


def _sold_over_life_mwh(plan: PlanFolder, rows: pd.DataFrame) -> pd.Series:
    """Return the discounted energy that a unit sells over its life; missing where it is none."""
    growth = 1 + plan.number("finance.discount_rate")
    lives = [sum(growth**-year for year in range(1, life + 1)) for life in rows["life_years"]]
    sold = rows["energy_mwh_per_unit_year"] * (1 - plan.number("energy.curtailment"))
    return (sold * lives).where(sold > 0)


def _near(rows: pd.DataFrame, keys: list[str], name: str, due: pd.Series) -> Outcome:
    """Compare a column with what is due; what is due to nothing must be missing."""
    slack = tolerance("thousandth")
    return equal(named(rows, keys, name), rows[name].fillna(0.0), due.fillna(0.0), slack=slack)


def _on_balance(plan: PlanFolder) -> Outcome:
    """Compare what builds cost on balance with their outlay and the value of their energy."""
    costs, builds = plan["costs"], plan["builds"]
    value = costs[(costs["object"] == "build") & costs["item"].isin(VALUE_ITEMS)]
    earned = builds["build_id"].map(value.groupby("row_id")["present_cny"].sum()).fillna(0)
    where = named(builds, ["build_id"], "net_present_cost_cny")
    return equal(where, builds["net_present_cost_cny"], builds["cost_cny"] - earned)


def _unit_prices(
    plan: PlanFolder, builds: pd.DataFrame, item: str, columns: tuple[str, ...]
) -> Outcome:
    costs = plan["costs"]
    here = costs[(costs["object"] == "build") & (costs["item"] == item)]
    paid = totals(here, ["row_id", "year"], "amount_cny").rename_axis(["build_id", "year"])
    owed = builds["units"] * builds[list(columns)].sum(axis=1, skipna=False)
    due = totals(builds.assign(owed=owed), ["build_id", "year"], "owed")
    return same_sums(paid, due, f"{item} CNY", slack=tolerance("cost_cny"))


def check_connection_prices(plan: PlanFolder) -> Outcome:
    """Check that stations, circuits, bays and reinforcements cost what they cost."""
    return _station_prices(plan) + _trunk_prices(plan) + _extra_prices(plan)


def _station_prices(plan: PlanFolder) -> Outcome:
    rows = plan["stations"]
    price = plan["hubs"].set_index("hub_id")["station_cny"]
    cost = rows["hub_id"].map(price) * plan.discount(rows["year"])
    return equal(
        named(rows, ["hub_id"], "cost_cny"), rows["cost_cny"], cost, slack=tolerance("price_cny")
    )


def _trunk_prices(plan: PlanFolder) -> Outcome:
    rows = plan["trunks"]
    kinds = plan.parameters.below("power.circuit")
    price = {kind: plan.number(f"power.circuit.{kind}.line_cny_per_km") for kind in kinds}
    per_km = rows["kind"].map(price) * rows["cost_factor"]
    line = per_km * rows["length_km"] * rows["circuits"]
    cost = line.astype("float64") * plan.discount(rows["year"])
    where = named(rows, KEYS["trunks"], "cost_cny")
    return equal(where, rows["cost_cny"], cost, slack=tolerance("price_cny"))


def _extra_prices(plan: PlanFolder) -> Outcome:
    """Compare what is paid for bays and reinforcements with what is bought each year."""
    use = plan["substation_use"].sort_values(["substation_id", "year"], kind="stable")
    prices = plan["substations"].set_index("substation_id")
    added = use.groupby("substation_id")[["bays_bought", "reinforcement_kw"]].diff()
    added = added.fillna(use[["bays_bought", "reinforcement_kw"]])
    bay = use["substation_id"].map(prices["bay_cost_cny"])
    once = use["substation_id"].map(prices["reinforcement_cost_cny"])
    due = use[["substation_id", "year"]].assign(
        bay=added["bays_bought"] * bay, reinforcement=(added["reinforcement_kw"] > 0) * once
    )
    return gather(_paid(plan, due, name) for name in ("bay", "reinforcement"))


def _paid(plan: PlanFolder, due: pd.DataFrame, kind: str) -> Outcome:
    costs = plan["costs"]
    paid = totals(costs[costs["object"] == kind], ["row_id", "year"], "amount_cny")
    owed = totals(due, ["substation_id", "year"], kind).rename_axis(["row_id", "year"])
    return same_sums(paid, owed, f"{kind} CNY", slack=tolerance("cost_cny"))


def check_cost_totals(plan: PlanFolder) -> Outcome:
    """Check that items in plan.json are the sums of their rows, and the outlay of items."""
    stated: dict[str, Any] = plan.figures["cost_cny"]
    sums = totals(plan["costs"], ["item"], "present_cny")
    items = same_sums(pd.Series(stated, dtype="float64").rename_axis("item"), sums, "cost_cny")
    spent = sum(value for name, value in stated.items() if name not in VALUE_ITEMS)
    return items + equal(["outlay_cny"], [plan.figures["outlay_cny"]], [spent])


def check_objective(plan: PlanFolder) -> Outcome:
    """Check that the objective is the outlay less the value of energy and soil."""
    stated = plan.figures["cost_cny"]
    worth = sum(abs(stated.get(name, 0)) for name in VALUE_ITEMS)
    net = plan.figures["outlay_cny"] - worth
    return equal(["objective_cny"], [plan.figures["objective_cny"]], [net])


def check_gap(plan: PlanFolder) -> Outcome:
    """Check that the gaps follow from objective, bound, outlay and greedy plan."""
    figures = plan.figures
    if figures["bound_cny"] is None:
        return NOTHING
    distance = figures["objective_cny"] - figures["bound_cny"]
    share = distance / figures["outlay_cny"] if figures["outlay_cny"] else 0.0
    slack = tolerance("relative")
    return gather(
        (
            equal(["gap_cny"], [figures["gap_cny"]], [distance]),
            equal(["gap"], [figures["gap"]], [share], slack=slack),
            at_least(["gap_cny"], [distance], [0]),
            _gap_of_choice(figures, distance),
            _treatment_gap(figures),
        )
    )


def _treatment_gap(figures: Mapping[str, Any]) -> Outcome:
    """Check the gap of the treatment half against its bound and what the tables spend on it."""
    bound = figures.get("treatment_bound_cny")
    if bound is None:  # a plan of before the bound was written
        return NOTHING
    spent = sum(figures["cost_cny"].get(name, 0) for name in ("treatment", "perimeter"))
    net = spent - abs(figures["cost_cny"].get("soil_value", 0))
    share = max(net - bound, 0) / spent if spent else 0.0
    where, slack = ["treatment_gap"], tolerance("relative")
    return equal(where, [figures["treatment_gap"]], [share], slack=slack)


def _gap_of_choice(figures: Mapping[str, Any], distance: float) -> Outcome:
    if figures["gap_of_choice"] is None:
        return NOTHING
    saved = figures["greedy_objective_cny"] - figures["bound_cny"]
    where, slack = ["gap_of_choice"], tolerance("relative")
    return equal(where, [figures["gap_of_choice"]], [distance / saved], slack=slack)
