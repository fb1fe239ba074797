import errno
import json
import os
import resource
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest
import world

from sandgrid.errors import AuditError, OutputError
from sandgrid.export.document import INFEASIBLE_KEYS, PLAN_KEYS, plan_json, read_document
from sandgrid.export.files import broken_files, list_files, read_manifest
from sandgrid.export.writing import Extras, write_infeasible, write_plan, write_tables
from sandgrid.plan import Plan, Proof
from sandgrid.tables import empty_table

PAGE = "<!DOCTYPE html><html><body>图</body></html>\n".encode()


def all_extras() -> Extras:
    return Extras(
        scenario=world.scenario(),
        figures=dict.fromkeys(PLAN_KEYS) | world.document(),
        map_html=lambda: PAGE,
        others={"problem.mps": b"NAME"},
        run_log={"seconds": 12.5},
    )


@pytest.fixture
def extras() -> Extras:
    return all_extras()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written") / "plan"
    return write_tables(world.tables(), folder, extras=all_extras())


def test_a_plan_folder_holds_every_file(written: Path) -> None:
    out, names = written, list_files(written)
    assert {"plan.json", "scenario.json", "plan.gpkg", "map.html", "ledger.xlsx", "manifest.json",
            "problem.mps", "run.log.json", "shp/dictionary.csv", "shp/EPSG4528/parcels.shp",
            "shp/EPSG4529/parcels.dbf"} <= set(names)  # fmt: skip
    assert sum(name.startswith("sheets/") for name in names) == 2
    assert sorted(read_manifest(out)) == [
        name for name in names if name not in ("manifest.json", "run.log.json")
    ]
    assert broken_files(out) == ()


def test_a_plan_is_written_with_its_own_figures(tmp_path: Path, extras: Extras) -> None:
    tables = world.tables()
    options = {name: empty_table(name) for name in ("build_options", "treat_options")}
    years = empty_table("substation_years")
    plan = Plan(
        status="optimal",
        scenario=world.scenario(),
        proof=Proof(51_604_003, 101_604_003, 51_000_000, 0.0, 55_000_000),
        **tables, **options, substation_years=years,
    )  # fmt: skip
    heading = {"scenario": world.document()["scenario"]}
    out = write_plan(plan, tmp_path / "plan", extras=replace(extras, figures=heading))
    found = read_document(out)
    assert found["outlay_cny"] == plan.totals.outlay_cny == 101_604_003
    assert found["treated_mu"] == 2590.0
    assert found["schema_version"] == 1


def test_two_runs_write_the_same_bytes(tmp_path: Path, written: Path, extras: Extras) -> None:
    given = replace(extras, run_log={"seconds": 99.0})
    again = write_tables(world.tables(), tmp_path / "plan", extras=given)
    assert (again / "manifest.json").read_bytes() == (written / "manifest.json").read_bytes()
    assert (again / "run.log.json").read_bytes() != (written / "run.log.json").read_bytes()


def test_the_audit_sees_the_staged_files_and_enters_the_plan(
    tmp_path: Path, extras: Extras
) -> None:
    def audit(folder: Path) -> dict[str, object]:
        assert folder != tmp_path / "plan"
        assert (folder / "plan.gpkg").exists()
        assert read_document(folder)["audit"] is None
        return {"passed": True, "checks": []}

    out = write_tables(world.tables(), tmp_path / "plan", extras=extras, audit=audit)
    assert read_document(out)["audit"] == {"passed": True, "checks": []}


def test_a_plan_that_fails_its_audit_is_not_written(tmp_path: Path, extras: Extras) -> None:
    def audit(folder: Path) -> dict[str, object]:
        raise AuditError("export-not-plan", {"folder": folder.name})

    with pytest.raises(AuditError):
        write_tables(world.tables(), tmp_path / "plan", extras=extras, audit=audit)
    assert list(tmp_path.iterdir()) == []


def test_an_infeasible_answer_holds_four_files_and_no_totals(
    tmp_path: Path, extras: Extras
) -> None:
    figures = dict.fromkeys(INFEASIBLE_KEYS) | {"status": "infeasible", "shortfalls": [1]}
    out = write_infeasible(tmp_path / "plan", extras=replace(extras, figures=figures, run_log={}))
    assert list_files(out) == ["manifest.json", "map.html", "plan.json", "scenario.json"]
    assert "capacity_mw" not in read_document(out)


