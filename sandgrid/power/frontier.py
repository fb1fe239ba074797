"""The compiled heart of routing: costs spread over a grid, cheapest cells first."""

from typing import Final

import numpy as np
import numpy.typing as npt

from sandgrid.layers.compiling import compiled

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Moves = npt.NDArray[np.int8]

COST, TOTAL = 0, 1
NO_MOVE = -1
MOST_BUCKETS: Final = 1 << 14
SLACK: Final = 1 - 1e-9
POOL = 4_096
NEIGHBOURS = 8
FAR_BUCKET = 1e15


def bucket_ring(least_step: float, longest_step: float) -> tuple[float, int]:
    """Return how many buckets make up a unit of cost, and how many form the ring.

    A bucket no wider than the shortest step settles every cell once; where costs differ so much
    that the ring would grow too long it is wider, and cells within a bucket may be settled again,
    which costs time and leaves the result as it is.

    Parameters
    ----------
    least_step, longest_step : float
        Least and largest cost of a move.

    Returns
    -------
    per_unit : float
        Buckets per unit of cost.
    size : int
        Number of buckets, a power of two.

    Examples
    --------
    >>> bucket_ring(100.0, 560.0)[1]
    8

    """
    width = max(least_step * SLACK, longest_step / MOST_BUCKETS)
    return 1 / width, 1 << int(np.ceil(np.log2(longest_step / width + 2)))


@compiled
def spread(
    field: Floats, moves: Ints, lengths: Floats, starts: Ints, goals: Ints, ring: tuple[float, int]
) -> Moves:
    """Settle cells in the order of their cost until all goals are settled.

    Parameters
    ----------
    field : array, shape (n, 2)
        Cost of a metre in each cell, infinite where no line may stand; and the least cost of a
        path to it, infinite at first, which is filled in.  The cells of the rim must have
        infinite cost, so that no move leaves the grid.
    moves : int array, shape (8,)
        Distance between a cell and each neighbour in the array.
    lengths : array, shape (8,)
        Half the length of each move [m].
    starts, goals : int array
        Cells at which paths start; cells after which the search stops (it never does if empty).
    ring : tuple of float and int
        Of :func:`bucket_ring`.

    Returns
    -------
    int8 array, shape (n,)
        Move by which the path enters the cell; -1 at starts and where not reached.  Cells beyond
        the dearest goal may hold more than their least cost.

    Notes
    -----
    Dijkstra's algorithm (1959) on the ring of buckets of Dial (1969), keys in floating point;
    an entry that was overtaken stays in its bucket and is passed over.

    """
    per_unit, mask = ring[0], ring[1] - 1
    came = np.full(field.shape[0], NO_MOVE, dtype=np.int8)
    heads = np.full(mask + 1, -1, dtype=np.int32)
    keys, cells, after = empty_pool(max(POOL, 2 * starts.size))
    free, waiting, reached, bucket = 0, 0, 0, 0
    for start in starts:
        field[start, TOTAL] = 0.0
        entry = free
        free = after[entry]
        keys[entry], cells[entry], after[entry] = 0.0, start, heads[0]
        heads[0] = entry
        waiting += 1
    while waiting > 0 and (goals.size == 0 or reached < goals.size):
        slot = bucket & mask
        while heads[slot] >= 0:
            entry = heads[slot]
            heads[slot], after[entry], free = after[entry], free, entry
            waiting -= 1
            here, cell = keys[entry], np.int64(cells[entry])
            if here > field[cell, TOTAL]:
                continue
            if waiting + NEIGHBOURS >= keys.size:
                keys, cells, after = doubled_pool(keys, cells, after)
            own = field[cell, COST]
            for move in range(NEIGHBOURS):
                beside = cell + moves[move]
                total = here + (own + field[beside, COST]) * lengths[move]
                if total < field[beside, TOTAL]:
                    field[beside, TOTAL] = total
                    came[beside] = move
                    entry = free
                    free = after[entry]
                    place = np.int64(total * per_unit) & mask
                    keys[entry], cells[entry], after[entry] = total, beside, heads[place]
                    heads[place] = entry
                    waiting += 1
        bucket += 1
        while reached < goals.size and field[goals[reached], TOTAL] * per_unit < bucket:
            reached += 1
    return came


@compiled
def empty_pool(size: int) -> tuple[Floats, npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Return a pool of entries that are all free: keys, cells, and the entry after each."""
    after = np.arange(1, size + 1).astype(np.int32)
    return np.empty(size), np.empty(size, dtype=np.int32), after


@compiled
def doubled_pool(
    keys: Floats, cells: npt.NDArray[np.int32], after: npt.NDArray[np.int32]
) -> tuple[Floats, npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Return a pool twice as long that begins with the entries of another."""
    size = keys.size
    more_keys, more_cells, more_after = empty_pool(2 * size)
    more_keys[:size], more_cells[:size], more_after[:size] = keys, cells, after
    return more_keys, more_cells, more_after


@compiled
def walked(came: Moves, moves: Ints, goal: int) -> Ints:
    """Return the cells of the path that ends at a goal, from its start.

    Parameters
    ----------
    came : int8 array
        Of :func:`spread`.
    moves : int array, shape (8,)
        As in :func:`spread`.
    goal : int
        A cell that was reached.

    """
    count, cell = 1, goal
    while came[cell] != NO_MOVE:
        cell -= moves[came[cell]]
        count += 1
    path = np.empty(count, dtype=np.int64)
    cell = goal
    for place in range(count - 1, 0, -1):
        path[place] = cell
        cell -= moves[came[cell]]
    path[0] = cell
    return path
