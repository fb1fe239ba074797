"""Check of the soil that treated land retains."""

from typing import Final

import numpy as np
import pandas as pd

from sandgrid.audit.comparing import at_least, equal, gather, same_sums, totals
from sandgrid.audit.folder import PlanFolder, tolerance
from sandgrid.audit.report import Outcome
from sandgrid.audit.sequences import Course, cover_after, treatments_by_course
from sandgrid.units import CENTIMU_PER_HA

PERCENT: Final = 100
LEAST: Final = "programme.min_new_soil_t_per_year"


def check_soil(plan: PlanFolder) -> Outcome:
    """Check that soil retained follows from cover, is valued, and reaches the least.

    Notes
    -----
    Of today's loss, a gain of cover keeps the share 1 - exp(-a x gain in percent), both at the
    cover that is usual for the dune class.
    """
    parts = (_retained(plan, *part) for part in treatments_by_course(plan))
    return gather((*parts, _valued(plan), _least(plan)))


def _retained(plan: PlanFolder, course: Course, rows: pd.DataFrame) -> Outcome:
    loss = _by_class(plan, "sand.loss_t_per_ha", rows["dune_class"])
    before = _by_class(plan, "sand.cover", rows["dune_class"])
    gain = np.maximum(cover_after(plan.parameters, course, before) - before, 0.0) * PERCENT
    kept = loss * (1.0 - np.exp(-plan.number("sand.cover_coefficient") * gain))
    expected = rows["area_centimu"].to_numpy() / CENTIMU_PER_HA * kept
    where = [f"{one} soil_t_per_year" for one in rows["treatment_id"]]
    slack = tolerance("thousandth") + tolerance("relative") * expected
    return equal(where, rows["soil_t_per_year"], expected, slack=slack)


def _by_class(
    plan: PlanFolder, key: str, classes: pd.Series
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    values = {name: plan.number(f"{key}.{name}") for name in plan.parameters.below(key)}
    return np.asarray(classes.map(values), dtype=np.float64)


def _valued(plan: PlanFolder) -> Outcome:
    """Compare what retained soil is worth with its tonnes."""
    rows, costs = plan["treatments"], plan["costs"]
    price = plan.programme("soil_value_cny_per_t")
    due = rows.assign(worth=rows["soil_t_per_year"] * price)
    keys = ["row_id", "year"]
    told = totals(costs[costs["item"] == "soil_value"], keys, "amount_cny")
    owed = totals(due, ["treatment_id", "count_year"], "worth").rename_axis(keys)
    slack = tolerance("cost_cny") + price * tolerance("thousandth")
    return same_sums(told, owed, "soil_value CNY", slack=slack)


def _least(plan: PlanFolder) -> Outcome:
    least = plan.number(LEAST) if LEAST in plan.parameters else 0.0
    found = plan["treatments"]["soil_t_per_year"].sum()
    slack = tolerance("relative") * least + len(plan["treatments"]) * tolerance("thousandth")
    return at_least(["soil t/a"], [found], [least], slack=slack)
