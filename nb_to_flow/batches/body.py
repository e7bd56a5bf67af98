"""A flow's body, rewritten so that nothing it does to a symbol goes unseen.

Python lets an object answer for most operations, but not for `is`, `type(x)`, a call that it is an argument of, a
try block around it, or how many targets it is unpacked to. These are turned into calls of `Guards`:

    a is None          guards.plain(a) is guards.plain(None)
    f(x)               guards.callee(f)(x)
    a, b = x           a, b = guards.unpacked(x, 2)
    {**x}              {**guards.spread(x)}
    try: ...           try: with guards.sheltered(): ...
"""

from __future__ import annotations

import ast
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nb_to_flow.batches.symbols import Untraceable
from nb_to_flow.batches.syntax import definition_in

GUARDS = "__nb_to_flow_guards__"
_HIDDEN = {
    "Global": "changes global variables",
    "ClassDef": "defines a class",
    "Yield": "is a generator",
    "YieldFrom": "is a generator",
    "AsyncWith": "has an async with",
    "AsyncFor": "has an async for",
    "TryStar": "has an except*",
}


def rewritten(function: Callable[..., Any]) -> tuple[types.FunctionType, frozenset[types.CodeType]]:
    """The function with guards, and its code objects, those of nested functions included.

    Before it is called, `GUARDS` must be in its globals. Raises Untraceable if its source can't be found or
    it does what no rewriting makes visible.
    """
    if not isinstance(function, types.FunctionType) or function.__closure__:
        raise Untraceable("the flow isn't a plain function of a module")
    node = _definition(function)
    node.decorator_list = []
    node.name = function.__name__
    _refuse_hidden(node)
    tree = ast.Module(body=[_Rewriter().visit(node)], type_ignores=[])
    ast.fix_missing_locations(tree)
    code = compile(tree, function.__code__.co_filename, "exec", dont_inherit=True)
    found: dict[str, Any] = {}
    # Only the definition runs here; its defaults are replaced by the original's.
    exec(code, {**function.__globals__}, found)  # noqa: S102
    made = found[function.__name__]
    same = types.FunctionType(
        made.__code__, function.__globals__, function.__name__, function.__defaults__, made.__closure__
    )
    same.__kwdefaults__ = function.__kwdefaults__
    return same, frozenset(_codes(made.__code__))


def _definition(function: types.FunctionType) -> ast.FunctionDef | ast.AsyncFunctionDef:
    """The function in a tree of its own, which may be changed."""
    code = function.__code__
    try:
        tree = ast.parse(Path(code.co_filename).read_bytes())
    except (OSError, SyntaxError, ValueError) as error:
        raise Untraceable("the flow's source can't be read") from error
    node = definition_in(tree, code.co_name, code.co_firstlineno)
    if node is None or isinstance(node, ast.Lambda):
        raise Untraceable("the flow's source can't be found")
    return node


def _refuse_hidden(node: ast.AST) -> None:
    for inner in ast.walk(node):
        if words := _HIDDEN.get(type(inner).__name__):
            raise Untraceable(f"the flow's body {words}")


def _codes(code: types.CodeType) -> list[types.CodeType]:
    inner = [c for c in code.co_consts if isinstance(c, types.CodeType)]
    return [code, *(found for each in inner for found in _codes(each))]


def _guard(name: str, *arguments: ast.expr) -> ast.Call:
    guards = ast.Name(id=GUARDS, ctx=ast.Load())
    return ast.Call(
        func=ast.Attribute(value=guards, attr=name, ctx=ast.Load()), args=list(arguments), keywords=[]
    )


class _Rewriter(ast.NodeTransformer):
    """Puts the guards in; line numbers stay."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        return self._signed(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> Any:
        return self._signed(node)

    def _signed(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Any:
        """Annotations are left out: they may be anything and do nothing here."""
        everything = node.args
        positional = [*everything.posonlyargs, *everything.args, *everything.kwonlyargs]
        extra = [a for a in (everything.vararg, everything.kwarg) if a is not None]
        for argument in (*positional, *extra):
            argument.annotation = None
        node.returns = None
        return self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> Any:
        self.generic_visit(node)
        if any(isinstance(op, (ast.Is, ast.IsNot)) for op in node.ops):
            node.left = ast.copy_location(_guard("plain", node.left), node.left)
            node.comparators = [ast.copy_location(_guard("plain", c), c) for c in node.comparators]
        return node

    def visit_Match(self, node: ast.Match) -> Any:
        self.generic_visit(node)
        node.subject = ast.copy_location(_guard("plain", node.subject), node.subject)
        return node

    def visit_Call(self, node: ast.Call) -> Any:
        self.generic_visit(node)
        node.func = ast.copy_location(_guard("callee", node.func), node.func)
        return node

    def visit_Dict(self, node: ast.Dict) -> Any:
        self.generic_visit(node)
        node.values = [
            value if key is not None else ast.copy_location(_guard("spread", value), value)
            for key, value in zip(node.keys, node.values, strict=True)
        ]
        return node

    def visit_Assign(self, node: ast.Assign) -> Any:
        self.generic_visit(node)
        counts = {len(t.elts) for t in node.targets if isinstance(t, (ast.Tuple, ast.List)) and _is_flat(t)}
        if len(counts) == 1 and len(node.targets) == 1:
            count = ast.Constant(value=counts.pop())
            node.value = ast.copy_location(_guard("unpacked", node.value, count), node.value)
        return node

    def visit_Try(self, node: ast.Try) -> Any:
        self.generic_visit(node)
        shelter = ast.withitem(context_expr=_guard("sheltered"), optional_vars=None)
        node.body = [ast.copy_location(ast.With(items=[shelter], body=node.body), node.body[0])]
        return node

    def visit_With(self, node: ast.With) -> Any:
        """A context may swallow exceptions or set something up: no task is called inside of one."""
        self.generic_visit(node)
        node.items.append(ast.withitem(context_expr=_guard("sheltered"), optional_vars=None))
        return node


def _is_flat(target: ast.Tuple | ast.List) -> bool:
    return not any(isinstance(part, ast.Starred) for part in target.elts)
