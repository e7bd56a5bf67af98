"""Source lines that remember where they came from."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Line(NamedTuple):
    """One line of text without its line end, and the line of the cell's own source it stems from."""

    text: str
    origin: int


def to_lines(source: str) -> list[Line]:
    """The lines of a cell, numbered from 1."""
    return [Line(text, number) for number, text in enumerate(source.split("\n"), 1)]


def lines_at(text: str, origin: int) -> list[Line]:
    """Lines of made-up text that all stem from one line of the cell."""
    return [Line(part, origin) for part in text.split("\n")]


def join(lines: Iterable[Line]) -> str:
    """The text of some lines, without a final line end."""
    return "\n".join(line.text for line in lines)


def strip_blank(lines: Sequence[Line]) -> list[Line]:
    """The lines without blank ones at either end."""
    start, end = 0, len(lines)
    while start < end and not lines[start].text.strip():
        start += 1
    while end > start and not lines[end - 1].text.strip():
        end -= 1
    return list(lines[start:end])


def column(text: str, offset: int) -> int:
    """The character at a byte offset of a line, as `ast` counts columns in bytes."""
    return offset if text.isascii() else len(text.encode()[:offset].decode())


def lines_inside_strings(tree: ast.AST) -> set[int]:
    """Numbers of the lines that begin inside a string literal: their indentation is data."""
    inside: set[int] = set()
    for node in ast.walk(tree):
        text = isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes))
        )
        if text and isinstance(node, ast.expr) and node.end_lineno is not None:
            inside.update(range(node.lineno + 1, node.end_lineno + 1))
    return inside


def indent(lines: Sequence[Line], prefix: str) -> list[Line]:
    """The lines of a piece of Python moved to the right, string literals left as they are."""
    inside = lines_inside_strings(ast.parse(join(lines)))
    return [
        line if number in inside or not line.text.strip() else Line(prefix + line.text, line.origin)
        for number, line in enumerate(lines, 1)
    ]


def quote(text: str) -> str:
    """A Python string literal, in double quotes where that needs no escapes."""
    literal = repr(text)
    if literal[0] == "'" and '"' not in literal and "\\'" not in literal:
        return f'"{literal[1:-1]}"'
    return literal


def quote_block(text: str) -> str:
    """A Python string literal for a text of several lines, in triple quotes; plain for a single line."""
    if text.count("\n") < 2 or not text.replace("\n", "").replace("\t", "").isprintable():
        return quote(text)
    body = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    if body.endswith('"'):
        body = body[:-1] + '\\"'
    return f'"""\\\n{body}"""'
