"""Checks many made-up notebooks in several processes; one that hangs costs its time limit and no more."""

from __future__ import annotations

import contextlib
import multiprocessing
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from tests.soundness.check import Failure, find_failure, reduced
from tests.soundness.notebooks import make_up, text

SECONDS = 60.0  # for one notebook
SECONDS_TO_REDUCE = 600.0
Check = Callable[[int], "Failure | str | None"]
_CONTEXT = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One notebook was looked at; `problem` says in full what is wrong with it, "" for nothing."""

    seed: int
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """A notebook to check, or, with its failure, to reduce."""

    seed: int
    seconds: float
    check: Check
    failure: Failure | None = None


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    connection: Connection[Any, Any]
    job: _Job | None = None
    deadline: float = 0.0
    is_up: bool = False

    def start(self, job: _Job) -> None:
        if not self.is_up:
            self.connection.recv()
            self.is_up = True
        self.job, self.deadline = job, time.monotonic() + job.seconds
        self.connection.send(job)

    def stop(self) -> None:
        self.process.kill()
        self.process.join()
        self.connection.close()


def check_one(seed: int) -> Failure | str | None:
    """What is wrong with the notebook of that number."""
    try:
        return find_failure(make_up(seed))
    except Exception as error:  # noqa: BLE001
        return f"{text(make_up(seed))}\n\nthe check raised {type(error).__name__}: {error}"


def check_many(
    seeds: Iterable[int], jobs: int = 1, check: Check = check_one, seconds: float = SECONDS
) -> Iterator[Checked]:
    """Look at the notebooks of these numbers, each in one of `jobs` processes, and say how each did.

    Those that do something else are reduced before they are reported; if that takes too long they are
    reported as they are. Results come as they are ready.
    """
    todo: Iterator[_Job] = (_Job(seed=seed, seconds=seconds, check=check) for seed in seeds)
    again: deque[_Job] = deque()
    workers = [_started() for _ in range(max(jobs, 1))]
    try:
        while True:
            for worker in workers:
                job = None if worker.job else (again.popleft() if again else next(todo, None))
                if job is not None:
                    worker.start(job)
            busy = [w for w in workers if w.job]
            if not busy:
                return
            yield from _finished(workers, busy, again)
    finally:
        for worker in workers:
            worker.stop()


def _finished(workers: list[_Worker], busy: list[_Worker], again: deque[_Job]) -> Iterator[Checked]:
    """Wait for an answer or a time limit; what failed is put into `again`, to be reduced."""
    first = min(w.deadline for w in busy)
    ready = wait([w.connection for w in busy], max(first - time.monotonic(), 0.0))
    for worker in busy:
        job = worker.job
        assert job is not None
        if worker.connection in ready:
            worker.job = None
            answer = _answer(worker)
            if isinstance(answer, Failure) and job.failure is None:
                again.append(replace(job, seconds=SECONDS_TO_REDUCE, failure=answer))
            else:
                yield Checked(seed=job.seed, problem=str(answer) if answer else "")
            if answer is _DIED:
                workers[workers.index(worker)] = _replaced(worker)
        elif time.monotonic() >= worker.deadline:
            workers[workers.index(worker)] = _replaced(worker)
            yield Checked(seed=job.seed, problem=_given_up(job))


_DIED = "the process that looked at it died"


def _answer(worker: _Worker) -> Failure | str | None:
    try:
        answer: Failure | str | None = worker.connection.recv()
    except EOFError:
        return _DIED
    return answer


def _given_up(job: _Job) -> str:
    if job.failure is not None:
        return str(job.failure)
    return f"{text(make_up(job.seed))}\n\nnot done after {job.seconds:.0f} s"


def _replaced(worker: _Worker) -> _Worker:
    worker.stop()
    return _started()


def _started() -> _Worker:
    here, there = _CONTEXT.Pipe()
    process = _CONTEXT.Process(target=_work, args=(there,), daemon=True)
    process.start()
    there.close()
    return _Worker(process, here)


def _work(connection: Connection[Any, Any]) -> None:
    """A worker's life: jobs come in, what is wrong goes out."""
    connection.send("up")
    with contextlib.suppress(EOFError):
        while True:
            job: _Job = connection.recv()
            connection.send(job.check(job.seed) if job.failure is None else _reduced(job.failure))


def _reduced(failure: Failure) -> Failure:
    try:
        return reduced(failure)
    except Exception:  # noqa: BLE001
        return failure
