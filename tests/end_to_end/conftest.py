"""One run of the quick scenario that all tests share."""

from pathlib import Path

import pytest

from sandgrid.pipeline import Result, run_scenario
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
