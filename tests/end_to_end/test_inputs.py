"""Runs that end early, because something that is read is missing."""

from pathlib import Path

import pytest

from sandgrid.errors import InputError
from sandgrid.pipeline import run_scenario
from sandgrid.scenario import Scenario

from .conftest import stated

pytestmark = pytest.mark.end_to_end


def end_of(scenario: Scenario, out: Path) -> InputError:
    """Run a scenario that cannot be run, and return how it ends."""
    with pytest.raises(InputError) as caught:
        run_scenario(scenario, out)
    assert caught.value.exit_code == 3
    assert not out.exists()
    return caught.value


def test_real_layers_without_districts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDGRID_SHARED", str(tmp_path / "nowhere"))
    error = end_of(stated("tongliao-real"), tmp_path / "plan")
    assert "counties.shp" in error.text("en")
    assert "counties.shp" in error.text("zh")


def test_districts_that_are_left_out(quick: Scenario, tmp_path: Path) -> None:
    scenario = quick.with_({"layers.leave_out": ["districts"]})
    assert "districts" in end_of(scenario, tmp_path / "plan").text("en")
