"""Diagnostics and values as lines of plain text."""

from __future__ import annotations

from collections.abc import Sequence

from nb_to_flow.ir.diagnostics import Diagnostic
from nb_to_flow.ir.spans import Span


def place(path: str, span: Span | None) -> str:
    """Where something stands, as people count: `legacy.ipynb, cell 3, line 2`."""
    return path if span is None else f"{path}, cell {span.cell + 1}, line {span.line}"


def diagnostic_line(diagnostic: Diagnostic, path: str) -> str:
    """A diagnostic on one line."""
    message = " ".join(diagnostic.message.split())
    hint = f" ({' '.join(diagnostic.hint.split())})" if diagnostic.hint else ""
    return f"{place(path, diagnostic.span)}: {diagnostic.severity.value} {diagnostic.code}: {message}{hint}"


def failure_text(
    message: str,
    task: str,
    span: Span | None,
    cells: tuple[int, ...],
    line: int | None,
    notebook: str,
    flow: str,
) -> str:
    """Why a run failed and where: the task, and the notebook's cell and line if they are known."""
    where = f"task {task} failed" if task else "the flow failed"
    if span is not None and notebook:
        lines = f"line {span.line}" if span.end_line <= span.line else f"lines {span.line}-{span.end_line}"
        where += f" at {notebook}, cell {span.cell + 1}, {lines}"
    elif cells and notebook:
        where += f" ({notebook}, cell{'s' if len(cells) > 1 else ''} {', '.join(str(c + 1) for c in cells)})"
    elif line is not None:
        where += f" at {flow}, line {line}"
    return f"{where}: {message}"


def shorten(text: str, width: int) -> str:
    """`text` on one line of at most `width` characters."""
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 1]}…"


def listed(names: Sequence[str], most: int) -> str:
    """Names with commas between them; of many the first ones, and how many more there are."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def first_line(source: str) -> str:
    """The line of a cell that says most about it: its first line of code, else its first line."""
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    code = [line for line in lines if not line.startswith(("#", "%", "import ", "from "))]
    return (code or lines or [""])[0]


def duration(seconds: float) -> str:
    """A span of time as people say it: `0.05 s`, `12 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 10:
        return f"{seconds:.2f} s" if seconds < 1 else f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60} min"
