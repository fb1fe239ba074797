"""Statuses, starts, proofs, files: what a solve promises."""

import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import highspy
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import THEMES, tiny_case
from worlds import WORLD_20_KM, make_world, three_years

from sandgrid.errors import UnprovenError
from sandgrid.optimize import (
    Case,
    JointSolution,
    SolveSettings,
    compile_problem,
    explain_infeasible,
    greedy_plan,
    solve,
    solve_treatment,
    write_mps,
)
from sandgrid.optimize import search as searching
from sandgrid.optimize import solver as solver_module
from sandgrid.optimize.duality import dual_bound
from sandgrid.optimize.greedy import GreedyDesign
from sandgrid.optimize.greedy_plans import known_greedy
from sandgrid.optimize.problem import Problem
from sandgrid.optimize.repair import workspace
from sandgrid.optimize.solver import Effort, read_mps, solve_problem
from sandgrid.units import CNY_PER_MILLION

SMALL = three_years(sites=4, parcels=24, pv_mw=50.0)
SEED = 4


@pytest.fixture(scope="module")
def world() -> Case:
    return make_world(SEED, SMALL)


@pytest.fixture(scope="module")
def solved(world: Case) -> JointSolution:
    return solve(world)


def _short_of_headroom(case: Case, share: float) -> Case:
    years = case.substation_years
    return replace(case, substation_years=years.assign(headroom_mw=years["headroom_mw"] * share))


def test_the_plan_is_proven_and_no_dearer_than_greedy(world: Case) -> None:
    told: list[tuple[str, float, float]] = []
    found = solve(world, report=lambda *step: told.append(step))
    greedy = greedy_plan(world)
    assert greedy.status == "feasible"
    assert found.objective_cny <= greedy.objective_cny
    assert found.bound_cny <= found.objective_cny
    assert found.gap <= 0.02
    assert found.reproducible
    bounds = [bound for _, bound, _ in told]
    assert bounds == sorted(bounds)
    gains = found.costs_cny["energy_value"] + found.costs_cny["soil_value"]
    assert found.outlay_cny - gains == pytest.approx(found.objective_cny)
    assert any(name.startswith("obligation[") for name in found.binding)


def test_twice_the_same_plan() -> None:
    first, second = (solve(make_world(SEED, SMALL)) for _ in "ab")
    for name in ("builds", "stations", "circuits", "bays_bought", "reinforcements", "treatments"):
        assert getattr(first, name).equals(getattr(second, name)), name
    assert first.objective_cny == second.objective_cny
    assert first.bound_cny == second.bound_cny


def test_a_clock_is_told() -> None:
    assert not solve(tiny_case(0), settings=SolveSettings(seconds=60.0)).reproducible


def test_infeasible_is_a_status_and_has_an_explanation(world: Case) -> None:
    case = _short_of_headroom(world, 0.5)
    assert solve(case).status == "infeasible"
    assert greedy_plan(case).status == "infeasible"
    found = explain_infeasible(case)
    assert found.kind == "relaxation"
    assert found.shortfalls[0].unit == "MW"
    assert any(name.startswith("headroom[") for name in found.limits)
    assert (found.supply["short"] > 0).any()
    for entry in (*found.shortfalls, *found.repairs):
        assert entry.text("en")
        assert entry.text("zh")


def test_a_repair_makes_a_plan_possible() -> None:
    case = replace(tiny_case(3), substation_years=tiny_case(3).substation_years.assign(free_bays=0))
    case = replace(case, substations=case.substations.assign(max_extra_bays=0))
    found = explain_infeasible(case)
    bay = next(repair for repair in found.repairs if repair.action == "bays")
    years = case.substation_years
    more = (years["substation_id"] == bay.scope) & (years["year"] >= bay.year)
    repaired = years.assign(free_bays=years["free_bays"] + more * int(np.ceil(bay.amount - 1e-6)))
    assert bay.whole
    assert solve(replace(case, substation_years=repaired)).status == "optimal"


