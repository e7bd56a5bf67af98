"""What `verify` shows: tables for people, JSON for tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nb_to_flow.ir.verification import Finding, First, FlowRun, Row, Verdict, VerifyResult
from nb_to_flow.report.tables import plain, table_of
from nb_to_flow.report.text import shorten
from nb_to_flow.report.verification_page import verification_page
from nb_to_flow.report.verification_words import (
    first_text,
    ordered,
    run_text,
    summary_line,
    tolerance_text,
    where_text,
)

if TYPE_CHECKING:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

__all__ = ["verification_page", "verification_payload", "verification_table"]

_COLOURS = {
    Verdict.SAME: "green",
    Verdict.CLOSE: "green",
    Verdict.DIFFERENT: "bold red",
    Verdict.UNKNOWN: "yellow",
    Verdict.UNSTABLE: "yellow",
}
# A part of a value that differs gets a line of its own, up to this many for each value.
_ROWS = 12


def verification_table(result: VerifyResult) -> Group:
    """Everything that `verify` prints: what was compared, what differs in it, the runs, and how it came out."""
    from rich.console import Group

    parts: list[Table | Text] = []
    if result.findings:
        parts.append(_findings(result))
    parts += [_rows(finding) for finding in result.differences if len(finding.rows) > 1]
    if len(result.runs) > 1 or any(run.failure for run in result.runs):
        parts.append(_runs(result))
    parts += [plain(note, "dim") for note in (*result.notes, tolerance_text(result.tolerance))]
    if result.first is not None:
        parts.append(plain(f"First difference: {first_text(result.first)}", "bold red"))
    head = f"{result.notebook}: {summary_line(result)}"
    parts.append(plain(head, "bold green" if result.ok else "bold red"))
    return Group(*parts)


def _findings(result: VerifyResult) -> Table:
    table = table_of("", "", "name", "where", "notebook", "flow", "verdict")
    for finding in ordered(result.findings):
        same = finding.verdict is Verdict.SAME
        table.add_row(
            plain(finding.what.value, "dim"),
            plain(finding.name, "" if same else "bold"),
            plain(where_text(finding.task, finding.cell), "dim"),
            plain(shorten(finding.notebook, 40)),
            plain(shorten(finding.flow, 40)),
            _verdict(finding),
        )
    return table


def _rows(finding: Finding) -> Table:
    table = table_of("", "part", "notebook", "flow", "verdict")
    table.title = plain(f"{finding.what.value} {finding.name}", "bold")
    for row in finding.rows[:_ROWS]:
        cells = (plain(row.label or "(itself)"), plain(row.notebook), plain(row.flow))
        table.add_row(*cells, _verdict(row))
    if len(finding.rows) > _ROWS:
        table.add_row(plain(f"... and {len(finding.rows) - _ROWS} more", "dim"))
    return table


def _verdict(compared: Finding | Row) -> Text:
    words = compared.verdict.value + (f": {compared.reason}" if compared.reason else "")
    return plain(shorten(words, 200), _COLOURS[compared.verdict])


def _runs(result: VerifyResult) -> Table:
    table = table_of("Runs of the flow", "run", ("seconds", "right"), "result")
    for run in result.runs:
        style = "green" if run.ok else "bold red"
        table.add_row(plain(run.title), f"{run.seconds:.1f}", plain(run_text(run), style))
    return table


def verification_payload(result: VerifyResult) -> dict[str, Any]:
    """What `verify --json` prints; `cell` counts all cells from 0."""
    return {
        "notebook": str(result.notebook),
        "flow": str(result.flow) if result.flow is not None else None,
        "ok": result.ok,
        "summary": summary_line(result),
        "first": _first(result.first),
        "findings": [_finding(finding) for finding in result.findings],
        "unstable": list(result.unstable),
        "runs": [_run(run) for run in result.runs],
        "repeats": result.repeats,
        "parameters": {name: _jsonable(value) for name, value in result.parameters.items()},
        "tolerance": result.tolerance,
        "notebook_seconds": round(result.notebook_seconds, 3),
        "notes": list(result.notes),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "what": finding.what.value,
        "name": finding.name,
        "verdict": finding.verdict.value,
        "notebook": finding.notebook,
        "flow": finding.flow,
        "reason": finding.reason,
        "cell": finding.cell,
        "task": finding.task or None,
        "rows": [_row(row) for row in finding.rows],
    }


def _row(row: Row) -> dict[str, Any]:
    return {
        "part": row.label,
        "notebook": row.notebook,
        "flow": row.flow,
        "verdict": row.verdict.value,
        "reason": row.reason,
    }


def _run(run: FlowRun) -> dict[str, Any]:
    failure = run.failure
    return {
        "runner": run.runner or None,
        "schedule": run.schedule,
        "retried": run.retried,
        "ok": run.ok,
        "seconds": round(run.seconds, 3),
        "result": run_text(run),
        "failure": failure
        and {"message": failure.message, "task": failure.task or None, "cell": failure.cell},
        "first": _first(run.first),
        "different": [f"{f.what.value} {f.name}" for f in run.findings if f.verdict is Verdict.DIFFERENT],
    }


def _first(first: First | None) -> dict[str, Any] | None:
    if first is None:
        return None
    return {
        "task": first.task or None,
        "cell": first.cell,
        "what": first.what.value,
        "name": first.name,
        "reason": first.reason,
    }


def _jsonable(value: Any) -> Any:
    """A parameter as JSON has it; as text, if it hasn't."""
    if isinstance(value, dict):
        return {str(key): _jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_jsonable(item) for item in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
