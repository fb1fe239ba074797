"""The joint problem told apart into what is built and what is treated.

They are priced for the land and the obligation that they share.

Rows that both halves enter (site land, on-site treatment, obligation) are taken out and charged
in the objective at multipliers.  For any multipliers of the right sign the two halves together
bound the joint problem from below (Lagrangian relaxation); at the multipliers of the joint linear
relaxation they lose nothing of its value, and the building half alone, a tenth of the columns,
is what branch and bound works on.
"""

from dataclasses import dataclass, replace

import numpy as np

from sandgrid.optimize.duality import dual_bound, usable_multipliers
from sandgrid.optimize.problem import Floats, Integers, Problem

TREATMENT = ("start", "counted_ha", "edge")


@dataclass(frozen=True)
class BuildHalf:
    """What is built, with land and obligation priced.

    Parameters
    ----------
    problem : Problem
        The building half.
    columns : array of int
        Where its columns stand in the joint problem.
    row_duals : array
        Multipliers of its rows in the joint relaxation.
    offset_mcny : float
        Bound of the treatment half and the constant of the prices: objective of this half plus
        offset is a bound of the joint objective wherever it is a minimum.

    """

    problem: Problem
    columns: Integers
    row_duals: Floats
    offset_mcny: float


def price_halves(problem: Problem, row_duals: Floats) -> BuildHalf:
    """Split a problem at the multipliers of its linear relaxation.

    Parameters
    ----------
    problem : Problem
        The joint problem.
    row_duals : array, shape (rows,)
        Multipliers of all its rows.

    """
    treat = problem.family_mask(*TREATMENT)
    pattern = abs(problem.matrix)
    with_treat = np.asarray(pattern[:, treat].sum(axis=1) > 0).ravel()
    with_build = np.asarray(pattern[:, ~treat].sum(axis=1) > 0).ravel()
    shared = with_treat & with_build
    prices, paid = usable_multipliers(problem, np.where(shared, row_duals, 0.0))
    cost = problem.columns["cost"].to_numpy() - problem.matrix.T @ prices
    priced = replace(problem, columns=problem.columns.assign(cost=cost))
    treatment = priced.keep_rows(with_treat & ~shared).keep_columns(treat).relaxed()
    bound = dual_bound(treatment, row_duals[with_treat & ~shared])
    half = priced.keep_rows(~with_treat).keep_columns(~treat)
    return BuildHalf(half, np.flatnonzero(~treat), row_duals[~with_treat], bound + paid)
