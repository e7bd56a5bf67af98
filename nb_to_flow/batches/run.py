"""A batch as one Prefect flow run: each chunk of pieces is a task run."""

from __future__ import annotations

import contextlib
import functools
import queue
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from nb_to_flow.batches.chunks import Publisher, ahead, log_printed, names, own_log, usable
from nb_to_flow.batches.jobs import Chunk, Job, Setup
from nb_to_flow.batches.outcome import outcome
from nb_to_flow.batches.pools import Pool, Threads, WorkerLost, cores, wait_for_workers
from nb_to_flow.batches.processes import Nursery, Processes
from nb_to_flow.batches.schedule import Consequences, Schedule
from nb_to_flow.batches.store import Store, clear, recorded
from nb_to_flow.batches.workshop import load_module
from nb_to_flow.ir.batch import (
    BatchOptions,
    BatchTotals,
    Finished,
    Ledger,
    Piece,
    Program,
    Progress,
    SetRecord,
    State,
)
from nb_to_flow.ir.errors import InputError

_TICK = 1.0


def run_batch(
    program: Program,
    ledger: Ledger,
    results: Path,
    options: BatchOptions,
    say: Callable[[str], None],
    show: Callable[[Progress], None],
    published: Callable[[], None] | None = None,
    nursery: Nursery | None = None,
) -> BatchTotals:
    """Run what is left of a batch, to its end.

    Args:
        program: what `trace` made.
        ledger: where it is recorded; what it knows to be done is not run.
        results: the results folder; it exists.
        options: how to run.
        say: gets a line for what the user should know.
        show: gets the progress, often.
        published: called every few seconds, in the flow run's context but another thread, and at the end;
            may call the server.
        nursery: for the runner "process", worker processes that have been started already.

    Raises InputError if it can't start. A piece that fails is no exception: it is in the ledger.
    """
    results = results.resolve()
    store = results / ".store"
    store.mkdir(exist_ok=True)
    wait_for_workers(store)
    driver = _Driver(program, ledger, results, options, show, published)
    try:
        with _pool(program, results, options, nursery) as pool:
            return driver.run(pool)
    finally:
        driver.close()


@contextlib.contextmanager
def _pool(program: Program, results: Path, options: BatchOptions, nursery: Nursery | None) -> Iterator[Pool]:
    setup = Setup(
        flow_file=program.flow_file,
        flow_name=program.flow_name,
        folder=program.folder,
        store=results / ".store",
        results=results,
        trusted=program.trusted,
        artifacts=options.artifacts,
        own_process=options.runner != "thread",
    )
    workers = options.max_workers or cores()
    pool: Pool
    if options.runner == "process":
        pool = Processes(setup, workers, nursery)
    elif options.runner == "thread":
        pool = Threads(setup, workers, load_module(setup.flow_file))
    else:
        raise InputError(
            f"{options.runner!r} is no runner of batches", "Choose process, thread, dask or ray."
        )
    try:
        yield pool
    finally:
        pool.close()


