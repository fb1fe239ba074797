"""Every rule, by the cheapest plan found without the compiler."""

from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context

import numpy as np
import pytest
from brute import cheapest
from instances import COUNT, SEEDS, families_of, instance, recipe_of
from tiny import THEMES, tiny_case

from sandgrid.optimize.compilation import RULES, TIGHTENING, compile_problem
from sandgrid.optimize.problem import Problem
from sandgrid.optimize.search import solve
from sandgrid.optimize.settings import SolveSettings
from sandgrid.optimize.solver import solve_problem
from sandgrid.units import CNY_PER_MILLION

BINDING = 10
CHEAPER_MCNY = 1e-6
WORKERS = 2
QUICK = range(0, COUNT, 3 * SEEDS)


@dataclass(frozen=True)
class Compared:
    """An instance by the compiled problem and by brute force, and which families bind in it."""

    number: int
    objective_cny: float
    brute_cny: float
    binding: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether both find the same least cost, or that there is no plan."""
        return self.brute_cny == self.objective_cny or bool(
            abs(self.objective_cny - self.brute_cny) <= 1e-6 * abs(self.brute_cny)
        )


def compare(number: int) -> Compared:
    """Compare an instance with brute force, then delete each family it is bent towards."""
    case = instance(number)
    problem = compile_problem(case)
    answer = solve_problem(problem)
    objective = answer.objective * CNY_PER_MILLION if answer.status == "optimal" else np.inf
    families = sorted(families_of(number)) if np.isfinite(objective) else []
    binding = tuple(f for f in families if is_caught(problem, f, answer.objective))
    return Compared(number, objective, cheapest(case), binding)


def is_caught(problem: Problem, family: str, least_mcny: float) -> bool:
    """Tell whether the optimum falls without a family; rows that only tighten move the bound."""
    if family in TIGHTENING:
        problem = problem.relaxed()
        least_mcny = solve_problem(problem).objective
    return solve_problem(problem.without(family)).objective < least_mcny - CHEAPER_MCNY


def _all_families() -> set[str]:
    return {rule.__name__ for rule in RULES}


def test_the_instances_are_bent_towards_every_family() -> None:
    bent = Counter(family for number in range(COUNT) for family in families_of(number))
    assert set(bent) == _all_families()
    assert min(bent.values()) >= BINDING


@pytest.mark.parametrize("number", QUICK)
def test_equals_brute_force(number: int) -> None:
    found = compare(number)
    assert found.agrees, (recipe_of(number), found)
    assert found.binding


@pytest.mark.slow  # the whole of it; a fourteenth runs above
def test_two_hundred_equal_brute_force_and_every_family_binds_in_ten() -> None:
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        found = list(pool.map(compare, range(COUNT), chunksize=5))
    assert [recipe_of(one.number) for one in found if not one.agrees] == []
    binding = Counter(family for one in found for family in one.binding)
    rare = {f: binding[f] for f in sorted(_all_families()) if binding[f] < BINDING}
    assert rare == {}


@pytest.mark.parametrize("seed", range(5))
def test_the_search_reaches_the_cheapest_plan_within_its_gap(seed: int) -> None:
    case = tiny_case(seed, THEMES[seed])
    found = solve(case, settings=SolveSettings(gap=1e-6))
    expected = cheapest(case)
    assert found.bound_cny <= expected + 1.0
    assert found.objective_cny >= expected - 1.0
    assert found.gap < 0.01
    assert np.isfinite(found.outlay_cny)
