"""How far along: done, accepted, left, on course or not, against milestones and the plan."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import pandas as pd

from sandgrid.params import Parameters
from sandgrid.tables import conform_table

Targets = Mapping[int, int]
SCOPES: Final = {"district": "district_id", "measure": "sequence_id", "party": "collective"}


@dataclass(frozen=True, eq=False)
class Status:
    """How far along a programme is on a day.

    Parameters
    ----------
    as_of : date
        The day.
    targets : mapping
        Year -> land that is to count by its end [0.01 mu].
    table : DataFrame
        Contract ``status``.
    works : DataFrame
        Contract ``works``: what counts.
    issues : DataFrame
        Contract ``works_issues``: contradictions.
    window : mapping
        What is left to do this year: land, seasons, person-days, people.
    names : mapping
        District code -> name.
    connected_kw, capacity_target_kw : int
        Capacity connected to the grid, and asked for by the end of the year.

    """

    as_of: date
    targets: Targets
    table: pd.DataFrame
    works: pd.DataFrame
    issues: pd.DataFrame
    window: Mapping[str, Any]
    names: Mapping[str, str]
    connected_kw: int = 0
    capacity_target_kw: int = 0

    @property
    def programme(self) -> Mapping[Any, Any]:
        """Return the row of the whole programme."""
        row: Mapping[Any, Any] = self.table[self.table["scope"] == "programme"].iloc[0].to_dict()
        return row


def due_centimu(targets: Targets, as_of: date, work_months: tuple[int, ...]) -> int:
    """Return the land that is due on a day: each working month bears an equal part of its year.

    Parameters
    ----------
    targets : mapping
        Year -> land that is to count by its end [0.01 mu].
    as_of : date
        The day; the month that it ends counts in proportion to its days.
    work_months : tuple of int
        Months in which treatment is done.

    Examples
    --------
    >>> due_centimu({2024: 900, 2025: 1000}, date(2024, 6, 30), (3, 4, 5, 6, 7, 8, 9, 10, 11))
    400
    >>> due_centimu({2024: 900, 2025: 1000}, date(2025, 12, 31), (3, 4, 5, 6, 7, 8, 9, 10, 11))
    1000

    """
    year = as_of.year
    before = max([value for at, value in targets.items() if at < year], default=0)
    after = targets.get(year, before)
    done = sum(_part_of_month(as_of, month) for month in work_months)
    return before + round((after - before) * done / len(work_months))


def _part_of_month(as_of: date, month: int) -> float:
    """Return the share of a month of the same year that has passed."""
    if month != as_of.month:
        return float(month < as_of.month)
    last = date(as_of.year + month // 12, month % 12 + 1, 1)
    return as_of.day / (last - date(as_of.year, month, 1)).days


def status_table(
    works: pd.DataFrame,
    targets: Targets,
    planned: pd.DataFrame | None,
    parameters: Parameters,
    *,
    as_of: date,
) -> pd.DataFrame:
    """Say what is done, accepted, left and due for the programme and by part.

    Parameters
    ----------
    works : DataFrame
        Contract ``works``, works that count.
    targets : mapping
        Year -> land that is to count by its end [0.01 mu].
    planned : DataFrame, optional
        What the plan means to do: count_year, area_centimu, district_id, sequence_id,
        collective; its works included. Parts have targets only with a plan.
    parameters : Parameters
        ``progress.work_months``.
    as_of : date
        The day.

    Returns
    -------
    DataFrame
        Contract ``status``.

    """
    months = tuple(int(month) for month in parameters.numbers("progress.work_months"))
    years = sorted(targets)
    goal = {scope: _goals(planned, column, years) for scope, column in SCOPES.items()}
    rows = [_row("programme", "", works, targets, (as_of, months))]
    for scope, column in SCOPES.items():
        for name in sorted({*goal[scope], *works[column]}):
            own = works[works[column] == name]
            rows.append(_row(scope, name, own, goal[scope].get(name, {}), (as_of, months)))
    rows += [_year_row(works, targets, year, (as_of, months)) for year in years]
    return conform_table(pd.DataFrame(rows), "status")


def _goals(planned: pd.DataFrame | None, column: str, years: list[int]) -> dict[str, Targets]:
    if planned is None:
        return {}
    return {
        str(name): {
            year: int(own.loc[own["count_year"] <= year, "area_centimu"].sum()) for year in years
        }
        for name, own in planned.groupby(column)
    }


def _row(
    scope: str,
    name: str,
    works: pd.DataFrame,
    targets: Targets,
    when: tuple[date, tuple[int, ...]],
) -> dict[str, object]:
    as_of, months = when
    reached = [value for year, value in sorted(targets.items()) if year <= as_of.year]
    target = reached[-1] if reached else 0
    due = due_centimu(targets, as_of, months) if targets else 0
    return _record((scope, name), works, target, due)


def _year_row(
    works: pd.DataFrame, targets: Targets, year: int, when: tuple[date, tuple[int, ...]]
) -> dict[str, object]:
    """Set what is done so far beside the target of a year's end."""
    as_of, months = when
    by_then = works[works["count_year"] <= year]
    due = targets[year] if year < as_of.year else 0
    due = due_centimu(targets, as_of, months) if year == as_of.year else due
    row = _record(("year", str(year)), by_then, targets[year], due)
    return row if year <= as_of.year else {**row, "on_course": ""}


def _record(key: tuple[str, str], works: pd.DataFrame, target: int, due: int) -> dict[str, object]:
    done = int(works["area_centimu"].sum())
    return {
        "scope": key[0],
        "name": key[1],
        "target_centimu": target,
        "done_centimu": done,
        "accepted_centimu": int(works.loc[works["accepted"], "area_centimu"].sum()),
        "left_centimu": max(target - done, 0),
        "expected_centimu": due,
        "on_course": "" if not target else ("yes" if done >= due else "no"),
    }
