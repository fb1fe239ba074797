"""Fixtures that every test may use."""

import os
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

collect_ignore_glob = ["conftest.py", "*/conftest.py"]  # they hold fixtures, no examples
ROOT = Path(__file__).resolve().parents[1]
TOGETHER = (
    ("audit/test_audit.py", "audit/test_mutations.py"),
    ("end_to_end/test_city.py", "end_to_end/test_city_options.py"),
    (
        "end_to_end/test_quick.py",
        "end_to_end/test_browser_map.py",
        "end_to_end/test_exporting.py",
    ),
)

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


class ByFile(LoadScopeScheduling):
    """Keeps the tests of a file on one worker, and those of files that share a run together."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        return next((names for names in TOGETHER if path.endswith(names)), (path,))[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile:
    return ByFile(config, log)
