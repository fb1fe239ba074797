"""What is left to do this year: land, seasons, person-days and people."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pandas as pd

from sandgrid.params import Parameters
from sandgrid.treatment.catalogue import SEASONS, Sequence, read_sequences, season_months
from sandgrid.units import CENTIMU_PER_MU, MU_PER_HA


def open_seasons(parameters: Parameters, as_of: date) -> tuple[str, ...]:
    """Return the seasons of the year that have not begun.

    Examples
    --------
    >>> from sandgrid.params import default_parameters
    >>> open_seasons(default_parameters(), date(2024, 6, 30))
    ('autumn',)

    """
    months = season_months(parameters)
    return tuple(season for season in SEASONS if min(months[season]) > as_of.month)


def labour_window(
    left_centimu: int,
    packages: pd.DataFrame | None,
    parameters: Parameters,
    *,
    as_of: date,
) -> dict[str, Any]:
    """Return what the rest of the year needs.

    Parameters
    ----------
    left_centimu : int
        Land that is left of the target of the year [0.01 mu].
    packages : DataFrame, optional
        Contract ``packages``: with a plan, its own work of the rest of the year; without one,
        the least and the most that the sequences of the catalogue would need which may start in
        the seasons left and count in the year.
    parameters : Parameters
        ``measure.*``, ``sequence.*``, ``treatment.season_months.*``, ``package.*``.
    as_of : date
        The day.

    Returns
    -------
    dict
        year, seasons, first_day, last_day, left_mu, working_days, person_days_least,
        person_days_most, people_least, people_most; with a plan also planned_mu (worked on) and
        counted_mu.

    """
    seasons = open_seasons(parameters, as_of)
    months = season_months(parameters)
    days = sum(parameters.number(f"package.working_days.{season}") for season in seasons)
    found = {
        "year": as_of.year,
        "seasons": list(seasons),
        "first_day": _first_day(seasons, months, as_of),
        "left_mu": left_centimu / CENTIMU_PER_MU,
        "working_days": days,
    }
    if packages is None:
        low, high = _range(parameters, seasons, as_of)
        need = (left_centimu / CENTIMU_PER_MU * low, left_centimu / CENTIMU_PER_MU * high)
    else:
        own = packages[(packages["year"] == as_of.year) & (packages["end_date"] > str(as_of))]
        need = (float(own["person_days"].sum()),) * 2
        found["planned_mu"] = int(own["area_centimu"].sum()) / CENTIMU_PER_MU
        found["counted_mu"] = int(own["counted_centimu"].sum()) / CENTIMU_PER_MU
    found["person_days_least"], found["person_days_most"] = (round(n, 1) for n in need)
    for name, value in zip(("people_least", "people_most"), need, strict=True):
        found[name] = round(value / days, 1) if days else None
    return found


def _first_day(
    seasons: tuple[str, ...], months: Mapping[str, frozenset[int]], as_of: date
) -> str | None:
    if not seasons:
        return None
    opens = date(as_of.year, min(months[seasons[0]]), 1)
    return max(opens, as_of + timedelta(days=1)).isoformat()


def _range(parameters: Parameters, seasons: tuple[str, ...], as_of: date) -> tuple[float, float]:
    """Return the least and most person-days per mu of this year's work, over the catalogue."""
    months = season_months(parameters)
    left = frozenset(m for season in seasons for m in months[season] if m > as_of.month)
    days = [
        _days_per_mu(sequence) for sequence in read_sequences(parameters) if _fits(sequence, left)
    ]
    return (min(days), max(days)) if days else (0.0, 0.0)


def _fits(sequence: Sequence, months: frozenset[int]) -> bool:
    """Return whether all work of the first year falls in these months and the land then counts."""
    first = [step for step in sequence.steps if step.offset_years == 0]
    in_time = all(months & set(step.months) for step in first)
    return in_time and sequence.counting_offset_years == 0 and "off_site" in sequence.places


def _days_per_mu(sequence: Sequence) -> float:
    return sequence.need("person_days", 0) / MU_PER_HA
