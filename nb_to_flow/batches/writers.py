"""Who writes to a batch's store: workers may outlive their driver for a moment, and another batch waits for them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path

from nb_to_flow.ir.errors import InputError

_LOCK = "workers.lock"


@contextlib.contextmanager
def writing(store: Path) -> Iterator[None]:
    """Show that this worker writes to the store; when its process ends, however it does, so does this."""
    try:
        import fcntl
    except ImportError:  # Windows has no such locks
        yield
        return
    with open(store / _LOCK, "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


def wait_for_workers(store: Path, seconds: float = 30.0) -> None:
    """Wait until no worker of an earlier batch writes to the store. Raises InputError if one still does."""
    try:
        import fcntl
    except ImportError:
        return
    deadline = time.monotonic() + seconds
    with open(store / _LOCK, "a") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except OSError:
                if time.monotonic() > deadline:
                    break
                time.sleep(0.1)
    raise InputError(
        f"workers of another batch still write to {store.parent}", "Wait for it to end, or end it."
    )
