"""A solver in trouble never looks like success: status, exit code and words of each kind."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from tiny import tiny_case

from sandgrid.cli import app as command_line
from sandgrid.errors import AuditError, InfeasibleError, UnprovenError
from sandgrid.messages import tell
from sandgrid.optimize import SolveSettings, greedy_plan, solve, solve_treatment
from sandgrid.optimize import search as searching
from sandgrid.optimize import treatment as treating
from sandgrid.optimize.goals import Goal, pursue
from sandgrid.optimize.relaxation import HotRelaxation, Relaxation
from sandgrid.optimize.repair import workspace
from sandgrid.optimize.solver import Answer, Effort, Status
from sandgrid.params import default_parameters
from sandgrid.pipeline import aims, making, running
from sandgrid.pipeline.progress import Clock, Silent
from sandgrid.plan.record import Proof
from sandgrid.scenario import load_scenario

MINI = Path(__file__).resolve().parents[2] / "scenarios" / "mini-20km.toml"
NO_TIME = 1e-9


def _nothing(status: Status) -> Answer:
    return Answer(status, None, np.inf, np.inf if status == "infeasible" else -np.inf)


def _relaxation_says(monkeypatch: pytest.MonkeyPatch, status: Status) -> None:
    def solve_hot(hot: HotRelaxation) -> Relaxation:
        del hot
        return Relaxation(_nothing(status), np.ones(0, dtype=bool))

    monkeypatch.setattr(HotRelaxation, "solve", solve_hot)


def _without_land(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the pipeline begin with a tiny case, whatever the scenario."""
    land = SimpleNamespace(sites=SimpleNamespace(parcels=[], sites=[]))
    world = SimpleNamespace(
        layers=SimpleNamespace(roles=()), parameters=default_parameters(), catalogue={}, notices=()
    )
    options = SimpleNamespace(build_options=[], treat_options=[])
    question = SimpleNamespace(options=options, case=tiny_case(0))
    monkeypatch.setattr(making, "read_world", lambda _: world)
    monkeypatch.setattr(making, "find_land", lambda _, **__: (world, land))
    monkeypatch.setattr(making, "state_question", lambda *_: (world, question))


def _ends(monkeypatch: pytest.MonkeyPatch, out: Path) -> int:
    """Run ``sandgrid plan`` as a user does and return the exit code."""
    arguments = ["sandgrid", "plan", str(MINI), "--out", str(out), "--lang", "en"]
    monkeypatch.setattr("sys.argv", arguments)
    monkeypatch.setattr(command_line.gc, "set_threshold", lambda *_: None)
    monkeypatch.setattr(command_line.atexit, "register", lambda _: None)
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    return int(ended.value.code or 0)


