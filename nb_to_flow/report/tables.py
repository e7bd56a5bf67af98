"""What `inspect` and `convert` show people: rich tables."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from nb_to_flow.ir.diagnostics import Diagnostic, Severity
from nb_to_flow.ir.graph import CellEdge, Edge, EdgeKind, NotebookGraph
from nb_to_flow.ir.notebook import CellKind, Notebook
from nb_to_flow.ir.plan import FlowPlan
from nb_to_flow.report.text import first_line, shorten

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

_COLOURS = {Severity.INFO: "dim", Severity.WARNING: "yellow", Severity.ERROR: "bold red"}


def cells_table(notebook: Notebook, plan: FlowPlan | None) -> Table:
    """Every code cell with its tasks and how it begins."""
    tasks: dict[int, list[str]] = defaultdict(list)
    for task in plan.tasks if plan else ():
        for position in task.cells:
            tasks[position].append(task.name)
    table = table_of("Cells", ("cell", "right"), "task", "begins")
    for cell in notebook.cells:
        if cell.kind is CellKind.CODE and cell.source.strip():
            names = ", ".join(tasks[cell.index]) or "-"
            table.add_row(str(cell.index + 1), plain(names), plain(shorten(first_line(cell.source), 72)))
    return table


def edges_table(graph: NotebookGraph) -> Table:
    """Every edge between cells and why it is there."""
    reasons = _by_cells(graph)
    table = table_of("Edges", ("from", "right"), ("to", "right"), "kind", "names", "why", "")
    for edge in graph.cell_edges:
        table.add_row(
            str(edge.source + 1),
            str(edge.target + 1),
            edge.kind.value,
            plain(shorten(", ".join(edge.names), 40)),
            plain(_why(edge, reasons)),
            "" if edge.certain else "assumed",
        )
    return table


def tasks_table(plan: FlowPlan) -> Table:
    """The planned tasks with what goes in and out."""
    table = table_of("Tasks", "task", "cells", "inputs", "outputs", "notes")
    for task in plan.tasks:
        after = (f"after {', '.join(task.after)}",) if task.after else ()
        table.add_row(
            plain(task.name),
            ", ".join(str(c + 1) for c in task.cells),
            plain(", ".join(i.name for i in task.inputs)),
            plain(", ".join(o.name for o in task.outputs)),
            plain(" ".join((*task.notes, *after, *((task.reason,) if task.reason else ())))),
        )
    return table


def parameters_table(plan: FlowPlan) -> Table:
    """The flow's signature."""
    table = table_of("Parameters", "name", "type", "default", "description")
    for p in plan.parameters:
        table.add_row(plain(p.name), plain(p.annotation), plain(p.default), plain(p.description))
    return table


def diagnostics_table(diagnostics: Iterable[Diagnostic]) -> Table:
    """Diagnostics, one a row."""
    table = table_of("Diagnostics", "code", "severity", ("cell", "right"), ("line", "right"), "message")
    for d in diagnostics:
        table.add_row(
            d.code,
            plain(d.severity.value, _COLOURS[d.severity]),
            str(d.span.cell + 1) if d.span else "",
            str(d.span.line) if d.span else "",
            plain(f"{d.message} {d.hint}".strip()),
        )
    return table


def summary_table(rows: Sequence[tuple[str, str, str, str, str]]) -> Table:
    """The end of `convert`: notebook, result, flow, number of tasks, first problem."""
    table = table_of("", "notebook", "result", "flow", ("tasks", "right"), "problem")
    styles = {"written": "green", "unchanged": "green", "not current": "yellow"}
    for notebook, result, flow, tasks, problem in rows:
        result_text = plain(result, styles.get(result, "bold red"))
        table.add_row(plain(notebook), result_text, plain(flow), tasks, plain(shorten(problem, 120)))
    return table


def table_of(title: str, *columns: str | tuple[str, str]) -> Table:
    """An empty table; a column may come with its alignment."""
    from rich import box
    from rich.table import Table

    table = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, title_style="bold")
    for column in columns:
        name, justify = column if isinstance(column, tuple) else (column, "left")
        table.add_column(name, justify="right" if justify == "right" else "left", overflow="fold")
    return table


def plain(text: str, style: str = "") -> Text:
    """Text that may hold anything: no markup, no control characters."""
    from rich.text import Text

    return Text("".join(c if c.isprintable() else "�" for c in text), style=style)


def _by_cells(graph: NotebookGraph) -> dict[tuple[int, int, EdgeKind], list[Edge]]:
    statements = graph.facts.notebook.statements
    grouped: dict[tuple[int, int, EdgeKind], list[Edge]] = defaultdict(list)
    for edge in graph.edges:
        grouped[statements[edge.source].cell, statements[edge.target].cell, edge.kind].append(edge)
    return grouped


def _why(edge: CellEdge, reasons: dict[tuple[int, int, EdgeKind], list[Edge]]) -> str:
    """The first reasons of a cell's edge: `line 3 -> line 5`."""
    found = reasons.get((edge.source, edge.target, edge.kind), [])
    lines = list(dict.fromkeys(f"line {e.source_line} → {e.target_line}" for e in found))
    return "; ".join(lines[:3]) + (f"; {len(lines) - 3} more" if len(lines) > 3 else "")
