"""Runs notebooks from top to bottom in one namespace."""

from __future__ import annotations

import ast
import contextlib
import io
from collections import Counter
from typing import Any

from tests.soundness.author import TooLong, limited
from tests.soundness.executor import clean_folder
from tests.soundness.notebooks import Book
from tests.soundness.outcome import Outcome, files_in, plain, values_of


def run_notebook(book: Book) -> Outcome:
    """What running all cells leaves behind."""
    space: dict[str, Any] = {"__name__": "__main__"}
    output, shown = io.StringIO(), Counter[str]()
    with clean_folder() as folder, contextlib.redirect_stdout(output):
        try:
            with limited(2):
                for cell in book:
                    if not cell.heading:
                        _run_cell(cell.source, space, shown)
        except (Exception, TooLong) as error:  # noqa: BLE001
            return Outcome(values={}, error=f"{type(error).__name__}: {error}")
        del space["__name__"]
        files = files_in(folder)
        values = values_of(space)
    return Outcome(
        values=values, lines=Counter(plain(output.getvalue()).splitlines()), shown=shown, files=files
    )


def _run_cell(source: str, space: dict[str, Any], shown: Counter[str]) -> None:
    body = ast.parse(source).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body=body, type_ignores=[]), "<cell>", "exec"), space)  # noqa: S102
    if isinstance(last, ast.Expr):
        value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), space)
        if value is not None:
            shown[plain(f"```\n{value!r}\n```")] += 1
