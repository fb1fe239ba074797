"""Least-cost paths over a grid of costs, from many places to many others."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from sandgrid.errors import InputError
from sandgrid.power.frontier import COST, TOTAL, bucket_ring, spread, walked

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Costs = npt.NDArray[np.floating]
Cells = npt.NDArray[np.intp]

THREADS: Final = 2
DIAGONAL: Final = np.sqrt(2.0)
LENGTHS: Final = np.array([DIAGONAL, 1, DIAGONAL, 1, 1, DIAGONAL, 1, DIAGONAL])
LEAST_MARGIN_CELLS: Final = 64
NO_GOALS: Final = np.empty(0, dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Path:
    """The least-cost path between two places.

    Parameters
    ----------
    start, end : int
        Numbers of the places.
    cost : float
        Sum over its moves of the mean cost of both cells times the length of the move.
    cells : int array, shape (n, 2)
        Row and column of its cells from start to end.

    """

    start: int
    end: int
    cost: float
    cells: Cells


def least_costs(cost: Costs, cell_m: float, starts: Cells) -> Floats:
    """Return the cost of the cheapest path from any start to every cell.

    Parameters
    ----------
    cost : array, shape (rows, columns)
        Cost of a metre in each cell [1/m]; infinite or NaN where no line may stand.
    cell_m : float
        Side of a cell [m].
    starts : int array, shape (n, 2)
        Rows and columns of the starts.

    Returns
    -------
    array, shape (rows, columns)
        Least cost; infinite where no path leads.

    Raises
    ------
    InputError
        If a cost is not positive or no cell is passable.

    Examples
    --------
    >>> wall = np.inf
    >>> cost = np.array([[1, wall, 1], [1, wall, 1], [1, 3, 1.0]])
    >>> least_costs(cost, 1.0, np.array([[0, 0]])).round(3)
    array([[0.   ,   inf, 7.657],
           [1.   ,   inf, 6.657],
           [2.   , 3.828, 5.828]])

    """
    search = _Search.over(cost, cell_m)
    search.run(search.flat(starts), NO_GOALS)
    return search.totals()


def find_paths(
    cost: Costs, cell_m: float, starts: Cells, ends: Cells, wanted: Sequence[Sequence[int]]
) -> list[Path]:
    """Find the least-cost paths from each start to those ends that are wanted of it.

    Each search is confined to a window that grows until no cheaper path can leave it, and stops
    as soon as the wanted ends are settled; it runs from the fewer of the two sides.

    Parameters
    ----------
    cost : array, shape (rows, columns)
        Cost of a metre in each cell [1/m]; infinite or NaN where no line may stand.
    cell_m : float
        Side of a cell [m].
    starts, ends : int array, shape (n, 2) and (m, 2)
        Rows and columns.
    wanted : sequence of n sequences of int
        Numbers of the ends that are wanted of each start.

    Returns
    -------
    list of Path
        By start, then end; pairs that no path joins are left out.

    Raises
    ------
    InputError
        If a cost is not positive or no cell is passable.

    Examples
    --------
    >>> cost = np.ones((3, 4))
    >>> ends = np.array([[0, 3], [2, 0]])
    >>> paths = find_paths(cost, 10.0, np.array([[0, 0]]), ends, [[0, 1]])
    >>> [(path.start, path.end, path.cost) for path in paths]
    [(0, 0, 30.0), (0, 1, 20.0)]
    >>> paths[1].cells.tolist()
    [[0, 0], [1, 0], [2, 0]]

    """
    _checked(cost)
    backward = sum(bool(len(row)) for row in wanted) > len({e for row in wanted for e in row})
    asked = _turned(wanted, len(ends)) if backward else [list(row) for row in wanted]
    sources, goals = (ends, starts) if backward else (starts, ends)

    def search(source: int) -> list[Path]:
        return _from_one(cost, cell_m, sources[source], goals, asked[source])

    with ThreadPoolExecutor(THREADS) as pool:
        found = list(pool.map(search, range(len(sources))))
    numbered = [
        _directed(path, source, backward=backward)
        for source, paths in enumerate(found)
        for path in paths
    ]
    return sorted(numbered, key=lambda path: (path.start, path.end))


def _turned(wanted: Sequence[Sequence[int]], ends: int) -> list[list[int]]:
    """Return the starts that are wanted of each end."""
    turned: list[list[int]] = [[] for _ in range(ends)]
    for start, row in enumerate(wanted):
        for end in row:
            turned[end].append(start)
    return turned


def _directed(path: Path, source: int, *, backward: bool) -> Path:
    if backward:
        return Path(path.end, source, path.cost, path.cells[::-1])
    return Path(source, path.end, path.cost, path.cells)


def _from_one(
    cost: Costs, cell_m: float, source: Cells, goals: Cells, asked: Sequence[int]
) -> list[Path]:
    """Return the paths from one place, in a window large enough to hold them."""
    if not asked:
        return []
    places = np.vstack([source[None, :], goals[list(asked)]])
    margin = max(LEAST_MARGIN_CELLS, int(np.ptp(places, axis=0).max()) // 2)
    while True:
        low = np.maximum(places.min(axis=0) - margin, 0)
        high = np.minimum(places.max(axis=0) + margin + 1, cost.shape)
        search = _Search.over(cost[low[0] : high[0], low[1] : high[1]], cell_m, checked=True)
        start, ends = search.flat(places[:1] - low), search.flat(places[1:] - low)
        search.run(start, ends)
        whole = (low == 0) & (high == cost.shape)
        if whole.all() or search.encloses(ends, open_low=low > 0, open_high=high < cost.shape):
            return [
                Path(-1, end, float(search.field[cell, TOTAL]), search.path(int(cell)) + low)
                for end, cell in zip(asked, ends, strict=True)
                if np.isfinite(search.field[cell, TOTAL])
            ]
        margin *= 4


@dataclass(eq=False)
class _Search:
    """One search on a window, its cells numbered row by row with a rim that no path enters."""

    field: Floats
    shape: tuple[int, int]
    cell_m: float
    came: npt.NDArray[np.int8]

    @classmethod
    def over(cls, cost: Costs, cell_m: float, *, checked: bool = False) -> "_Search":
        if not checked:
            _checked(cost)
        rows, columns = cost.shape[0] + 2, cost.shape[1] + 2
        field = np.full((rows, columns, 2), np.inf)
        field[1:-1, 1:-1, COST] = np.where(np.isnan(cost), np.inf, cost)
        empty = np.empty(0, dtype=np.int8)
        return cls(field.reshape(-1, 2), (rows, columns), cell_m, empty)

    @property
    def moves(self) -> Ints:
        width = self.shape[1]
        return np.array([-width - 1, -width, 1 - width, -1, 1, width - 1, width, width + 1])

    def flat(self, cells: Cells) -> Ints:
        return np.asarray((cells[:, 0] + 1) * self.shape[1] + cells[:, 1] + 1, dtype=np.int64)

    def run(self, starts: Ints, goals: Ints) -> None:
        passable = self.field[:, COST][np.isfinite(self.field[:, COST])]
        starts = starts[np.isfinite(self.field[starts, COST])]
        if len(passable) and len(starts):
            longest = passable.max() * self.cell_m * DIAGONAL
            ring = bucket_ring(passable.min() * self.cell_m, longest)
            lengths = LENGTHS * (self.cell_m / 2)
            self.came = spread(self.field, self.moves, lengths, starts, goals, ring)

    def totals(self) -> Floats:
        inside = self.field[:, TOTAL].reshape(self.shape)[1:-1, 1:-1]
        return np.ascontiguousarray(inside)

    def path(self, goal: int) -> Cells:
        cells = walked(self.came, self.moves, goal)
        return np.column_stack(np.divmod(cells, self.shape[1])).astype(np.intp) - 1

    def encloses(
        self, goals: Ints, *, open_low: npt.NDArray[np.bool_], open_high: npt.NDArray[np.bool_]
    ) -> bool:
        """Return whether no path that leaves by an open side can be cheaper than those found."""
        total = self.totals()
        sides = (total[0], total[:, 0], total[-1], total[:, -1])
        is_open = (open_low[0], open_low[1], open_high[0], open_high[1])
        leaves = min(
            (side.min() for side, open_ in zip(sides, is_open, strict=True) if open_),
            default=np.inf,
        )
        return bool(leaves >= self.field[goals, TOTAL].max())


def _checked(cost: Costs) -> None:
    """Refuse costs that are not positive, and grids on which no line may stand at all."""
    known = ~np.isnan(cost)
    if not np.isfinite(cost).any():
        raise InputError("power-no-passage", {})
    least = float(cost[known].min())
    if least <= 0:
        raise InputError("power-cost-not-positive", {"least": least})
