"""Why no plan meets the targets: the smallest shortfalls, what binds, and what would help."""

# ruff: noqa: PD011  # values of an answer, not of a frame

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from scipy import sparse

from sandgrid.messages import Language, tell
from sandgrid.optimize.case import Case
from sandgrid.optimize.compilation import Compiled, compiled
from sandgrid.optimize.problem import Floats, Integers, Problem
from sandgrid.optimize.repairs import SMALL_COLUMNS, Repair, find_repairs
from sandgrid.optimize.solver import Answer, Effort, solve_problem
from sandgrid.optimize.supply import check_supply

DEMANDS = (
    "capacity",
    "treated",
    "obligation",
    "core_share",
    "industry_share",
    "least_soil",
    "quota",
    "least_share",
)
LIMITS = (
    "headroom",
    "bays",
    "land",
    "parcel_land",
    "budget",
    "person_days",
    "straw",
    "water",
    "working_capital",
    "person_days_season",
    "straw_season",
    "water_season",
    "quota",
    "most_share",
    "enclosure_share",
    "reach",
    "station_capacity",
    "site_hub",
)
UNITS = {
    "capacity": "MW",
    "treated": "ha",
    "obligation": "ha",
    "core_share": "ha",
    "industry_share": "ha",
    "least_soil": "t/a",
}
QUOTA_UNITS = {
    "capacity_mw": "MW",
    "energy_mwh": "GWh",
    "treated_ha": "ha",
    "industry_ha": "ha",
    "soil_t": "kt",
    "protection": "1",
    "wages_cny": "MCNY",
    "net_cost_cny": "MCNY",
}
HA_PER_MW = 10.0
SHORT = 1e-4
MOST_LIMITS = 8


@dataclass(frozen=True)
class Shortfall:
    """One thing that is short in the plan that comes nearest.

    Parameters
    ----------
    row : str
        Row of the problem, e.g. ``treated[2027]``.
    scope : str
        Technology, district or collective; "" for the programme.
    year : int
        In which year's end.
    amount, needed : float
        How much is missing, of how much [unit].
    unit : {"MW", "ha", "t/a"}
        Unit.

    """

    row: str
    scope: str
    year: int
    amount: float
    needed: float
    unit: str

    @property
    def share(self) -> float:
        """Missing part of what is needed [1]."""
        return self.amount / self.needed if self.needed > 0 else 1.0

    def text(self, lang: Language = "en") -> str:
        """Return one line in the planner's words."""
        family = self.row.partition("[")[0]
        values = {
            "scope": self.scope or tell("explain-programme", lang=lang),
            "year": self.year,
            "amount": f"{self.amount:,.1f}",
            "mu": f"{self.amount * 15:,.0f}",
            "needed": f"{self.needed:,.1f}",
        }
        kind = family
        if family in ("quota", "least_share"):
            told = self.unit in ("MW", "ha")
            kind = f"quota-{self.unit.lower()}" if told else "quota-other"
            values["what"] = self.row.split(",")[-2]
            values["unit"] = self.unit
        return tell(f"explain-{kind.replace('_', '-')}", values, lang=lang)


@dataclass(frozen=True)
class Explanation:
    """Why there is no plan.

    Parameters
    ----------
    kind : {"relaxation", "whole units", "none"}
        Whether fractional units already fall short, only whole ones do, or nothing is short.
    supply : DataFrame
        Supply against demand, from `check_supply`.
    shortfalls : tuple of Shortfall
        The smallest possible, worst first.
    limits : tuple of str
        Rows that hold the plan back there, dearest first.
    repairs : tuple of Repair
        Single changes that make a plan possible, verified by solving, cheapest plan first.

    """

    kind: Literal["relaxation", "whole units", "none"]
    supply: pd.DataFrame
    shortfalls: tuple[Shortfall, ...]
    limits: tuple[str, ...]
    repairs: tuple[Repair, ...]


def explain_infeasible(case: Case, *, most_repairs: int = 5) -> Explanation:
    """Find the smallest shortfalls of a case without plan, what binds, and single repairs.

    Parameters
    ----------
    case : Case
        What is asked.
    most_repairs : int
        Most repairs to report; each costs a linear programme or two.

    Returns
    -------
    Explanation
        With ``kind`` "none" if a plan exists after all.

    """
    model = compiled(case)
    supply = check_supply(case, model.columns)
    soft = _soften(model.problem)
    answer, kind = solve_problem(soft.problem.relaxed()), "relaxation"
    shortfalls = _shortfalls(case, model, soft, answer)
    if not shortfalls:
        effort = Effort(gap=0.05, nodes=WHOLE_NODES)
        whole = solve_problem(soft.problem, effort)
        kind, shortfalls = "whole units", _shortfalls(case, model, soft, whole)
        repairs = _whole_repairs(model, shortfalls, most_repairs)
        return _explain_whole(supply, kind if shortfalls else "none", (shortfalls, repairs))
    limits = _limits(soft.problem, answer)
    repairs = find_repairs(model, limits, [s.row for s in shortfalls], most=most_repairs)
    return Explanation("relaxation", supply, shortfalls, limits, repairs)