def test_a_figure_that_is_missing_or_no_number_is_refused(tmp_path: Path, extras: Extras) -> None:
    figures = {key: value for key, value in extras.figures.items() if key != "gap"}
    with pytest.raises(OutputError, match="gap"):
        write_tables(world.tables(), tmp_path / "plan", extras=replace(extras, figures=figures))
    with pytest.raises(ValueError, match="JSON"):
        plan_json({"a": float("nan")}, keys=("a",))
    assert list(tmp_path.iterdir()) == []


def test_the_keys_of_the_contract_come_first_in_order(written: Path) -> None:
    keys = list(json.loads((written / "plan.json").read_text()))
    assert tuple(keys[: len(PLAN_KEYS)]) == PLAN_KEYS
    assert keys[len(PLAN_KEYS) :] == ["synthetic_layers"]


@pytest.mark.parametrize(
    ("content", "name"), [(b"<html>cut", "map.html"), (b"\xff</html>", "map.html")]
)
def test_a_page_that_is_cut_is_refused(
    tmp_path: Path, extras: Extras, content: bytes, name: str
) -> None:
    with pytest.raises(OutputError, match=name):
        write_tables(
            world.tables(), tmp_path / "plan", extras=replace(extras, map_html=lambda: content)
        )


@pytest.mark.parametrize("limit", [1_000, 60_000, 200_000])
def test_wherever_the_disk_fills_the_old_plan_stays(
    tmp_path: Path, extras: Extras, limit: int
) -> None:
    out = write_tables(world.tables(), tmp_path / "plan", extras=extras)
    before = (out / "manifest.json").read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    signals = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limits[1]))
    try:
        with pytest.raises(OutputError) as caught:
            write_tables(world.tables(), out, extras=replace(extras, figures={
                **extras.figures, "status": "feasible"}))  # fmt: skip
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, signals)
    assert caught.value.exit_code == 6
    assert (out / "manifest.json").read_bytes() == before
    assert broken_files(out) == ()


KILLED = """
import os, sys
from pathlib import Path
from threading import Event
sys.path.insert(0, sys.argv[1])
import test_writing, world
from sandgrid.export.writing import write_tables
calls, real = [0], os.fsync
def fsync(descriptor):
    calls[0] += 1
    if calls[0] == 40:
        os._exit(9)
    real(descriptor)
os.fsync = fsync
write_tables(world.tables(), Path(sys.argv[2]), extras=test_writing.all_extras())
"""


def test_a_killed_run_leaves_a_whole_plan(tmp_path: Path, extras: Extras) -> None:
    out = write_tables(world.tables(), tmp_path / "plan", extras=extras)
    command = [sys.executable, "-c", KILLED, str(Path(__file__).parent), str(out)]
    assert subprocess.run(command, check=False, timeout=240).returncode == 9
    assert broken_files(out) == ()
    write_tables(world.tables(), out, extras=extras)
    assert list(tmp_path.iterdir()) == [out]


def no_space(_: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_failed_write_says_why(
    tmp_path: Path, extras: Extras, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OutputError, match="No space"):
        write_tables(world.tables(), tmp_path / "plan", extras=extras)
    assert list(tmp_path.iterdir()) == []


def test_the_audit_finds_every_record_whatever_is_still_drawn(
    tmp_path: Path, extras: Extras
) -> None:
    seen: list[str] = []
    looked = Event()

    def page() -> bytes:
        looked.wait(60)
        return PAGE

    def audit(folder: Path) -> dict[str, object]:
        seen.extend(list_files(folder))
        looked.set()
        return {"passed": True}

    out = write_tables(
        world.tables(), tmp_path / "plan", extras=replace(extras, map_html=page), audit=audit
    )
    papers = {"map.html", "ledger.xlsx", "report.pdf"}
    papers |= {name for name in list_files(out) if name.startswith("sheets/")}
    assert {*list_files(out)} - {*seen} - papers == {"manifest.json"}
