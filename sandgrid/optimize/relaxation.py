"""The linear relaxation, the rows of single sites and years put in only where broken.

Most of them never bind: of the land rows of 1,600 sites four did, of their yearly links to
stations a thousand.  So the first solve leaves them out and those that its point breaks are added
(lazy separation), which ends at the optimum of the whole.  Rows that are left out have multiplier
0, so the bound of weak duality holds for the whole problem.  Presolve is left out: it takes
longer than it saves, and rows that are added later could not use its basis.
"""

# values of an answer, not of a frame

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from sandgrid.optimize.problem import Bools, Integers, Problem, moved_bounds
from sandgrid.optimize.solver import Answer, Effort, Solver

LINKS = "site_station"
LAZY_FAMILIES = (
    "land",
    "on_site_land",
    "acceptance",
    "site_hub",
    "feeds_station",
    "one_hub",
    "least_site",
)
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


class HotRelaxation:
    """A problem with all integers let go, held by the solver: other bounds cost a few pivots.

    Parameters
    ----------
    problem : Problem
        Any; rows of single sites and years are left out until a point breaks them.
    effort : Effort, optional
        When to stop; an answer stopped by a clock has status ``limit``.

    """

    def __init__(self, problem: Problem, effort: Effort | None = None) -> None:
        lazy = _is_lazy(problem)
        self._problem = problem
        self._matrix = sparse.csr_array(problem.matrix)
        self._order, self._left_out = np.flatnonzero(~lazy), np.flatnonzero(lazy)
        unsimplified = replace(effort or Effort(), presolve=False)
        self._solver = Solver(problem.relaxed().keep_rows(self._order), unsimplified)

    def without_clock(self) -> None:
        """Let later solves take the time they need."""
        self._solver.set_effort(Effort(presolve=False))

    def change(self, problem: Problem) -> None:
        """Take other bounds of the same rows and columns."""
        old, self._problem = self._problem, problem
        place = np.full(problem.shape[0], -1)
        place[self._order] = np.arange(len(self._order))
        moved, low, high = moved_bounds(old.rows, problem.rows)
        held = place[moved] >= 0
        self._solver.set_row_bounds(place[moved[held]], low[held], high[held])
        self._solver.set_bounds(*moved_bounds(old.columns, problem.columns))

    def solve(self) -> Relaxation:
        """Solve, and again with the rows that the point breaks, until it breaks none."""
        answer = self._solver.solve()
        while len(self._left_out):
            broken = _broken(self._problem, self._matrix, self._left_out, answer)
            if not broken.any():
                break
            self._add(self._left_out[broken])
            self._left_out = self._left_out[~broken]
            answer = self._solver.solve()
        return _scattered(self._problem, answer, self._order)

    def _add(self, rows: Integers) -> None:
        self._order = np.concatenate([self._order, rows])
        low, high = (self._problem.rows[side].to_numpy()[rows] for side in ("lower", "upper"))
        self._solver.add_rows(sparse.csr_array(self._matrix[rows]), low, high)


def links(problem: Problem) -> Bools:
    """Return which rows link a site to a station that stands by a year."""
    return np.asarray(problem.rows["family"] == LINKS, dtype=np.bool_)


def _is_lazy(problem: Problem) -> Bools:
    """Return which rows are left out at first: of the links, those of all years but the last."""
    linking = links(problem)
    year = problem.rows["name"].str.rpartition(",")[2]
    last = year[linking].max() if linking.any() else ""
    early = linking & (year != last).to_numpy()
    return np.asarray(early | problem.rows["family"].isin(LAZY_FAMILIES), dtype=np.bool_)


def _broken(problem: Problem, matrix: sparse.csr_array, rows: Integers, answer: Answer) -> Bools:
    """Tell which rows that are left out a point breaks; all of them if it runs off without them."""
    if answer.status == "unbounded":
        return np.ones(len(rows), dtype=np.bool_)
    if answer.status != "optimal" or answer.values is None:
        return np.zeros(len(rows), dtype=np.bool_)
    activity = matrix[rows] @ answer.values
    slack = BROKEN * (1.0 + np.abs(activity))
    low, high = (problem.rows[side].to_numpy()[rows] for side in ("lower", "upper"))
    return np.asarray((activity > high + slack) | (activity < low - slack), dtype=np.bool_)


def _scattered(problem: Problem, answer: Answer, order: Integers) -> Relaxation:
    took_part = np.zeros(problem.shape[0], dtype=np.bool_)
    took_part[order] = True
    if answer.row_duals is None:
        return Relaxation(answer, took_part)
    duals = np.zeros(problem.shape[0])
    duals[order] = answer.row_duals
    return Relaxation(replace(answer, row_duals=duals), took_part)