WHOLE_NODES = 200


def _whole_repairs(
    model: Compiled, shortfalls: tuple[Shortfall, ...], most: int
) -> tuple[Repair, ...]:
    """Return repairs where only whole units fall short; only small cases can be tried whole."""
    if not shortfalls or model.problem.shape[1] > SMALL_COLUMNS:
        return ()
    return find_repairs(model, (), [item.row for item in shortfalls], most=most)


def _explain_whole(
    supply: pd.DataFrame, kind: str, told: tuple[tuple[Shortfall, ...], tuple[Repair, ...]]
) -> Explanation:
    found: Literal["whole units", "none"] = "whole units" if kind == "whole units" else "none"
    return Explanation(found, supply, told[0], (), told[1])


@dataclass(frozen=True)
class _Soft:
    """A problem whose demands may be missed: the rows, and the columns that say by how much."""

    problem: Problem
    rows: Integers
    columns: Integers


def _soften(problem: Problem) -> _Soft:
    """Let every demand be missed at a price per MW or ha; nothing else costs anything."""
    rows = problem.rows
    lower = rows["lower"].to_numpy()
    demanded = rows["family"].isin(DEMANDS).to_numpy() & np.isfinite(lower)
    at = np.flatnonzero(demanded)
    count = problem.shape[1]
    extra = pd.DataFrame(
        {
            "name": "short[" + rows["name"].iloc[at].to_numpy() + "]",
            "lower": 0.0,
            "upper": np.inf,
            "cost": [_weight(row) for row in rows.iloc[at].itertuples()],
            "integer": False,
        }
    )
    columns = pd.concat([problem.columns.assign(cost=0.0), extra], ignore_index=True)
    ones = np.ones(len(at))
    slack = sparse.csc_array((ones, (at, np.arange(len(at)))), (problem.shape[0], len(at)))
    matrix = sparse.csc_array(sparse.hstack([problem.matrix, slack]))
    soft = Problem(columns=columns, rows=rows, matrix=matrix)
    return _Soft(soft, at, np.arange(count, count + len(at)))


def _weight(row: object) -> float:
    """Weigh a MW as ten ha; the obligation a little less, so that targets are told first."""
    family, name = str(row.family), str(row.name)  # type: ignore[attr-defined]
    if family == "capacity" or "capacity_mw" in name:
        return HA_PER_MW
    return 0.9 if family == "obligation" else 1.0


def _shortfalls(case: Case, model: Compiled, soft: _Soft, answer: Answer) -> tuple[Shortfall, ...]:
    if answer.values is None:
        return ()
    found = []
    rows = model.problem.rows
    for row, column in zip(soft.rows, soft.columns, strict=True):
        amount = float(answer.values[column])
        if amount > SHORT:
            found.append(_shortfall(case, model, answer.values, (str(rows["name"][row]), amount)))
    return tuple(sorted(found, key=lambda item: (-item.share, item.year, item.row)))


def _shortfall(case: Case, model: Compiled, values: Floats, short: tuple[str, float]) -> Shortfall:
    name, amount = short
    family, _, inside = name.rstrip("]").partition("[")
    parts = inside.split(",")
    year = int(parts[-1])
    at = model.problem.rows.index[model.problem.rows["name"] == name][0]
    needed = float(model.problem.rows["lower"][at])
    if family == "obligation" and len(parts) == 1:
        built = model.columns.built_mw[model.columns.built_mw["year"] == year]
        rate = built["technology"].map(case.settings.obligation_ha_per_mw).fillna(0.0)
        needed = float(rate.to_numpy() @ values[built["column"].to_numpy()])
    if family in ("quota", "least_share"):
        return Shortfall(name, parts[0], year, amount, needed, QUOTA_UNITS[parts[-2]])
    named = family in ("capacity", "obligation") and len(parts) > 1 and parts[0] != "total"
    scope = parts[0] if named else ""
    return Shortfall(name, scope, year, amount, needed, UNITS[family])


def _limits(problem: Problem, answer: Answer) -> tuple[str, ...]:
    """Return the rows that a unit more of would lessen the shortfall, the most useful first."""
    duals = answer.row_duals
    if duals is None:
        return ()
    rows = problem.rows.assign(dual=np.abs(duals))
    held = rows[rows["family"].isin(LIMITS) & (rows["dual"] > SHORT)]
    order = held.assign(rank=held["family"].map({name: i for i, name in enumerate(LIMITS)}))
    order = order.sort_values(["rank", "dual", "name"], ascending=[True, False, True])
    spread = order.groupby("family", sort=False).head(MOST_LIMITS)
    return tuple(spread["name"])


def with_shortfall_scope(shortfall: Shortfall, scope: str) -> Shortfall:
    """Return a shortfall under another scope, such as the name of a district."""
    return replace(shortfall, scope=scope)
