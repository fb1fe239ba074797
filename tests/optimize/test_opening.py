"""Hubs left out of a proof: no plan that opens one costs less than is said of it."""

from dataclasses import replace

import numpy as np
import pytest
from test_relaxation import WORLD
from worlds import make_world

from sandgrid.optimize import SolveSettings, solve
from sandgrid.optimize.opening import opening_bounds
from sandgrid.optimize.repair import Workspace, workspace
from sandgrid.optimize.solver import solve_problem

LARGE = SolveSettings(exact_columns=0, joint_columns=0)


@pytest.fixture(scope="module")
def space() -> Workspace:
    return workspace(make_world(5, WORLD))


def _least_open(space: Workspace, number: int) -> float:
    """Return the least cost of the relaxed half with a hub's station standing at last."""
    problem, columns = space.half.problem, space.model.columns
    station = columns.station
    last = station[station["year"] == station["year"].max()].sort_values("hub_id")
    lower = problem.columns["lower"].to_numpy().copy()
    lower[space.half_place[last["column"].to_numpy()[number]]] = 1.0
    opened = problem.with_bounds(lower, problem.columns["upper"].to_numpy())
    return solve_problem(opened.relaxed()).objective + space.half.offset_mcny


@pytest.mark.parametrize("seed", range(3))
def test_no_plan_that_opens_a_hub_costs_less(space: Workspace, seed: int) -> None:
    chance = np.random.default_rng(seed)
    factor = chance.uniform(0.0, 2.0, len(space.half.row_duals)) if seed else 1.0
    bounds = opening_bounds(
        replace(space.half, row_duals=space.half.row_duals * factor), space.model.columns
    )
    truths = [_least_open(space, number) for number in range(len(bounds))]
    assert np.isfinite(bounds).all()
    assert all(bound <= truth + 1e-6 for bound, truth in zip(bounds, truths, strict=True))


def test_at_its_prices_some_hubs_cost_more_than_the_relaxation(space: Workspace) -> None:
    above = space.opening_mcny - space.bound_mcny
    assert (above > 1.0).any()
    assert (above > -1e-6).all()


def test_a_proof_without_dear_hubs_lies_below_every_plan() -> None:
    case = make_world(0, WORLD)
    found = solve(case, settings=replace(LARGE, gap=0.012, opening_share=0.0, stages=1))
    other = solve(case, settings=SolveSettings(gap=0.02))
    assert found.values is not None
    assert any(step.startswith("proof") for step in found.log)
    assert found.bound_cny <= other.objective_cny
    assert other.bound_cny <= found.objective_cny
