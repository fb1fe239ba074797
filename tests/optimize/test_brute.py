"""Every rule, by the cheapest plan found without the compiler."""

import numpy as np
import pytest
from brute import cheapest
from tiny import THEMES, tiny_case

from sandgrid.optimize.compilation import compile_problem
from sandgrid.optimize.search import solve
from sandgrid.optimize.settings import SolveSettings
from sandgrid.optimize.solver import solve_problem
from sandgrid.units import CNY_PER_MILLION

MOST_SEEDS = 30


def _agree(theme: str, seed: int) -> bool:
    """Compare with brute force; tell whether the plan gets cheaper without the rule."""
    case = tiny_case(seed, theme)
    problem = compile_problem(case)
    answer = solve_problem(problem)
    expected = cheapest(case)
    assert answer.objective * CNY_PER_MILLION == pytest.approx(expected, rel=1e-6), (theme, seed)
    without = solve_problem(problem.without(theme.partition("-")[0]))
    return without.status != "optimal" or without.objective < answer.objective - 1e-6


def _count_binding(theme: str, wanted: int) -> int:
    found = 0
    for seed in range(MOST_SEEDS):
        found += _agree(theme, seed)
        if found >= wanted:
            break
    return found


@pytest.mark.parametrize("theme", THEMES)
def test_equals_brute_force_and_needs_every_rule(theme: str) -> None:
    assert _count_binding(theme, 1) == 1


@pytest.mark.slow
@pytest.mark.parametrize("theme", THEMES)
def test_every_rule_binds_in_ten_instances(theme: str) -> None:
    assert _count_binding(theme, 10) == 10


@pytest.mark.parametrize("seed", range(5))
def test_the_search_reaches_the_cheapest_plan_within_its_gap(seed: int) -> None:
    case = tiny_case(seed, THEMES[seed])
    found = solve(case, settings=SolveSettings(gap=1e-6))
    expected = cheapest(case)
    assert found.bound_cny <= expected + 1.0
    assert found.objective_cny >= expected - 1.0
    assert found.gap < 0.01
    assert np.isfinite(found.outlay_cny)
