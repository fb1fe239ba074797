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
from sandgrid.optimize.problem import Floats, Integers, Problem
from sandgrid.optimize.repairs import COUNTED, EXACT_GAP, SMALL_COLUMNS, Repair, find_repairs
from sandgrid.optimize.repairs import UNITS as REPAIR_UNITS
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
RULES = ("least_hub", "least_site", "least_units", "one_hub", "parcel_land")
CEILINGS = (
    "headroom",
    "bays",
    "budget",
    "person_days",
    "straw",
    "water",
    "working_capital",
    "enclosure_share",
)
UNITS = {
    **REPAIR_UNITS,
    "least_units": "1",
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
RULE_WEIGHT = 1000.0
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
        family = self.row.partition("[")[0]
        values = {
            "scope": self.scope or tell("explain-programme", lang=lang),
            "year": self.year,
            "amount": f"{self.amount:,.1f}",
            "mu": f"{self.amount * 15:,.0f}",
            "needed": f"{self.needed:,.1f}",
        }
        kind = family
        if family in (*RULES, *CEILINGS):
            kind, values["unit"] = "rule", self.unit if self.unit != "1" else ""
            values["rule"] = tell(f"row-{family}", lang=lang)
            values |= {"amount": f"{self.amount:,.4g}", "needed": f"{self.needed:,.4g}"}
            values["place"] = self.row.rstrip("]").partition("[")[2]
        if family in ("quota", "least_share"):
            told = self.unit in ("MW", "ha")
            kind = f"quota-{self.unit.lower()}" if told else "quota-other"
            values["what"] = self.row.split(",")[-2]
            values["unit"] = self.unit
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


def explain_infeasible(case: Case, *, most_repairs: int = 5) -> Explanation:
    """Find the smallest shortfalls of a case without plan, what binds, and single repairs.

    Parameters
    ----------
    case : Case
        What is asked.
    most_repairs : int
        Most repairs to report; each costs a linear programme or two, 0 for none.

    Returns
    -------
    Explanation
        With ``kind`` "none" if a plan exists after all.

    """
    model = compiled(case)
    supply = check_supply(case, model.columns)
    soft, answer = _nearest(model.problem, whole=False)
    kind: Kind = "relaxation"
    shortfalls = _shortfalls(case, model, soft, answer)
    limits = _limits(soft.problem, answer)
    if not shortfalls:
        soft, answer = _nearest(model.problem, whole=True)
        shortfalls, limits = _shortfalls(case, model, soft, answer), ()
        kind = "whole units" if shortfalls else _unshort(answer)
    repairs = _repairs(model, kind, (shortfalls, limits), most_repairs)
    return Explanation(kind, supply, shortfalls, limits, repairs)


SMALL_NODES = 5000
WHOLE_NODES = 200
WHOLE_GAP = 0.05


def _unshort(answer: Answer) -> Kind:
    """Say what it means that nothing is known to be short."""
    return "none" if answer.values is not None else "unknown"


def _nearest(problem: Problem, *, whole: bool) -> tuple["_Soft", Answer]:
    """Find the plan that comes nearest; rules give way only where giving up targets is no help."""
    small = problem.shape[1] <= SMALL_COLUMNS
    effort = Effort(EXACT_GAP, nodes=SMALL_NODES) if small else Effort(WHOLE_GAP, nodes=WHOLE_NODES)
    for rules in (False, True):
        soft = _soften(problem, rules=rules)
        asked = soft.problem if whole else soft.problem.relaxed()
        answer = solve_problem(asked, effort)
        if answer.status != "infeasible":
            break
    return soft, answer


def _repairs(
    model: Compiled,
    kind: Kind,
    found: tuple[tuple[Shortfall, ...], tuple[str, ...]],
    most: int,
) -> tuple[Repair, ...]:
    """Return repairs; where only whole units fall short, only small cases can be tried whole."""
    shortfalls, limits = found
    if (
        most < 1
        or not shortfalls
        or (kind == "whole units" and model.problem.shape[1] > SMALL_COLUMNS)
    ):
        return ()
    return find_repairs(model, limits, [item.row for item in shortfalls], most=most)


@dataclass(frozen=True)
class _Soft:
    """A problem whose demands may be missed: the rows, and the columns that say by how much."""

    problem: Problem
    rows: Integers
    columns: Integers


def _soften(problem: Problem, *, rules: bool) -> _Soft:
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
            "cost": [_weight(row) for row in rows.iloc[at].itertuples()],
            "integer": False,
        }
    )
    columns = pd.concat([problem.columns.assign(cost=0.0), extra], ignore_index=True)
    sign = np.where(floors.to_numpy()[at], 1.0, -1.0)
    slack = sparse.csc_array((sign, (at, np.arange(len(at)))), (problem.shape[0], len(at)))
    matrix = sparse.csc_array(sparse.hstack([problem.matrix, slack]))
    soft = Problem(columns=columns, rows=rows, matrix=matrix)
    return _Soft(soft, at, np.arange(count, count + len(at)))


def _weight(row: object) -> float:
    """Weigh a MW as ten ha; the obligation a little less, so that targets are told first."""
    family, name = str(row.family), str(row.name)  # type: ignore[attr-defined]
    if family == "capacity" or "capacity_mw" in name:
        return HA_PER_MW
    if family in (*RULES, *CEILINGS):
        return RULE_WEIGHT
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
