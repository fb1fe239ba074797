"""The goal of a scenario: what the plan is to be best in, reached after the plan of least cost."""

from dataclasses import replace
from typing import Any, Final

import numpy as np

from sandgrid.errors import InfeasibleError, UnprovenError
from sandgrid.optimize import (
    Case,
    Goal,
    GoalPlan,
    JointSolution,
    SolveSettings,
    pursue,
    solve_settings,
)
from sandgrid.params import Parameters
from sandgrid.plan import Plan
from sandgrid.plan.goals import goal_amounts
from sandgrid.scenario import Scenario
from sandgrid.units import CNY_PER_MILLION

COST: Final = "net_cost_cny"
UNITS: Final = {"soil_t": "t/a", "wages_cny": "CNY", "energy_mwh": "MWh/a", "protection": "1"}
DIGITS: Final = 3


def search_settings(scenario: Scenario, parameters: Parameters) -> SolveSettings:
    """Return when a search stops, as the scenario and its parameters say."""
    return replace(
        solve_settings(parameters, seconds=scenario.solver.time_limit_s or 0.0),
        gap=scenario.solver.gap,
        seed=scenario.solver.seed,
        stages=scenario.solver.max_rounds,
    )


def aim_of(scenario: Scenario, cheapest: JointSolution) -> Goal | None:
    """Return the goal of a scenario; None where that is the least cost.

    Parameters
    ----------
    scenario : Scenario
        What is asked.
    cheapest : JointSolution
        The plan of least cost, from which a limit is measured: its net cost and a share of its
        outlay.

    """
    asked = scenario.objective
    if asked.quantity == COST:
        worth = {str(name): value for name, value in asked.worth_cny.items() if value > 0}
        return Goal(COST, weights=worth) if worth else None
    limit = asked.max_net_cost_cny
    if limit is None:
        extra = asked.max_extra_share or 0.0
        limit = cheapest.objective_cny + extra * cheapest.outlay_cny
    return Goal(asked.quantity, most_net_cost_cny=limit)


def reach_goal(
    scenario: Scenario, parameters: Parameters, case: Case, cheapest: JointSolution
) -> GoalPlan | None:
    """Find the plan that is best in the goal of a scenario; None where that is the least cost.

    Raises
    ------
    InfeasibleError
        If no plan costs as little as the scenario allows.
    UnprovenError
        If the search was stopped before that was known.

    """
    if cheapest.values is None or cheapest.status == "interrupted":
        return None
    goal = aim_of(scenario, cheapest)
    if goal is None:
        return None
    found = pursue(case, goal, cheapest, settings=search_settings(scenario, parameters))
    if found.plan.status == "interrupted" and found.plan.values is None:
        raise UnprovenError("optimize-no-plan-yet", {"name": scenario.name})
    if found.plan.values is None:
        values = {
            "limit": f"{goal.most_net_cost_cny / CNY_PER_MILLION:,.2f}",
            "least": f"{cheapest.objective_cny / CNY_PER_MILLION:,.2f}",
        }
        raise InfeasibleError("run-goal-infeasible", values)
    return found


def goal_record(found: GoalPlan, plan: Plan) -> dict[str, Any]:
    """Return the objective of a drawn plan by the keys of ``plan.json``."""
    goal, amounts = found.goal, goal_amounts(plan)
    weighed = goal.quantity == COST
    worth = sum(each * amounts[name] for name, each in sorted(goal.weights.items()))
    amount = plan.proof.objective_cny - worth if weighed else amounts[goal.quantity]
    bound = min(found.bound, amount) if weighed else max(found.bound, amount)
    whole = plan.proof.outlay_cny if weighed else abs(amount)
    limit = goal.most_net_cost_cny
    return {
        "quantity": goal.quantity,
        "unit": UNITS.get(goal.quantity, "CNY"),
        "sense": "least" if weighed else "most",
        "amount": round(amount, DIGITS),
        "bound": round(bound, DIGITS),
        "gap": abs(round(bound, DIGITS) - round(amount, DIGITS)) / whole if whole else 0.0,
        "max_net_cost_cny": limit if np.isfinite(limit) else None,
        "worth_cny": dict(sorted(goal.weights.items())),
        "least_cost": {
            "net_cost_cny": found.cheapest.objective_cny,
            "bound_cny": min(plan.proof.bound_cny, found.cheapest.objective_cny),
            "outlay_cny": found.cheapest.outlay_cny,
        },
    }


def settle_status(plan: Plan, gap: float) -> Plan:
    """Return the plan as drawn, proven only where its own gap is within the one asked for.

    Parameters
    ----------
    plan : Plan
        Drawn and counted in integers, which may cost more than what was solved.
    gap : float
        As a share of the outlay, of a goal's own amount where that is no money [1].

    """
    own = float(plan.goal["gap"]) if plan.goal else plan.proof.gap
    if plan.status == "optimal" and own > gap:
        return replace(plan, status="feasible")
    return plan
