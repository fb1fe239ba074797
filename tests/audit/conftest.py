"""One plan of a small world, written once; every test that changes it works on a copy."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from forging import CHANGED

from sandgrid.pipeline import run_scenario
from sandgrid.scenario import load_scenario


@pytest.fixture(scope="session")
def plan_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("audit") / "plan"
    run_scenario(load_scenario(Path(__file__).with_name("world.toml")), folder)
    return folder


@pytest.fixture
def copied(plan_folder: Path, tmp_path: Path) -> Callable[[str], Path]:
    return lambda name: Path(
        shutil.copytree(plan_folder, tmp_path / name, copy_function=_copy_or_link)
    )


def _copy_or_link(source: str, target: str) -> str:
    """Copy what a test may change; the papers are only linked."""
    changed = Path(source).name in CHANGED
    if changed:
        shutil.copyfile(source, target)
    else:
        os.link(source, target)
    return target
