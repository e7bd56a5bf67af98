"""The folder of a batch's results: whether it may be used, and that only one batch uses it."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

from nb_to_flow.ir.errors import InputError

LEDGER = "ledger.sqlite"
LOCK = ".lock"

_held: set[Path] = set()  # the system's lock is the process's: two batches of one process would share it


@contextlib.contextmanager
def results_folder(folder: Path, *, resume: bool) -> Iterator[Path]:
    """Make the folder, or take it over, and hold it for one batch; gives its absolute path.

    Raises InputError if it holds something else, if it holds a batch and `resume` is false, and while
    another batch uses it. The lock of a process that was killed is gone with it. A batch that is refused
    leaves no folder that says it was one.
    """
    path = Path(os.path.abspath(folder))
    if path.exists() and not path.is_dir():
        raise InputError(f"{folder} is a file", "Name a folder for the results.")
    others = _others(path)
    if others and not (path / LEDGER).exists():
        hint = "Name a new folder, or one that a batch wrote."
        raise InputError(f"{folder} holds other files ({', '.join(others[:3])})", hint)
    path.mkdir(parents=True, exist_ok=True)
    with _locked(path, folder):
        known = (path / LEDGER).exists()
        if known and not resume:
            hint = "--resume goes on with it; or name another folder."
            raise InputError(f"{folder} holds the results of a batch already", hint)
        try:
            yield path
        except InputError:
            if not known:
                _clear(path)
            raise


def _clear(path: Path) -> None:
    """Remove the ledger of a batch that ran nothing, and the folder if nothing else is in it."""
    for name in (LEDGER, f"{LEDGER}-wal", f"{LEDGER}-shm", LOCK):
        (path / name).unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        path.rmdir()


def _others(path: Path) -> list[str]:
    return sorted(entry for entry in os.listdir(path) if entry != LOCK) if path.exists() else []


@contextlib.contextmanager
def _locked(path: Path, shown: Path) -> Iterator[None]:
    real = path.resolve()
    if real in _held:
        raise InputError(f"{shown} is in use by another batch of this process")
    handle = os.open(path / LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            _lock(handle)
        except OSError as error:
            holder = os.pread(handle, 200, 0).decode(errors="replace") if hasattr(os, "pread") else ""
            who = f" ({holder.strip()})" if holder.strip() else ""
            hint = "Wait for it, or name another folder."
            raise InputError(f"{shown} is in use by another batch{who}", hint) from error
        os.ftruncate(handle, 0)
        os.write(handle, f"process {os.getpid()} on {socket.gethostname()}\n".encode())
        _held.add(real)
        yield
    finally:
        _held.discard(real)
        os.close(handle)  # gives the lock back


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        # A byte far behind the text, so that others can read who holds it.
        os.lseek(handle, 1 << 20, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        os.lseek(handle, 0, os.SEEK_SET)
else:
    import fcntl

    def _lock(handle: int) -> None:
        # Not flock: children that outlive this process would keep that.
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
