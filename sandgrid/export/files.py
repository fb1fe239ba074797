"""Write a folder whole or not at all: lock, stage, check, sync, list, move.

A plan is written into ``.run-<name>`` beside its folder, every file is read again, and only
then do the two folders change places in one step of the file system.  Whatever stops the
process, the folder holds the old plan or the new one, whole.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from sandgrid.errors import OutputError
from sandgrid.export.swapping import locked, recover, swap, sync, sync_folders
from sandgrid.params import default_parameters

MANIFEST: Final = "manifest.json"
RUN_LOG: Final = "run.log.json"
Check = Callable[[Path], None]
_NO_CHECKS: Final[Mapping[str, Check]] = MappingProxyType({})
_LEFT_BY_OTHERS: Final = ("-wal", "-shm", "-journal", ".aux.xml", ".lock", ".DS_Store", "Thumbs.db")
_CHUNK_BYTES: Final = 1 << 20


@dataclass(frozen=True)
class Staging:
    """The folder in which one plan is being written.

    Parameters
    ----------
    folder : Path
        Where the files lie until they are moved into place.

    """

    folder: Path

    def path(self, name: str) -> Path:
        """Return where a file of that relative name goes, its folder made.

        Raises
        ------
        OutputError
            If the name leads out of the folder.

        """
        root = self.folder.resolve()
        path = (root / name).resolve() if "\0" not in name else root
        if path == root or not path.is_relative_to(root):
            raise OutputError("export-outside-folder", {"name": repr(name)})
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def write(self, name: str, content: bytes | str) -> Path:
        """Write one file, text as UTF-8, and return its path."""
        path = self.path(name)
        data = content.encode() if isinstance(content, str) else content
        with path.open("wb") as stream:
            stream.write(data)
        return path


@contextmanager
def staged_folder(
    out: Path, *, checks: Mapping[str, Check] = _NO_CHECKS, need_bytes: float | None = None
) -> Iterator[Staging]:
    """Write a folder that is replaced as a whole when the block ends without an error.

    Parameters
    ----------
    out : Path
        The folder to write; an older plan in it is replaced.
    checks : mapping
        File suffix, such as ``.tif`` -> function that raises if such a file cannot be read.
    need_bytes : float, optional
        Free space to ask for [B]; the parameter ``export.free_space_bytes`` if not given.

    Yields
    ------
    Staging
        Where to write.

    Raises
    ------
    OutputError
        If another run writes there, files of others would be lost, space is short, or any
        write fails; the old folder is then untouched.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as parent:
    ...     with staged_folder(Path(parent) / "plan") as staging:
    ...         _ = staging.write("note.txt", "治沙")
    ...     sorted(path.name for path in (Path(parent) / "plan").iterdir())
    ['manifest.json', 'note.txt']

    """
    target = Path(out).absolute()
    with _told(target), locked(target):
        recover(target)
        require_own_folder(target)
        _require_space(target.parent, need_bytes)
        staging = _fresh(_staging_path(target))
        try:
            yield Staging(staging)
            _finish(staging, checks)
            swap(staging, target)
        finally:
            shutil.rmtree(staging, ignore_errors=True)


@contextmanager
def extended_folder(folder: Path, *, checks: Mapping[str, Check] = _NO_CHECKS) -> Iterator[Staging]:
    """Add files to a folder that a manifest lists; all or nothing, as in :func:`staged_folder`.

    Parameters
    ----------
    folder : Path
        A plan folder.
    checks : mapping
        As for :func:`staged_folder`; every file is read again.

    Yields
    ------
    Staging
        A copy of the folder in which to write.

    Raises
    ------
    OutputError
        If the folder is not whole, or a write fails; it is then as it was.

    """
    broken = broken_files(folder)
    if broken:
        values = {"folder": folder, "files": ", ".join(broken[:3]), "count": len(broken)}
        raise OutputError("export-broken-folder", values)
    need = sum((folder / name).stat().st_size for name in list_files(folder))
    least = default_parameters().number("export.free_space_bytes")
    with staged_folder(folder, checks=checks, need_bytes=max(need, least)) as staging:
        for name in (*read_manifest(folder), RUN_LOG):
            if (folder / name).is_file():
                shutil.copyfile(folder / name, staging.path(name))
        yield staging


def check_target(out: Path) -> None:
    """Refuse a folder that could not be written, before a long run rather than after it.

    Raises
    ------
    OutputError
        For the reasons of :func:`staged_folder`.

    """
    target = Path(out).absolute()
    with _told(target), locked(target):
        recover(target)
        require_own_folder(target)
        _require_space(target.parent, None)


def require_own_folder(target: Path) -> None:
    """Refuse to replace anything but an empty folder or a plan.

    Raises
    ------
    OutputError
        If the path is a file, a mount, or holds files that no manifest lists.

    """
    if not target.exists():
        return
    if not target.is_dir() or target.is_symlink() or os.path.ismount(target):
        raise OutputError("export-not-folder", {"folder": target})
    known = {*read_manifest(target), MANIFEST, RUN_LOG}
    foreign = [name for name in list_files(target) if name not in known]
    foreign = [name for name in foreign if not name.endswith(_LEFT_BY_OTHERS)]
    if foreign:
        values = {"folder": target, "files": ", ".join(foreign[:3]), "count": len(foreign)}
        raise OutputError("export-foreign-files", values)


def list_files(folder: Path) -> list[str]:
    """Return the relative POSIX paths of all files below a folder, sorted."""
    paths = (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    return sorted(path.relative_to(folder).as_posix() for path in paths)


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def read_manifest(folder: Path) -> dict[str, str]:
    """Return file -> SHA-256 as the manifest lists them; empty where there is none to read."""
    try:
        content = json.loads((folder / MANIFEST).read_bytes())
        return {entry["path"]: entry["sha256"] for entry in content["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def broken_files(folder: Path) -> tuple[str, ...]:
    """Return the files that are missing, changed or not listed against the manifest.

    Examples
    --------
    >>> broken_files(Path("no-such-folder"))
    ('manifest.json',)

    """
    listed = read_manifest(folder)
    if not listed:
        return (MANIFEST,)
    found = {name for name in list_files(folder) if name not in (MANIFEST, RUN_LOG)}
    found = {name for name in found if not name.endswith(_LEFT_BY_OTHERS)}
    changed = {name for name in found & set(listed) if file_sha256(folder / name) != listed[name]}
    return tuple(sorted((found ^ set(listed)) | changed))


def json_text(content: object) -> str:
    r"""Return JSON as SandGrid writes it: UTF-8, one blank of indent, no NaN.

    Examples
    --------
    >>> json_text({"治沙": 1.0})
    '{\n "治沙": 1.0\n}\n'

    """
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def write_text(path: Path, text: str) -> None:
    """Write a single file beside any plan, such as a chart, whole or not at all.

    Raises
    ------
    OutputError
        If it cannot be written.

    """
    with _told(path.absolute()):
        part = path.with_name(f".{path.name}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(path)


def _staging_path(target: Path) -> Path:
    return target.with_name(f".run-{target.name}")


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


@contextmanager
def _told(target: Path) -> Iterator[None]:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        values = {"folder": target, "reason": error}
        raise OutputError("export-write-failed", values) from error


def _require_space(parent: Path, need_bytes: float | None) -> None:
    least = default_parameters().number("export.free_space_bytes")
    need = least if need_bytes is None else need_bytes
    free = shutil.disk_usage(parent).free
    if free < need:
        values = {"folder": parent, "free": f"{free:,}", "need": f"{need:,.0f}"}
        raise OutputError("export-no-space", values)


def _finish(staging: Path, checks: Mapping[str, Check]) -> None:
    names = [name for name in list_files(staging) if name not in (MANIFEST, RUN_LOG)]
    for name in names:
        _check_file(staging / name, name, checks)
        sync(staging / name)
    entries = [_entry(staging, name) for name in names]
    manifest = staging / MANIFEST
    manifest.write_bytes(json_text({"schema_version": 1, "files": entries}).encode())
    for path in (manifest, staging / RUN_LOG):
        if path.exists():
            sync(path)
    sync_folders(staging)


def _check_file(path: Path, name: str, checks: Mapping[str, Check]) -> None:
    if path.stat().st_size == 0:
        raise OutputError("export-empty-file", {"file": name})
    try:
        checks.get(path.suffix, _no_check)(path)
    except Exception as error:
        values = {"file": name, "reason": error}
        raise OutputError("export-unreadable-file", values) from error


def _no_check(path: Path) -> None:
    """Ask nothing of a file without a check of its own."""


def _entry(staging: Path, name: str) -> dict[str, object]:
    path = staging / name
    return {"path": name, "bytes": path.stat().st_size, "sha256": file_sha256(path)}
