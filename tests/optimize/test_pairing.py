"""Two hands at once: whichever is slower, the plan is the same; Ctrl-C stops both."""

import time
from collections.abc import Callable
from dataclasses import replace
from threading import Event, current_thread, main_thread
from typing import Any

import numpy as np
import pytest
from worlds import WORLD_20_KM, make_world

from sandgrid.optimize import Case, JointSolution, SolveSettings, solve
from sandgrid.optimize import search as searching
from sandgrid.optimize.compilation import compile_problem
from sandgrid.optimize.pairing import side_by_side
from sandgrid.optimize.solver import Answer, Effort, solve_problem
from sandgrid.units import CNY_PER_MILLION

SMALL = replace(WORLD_20_KM, sites=8, parcels=60)
LARGE_HALVES = SolveSettings(exact_columns=0, joint_columns=0, stages=1, rounds=1, gap=0.02)
SLOW_S = 0.5


@pytest.fixture
def case() -> Case:
    return make_world(3, SMALL)


def _slowed(monkeypatch: pytest.MonkeyPatch, *names: str) -> list[str]:
    """Let some steps of the search take half a second longer; return which were."""
    slow: list[str] = []

    def late(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def wait(*args: object, **keys: object) -> object:
            slow.append(name)
            time.sleep(SLOW_S)
            return work(*args, **keys)

        return wait

    for name in names:
        monkeypatch.setattr(searching, name, late(name, getattr(searching, name)))
    return slow


def _written(found: JointSolution) -> tuple[bytes, ...]:
    tables = (found.builds, found.stations, found.circuits, found.bays_bought, found.treatments)
    texts = [table.to_csv(index=False) for table in tables]
    assert found.values is not None
    told = (*texts, repr(found.objective_cny), repr(found.bound_cny), "\n".join(found.log))
    return (*(text.encode() for text in told), found.values.tobytes())


@pytest.mark.parametrize(
    "names", [("greedy_plan", "_find_units"), ("_core_design", "search_bound")]
)
def test_a_slow_hand_changes_no_byte(
    monkeypatch: pytest.MonkeyPatch, case: Case, names: tuple[str, ...]
) -> None:
    plain = _written(solve(case, settings=LARGE_HALVES))
    slow = _slowed(monkeypatch, *names)
    assert _written(solve(make_world(3, SMALL), settings=LARGE_HALVES)) == plain
    assert set(slow) == set(names)


def test_both_hands_work_at_the_same_time() -> None:
    ready, answered = Event(), Event()

    def near() -> bool:
        ready.set()
        return answered.wait(10)

    def far() -> bool:
        answered.set()
        return ready.wait(10)

    assert side_by_side(near, far) == (True, True)


@pytest.mark.parametrize("trouble", [KeyboardInterrupt, ValueError])
def test_trouble_of_the_near_hand_stops_the_far_one(
    trouble: type[BaseException], case: Case
) -> None:
    """The far hand would solve for ever: it ends as soon as the near one fails."""
    begun, ended = Event(), []
    problem = compile_problem(case)

    def far() -> Answer:
        assert current_thread() is not main_thread()
        begun.set()
        try:
            while True:
                solve_problem(problem.relaxed(), Effort())
        except KeyboardInterrupt:
            ended.append("stopped")
            raise

    def near() -> None:
        begun.wait(10)
        raise trouble

    with pytest.raises(trouble):
        side_by_side(near, far)
    assert ended == ["stopped"]


def test_trouble_of_the_far_hand_reaches_the_caller() -> None:
    def far() -> float:
        message = "far"
        raise ValueError(message)

    with pytest.raises(ValueError, match="far"):
        side_by_side(lambda: 1.0, far)


def test_ctrl_c_keeps_what_both_hands_had_found(
    monkeypatch: pytest.MonkeyPatch, case: Case
) -> None:
    """Ctrl-C comes in the tree of the bound: the bound told and the plan of whole units stand."""
    whole, told = Event(), []
    find = searching._find_units

    def found(*args: Any) -> Answer:
        answer = find(*args)
        whole.set()
        return answer

    def interrupted(run: Any, *_: Any) -> Answer:
        assert whole.wait(60)
        told.append(run.bound + 1.0)
        run.watch_bound(told[0] - run.space.half.offset_mcny, np.inf)
        raise KeyboardInterrupt

    monkeypatch.setattr(searching, "_find_units", found)
    monkeypatch.setattr(searching, "search_bound", interrupted)
    plan = solve(case, settings=LARGE_HALVES)
    assert plan.status == "interrupted"
    assert plan.values is not None
    assert np.isfinite(plan.objective_cny)
    assert "units" not in "".join(plan.log)
    assert plan.bound_cny == pytest.approx(told[0] * CNY_PER_MILLION)
    assert plan.bound_cny < plan.objective_cny
    assert not plan.reproducible
