"""Plans written by hand: a few cells of code and how they are cut into tasks."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from nb_to_flow.ir.facts import Access, Effect, Facts, ResourceKind, Role, Sharing, StatementFacts
from nb_to_flow.ir.notebook import Cell, CellKind, Notebook, Statement
from nb_to_flow.ir.plan import FlowPlan, Input, Output, Source, SourceKind, Step, TaskPlan
from nb_to_flow.ir.spans import Span

PYPLOT = Effect(kind=ResourceKind.PYPLOT, access=Access.WRITE)
RAW = Effect(kind=ResourceKind.STDOUT, access=Access.WRITE, name="raw")


def statements_of(cells: Sequence[str]) -> tuple[Statement, ...]:
    """The cells' statements; a cell that ends with a semicolon shows nothing."""
    found: list[Statement] = []
    for cell, source in enumerate(cells):
        body = _parsed(source)
        lines = source.split("\n")
        start = 1
        for position, node in enumerate(body):
            is_last = position == len(body) - 1
            end = len(lines) if is_last else node.end_lineno or node.lineno
            code = "\n".join(lines[start - 1 : end])
            found.append(
                Statement(
                    index=len(found),
                    span=Span(cell=cell, line=node.lineno, end_line=node.end_lineno or node.lineno),
                    code=code.rstrip(";"),
                    node=_parsed(code)[0],
                    line_map=tuple(range(start, end + 1)),
                    shows=is_last and isinstance(node, ast.Expr) and not code.endswith(";"),
                )
            )
            start = end + 1
    return tuple(found)


def _parsed(source: str) -> list[ast.stmt]:
    """The statements, top-level await allowed."""
    tree = compile(source, "<cell>", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    return tree.body


def notebook(cells: Sequence[str], **fields: Any) -> Notebook:
    """A notebook of code cells."""
    return Notebook(
        path=fields.pop("path", "report.ipynb"),
        sha256=hashlib.sha256("\n".join(cells).encode()).hexdigest(),
        cells=tuple(Cell(index=i, kind=CellKind.CODE, source=c) for i, c in enumerate(cells)),
        statements=statements_of(cells),
        **fields,
    )


def facts_of(book: Notebook, effects: Mapping[int, Sequence[Effect]], **more: Mapping[int, Any]) -> Facts:
    """Facts with the names that each statement binds, and the given effects by statement."""
    return Facts(
        notebook=book,
        statements=tuple(
            StatementFacts(
                statement=s.index,
                role=_role(s.node),
                binds=frozenset(_bound(s.node)),
                effects=tuple(effects.get(s.index, ())),
                **{name: values[s.index] for name, values in more.items() if s.index in values},
            )
            for s in book.statements
        ),
        sharing=Sharing(bound={}, holds={}),
    )


def _role(node: ast.stmt) -> Role:
    if isinstance(node, ast.FunctionDef):
        return Role.FUNCTION
    if isinstance(node, ast.ClassDef):
        return Role.CLASS
    return Role.IMPORT if isinstance(node, ast.Import | ast.ImportFrom) else Role.COMPUTE


def _bound(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    aliases = {(a.asname or a.name).partition(".")[0] for a in ast.walk(node) if isinstance(a, ast.alias)}
    return names | aliases


def task(name: str, steps: Sequence[int], signature: str = "->", **fields: Any) -> TaskPlan:
    """A task with the signature "x: int from load, n -> y: list, z" (sources: a task, else a parameter)."""
    left, _, right = signature.partition("->")
    figures = fields.pop("figures", ())
    nonlocals = fields.pop("nonlocals", {})
    return TaskPlan(
        name=name,
        steps=tuple(
            Step(statement=i, publishes_figures=i in figures, nonlocals=frozenset(nonlocals.get(i, ())))
            for i in steps
        ),
        inputs=tuple(_input(part) for part in left.split(",") if part.strip()),
        outputs=tuple(
            Output(name=part.partition(":")[0].strip(), type=part.partition(":")[2].strip())
            for part in right.split(",")
            if part.strip()
        ),
        **fields,
    )


def _input(text: str) -> Input:
    match = re.fullmatch(r"\s*(\w+)(?::\s*([\w.]+))?(?:\s+from\s+(\w+))?\s*", text)
    assert match, text
    name, type_name, producer = match.groups()
    kind = SourceKind.TASK if producer else SourceKind.PARAMETER
    return Input(name=name, type=type_name or "", source=Source(kind=kind, name=name, task=producer or ""))


def result(name: str, producer: str) -> tuple[str, Source]:
    """One of the flow's results."""
    return name, Source(kind=SourceKind.TASK, name=name, task=producer)


def parameter_result(name: str) -> tuple[str, Source]:
    """A parameter handed back as a result."""
    return name, Source(kind=SourceKind.PARAMETER, name=name)


def plan(
    cells: Sequence[str],
    tasks: Sequence[TaskPlan],
    *,
    effects: Mapping[int, Sequence[Effect]] | None = None,
    **fields: Any,
) -> FlowPlan:
    """A plan of the cells cut into tasks; imports are hoisted. `more` gives further facts by statement."""
    book = notebook(cells, **fields.pop("book", {}))
    more = fields.pop("more", {})
    facts = facts_of(book, effects or {}, **more)
    imports = tuple(s.index for s in book.statements if isinstance(s.node, ast.Import | ast.ImportFrom))
    return FlowPlan(
        facts=facts,
        name=fields.pop("name", "report"),
        imports=fields.pop("imports", imports),
        tasks=tuple(t if t.cells else _with_cells(t, book) for t in tasks),
        **fields,
    )


def _with_cells(planned: TaskPlan, book: Notebook) -> TaskPlan:
    cells = sorted({book.statements[s.statement].cell for s in planned.steps})
    return replace(planned, cells=tuple(cells))
