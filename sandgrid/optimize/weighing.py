"""The objective of a case: its net cost, or what its goal weighs."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from sandgrid.optimize.case import Case
from sandgrid.optimize.case_settings import NET_COST
from sandgrid.optimize.columns import Columns
from sandgrid.optimize.constraints.quotas import QUANTITIES, UNIT
from sandgrid.optimize.objective import objective
from sandgrid.optimize.problem import Floats

GOALS: Final = ("soil_t", "wages_cny", "energy_mwh", "protection")


def goal_costs(case: Case, columns: Columns) -> Floats:
    """Return what every column adds to what is made as small as can be.

    Parameters
    ----------
    case : Case
        ``settings.goal`` tells what.
    columns : Columns
        The decisions.

    Returns
    -------
    array, shape (columns,)
        Million CNY; for a single quantity its unit times :func:`goal_scale`.

    """
    goal = case.settings.goal
    cost = objective(case, columns)
    total, scale = goal.get(NET_COST, 0.0) * cost, goal_scale(goal)
    for quantity in sorted(set(goal) - {NET_COST}):
        amounts = QUANTITIES[quantity](case, columns)
        amounts = amounts.take(amounts["year"] <= case.years[-1])
        np.add.at(total, amounts["column"], goal[quantity] * scale * amounts["value"])
    return total


def goal_scale(goal: Mapping[str, float]) -> float:
    """Return how much of the solver's unit one unit of the goal is.

    Examples
    --------
    >>> goal_scale({"soil_t": -1.0}), goal_scale({"net_cost_cny": 1.0, "soil_t": -5.0})
    (0.001, 1e-06)

    """
    return UNIT[next(iter(goal))] if len(goal) == 1 else UNIT[NET_COST]


def is_money(goal: Mapping[str, float]) -> bool:
    """Tell whether a goal is counted in CNY of cost."""
    return NET_COST in goal


def is_net_cost(goal: Mapping[str, float]) -> bool:
    """Tell whether nothing but the net cost counts."""
    return dict(goal) == {NET_COST: 1.0}
