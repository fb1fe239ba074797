"""What a plan is to be best in: cost, soil, wages, energy, protection, or a weighing of these.

One quantity is made as large as it can be while the net cost stays below a limit (the
epsilon-constraint method of Haimes, Lasdon and Wismer 1971), or quantities are weighed in CNY; a
front of plans is a loop over limits.
"""

# ruff: noqa: PD011  # values of an answer, not of a frame

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
import pandas as pd

from sandgrid.errors import InputError
from sandgrid.optimize.case import Case, empty_case_table
from sandgrid.optimize.case_settings import NET_COST
from sandgrid.optimize.compilation import compiled
from sandgrid.optimize.constraints.quotas import UNIT
from sandgrid.optimize.knowledge import Report
from sandgrid.optimize.problem import Floats
from sandgrid.optimize.search import solve
from sandgrid.optimize.settings import SolveSettings
from sandgrid.optimize.solution import JointSolution, no_solution, read_solution
from sandgrid.optimize.treatment import TreatmentSolution, solve_treatment
from sandgrid.optimize.weighing import GOALS, goal_scale
from sandgrid.units import CNY_PER_MILLION

KEPT = 1e-8
CONNECTION = ("station", "trunk", "bay", "reinforcement")
SIDES = ("minimum", "maximum")


@dataclass(frozen=True)
class Goal:
    """What a plan is to be best in.

    Parameters
    ----------
    quantity : str
        soil_t [t/a], wages_cny [CNY], energy_mwh [MWh/a] or protection [1], made as large as can
        be; or net_cost_cny, made as small as can be.
    most_net_cost_cny : float
        What the plan may cost, present outlay less gains [CNY].
    weights : mapping
        Of a net cost: quantity -> what a unit of it is worth [CNY].

    Raises
    ------
    InputError
        For a quantity that cannot be a goal, or weights beside another goal than cost.

    """

    quantity: str
    most_net_cost_cny: float = np.inf
    weights: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    def __post_init__(self) -> None:
        """Refuse what cannot be a goal."""
        wrong = sorted({self.quantity, *self.weights} - {NET_COST, *GOALS})
        if wrong or (self.weights and self.quantity != NET_COST):
            values = {"quantity": wrong[0] if wrong else self.quantity}
            raise InputError("case-unknown-goal", values)

    def signed(self) -> dict[str, float]:
        """Return the weights of what is made as small as can be."""
        if self.quantity != NET_COST:
            return {self.quantity: -1.0}
        return {NET_COST: 1.0, **{name: -worth for name, worth in self.weights.items()}}


@dataclass(frozen=True)
class GoalPlan:
    """The plan that is best in a goal.

    Parameters
    ----------
    goal : Goal
        What was asked.
    plan : JointSolution
        The cheapest plan found that reaches the amount; its figures are money, its bound is that
        of the least cost, and its status tells whether ``gap`` is within what was asked.
    amount, bound : float
        What it reaches, and what no plan can surpass [unit of the quantity]; of weighed
        quantities the net cost less their worth [CNY], which no plan can undercut.
    cheapest : JointSolution
        The plan of least cost from which the search started.

    """

    goal: Goal
    plan: JointSolution
    amount: float
    bound: float
    cheapest: JointSolution

    @property
    def gap(self) -> float:
        """Distance of amount and bound as a share of the amount, of the outlay if weighed [1]."""
        whole = self.plan.outlay_cny if self.goal.quantity == NET_COST else abs(self.amount)
        distance = abs(self.bound - self.amount)
        return distance / whole if whole > 0 else (0.0 if distance == 0 else np.inf)


def goal_case(case: Case, goal: Goal) -> Case:
    """Return a case that is solved for a goal: columns and other rules are the same."""
    settings = replace(case.settings, goal=MappingProxyType(goal.signed()))
    return bound_total(replace(case, settings=settings), NET_COST, most=goal.most_net_cost_cny)


def bound_total(case: Case, quantity: str, *, least: float = np.nan, most: float = np.nan) -> Case:
    """Return a case in which the programme's total of a quantity is bounded.

    A bound that is asked already stays where it is the tighter one.
    """
    sides = [value if np.isfinite(value) else np.nan for value in (least, most)]
    if np.isnan(sides).all():
        return case
    row = empty_case_table("quotas").reindex([0])
    row = row.assign(quantity=quantity, scope="programme", scope_id="", year=case.years[-1])
    row = row.assign(minimum=sides[0], maximum=sides[1])
    row = row.astype({"year": "int64"})
    key = ["quantity", "scope", "scope_id", "year"]
    both = pd.concat([case.quotas, row[case.quotas.columns]], ignore_index=True)
    how = dict.fromkeys(both.columns.difference(key), "first")
    how |= {"minimum": "max", "maximum": "min"}
    return replace(case, quotas=both.groupby(key, sort=True, as_index=False).agg(how))