def test_a_feasible_case_needs_no_explanation() -> None:
    found = explain_infeasible(tiny_case(0))
    assert found.kind == "none"
    assert found.shortfalls == ()


def test_whole_units_may_be_what_is_infeasible() -> None:
    case = tiny_case(0)
    band = case.capacity_targets.assign(target_mw=[21.0, 31.0], band_mw=[2.0, 2.0])
    case = replace(case, capacity_targets=band)
    assert solve(case).status == "infeasible"
    assert explain_infeasible(case).kind == "whole units"


def test_ctrl_c_keeps_the_incumbent(world: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C comes in the design of the core, when the greedy plan beside it has been made."""

    def stop(*_: object) -> None:
        while known_greedy(world) is None:
            time.sleep(0.01)
        raise KeyboardInterrupt

    monkeypatch.setattr(searching, "_core_design", stop)
    found = solve(world)
    assert found.status == "interrupted"
    assert not found.reproducible
    assert len(found.builds)
    assert found.gap > 0


def test_ctrl_c_in_a_tree_ends_the_solver_and_the_process_well() -> None:
    """Run by itself: a solver that is left running aborts the process at its end."""
    done = subprocess.run(
        [sys.executable, "-c", BROKEN_OFF], capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["broken", "off", "optimal"], done.stderr
    assert done.returncode == 0, done.stderr


BROKEN_OFF = """
import _thread, numpy, pandas, signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
from sandgrid.optimize.greedy import GreedyDesign
from sandgrid.optimize.problem import Problem
from sandgrid.optimize.solver import Solver
from scipy import sparse
draw = numpy.random.default_rng(0)
size, rows = 60, 30
columns = pandas.DataFrame({"name": [f"x[{n}]" for n in range(size)], "family": "x",
    "cost": -draw.uniform(1, 2, size), "lower": 0.0, "upper": 1.0, "integer": True})
sides = pandas.DataFrame({"name": [f"r[{n}]" for n in range(rows)], "family": "r",
    "lower": -numpy.inf, "upper": 15.5})
matrix = sparse.csc_array(draw.uniform(0.5, 1.5, (rows, size)))
problem = Problem(columns, sides, matrix)
solver = Solver(problem)
solver.watch(lambda bound, objective: _thread.interrupt_main())
try:
    solver.solve()
except KeyboardInterrupt:
    print("broken off")
print(Solver(problem.relaxed()).solve().status)
"""


@pytest.mark.parametrize("status", ["kSolveError", "kNotset", "kUnknown", "kPresolveError"])
def test_a_solver_in_trouble_gives_no_answer(status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    trouble = getattr(highspy.HighsModelStatus, status)
    monkeypatch.setattr(solver_module.highspy.Highs, "getModelStatus", lambda _: trouble)
    with pytest.raises(UnprovenError) as caught:
        solve_problem(compile_problem(tiny_case(0)).relaxed())
    assert caught.value.exit_code == 5
    assert caught.value.key == "optimize-solver-trouble"


def test_a_half_called_infeasible_beside_a_plan_is_trouble(
    world: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "_improve", lambda *_: False)
    with pytest.raises(UnprovenError):
        solve(world)


def test_statuses_are_told_apart() -> None:
    problem = compile_problem(tiny_case(0))
    assert solve_problem(problem).status == "optimal"
    assert solve_problem(_impossible(problem)).status == "infeasible"
    assert solve_problem(_endless(problem)).status == "unbounded"
    limited = solve_problem(compile_problem(make_world(2, WORLD_20_KM)), Effort(seconds=1e-3))
    assert limited.status == "limit"
    assert limited.bound <= limited.objective


def _impossible(problem: Problem) -> Problem:
    rows = problem.rows
    lower = rows["lower"].where(rows["family"] != "treated", 1e6)
    return replace(problem, rows=rows.assign(lower=lower, upper=rows["upper"].clip(lower=lower)))


def _endless(problem: Problem) -> Problem:
    one = problem.keep_rows(np.zeros(problem.shape[0], dtype=bool)).relaxed()
    columns = one.columns.assign(cost=-1.0, upper=np.inf)
    return replace(one, columns=columns)


@settings(max_examples=6, derandomize=True, deadline=None)
@given(seed=st.integers(0, 1000), theme=st.sampled_from(THEMES))
def test_any_multipliers_give_a_bound(seed: int, theme: str) -> None:
    problem = compile_problem(tiny_case(seed, theme)).relaxed()
    best = solve_problem(problem)
    if best.row_duals is not None and best.status == "optimal":
        assert dual_bound(problem, best.row_duals) == pytest.approx(best.objective, abs=1e-6)
        wrong = best.row_duals * np.random.default_rng(seed).uniform(0, 2, problem.shape[0])
        assert dual_bound(problem, wrong) <= best.objective + 1e-6


@pytest.mark.parametrize("theme", ["", "land", "bays", "quota"])
def test_the_priced_half_bounds_the_joint_problem(theme: str) -> None:
    space = workspace(tiny_case(5, theme))
    joint = solve_problem(space.model.problem)
    half = solve_problem(space.half.problem)
    relaxed = solve_problem(space.half.problem.relaxed())
    assert half.bound + space.half.offset_mcny <= joint.objective + 1e-6
    assert relaxed.objective + space.half.offset_mcny == pytest.approx(space.bound_mcny, abs=1e-5)


@pytest.mark.parametrize("theme", ["", "quota", "acceptance", "one_hub"])
def test_the_file_holds_the_same_problem(theme: str, tmp_path: Path) -> None:
    problem = compile_problem(tiny_case(4, theme))
    path = tmp_path / "problem.mps"
    path.write_text(write_mps(problem), encoding="utf-8")
    assert read_mps(str(path))().objective == pytest.approx(
        solve_problem(problem).objective, rel=1e-7
    )


@pytest.mark.parametrize("switch", ["on", "off"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_presolve_and_seed_do_not_move_the_optimum(switch: str, seed: int) -> None:
    problem = compile_problem(tiny_case(6, "quota"))
    expected = solve_problem(problem).objective
    other = solve_problem(problem, Effort(presolve=switch == "on", seed=seed)).objective
    assert other == pytest.approx(expected, rel=1e-7)


def _land_left(case: Case, share: float) -> object:
    parcels = case.parcels
    return parcels[["parcel_id"]].assign(
        off_site_ha=parcels["treat_ha"] * share, on_site_ha=parcels["on_site_ha"] * 0.0
    )


def test_treatment_is_exact_beside_builds(world: Case, solved: JointSolution) -> None:
    treatment = solve_treatment(world, solved.builds, _land_left(world, 1.0))
    assert treatment.status == "optimal"
    assert treatment.gap <= 1e-4
    by_parcel = treatment.treatments.groupby("parcel_id")["ha"].sum()
    room = world.parcels.set_index("parcel_id")["treat_ha"]
    assert (by_parcel <= room.reindex(by_parcel.index) + 1e-6).all()
    assert (treatment.treatments["place"] == "off_site").all()
    partly = (by_parcel < room.reindex(by_parcel.index) - 1e-6).sum()
    assert partly <= len(treatment.binding) + 1


def test_treatment_without_land_is_infeasible(world: Case, solved: JointSolution) -> None:
    assert solve_treatment(world, solved.builds, _land_left(world, 0.0)).status == "infeasible"


def test_money_counts_per_million(world: Case, solved: JointSolution) -> None:
    problem = compile_problem(world)
    assert solved.bound_cny / CNY_PER_MILLION >= solve_problem(problem.relaxed()).objective - 1e-3


def test_a_greedy_list_that_draws_no_circuit_is_repaired(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "sandgrid.optimize.greedy_plans.greedy_design", lambda _: GreedyDesign({}, {})
    )
    found = greedy_plan(tiny_case(0))
    assert found.status in ("feasible", "infeasible")
