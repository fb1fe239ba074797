"""Checks of what a plan claims: that it is proven, and its objective with bound and gap."""

import math
from typing import Any, Final

from sandgrid.audit.comparing import NOTHING, alike, at_least, at_most, equal, gather, known
from sandgrid.audit.folder import PlanFolder, tolerance
from sandgrid.audit.quotas import amounts_of
from sandgrid.audit.report import Outcome

COST: Final = "net_cost_cny"
PROVEN: Final = "optimal"
STATUSES: Final = (PROVEN, "feasible", "interrupted")


def check_status(plan: PlanFolder) -> Outcome:
    """Check that a plan called optimal is as near its bound as ``solver.gap`` asks.

    The gap is that of the objective, or of the cost where a plan states no objective. A plan that
    a clock may have stopped must not be called reproducible.
    """
    if "solver" not in plan.question:  # a question that was stated without a search
        return NOTHING
    figures, asked = plan.figures, plan.question["solver"]
    told = known(["status"], [figures["status"]], STATUSES, ", ".join(STATUSES))
    if asked["time_limit_s"] is not None:
        told += alike(["reproducible"], [figures["reproducible"]], [False])
    if figures["status"] != PROVEN:
        return told
    stated = figures.get("objective") or figures
    gap = math.inf if stated["gap"] is None else stated["gap"]
    return told + at_most(["gap"], [gap], [asked["gap"]], slack=tolerance("relative"))


def check_goal(plan: PlanFolder) -> Outcome:
    """Check that the objective is the one asked for, and its figures follow from the tables."""
    if "objective" not in plan.question:  # a plan of before there were goals
        return NOTHING
    stated, asked = plan.figures["objective"], plan.question["objective"]
    worth = {name: value for name, value in asked["worth_cny"].items() if value > 0}
    same = alike(
        ["objective quantity", "objective worth_cny"],
        [stated["quantity"], stated["worth_cny"]],
        [asked["quantity"], worth],
    )
    return gather((same, _amount(plan, stated), _gap(plan, stated), _cost(plan, stated, asked)))


def _total(plan: PlanFolder, quantity: str) -> tuple[float, float]:
    """Return what the tables hold of a quantity, and what rounding may move."""
    rows = amounts_of(plan, quantity)
    rows = rows[rows["year"] <= plan.years[-1]]
    return float(rows["amount"].sum()), float(rows["step"].sum())


def _amount(plan: PlanFolder, stated: dict[str, Any]) -> Outcome:
    if stated["quantity"] != COST:
        found, step = _total(plan, stated["quantity"])
    else:
        parts = {name: _total(plan, name) for name in stated["worth_cny"]}
        price = stated["worth_cny"]
        found = plan.figures["objective_cny"] - sum(price[n] * parts[n][0] for n in parts)
        step = sum(price[n] * parts[n][1] for n in parts)
    slack = step + tolerance("relative") * abs(found)
    return equal(["objective amount"], [stated["amount"]], [found], slack=slack)


def _gap(plan: PlanFolder, stated: dict[str, Any]) -> Outcome:
    amount, bound = stated["amount"], stated["bound"]
    if bound is None:
        return NOTHING
    least = stated["quantity"] == COST
    whole = plan.figures["outlay_cny"] if least else abs(amount)
    distance = amount - bound if least else bound - amount
    share = distance / whole if whole else 0.0
    told = equal(["objective gap"], [stated["gap"]], [share], slack=tolerance("relative"))
    return told + at_least(["objective bound"], [distance], [0.0])


def _cost(plan: PlanFolder, stated: dict[str, Any], asked: dict[str, Any]) -> Outcome:
    """Check what the plan may cost; a share of the outlay is measured from the least cost."""
    limit = stated["max_net_cost_cny"]
    if stated["quantity"] == COST:
        return NOTHING
    slack = tolerance("relative") * plan.figures["outlay_cny"]
    told = at_most(["objective_cny"], [plan.figures["objective_cny"]], [limit], slack=slack)
    if asked["max_net_cost_cny"] is not None:
        told += equal(["max_net_cost_cny"], [limit], [asked["max_net_cost_cny"]])
    return told + _least(plan, stated, asked)


def _least(plan: PlanFolder, stated: dict[str, Any], asked: dict[str, Any]) -> Outcome:
    """Check that the least cost lies above its bound, and that a limit by a share follows."""
    least = stated.get("least_cost")
    if least is None:  # a plan of before the least cost was written
        return NOTHING
    net, outlay = least["net_cost_cny"], least["outlay_cny"]
    told = equal(["least_cost bound_cny"], [least["bound_cny"]], [plan.figures["bound_cny"]])
    told += at_least(["least_cost net_cost_cny"], [net], [least["bound_cny"]])
    told += at_least(["least_cost outlay_cny"], [outlay], [0.0])
    share = asked["max_extra_share"]
    if share is None:
        return told
    limit, slack = net + share * outlay, tolerance("relative") * outlay
    return told + equal(["max_extra_share"], [stated["max_net_cost_cny"]], [limit], slack=slack)
