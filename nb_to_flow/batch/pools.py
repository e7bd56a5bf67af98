"""Where chunks run: threads of this process, or processes of their own."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import queue
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, Listener
from typing import Any, Protocol

from nb_to_flow.batch.jobs import Chunk, Setup
from nb_to_flow.batch.serve import COMMAND
from nb_to_flow.ir.batch import Finished
from nb_to_flow.ir.errors import InputError

Report = Callable[[list[Finished]], None]


class WorkerLost(Exception):
    """A worker ended in the middle of a chunk."""


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
        from nb_to_flow.batch.workshop import Workshop

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


class Processes:
    """Worker processes, each started as a new interpreter; one that dies is replaced."""

    def __init__(self, setup: Setup, workers: int) -> None:
        self.workers = workers
        self._setup = setup
        self._key = secrets.token_bytes(16)
        self._listener = Listener(authkey=self._key, backlog=workers + 4)
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()
        self._closed = False
        self._lock = threading.Lock()
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self._seen: set[int] = set()
        self._problem = ""
        for _ in range(workers):
            self._start()
        self._greeter = threading.Thread(target=self._greet, name="worker-greeter", daemon=True)
        self._greeter.start()

    def run(self, chunk: Chunk, report: Report) -> None:
        """Give the chunk to a free worker and wait for its end."""
        worker = self._idle.get()
        if worker.connection is None:
            self._idle.put(worker)  # for the others that wait
            raise WorkerLost(self._problem or "the batch has been closed")
        try:
            worker.connection.send_bytes(pickle.dumps(chunk, protocol=5))
            while True:
                kind, content = worker.connection.recv()
                if kind == "idle":
                    break
                report(content)
        except (EOFError, OSError) as error:
            raise WorkerLost(self._replaced(worker)) from error
        self._idle.put(worker)

    def close(self) -> None:
        """End all workers: their standard input ends."""
        with self._lock:
            self._closed = True
            processes = list(self._processes.values())
        for process in processes:
            process.kill()
            if process.stdin:
                process.stdin.close()
        for process in processes:
            process.wait()
        self._listener.close()

    def _start(self) -> None:
        given = {"path": sys.path, "address": self._listener.address, "key": self._key.hex()}
        with open(self._setup.store / "workers.log", "ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-X", "faulthandler", "-c", COMMAND],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self._setup.folder,
            )
        assert process.stdin is not None
        process.stdin.write(json.dumps(given).encode() + b"\n")
        process.stdin.flush()
        with self._lock:
            self._processes[process.pid] = process
        threading.Thread(target=self._watch, args=(process,), daemon=True).start()

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        """Notice a process that ends before it says that it is there."""
        code = process.wait()
        with self._lock:
            unseen = process.pid not in self._seen and not self._closed
        if unseen:
            self._problem = f"a worker process ended as it started, with {_exit_text(code)}"
            self._idle.put(_Worker(None, process.pid))

    def _greet(self) -> None:
        """Take in workers as they connect; each gets its setup, and is free when its module is loaded."""
        while not self._closed:
            try:
                connection = self._listener.accept()
            except (OSError, EOFError):
                if self._closed:
                    return
                continue
            threading.Thread(target=self._welcome, args=(connection,), daemon=True).start()

    def _welcome(self, connection: Connection) -> None:
        with contextlib.suppress(EOFError, OSError):
            pid = connection.recv()
            with self._lock:
                self._seen.add(pid)
            connection.send(self._setup)
            kind, problem = connection.recv()
            if kind == "broken":
                self._problem = f"the flow's module can't be loaded in a worker: {problem}"
                self._idle.put(_Worker(None, pid))
            else:
                self._idle.put(_Worker(connection, pid))
            return
        self._problem = self._problem or "a worker ended while it started"
        self._idle.put(_Worker(None, 0))

    def _replaced(self, worker: _Worker) -> str:
        """Start another worker; how the old one ended."""
        with self._lock:
            process = self._processes.pop(worker.pid, None)
            closed = self._closed
        code = process.wait() if process is not None else None
        if not closed:
            self._start()
        return f"the worker process ended with {_exit_text(code)}"


class _Worker:
    """A process and the way to it; no connection if it could not start."""

    def __init__(self, connection: Connection | None, pid: int) -> None:
        self.connection = connection
        self.pid = pid


def _exit_text(code: int | None) -> str:
    import signal

    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}"


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def wait_for_workers(store: Any, seconds: float = 30.0) -> None:
    """Wait until no worker of an earlier batch writes to the store. Raises InputError if one still does."""
    try:
        import fcntl
    except ImportError:  # Windows has no such locks
        return
    import time

    deadline = time.monotonic() + seconds
    with open(store / "workers.lock", "a") as lock:
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
