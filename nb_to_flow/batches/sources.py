"""What a task's result depends on besides its arguments: its code, and the code that this uses.

The digest of a task covers its own source and everything in its module that is neither a task nor a flow
(imports, settings, helpers, constants), as syntax trees, so that comments and layout don't count. Modules that
lie beside the flow or in the folder where it runs count as a whole.
"""

from __future__ import annotations

import ast
import sys
from functools import lru_cache
from pathlib import Path
from types import CodeType
from typing import Any

from nb_to_flow.batches.canonical import digest
from nb_to_flow.batches.syntax import definition_in, tree_of


class Sources:
    """Digests of code for one batch that runs in `folder`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._neighbours: dict[str, str] = {}

    def digest_of(self, function: Any) -> str:
        """Digest of the code behind a task's or flow's function."""
        code: CodeType | None = getattr(function, "__code__", None)
        if code is None:
            return digest(repr(type(function)), getattr(function, "__qualname__", ""))
        file = code.co_filename
        tree = tree_of(file)
        own = _definition_dump(tree, code.co_name, code.co_firstlineno) if tree is not None else None
        if tree is None or own is None:
            return digest(code.co_name, code.co_code, [repr(c) for c in code.co_consts if not _is_code(c)])
        if file not in self._neighbours:
            self._neighbours[file] = _neighbours(file, self._folder)
        return digest(code.co_name, own, _surroundings(tree), self._neighbours[file])


def _is_code(value: object) -> bool:
    return isinstance(value, CodeType)


@lru_cache(maxsize=4096)
def _definition_dump(tree: ast.Module, name: str, first_line: int) -> str | None:
    node = definition_in(tree, name, first_line)
    return ast.dump(_without_docstring(node)) if node is not None else None


@lru_cache(maxsize=256)
def _surroundings(tree: ast.Module) -> str:
    """Digest of a module without its tasks and flows."""
    return digest([ast.dump(_without_docstring(node)) for node in tree.body if not _is_entry(node)])


def _is_entry(node: ast.stmt) -> bool:
    """True for tasks, flows, `if __name__ == ...` and docstrings."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        plain = [d.func if isinstance(d, ast.Call) else d for d in node.decorator_list]
        return any(isinstance(d, ast.Name) and d.id in ("task", "flow") for d in plain)
    if isinstance(node, ast.If):
        return any(isinstance(n, ast.Name) and n.id == "__name__" for n in ast.walk(node.test))
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _without_docstring(node: ast.AST) -> ast.AST:
    body: Any = getattr(node, "body", None)
    first = body[0] if isinstance(body, list) and body else None
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
        return type(node)(**{**dict(ast.iter_fields(node)), "body": body[1:]})
    return node


def _neighbours(file: str, folder: Path) -> str:
    """Digest of the loaded modules that lie below the flow's folder or the working folder."""
    homes = [Path(file).resolve().parent, folder.resolve()]
    found = []
    for name, module in sorted(sys.modules.items()):
        path = Path(getattr(module, "__file__", None) or "/").resolve()
        beside = path.suffix == ".py" and "site-packages" not in path.parts
        if beside and path != Path(file).resolve() and any(home in path.parents for home in homes):
            found.append((name, _whole(str(path))))
    return digest(found)


def _whole(file: str) -> str:
    try:
        return digest(Path(file).read_bytes())
    except OSError:
        return ""
