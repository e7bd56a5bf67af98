"""What the functions for batches return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nb_to_flow.ir.batch import BatchTotals, Turn
from nb_to_flow.ir.batch_result import BatchReport, TaskRow


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
        return self.report.outcomes()["done"] == len(self.report.sets)

    def to_json(self) -> dict[str, Any]:
        """What `batch --json` prints."""
        report, totals, outcomes = self.report, self.totals, self.report.outcomes()
        return {
            "flow": report.title,
            "folder": str(self.folder),
            "sets": len(report.sets),
            "done": outcomes["done"],
            "failed": outcomes["failed"],
            "invalid": outcomes["invalid"],
            "not_run": outcomes["not run"],
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
        turns: files that sets would get into each other's way at, and so take turns at.
    """

    sets: int
    invalid: int
    repeated: int
    tasks: tuple[TaskRow, ...]
    untraceable: Mapping[str, int]
    failing: Mapping[str, int]
    turns: tuple[Turn, ...] = ()

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
            "turns": [{"tasks": t.tasks, "files": t.files, "sets": t.sets} for t in self.turns],
        }
