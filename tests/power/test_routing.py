"""Least-cost paths against brute force, scikit-image and scipy; windows, barriers, ties."""

import heapq
import math
from itertools import product

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from skimage.graph import MCP_Geometric

from sandgrid.errors import InputError
from sandgrid.power import find_paths, least_costs
from sandgrid.power.frontier import bucket_ring

Floats = npt.NDArray[np.float64]
AROUND = [step for step in product((-1, 0, 1), repeat=2) if step != (0, 0)]


def brute(cost: Floats, cell_m: float, starts: list[tuple[int, int]]) -> Floats:
    """Dijkstra with a heap, cell by cell."""
    total = np.full(cost.shape, np.inf)
    queue = [(0.0, start) for start in starts if np.isfinite(cost[start])]
    for _, start in queue:
        total[start] = 0.0
    while queue:
        here, (row, column) = heapq.heappop(queue)
        if here > total[row, column]:
            continue
        for down, right in AROUND:
            to = (row + down, column + right)
            if not (0 <= to[0] < cost.shape[0] and 0 <= to[1] < cost.shape[1]):
                continue
            step = math.hypot(down, right) * cell_m
            reach = here + (cost[row, column] + cost[to]) / 2 * step
            if reach < total[to]:
                total[to] = reach
                heapq.heappush(queue, (reach, to))
    return total


def land(seed: int, rows: int, columns: int, walls: float = 0.2) -> Floats:
    """Return random costs, some cells walled."""
    rng = np.random.default_rng(seed)
    cost = rng.uniform(0.5, 6.0, (rows, columns))
    cost[rng.random((rows, columns)) < walls] = np.inf
    cost[0, 0] = 1.0
    return cost


costs = hnp.arrays(
    np.float64,
    st.tuples(st.integers(1, 8), st.integers(1, 8)),
    elements=st.one_of(st.just(np.inf), st.floats(1e-3, 1e3)),
)


