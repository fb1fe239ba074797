"""Parts of the problem that stay out of the relaxation until their prices ask for them.

Of a hundred hubs a plan opens twenty, of ten thousand classes of parcels it treats one.  A hub
with its options, lines and stations is a block, and so is a class of parcels: nothing but rows
that several blocks share ties it to the rest.  At the multipliers of those rows a block that can
earn nothing may stay out, and the multipliers of its own rows that prove it make the bound whole
(Dantzig-Wolfe pricing, with blocks let in whole rather than point by point).
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from sandgrid.optimize.columns import Columns
from sandgrid.optimize.problem import Bools, Floats, Integers, Problem
from sandgrid.optimize.settings import SolveSettings
from sandgrid.optimize.solver import AT_LOWER, BASIC, Answer, Basis, Effort, Solver

SHARED = -1
EARNS = 1e-7


@dataclass(frozen=True)
class Blocks:
    """Which columns stand or fall as one.

    Parameters
    ----------
    of_column : array of int, shape (columns,)
        Number of a column's block, -1 where it is always in.
    networks : int
        Blocks below this number earn by what their own rows allow, such as hubs; the others by
        any column of theirs.
    first : array of bool, shape (blocks,)
        Blocks that are in from the start.
    most : int
        Most blocks that are let in at once, hubs not counted.

    """

    of_column: Integers
    networks: int
    first: Bools
    most: int


def no_blocks(columns: int) -> Blocks:
    """Return that all columns are always in."""
    return Blocks(np.full(columns, SHARED), 0, np.zeros(0, dtype=np.bool_), 0)


def class_blocks(columns: Columns, cost: Floats) -> Blocks:
    """Return classes of parcels as blocks, the cheapest in from the start."""
    start, settings = columns.sheet("start"), SolveSettings()
    of_column = np.full(len(columns), SHARED)
    known, number = np.unique(start["class_id"].astype(str), return_inverse=True)
    of_column[start["column"]] = number
    least = np.full(len(known), np.inf)
    np.minimum.at(least, number, cost[start["column"]])
    rank = np.argsort(np.argsort(least, kind="stable"), kind="stable")
    first = rank < np.ceil(settings.first_classes * len(known))
    return Blocks(of_column, 0, first, int(np.ceil(settings.let_in * len(known))))


def hub_blocks(columns: Columns, cost: Floats) -> Blocks:
    """Return hubs and classes of parcels as blocks, none in from the start."""
    classes, hub = class_blocks(columns, cost), columns.hub_of_column
    hubs = int(hub.max(initial=SHARED)) + 1
    of_column = np.where(classes.of_column == SHARED, hub, classes.of_column + hubs)
    first = np.zeros(hubs + len(classes.first), dtype=np.bool_)
    return Blocks(of_column, hubs, first, classes.most)


def last_year(columns: Columns) -> Bools:
    """Return the columns less those of what is built in the years before the last."""
    kept = np.ones(len(columns), dtype=np.bool_)
    for family, sheet in columns.sheets.items():
        if "year" in sheet and family not in ("start", "counted_ha"):
            kept[sheet["column"]] = sheet["year"] == sheet["year"].max(initial=0)
    return kept


def block_of_rows(matrix: sparse.csr_array, of_column: Integers) -> Integers:
    """Return the block whose columns alone a row holds, -1 where several or none."""
    filled = np.diff(matrix.indptr) > 0
    entries, starts = of_column[matrix.indices], matrix.indptr[:-1][filled]
    low, high = np.full((2, matrix.shape[0]), SHARED)
    if len(entries):
        low[filled] = np.minimum.reduceat(entries, starts)
        high[filled] = np.maximum.reduceat(entries, starts)
    return np.where(low == high, low, SHARED)


class Outside:
    """Prices blocks that are left out.

    Parameters
    ----------
    blocks : Blocks
        The parts.
    of_row : array of int, shape (rows,)
        Block of each row, -1 for rows that are shared.

    """

    def __init__(self, blocks: Blocks, of_row: Integers) -> None:
        self._blocks, self._of_row = blocks, of_row
        self._networks: dict[int, _Network] = {}

    def forget(self, blocks: Integers) -> None:
        """Take note that bounds of some blocks have changed."""
        for block in set(blocks.tolist()):
            self._networks.pop(block, None)

    def price(self, problem: Problem, out: Bools, cost: Floats, duals: Floats) -> Bools:
        """Return which blocks to let in; own rows of the others get multipliers.

        Parameters
        ----------
        problem : Problem
            The whole, integers let go.
        out : array of bool, shape (blocks,)
            Blocks to look at.
        cost : array, shape (columns,)
            Objective; 0 where the multipliers say that there is no point.
        duals : array, shape (rows,)
            Multipliers, 0 for rows of blocks that are out; changed in place.

        """
        reduced = cost - problem.matrix.T @ duals
        gain = np.zeros(len(out) + 1)
        each = np.minimum(reduced, 0.0) * problem.columns["upper"].to_numpy()
        np.maximum.at(gain, self._blocks.of_column, np.where(reduced < -EARNS, -each, 0.0))
        gain = np.where(out, gain[:-1], 0.0)
        for block in np.flatnonzero(gain[: self._blocks.networks]).tolist():
            network = self._network(problem, block)
            answer = network.price(reduced)
            gain[block] = np.inf if answer.objective < -EARNS else 0.0
            if answer.row_duals is not None:
                duals[network.rows] = answer.row_duals
        return self._most(gain)

    def basis(self, blocks: Bools, columns: Integers, rows: Integers) -> Basis:
        """Return where the problems of single blocks left some columns and rows."""
        column = np.full(len(self._blocks.of_column), AT_LOWER)
        row = np.full(len(self._of_row), BASIC)
        for block in np.flatnonzero(blocks[: self._blocks.networks]).tolist():
            if block in self._networks:
                network = self._networks[block]
                found = network.solver.basis()
                if found is not None:
                    column[network.columns], row[network.rows] = found.columns, found.rows
        return Basis(column[columns], row[rows])

    def _most(self, gain: Floats) -> Bools:
        """Return which blocks earn most: a part of all, but every network that earns."""
        asked = np.argsort(-gain, kind="stable")[: self._blocks.most]
        wanted = np.isposinf(gain)
        wanted[asked] = gain[asked] > 0
        return wanted

    def _network(self, problem: Problem, block: int) -> "_Network":
        if block not in self._networks:
            columns = np.flatnonzero(self._blocks.of_column == block)
            rows = np.flatnonzero(self._of_row == block)
            part = problem.keep_columns(columns).keep_rows(rows)
            self._networks[block] = _Network(Solver(part, Effort(presolve=False)), columns, rows)
        return self._networks[block]


@dataclass(frozen=True)
class _Network:
    """The problem of one block alone, kept by the solver."""

    solver: Solver
    columns: Integers
    rows: Integers

    def price(self, reduced: Floats) -> Answer:
        self.solver.set_costs(np.arange(len(self.columns)), reduced[self.columns])
        return self.solver.solve()
