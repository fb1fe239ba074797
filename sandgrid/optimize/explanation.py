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
from sandgrid.optimize.constraints.limits import SCALE
from sandgrid.optimize.giving import (
    CEILINGS,
    COUNTED,
    DEMANDS,
    QUOTA_UNITS,
    RULES,
    UNITS,
    family_of,
    unit_text,
)
from sandgrid.optimize.problem import Floats, Integers, Problem
from sandgrid.optimize.repairs import Repair, find_repairs
from sandgrid.optimize.settings import ExplainSettings
from sandgrid.optimize.solver import Answer, Effort, solve_problem
from sandgrid.optimize.supply import check_supply
from sandgrid.units import mu_from_ha

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
SHORT = 1e-4


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
    unit : str
        MW, ha, t/a; million CNY, d, t, m3 or 1 of a rule that cannot be kept.

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
        family = family_of(self.row)
        values = {
            "scope": self.scope or tell("explain-programme", lang=lang),
            "year": self.year,
            "amount": f"{self.amount:,.1f}",
            "mu": f"{mu_from_ha(self.amount):,.0f}",
            "needed": f"{self.needed:,.1f}",
            "unit": unit_text(self.unit, lang),
        }
        kind = family
        if family in (*RULES, *CEILINGS):
            kind, values["rule"] = "rule", tell(f"row-{family}", lang=lang)
            values |= {"amount": f"{self.amount:,.4g}", "needed": f"{self.needed:,.4g}"}
            values["place"] = self.row.rstrip("]").partition("[")[2]
        if family in ("quota", "least_share"):
            told = self.unit in ("MW", "ha")
            kind = f"quota-{self.unit.lower()}" if told else "quota-other"
            values["what"] = self.row.split(",")[-2]
        return tell(f"explain-{kind.replace('_', '-')}", values, lang=lang)


Kind = Literal["relaxation", "whole units", "unknown", "none"]


@dataclass(frozen=True)
class Explanation:
    """Why there is no plan.

    Parameters
    ----------
    kind : {"relaxation", "whole units", "unknown", "none"}
        Whether fractional units already fall short, only whole ones do (blocks, turbines, least
        sizes of hubs and sites), that was not settled in the nodes allowed, or nothing is short.
    supply : DataFrame
        Supply against demand, from `check_supply`.
    shortfalls : tuple of Shortfall
        The smallest possible, worst first. Rules among them (least sizes, locks, limits) mean that
        these cannot be kept even if every target is given up.
    limits : tuple of str
        Rows that hold the plan back there, dearest first.
    repairs : tuple of Repair
        Single changes that make a plan possible, verified by solving, cheapest plan first.

    """

    kind: Kind
    supply: pd.DataFrame
    shortfalls: tuple[Shortfall, ...]
    limits: tuple[str, ...]
    repairs: tuple[Repair, ...]


def explain_infeasible(case: Case, *, settings: ExplainSettings | None = None) -> Explanation:
    """Find the smallest shortfalls of a case without plan, what binds, and single repairs.

    Parameters
    ----------
    case : Case
        What is asked.
    settings : ExplainSettings, optional
        How much is tried; by default as in the parameter file.

    Returns
    -------
    Explanation
        With ``kind`` "none" if a plan exists after all.

    """
    settings = settings or ExplainSettings()
    model = compiled(case)
    supply = check_supply(case, model.columns)
    soft, answer = _nearest(model.problem, settings, whole=False)
    kind: Kind = "relaxation"
    shortfalls = _shortfalls(case, model, soft, answer)
    limits = _limits(soft.problem, answer, settings.limits_per_family)
    if not shortfalls:
        soft, answer = _nearest(model.problem, settings, whole=True)
        shortfalls, limits = _shortfalls(case, model, soft, answer), ()
        kind = "whole units" if shortfalls else _unshort(answer)
    repairs = _repairs(model, kind, (shortfalls, limits), settings)
    return Explanation(kind, supply, shortfalls, limits, repairs)


def _unshort(answer: Answer) -> Kind:
    """Say what it means that nothing is known to be short."""
    return "none" if answer.values is not None else "unknown"


def _nearest(problem: Problem, settings: ExplainSettings, *, whole: bool) -> tuple["_Soft", Answer]:
    """Find the plan that comes nearest; rules give way only where giving up targets is no help."""
    effort = Effort(settings.whole_gap, nodes=settings.whole_nodes)
    if problem.shape[1] <= settings.small_columns:
        effort = Effort(settings.small_gap, nodes=settings.small_nodes)
    for rules in (False, True):
        soft = _soften(problem, settings, rules=rules)
        asked = soft.problem if whole else soft.problem.relaxed()
        answer = solve_problem(asked, effort)
        if answer.status != "infeasible":
            break
    return soft, answer


