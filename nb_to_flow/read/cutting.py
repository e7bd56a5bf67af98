"""Cutting a cell into its top-level statements, comments kept with them."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from nb_to_flow.read.text import Line, column


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One top-level statement: `lead` (comments and blank lines above it) and its own lines."""

    lead: tuple[Line, ...]
    lines: tuple[Line, ...]
    node: ast.stmt


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """A cell in pieces.

    Attributes:
        pieces: its statements in order.
        tail: comments and blank lines below the last one.
        silenced: True if a semicolon ends the cell.
    """

    pieces: tuple[Piece, ...]
    tail: tuple[Line, ...]
    silenced: bool


def cut(lines: Sequence[Line], tree: ast.Module) -> Cut:
    """Cut lines at the statements of their tree."""
    pieces: list[Piece] = []
    row, rest = 0, ""  # what follows the last statement on its own line
    for node in tree.body:
        first, start = _start(node, lines)
        if first > row:
            between = lines[row : first - 1]
            if pieces:
                pieces[-1], between = _with_inner_comments(_with_comment(pieces[-1], rest), between)
            lead = [line for line in between if _is_comment(line.text)]
        else:
            lead = []
        row = node.end_lineno or node.lineno
        body = _extract(lines, first, start, row, node.end_col_offset or 0)
        rest = lines[row - 1].text[column(lines[row - 1].text, node.end_col_offset or 0) :]
        pieces.append(Piece(lead=tuple(_flush(lead)), lines=tuple(body), node=node))
    below = lines[row:]
    if pieces:
        pieces[-1], below = _with_inner_comments(_with_comment(pieces[-1], rest), below)
    silenced = any(text.lstrip(" \t\\").startswith(";") for text in (rest, *(line.text for line in below)))
    tail = _flush([line for line in below if _is_comment(line.text)])
    return Cut(pieces=tuple(pieces), tail=tuple(tail), silenced=silenced)


def _start(node: ast.stmt, lines: Sequence[Line]) -> tuple[int, int]:
    """Row (from 1) and character where a statement begins, its decorators included."""
    row = node.lineno
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and node.decorator_list:
        row = node.decorator_list[0].lineno
        while row > 1 and not lines[row - 1].text.lstrip().startswith("@"):
            row -= 1
    return row, column(lines[row - 1].text, node.col_offset)


def _extract(lines: Sequence[Line], first: int, start: int, last: int, end_offset: int) -> list[Line]:
    body = list(lines[first - 1 : last])
    end = column(body[-1].text, end_offset)
    body[-1] = Line(body[-1].text[:end], body[-1].origin)
    body[0] = Line(body[0].text[start:], body[0].origin)
    return body


def _is_comment(text: str) -> bool:
    stripped = text.strip()
    return not stripped or stripped.startswith("#")


def _flush(lines: Sequence[Line]) -> list[Line]:
    return [Line(line.text.strip(), line.origin) for line in lines]


def _with_inner_comments(piece: Piece, below: Sequence[Line]) -> tuple[Piece, Sequence[Line]]:
    """The piece with the indented comments at the end of its block, and the lines that are left."""
    count = 0
    if hasattr(piece.node, "body"):
        while count < len(below) and re.match(r"[ \t]+#", below[count].text):
            count += 1
    return replace(piece, lines=(*piece.lines, *below[:count])), below[count:]


def _with_comment(piece: Piece, rest: str) -> Piece:
    """The piece with the comment that stands behind it, whatever separates them."""
    comment = rest.lstrip(" \t;").rstrip()
    if not comment.startswith("#"):
        return piece
    last = piece.lines[-1]
    line = Line(f"{last.text}  {comment}", last.origin)
    return Piece(lead=piece.lead, lines=(*piece.lines[:-1], line), node=piece.node)
