"""Flows written to files, and batches of them without a server."""

from __future__ import annotations

import inspect
import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

from nb_to_flow.batches.driver import Driver
from nb_to_flow.batches.export import load_output
from nb_to_flow.batches.jobs import Setup
from nb_to_flow.batches.quiet import without_runs
from nb_to_flow.batches.trace import trace
from nb_to_flow.batches.workshop import Workshop, load_module
from nb_to_flow.ir.batch import BatchOptions, Finished, ParameterSet, Program, SetRecord, State

HEAD = """\
from prefect import flow, task
from prefect.cache_policies import NO_CACHE


@task
def load() -> dict:
    return {"EU": 1, "US": 2}


@task
def part(data: dict, region: str) -> int:
    return data[region] * 100


@task
def fit(base: int, n: int) -> tuple:
    return base + n, {"n": n}


"""


def write_flow(folder: Path, body: str, name: str = "made", head: str = HEAD) -> Any:
    """A module of that text; its flow."""
    path = folder / f"{name}.py"
    path.write_text(head + dedent(body))
    sys.modules.pop(name, None)
    return vars(load_module(path))[name]


def sets_of(flow: Any, rows: Iterable[Mapping[str, Any]]) -> list[ParameterSet]:
    """Parameter sets with the flow's defaults filled in."""
    signature = inspect.signature(flow.fn).parameters
    defaults = {n: p.default for n, p in signature.items() if p.default is not p.empty}
    return [ParameterSet(index=i, values={**defaults, **row}) for i, row in enumerate(rows)]


def program_of(
    flow: Any,
    rows: Iterable[Mapping[str, Any]],
    folder: Path,
    options: BatchOptions | None = None,
    *,
    shared: bool = True,
) -> Program:
    """The flow traced for these rows."""
    file = Path(flow.fn.__code__.co_filename)
    return trace(flow, file, folder, sets_of(flow, rows), options, trusted=True, shared=shared)


class MemoryLedger:
    """A ledger that forgets everything in the end."""

    def __init__(self) -> None:
        self.pieces: dict[str, Finished] = {}
        self.sets: dict[int, SetRecord] = {}
        self.started: list[str] = []

    def finished(self) -> Mapping[str, Finished]:
        return {key: f for key, f in self.pieces.items() if f.state is State.DONE}

    def known_sets(self) -> Mapping[int, SetRecord]:
        return {i: r for i, r in self.sets.items() if r.state is State.DONE}

    def add(self, program: Program) -> None:
        pass

    def start(self, keys: Iterable[str]) -> None:
        self.started += keys

    def finish(self, pieces: Iterable[Finished]) -> None:
        for finished in pieces:
            self.pieces[finished.key] = finished

    def set_ended(self, records: Iterable[SetRecord]) -> None:
        for record in records:
            assert record.index not in self.sets or self.sets[record.index].state is not State.DONE
            self.sets[record.index] = record


def run_here(
    program: Program,
    results: Path,
    ledger: MemoryLedger | None = None,
    options: BatchOptions | None = None,
    most_chunks: int = 10_000,
) -> MemoryLedger:
    """Run a program piece by piece in this process, without Prefect; after `most_chunks` all is dropped."""
    ledger = ledger or MemoryLedger()
    store = results / ".store"
    store.mkdir(parents=True, exist_ok=True)
    driver = Driver(program, ledger, results, options or BatchOptions())
    driver.take_over(2)
    setup = Setup(
        flow_file=program.flow_file,
        flow_name=program.flow_name,
        folder=program.folder,
        store=store,
        results=results,
        trusted=program.trusted,
        written=program.written,
        up=program.up,
    )
    module = load_module(program.flow_file)
    undo = without_runs(module, artifacts=False, generated=False)
    shop = Workshop(setup, module)
    before = os.getcwd()
    os.chdir(program.folder)
    try:
        while driver.to_run and (chunk := driver.next_chunk()):
            if chunk.number == most_chunks:
                return ledger
            ended: list[Finished] = []
            shop.run(chunk, ended.extend)
            driver.take(ended)
            driver.chunk_ended(chunk.number, "")
    finally:
        os.chdir(before)
        undo()
        shop.store.close()
    driver.close()
    return ledger


def values_of(ledger: MemoryLedger, results: Path) -> dict[int, dict[str, Any]]:
    """What the sets that are done returned."""
    return {
        index: {name: load_output(output, results) for name, output in record.outputs.items()}
        for index, record in ledger.sets.items()
        if record.state is State.DONE
    }
