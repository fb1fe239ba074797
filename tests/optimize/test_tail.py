"""Far sites summed up: no less than the whole can do, and nothing lost of the relaxation."""

import numpy as np
import pytest
from worlds import WorldSize, make_world

from sandgrid.optimize.repair import UNITS, Workspace, far_columns, half_mw, workspace
from sandgrid.optimize.solver import Effort, solve_problem
from sandgrid.optimize.tail import Tail, sum_up

TIGHT = Effort(gap=1e-9)
WORLD = WorldSize(
    sites=20,
    parcels=160,
    hubs=7,
    substations=5,
    districts=1,
    years=(2024, 2025, 2026),
    side_km=80.0,
    pv_mw=300.0,
    wind_mw=150.0,
)


@pytest.fixture(scope="module")
def space() -> Workspace:
    return workspace(make_world(5, WORLD))


def _tail(space: Workspace, duals: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Tail:
    half = space.half.problem.relaxed(UNITS)
    return sum_up(half, duals, far_columns(space, 0.0, None), half_mw(space), bins=4)


def test_the_sums_are_fewer_and_hold_all_far_capacity(space: Workspace) -> None:
    half = space.half.problem
    tail = _tail(space, space.half.row_duals)
    far = far_columns(space, 0.0, None) & (half_mw(space) > 0)
    assert 0 < tail.sums.shape[0] < far.sum()
    assert tail.problem.shape[1] < half.shape[1]
    most_mw = half.columns["upper"].to_numpy()[far] @ half_mw(space)[far]
    summed = tail.problem.columns["upper"].to_numpy()[len(tail.kept) :].sum()
    assert summed == pytest.approx(most_mw)


def test_at_its_multipliers_the_relaxation_loses_nothing(space: Workspace) -> None:
    whole = solve_problem(space.half.problem.relaxed())
    tail = _tail(space, space.half.row_duals)
    short = solve_problem(tail.problem.relaxed())
    assert short.objective + tail.constant_mcny == pytest.approx(whole.objective, rel=1e-7)


@pytest.mark.parametrize("seed", range(4))
def test_any_multipliers_give_a_bound(space: Workspace, seed: int) -> None:
    chance = np.random.default_rng(seed)
    duals = space.half.row_duals * chance.uniform(0.0, 2.0, len(space.half.row_duals))
    whole = solve_problem(space.half.problem.relaxed())
    tail = _tail(space, duals)
    short = solve_problem(tail.problem.relaxed())
    assert short.status == "optimal"
    assert short.objective + tail.constant_mcny <= whole.objective + 1e-6


def test_a_design_of_the_whole_stands_in_the_short_for_no_more(space: Workspace) -> None:
    half = space.half.problem.relaxed(UNITS)
    # dear hubs, so that a plan uses far sites
    rng = np.random.default_rng(3)
    cost = half.columns["cost"].to_numpy() + rng.uniform(0.0, 5.0, half.shape[1])
    other = half.columns.assign(cost=cost)
    found = solve_problem(type(half)(other, half.rows, half.matrix), Effort(gap=0.5))
    assert found.values is not None
    tail = _tail(space, space.half.row_duals)
    assert (tail.sums @ found.values).sum() > 1.0
    point = tail.shorten(found.values)
    problem = tail.problem
    activity = problem.matrix @ point
    assert (activity >= problem.rows["lower"].to_numpy() - 1e-5).all()
    assert (activity <= problem.rows["upper"].to_numpy() + 1e-5).all()
    assert (point <= problem.columns["upper"].to_numpy() + 1e-6).all()
    cost_short = problem.columns["cost"].to_numpy() @ point + tail.constant_mcny
    cost_whole = half.columns["cost"].to_numpy() @ found.values
    assert cost_short <= cost_whole + 1e-6
    back = tail.lengthen(point)
    np.testing.assert_array_equal(back[tail.kept], found.values[tail.kept])


def test_the_bound_of_its_tree_is_below_the_best_design(space: Workspace) -> None:
    half = space.half.problem.relaxed(UNITS)
    best = solve_problem(half, TIGHT)
    tail = _tail(space, space.half.row_duals)
    short = solve_problem(tail.problem, TIGHT)
    assert short.bound + tail.constant_mcny <= best.objective + 1e-6
    relaxed = solve_problem(half.relaxed())
    assert short.bound + tail.constant_mcny > relaxed.objective
