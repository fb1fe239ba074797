"""What multipliers of the rows prove, whatever tolerance they came with."""

from dataclasses import replace

import numpy as np

from sandgrid.optimize.problem import Floats, Problem


def usable_multipliers(problem: Problem, row_duals: Floats) -> tuple[Floats, float]:
    """Keep multipliers of sides that are finite; return them and what they pay in sum."""
    low, high = problem.rows["lower"].to_numpy(), problem.rows["upper"].to_numpy()
    fits = np.where(row_duals > 0, np.isfinite(low), np.isfinite(high))
    prices = np.where(fits, row_duals, 0.0)
    sides = np.where(prices > 0, low, high)
    moved = prices != 0
    return prices, float(prices[moved] @ sides[moved])


def proves_none(problem: Problem, row_duals: Floats) -> bool:
    """Tell whether multipliers of the rows prove that no point keeps rows and bounds (Farkas)."""
    free = replace(problem, columns=problem.columns.assign(cost=0.0))
    return dual_bound(free, row_duals) > 0


def dual_bound(problem: Problem, row_duals: Floats | None) -> float:
    """Return the bound that multipliers of the rows prove, whatever tolerance they came with.

    Parameters
    ----------
    problem : Problem
        Integers are let go.
    row_duals : array or None
        Multipliers of the rows, >= 0 for lower sides and <= 0 for upper sides.

    Returns
    -------
    float
        Lower bound of the objective [million CNY]; -inf without multipliers or if a column
        without bound would be worth moving for ever.

    Notes
    -----
    Weak duality: for any y, min over the box of c x + y (b - A x) is a bound.

    """
    if row_duals is None:
        return -np.inf
    prices, paid = usable_multipliers(problem, row_duals)
    reduced = problem.columns["cost"].to_numpy() - problem.matrix.T @ prices
    box = np.where(reduced > 0, problem.columns["lower"], problem.columns["upper"])
    moved = reduced != 0
    return paid + float(reduced[moved] @ box[moved])
