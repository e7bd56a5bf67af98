"""Runs notebooks from top to bottom in one namespace."""

from __future__ import annotations

import ast
import contextlib
import io
from collections import Counter
from typing import Any

from nb_to_flow.facts.scopes import bound_names
from tests.soundness.author import TooLong, limited
from tests.soundness.executor import clean_folder
from tests.soundness.notebooks import Book
from tests.soundness.outcome import Outcome, files_in, plain, values_of


def run_notebook(book: Book) -> Outcome:
    """What running all cells leaves behind."""
    space: dict[str, Any] = {"__name__": "__main__"}
    stored: set[str] = set()
    _watch(space, stored)
    output, shown = io.StringIO(), Counter[str]()
    with clean_folder() as folder, contextlib.redirect_stdout(output):
        try:
            with limited(2):
                for cell in book:
                    if not cell.heading:
                        _run_cell(cell.source, space, shown)
                        stored |= bound_names(ast.parse(cell.source).body)
        except (Exception, TooLong) as error:  # noqa: BLE001
            return Outcome(values={}, error=f"{type(error).__name__}: {error}")
        del space["__name__"]
        files = files_in(folder)
        values = values_of(space)
    return Outcome(
        values=values, lines=Counter(plain(output.getvalue()).splitlines()), shown=shown, files=files
    )


class EmptyLoop(Exception):
    """A loop ran never that would have bound a variable that may have a value: assumed not to happen."""


class _Loops(ast.NodeTransformer):
    """Notes at module level which loops ran."""

    def visit_For(self, node: ast.For) -> ast.AST:
        self.generic_visit(node)
        names = sorted(bound_names([node]))
        before, after = f"_before_loop({names!r})", "_after_loop()"
        node.body.insert(0, ast.parse("_ran()").body[0])
        node.orelse.insert(0, ast.parse(after).body[0])
        block = ast.If(ast.Constant(True), [ast.parse(before).body[0], node], [])
        return ast.fix_missing_locations(block)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return node

    visit_ClassDef = visit_Lambda = visit_FunctionDef  # type: ignore[assignment]


def _watch(space: dict[str, Any], stored: set[str]) -> None:
    """Define what the noted loops call; `stored` are names that earlier cells may have bound."""
    started: list[set[str]] = []

    def before_loop(names: list[str]) -> None:
        started.append({n for n in names if n in space or n in stored})

    def ran() -> None:
        started[-1].clear()

    def after_loop() -> None:
        if started.pop():
            raise EmptyLoop

    space.update(_before_loop=before_loop, _ran=ran, _after_loop=after_loop)


def _run_cell(source: str, space: dict[str, Any], shown: Counter[str]) -> None:
    body = _Loops().visit(ast.parse(source)).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body=body, type_ignores=[]), "<cell>", "exec"), space)  # noqa: S102
    if isinstance(last, ast.Expr):
        value = eval(compile(ast.Expression(last.value), "<cell>", "eval"), space)
        if value is not None:
            shown[plain(f"```\n{value!r}\n```")] += 1
