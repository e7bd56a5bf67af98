"""Splicing replacements into source text at the positions that `ast` reports."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Edit:
    """Replace the characters from `start` to `end` (an insertion if they are equal) by `text`."""

    start: int
    end: int
    text: str


class Positions:
    """Character offsets for the line and byte columns that `ast` reports."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._lines = _python_lines(source)
        self._starts = [0]
        for line in self._lines:
            self._starts.append(self._starts[-1] + len(line))

    def offset(self, line: int, column: int) -> int:
        """The character offset of a line (from 1) and a column in UTF-8 bytes."""
        text = self._lines[line - 1] if line <= len(self._lines) else ""
        if not text.isascii():
            column = len(text.encode()[:column].decode(errors="ignore"))
        return self._starts[min(line, len(self._starts)) - 1] + column

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Where a node starts and ends."""
        assert node.end_lineno is not None and node.end_col_offset is not None
        start = self.offset(node.lineno, node.col_offset)
        return start, self.offset(node.end_lineno, node.end_col_offset)

    def text(self, node: ast.expr | ast.stmt) -> str:
        """A node's own text."""
        start, end = self.span(node)
        return self.source[start:end]


def _python_lines(source: str) -> list[str]:
    """Lines as Python counts them: only newlines end one (`str.splitlines` knows more)."""
    return [line + "\n" for line in source.split("\n")]


def apply_edits(source: str, edits: Iterable[Edit]) -> str:
    """`source` with all edits made. An edit inside the range of another replacement is dropped."""
    parts: list[str] = []
    position = 0
    for edit in sorted(edits, key=lambda e: (e.start, e.end != e.start, -e.end)):
        if edit.start < position:
            continue
        parts += [source[position : edit.start], edit.text]
        position = edit.end
    return "".join([*parts, source[position:]])
