"""What both halves of the brute force read off a case."""

from typing import Any

import numpy as np

from sandgrid.optimize.case import Case

TOLERANCE = 1e-9
Builds = dict[int, tuple[int, ...]]


def list_records(case: Case, table: str = "build_options") -> list:
    """Return the rows of a table as records, read once."""
    known = case.__dict__.setdefault("_brute", {})
    if table not in known:
        known[table] = list(getattr(case, table).itertuples())
    return known[table]


def factor(case: Case, year: int) -> float:
    return (1 + case.discount_rate) ** (case.base_year - year)


def site_ha(options: Any, used: Builds, technology: str) -> float:
    return sum(
        sum(p) * options[i].gross_ha_per_unit
        for i, p in used.items()
        if options[i].technology == technology
    )


def standing(case: Case, builds: Builds, keep: Any) -> list[float]:
    """MW standing at each year's end of the builds that ``keep`` accepts."""
    options = list_records(case)
    added = [
        sum(p[t] * options[i].unit_mw for i, p in builds.items() if keep(options[i]))
        for t in range(len(case.years))
    ]
    return list(np.cumsum(added))
