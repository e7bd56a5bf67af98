"""What `batch` prints: what it would do, and what it did."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nb_to_flow.ir.batch import BatchTotals, Turn
from nb_to_flow.ir.batch_result import BatchReport, TaskRow
from nb_to_flow.report.tables import plain, table_of
from nb_to_flow.report.text import duration, shorten

if TYPE_CHECKING:
    from rich.table import Table

_MOST_ERRORS = 5


def outlook_table(tasks: Sequence[TaskRow]) -> Table:
    """How often each task would run."""
    table = table_of("Work", "task", ("runs", "right"), ("calls", "right"))
    for task in tasks:
        table.add_row(plain(task.task or "the whole flow"), f"{task.distinct:,}", f"{task.calls:,}")
    return table


def outlook_lines(
    sets: int,
    tasks: Sequence[TaskRow],
    untraceable: Mapping[str, int],
    failing: Mapping[str, int],
    turns: Sequence[Turn] = (),
) -> Iterator[str]:
    """What a batch would do, in words."""
    distinct, calls = sum(task.distinct for task in tasks), sum(task.calls for task in tasks)
    shared = f"; {calls - distinct:,} calls are shared" if calls > distinct else ""
    yield f"{sets:,} sets, {distinct:,} pieces of work for {calls:,} calls{shared}"
    for reason, count in untraceable.items():
        yield f"{count:,} sets are run whole: {reason}"
    yield from map(str, turns)
    for reason, count in failing.items():
        yield f"{count:,} sets will fail before any task: {reason}"


def summary_lines(report: BatchReport, totals: BatchTotals, folder: Path) -> Iterator[str]:
    """How a batch ended, in words."""
    yield ", ".join(_counts(report)) + f" in {duration(totals.seconds)}"
    kept = f", {totals.pieces_kept:,} kept from before" if totals.pieces_kept else ""
    if totals.pieces_run or kept:
        yield f"{totals.pieces_run:,} pieces of work run{kept}, {duration(totals.work_seconds)} of work"
    if totals.alone_seconds > 1.05 * totals.work_seconds > 0:
        yield f"one set at a time it would have been {duration(totals.alone_seconds)}"
    errors = Counter(row.error for row in report.sets if row.error)
    for error, count in errors.most_common(_MOST_ERRORS):
        yield f"  {count:,} x {shorten(error, 200)}"
    if len(errors) > _MOST_ERRORS:
        yield f"  and {len(errors) - _MOST_ERRORS:,} other errors"
    shown = os.path.relpath(folder)
    yield f"{shown}: " + ", ".join(sorted(p.name for p in folder.iterdir() if p.name in _FILES))


_FILES = ("results.csv", "results.parquet", "summary.html", "ledger.sqlite")


def _counts(report: BatchReport) -> Iterator[str]:
    total = len(report.sets)
    for words, count in report.outcomes().items():
        if count == total == 1:
            yield f"1 set {words}"
        elif words == "done":
            yield f"{count:,} of {total:,} sets done"
        elif count:
            yield f"{count:,} {words}"
