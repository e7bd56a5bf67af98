"""Lines of the finished module, led back to the notebook."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from nb_to_flow.generate.lines import Line
from nb_to_flow.ir.spans import Span


def source_map(draft: Sequence[Line], tree: ast.Module, finished: str) -> dict[int, Span]:
    """For each line of the finished text that came from the notebook, where it came from.

    The formatter moves lines but keeps the syntax tree, so the draft's tree and the finished one are walked
    side by side.
    """
    starts: dict[int, int] = {}
    ends: dict[int, int] = {}
    for before, after in _pairs(_without_imports(tree), _without_imports(ast.parse(finished))):
        line = starts.get(after.lineno)
        starts[after.lineno] = before.lineno if line is None else min(line, before.lineno)
        if isinstance(after, ast.stmt):
            ends[after.lineno] = max(ends.get(after.lineno, 0), after.end_lineno or after.lineno)
    return dict(_spans(draft, starts, ends))


def _spans(draft: Sequence[Line], starts: dict[int, int], ends: dict[int, int]) -> Iterator[tuple[int, Span]]:
    origin, until = None, 0
    for number in range(1, max(ends.values(), default=0) + 1):
        if number in starts:
            origin = draft[starts[number] - 1].origin
        until = max(until, ends.get(number, 0))
        if origin is not None and number <= until:
            yield number, origin


def _without_imports(module: ast.Module) -> list[ast.stmt]:
    """Statements that the import sorter leaves where they are."""
    return [node for node in module.body if not isinstance(node, ast.Import | ast.ImportFrom)]


def _pairs(
    before: Sequence[ast.AST], after: Sequence[ast.AST]
) -> Iterator[tuple[ast.expr | ast.stmt, ast.expr | ast.stmt]]:
    stack = [(before, after)]
    while stack:
        for one, other in zip(*stack.pop(), strict=False):
            if type(one) is not type(other):
                continue
            if isinstance(one, ast.expr | ast.stmt) and isinstance(other, ast.expr | ast.stmt):
                yield one, other
            stack.append((list(ast.iter_child_nodes(one)), list(ast.iter_child_nodes(other))))
