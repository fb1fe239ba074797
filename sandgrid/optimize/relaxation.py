"""The linear relaxation, put together from what matters: rows that break and blocks that earn.

Most rows of single sites and years never bind: of the land rows of 1,600 sites four did, of their
yearly links to stations a thousand.  So the first solve leaves them out and those that its point
breaks are added (lazy separation).  Most hubs and classes of parcels are never used: they stay out
until the prices ask for them (`blocks`).  Both end at the optimum of the whole.  Rows that are
left out have multiplier 0 or the one that their block's own problem gives, so the bound of weak
duality holds for the whole problem.  Presolve is left out: it takes longer than it saves, and
what is added later could not use its basis.
"""

# values of an answer, not of a frame

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from sandgrid.optimize.blocks import (
    SHARED,
    Blocks,
    Outside,
    block_of_rows,
    class_blocks,
    hub_blocks,
    last_year,
    no_blocks,
)
from sandgrid.optimize.columns import Columns
from sandgrid.optimize.duality import proves_none
from sandgrid.optimize.problem import Bools, Floats, Integers, Problem, moved_bounds
from sandgrid.optimize.solver import BASIC, Answer, Basis, Effort, Solver

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
USED = 1e-6
Moved = tuple[Integers, Floats, Floats]


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
    blocks : Blocks, optional
        Columns that are left out until prices ask for them; none if not given.

    """

    def __init__(
        self, problem: Problem, effort: Effort | None = None, blocks: Blocks | None = None
    ) -> None:
        self._problem = problem.relaxed()
        self._blocks = blocks or no_blocks(problem.shape[1])
        matrix = sparse.csr_array(problem.matrix)
        self._of_row = block_of_rows(matrix, self._blocks.of_column)
        self._outside = Outside(self._blocks, self._of_row)
        self._out = ~self._blocks.first & ~self._must()
        unsimplified = replace(effort or Effort(), presolve=False)
        self._core = _Core(self._problem, matrix, *self._places(~self._out), unsimplified)

    def without_clock(self) -> None:
        """Let later solves take the time they need."""
        self._core.solver.set_effort(Effort(presolve=False))

    def classes(self, columns: Integers) -> Blocks | None:
        """Return the classes of parcels as blocks of a part, those in here in from the start."""
        blocks = self._blocks
        if not blocks.most:
            return None
        block = blocks.of_column[columns]
        of_column = np.where(block >= blocks.networks, block - blocks.networks, SHARED)
        return Blocks(of_column, 0, ~self._out[blocks.networks :], blocks.most)

    def widen(self) -> None:
        """Let in the classes of parcels nearest to earning, for bounds that will change."""
        told = self.solve().answer
        if told.reduced_costs is None or not self._blocks.most:
            return
        nearest = np.full(len(self._out) + 1, np.inf)
        np.minimum.at(nearest, self._blocks.of_column, told.reduced_costs)
        nearest[: self._blocks.networks] = np.inf
        nearest = np.where(self._out, nearest[:-1], np.inf)
        wanted = np.zeros_like(self._out)
        wanted[np.argsort(nearest, kind="stable")[: self._blocks.most]] = True
        self._let_in(wanted & np.isfinite(nearest))

    def change(self, problem: Problem) -> None:
        """Take other bounds of the same rows and columns."""
        old, self._problem = self._problem, problem.relaxed()
        rows = moved_bounds(old.rows, problem.rows)
        columns = moved_bounds(old.columns, problem.columns)
        self._outside.forget(self._of_row[rows[0]])
        self._outside.forget(self._blocks.of_column[columns[0]])
        self._core.change(self._problem, rows, columns)
        self._let_in(self._out & self._must())

    def solve(self, *, enough_mcny: float = -np.inf) -> Relaxation:
        """Solve until the point breaks no row left out and no block left out would earn.

        Blocks can only make it cheaper, so it ends before all are priced once the held ones
        cost no more than ``enough_mcny``: the answer's multipliers still give a bound.
        """
        while True:
            answer = self._core.solve()
            duals, wanted = self._price(answer)
            if not wanted.any() or answer.objective <= enough_mcny:
                return self._told(answer, duals)
            self._let_in(wanted)

    def _price(self, answer: Answer) -> tuple[Floats | None, Bools]:
        """Return multipliers of all rows, and which blocks are wanted at them."""
        none = np.zeros_like(self._out)
        if answer.status == "infeasible":
            return None, self._missing()
        if answer.row_duals is None:
            return None, none
        duals = self._core.spread_rows(answer.row_duals)
        if answer.status != "optimal" or not self._out.any():
            return duals, none
        cost = self._problem.columns["cost"].to_numpy()
        return duals, self._outside.price(self._problem, self._out, cost, duals)

    def _missing(self) -> Bools:
        """Return blocks that may let a point be where the held ones allow none."""
        ray = self._core.proof() if self._out.any() else None
        if ray is None:
            return self._out
        duals = self._core.spread_rows(ray / np.abs(ray).max())
        free = np.zeros(self._problem.shape[1])
        wanted = self._outside.price(self._problem, self._out, free, duals)
        proven = not wanted.any() and proves_none(self._problem, duals)
        return wanted if wanted.any() or proven else self._out

    def _told(self, answer: Answer, duals: Floats | None) -> Relaxation:
        """Return the answer with a value and a price for every row and column."""
        rows = np.zeros(self._problem.shape[0], dtype=np.bool_)
        rows[self._core.rows] = True
        if answer.values is None or duals is None:
            return Relaxation(replace(answer, row_duals=None, reduced_costs=None), rows)
        reduced = self._problem.columns["cost"].to_numpy() - self._problem.matrix.T @ duals
        values = self._core.spread_columns(answer.values)
        told = replace(answer, values=values, row_duals=duals, reduced_costs=reduced)
        return Relaxation(told, rows | (duals != 0))

    def _must(self) -> Bools:
        """Tell which blocks cannot be left out, since 0 is not allowed in them."""
        must = np.zeros(len(self._blocks.first) + 1, dtype=np.bool_)
        for table, block in (
            (self._problem.columns, self._blocks.of_column),
            (self._problem.rows, self._of_row),
        ):
            must[block[(table["lower"] > 0).to_numpy() | (table["upper"] < 0).to_numpy()]] = True
        return must[:-1]

    def _let_in(self, wanted: Bools) -> None:
        if wanted.any():
            columns, rows = self._places(wanted, shared=False)
            self._core.add(columns, rows, self._outside.basis(wanted, columns, rows))
            self._out = self._out & ~wanted

    def _places(self, blocks: Bools, *, shared: bool = True) -> tuple[Integers, Integers]:
        """Return the columns and rows of some blocks, with those of all or without."""
        chosen = np.append(blocks, shared)
        return np.flatnonzero(chosen[self._blocks.of_column]), np.flatnonzero(chosen[self._of_row])


def guess_blocks(problem: Problem, columns: Columns, effort: Effort) -> Blocks:
    """Return hubs and classes of parcels as blocks, those that will be needed in from the start.

    They are guessed from a smaller problem, in which all is built in the last year.
    """
    kept, cost = np.flatnonzero(last_year(columns)), problem.columns["cost"].to_numpy()
    if len(kept) == problem.shape[1]:
        return class_blocks(columns, cost)
    rows = np.flatnonzero(abs(problem.matrix) @ np.isin(np.arange(problem.shape[1]), kept) > 0)
    classes = class_blocks(columns, cost)
    smaller = problem.keep_columns(kept).keep_rows(rows)
    part = replace(classes, of_column=classes.of_column[kept])
    found = HotRelaxation(smaller, effort, part).solve().answer
    blocks = hub_blocks(columns, cost)
    if found.values is None or found.row_duals is None:
        return replace(blocks, first=np.ones_like(blocks.first))
    values, duals = np.zeros(problem.shape[1]), np.zeros(problem.shape[0])
    values[kept], duals[rows] = found.values, found.row_duals
    reduced = cost - problem.matrix.T @ duals
    of_class = classes.of_column != SHARED
    likely = (values > USED) | (of_class & (reduced < 0))
    first = np.zeros(len(blocks.first) + 1, dtype=np.bool_)
    first[blocks.of_column[likely]] = True
    return replace(blocks, first=first[:-1])


class _Core:
    """The columns and rows that the solver holds, and rows that it gets once they are broken."""

    def __init__(
        self,
        problem: Problem,
        matrix: sparse.csr_array,
        columns: Integers,
        rows: Integers,
        effort: Effort,
    ) -> None:
        self._problem, self._matrix = problem, matrix
        self._lazy = _is_lazy(problem)
        self._columns, self.rows = columns, rows[~self._lazy[rows]]
        self._left_out = rows[self._lazy[rows]]
        self.solver = Solver(problem.keep_columns(columns).keep_rows(self.rows), effort)

    def change(self, problem: Problem, rows: Moved, columns: Moved) -> None:
        self._problem = problem
        sides = (
            (self.solver.set_row_bounds, self.rows, problem.shape[0], rows),
            (self.solver.set_bounds, self._columns, problem.shape[1], columns),
        )
        for tell, order, count, (moved, low, high) in sides:
            place = np.full(count, -1)
            place[order] = np.arange(len(order))
            held = place[moved] >= 0
            tell(place[moved[held]], low[held], high[held])

    def add(self, columns: Integers, rows: Integers, basis: Basis) -> None:
        """Take more columns and the rows that hold only them, and where to start with them."""
        table, known = self._problem.columns.iloc[columns], self.solver.basis()
        entries = sparse.csc_array(self._matrix[self.rows][:, columns])
        self.solver.add_columns(entries, *(table[k].to_numpy() for k in ("cost", "lower", "upper")))
        self._columns = np.concatenate([self._columns, columns])
        needed = ~self._lazy[rows] | (basis.rows != BASIC)
        self._add_rows(rows[needed])
        self._left_out = np.concatenate([self._left_out, rows[~needed]])
        if known is not None:
            self.solver.start_at(known.followed_by(basis.columns, basis.rows[needed]))

    def solve(self) -> Answer:
        """Solve, and again with the rows that the point breaks, until it breaks none."""
        answer = self.solver.solve()
        while len(self._left_out):
            broken = self._broken(answer)
            if not broken.any():
                break
            self._add_rows(self._left_out[broken])
            self._left_out = self._left_out[~broken]
            answer = self.solver.solve()
        return answer

    def proof(self) -> Floats | None:
        """Return multipliers of the held rows that prove that no point keeps them."""
        ray = self.solver.dual_ray()
        if ray is None:
            return None
        part = self._problem.keep_columns(self._columns).keep_rows(self.rows)
        return next((y for y in (ray, -ray) if proves_none(part, y)), None)

    def spread_rows(self, duals: Floats) -> Floats:
        spread = np.zeros(self._problem.shape[0])
        spread[self.rows] = duals
        return spread

    def spread_columns(self, values: Floats) -> Floats:
        spread = np.zeros(self._problem.shape[1])
        spread[self._columns] = values
        return spread

    def _add_rows(self, rows: Integers) -> None:
        self.rows = np.concatenate([self.rows, rows])
        low, high = (self._problem.rows[side].to_numpy()[rows] for side in ("lower", "upper"))
        self.solver.add_rows(sparse.csr_array(self._matrix[rows][:, self._columns]), low, high)

    def _broken(self, answer: Answer) -> Bools:
        """Tell which rows left out a point breaks; all of them if it runs off without them."""
        if answer.status == "unbounded":
            return np.ones(len(self._left_out), dtype=np.bool_)
        if answer.status != "optimal" or answer.values is None:
            return np.zeros(len(self._left_out), dtype=np.bool_)
        activity = self._matrix[self._left_out] @ self.spread_columns(answer.values)
        slack = BROKEN * (1.0 + np.abs(activity))
        low, high = (
            self._problem.rows[side].to_numpy()[self._left_out] for side in ("lower", "upper")
        )
        return np.asarray((activity > high + slack) | (activity < low - slack), dtype=np.bool_)


def links(problem: Problem) -> Bools:
    """Return which rows link a site to a station that stands by a year."""
    return np.asarray(problem.rows["family"] == LINKS, dtype=np.bool_)


def early_links(problem: Problem) -> Bools:
    """Return which rows link a site to a station that stands by a year before the last."""
    linking = links(problem)
    year = problem.rows["name"].str.rpartition(",")[2]
    last = year[linking].max() if linking.any() else ""
    return np.asarray(linking & (year != last).to_numpy(), dtype=np.bool_)


def _is_lazy(problem: Problem) -> Bools:
    """Return which rows are left out at first: of the links, those of all years but the last."""
    of_sites = problem.rows["family"].isin(LAZY_FAMILIES).to_numpy()
    return np.asarray(early_links(problem) | of_sites, dtype=np.bool_)
