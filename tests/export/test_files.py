import errno
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandgrid.errors import OutputError
from sandgrid.export import files, swapping
from sandgrid.export.files import (
    broken_files,
    check_target,
    list_files,
    read_manifest,
    staged_folder,
)

WRITES = ("open", "fsync", "rename", "mkdir")


def write(out: Path, text: str) -> None:
    with staged_folder(out, need_bytes=0) as staging:
        for name in ("plan.json", "shp/EPSG4528/parcels.shp", "sheets/P000001_库伦旗.html"):
            staging.write(name, f"{text} {name}")
        staging.write("run.log.json", "{}")


def content(out: Path) -> str:
    """Return which plan the folder holds; fail if it is neither whole nor absent."""
    assert broken_files(out) == ()
    words = {(out / name).read_text().split()[0] for name in read_manifest(out)}
    assert len(words) == 1
    return words.pop()


def beside(out: Path) -> list[str]:
    return sorted(path.name for path in out.parent.iterdir() if path != out)


def test_a_folder_is_written_with_a_sorted_manifest(tmp_path: Path) -> None:
    out = tmp_path / "plan"
    write(out, "new")
    manifest = json.loads((out / "manifest.json").read_text())
    paths = [entry["path"] for entry in manifest["files"]]
    assert paths == sorted(paths) == [
        "plan.json", "sheets/P000001_库伦旗.html", "shp/EPSG4528/parcels.shp",
    ]  # fmt: skip
    assert beside(out) == []


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / name, "new")
    pairs = [((tmp_path / "a" / n).read_bytes(), (tmp_path / "b" / n).read_bytes())
             for n in list_files(tmp_path / "a")]  # fmt: skip
    assert all(one == two for one, two in pairs)


@pytest.mark.parametrize("exchange", [True, False])
def test_a_new_plan_replaces_the_old_one_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, exchange: bool
) -> None:
    if not exchange:
        monkeypatch.setattr(swapping, "_exchange", lambda *_: False)
    out = tmp_path / "plan"
    with staged_folder(out) as staging:
        staging.write("only-old.txt", "old")
    write(out, "new")
    assert content(out) == "new"
    assert not (out / "only-old.txt").exists()
    assert beside(out) == []


def fail_after(staging: files.Staging) -> None:
    staging.write("plan.json", "new")
    raise RuntimeError


def test_an_error_in_the_block_leaves_the_old_plan(tmp_path: Path) -> None:
    out = tmp_path / "plan"
    write(out, "old")
    with pytest.raises(RuntimeError), staged_folder(out) as staging:
        fail_after(staging)
    assert content(out) == "old"
    assert beside(out) == []


def test_a_second_run_into_the_folder_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "plan"
    with staged_folder(out) as staging:
        staging.write("plan.json", "first")
        with pytest.raises(OutputError, match=f"{os.getpid()}@") as caught:
            check_target(out)
        with pytest.raises(OutputError), staged_folder(out):
            pass
    assert caught.value.exit_code == 6
    assert content(out) == "first"
    check_target(out)


@pytest.mark.parametrize("prepare", [
    lambda out: out.write_text("a file"),
    lambda out: (out.mkdir(), (out / "thesis.docx").write_text("mine")),
    lambda out: out.symlink_to(out.parent),
])  # fmt: skip
def test_what_is_not_a_plan_is_never_replaced(
    tmp_path: Path, prepare: Callable[[Path], object]
) -> None:
    out = tmp_path / "plan"
    prepare(out)
    before = list_files(tmp_path)
    with pytest.raises(OutputError), staged_folder(out):
        pass
    assert list_files(tmp_path) == before


def test_a_file_of_the_user_beside_the_plan_is_not_lost(tmp_path: Path) -> None:
    out = tmp_path / "plan"
    write(out, "old")
    (out / "plan.gpkg-wal").write_text("left by QGIS")
    write(out, "new")
    (out / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"notes\.txt"):
        write(out, "newer")
    assert (out / "notes.txt").exists()


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil", "", ".", "a\0b"])
def test_a_name_cannot_lead_out_of_the_folder(tmp_path: Path, name: str) -> None:
    with pytest.raises(OutputError), staged_folder(tmp_path / "plan") as staging:
        staging.write(name, "x")
    assert not list(tmp_path.rglob("evil*"))


@given(name=st.text(max_size=40))
def test_any_name_stays_in_the_folder_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    staging = files.Staging(tmp_path_factory.mktemp("staging", numbered=True))
    try:
        path = staging.path(name)
    except (OutputError, OSError, UnicodeEncodeError):
        return
    assert path.is_relative_to(staging.folder.resolve())


