"""What a plan costs at least that opens a hub: hubs that cost too much can stay out of a proof.

At the prices of the relaxation the problem falls apart into hubs.  The bound of the whole, with
the least cost of one hub's part replaced by its least cost with a station standing, is a bound of
all plans that open this hub (a penalty of Lagrangian relaxation).  Where it lies above what is to
be proven, the tree need not know the hub.
"""

import numpy as np
from scipy import sparse

from sandgrid.optimize.blocks import SHARED, block_of_rows
from sandgrid.optimize.columns import Columns
from sandgrid.optimize.duality import dual_bound, usable_multipliers
from sandgrid.optimize.halves import BuildHalf
from sandgrid.optimize.problem import Bools, Floats, Integers, Problem
from sandgrid.optimize.solver import Effort, solve_problem


def opening_bounds(half: BuildHalf, columns: Columns) -> Floats:
    """Return a bound of all plans that open a hub, for every hub.

    Parameters
    ----------
    half : BuildHalf
        The building half with the multipliers of its rows.
    columns : Columns
        The decisions behind it.

    Returns
    -------
    array, shape (hubs,)
        In order of the hubs' ids [million CNY]; infinite where a hub cannot be opened at all,
        -inf where it must be.

    """
    problem, duals = half.problem.relaxed(), half.row_duals
    hub = columns.hub_of_column[half.columns]
    of_row = block_of_rows(sparse.csr_array(problem.matrix), hub)
    shared, _ = usable_multipliers(problem, np.where(of_row == SHARED, duals, 0.0))
    priced = problem.columns["cost"].to_numpy() - problem.matrix.T @ shared
    problem = Problem(problem.columns.assign(cost=priced), problem.rows, problem.matrix)
    bound = dual_bound(half.problem.relaxed(), duals) + half.offset_mcny
    stands = np.isin(half.columns, _last_stations(columns))
    opened = np.full(int(hub.max(initial=SHARED)) + 1, -np.inf)
    for number in range(len(opened)):
        own, rows = np.flatnonzero(hub == number), np.flatnonzero(of_row == number)
        part = problem.keep_columns(own).keep_rows(rows)
        if not (part.columns["lower"] > 0).any():
            alone = dual_bound(part, duals[rows])
            opened[number] = bound - alone + _least_open(part, stands[own])
    return opened


def _last_stations(columns: Columns) -> Integers:
    """Return the columns of stations that stand in the last year."""
    station = columns.sheet("station")
    last = station["year"] == station["year"].max(initial=0)
    return np.asarray(station["column"][last], dtype=np.int64)


def _least_open(part: Problem, stands: Bools) -> float:
    """Return the least cost of a hub's part with its station standing."""
    forced = np.where(stands, 1.0, part.columns["lower"])
    upper = part.columns["upper"].to_numpy()
    answer = solve_problem(part.with_bounds(forced, upper), Effort(presolve=False))
    return answer.objective if answer.status in ("optimal", "infeasible") else -np.inf
