"""From the cells of a notebook to its statements: the reader's middle part, the same for every format."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nb_to_flow.ir.diagnostics import Diagnostic, Severity
from nb_to_flow.ir.notebook import Cell, CellKind, Notebook, Statement
from nb_to_flow.read.context import Context, Lowered
from nb_to_flow.read.findings import (
    GUARDED_CELL,
    INTERACTIVE_SHELL,
    NEVER_EXECUTED,
    OUTPUT_HISTORY,
    PYTHON_2,
    RUN_FILE,
    SKIPPED_CELL,
    TOO_DEEP,
    UNKNOWN_MAGIC,
    UNSUPPORTED_MAGIC,
    Unsupported,
    finding,
)
from nb_to_flow.read.history import LoweredCell, resolve_history
from nb_to_flow.read.ipynb import RawNotebook
from nb_to_flow.read.lowering import lower_lines
from nb_to_flow.read.options import EXECUTION_ORDER, ReadOptions
from nb_to_flow.read.statements import to_statements
from nb_to_flow.read.text import Line, indent, join, quote, to_lines

REPLACEABLE = frozenset({UNKNOWN_MAGIC, UNSUPPORTED_MAGIC, INTERACTIVE_SHELL, OUTPUT_HISTORY, RUN_FILE})
IMPORT_LINE = re.compile(r"^(?:import|from)\s.*", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a notebook came from: the path as given, the digest of its bytes, its folder if it has one."""

    path: str
    sha256: str
    folder: Path | None


def assemble(
    raw: RawNotebook, source: Source, options: ReadOptions
) -> tuple[Notebook | None, list[Diagnostic]]:
    """Lower all code cells. The notebook is None if a diagnostic is an error."""
    context = Context(lower=lower_lines, folder=source.folder)
    context.diagnostics.extend(raw.diagnostics)
    cells = _in_order(raw, options, context)
    context.learn_names(cell.source for cell in cells)
    lowered = _lower_cells(cells, raw, options, context)
    lowered = _with_history(lowered, options, context)
    diagnostics = _merge_python_2(context.diagnostics)
    if any(diagnostic.severity is Severity.ERROR for diagnostic in diagnostics):
        return None, diagnostics
    statements: list[Statement] = []
    for cell in lowered:
        statements += to_statements(cell, context.synthetic, len(statements))
    notebook = Notebook(
        path=source.path,
        sha256=source.sha256,
        cells=raw.cells,
        statements=tuple(statements),
        helpers=frozenset(context.helpers),
        requirements=tuple(context.requirements),
    )
    return notebook, diagnostics


def _in_order(raw: RawNotebook, options: ReadOptions, context: Context) -> list[Cell]:
    """The code cells to lower, in the order in which they run."""
    code = [cell for cell in raw.cells if cell.kind is CellKind.CODE and cell.source.strip()]
    kept = []
    for cell in code:
        if "skip-execution" in cell.tags:
            context.cell = cell.index
            context.note(SKIPPED_CELL, "the cell is tagged skip-execution and was left out", line=1)
        else:
            kept.append(cell)
    if options.order != EXECUTION_ORDER:
        return kept
    for cell in kept:
        if cell.index not in raw.counts:
            context.cell = cell.index
            context.warn(NEVER_EXECUTED, "the cell was never executed and was left out", line=1)
    executed = [cell for cell in kept if cell.index in raw.counts]
    return sorted(executed, key=lambda cell: (raw.counts[cell.index], cell.index))