def pursue(
    case: Case,
    goal: Goal,
    cheapest: JointSolution,
    *,
    settings: SolveSettings | None = None,
    report: Report | None = None,
) -> GoalPlan:
    """Find the plan that is best in a goal, and among those found the cheapest.

    Parameters
    ----------
    case : Case
        What is asked, with cost as its objective.
    goal : Goal
        What to be best in.
    cheapest : JointSolution
        The plan of least cost of the case; the search starts from it.
    settings : SolveSettings
        When to stop; the gap is a share of the amount.
    report : callable, optional
        Called with step, bound and incumbent, in millionths of the unit searched in.

    Returns
    -------
    GoalPlan
        ``plan.status`` is infeasible where no plan stays below the cost, interrupted where
        Ctrl-C or a clock came before that was known.

    """
    used = settings or SolveSettings()
    asked = goal_case(case, goal)
    found = solve(asked, settings=used, report=report, start=_restated(asked, cheapest, goal))
    scale = goal_scale(asked.settings.goal)
    if found.values is None:
        none = replace(no_solution(case, found.log), status=found.status)
        return GoalPlan(goal, none, np.nan, np.nan, cheapest)
    sign = 1.0 if goal.quantity == NET_COST else -1.0
    bound = sign * found.bound_cny / CNY_PER_MILLION / scale
    best = _spared(case, goal, found, used)
    amount = sign * found.objective_cny / CNY_PER_MILLION / scale
    plan = replace(
        best,
        status="interrupted" if best.status == "interrupted" else found.status,
        bound_cny=min(cheapest.bound_cny, best.objective_cny),
        log=(*cheapest.log, *found.log, *best.log),
        reproducible=cheapest.reproducible and found.reproducible,
    )
    return GoalPlan(goal, plan, amount, bound, cheapest)


def _restated(asked: Case, plan: JointSolution, goal: Goal) -> JointSolution | None:
    """Return a plan in the terms of a goal; None where it costs too much."""
    if plan.values is None or plan.objective_cny > goal.most_net_cost_cny:
        return None
    model = compiled(asked)
    return read_solution(asked, model.columns, model.problem, plan.values)


def _spared(case: Case, goal: Goal, found: JointSolution, settings: SolveSettings) -> JointSolution:
    """Return the cheapest plan found that reaches what was found; its figures are money."""
    values = _values(found)
    model = compiled(case)
    own = read_solution(case, model.columns, model.problem, values)
    if goal.quantity == NET_COST:
        return own
    amount = -found.objective_cny / CNY_PER_MILLION / UNIT[goal.quantity]
    other = bound_total(case, goal.quantity, least=amount - KEPT * abs(amount))
    once = replace(settings, stages=min(settings.stages, 1))
    again = solve(other, settings=once, start=own)
    if again.values is not None and again.objective_cny <= own.objective_cny:
        own = read_solution(case, model.columns, model.problem, _values(again))
    return replace(own, status="interrupted") if again.status == "interrupted" else own


def _values(plan: JointSolution) -> Floats:
    if plan.values is None:
        message = "a plan without values"
        raise ValueError(message)
    return plan.values


def treat_for_goal(
    case: Case, found: GoalPlan, builds: pd.DataFrame, land_left: pd.DataFrame
) -> TreatmentSolution:
    """Treat the land that drawn builds leave, as a goal asks within its cost.

    Parameters
    ----------
    case : Case
        What is asked, with cost as its objective.
    found : GoalPlan
        Its plan.
    builds, land_left : DataFrame
        As of :func:`~sandgrid.optimize.solve_treatment`.

    Returns
    -------
    TreatmentSolution
        In money: the least cost of the amount that is reached.

    """
    goal = found.goal
    connection = sum(found.plan.costs_cny.get(item, 0.0) for item in CONNECTION)
    rest = replace(goal, most_net_cost_cny=goal.most_net_cost_cny - connection)
    best = solve_treatment(goal_case(case, rest), builds, land_left)
    if best.status != "optimal":
        return best
    if goal.quantity == NET_COST:  # what is weighed lies as far from its best as this cost does
        money = best.net_cost_cny
        return replace(best, objective_cny=money, bound_cny=money - best.gap_cny)
    amount = -best.objective_cny / CNY_PER_MILLION / UNIT[goal.quantity]
    least = bound_total(case, goal.quantity, least=amount - KEPT * abs(amount))
    return solve_treatment(
        bound_total(least, NET_COST, most=rest.most_net_cost_cny), builds, land_left
    )
