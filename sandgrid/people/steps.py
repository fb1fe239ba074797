"""The steps of treatment, one row per piece of land and measure, with a season each."""

from collections.abc import Mapping
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from sandgrid.errors import InputError
from sandgrid.people.sharing import Sources, works_of_years
from sandgrid.people.yearly import split_whole
from sandgrid.treatment.catalogue import (
    COUNTING_ORDER,
    SEASONS,
    Sequence,
    Step,
    read_sequences,
    season_months,
)
from sandgrid.units import CENTIMU_PER_HA

SHARED: Final = ("treatment_id", "parcel_id", "district_id", "dune_class", "implementer_kind",
                 "implementer", "area_centimu")  # fmt: skip


def list_steps(cash: pd.DataFrame, sources: Sources, *, as_of: date) -> pd.DataFrame:
    """List every step of every treatment with its season.

    Parameters
    ----------
    cash : DataFrame
        Of :func:`sandgrid.people.sharing.plan_cash`.
    sources : Sources
        The plan.
    as_of : date
        Work starts after this day.

    Returns
    -------
    DataFrame
        treatment_id, parcel_id, district_id, dune_class, implementer_kind, implementer, measure,
        role, year, season, area_centimu, counts, repair, person_days, straw_t, seedlings,
        machine_days, cost_cny, soil_t_per_year.
        Person-days and cost of a year are those of the plan, shared over the measures of the year
        as the catalogue has them.

    Raises
    ------
    InputError
        If no season is left for a measure.

    """
    works = works_of_years(cash, sources)
    sequences = {one.sequence_id: one for one in read_sequences(sources.parameters)}
    rows = [row for work in works.to_dict("records") for row in _steps_of(work, sequences)]
    table = pd.DataFrame(rows)
    if table.empty:
        return table
    return table.assign(season=_seasons(table, season_months(sources.parameters), as_of))


def _steps_of(
    work: Mapping[object, object], sequences: Mapping[str, Sequence]
) -> list[dict[str, object]]:
    """Return the steps of one treatment in one year; each takes its part of days and cost."""
    sequence = sequences[str(work["sequence_id"])]
    offset = int(str(work["year_of_work"])) - int(str(work["year"]))
    steps = sequence.work_of(offset)
    days = np.array([step.needs["person_days"] for step in steps])
    weights = days / days.sum() if days.sum() else np.full(len(steps), 1 / len(steps))
    costs = split_whole([int(str(work["amount_cny"]))], [step.cost_cny_per_ha for step in steps])
    spent = float(str(work["person_days_of_year"]))
    counting = _counting_step(sequence)
    return [
        {
            **{name: work[name] for name in SHARED},
            "year": work["year_of_work"],
            "measure": step.measure,
            "role": step.role,
            "months": step.months,
            "counts": step is counting,
            "repair": step in sequence.repairs,
            "person_days": spent * weights[k],
            "cost_cny": int(costs[0, k]),
            "soil_t_per_year": work["soil_t_per_year"],
            **_needs(step, int(str(work["area_centimu"]))),
        }
        for k, step in enumerate(steps)
    ]


def _needs(step: Step, area_centimu: int) -> dict[str, float]:
    area_ha = area_centimu / CENTIMU_PER_HA
    return {name: step.needs[name] * area_ha for name in ("straw_t", "seedlings", "machine_days")}


def _counting_step(sequence: Sequence) -> Step:
    """Return the one step with which the land counts."""
    offset = sequence.counting_offset_years
    steps = [step for step in sequence.steps if step.offset_years == offset]
    return min(steps, key=lambda step: COUNTING_ORDER.index(step.role))


def _seasons(
    steps: pd.DataFrame, months: Mapping[str, frozenset[int]], as_of: date
) -> "pd.Series[str]":
    """Give each step a season: the one with least work so far in its district and year.

    Steps with fewer open seasons come first, then those with more work. A fence goes with the
    other work of the year on its land, where it may.
    """
    rows = steps.to_dict("records")
    openings = [_open(row, months, as_of) for row in rows]
    order = sorted(range(len(rows)), key=lambda k: (rows[k]["role"] == "fence", len(openings[k]),
                                                    -rows[k]["person_days"], k))  # fmt: skip
    load: dict[tuple[object, ...], float] = {}
    beside: dict[tuple[object, ...], str] = {}
    chosen = [""] * len(rows)
    for k in order:
        names = ("district_id", "year", "treatment_id", "person_days")
        district, year, treatment, days = (rows[k][name] for name in names)
        here = beside.get((treatment, year), "")
        best = min(
            openings[k],
            key=lambda s: (s != here, load.get((district, year, s), 0.0), SEASONS.index(s)),
        )
        load[district, year, best] = load.get((district, year, best), 0.0) + days
        beside.setdefault((treatment, year), best)
        chosen[k] = best
    return pd.Series(chosen, index=steps.index)


def _open(
    row: Mapping[object, object], months: Mapping[str, frozenset[int]], as_of: date
) -> list[str]:
    """Return the seasons in which a step may be done.

    In the year of the plan's date these are seasons that have not begun; what cannot wait for one
    is done in what is left of a season.
    """
    allowed = set(row["months"])  # type: ignore[call-overload]  # a tuple of int, made above
    found = [season for season in SEASONS if allowed & months[season]]
    if row["year"] == as_of.year:
        later = {month for month in allowed if month > as_of.month}
        begun = [season for season in SEASONS if later & months[season]]
        found = [season for season in begun if min(months[season]) > as_of.month] or begun
    if not found:
        raise InputError(
            "people-no-season",
            {"treatment": row["treatment_id"], "measure": row["measure"], "year": row["year"]},
        )
    return found