def _repairs(
    model: Compiled,
    kind: Kind,
    found: tuple[tuple[Shortfall, ...], tuple[str, ...]],
    settings: ExplainSettings,
) -> tuple[Repair, ...]:
    """Return repairs; where only whole units fall short, only small cases can be tried whole."""
    shortfalls, limits = found
    large = model.problem.shape[1] > settings.small_columns
    if settings.repairs < 1 or not shortfalls or (kind == "whole units" and large):
        return ()
    return find_repairs(model, limits, [item.row for item in shortfalls], settings)


@dataclass(frozen=True)
class _Soft:
    """A problem whose demands may be missed: the rows, and the columns that say by how much."""

    problem: Problem
    rows: Integers
    columns: Integers


def _soften(problem: Problem, settings: ExplainSettings, *, rules: bool) -> _Soft:
    """Let demands be missed at a price per MW or ha, and rules at a far higher one if asked."""
    rows, count = problem.rows, problem.shape[1]
    floors = rows["family"].isin([*DEMANDS, *(RULES if rules else ())]) & np.isfinite(rows["lower"])
    ceilings = rows["family"].isin(CEILINGS if rules else ()) & np.isfinite(rows["upper"])
    at = np.flatnonzero((floors | ceilings).to_numpy())
    extra = pd.DataFrame(
        {
            "name": "short[" + rows["name"].iloc[at].to_numpy() + "]",
            "lower": 0.0,
            "upper": np.inf,
            "cost": [_weight(name, settings) for name in rows["name"].iloc[at]],
            "integer": False,
        }
    )
    columns = pd.concat([problem.columns.assign(cost=0.0), extra], ignore_index=True)
    sign = np.where(floors.to_numpy()[at], 1.0, -1.0)
    slack = sparse.csc_array((sign, (at, np.arange(len(at)))), (problem.shape[0], len(at)))
    matrix = sparse.csc_array(sparse.hstack([problem.matrix, slack]))
    soft = Problem(columns=columns, rows=rows, matrix=matrix)
    return _Soft(soft, at, np.arange(count, count + len(at)))


def _weight(row: str, settings: ExplainSettings) -> float:
    """Weigh a MW as some ha; the obligation a little less, so that targets are told first."""
    family = family_of(row)
    if family == "capacity" or "capacity_mw" in row:
        return settings.ha_per_mw
    if family in (*RULES, *CEILINGS):
        return settings.rule_weight
    return settings.obligation_weight if family == "obligation" else 1.0


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
    at = model.problem.rows.index[model.problem.rows["name"] == name][0]
    if family in (*RULES, *CEILINGS):
        return _broken_rule(model.problem, name, amount)
    year = int(parts[-1])
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


def _broken_rule(problem: Problem, name: str, amount: float) -> Shortfall:
    """Return a rule that cannot be kept, in the unit of its repair."""
    row = problem.rows[problem.rows["name"] == name].iloc[0]
    family, _, inside = name.rstrip("]").partition("[")
    place, _, last = inside.rpartition(",")
    scale = SCALE[COUNTED[family]] if family in COUNTED else 1.0
    needed = row["lower"] if family in RULES else row["upper"]
    return Shortfall(
        row=name,
        scope=place if family in CEILINGS else inside.partition(",")[0],
        year=int(last) if family in CEILINGS else 0,
        amount=amount / scale,
        needed=float(needed) / scale,
        unit=UNITS[family],
    )


def _limits(problem: Problem, answer: Answer, most: int) -> tuple[str, ...]:
    """Return the rows that a unit more of would lessen the shortfall, the most useful first."""
    duals = answer.row_duals
    if duals is None:
        return ()
    rows = problem.rows.assign(dual=np.abs(duals))
    held = rows[rows["family"].isin(LIMITS) & (rows["dual"] > SHORT)]
    order = held.assign(rank=held["family"].map({name: i for i, name in enumerate(LIMITS)}))
    order = order.sort_values(["rank", "dual", "name"], ascending=[True, False, True])
    spread = order.groupby("family", sort=False).head(most)
    return tuple(spread["name"])


def with_shortfall_scope(shortfall: Shortfall, scope: str) -> Shortfall:
    """Return a shortfall under another scope, such as the name of a district."""
    return replace(shortfall, scope=scope)