class _Driver:
    """The flow run's side: what runs next, what has ended."""

    def __init__(
        self,
        program: Program,
        ledger: Ledger,
        results: Path,
        options: BatchOptions,
        show: Callable[[Progress], None],
        published: Callable[[], None] | None,
    ) -> None:
        self.program = program
        self.ledger = ledger
        self.results = results
        self.options = options
        self.show = show
        self.publisher = Publisher(published)
        self.store = Store(results / ".store")
        self.began = time.monotonic()
        self.finished: dict[str, Finished] = {}
        self.known: dict[int, SetRecord] = dict(ledger.known_sets())
        self.done = {i for i, r in self.known.items() if r.state is State.DONE}
        self.failed = {i for i, r in self.known.items() if r.state is State.FAILED}
        self.events: queue.Queue[tuple[str, int, Any]] = queue.Queue()
        self.in_flight: dict[int, Chunk] = {}
        self.futures: dict[int, Any] = {}
        self.chunk_of: dict[str, int] = {}
        self.spoilt: set[int] = set()  # chunks in which a piece failed
        self.pieces_run = 0
        self.work_seconds = 0.0
        self.stopping = False

    def run(self, pool: Pool) -> BatchTotals:
        """The whole batch."""
        self._take_over(pool.workers)
        flow_run = self._flow_run(pool) if self.schedule.to_run else ""
        return self._totals(flow_run)

    def close(self) -> None:
        """Remove intermediate results, unless they may be needed: for a resumed run, or as asked."""
        self.store.close()
        every = self.done >= {s.index for s in self.program.sets}
        if every and not self.options.keep_intermediates:
            clear(self.results / ".store")

    def _take_over(self, workers: int) -> None:
        """What earlier runs have finished, according to the ledger and to what their workers left."""
        before = dict(self.ledger.finished())
        unheard = [f for f in recorded(self.results / ".store") if f.key not in before]
        self.ledger.add(self.program)
        unheard = [f for f in unheard if f.key in self.program.pieces]
        self.ledger.finish(unheard)
        candidates = {**before, **{f.key: f for f in unheard}}
        self.finished = usable(self.program, candidates, self.store)
        self.kept = len(self.finished)
        self.schedule = Schedule(self.program, self.finished, self.known, workers)
        broken = [s for s in self.program.sets if s.error and s.index not in self.known]
        self._end_sets([SetRecord(index=s.index, state=State.FAILED, error=s.error) for s in broken])
        self._end_sets([self._record(index) for index in self.schedule.complete()])

    # The flow run

    def _flow_run(self, pool: Pool) -> str:
        from prefect import flow
        from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
        from prefect.states import Completed, Failed
        from prefect.task_runners import ThreadPoolTaskRunner

        found: list[str] = []

        def batch(flow_file: str, results: str, sets: int) -> Any:
            from prefect.runtime import flow_run

            found.append(str(flow_run.id))
            self._loop(pool)
            message = self._message()
            return Failed(message=message) if self.failed or self.stopping else Completed(message=message)

        runner: Any = ThreadPoolTaskRunner(max_workers=pool.workers + ahead(pool.workers))
        name = f"batch of {self.program.flow}"
        described = flow(name=name, task_runner=runner, log_prints=False, validate_parameters=False)(batch)
        with own_log(), temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
            state: Any = described(
                str(self.program.flow_file), str(self.results), len(self.program.sets), return_state=True
            )
        error = state.result(raise_on_failure=False) if not found or self.in_flight else None
        if isinstance(error, BaseException):
            raise error
        return found[0]

    def _loop(self, pool: Pool) -> None:
        """Give out chunks and take in what has ended, until nothing is left."""
        chunk_task = self._chunk_task(pool)
        most = pool.workers + ahead(pool.workers)
        with self.publisher.running():
            while self.schedule.to_run:
                while len(self.in_flight) < most and not self.stopping and self._submit_next(chunk_task):
                    pass
                if not self.in_flight:
                    break
                self._take_events()
                self._show()
        for future in self.futures.values():
            future.wait()

    def _chunk_task(self, pool: Pool) -> Any:
        from prefect import task
        from prefect.cache_policies import NO_CACHE
        from prefect.states import Completed, Failed

        def run_chunk(chunk: int) -> Any:
            given = self.in_flight[chunk]
            ended: list[Finished] = []

            def report(some: list[Finished]) -> None:
                ended.extend(some)
                self.events.put(("ended", chunk, some))

            lost = ""
            try:
                pool.run(given, report)
            except WorkerLost as problem:
                lost = str(problem)
                if problem.for_good:
                    self.events.put(("broken", chunk, InputError(lost)))
            except BaseException as error:
                self.events.put(("broken", chunk, error))
                raise
            log_printed(given, ended)
            self.events.put(("chunk", chunk, lost))
            failed = [f for f in ended if f.state is State.FAILED]
            if failed or lost:
                reason = lost or f"{len(failed)} of {len(given.jobs)} failed; {failed[0].error}"
                return Failed(message=reason)
            return Completed(message=f"{len(given.jobs)} pieces")

        threads = self.options.runner == "thread"
        return task(cache_policy=NO_CACHE, persist_result=False, log_prints=threads)(run_chunk)

    def _submit_next(self, chunk_task: Any) -> bool:
        keys, seconds = self.schedule.next_chunk()
        if not keys:
            return False
        chunk = self._chunk(keys, seconds)
        self.in_flight[chunk.number] = chunk
        self.ledger.start(keys)
        for key in keys:
            self.chunk_of[key] = chunk.number
        name, run_name = names(self.program, [self.program.pieces[key] for key in keys])
        named = chunk_task.with_options(name=name, task_run_name=run_name.replace("{", "(").replace("}", ")"))
        waits = {self.chunk_of[up] for job in chunk.jobs for up in job.upstream if up in self.chunk_of}
        before = [self.futures[n] for n in sorted(waits - self.spoilt - {chunk.number}) if n in self.futures][
            :20
        ]
        self.futures[chunk.number] = named.submit(chunk.number, wait_for=before)
        return True

    def _chunk(self, keys: list[str], seconds: float) -> Chunk:
        inside = set(keys)
        jobs = tuple(self._job(self.program.pieces[key], inside) for key in keys)
        return Chunk(number=len(self.futures), jobs=jobs, seconds=seconds)

    def _job(self, piece: Piece, inside: set[str]) -> Job:
        own = None if piece.own_folder is None else self.results / "sets" / str(piece.own_folder)
        return Job(
            key=piece.key,
            task=piece.task,
            function=piece.function,
            label=piece.label,
            arguments=piece.arguments,
            wanted=piece.wanted,
            policy=piece.policy,
            exclusive=piece.exclusive,
            upstream=piece.upstream,
            places={key: self.finished[key].place for key in piece.upstream if key not in inside},
            consumed=self.schedule.consumed(piece.key),
            folder=own,
        )

    # What has ended

    def _take_events(self) -> None:
        """Wait for something to happen and take in all that has."""
        events = []
        with contextlib.suppress(queue.Empty):
            events.append(self.events.get(timeout=_TICK))
            while True:
                events.append(self.events.get_nowait())
        ended: list[Finished] = []
        for kind, _, content in events:
            if kind == "ended":
                ended += content
            elif kind == "broken":
                raise content
        self._take(ended)
        for kind, number, content in events:
            if kind == "chunk":
                self._chunk_ended(number, content)

    def _take(self, ended: list[Finished]) -> None:
        if not ended:
            return
        consequences: list[tuple[Finished, Consequences]] = []
        for finished in ended:
            self.finished[finished.key] = finished
            self.pieces_run += 1
            self.work_seconds += finished.seconds
            consequences.append((finished, self.schedule.ended(finished)))
        skipped = {key for _, found in consequences for key in found.skipped}
        self.ledger.finish([*ended, *(Finished(key=key, state=State.SKIPPED) for key in sorted(skipped))])
        records: list[SetRecord] = []
        for finished, found in consequences:
            records += [self._record(index) for index in found.done]
            records += [self._failure(index, finished) for index in found.failed]
            if finished.state is State.DONE:
                for key in self.schedule.unneeded(finished.key):
                    self.store.drop(self.finished[key].place)
            else:
                self.spoilt.add(self.chunk_of[finished.key])
                self.stopping = self.stopping or self.options.on_error == "stop"
        self._end_sets(records)

    def _chunk_ended(self, number: int, lost: str) -> None:
        """All that a chunk had to say has been taken in; what it left out can run again."""
        chunk = self.in_flight.pop(number)
        left = [job.key for job in chunk.jobs if self.schedule.state[job.key] is State.RUNNING]
        if lost:
            self.spoilt.add(number)
            known = {f.key: f for f in recorded(self.results / ".store")} if left else {}
            self._take([known[key] for key in left if key in known])
            left = [key for key in left if key not in known]
            if left:
                self._take([Finished(key=left[0], state=State.FAILED, error=f"WorkerLost: {lost}")])
                left = left[1:]
        self.schedule.back(left)

    def _record(self, index: int) -> SetRecord:
        traced = self.program.sets[self._position(index)]
        seconds = sum(self.finished[key].seconds for key in traced.pieces)
        return outcome(self.program, traced, self.finished, seconds, self.results)

    def _failure(self, index: int, finished: Finished) -> SetRecord:
        task = self.program.pieces[finished.key].task or self.program.flow_name
        traced = self.program.sets[self._position(index)]
        seconds = sum(self.finished[key].seconds for key in traced.pieces if key in self.finished)
        return SetRecord(index=index, state=State.FAILED, error=f"{task}: {finished.error}", seconds=seconds)

    def _position(self, index: int) -> int:
        return self._positions[index]

    @functools.cached_property
    def _positions(self) -> dict[int, int]:
        return {traced.index: i for i, traced in enumerate(self.program.sets)}

    def _end_sets(self, records: list[SetRecord]) -> None:
        if not records:
            return
        for record in records:
            (self.done if record.state is State.DONE else self.failed).add(record.index)
        self.ledger.set_ended(records)

    def _show(self) -> None:
        left = self.schedule.seconds_left()
        running = [
            names(self.program, [self.program.pieces[j.key] for j in c.jobs])[1]
            for c in self.in_flight.values()
        ]
        self.show(
            Progress(
                sets=len(self.program.sets),
                done=len(self.done),
                failed=len(self.failed),
                pieces=len(self.program.pieces),
                pieces_ended=len(self.program.pieces) - self.schedule.to_run,
                seconds=time.monotonic() - self.began,
                seconds_left=None if left is None else left / self.schedule.workers,
                running=tuple(running),
            )
        )

    def _message(self) -> str:
        total = len(self.program.sets)
        text = f"{len(self.done)} of {total} sets done, {self.pieces_run} pieces run"
        return text + (f", {len(self.failed)} sets failed" if self.failed else "")

    def _totals(self, flow_run: str) -> BatchTotals:
        alone = 0.0
        for traced in self.program.sets:
            alone += sum(self.finished[key].seconds for key in traced.pieces if key in self.finished)
        return BatchTotals(
            done=len(self.done),
            failed=len(self.failed),
            left=len(self.program.sets) - len(self.done | self.failed),
            pieces_run=self.pieces_run,
            pieces_kept=self.kept,
            work_seconds=self.work_seconds,
            alone_seconds=alone,
            seconds=time.monotonic() - self.began,
            task_runs=len(self.futures),
            flow_run=flow_run,
        )
