"""Many parameter sets of one flow as one batch."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nb_to_flow.api.batch_inputs import SetSource, checked_sets, opened
from nb_to_flow.api.batch_steps import Shown, recorded_program, task_rows, traced, untraceable
from nb_to_flow.api.single import PathLike
from nb_to_flow.ir.batch import BatchOptions, BatchTotals, Program, Progress
from nb_to_flow.ir.batch_result import BatchReport, TaskRow
from nb_to_flow.ir.errors import InputError
from nb_to_flow.pipeline import ConvertOptions
from nb_to_flow.report.text import duration

if TYPE_CHECKING:
    from nb_to_flow.batches.ledger import SqliteLedger


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BatchResult:
    """How a batch ended.

    Attributes:
        folder: the results: tables, the page, the ledger, what sets returned.
        report: every set with its parameters, state, results and error.
        totals: counts and times.
        repeated: how many sets were left out because they repeat others.
    """

    folder: Path
    report: BatchReport
    totals: BatchTotals
    repeated: int = 0

    @property
    def ok(self) -> bool:
        """True if every set that was asked for is done."""
        return self.report.count("done") == len(self.report.sets)

    def to_json(self) -> dict[str, Any]:
        """What `batch --json` prints."""
        report, totals = self.report, self.totals
        return {
            "flow": report.title,
            "folder": str(self.folder),
            "sets": len(report.sets),
            "done": report.count("done"),
            "failed": report.count("failed", "skipped"),
            "invalid": report.count("invalid"),
            "not_run": report.count("pending", "running"),
            "repeated": self.repeated,
            "pieces_run": totals.pieces_run,
            "pieces_kept": totals.pieces_kept,
            "seconds": round(totals.seconds, 3),
            "work_seconds": round(totals.work_seconds, 3),
            "alone_seconds": round(totals.alone_seconds, 3),
            "task_runs": totals.task_runs,
            "flow_run": totals.flow_run,
            "failures": [
                {"set": row.number, "line": row.line, "error": row.error} for row in report.sets if row.error
            ],
        }


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BatchOutlook:
    """What a batch would do.

    Attributes:
        sets: how many sets would run.
        invalid: how many the flow can't take.
        repeated: how many repeat others.
        tasks: calls of each task, distinct ones and all; nothing has run.
        untraceable: why sets would be run whole, with how many of them.
        failing: what the flow's body raises on the parameters alone, with how many sets.
    """

    sets: int
    invalid: int
    repeated: int
    tasks: tuple[TaskRow, ...]
    untraceable: Mapping[str, int]
    failing: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        """What `batch --dry-run --json` prints."""
        tasks = [{"task": t.task, "runs": t.distinct, "calls": t.calls} for t in self.tasks]
        return {
            "sets": self.sets,
            "invalid": self.invalid,
            "repeated": self.repeated,
            "pieces": sum(task.distinct for task in self.tasks),
            "calls": sum(task.calls for task in self.tasks),
            "tasks": tasks,
            "untraceable": dict(self.untraceable),
            "failing": dict(self.failing),
        }


def batch(
    target: PathLike,
    sets: Iterable[Mapping[str, Any]] | None = None,
    *,
    output: PathLike,
    params: PathLike | None = None,
    grid: Mapping[str, Sequence[Any]] | Iterable[str] = (),
    zip: bool = False,
    fixed: Mapping[str, Any] | None = None,
    strict: bool = False,
    resume: bool = False,
    retry_failed: bool = False,
    run_options: BatchOptions | None = None,
    folder: PathLike | None = None,
    options: ConvertOptions | None = None,
    say: Callable[[str], None] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> BatchResult:
    """Run a flow with many parameter sets; work that sets share is done once.

    Args:
        target: `flows/x.py`, `flows/x.py:x`, or a notebook.
        sets: parameters by name, one mapping for each set.
        output: folder for the results: a new one, or with `resume` that of an earlier batch.
        params: a file of sets: .csv, .tsv, .json, .jsonl or .parquet.
        grid: values by name, or items such as "year=2019..2024"; combined with every set.
        zip: pair the grid's values instead of combining them.
        fixed: values that all sets have.
        strict: run nothing if a single set doesn't fit the signature.
        resume: go on with the batch in `output`; without sets, with those it has.
        retry_failed: also run again what failed; implies `resume`.
        run_options: workers, and what happens on errors.
        folder: where the flow runs; None for the notebook's folder if it is known, else the current one.
        options: for a notebook, how to convert it.
        say: gets a line for each thing worth knowing.
        progress: told now and then how far the batch is.

    Returns how it ended; a set that fails is in the report, not an exception. Raises InputError if the
    batch can't be run as asked.
    """
    from nb_to_flow.batches.folder import results_folder
    from nb_to_flow.batches.ledger import SqliteLedger
    from nb_to_flow.batches.view import LedgerView

    say = say or (lambda line: None)
    source = _source(sets, params, grid, zip, fixed)
    resume = resume or retry_failed
    results = Path(output).absolute()
    if not source.given() and not resume:
        raise InputError("no parameter sets are given", "Give a file of them, a grid, or resume a batch.")
    chosen = run_options or BatchOptions()
    with opened(target, folder, options) as flow:
        asked = checked_sets(flow, source, strict=strict, say=say) if source.given() else None
        with results_folder(results, resume=resume), contextlib.closing(SqliteLedger(results)) as ledger:
            program = recorded_program(flow, ledger, asked, chosen, say)
            if retry_failed:
                ledger.forget_failures()
            totals = _run(program, ledger, results, chosen, say, progress)
    with contextlib.closing(LedgerView(results)) as view:
        report = view.report()
    return BatchResult(
        folder=results, report=report, totals=totals, repeated=len(asked.repeated) if asked else 0
    )


def _run(
    program: Program,
    ledger: SqliteLedger,
    results: Path,
    options: BatchOptions,
    say: Callable[[str], None],
    progress: Callable[[Progress], None] | None,
) -> BatchTotals:
    from nb_to_flow.batches.run import run_batch
    from nb_to_flow.run.server import prepare_server

    prepare_server(say)
    shown = Shown(results, program.flow)
    with shown.kept_current():
        totals = run_batch(
            program, ledger, results, options, say, progress or (lambda now: None), shown.publish
        )
        ledger.describe({"took": duration(totals.seconds), "flow run": totals.flow_run})
    return totals


def batch_outlook(
    target: PathLike,
    sets: Iterable[Mapping[str, Any]] | None = None,
    *,
    params: PathLike | None = None,
    grid: Mapping[str, Sequence[Any]] | Iterable[str] = (),
    zip: bool = False,
    fixed: Mapping[str, Any] | None = None,
    strict: bool = False,
    run_options: BatchOptions | None = None,
    folder: PathLike | None = None,
    options: ConvertOptions | None = None,
    say: Callable[[str], None] | None = None,
) -> BatchOutlook:
    """What `batch` would do with the same arguments: no task runs, nothing is written.

    Raises InputError as `batch` does.
    """
    source = _source(sets, params, grid, zip, fixed)
    if not source.given():
        raise InputError("no parameter sets are given", "Give a file of them, or a grid.")
    with opened(target, folder, options) as flow:
        asked = checked_sets(flow, source, strict=strict, say=say or (lambda line: None))
        program = traced(flow, asked.sets, run_options or BatchOptions())
    return BatchOutlook(
        sets=len(asked.sets),
        invalid=len(asked.bad),
        repeated=len(asked.repeated),
        tasks=task_rows(program),
        untraceable=untraceable(program),
        failing=Counter(each.error for each in program.sets if each.error),
    )


def _source(
    sets: Iterable[Mapping[str, Any]] | None,
    params: PathLike | None,
    grid: Mapping[str, Sequence[Any]] | Iterable[str],
    pair: bool,
    fixed: Mapping[str, Any] | None,
) -> SetSource:
    if sets is not None and params is not None:
        raise InputError("sets are given twice", "Give the sets or a file of them.")
    return SetSource(
        rows=tuple(sets) if sets is not None else None,
        file=Path(params).absolute() if params is not None else None,
        grid=grid if isinstance(grid, Mapping) else tuple(grid),
        pair=pair,
        fixed=fixed or {},
    )
