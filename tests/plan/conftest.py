"""The plan of the six parcels, made once."""

from pathlib import Path

import pytest

from sandgrid.plan import Drawing, Plan
from tests.plan import world


@pytest.fixture(scope="session")
def plan() -> Plan:
    return world.plan()


@pytest.fixture(scope="session")
def drawing() -> Drawing:
    return world.drawing()


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return world.write_plan(tmp_path_factory.mktemp("plan") / "six-parcels")
