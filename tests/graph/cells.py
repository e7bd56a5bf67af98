"""Facts for tests, from the source of code cells."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from nb_to_flow.facts import FactsOptions, analyse
from nb_to_flow.graph import build_graph
from nb_to_flow.ir.graph import NotebookGraph
from nb_to_flow.ir.notebook import Cell, CellKind, Notebook, Statement
from nb_to_flow.ir.spans import Span


def notebook(*cells: str, parameters: int | None = None, path: str = "report.ipynb") -> Notebook:
    """Cells that start with "# md" are markdown; the cell at `parameters` has that tag."""
    found = tuple(
        Cell(
            index=i,
            kind=CellKind.MARKDOWN if source.startswith("# md") else CellKind.CODE,
            source=source.removeprefix("# md\n"),
            tags=frozenset({"parameters"}) if i == parameters else frozenset(),
        )
        for i, source in enumerate(cells)
    )
    return Notebook(path=path, sha256="0" * 64, cells=found, statements=tuple(_statements(found)))


def graph_of(*cells: str, parameters: int | None = None, folder: Path | None = None) -> NotebookGraph:
    """The graph of such a notebook; `folder` is where modules lie beside it."""
    facts = analyse(notebook(*cells, parameters=parameters), FactsOptions(folder=folder)).value
    assert facts is not None
    graph = build_graph(facts).value
    assert graph is not None
    return graph


def _statements(cells: tuple[Cell, ...]) -> Iterator[Statement]:
    index = 0
    for cell in cells:
        if cell.kind is not CellKind.CODE:
            continue
        lines = cell.source.splitlines()
        body = ast.parse(cell.source).body
        start = 0
        for node in body:
            end = node.end_lineno or node.lineno
            code = "\n".join(lines[start:end])
            yield Statement(
                index=index,
                span=Span(cell=cell.index, line=node.lineno, end_line=end),
                code=code,
                node=ast.parse(code).body[0],
                line_map=tuple(range(start + 1, end + 1)),
                shows=node is body[-1] and isinstance(node, ast.Expr),
            )
            index += 1
            start = end
