"""Where chunks run: what all kinds of workers have in common, and threads of this process."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from typing import Any, Protocol

from nb_to_flow.batches.jobs import Chunk, Report, Setup


class WorkerLost(Exception):
    """A worker ended in the middle of a chunk; `for_good` if there won't be another one."""

    def __init__(self, message: str, *, for_good: bool = False) -> None:
        super().__init__(message)
        self.for_good = for_good


class Pool(Protocol):
    """Workers. `run` is called from as many threads as there are workers, and some more."""

    @property
    def workers(self) -> int:
        """How many chunks run at a time."""

    def run(self, chunk: Chunk, report: Report) -> None:
        """Run a chunk to its end. Raises WorkerLost if the worker is gone."""

    def close(self) -> None:
        """End all workers, those that are busy too."""


class Threads:
    """Workers in threads of this process.

    A piece that touches what belongs to the whole process runs while no other does.
    """

    def __init__(self, setup: Setup, workers: int, module: Any) -> None:
        self.workers = workers
        self._setup = setup
        self._module = module
        self._idle = threading.BoundedSemaphore(workers)
        self._local = threading.local()
        self._shops: list[Any] = []
        self._gate = _Gate()

    def run(self, chunk: Chunk, report: Report) -> None:
        """Run a chunk in this thread, when a worker is free."""
        from nb_to_flow.batches.workshop import Workshop

        if not hasattr(self._local, "shop"):
            self._local.shop = Workshop(self._setup, self._module, self._gate.around)
            self._shops.append(self._local.shop)
        with self._idle:
            self._local.shop.run(chunk, report)

    def close(self) -> None:
        """Close the files of all workers."""
        for shop in self._shops:
            shop.store.close()


class _Gate:
    """Many at a time, or one alone; who wants to be alone goes first."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._inside = 0
        self._waiting = 0

    @contextlib.contextmanager
    def around(self, *, alone: bool) -> Iterator[None]:
        """Hold the gate."""
        with self._condition:
            self._waiting += alone
            self._condition.wait_for(
                lambda: self._inside == 0 if alone else self._inside >= 0 and not self._waiting
            )
            self._waiting -= alone
            self._inside = -1 if alone else self._inside + 1
        try:
            yield
        finally:
            with self._condition:
                self._inside = 0 if alone else self._inside - 1
                self._condition.notify_all()


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
