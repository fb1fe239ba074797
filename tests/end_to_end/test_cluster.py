"""A whole plan whose land is judged by the workers of a Dask cluster has the bytes of one here."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from sandgrid.cli.app import app

from .conftest import SCENARIOS

distributed = pytest.importorskip("distributed")
pytestmark = [pytest.mark.slow, pytest.mark.end_to_end]
PATIENCE_S = 60


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a scheduler and two workers as programs of their own, and give their address."""
    folder = tmp_path_factory.mktemp("cluster")
    told = folder / "scheduler.json"
    log = (folder / "log").open("wb")
    common = ["--no-dashboard", "--scheduler-file", str(told)]
    worker = ["dask_worker", "--nthreads", "1", "--nworkers", "1", *common]
    started = [
        subprocess.Popen(
            [sys.executable, "-m", f"distributed.cli.{program[0]}", *program[1:]],
            cwd=folder, stdout=log, stderr=log,
        )
        for program in (["dask_scheduler", "--port", "0", *common], worker, worker)
    ]  # fmt: skip
    try:
        yield _address(told)
    finally:
        for process in reversed(started):
            process.terminate()
        for process in started:
            process.wait()
        log.close()


def _address(told: Path) -> str:
    for _ in range(PATIENCE_S):
        if told.exists() and told.stat().st_size:
            break
        time.sleep(1)
    address = str(json.loads(told.read_bytes())["address"])
    with distributed.Client(address, timeout=PATIENCE_S, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=PATIENCE_S)
    return address


def planned(folder: Path, *more: str) -> Path:
    arguments = ["plan", str(SCENARIOS / "mini-20km.toml"), "--out", str(folder), *more]
    ended = CliRunner().invoke(app, arguments)
    assert ended.exit_code == 0, ended.output
    return folder


def test_a_plan_from_a_cluster_has_the_bytes_of_one_from_here(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = planned(tmp_path / "here")
    sent: list[Any] = []
    submit = distributed.cfexecutor.ClientExecutor.submit

    def noted(self: Any, *args: Any, **kwargs: Any) -> Any:
        sent.append(args[0].__name__)
        return submit(self, *args, **kwargs)

    monkeypatch.setattr(distributed.cfexecutor.ClientExecutor, "submit", noted)
    there = planned(tmp_path / "there", "--scheduler", address)
    assert "judge_tile" in sent
    listed = json.loads((here / "manifest.json").read_bytes())["files"]
    assert len(listed) > 20
    assert (here / "manifest.json").read_bytes() == (there / "manifest.json").read_bytes()
