"""How deeply code is nested, and room for following it: the stages walk it by recursion."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from nb_to_flow.ir.diagnostics import Diagnostic, Severity
from nb_to_flow.ir.notebook import Notebook

# A level of nesting takes up to ten frames; a thread's stack has room for several times as many.
_FRAMES = 3000


@contextmanager
def room_for_depth() -> Iterator[None]:
    """More recursion than Python's default meanwhile: an `elif` is one level deeper than the one before it."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _FRAMES))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def too_deep(notebook: Notebook | None) -> Diagnostic:
    """What to say when there was not room enough, at the statement that is nested most deeply."""
    statements = notebook.statements if notebook is not None else ()
    deepest = max(statements, key=lambda s: _depth(s.node), default=None)
    return Diagnostic(
        code="NB113",
        severity=Severity.ERROR,
        message="an expression or block is nested too deeply",
        hint="split it into several statements",
        span=deepest.span if deepest is not None else None,
    )


def _depth(node: ast.AST) -> int:
    level, depth = [node], 0
    while level:
        level = [child for parent in level for child in ast.iter_child_nodes(parent)]
        depth += 1
    return depth
