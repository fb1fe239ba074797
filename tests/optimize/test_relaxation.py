"""The relaxation put together from blocks: the optimum of the whole, and a bound for the whole."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from test_tail import WORLD as TAIL_WORLD
from worlds import make_world

from sandgrid.optimize.blocks import Blocks, block_of_rows, hub_blocks
from sandgrid.optimize.compilation import Compiled, compiled
from sandgrid.optimize.duality import dual_bound
from sandgrid.optimize.problem import Problem
from sandgrid.optimize.relaxation import HotRelaxation, guess_blocks
from sandgrid.optimize.solver import Effort, solve_problem

WORLD = replace(TAIL_WORLD, sites=24, hubs=9)
SEEDS = range(3)


@cache
def _model(seed: int) -> Compiled:
    return compiled(make_world(seed, WORLD))


def _blocks(model: Compiled) -> Blocks:
    return hub_blocks(model.columns, model.problem.columns["cost"].to_numpy())


def _assert_same(hot: HotRelaxation, problem: Problem) -> str:
    """Compare with the solver's own answer to the whole; return its status."""
    whole, told = solve_problem(problem.relaxed()), hot.solve().answer
    assert told.status == whole.status
    if told.values is not None:
        assert told.objective == pytest.approx(whole.objective, abs=1e-6)
        assert dual_bound(problem.relaxed(), told.row_duals) == pytest.approx(
            whole.objective, rel=1e-7
        )
        assert problem.relaxed().holds(told.values)
        assert problem.columns["cost"] @ told.values == pytest.approx(told.objective)
    return told.status


@pytest.mark.parametrize("seed", SEEDS)
def test_guessed_blocks_lose_nothing(seed: int) -> None:
    model = _model(seed)
    guessed = guess_blocks(model.problem, model.columns, Effort())
    opened = guessed.first[: guessed.networks]
    assert 0 < opened.sum() < len(opened)
    assert _assert_same(HotRelaxation(model.problem, blocks=guessed), model.problem) == "optimal"


@pytest.mark.parametrize("seed", SEEDS)
def test_from_nothing_all_that_is_needed_comes_in(seed: int) -> None:
    model = _model(seed)
    blocks = replace(_blocks(model), most=3)
    assert not blocks.first.any()
    assert _assert_same(HotRelaxation(model.problem, blocks=blocks), model.problem) == "optimal"


def test_rows_of_one_block_hold_no_other_columns() -> None:
    problem, blocks = _model(0).problem, _blocks(_model(0))
    matrix = problem.matrix.tocsr()
    of_row = block_of_rows(matrix, blocks.of_column)
    assert (of_row >= 0).any()
    for row, block in enumerate(of_row):
        held = set(blocks.of_column[matrix[[row]].indices])
        assert (held == {block}) if block >= 0 else (len(held) != 1 or held == {-1})


@pytest.mark.parametrize("seed", SEEDS)
def test_other_bounds_keep_the_optimum_of_the_whole(seed: int) -> None:
    """Targets moved, sites locked out, options forced in: some allow no point at all."""
    model, chance = _model(seed), np.random.default_rng(seed)
    problem = model.problem
    hot = HotRelaxation(problem, blocks=guess_blocks(problem, model.columns, Effort()))
    asked = [_changed(problem, chance) for _ in range(12)]
    told = []
    for changed in [*asked, problem]:
        hot.change(changed)
        told.append(_assert_same(hot, changed))
    assert told[-1] == "optimal"
    assert {"optimal", "infeasible"} <= set(told)


def _changed(problem: Problem, chance: np.random.Generator) -> Problem:
    rows, columns = problem.rows.copy(), problem.columns.copy()
    low, high = rows["lower"].to_numpy().copy(), rows["upper"].to_numpy().copy()
    targets = np.flatnonzero(rows["family"].isin(("capacity", "treated", "headroom")).to_numpy())
    for row in chance.choice(targets, 2, replace=False):
        factor = chance.uniform(0.6, 1.5)
        low[row], high[row] = low[row] * factor, high[row] * factor
    upper, lower = columns["upper"].to_numpy().copy(), columns["lower"].to_numpy().copy()
    build = np.flatnonzero(problem.family_mask("build"))
    upper[chance.choice(build, len(build) // 3, replace=False)] = 0.0
    forced = chance.choice(build)
    lower[forced] = upper[forced] = 1.0
    return replace(
        problem,
        rows=rows.assign(lower=low, upper=high),
        columns=columns.assign(lower=lower, upper=upper),
    )


def test_where_no_point_is_none_is_found_with_any_blocks() -> None:
    model = _model(1)
    rows = model.problem.rows
    asked = rows["family"] == "capacity"
    impossible = replace(
        model.problem,
        rows=rows.assign(
            lower=rows["lower"].where(~asked, rows["lower"] * 50 + 1e5),
            upper=rows["upper"].where(~asked, np.inf),
        ),
    )
    for blocks in (_blocks(model), guess_blocks(impossible, model.columns, Effort())):
        assert _assert_same(HotRelaxation(impossible, blocks=blocks), impossible) == "infeasible"


@pytest.mark.parametrize("seed", SEEDS)
def test_ended_early_it_gives_a_bound_and_is_whole_again_when_asked(seed: int) -> None:
    """With enough at the top it ends at once, not yet priced; its multipliers still bound."""
    model = _model(seed)
    blocks = replace(_blocks(model), most=3)
    hot = HotRelaxation(model.problem, blocks=blocks)
    whole = solve_problem(model.problem.relaxed()).objective
    early = hot.solve(enough_mcny=whole + 50.0).answer
    assert whole + 1e-3 < early.objective <= whole + 50.0
    assert dual_bound(model.problem.relaxed(), early.row_duals) <= whole + 1e-6
    assert _assert_same(hot, model.problem) == "optimal"


@pytest.mark.parametrize("seed", SEEDS)
def test_widened_it_holds_more_classes_and_the_same_optimum(seed: int) -> None:
    model = _model(seed)
    hot = HotRelaxation(model.problem, blocks=replace(_blocks(model), most=3))
    everything = np.arange(model.problem.shape[1])
    hot.solve()
    before = hot.classes(everything)
    hot.widen()
    after = hot.classes(everything)
    assert before is not None
    assert after is not None
    assert after.first.sum() == min(before.first.sum() + 3, len(before.first))
    assert (after.first >= before.first).all()
    assert _assert_same(hot, model.problem) == "optimal"
