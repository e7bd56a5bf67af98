"""Doing something again and again beside a batch, such as writing its tables, without getting in its way."""

from __future__ import annotations

import contextlib
import contextvars
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def kept_current(
    refresh: Callable[[], None],
    *,
    every: float,
    share: float = 0.03,
    once_more: bool = False,
    patience: float | None = None,
) -> Iterator[None]:
    """While open, calls `refresh` every few seconds, in this context but a thread of its own.

    Args:
        refresh: what it raises is dropped: who has to hear of it calls it at the end.
        every: seconds between two calls, if these are short.
        share: of the time that calls may take; if they are long they are made more seldom.
        once_more: call it at the end, too.
        patience: seconds to wait at the end for a call to return; None for as long as it takes.
    """
    stop = threading.Event()

    def run() -> None:
        pause = every
        while not stop.wait(pause):
            before = time.perf_counter()
            with contextlib.suppress(Exception):
                refresh()
            pause = max(every, (time.perf_counter() - before) / share)
        if once_more:
            with contextlib.suppress(Exception):
                refresh()

    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(run,), name="kept-current", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(patience)
