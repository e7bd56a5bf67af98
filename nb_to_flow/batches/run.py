"""A batch, from what has been traced to its end."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

from nb_to_flow.batches.driver import Driver
from nb_to_flow.batches.flow_run import FlowRun
from nb_to_flow.batches.jobs import Setup
from nb_to_flow.batches.pools import Pool, Threads, cores
from nb_to_flow.batches.processes import Nursery, Processes
from nb_to_flow.batches.quiet import artifacts_left_out
from nb_to_flow.batches.workshop import load_module
from nb_to_flow.batches.writers import wait_for_workers
from nb_to_flow.ir.batch import BatchOptions, BatchTotals, Ledger, Program, Progress
from nb_to_flow.ir.errors import InputError

RUNNERS = ("process", "thread", "dask", "ray")


def run_batch(
    program: Program,
    ledger: Ledger,
    results: Path,
    options: BatchOptions,
    say: Callable[[str], None],
    show: Callable[[Progress], None],
    publish: Callable[[], None] = lambda: None,
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
        publish: called every few seconds, in the flow run's context but another thread, and at the end;
            may call the server.
        nursery: for the runner "process", worker processes that have been started already.

    Raises InputError if it can't start. A piece that fails is no exception: it is in the ledger.
    """
    _check(options)
    results = results.resolve()
    store = results / ".store"
    store.mkdir(exist_ok=True)
    wait_for_workers(store)
    driver = Driver(program, ledger, results, options)
    try:
        with _pool(program, results, options, nursery) as pool:
            driver.take_over(pool.workers)
            if driver.to_run:
                FlowRun(driver, pool, publish, show).run()
            return driver.totals()
    finally:
        driver.close()


def _check(options: BatchOptions) -> None:
    if options.runner not in RUNNERS:
        raise InputError(
            f"{options.runner!r} is no runner of batches", "Choose process, thread, dask or ray."
        )
    if options.max_workers is not None and options.max_workers < 1:
        raise InputError(f"a batch needs at least one worker, not {options.max_workers}")


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
        written=program.written,
        up=program.up,
        token=secrets.token_hex(4),
    )
    with contextlib.ExitStack() as stack:
        pool = _made(setup, options, nursery, stack)
        stack.callback(pool.close)
        yield pool


def _made(setup: Setup, options: BatchOptions, nursery: Nursery | None, stack: contextlib.ExitStack) -> Pool:
    workers = options.max_workers or cores()
    if options.runner == "process":
        return Processes(setup, workers, nursery)
    if options.runner == "thread":
        module = load_module(setup.flow_file)
        left_out = artifacts_left_out(module, artifacts=setup.artifacts, generated=setup.trusted)
        stack.enter_context(left_out)
        return Threads(setup, workers, module)
    from nb_to_flow.batches.clusters import Dask, Ray

    if options.runner == "dask":
        return Dask(setup, options.address, options.max_workers)
    return Ray(setup, options.address, options.max_workers)