def _lower_cells(
    cells: Sequence[Cell], raw: RawNotebook, options: ReadOptions, context: Context
) -> list[LoweredCell]:
    result = []
    imported: set[str] = set()
    for position, cell in enumerate(cells, 1):
        context.cell = cell.index
        shows_all = context.interactivity == "all"
        number = raw.counts[cell.index] if options.order == EXECUTION_ORDER else position
        try:
            lowered = lower_lines(to_lines(cell.source), context)
        except Unsupported as error:
            lowered = _failed(error, cell, options, context)
        except RecursionError:
            deep = Unsupported(TOO_DEEP, "an expression or block is nested too deeply", line=1)
            lowered = _failed(deep, cell, options, context)
        imported.update(line.strip() for line in IMPORT_LINE.findall(join(lowered.lines)))
        lines = _with_imports(lowered, imported)
        if "raises-exception" in cell.tags:
            lines = _guarded(lines, context)
        result.append(
            LoweredCell(
                cell=cell.index,
                number=number,
                source=cell.source,
                lines=tuple(lines),
                shows=lowered.shows,
                shows_all=shows_all,
            )
        )
    return result


def _with_imports(lowered: Lowered, imported: set[str]) -> list[Line]:
    """The code with the imports it needs above it, each once in a notebook."""
    lines = list(lowered.lines)
    new = [statement for statement in dict.fromkeys(lowered.imports) if statement not in imported]
    imported.update(new)
    origin = lines[0].origin if lines else 1
    return [*(Line(statement, origin) for statement in new), *lines]


def _failed(error: Unsupported, cell: Cell, options: ReadOptions, context: Context) -> Lowered:
    """Report why a cell cannot be lowered, and what stands in its place if the user wants to go on."""
    if "raises-exception" in cell.tags and error.code not in REPLACEABLE:
        context.note(
            GUARDED_CELL, f"the cell is expected to fail, and does: {error.message}", line=error.line
        )
        return Lowered()
    replace = options.allow_unsupported and error.code in REPLACEABLE
    severity = Severity.WARNING if replace else Severity.ERROR
    context.diagnostics.append(
        finding(error.code, severity, error.message, error.hint, cell=cell.index, line=error.line)
    )
    if not replace:
        return Lowered()
    line = Line(f"raise NotImplementedError({quote(error.message)})", error.line)
    return Lowered(lines=(line,))


def _guarded(lines: list[Line], context: Context) -> list[Line]:
    """A cell tagged raises-exception may fail: what follows runs all the same."""
    if not any(line.text.strip() and not line.text.lstrip().startswith("#") for line in lines):
        return lines
    origin = lines[-1].origin
    error = context.fresh("error")
    context.note(
        GUARDED_CELL, "the cell is tagged raises-exception: its failure is printed and ignored", line=1
    )
    return [
        Line("try:", lines[0].origin),
        *indent(lines, "    "),
        Line(f"except Exception as {error}:", origin),
        Line(f"    print(repr({error}))", origin),
    ]


def _with_history(cells: list[LoweredCell], options: ReadOptions, context: Context) -> list[LoweredCell]:
    result = []
    for cell, outcome in zip(cells, resolve_history(cells, context), strict=True):
        if isinstance(outcome, LoweredCell):
            result.append(outcome)
            continue
        context.cell = cell.cell
        lowered = _failed(
            outcome, Cell(index=cell.cell, kind=CellKind.CODE, source=cell.source), options, context
        )
        result.append(
            LoweredCell(
                cell=cell.cell, number=cell.number, source=cell.source, lines=lowered.lines, shows=False
            )
        )
    return result


def _merge_python_2(diagnostics: list[Diagnostic]) -> list[Diagnostic]:
    """One finding for all places in the syntax of Python 2."""
    old = [diagnostic for diagnostic in diagnostics if diagnostic.code == PYTHON_2]
    if not old:
        return diagnostics
    first = old[0]
    merged = finding(
        PYTHON_2,
        Severity.ERROR,
        f"this is a notebook in Python 2 ({first.message})",
        "convert its cells to Python 3 first, for example with 2to3",
        cell=first.span.cell if first.span else None,
        line=first.span.line if first.span else 1,
    )
    return [
        merged if diagnostic is first else diagnostic
        for diagnostic in diagnostics
        if diagnostic not in old[1:]
    ]
