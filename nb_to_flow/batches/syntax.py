"""Source files as syntax trees."""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

Definition: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


def tree_of(file: str) -> ast.Module | None:
    """The module in a file as it is now; None if it can't be read.

    As long as the file stays the same so does the tree, so it may stand for the file in caches. It is shared:
    not to be changed.
    """
    try:
        return _parsed(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None


@lru_cache(maxsize=32)
def _parsed(source: bytes) -> ast.Module:
    return ast.parse(source)


def definition_in(tree: ast.AST, name: str, first_line: int) -> Definition | None:
    """The function whose code object has this name and first line, which may be that of a decorator."""
    for node in ast.walk(tree):
        if isinstance(node, Definition) and getattr(node, "name", "<lambda>") == name:
            first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
            if first <= first_line <= node.lineno:
                return node
    return None
