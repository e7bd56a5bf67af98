"""Notebooks for tests, from the source of their cells."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb_to_flow.facts import FactsOptions, analyse
from nb_to_flow.ir.facts import Facts
from nb_to_flow.ir.notebook import Cell, CellKind, Notebook, Statement
from nb_to_flow.ir.spans import Span


def notebook(*cells: str, tags: dict[int, frozenset[str]] | None = None) -> Notebook:
    """A notebook of plain Python cells; `tags` by position."""
    found = [
        Cell(index=i, kind=CellKind.CODE, source=source, tags=(tags or {}).get(i, frozenset()))
        for i, source in enumerate(cells)
    ]
    statements = tuple(_statements(found))
    return Notebook(path="test.ipynb", sha256="0" * 64, cells=tuple(found), statements=statements)


def facts_of(*cells: str, options: FactsOptions | None = None) -> Facts:
    """The facts of such a notebook."""
    outcome = analyse(notebook(*cells), options or FactsOptions())
    assert outcome.value is not None
    return outcome.value


def _statements(cells: list[Cell]) -> Iterator[Statement]:
    index = 0
    for cell in cells:
        body = ast.parse(cell.source).body
        for node in body:
            code = ast.unparse(node)
            yield Statement(
                index=index,
                span=Span(cell=cell.index, line=node.lineno, end_line=node.end_lineno or node.lineno),
                code=code,
                node=ast.parse(code).body[0],
                line_map=tuple(node.lineno for _ in code.splitlines()),
                shows=node is body[-1] and isinstance(node, ast.Expr),
            )
            index += 1
