"""The proof's tree: its bound holds for whole units, whatever it sums up, counts or leaves out."""

from dataclasses import replace

import numpy as np
import pytest
from worlds import WorldSize, make_world

from sandgrid.optimize.counting import count_together
from sandgrid.optimize.knowledge import Knowledge
from sandgrid.optimize.problem import Integers
from sandgrid.optimize.proof import search_bound
from sandgrid.optimize.repair import UNITS, Workspace, workspace
from sandgrid.optimize.settings import SolveSettings
from sandgrid.optimize.solver import Effort, solve_problem

TIGHT = Effort(gap=1e-6)
NEAR = 1e-4
WORLD = WorldSize(
    sites=8,
    parcels=80,
    hubs=4,
    substations=4,
    districts=1,
    years=(2024, 2025),
    side_km=80.0,
    pv_mw=120.0,
    wind_mw=60.0,
)


@pytest.fixture(scope="module", params=[5])
def space(request: pytest.FixtureRequest) -> Workspace:
    return workspace(make_world(request.param, WORLD))


def _run(space: Workspace, **settings: int) -> Knowledge:
    asked = replace(SolveSettings(gap=1e-4), exact_columns=0, proof_nodes=20, **settings)
    return Knowledge(space, asked, lambda *_: None, bound=space.bound_mcny)


def _stations(space: Workspace) -> Integers:
    station = space.model.columns.station
    group = np.full(space.half.problem.shape[1], -1)
    group[space.in_half(station)] = station["year"] - station["year"].min()
    return group


def test_counting_stations_changes_neither_optimum_nor_point(space: Workspace) -> None:
    design = space.half.problem.relaxed(UNITS)
    counted, sums = count_together(design, _stations(space))
    plain, told = solve_problem(design, TIGHT), solve_problem(counted, TIGHT)
    assert told.objective == pytest.approx(plain.objective, rel=1e-7)
    assert plain.values is not None
    assert counted.holds(np.concatenate([plain.values, sums @ plain.values]))
    assert counted.shape == (design.shape[0] + 2, design.shape[1] + 2)


@pytest.mark.parametrize(("whole_design", "times"), [(0, 1), (0, 4), (1000, 4)])
@pytest.mark.parametrize("started", [False, True], ids=["alone", "from the best plan"])
def test_no_building_half_lies_below_the_bound(
    space: Workspace, whole_design: int, times: int, started: bool
) -> None:
    best = solve_problem(space.half.problem, TIGHT)
    start = best.values if started else None
    answer = search_bound(_run(space, whole_design=whole_design), start, times)
    assert answer.bound <= best.objective + NEAR
    assert answer.bound >= solve_problem(space.half.problem.relaxed()).objective - NEAR


def test_whole_units_prove_more(space: Workspace) -> None:
    loose, tight = (search_bound(_run(space, whole_design=n), None, 16).bound for n in (0, 1000))
    assert tight >= loose - NEAR
    best = solve_problem(space.half.problem, TIGHT)
    assert tight > loose + NEAR or loose == pytest.approx(best.objective, rel=1e-4)
