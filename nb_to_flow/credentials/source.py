"""Replacing pieces of a statement's text: its lines stay mapped to the cell's."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Edit:
    """New text for a stretch of the source: rows from 1, columns in characters."""

    row: int
    column: int
    end_row: int
    end_column: int
    text: str


def edit_of(node: ast.expr, lines: list[str], text: str) -> Edit:
    """The edit that replaces a node; `ast` counts columns in bytes."""
    end_row, end_offset = node.end_lineno or node.lineno, node.end_col_offset or 0
    return Edit(
        row=node.lineno,
        column=_column(lines[node.lineno - 1], node.col_offset),
        end_row=end_row,
        end_column=_column(lines[end_row - 1], end_offset),
        text=text,
    )


def piece(edit: Edit, lines: list[str]) -> str:
    """The text that an edit replaces."""
    if edit.row == edit.end_row:
        return lines[edit.row - 1][edit.column : edit.end_column]
    first, last = lines[edit.row - 1][edit.column :], lines[edit.end_row - 1][: edit.end_column]
    return "\n".join([first, *lines[edit.row : edit.end_row - 1], last])


def apply(edits: Iterable[Edit], code: str, line_map: tuple[int, ...]) -> tuple[str, tuple[int, ...]]:
    """The code with the edits made, which don't overlap, and the new line map."""
    lines, origins = code.split("\n"), list(line_map)
    for edit in sorted(edits, reverse=True):
        before = lines[edit.row - 1][: edit.column]
        after = lines[edit.end_row - 1][edit.end_column :]
        new = (before + edit.text + after).split("\n")
        old = origins[edit.row - 1 : edit.end_row]
        origins[edit.row - 1 : edit.end_row] = [*old, *old[-1:] * len(new)][: len(new)]
        lines[edit.row - 1 : edit.end_row] = new
    return "\n".join(lines), tuple(origins)


def comments(code: str) -> Iterator[Edit]:
    """The comments of some code, each as an edit that leaves it as it is."""
    if "#" not in code:
        return
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type == tokenize.COMMENT:
                (row, column), (end_row, end_column) = token.start, token.end
                yield Edit(row=row, column=column, end_row=end_row, end_column=end_column, text=token.string)
    except (tokenize.TokenError, SyntaxError):  # the statement parses: the rest is its last line
        return


def _column(line: str, offset: int) -> int:
    return offset if line.isascii() else len(line.encode()[:offset].decode("utf-8", "ignore"))
