"""Just enough of Python's scoping to tell which names of a cell are the notebook's own variables."""

from __future__ import annotations

import ast
from dataclasses import dataclass

Function = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
Comprehension = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, slots=True)
class GlobalLoad:
    """A use of a module-level name, its parent node, and whether it stands in a function's body."""

    node: ast.Name
    parent: ast.AST | None
    in_function: bool


def module_bindings(tree: ast.Module) -> set[str]:
    """Names bound at module level, or declared global in a function."""
    names = _bindings(tree.body)
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            names.update(node.names)
    return names


def global_loads(tree: ast.Module) -> list[GlobalLoad]:
    """Every load of a name that no enclosing function, class or comprehension binds."""
    found: list[GlobalLoad] = []
    _visit(tree, None, frozenset(), False, found)
    return found


def _visit(
    node: ast.AST, parent: ast.AST | None, local: frozenset[str], in_function: bool, found: list[GlobalLoad]
) -> None:
    if isinstance(node, ast.Name):
        if isinstance(node.ctx, ast.Load) and node.id not in local:
            found.append(GlobalLoad(node, parent, in_function))
        return
    if isinstance(node, Function):
        inner = local | _parameters(node.args)
        if not isinstance(node, ast.Lambda):
            inner |= _bindings(node.body) - _declared_global(node)
        local = frozenset(inner)
        in_function = in_function or not isinstance(node, ast.Lambda)
    elif isinstance(node, Comprehension):
        targets = [generator.target for generator in node.generators]
        local = local | {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
    for child in ast.iter_child_nodes(node):
        _visit(child, node, local, in_function, found)


def _parameters(arguments: ast.arguments) -> set[str]:
    return {node.arg for node in ast.walk(arguments) if isinstance(node, ast.arg)}


def _declared_global(function: ast.AST) -> set[str]:
    return {name for node in ast.walk(function) if isinstance(node, ast.Global) for name in node.names}


def _bindings(body: list[ast.stmt]) -> set[str]:
    """Names bound by some statements, not looking into nested functions, classes and comprehensions."""
    names: set[str] = set()
    stack: list[ast.AST] = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
            continue
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, Comprehension):
            stack.extend(child for child in ast.walk(node) if isinstance(child, ast.NamedExpr))
            continue
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            names.add(node.name)
        stack.extend(ast.iter_child_nodes(node))
    return names
