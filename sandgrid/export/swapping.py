"""What a folder needs to change places with another in one step: a lock, a sync, a swap."""

import ctypes
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from sandgrid.errors import OutputError

_AT_CURRENT_FOLDER: Final = -100
_EXCHANGE: Final = 2


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Hold the lock of a folder; another run into it is refused.

    Raises
    ------
    OutputError
        If another process holds it.

    """
    path = target.with_name(f".lock-{target.name}")
    stream = _open_lock(path, target)
    try:
        stream.truncate(0)
        stream.write(f"{os.getpid()}@{socket.gethostname()}".encode())
        stream.flush()
        yield
    finally:
        with suppress(OSError):
            path.unlink()
        stream.close()


def _open_lock(path: Path, target: Path) -> IO[bytes]:
    while True:
        stream = path.open("a+b")
        try:
            _take_lock(stream)
            if os.path.samestat(os.fstat(stream.fileno()), path.stat()):
                return stream
        except FileNotFoundError:  # the run before took its lock away just now
            pass
        except BlockingIOError as error:
            stream.seek(0)
            holder = stream.read().decode(errors="replace")
            stream.close()
            raise OutputError("export-locked", {"folder": target, "holder": holder}) from error
        stream.close()


def _take_lock(stream: IO[bytes]) -> None:
    if sys.platform == "win32":
        import msvcrt  # noqa: PLC0415  # exists only there

        try:
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError from error
    else:
        import fcntl  # noqa: PLC0415  # exists only there

        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)


def recover(target: Path) -> None:
    """Mend what a kill between the two steps of a swap left behind."""
    old = _old_path(target)
    if old.exists() and not target.exists():
        old.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def sync(path: Path) -> None:
    """Write a file or folder through to the disk."""
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folders(root: Path) -> None:
    """Write the entries of a folder and of all below it through to the disk."""
    if sys.platform == "win32":
        return
    for folder in [*(path for path in root.rglob("*") if path.is_dir()), root]:
        sync(folder)


def swap(staging: Path, target: Path) -> None:
    """Move a folder into place; an older one is gone afterwards, or stands where it came from."""
    if not target.exists():
        staging.rename(target)
    elif not _exchange(staging, target):
        _swap_in_two_steps(staging, target)
    if sys.platform != "win32":
        sync(target.parent)


def _swap_in_two_steps(staging: Path, target: Path) -> None:
    """Replace a folder where the system has no exchange; the next run mends a kill between."""
    old = _old_path(target)
    target.rename(old)
    try:
        staging.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _exchange(one: Path, two: Path) -> bool:
    """Let two folders change places in one step, where the system can."""
    if sys.platform != "linux":
        return False
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    names = (os.fsencode(one), os.fsencode(two))
    done: int = rename(_AT_CURRENT_FOLDER, names[0], _AT_CURRENT_FOLDER, names[1], _EXCHANGE)
    return done == 0


def _old_path(target: Path) -> Path:
    return target.with_name(f".old-{target.name}")
