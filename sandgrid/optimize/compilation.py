"""From a case to its problem, and from a problem to a free MPS file."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sandgrid.optimize.case import Case
from sandgrid.optimize.columns import Columns, list_columns
from sandgrid.optimize.constraints import (
    capacity,
    compactness,
    land,
    limits,
    power,
    quotas,
    sites,
    treatment,
)
from sandgrid.optimize.problem import Integers, Problem, assemble
from sandgrid.optimize.weighing import goal_costs

RULES = (
    capacity.built_total,
    capacity.capacity,
    treatment.counted_total,
    treatment.treated,
    capacity.obligation,
    treatment.enclosure_share,
    treatment.core_share,
    treatment.industry_share,
    treatment.least_soil,
    land.parcel_land,
    land.on_site_land,
    land.land,
    land.on_site,
    land.acceptance,
    sites.one_hub,
    sites.site_hub,
    sites.least_site,
    sites.least_units,
    sites.most_units,
    sites.site_station,
    sites.feeds_station,
    power.hub_total,
    power.hub_flow,
    power.circuit_capacity,
    power.flow_station,
    power.headroom,
    power.bays,
    power.station_capacity,
    power.least_hub,
    power.station_circuit,
    power.stays,
    limits.budget,
    limits.person_days,
    limits.straw,
    limits.water,
    limits.working_capital,
    limits.person_days_season,
    limits.straw_season,
    limits.water_season,
    quotas.quota,
    quotas.least_share,
    quotas.most_share,
    compactness.reach,
    compactness.border_in,
    compactness.border_out,
)
TIGHTENING = ("site_station", "feeds_station", "flow_station", "station_circuit")


def compile_columns(case: Case, columns: Columns) -> Problem:
    """Return the problem of columns that are numbered already."""
    named = columns.joined().assign(cost=goal_costs(case, columns))
    return assemble(named, [rule(case, columns) for rule in RULES])


def compile_problem(case: Case) -> Problem:
    """Return the whole problem of a case: every rule, every integer.

    Parameters
    ----------
    case : Case
        What is asked.

    Returns
    -------
    Problem
        Rows such as ``headroom[T03,2026]``, columns such as ``build[S001,pv,H001,2024]``
        (units); MW, ha, million CNY, 1,000 person-days, 1,000 t.

    """
    return compiled(case).problem


def write_mps(problem: Problem) -> str:
    """Return a problem as the text of a free MPS file that HiGHS reads.

    Parameters
    ----------
    problem : Problem
        Rows bounded on both sides are written as ranges; free rows are left out.

    Returns
    -------
    str
        The same text for the same problem.

    """
    rows = problem.rows
    low, high = rows["lower"].to_numpy(), rows["upper"].to_numpy()
    bound = np.isfinite(low) | np.isfinite(high)
    kept = problem.keep_rows(bound) if not bound.all() else problem
    names = _safe(kept.rows["name"])
    lines = ["NAME sandgrid", "ROWS", " N cost", *_row_lines(kept.rows, names)]
    lines += ["COLUMNS", *_column_lines(kept, names)]
    lines += ["RHS", *_side_lines(kept.rows, names), "RANGES", *_range_lines(kept.rows, names)]
    lines += ["BOUNDS", *_bound_lines(kept.columns), "ENDATA", ""]
    return "\n".join(lines)


def _safe(names: pd.Series) -> list[str]:
    return ["_".join(name.split()) for name in names]


def _row_lines(rows: pd.DataFrame, names: list[str]) -> list[str]:
    lines = []
    for name, low, high in zip(names, rows["lower"], rows["upper"], strict=True):
        kind = "E" if low == high else ("G" if np.isfinite(low) else "L")
        lines.append(f" {kind} {name}")
    return lines


def _column_lines(problem: Problem, names: list[str]) -> list[str]:
    lines, matrix, inside = [], problem.matrix, False
    matrix.sort_indices()
    table = zip(
        _safe(problem.columns["name"]),
        problem.columns["cost"],
        problem.columns["integer"],
        strict=True,
    )
    for number, (name, cost, integer) in enumerate(table):
        if integer != inside:
            lines.append(f" MARKER{number} 'MARKER' '{'INTORG' if integer else 'INTEND'}'")
            inside = integer
        lines.append(f" {name} cost {float(cost)!r}")
        span = slice(matrix.indptr[number], matrix.indptr[number + 1])
        entries = zip(matrix.indices[span], matrix.data[span], strict=True)
        lines += [f" {name} {names[row]} {float(value)!r}" for row, value in entries]
    return [*lines, " MARKEREND 'MARKER' 'INTEND'"] if inside else lines


def _side_lines(rows: pd.DataFrame, names: list[str]) -> list[str]:
    side = rows["lower"].where(np.isfinite(rows["lower"]), rows["upper"])
    return [f" rhs {name} {float(v)!r}" for name, v in zip(names, side, strict=True) if v != 0]


def _range_lines(rows: pd.DataFrame, names: list[str]) -> list[str]:
    width = rows["upper"] - rows["lower"]
    both = np.isfinite(width) & (width > 0)
    return [
        f" range {name} {float(w)!r}"
        for name, w, use in zip(names, width, both, strict=True)
        if use
    ]


def _bound_lines(columns: pd.DataFrame) -> list[str]:
    lines = []
    for name, low, high in zip(
        _safe(columns["name"]), columns["lower"], columns["upper"], strict=True
    ):
        if low == high:
            lines.append(f" FX bound {name} {float(low)!r}")
            continue
        if low != 0:
            lines.append(f" LO bound {name} {float(low)!r}")
        lines.append(
            f" UP bound {name} {float(high)!r}" if np.isfinite(high) else f" PL bound {name}"
        )
    return lines


@dataclass(frozen=True)
class Compiled:
    """A case with its numbered decisions and its problem."""

    case: Case
    columns: Columns
    problem: Problem

    def at(self, family: str) -> Integers:
        """Return the numbers of the columns of a family."""
        return np.asarray(getattr(self.columns, family)["column"], dtype=np.int64)


def compiled(case: Case) -> Compiled:
    """Compile a case once; the same object is handed out again for the same case."""
    found = case.__dict__.get("_compiled")
    if not isinstance(found, Compiled):
        columns = list_columns(case)
        found = Compiled(case, columns, compile_columns(case, columns))
        object.__setattr__(case, "_compiled", found)
    return found
