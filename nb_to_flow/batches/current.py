"""Doing something again and again beside a batch, such as writing its tables, without getting in its way."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

# The share of the time that may go into it.
_SHARE = 0.03


@contextmanager
def kept_current(refresh: Callable[[], None], *, every: float) -> Iterator[None]:
    """While open, calls `refresh` every few seconds in a thread, and more seldom if that takes long.

    Whoever opens it calls `refresh` once more at the end, and so hears of what it raises.
    """
    stop = threading.Event()

    def run() -> None:
        pause = every
        while not stop.wait(pause):
            before = time.perf_counter()
            with contextlib.suppress(Exception):
                refresh()
            pause = max(every, (time.perf_counter() - before) / _SHARE)

    thread = threading.Thread(target=run, name="kept-current", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
