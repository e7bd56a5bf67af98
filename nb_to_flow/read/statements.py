"""Lowered code to the statements of `nb_to_flow.ir.notebook`."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from nb_to_flow.ir.helpers import HELPERS
from nb_to_flow.ir.notebook import Statement
from nb_to_flow.ir.spans import Span
from nb_to_flow.read.context import IDENTIFIER
from nb_to_flow.read.cutting import Cut, cut
from nb_to_flow.read.history import LoweredCell
from nb_to_flow.read.text import Line, join, strip_blank


def to_statements(cell: LoweredCell, synthetic: set[str], first: int) -> list[Statement]:
    """The statements of one cell, numbered from `first`."""
    parts = cut(cell.lines, ast.parse(join(cell.lines)))
    return [
        _statement(parts, position, cell, synthetic, first + position)
        for position in range(len(parts.pieces))
    ]


def _statement(parts: Cut, position: int, cell: LoweredCell, synthetic: set[str], index: int) -> Statement:
    piece = parts.pieces[position]
    last = position == len(parts.pieces) - 1
    lines = [*piece.lead, *piece.lines, *(parts.tail if last else ())]
    if position == 0 or last:
        lines = _trim(lines, start=position == 0, end=last)
    code = join(lines)
    origins = [line.origin for line in piece.lines]
    shows = isinstance(piece.node, ast.Expr) and not (parts.silenced and last)
    shows = shows and (cell.shows if last else cell.shows_all and not _made_up(piece.node))
    return Statement(
        index=index,
        span=Span(cell=cell.cell, line=min(origins), end_line=max(origins)),
        code=code,
        node=ast.parse(code).body[0],
        line_map=tuple(line.origin for line in lines),
        shows=shows,
        synthetic=_used(synthetic, code),
    )


def _made_up(node: ast.stmt) -> bool:
    """True for a call that stands for a magic without a value."""
    if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        return False
    return isinstance(node.value.func, ast.Name) and node.value.func.id in HELPERS


def _trim(lines: Sequence[Line], *, start: bool, end: bool) -> list[Line]:
    trimmed = strip_blank(lines)
    if start and end:
        return trimmed
    above = len(lines) - len(strip_blank([*lines, Line("#", 0)])) + 1
    if start:
        return list(lines[above:])
    return [*lines[:above], *trimmed]


def _used(synthetic: set[str], code: str) -> frozenset[str]:
    return frozenset(synthetic.intersection(IDENTIFIER.findall(code))) if synthetic else frozenset()
