"""Parsing of Python text, with every way it can fail turned into one exception."""

from __future__ import annotations

import ast
import re

from nb_to_flow.read.findings import BAD_CHARACTERS, PYTHON_2, SYNTAX_ERROR, TOO_DEEP

PYTHON_2_MESSAGES = re.compile(
    r"Missing parentheses in call to '(print|exec)'"
    r"|multiple exception types must be parenthesized"
    r"|leading zeros in decimal integer literals"
    r"|(?<!un)matched backtick"
)
PYTHON_2_LINES = re.compile(
    r"^\s*print\s+[\"'\w%(]|^\s*exec\s+[\"'\w]|^\s*except\s+[\w.]+\s*,\s*\w+\s*:|^\s*raise\s+\w+\s*,"
    r"|\b\d+L\b|\bur['\"]|<>|`[^`]+`"
)


class BadSyntax(Exception):
    """Text that is not Python: what is wrong and on which line of the text, from 1."""

    def __init__(self, code: str, message: str, line: int) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.line = line


def parse(text: str) -> ast.Module:
    """Parse the text and check that it compiles, top-level await allowed. Raises BadSyntax."""
    try:
        tree = ast.parse(text)
        # IPython compiles statement by statement, so a future import may stand anywhere in a cell
        future = [n for n in tree.body if isinstance(n, ast.ImportFrom) and n.module == "__future__"]
        for body in (future, [node for node in tree.body if node not in future]):
            module = ast.Module(body=list[ast.stmt](body), type_ignores=[])
            compile(module, "<cell>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    except SyntaxError as error:
        raise _explain(error, text) from None
    except (RecursionError, MemoryError):
        raise BadSyntax(TOO_DEEP, "an expression or block is nested too deeply", 1) from None
    except (ValueError, OverflowError) as error:
        raise BadSyntax(BAD_CHARACTERS, _bad_characters(text, error), _bad_line(text)) from None
    return tree


def _explain(error: SyntaxError, text: str) -> BadSyntax:
    message = error.msg or "invalid syntax"
    lines = text.split("\n")
    number = min(max(error.lineno or 1, 1), len(lines))
    if "null bytes" in message:
        return BadSyntax(BAD_CHARACTERS, _bad_characters(text, error), _bad_line(text))
    if "too many nested" in message or "too many statically nested" in message:
        return BadSyntax(TOO_DEEP, message, number)
    if PYTHON_2_MESSAGES.search(message) or PYTHON_2_LINES.search(lines[number - 1]):
        return BadSyntax(PYTHON_2, message, number)
    return BadSyntax(SYNTAX_ERROR, message, number)


def _bad_line(text: str) -> int:
    for number, line in enumerate(text.split("\n"), 1):
        if "\0" in line or any("\ud800" <= character <= "\udfff" for character in line):
            return number
    return 1


def _bad_characters(text: str, error: Exception) -> str:
    if "\0" in text:
        return "the source contains null characters"
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "the source contains half a surrogate pair, which is no character"
    return str(error)
