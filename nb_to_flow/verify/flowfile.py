"""What a flow's text says about its tasks, whoever wrote it."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowShape:
    """Tasks and results of a flow's module.

    Attributes:
        outputs: by task, in the order of the file, the variables in its return statement; none if it returns
            something else, or not always the same.
        returns: the same of the flow, if it returns plain variables and no dict.
    """

    outputs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    returns: tuple[str, ...] = ()


def shape_of(source: str, flow: str) -> FlowShape:
    """The shape of a module's text; `flow` is the flow function's name. Raises SyntaxError."""
    functions = [node for node in ast.parse(source).body if isinstance(node, _Function)]
    outputs = {f.name: _returned(f) for f in functions if _has_decorator(f, "task")}
    returns = next((_returned(f) for f in functions if f.name == flow), ())
    return FlowShape(outputs=outputs, returns=returns)


def _has_decorator(function: _Function, name: str) -> bool:
    plain = [d.func if isinstance(d, ast.Call) else d for d in function.decorator_list]
    return any(
        (isinstance(d, ast.Name) and d.id == name) or (isinstance(d, ast.Attribute) and d.attr == name)
        for d in plain
    )


def _returned(function: _Function) -> tuple[str, ...]:
    found = {_names(node.value) for node in _own_returns(function)}
    return found.pop() if len(found) == 1 else ()


def _own_returns(function: _Function) -> list[ast.Return]:
    """The return statements of a function, without those of the functions in it."""
    returns, stack = [], list[ast.AST](function.body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.Return):
            returns.append(node)
        elif not isinstance(node, (*_Function.__args__, ast.ClassDef, ast.Lambda)):
            stack += ast.iter_child_nodes(node)
    return returns


def _names(node: ast.expr | None) -> tuple[str, ...]:
    """The variables of `return a` and `return a, b`; () for anything else. `x.result()` counts as x."""
    items = node.elts if isinstance(node, ast.Tuple) else [node] if node is not None else []
    names = [_name(item) for item in items]
    return tuple(name for name in names if name) if all(names) else ()


def _name(node: ast.expr) -> str:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "result":
        return _name(node.func.value)
    return node.id if isinstance(node, ast.Name) else ""