@pytest.mark.parametrize(("text", "problem"), [("", "empty"), ("x", "cannot be read back")])
def test_a_file_that_cannot_be_read_back_is_not_moved(
    tmp_path: Path, text: str, problem: str
) -> None:
    def refuse(path: Path) -> None:
        raise ValueError(path.name)

    out = tmp_path / "plan"
    write(out, "old")
    with (
        pytest.raises(OutputError, match=problem),
        staged_folder(out, checks={".tif": refuse}) as staging,
    ):
        staging.write("a.tif", text)
    assert content(out) == "old"


def test_a_changed_missing_or_extra_file_is_named(tmp_path: Path) -> None:
    out = tmp_path / "plan"
    write(out, "new")
    (out / "plan.json").write_text("changed")
    (out / "extra").write_text("extra")
    (out / "sheets/P000001_库伦旗.html").unlink()
    assert broken_files(out) == ("extra", "plan.json", "sheets/P000001_库伦旗.html")


def test_too_little_space_is_refused_before_writing(tmp_path: Path) -> None:
    with (
        pytest.raises(OutputError, match="make room"),
        staged_folder(tmp_path / "plan", need_bytes=1e18),
    ):
        pass


@contextmanager
def failing(nth: int, fail: Callable[[], None]) -> Iterator[list[str]]:
    """Let the nth call that changes the disk fail."""
    calls: list[str] = []

    def counted(name: str, call: Callable[..., object]) -> Callable[..., object]:
        def wrapper(*args: object, **named: object) -> object:
            calls.append(name)
            if len(calls) == nth:
                fail()
            return call(*args, **named)

        return wrapper

    with pytest.MonkeyPatch.context() as patch:
        for name in WRITES:
            patch.setattr(os, name, counted(name, getattr(os, name)))
        patch.setattr(Path, "write_bytes", counted("write_bytes", Path.write_bytes))
        patch.setattr(Path, "open", counted("open", Path.open))
        patch.setattr(swapping, "_exchange", counted("exchange", swapping._exchange))
        yield calls


def no_space() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("exchange", [True, False])
def test_when_any_write_fails_the_folder_holds_old_or_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, exchange: bool
) -> None:
    if not exchange:
        monkeypatch.setattr(swapping, "_exchange", lambda *_: False)
    out = tmp_path / "plan"
    outcomes = set()
    for nth in range(1, 200):
        write(out, "old")
        with failing(nth, no_space) as calls, suppress(OutputError):
            write(out, "new")
        outcomes.add(content(out))
        if len(calls) < nth:
            break
    assert nth > 30
    assert outcomes == {"old", "new"}
    write(out, "old")
    assert beside(out) == []


@pytest.mark.parametrize("exchange", [True, False])
def test_when_killed_at_any_write_the_folder_holds_old_or_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, exchange: bool
) -> None:
    if not exchange:
        monkeypatch.setattr(swapping, "_exchange", lambda *_: False)
    out = tmp_path / "plan"
    outcomes = set()
    for nth in range(1, 200):
        write(out, "old")
        child = os.fork()
        if child == 0:
            with failing(nth, lambda: os._exit(9)):
                write(out, "new")
            os._exit(0)
        done = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if not out.exists():
            check_target(out)
        outcomes.add(content(out))
        if done == 0:
            break
    assert outcomes == {"old", "new"}
    write(out, "old")
    assert beside(out) == []


def test_a_full_disk_leaves_the_old_plan(tmp_path: Path) -> None:
    out = tmp_path / "plan"
    write(out, "old")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    signals = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(OutputError, match="check disk space"), staged_folder(out) as staging:
            staging.write("big.tif", b"x" * 1_000_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, signals)
    assert content(out) == "old"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_leave_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError), staged_folder(tmp_path / "plan"):
        pass


def test_a_killed_holder_leaves_no_lock(tmp_path: Path) -> None:
    code = (
        "import os, sys; from pathlib import Path; from sandgrid.export.files import *\n"
        "with staged_folder(Path(sys.argv[1])) as s: s.write('a', 'x'); os._exit(9)"
    )
    out = tmp_path / "plan"
    done = subprocess.run([sys.executable, "-c", code, str(out)], check=False)
    assert done.returncode == 9
    assert beside(out) != []
    write(out, "new")
    assert beside(out) == []
