"""Fixtures that every test may use."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parents[1]

settings.register_profile("steady", derandomize=True, deadline=None, database=None)
settings.load_profile("steady")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real layers, or skip where it is absent."""
    folder = Path(os.environ.get("SANDGRID_SHARED", ROOT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(f"real layers are absent: {folder} (set SANDGRID_SHARED)")
    return folder


@pytest.fixture(scope="session")
def data() -> Path:
    """Return the folder of the bundled data."""
    return ROOT / "data"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file on one worker, and those of files that share a run together."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))
