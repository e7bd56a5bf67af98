"""A batch as a Prefect flow run: each chunk is a task run, in a thread that waits for the chunk's worker."""

from __future__ import annotations

import contextlib
import queue
import time
from collections.abc import Callable
from typing import Any

from nb_to_flow.batches.chunks import ahead, log_printed, names, own_log
from nb_to_flow.batches.current import kept_current
from nb_to_flow.batches.driver import Driver
from nb_to_flow.batches.jobs import Chunk
from nb_to_flow.batches.pools import Pool, WorkerLost
from nb_to_flow.ir.batch import Finished, Progress, State
from nb_to_flow.ir.errors import InputError

_TICK = 1.0
_SHOW_SECONDS = 0.2
_PUBLISH_SECONDS = 5.0
_MOST_EDGES = 20  # more would make the graph of the flow run unreadable


class FlowRun:
    """One run of what a driver has to do.

    Args:
        driver: knows what to run.
        pool: runs it.
        publish: called now and then, in another thread; may call the server.
        show: gets the progress.
    """

    def __init__(
        self, driver: Driver, pool: Pool, publish: Callable[[], None], show: Callable[[Progress], None]
    ) -> None:
        self.driver = driver
        self.pool = pool
        self.publish = publish
        self.show = show
        self.events: queue.Queue[tuple[str, int, Any]] = queue.Queue()
        self.futures: dict[int, Any] = {}
        self.problem: BaseException | None = None
        self.shown = 0.0

    def run(self) -> None:
        """The whole flow run. Raises InputError if there are no workers, else what breaks the driver."""
        from prefect import flow
        from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
        from prefect.task_runners import ThreadPoolTaskRunner

        def batch(flow_file: str, results: str, sets: int) -> Any:
            return self._body()

        program = self.driver.program
        runner: Any = ThreadPoolTaskRunner(max_workers=self._most)
        described = flow(
            name=f"batch of {program.flow}", task_runner=runner, log_prints=False, validate_parameters=False
        )(batch)
        # Without the heartbeat, which sleeps in whole seconds, a short batch doesn't wait for it.
        with own_log(), temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
            state: Any = described(
                str(program.flow_file), str(self.driver.results), len(program.sets), return_state=True
            )
        if self.problem is None and not self.driver.flow_run:
            self.problem = state.result(raise_on_failure=False)  # the server took no flow run
        if isinstance(self.problem, BaseException):
            raise self.problem

    @property
    def _most(self) -> int:
        return self.pool.workers + ahead(self.pool.workers)

    def _body(self) -> Any:
        from prefect.runtime import flow_run
        from prefect.states import Completed, Failed

        self.driver.flow_run = str(flow_run.id)
        try:
            self._loop()
        except BaseException as error:
            self.problem = error
            if self.driver.options.runner == "process":
                self.pool.close()  # task runs that wait for a worker would wait for ever
            raise
        message = self.driver.message()
        whole = not self.driver.failed and not self.driver.to_run
        return Completed(message=message) if whole else Failed(message=message)

    def _loop(self) -> None:
        """Give out chunks and take in what has ended, until nothing is left."""
        chunk_task = self._chunk_task()
        # The server may take its time to answer, or never do it.
        with kept_current(self.publish, every=_PUBLISH_SECONDS, share=0.1, once_more=True, patience=60):
            while self.driver.to_run:
                while len(self.driver.in_flight) < self._most and (chunk := self.driver.next_chunk()):
                    self._submit(chunk_task, chunk)
                if not self.driver.in_flight:
                    break
                self._take_events()
                self._show()
        for future in self.futures.values():
            future.wait()

    def _show(self) -> None:
        """Not after every event: they may come by the hundred."""
        now = time.monotonic()
        if now - self.shown > _SHOW_SECONDS or not self.driver.to_run:
            self.shown = now
            self.show(self.driver.progress())

    def _submit(self, chunk_task: Any, chunk: Chunk) -> None:
        name, run_name = names(self.driver.program, chunk)
        # Prefect fills in what stands in braces.
        named = chunk_task.with_options(name=name, task_run_name=run_name.replace("{", "(").replace("}", ")"))
        before = [self.futures[number] for number in self.driver.chunks_before(chunk)[:_MOST_EDGES]]
        self.futures[chunk.number] = named.submit(chunk.number, wait_for=before)

    def _chunk_task(self) -> Any:
        from prefect import task
        from prefect.cache_policies import NO_CACHE

        threads = self.driver.options.runner == "thread"
        return task(cache_policy=NO_CACHE, persist_result=False, log_prints=threads)(self._run_chunk)

    def _run_chunk(self, chunk: int) -> Any:
        """Body of the task run: in a thread of Prefect's task runner."""
        from prefect.states import Completed, Failed

        given = self.driver.in_flight[chunk]
        ended: list[Finished] = []

        def report(some: list[Finished]) -> None:
            ended.extend(some)
            self.events.put(("ended", chunk, some))

        lost = ""
        try:
            self.pool.run(given, report)
        except WorkerLost as problem:
            lost = str(problem)
            if problem.for_good:
                self.events.put(("broken", chunk, InputError(lost)))
        except BaseException as error:
            self.events.put(("broken", chunk, error))
            raise
        with contextlib.suppress(Exception):  # the log is news, not the batch
            log_printed(given, ended)
        self.events.put(("chunk", chunk, lost))
        failed = [finished for finished in ended if finished.state is State.FAILED]
        if failed or lost:
            return Failed(message=lost or f"{len(failed)} of {len(given.jobs)} failed; {failed[0].error}")
        return Completed(message=f"{len(given.jobs)} pieces")

    def _take_events(self) -> None:
        """Wait for something to happen and take in all that has."""
        events = []
        with contextlib.suppress(queue.Empty):
            events.append(self.events.get(timeout=_TICK))
            while True:
                events.append(self.events.get_nowait())
        for kind, _, content in events:
            if kind == "broken":
                raise content
        self.driver.take([finished for kind, _, content in events if kind == "ended" for finished in content])
        for kind, number, content in events:
            if kind == "chunk":
                self.driver.chunk_ended(number, content)
