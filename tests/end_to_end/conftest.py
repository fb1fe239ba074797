"""One run of the quick scenario and one of the whole city, which all tests share."""

from pathlib import Path

import pytest

from sandgrid.export.document import read_document
from sandgrid.pipeline import Result, run_scenario, write_plan
from sandgrid.pipeline.making import Run, plan_scenario
from sandgrid.pipeline.progress import Clock, Silent
from sandgrid.pipeline.running import EXIT_DONE, EXIT_UNPROVEN
from sandgrid.scenario import Scenario, load_scenario

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"


def stated(name: str) -> Scenario:
    """Return a bundled scenario."""
    return load_scenario(SCENARIOS / f"{name}.toml")


@pytest.fixture(scope="session")
def quick() -> Scenario:
    return stated("kulun-quick")


@pytest.fixture(scope="session")
def kulun(quick: Scenario, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Return the quick plan, run once."""
    return run_scenario(quick, tmp_path_factory.mktemp("kulun") / "plan")


@pytest.fixture(scope="session")
def city_run() -> Run:
    """Return the plan of the whole city with all it was made from, made once."""
    return plan_scenario(stated("tongliao-2030"), Clock(Silent()))


@pytest.fixture(scope="session")
def city(city_run: Run, tmp_path_factory: pytest.TempPathFactory) -> Result:
    """Return the written plan of the whole city."""
    folder, plan = tmp_path_factory.mktemp("city") / "plan", city_run.plan
    assert plan is not None
    write_plan(plan, folder)
    code = EXIT_DONE if plan.status == "optimal" else EXIT_UNPROVEN
    return Result(folder, read_document(folder), plan, code)
