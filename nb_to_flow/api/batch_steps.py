"""The steps of a batch: trace, record, run, and keep tables, page and artifact current meanwhile."""

from __future__ import annotations

import contextlib
import datetime
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from nb_to_flow.api.batch_inputs import BatchFlow
from nb_to_flow.batches.artifact import TableArtifact
from nb_to_flow.batches.current import kept_current
from nb_to_flow.batches.sets import ParameterSets
from nb_to_flow.batches.tables import replace_file, write_tables
from nb_to_flow.ir.batch import BatchOptions, ParameterSet, Program
from nb_to_flow.ir.batch_result import BatchReport, TaskRow
from nb_to_flow.ir.errors import InputError
from nb_to_flow.report.batch_page import batch_page

if TYPE_CHECKING:
    from nb_to_flow.batches.ledger import SqliteLedger

PAGE = "summary.html"
_TABLES_EVERY = 5.0


def recorded_sets(
    flow: BatchFlow, ledger: SqliteLedger, asked: ParameterSets | None, say: Callable[[str], None]
) -> tuple[ParameterSet, ...]:
    """The batch's sets, those of an earlier run included. Raises InputError if there are none."""
    earlier = ledger.meta("flow")
    if earlier and earlier != flow.flow.name:
        raise InputError(f"the results are those of the flow {earlier!r}", "Name another folder.")
    before = len(ledger.sets()) if earlier else 0
    new = ledger.ask(asked) if asked is not None else 0
    sets = ledger.sets()
    if not sets:
        raise InputError(
            "the batch has no parameter sets that fit the flow", "Give a file of them, or a grid."
        )
    if before and new:
        say(f"{new} parameter sets are new, {before} were there")
    ledger.describe(
        {
            "flow": flow.flow.name,
            "file": os.path.basename(flow.notebook or flow.file),
            "started": datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M:%S %z"),
        }
    )
    return sets


def recorded_program(
    flow: BatchFlow,
    ledger: SqliteLedger,
    sets: tuple[ParameterSet, ...],
    options: BatchOptions,
    say: Callable[[str], None],
) -> Program:
    """The sets traced; the ledger knows what each comes down to. Raises InputError."""
    program = traced(flow, sets, options)
    changed = ledger.reconcile(program)
    if changed:
        say(f"the flow has changed: {changed} sets run again, as far as they depend on what changed")
    ledger.describe({"runner": options.runner})
    for reason, count in untraceable(program).items():
        say(f"{count} sets are run whole, nothing is shared between them: {reason}")
    for turn in program.turns:
        say(str(turn))
    if options.runner == "thread" and any(p.own_folder is not None for p in program.pieces.values()):
        say(
            "tasks in folders of their own run one at a time: threads share a working folder, processes don't"
        )
    return program


def traced(
    flow: BatchFlow, sets: tuple[ParameterSet, ...], options: BatchOptions, *, shared: bool = True
) -> Program:
    """What the sets come down to. Raises InputError if they would overwrite each other's files."""
    from nb_to_flow.batches.trace import trace

    return trace(flow.flow, flow.file, flow.folder, sets, options, trusted=flow.trusted, shared=shared)


def untraceable(program: Program) -> Counter[str]:
    """Why sets are run whole, and how many."""
    return Counter(each.untraceable for each in program.sets if each.untraceable)


def task_rows(program: Program) -> tuple[TaskRow, ...]:
    """Calls of each task, in the order of the flow; nothing has run."""
    users = Counter(key for each in program.sets for key in each.pieces)
    distinct: Counter[str] = Counter()
    calls: Counter[str] = Counter()
    for key, piece in program.pieces.items():
        distinct[piece.task] += 1
        calls[piece.task] += users[key]
    return tuple(
        TaskRow(task=task, distinct=count, calls=calls[task], ran=0, seconds=0, alone_seconds=0)
        for task, count in distinct.items()
    )


class Shown:
    """What people and other programs see of a batch while it runs."""

    def __init__(self, results: Path, flow: str) -> None:
        self.results = results
        self._flow = flow
        self._artifact: TableArtifact | None = None

    @contextlib.contextmanager
    def kept_current(self) -> Iterator[None]:
        """While open, tables and page follow the ledger; at the end they show it as it is."""
        try:
            with kept_current(self.write_tables, every=_TABLES_EVERY):
                yield
        finally:
            self.write_tables()

    def report(self) -> BatchReport:
        """How the batch stands, from the ledger."""
        from nb_to_flow.batches.view import LedgerView

        with contextlib.closing(LedgerView(self.results)) as view:
            return view.report()

    def write_tables(self) -> None:
        """The tables and the page."""
        report = self.report()
        write_tables(self.results, report.sets)
        replace_file(self.results / PAGE, batch_page(report).encode())

    def publish(self) -> None:
        """The artifact of the flow run, within which this is called.

        That a server is busy or gone for a while is no reason to fail.
        """
        from prefect.runtime import flow_run

        from nb_to_flow.batches.view import LedgerView

        with contextlib.closing(LedgerView(self.results)) as view, contextlib.suppress(Exception):
            self._artifact = self._artifact or TableArtifact(self._flow, str(flow_run.id))
            self._artifact.show(tuple(view.sets()), view.counts())
