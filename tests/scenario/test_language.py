"""The language that a user asks for is that of the files too."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from sandgrid.cli import app as commands
from sandgrid.errors import ScenarioError
from sandgrid.scenario import Scenario, load_scenario

QUICK = Path(__file__).resolve().parents[2] / "scenarios" / "kulun-quick.toml"


@pytest.fixture
def stated(monkeypatch: pytest.MonkeyPatch) -> list[Scenario]:
    """Return the scenarios that are run; nothing is planned."""
    found: list[Scenario] = []

    def note(scenario: Scenario, *_: Any, **__: Any) -> SimpleNamespace:
        found.append(scenario)
        return SimpleNamespace(figures={}, exit_code=0)

    monkeypatch.setattr("sandgrid.pipeline.run_scenario", note)
    monkeypatch.setattr("sandgrid.cli.tables.summary_lines", lambda *_: [])
    return found


@pytest.mark.parametrize(
    ("asked", "written"), [([], "zh"), (["--lang", "en"], "en"), (["--lang", "zh"], "zh")]
)
def test_a_plan_is_written_in_the_language_asked_for(
    stated: list[Scenario], asked: list[str], written: str
) -> None:
    done = CliRunner().invoke(commands.app, ["plan", str(QUICK), *asked])
    assert done.exit_code == 0, done.output
    assert [scenario.export.lang for scenario in stated] == [written]
    same = stated[0].with_({"export.lang": load_scenario(QUICK).export.lang})
    assert same == load_scenario(QUICK)


def test_a_language_that_is_not_known_is_refused(stated: list[Scenario]) -> None:
    done = CliRunner().invoke(commands.app, ["plan", str(QUICK), "--lang", "fr"])
    assert isinstance(done.exception, ScenarioError)
    assert not stated
