"""Lines of the module under construction, each with the place in the notebook it came from."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from nb_to_flow.generate.imports import used_names
from nb_to_flow.ir.notebook import Statement
from nb_to_flow.ir.spans import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of text.

    Attributes:
        origin: where it came from; None for what the generator wrote itself.
        fixed: True if it continues a string: indenting it would change the string.
        added: words in it that are the generator's: names only where the rest is the author's.
    """

    text: str
    origin: Span | None = None
    fixed: bool = False
    added: frozenset[str] = frozenset()


def written(text: str) -> list[Line]:
    """Lines that the generator wrote itself."""
    fixed = _string_lines(ast.parse(text)) if '"""' in text else frozenset()
    return [
        Line(text=line, fixed=number in fixed, added=_words(line))
        for number, line in enumerate(text.split("\n"), 1)
    ]


def copied(statement: Statement, code: str) -> list[Line]:
    """Lines of a statement's (edited) code, led back to the notebook."""
    texts = code.split("\n")
    fixed = _string_lines(ast.parse(code)) if _has_long_string(code) else frozenset()
    added = (
        frozenset() if code == statement.code else used_names(ast.parse(code)) - used_names(statement.node)
    )
    return [
        Line(text=text, origin=statement.place(number), fixed=number in fixed, added=added)
        for number, text in enumerate(texts, 1)
    ]


def indented(lines: Iterable[Line], by: str = "    ") -> Iterator[Line]:
    """The lines one level deeper."""
    for line in lines:
        if line.fixed or not line.text.strip():
            yield line
        else:
            yield replace(line, text=by + line.text)


def stripped(lines: Sequence[Line]) -> list[Line]:
    """The lines without blank ones at either end."""
    texts = [bool(line.text.strip()) for line in lines]
    if not any(texts):
        return []
    return list(lines[texts.index(True) : len(texts) - texts[::-1].index(True)])


def joined(lines: Iterable[Line]) -> str:
    """The text of the lines."""
    return "\n".join(line.text for line in lines) + "\n"


def added_words(lines: Iterable[Line]) -> frozenset[str]:
    """All words that the generator put into the lines."""
    return frozenset().union(*(line.added for line in lines))


def _words(text: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", text))


def _has_long_string(code: str) -> bool:
    return '"""' in code or "'''" in code or "\\\n" in code


def _string_lines(tree: ast.AST) -> frozenset[int]:
    """Numbers of the lines that start inside a string."""
    return frozenset(
        number
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))
        for number in range(node.lineno + 1, (node.end_lineno or node.lineno) + 1)
    )
