"""Worker processes of this machine."""

from __future__ import annotations

import contextlib
import os
import pickle
import queue
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
from multiprocessing.connection import Connection, Listener
from pathlib import Path
from typing import Any

from nb_to_flow.batches.jobs import Chunk, Report, Setup
from nb_to_flow.batches.pools import WorkerLost
from nb_to_flow.batches.serve import command


class Nursery:
    """Processes that load a flow's module; may be started before anything else is known of the batch.

    Args:
        flow_file: the flow's module.
        folder: where the flow runs.
    """

    def __init__(self, flow_file: Path, folder: Path) -> None:
        self._flow_file = flow_file.absolute()
        self._folder = folder.absolute()
        self.key = secrets.token_bytes(16)
        self.listener = Listener(authkey=self.key, backlog=64)
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the nursery
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self.forked: set[int] = set()
        self.parent: Connection | None = None
        self._asking = threading.Lock()
        self.start()

    def start(self) -> subprocess.Popen[bytes]:
        """Start one more process; it connects when it has loaded the module."""
        process = subprocess.Popen(
            command(sys.path, str(self.listener.address), self._flow_file, self._folder),
            stdin=subprocess.PIPE,
            stdout=self.log,
            stderr=self.log,
            cwd=self._folder,
        )
        assert process.stdin is not None
        process.stdin.write(self.key.hex().encode())
        process.stdin.flush()
        self._processes[process.pid] = process
        return process

    def fork(self, count: int) -> None:
        """Let the first process make workers; they connect by themselves."""
        if self.parent is not None:
            with self._asking:
                self.parent.send(("fork", count))

    def exit_text(self, pid: int) -> str:
        """How a process that has ended did so."""
        code: int | None = None
        process = self._processes.pop(pid, None)
        if process is not None:
            code = process.wait()
        elif pid in self.forked and self.parent is not None:
            self.forked.discard(pid)
            with self._asking, contextlib.suppress(EOFError, OSError):
                self.parent.send(("status", pid))
                code = os.waitstatus_to_exitcode(self.parent.recv())
        if code is not None and code < 0:
            with contextlib.suppress(ValueError):
                return f"signal {signal.Signals(-code).name}"
        return f"exit code {code}"

    def running(self) -> list[subprocess.Popen[bytes]]:
        """The processes that were started here."""
        return list(self._processes.values())

    def close(self) -> None:
        """End all processes. May be called again."""
        for pid in list(self.forked):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.forked.clear()
        for process in self.running():
            process.kill()
            process.wait()
            if process.stdin is not None:
                process.stdin.close()
        self.listener.close()
        self.log.close()


class Processes:
    """A pool of worker processes; one that dies is replaced.

    Args:
        setup: what workers know of the batch.
        workers: how many.
        nursery: started earlier; None to start one.
    """

    def __init__(self, setup: Setup, workers: int, nursery: Nursery | None = None) -> None:
        self.workers = workers
        self._setup = setup
        self._nursery = nursery or Nursery(setup.flow_file, setup.folder)
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()
        self._closed = False
        self._problem = ""
        self._seen: set[int] = set()
        for process in self._nursery.running():
            self._watch(process)
        if not sys.platform.startswith("linux"):
            self._start(workers - 1)
        threading.Thread(target=self._greet, name="worker-greeter", daemon=True).start()

    def run(self, chunk: Chunk, report: Report) -> None:
        """Give the chunk to a free worker and wait for its end."""
        worker = self._idle.get()
        if worker.connection is None:
            self._idle.put(worker)  # for the others that wait
            raise WorkerLost(self._problem or "the batch has been closed", for_good=True)
        try:
            worker.connection.send_bytes(pickle.dumps(chunk, protocol=5))
            while True:
                kind, content = worker.connection.recv()
                if kind == "idle":
                    break
                report(content)
        except (EOFError, OSError) as error:
            raise WorkerLost(f"the worker process ended with {self._replaced(worker)}") from error
        self._idle.put(worker)

    def close(self) -> None:
        """End all workers, those that are busy too."""
        self._closed = True
        self._nursery.close()
        self._idle.put(_Worker(None, 0))  # for whoever waits for a worker

    def _start(self, count: int) -> None:
        for _ in range(count):
            self._watch(self._nursery.start())

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        """Notice a process that ends before it says that it is there."""

        def wait() -> None:
            process.wait()
            if process.pid not in self._seen and not self._closed:
                self._fail(f"a worker process ended as it started, with exit code {process.returncode}")

        threading.Thread(target=wait, name="worker-watch", daemon=True).start()

    def _greet(self) -> None:
        """Take in processes as they connect."""
        while not self._closed:
            try:
                connection = self._nursery.listener.accept()
                pid, can_fork, problem = connection.recv()
            except (OSError, EOFError):
                continue
            self._seen.add(pid)
            with contextlib.suppress(OSError):  # if it has died meanwhile, `run` will notice
                self._welcome(connection, pid, can_fork, problem)

    def _welcome(self, connection: Connection, pid: int, can_fork: bool, problem: str) -> None:
        if problem:
            self._fail(f"the flow's module can't be loaded in a worker: {problem}")
        elif can_fork and self._nursery.parent is None:
            self._nursery.parent = connection
            self._nursery.fork(self.workers)
        else:
            if pid not in {process.pid for process in self._nursery.running()}:
                self._nursery.forked.add(pid)
            elif self._nursery.parent is None and len(self._nursery.running()) == 1:
                self._start(self.workers - 1)
            connection.send(("serve", self._setup))
            self._idle.put(_Worker(connection, pid))

    def _fail(self, problem: str) -> None:
        self._problem = problem
        self._idle.put(_Worker(None, 0))

    def _replaced(self, worker: _Worker) -> str:
        """Make another worker; how the old one ended."""
        how = self._nursery.exit_text(worker.pid)
        if self._closed:
            return how
        if self._nursery.parent is not None:
            self._nursery.fork(1)
        else:
            self._start(1)
        return how


class _Worker:
    """A process and the way to it; no connection if there can't be any."""

    def __init__(self, connection: Any, pid: int) -> None:
        self.connection: Connection | None = connection
        self.pid = pid