@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("limit", "stopped before it found any plan"),
        ("unbounded", "can fall without end"),
        ("interrupted", "stopped in trouble"),
    ],
)
def test_no_answer_of_the_solver_is_five_and_says_why(
    status: Status,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    _without_land(monkeypatch)
    _relaxation_says(monkeypatch, status)
    assert _ends(monkeypatch, tmp_path / "plan") == 5
    assert told in capsys.readouterr().err
    assert not (tmp_path / "plan").exists()


def test_infeasible_is_no_plan_and_not_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    _without_land(monkeypatch)
    _relaxation_says(monkeypatch, "infeasible")
    run = making.plan_scenario(load_scenario(MINI), Clock(Silent()))
    assert run.plan is None


def _raise(error: BaseException) -> Callable[..., Any]:
    def stop(*_: object, **__: object) -> None:
        raise error

    return stop


def test_ctrl_c_before_a_plan_is_five_and_writes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for seam in ("read_world", "find_land", "greedy_plan"):
        with monkeypatch.context() as patch:
            _without_land(patch)
            patch.setattr(making, seam, _raise(KeyboardInterrupt()))
            assert _ends(patch, tmp_path / "plan") == 5
        assert "broken off and no plan is written" in capsys.readouterr().err
        assert not (tmp_path / "plan").exists()


def test_an_audit_that_disagrees_is_one_and_names_the_check(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    plan = SimpleNamespace(status="optimal")
    values = {"check": "objective", "detail": "1 of 2 wrong"}
    monkeypatch.setattr(running, "plan_scenario", lambda *_, **__: SimpleNamespace(plan=plan))
    monkeypatch.setattr(running, "write_plan", _raise(AuditError("run-audit-failed", values)))
    assert _ends(monkeypatch, tmp_path / "plan") == 1
    assert "fails the check 'objective'" in capsys.readouterr().err
    assert not (tmp_path / "plan").exists()


@pytest.mark.parametrize(("status", "code"), [("optimal", 0), ("feasible", 5), ("interrupted", 5)])
def test_only_a_proven_plan_ends_with_zero(
    status: str, code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    plan = SimpleNamespace(status=status)
    monkeypatch.setattr(running, "plan_scenario", lambda *_, **__: SimpleNamespace(plan=plan))
    monkeypatch.setattr(running, "write_plan", lambda *_, **__: None)
    monkeypatch.setattr(running, "read_document", lambda _: {"audit": {"checks": []}})
    assert running.run_scenario(load_scenario(MINI), tmp_path / "plan").exit_code == code


@dataclass(frozen=True)
class _Drawn:
    """As much of a plan as its status follows from."""

    status: str
    proof: Proof
    goal: dict[str, float]


@pytest.mark.parametrize(
    ("status", "objective_cny", "goal", "settled"),
    [
        ("optimal", 705, {}, "optimal"),
        ("optimal", 715, {}, "feasible"),
        ("interrupted", 715, {}, "interrupted"),
        ("optimal", 715, {"gap": 0.005}, "optimal"),
        ("optimal", 705, {"gap": 0.02}, "feasible"),
    ],
)
def test_a_plan_is_proven_by_its_own_gap_after_drawing(
    status: str, objective_cny: int, goal: dict[str, float], settled: str
) -> None:
    plan: Any = _Drawn(status, Proof(objective_cny, 1000, 700, 0.0), goal)
    assert aims.settle_status(plan, gap=0.01).status == settled


def test_every_status_has_words_of_its_own() -> None:
    for lang in ("zh", "en"):
        told = [
            tell(f"code-{status}", lang=lang)
            for status in ("optimal", "feasible", "infeasible", "interrupted")
        ]
        assert len(set(told)) == len(told)


def test_the_clock_holds_in_the_relaxation_too() -> None:
    case = tiny_case(0)
    problem = workspace(case).model.problem
    stopped = HotRelaxation(problem, Effort(seconds=NO_TIME)).solve().answer
    assert stopped.status == "limit"
    assert stopped.bound == -np.inf
    found = solve(case, settings=SolveSettings(seconds=NO_TIME))
    assert (found.status, found.values, found.bound_cny) == ("interrupted", None, -np.inf)
    greedy = greedy_plan(case, seconds=NO_TIME)
    assert (greedy.status, greedy.values) == ("interrupted", None)


def test_a_relaxation_that_was_stopped_is_begun_again() -> None:
    case = tiny_case(0)
    assert solve(case, settings=SolveSettings(seconds=NO_TIME)).status == "interrupted"
    assert solve(case).status == "optimal"


def test_a_clock_that_stops_with_a_plan_leaves_it_unproven() -> None:
    asked = SolveSettings(gap=0.0, seconds=60.0, stages=0, joint_columns=0)
    found = solve(tiny_case(1), settings=asked)
    assert found.status == "feasible"
    assert not found.reproducible
    assert found.gap > 0


def test_a_goal_that_is_stopped_before_a_plan_is_not_called_infeasible(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = tiny_case(0)
    cheapest = solve(case)
    goal = Goal("soil_t", most_net_cost_cny=1.1 * cheapest.objective_cny)
    _relaxation_says(monkeypatch, "limit")
    found = pursue(case, goal, cheapest)
    assert found.plan.status == "interrupted"
    asked = load_scenario(MINI).with_(
        {"objective.quantity": "soil_t", "objective.max_extra_share": 0.1}
    )
    with pytest.raises(UnprovenError) as caught:
        aims.reach_goal(asked, default_parameters(), case, cheapest)
    assert caught.value.key == "optimize-no-plan-yet"
    _relaxation_says(monkeypatch, "infeasible")
    with pytest.raises(InfeasibleError):
        aims.reach_goal(asked, default_parameters(), replace(case), cheapest)


def test_ctrl_c_while_a_goal_is_made_cheaper_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    case = tiny_case(0)
    cheapest = solve(case)
    goal = Goal("soil_t", most_net_cost_cny=cheapest.objective_cny + 1e5)
    whole, calls = searching._improve, []  # the seam of a tree

    def second_breaks(run: Any, design: Any) -> bool:
        calls.append(run)
        if len(calls) > 1:
            raise KeyboardInterrupt
        return whole(run, design)

    monkeypatch.setattr(searching, "_improve", second_breaks)
    found = pursue(case, goal, cheapest)
    assert found.plan.status == "interrupted"
    assert found.plan.values is not None


def test_treatment_without_end_is_not_called_infeasible(monkeypatch: pytest.MonkeyPatch) -> None:
    case = tiny_case(0)
    found = solve(case)
    parcels = case.parcels
    left = parcels[["parcel_id"]].assign(
        off_site_ha=parcels["treat_ha"], on_site_ha=parcels["on_site_ha"] * 0.0
    )
    monkeypatch.setattr(treating, "solve_problem", lambda _: _nothing("unbounded"))
    with pytest.raises(UnprovenError):
        solve_treatment(case, found.builds, left)
