"""Check of the soil that treated land retains."""

from typing import Final

import numpy as np
import pandas as pd

from sandgrid.audit.comparing import at_least, equal, gather, same_sums, totals
from sandgrid.audit.folder import PlanFolder, tolerance
from sandgrid.audit.report import Outcome
from sandgrid.audit.sequences import Course, Floats, cover_after, treatments_by_course
from sandgrid.units import CENTIMU_PER_HA

PERCENT: Final = 100
CRITICAL: Final = 150.71
POWER: Final = 0.3711
DOWNFIELD_M: Final = 50.0
TINY: Final = 1e-300
LEAST: Final = "programme.min_new_soil_t_per_year"


def check_soil(plan: PlanFolder) -> Outcome:
    """Check that soil retained follows from cover and practice, is valued, and reaches the least.

    Notes
    -----
    A hectare keeps the mean loss of the parcels of its dune class and level, times the smaller of
    two cuts in year 3: that by which RWEQ falls with the gain of cover, and that which practice
    reports of the measures.
    """
    parts = (_retained(plan, *part) for part in treatments_by_course(plan))
    return gather((*parts, _valued(plan), _least(plan)))


def _retained(plan: PlanFolder, course: Course, rows: pd.DataFrame) -> Outcome:
    known = level_table(plan).loc[rows["parcel_id"]].reset_index(drop=True)
    rain = rows["rain_mm"].to_numpy(dtype=np.float64)
    after = cover_after(plan.parameters, course, known["cover"].to_numpy(), rain)
    today, then = (_lost(plan, known, cover) for cover in (known["cover"].to_numpy(), after))
    computed = 1.0 - np.divide(then, today, out=np.ones_like(then), where=today > 0)
    cut = np.minimum(np.maximum(computed, 0.0), _practice(plan, course))
    expected = rows["area_centimu"].to_numpy() / CENTIMU_PER_HA * known["loss"].to_numpy() * cut
    where = [f"{one} soil_t_per_year" for one in rows["treatment_id"]]
    slack = tolerance("thousandth") + tolerance("relative") * expected
    return equal(where, rows["soil_t_per_year"], expected, slack=slack)


def level_table(plan: PlanFolder) -> pd.DataFrame:
    """Return loss, erodibility and cover of the level of each parcel, by parcel_id."""
    parcels = plan["parcels"].set_index("parcel_id")
    limits = plan.parameters.numbers("sand.erosion_levels_t_per_ha")
    above = [(parcels["erosion_t_per_ha"] >= limit).to_numpy() for limit in limits]
    level = pd.Series(np.sum(above, axis=0, dtype=np.int64), index=parcels.index)
    group = parcels["dune_class"] + "/" + level.astype("str")
    names = {"loss": "erosion_t_per_ha", "erodibility": "erodibility", "cover": "cover"}
    means = {}
    for key, part in parcels.groupby(group, sort=True):
        weights = part["treat_ha"].to_numpy() if part["treat_ha"].sum() > 0 else None
        means[key] = {n: np.average(part[column], weights=weights) for n, column in names.items()}
    return pd.DataFrame({name: group.map({k: m[name] for k, m in means.items()}) for name in names})


def _lost(plan: PlanFolder, known: pd.DataFrame, cover: Floats) -> Floats:
    """Return the loss of a year by RWEQ, up to a constant factor."""
    parts = plan.number("sand.periods_per_month")
    bare = known["erodibility"].to_numpy() * np.exp(
        -PERCENT * plan.number("sand.cover_coefficient") * cover
    )
    loss = np.zeros(len(cover))
    for month in plan.parameters.numbers("sand.weather_kg_m"):
        load = month / parts * bare
        slope = CRITICAL * np.maximum(load, TINY) ** -POWER
        loss += parts * load / slope**2 * np.exp(-((DOWNFIELD_M / slope) ** 2))
    return loss


def _practice(plan: PlanFolder, course: Course) -> float:
    """Return the cut of the sand flux that practice reports in year 3."""
    passes = 1.0
    for measure, offset in course.steps:
        first, third = plan.parameters.numbers(f"measure.{measure}.flux_cut")
        passes *= 1.0 - (first + (third - first) * (2 - offset) / 2)
    return 1.0 - passes


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
