"""The linear relaxation, its many yearly links put in only where a point breaks them.

Of the rows that only tighten the bound, those of the last year matter most; a thousand of the
others do the rest (lazy separation).  Rows that are left out have multiplier 0, so the bound of
weak duality holds for the whole problem.  Presolve is left out: it takes longer than it saves,
and rows that are added later could not use its basis.
"""

# values of an answer, not of a frame

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from sandgrid.optimize.problem import Bools, Floats, Integers, Problem
from sandgrid.optimize.solver import Answer, Effort, Solver

LAZY_FAMILY = "site_station"
BROKEN = 1e-7


@dataclass(frozen=True)
class Relaxation:
    """An answer to a problem with all integers let go.

    Parameters
    ----------
    answer : Answer
        With a multiplier for every row of the problem, 0 where a row was left out.
    rows : array of bool
        Which rows took part.

    """

    answer: Answer
    rows: Bools


def relax(problem: Problem, effort: Effort | None = None) -> Relaxation:
    """Solve a problem with all integers let go.

    Parameters
    ----------
    problem : Problem
        Any; only links of sites to stations are left out at first.
    effort : Effort, optional
        When to stop; an answer stopped by a clock has status ``limit``.

    """
    keep = last_links(problem)
    left_out = np.flatnonzero(~keep)
    order = np.flatnonzero(keep)
    unsimplified = replace(effort or Effort(), presolve=False)
    solver = Solver(problem.relaxed().keep_rows(order), unsimplified)
    answer = solver.solve()
    matrix = sparse.csr_array(problem.matrix)
    while answer.status == "optimal" and answer.values is not None and len(left_out):
        broken = _broken(problem, matrix, left_out, answer.values)
        if not broken.any():
            break
        added, left_out = left_out[broken], left_out[~broken]
        order = np.concatenate([order, added])
        low, high = (problem.rows[side].to_numpy()[added] for side in ("lower", "upper"))
        solver.add_rows(sparse.csr_array(matrix[added]), low, high)
        answer = solver.solve()
    return _scattered(problem, answer, order)


def last_links(problem: Problem) -> Bools:
    """Return the rows without the links of all years but the last."""
    links = (problem.rows["family"] == LAZY_FAMILY).to_numpy()
    year = problem.rows["name"].str.rpartition(",")[2]
    last = year[links].max() if links.any() else ""
    return np.asarray(~links | (year == last).to_numpy(), dtype=np.bool_)


def _broken(problem: Problem, matrix: sparse.csr_array, rows: Integers, values: Floats) -> Bools:
    activity = matrix[rows] @ values
    high = problem.rows["upper"].to_numpy()[rows]
    return np.asarray(activity > high + BROKEN * (1.0 + np.abs(activity)), dtype=np.bool_)


def _scattered(problem: Problem, answer: Answer, order: Integers) -> Relaxation:
    took_part = np.zeros(problem.shape[0], dtype=np.bool_)
    took_part[order] = True
    if answer.row_duals is None:
        return Relaxation(answer, took_part)
    duals = np.zeros(problem.shape[0])
    duals[order] = answer.row_duals
    return Relaxation(replace(answer, row_duals=duals), took_part)
