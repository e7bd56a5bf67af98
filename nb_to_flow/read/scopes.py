"""Just enough of Python's scoping to tell which names of a cell are the notebook's own variables."""

from __future__ import annotations

import ast
from dataclasses import dataclass

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
    stack: list[tuple[ast.AST, ast.AST | None, frozenset[str], bool]] = [(tree, None, frozenset(), False)]
    while stack:
        node, parent, local, in_function = stack.pop()
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load) and node.id not in local:
                found.append(GlobalLoad(node, parent, in_function))
            continue
        local = local | _own_names(node)
        in_function = in_function or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        stack.extend((child, node, local, in_function) for child in ast.iter_child_nodes(node))
    return found


def _own_names(node: ast.AST) -> set[str]:
    """Names that belong to the scope that a function, lambda or comprehension opens."""
    if isinstance(node, ast.Lambda):
        return _parameters(node.args)
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return _parameters(node.args) | (_bindings(node.body) - _declared_global(node))
    if isinstance(node, Comprehension):
        targets = [generator.target for generator in node.generators]
        return {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}
    return set()


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
