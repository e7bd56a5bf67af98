"""Simple statements: what binds, changes and deletes."""

from __future__ import annotations

import ast
from contextlib import nullcontext

from nb_to_flow.facts.access import ARRAYS
from nb_to_flow.facts.arguments import Arguments
from nb_to_flow.facts.definitions import Definitions
from nb_to_flow.facts.heap import ITEMS, FunctionObject
from nb_to_flow.facts.operators import IN_PLACE, TEXT
from nb_to_flow.facts.values import NOTHING, Value
from nb_to_flow.ir.scopes import is_generator, own_nodes


def _returns_nothing(function: FunctionObject) -> bool:
    """True for plain functions without a `return` that says what."""
    node = function.node
    if not isinstance(node, ast.FunctionDef) or node.decorator_list or is_generator(node):
        return False
    returns = (n for n in own_nodes(node.body) if isinstance(n, ast.Return))
    return all(n.value is None for n in returns)


class Statements(Definitions):
    """Runs all statements: the whole abstract interpreter."""

    def _run_Expr(self, node: ast.Expr) -> None:
        value = self.eval(node.value)
        if self.frame is self.module:  # it may be shown
            self.record.is_none = value == self.imm("None") and self._is_surely_none(node.value)
            self.implicitly(value, TEXT, node)

    def _is_surely_none(self, node: ast.expr) -> bool:
        """True for a library's call, and for one of a function of the notebook that says so by having no `return`."""
        if not isinstance(node, ast.Call) or not self.record.has_followed:
            return isinstance(node, ast.Call)
        functions = self._called(node.func)
        return bool(functions) and all(function and _returns_nothing(function) for function in functions)

    def _called(self, node: ast.expr) -> list[FunctionObject | None]:
        """What a name, or a method of a name's value, may stand for; None for what is no function of the notebook."""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            return [
                self.find_method(obj, node.attr) for obj in self.module.values.get(node.value.id, NOTHING)
            ]
        named = self.module.values.get(node.id, NOTHING) if isinstance(node, ast.Name) else NOTHING
        return [p if isinstance(p := self.payload(obj), FunctionObject) else None for obj in named]

    def _run_Assign(self, node: ast.Assign) -> None:
        value = self.eval(node.value)
        for target in node.targets:
            self.assign(target, value)

    def _run_AnnAssign(self, node: ast.AnnAssign) -> None:
        if self.frame is self.module or self.frame.is_class:
            self.annotation(node.annotation)
        if node.value is not None:
            self.assign(node.target, self.eval(node.value))

    def _run_AugAssign(self, node: ast.AugAssign) -> None:
        target = node.target
        load: ast.expr = (
            ast.copy_location(ast.Name(target.id, ast.Load()), target)
            if isinstance(target, ast.Name)
            else target
        )
        old = self.eval(load)
        value = self.eval(node.value)
        result: set[int] = set()
        for obj in sorted(old) or [-1]:
            result |= self._augmented(obj, value, node) if obj >= 0 else self.new(node, "")
        self.assign(target, frozenset(result))

    def _augmented(self, obj: int, value: Value, node: ast.AugAssign) -> Value:
        receiver = frozenset((obj,))
        method = IN_PLACE[type(node.op)]
        own = self.find_method(obj, method)
        if own is not None:
            return self.call_function(own, Arguments([receiver, value]), node)
        is_own_dict = obj in self.heap.memory and isinstance(node.op, ast.BitOr)  # see `vars`
        if obj in self.heap.frozen or obj in self.instances and not is_own_dict:
            return self.operate(receiver, value, method.replace("__i", "__", 1), node)
        kind = self.heap.types[obj]
        api = self.knowledge.method(kind, method) if kind else None
        if api is not None:
            self.apply(api, method, receiver, Arguments([value]), node)
            return receiver
        if kind in ("list", "set", "dict") or kind in ARRAYS[:3] or not kind:
            with self.filling() if isinstance(node.op, ast.Add) else nullcontext():
                self.change(receiver, deep=kind in ARRAYS)
            for item in self.parts(value, node) if kind in ("list", "set", "dict") else NOTHING:
                self.heap.hold(obj, ITEMS, (item,))
            return receiver if kind else receiver | self.new(node, "")
        return self.operate(receiver, value, method.replace("__i", "__", 1), node)

    def _run_Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self._delete(target)

    def _delete(self, target: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self.unbind(target.id)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for element in target.elts:
                self._delete(element)
        elif isinstance(target, (ast.Subscript, ast.Attribute)):
            value = self.eval(target.value)
            self.change(value)
            self.implicitly(value, ("__delitem__", "__delattr__"), target, deep=False)
            if isinstance(target, ast.Subscript):
                self.eval(target.slice)

    def _run_Assert(self, node: ast.Assert) -> None:
        self.test(node.test)
        if node.msg is not None:
            self.eval(node.msg)

    def _run_Global(self, node: ast.Global) -> None:
        self.frame.own -= set(node.names) if self.frame is not self.module else set()

    def _run_Nonlocal(self, node: ast.Nonlocal) -> None:
        self.frame.own -= set(node.names)