@settings(max_examples=150)
@given(cost=costs, place=st.integers(0, 63))
def test_agrees_with_brute_force_barriers_included(cost: Floats, place: int) -> None:
    start = (place % cost.shape[0], place // 8 % cost.shape[1])
    cost[start] = 1.0
    found = least_costs(cost, 30.0, np.array([start]))
    np.testing.assert_allclose(found, brute(cost, 30.0, [start]), rtol=1e-12)


def test_agrees_with_scikit_image_on_a_large_grid() -> None:
    cost = land(1, 600, 500)
    starts = [(0, 0), *[(int(r), int(c)) for r, c in np.argwhere(np.isfinite(cost))[::40_000]]]
    oracle, _ = MCP_Geometric(np.where(np.isfinite(cost), cost, -1)).find_costs(starts)
    found = least_costs(cost, 1.0, np.array(starts))
    assert (np.isfinite(found) == np.isfinite(oracle)).all()
    known = np.isfinite(oracle)
    np.testing.assert_allclose(found[known], oracle[known], rtol=1e-7)


def test_agrees_with_scipy_on_the_same_graph() -> None:
    cost = land(2, 60, 50)
    number = np.arange(cost.size).reshape(cost.shape)
    heads, tails, weights = [], [], []
    for row, column in np.argwhere(np.isfinite(cost)).tolist():
        for down, right in AROUND:
            to = (row + down, column + right)
            inside = 0 <= to[0] < cost.shape[0] and 0 <= to[1] < cost.shape[1]
            if inside and np.isfinite(cost[to]):
                heads.append(number[row, column])
                tails.append(number[to])
                step = math.hypot(down, right) * 100
                weights.append((cost[row, column] + cost[to]) / 2 * step)
    graph = csr_array((weights, (heads, tails)), shape=(cost.size, cost.size))
    oracle = dijkstra(graph, indices=0).reshape(cost.shape)
    np.testing.assert_allclose(least_costs(cost, 100.0, np.array([[0, 0]])), oracle, rtol=1e-12)


def test_costs_that_differ_by_twelve_orders_of_magnitude() -> None:
    cost = 10.0 ** np.random.default_rng(3).uniform(-6, 6, (30, 30))
    width = bucket_ring(1e-6, 1e6)
    assert width[1] <= 1 << 15
    expected = brute(cost, 1.0, [(0, 0)])
    np.testing.assert_allclose(least_costs(cost, 1.0, np.array([[0, 0]])), expected, rtol=1e-12)


def test_the_pool_of_entries_grows() -> None:
    """More starts than the pool first holds."""
    starts = np.argwhere(np.ones((100, 100), dtype=bool))
    assert least_costs(np.ones((100, 100)), 1.0, starts).max() == 0.0


def cost_of(cells: npt.NDArray[np.intp], cost: Floats, cell_m: float) -> float:
    """Add up a path by hand."""
    steps = np.hypot(*np.diff(cells, axis=0).T) * cell_m
    mean = (cost[tuple(cells[1:].T)] + cost[tuple(cells[:-1].T)]) / 2
    return float((steps * mean).sum())


@settings(max_examples=40)
@given(seed=st.integers(0, 10_000), most=st.integers(1, 5))
def test_many_paths_are_connected_cheapest_and_cost_what_they_say(seed: int, most: int) -> None:
    cost = land(seed, 24, 31)
    rng = np.random.default_rng(seed)
    free = np.argwhere(np.isfinite(cost))
    starts, ends = (free[rng.integers(0, len(free), n)] for n in (most, 6 - most))
    wanted = [[int(e) for e in np.flatnonzero(rng.random(len(ends)) < 0.7)] for _ in starts]
    paths = find_paths(cost, 50.0, starts, ends, wanted)
    found = {(path.start, path.end): path for path in paths}
    for start, row in enumerate(wanted):
        totals = brute(cost, 50.0, [(int(starts[start][0]), int(starts[start][1]))])
        for end in row:
            least = totals[tuple(ends[end])]
            assert ((start, end) in found) == np.isfinite(least)
            if np.isfinite(least):
                path = found[start, end]
                assert path.cost == pytest.approx(least, rel=1e-9)
                assert cost_of(path.cells, cost, 50.0) == pytest.approx(least, rel=1e-9)
                assert path.cells[0].tolist() == starts[start].tolist()
                assert path.cells[-1].tolist() == ends[end].tolist()
                assert np.abs(np.diff(path.cells, axis=0)).max(initial=0) <= 1
    assert len(paths) == len(found) <= sum(map(len, wanted))


def test_a_path_may_leave_the_first_window_far_behind() -> None:
    """A wall 2 cells from both places is 600 cells long: the way round is found and exact."""
    cost = np.ones((640, 40))
    cost[:620, 20] = np.inf
    (path,) = find_paths(cost, 1.0, np.array([[1, 18]]), np.array([[1, 22]]), [[0]])
    expected, _ = MCP_Geometric(np.where(np.isfinite(cost), cost, -1)).find_costs([(1, 18)])
    assert path.cost == pytest.approx(expected[1, 22], rel=1e-9)
    assert path.cells[:, 0].max() == 620


def test_a_dear_window_is_left_for_a_cheap_detour() -> None:
    cost = np.full((400, 400), 50.0)
    cost[0] = cost[:, 0] = cost[:, 399] = 0.01
    cost[399, [0, 399]] = 0.01
    (path,) = find_paths(cost, 1.0, np.array([[399, 0]]), np.array([[399, 399]]), [[0]])
    assert path.cost == pytest.approx(least_costs(cost, 1.0, np.array([[399, 0]]))[399, 399])
    assert path.cells[:, 0].min() == 0


def test_a_place_behind_a_wall_has_no_path() -> None:
    cost = np.ones((5, 5))
    cost[1:4, 1:4] = np.inf
    cost[2, 2] = 1.0
    assert find_paths(cost, 1.0, np.array([[0, 0]]), np.array([[2, 2]]), [[0]]) == []
    assert least_costs(cost, 1.0, np.array([[0, 0]]))[2, 2] == np.inf


def test_a_walled_place_is_no_start() -> None:
    cost = np.array([[np.inf, 1.0]])
    assert np.isinf(least_costs(cost, 1.0, np.array([[0, 0]]))).all()
    assert find_paths(cost, 1.0, np.array([[0, 0]]), np.array([[0, 1]]), [[0]]) == []


def test_a_path_within_one_cell() -> None:
    (path,) = find_paths(np.ones((2, 2)), 9.0, np.array([[1, 1]]), np.array([[1, 1]]), [[0]])
    assert path.cost == 0.0
    assert path.cells.tolist() == [[1, 1]]


def test_the_same_question_has_the_same_answer() -> None:
    cost = np.ones((60, 60))
    places = np.array([[5, 5], [50, 8], [30, 55]])
    one, two = (find_paths(cost, 1.0, places, places, [[1, 2], [0, 2], [0]]) for _ in range(2))
    assert [p.cells.tolist() for p in one] == [p.cells.tolist() for p in two]


@pytest.mark.parametrize(
    ("cost", "message"),
    [
        (np.array([[1.0, 0.0]]), "holds a cost of 0.0"),
        (np.array([[1.0, -2.0]]), "holds a cost of -2.0"),
        (np.array([[np.inf, np.nan]]), "no cell of the cost surface"),
    ],
)
def test_costs_that_are_no_costs(cost: Floats, message: str) -> None:
    with pytest.raises(InputError, match=message):
        least_costs(cost, 1.0, np.array([[0, 0]]))
    with pytest.raises(InputError, match=message):
        find_paths(cost, 1.0, np.array([[0, 0]]), np.array([[0, 1]]), [[0]])
