"""The steps of treatment, one row per piece of land and measure, with a season each."""

from collections.abc import Mapping
from datetime import date
from typing import Final

import numpy as np
import pandas as pd

from sandgrid.errors import InputError
from sandgrid.params import Parameters
from sandgrid.people.sharing import Sources, works_of_years
from sandgrid.people.yearly import split_whole
from sandgrid.treatment import Sequence, read_sequences
from sandgrid.units import CENTIMU_PER_HA

SEASONS: Final = ("spring", "summer", "autumn")
PIECE: Final = ["treatment_id", "year_of_work"]


def season_months(parameters: Parameters) -> dict[str, tuple[int, ...]]:
    """Return the months of each season.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> season_months(default_parameters())["autumn"]
    (9, 10, 11)

    """
    return {
        season: tuple(int(m) for m in parameters.numbers(f"package.season_months.{season}"))
        for season in SEASONS
    }


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
        role, year, season, area_centimu, counts, person_days, straw_t, cost_cny, soil_t_per_year.
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
    steps = [step for step in sequence.steps if step.offset_years == offset]
    days = np.array([step.person_days_per_ha for step in steps])
    weights = days / days.sum() if days.sum() else np.full(len(steps), 1 / len(steps))
    costs = split_whole([int(str(work["amount_cny"]))], [step.cost_cny_per_ha for step in steps])
    area = int(str(work["area_centimu"]))
    counting = _counting_measure(sequence)
    shared = ("treatment_id", "parcel_id", "district_id", "dune_class", "implementer_kind",
              "implementer", "area_centimu")  # fmt: skip
    return [
        {
            **{name: work[name] for name in shared},
            "year": work["year_of_work"],
            "measure": step.measure,
            "role": step.role,
            "months": step.months,
            "counts": (step.measure, step.offset_years) == counting,
            "person_days": float(str(work["person_days_of_year"])) * weights[k],
            "straw_t": step.straw_t_per_ha * area / CENTIMU_PER_HA,
            "cost_cny": int(costs[0, k]),
            "soil_t_per_year": work["soil_t_per_year"],
        }
        for k, step in enumerate(steps)
    ]


def _counting_measure(sequence: Sequence) -> tuple[str, int]:
    """Return measure and offset of the one step with which the land counts."""
    offset = sequence.counting_offset_years
    order = {"barrier": 0, "planting": 1, "fence": 2}
    steps = [step for step in sequence.steps if step.offset_years == offset]
    first = min(steps, key=lambda step: order[step.role])
    return first.measure, first.offset_years


def _seasons(
    steps: pd.DataFrame, months: Mapping[str, tuple[int, ...]], as_of: date
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
    row: Mapping[object, object], months: Mapping[str, tuple[int, ...]], as_of: date
) -> list[str]:
    """Return the seasons in which a step may be done, after the date of the plan."""
    allowed = set(row["months"])  # type: ignore[call-overload]  # a tuple of int, made above
    if row["year"] == as_of.year:
        allowed = {month for month in allowed if month > as_of.month}
    found = [season for season in SEASONS if allowed & set(months[season])]
    if not found:
        raise InputError(
            "people-no-season",
            {"treatment": row["treatment_id"], "measure": row["measure"], "year": row["year"]},
        )
    return found
