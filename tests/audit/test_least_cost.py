"""What a plan of another goal than cost may cost: the limit follows from the least cost."""

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from forging import edit

from sandgrid.audit import audit_plan
from sandgrid.audit.folder import PlanFolder
from sandgrid.audit.goals import _cost
from sandgrid.audit.money import _treatment_gap
from sandgrid.export.document import read_document
from sandgrid.pipeline import read_plan, run_scenario
from sandgrid.scenario import load_scenario

MINI = Path(__file__).resolve().parents[2] / "scenarios" / "mini-20km.toml"
ASKED = {"max_net_cost_cny": None, "max_extra_share": 0.1}


def _stated(**changes: Any) -> dict[str, Any]:
    least = {"net_cost_cny": 700.0, "bound_cny": 690, "outlay_cny": 1000.0}
    named = {name: changes.pop(name) for name in list(changes) if name in least}
    goal = {"quantity": "soil_t", "max_net_cost_cny": 800.0, "least_cost": {**least, **named}}
    return {**goal, **changes}


def _faults(stated: dict[str, Any], asked: dict[str, Any], objective_cny: int = 780) -> set[str]:
    figures = {"objective_cny": objective_cny, "outlay_cny": 1_000, "bound_cny": 690}
    plan = cast("PlanFolder", SimpleNamespace(figures=figures))
    return {fault.where for fault in _cost(plan, stated, asked).faults}


def test_a_limit_is_the_least_cost_and_a_share_of_its_outlay() -> None:
    assert _faults(_stated(), ASKED) == set()
    assert _faults(_stated(), ASKED, objective_cny=801) == {"objective_cny"}


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"max_net_cost_cny": 810.0}, {"max_extra_share"}),
        ({"net_cost_cny": 710.0}, {"max_extra_share"}),
        ({"outlay_cny": 1100.0}, {"max_extra_share"}),
        ({"bound_cny": 680}, {"least_cost bound_cny"}),
        ({"net_cost_cny": 680.0}, {"least_cost net_cost_cny", "max_extra_share"}),
    ],
)
def test_each_figure_that_does_not_follow_is_named(
    changes: dict[str, Any], wrong: set[str]
) -> None:
    assert _faults(_stated(**changes), ASKED) == wrong


def test_a_stated_limit_is_the_one_that_was_asked() -> None:
    asked = {"max_net_cost_cny": 800.0, "max_extra_share": None}
    assert _faults(_stated(), asked) == set()
    assert _faults(_stated(max_net_cost_cny=900.0), asked) == {"max_net_cost_cny"}


@pytest.mark.parametrize(
    ("bound", "gap", "right"),
    [(90, 0.1, True), (90, 0.05, False), (100, 0.0, True), (None, 0.7, True)],
)
def test_the_gap_of_treatment_follows_from_its_bound(
    bound: int | None, gap: float, right: object
) -> None:
    figures = {
        "treatment_gap": gap,
        "treatment_bound_cny": bound,
        "cost_cny": {"treatment": 100, "soil_value": 0},
    }
    assert (not _treatment_gap(figures).faults) == right


@pytest.fixture(scope="module")
def goal_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the plan that keeps the most soil within 2 % more than the least cost."""
    folder = tmp_path_factory.mktemp("goal") / "plan"
    asked = {"objective.quantity": "soil_t", "objective.max_extra_share": 0.02, "export.sheets": 0}
    result = run_scenario(load_scenario(MINI).with_(asked), folder)
    proven = result.figures["objective"]["gap"] <= load_scenario(MINI).solver.gap
    assert result.exit_code == (0 if proven else 5)
    assert result.figures["status"] == ("optimal" if proven else "feasible")
    return folder


@pytest.mark.slow
def test_a_plan_of_another_goal_passes_the_audit(goal_folder: Path) -> None:
    report = audit_plan(goal_folder)
    assert [check.text() for check in report.failed] == []
    stated = read_document(goal_folder)["objective"]
    least = stated["least_cost"]
    limit = least["net_cost_cny"] + 0.02 * least["outlay_cny"]
    assert stated["max_net_cost_cny"] == pytest.approx(limit)
    assert read_plan(goal_folder).figures()["objective"] == stated


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.9, 1.1])
def test_a_goal_may_not_cost_more_or_less_than_was_asked(
    share: float, goal_folder: Path, tmp_path: Path
) -> None:
    forged = Path(shutil.copytree(goal_folder, tmp_path / "forged"))

    def raise_limit(plan: dict[str, Any]) -> None:
        plan["objective"]["max_net_cost_cny"] *= share

    edit(forged, "plan.json", raise_limit)
    (check,) = audit_plan(forged, names=["goal"]).checks
    assert not check.passed
