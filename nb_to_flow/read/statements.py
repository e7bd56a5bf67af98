"""Lowered code to the statements of `nb_to_flow.ir.notebook`."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from nb_to_flow.ir.notebook import Statement
from nb_to_flow.ir.spans import Span
from nb_to_flow.read.cutting import Cut, cut
from nb_to_flow.read.history import LoweredCell
from nb_to_flow.read.text import Line, join, strip_blank


def to_statements(cell: LoweredCell, synthetic: set[str], first: int) -> list[Statement]:
    """The statements of one cell, numbered from `first`."""
    parts = cut(cell.lines, ast.parse(join(cell.lines)))
    return [
        _statement(parts, position, cell, synthetic, first + position) for position in range(len(parts.pieces))
    ]


def _statement(parts: Cut, position: int, cell: LoweredCell, synthetic: set[str], index: int) -> Statement:
    piece = parts.pieces[position]
    last = position == len(parts.pieces) - 1
    lines = [*piece.lead, *piece.lines, *(parts.tail if last else ())]
    if position == 0 or last:
        lines = _trim(lines, start=position == 0, end=last)
    code = join(lines)
    origins = [line.origin for line in piece.lines]
    shows = last and cell.shows and not parts.silenced and isinstance(piece.node, ast.Expr)
    return Statement(
        index=index,
        span=Span(cell=cell.cell, line=min(origins), end_line=max(origins)),
        code=code,
        node=ast.parse(code).body[0],
        line_map=tuple(line.origin for line in lines),
        shows=shows,
        synthetic=_used(synthetic, code),
    )


def _trim(lines: Sequence[Line], *, start: bool, end: bool) -> list[Line]:
    trimmed = strip_blank(lines)
    if start and end:
        return trimmed
    above = len(lines) - len(strip_blank([*lines, Line("#", 0)])) + 1
    if start:
        return list(lines[above:])
    return [*lines[:above], *trimmed]


def _used(synthetic: set[str], code: str) -> frozenset[str]:
    return frozenset(name for name in synthetic if re.search(rf"\b{re.escape(name)}\b", code))
