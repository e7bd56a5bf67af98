"""Loops that surely run, whatever the parameters are: what they bind is bound afterwards."""

from __future__ import annotations

import ast

from nb_to_flow.facts.expressions import Expressions
from nb_to_flow.facts.heap import Library
from nb_to_flow.facts.values import Value
from nb_to_flow.ir.scopes import COMPREHENSIONS, Comprehension

MAKING = frozenset({"list", "tuple", "set", "frozenset", "sorted", "range", "numpy.arange"})
SPACES = frozenset({"numpy.linspace", "numpy.logspace", "numpy.geomspace"})
GOING = frozenset(
    {"enumerate", "zip", "reversed", "iter", "tqdm.tqdm", "tqdm.auto.tqdm", "tqdm.notebook.tqdm"}
)
OF_DICTS = frozenset({"items", "keys", "values"})


class Loops(Expressions):
    """Tells which expressions are never empty."""

    def surely_runs(self, node: ast.expr) -> bool:
        """True if a loop over the expression, which has been evaluated, runs at least once."""
        if isinstance(node, ast.Call):
            return self._call_runs(node)
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            return any(self.surely_runs(e.value) if isinstance(e, ast.Starred) else True for e in node.elts)
        if isinstance(node, ast.Dict):
            return any(key is not None for key in node.keys)
        if isinstance(node, COMPREHENSIONS):
            first, *more = node.generators  # what the others go through is not known here
            return not more and not first.ifs and self.surely_runs(first.iter)
        return self._is_known(node) and self.filled.is_filled(self.eval(node))

    def _is_known(self, node: ast.expr) -> bool:
        """True for what holds the same now as when the code really runs."""
        return isinstance(node, ast.Constant) or isinstance(node, ast.Name) and not self.record.is_apart

    def _call_runs(self, node: ast.Call) -> bool:
        function = node.func
        name = self._library_name(function)
        if isinstance(function, ast.Attribute) and not name:
            owner = function.value
            return function.attr in OF_DICTS and self._is_dict(owner) and self.surely_runs(owner)
        if name in SPACES:
            number = node.args[2:] + [k.value for k in node.keywords if k.arg == "num"]
            return all(map(self._is_positive, number))
        if name in ("range", "numpy.arange") and node.args:
            return self._range_runs(node.args)
        given = node.args if name == "zip" else node.args[:1]
        return name in MAKING | GOING and bool(given) and all(map(self.surely_runs, given))

    def _is_dict(self, node: ast.expr) -> bool:
        return (
            isinstance(node, ast.Dict)
            or isinstance(node, ast.Name)
            and self.types(self.eval(node)) == {"dict"}
        )

    def _range_runs(self, args: list[ast.expr]) -> bool:
        numbers = [a.value for a in args if isinstance(a, ast.Constant) and isinstance(a.value, int)]
        if len(numbers) == len(args):
            return len(range(*numbers)) > 0
        from_start = len(args) == 1 or len(args) == 2 and numbers == [0] and isinstance(args[0], ast.Constant)
        return from_start and self._is_positive(args[-1])

    def _is_positive(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Call):
            is_length = self._library_name(node.func) == "len" and len(node.args) == 1
            return is_length and self.surely_runs(node.args[0])
        if isinstance(node, ast.BinOp):
            is_growing = isinstance(node.op, (ast.Add, ast.Mult))
            return is_growing and self._is_positive(node.left) and self._is_positive(node.right)
        if not self._is_known(node):
            return False
        value = self.eval(node)
        return self.types(value) == {"int"} and self.filled.is_filled(value)

    def _library_name(self, node: ast.expr) -> str:
        """What `name` or `module.name` stands for, if that is a library's or Python's."""
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            owner = self._library_name(node.value)
            return f"{owner}.{node.attr}" if owner else ""
        payloads = [self.payload(obj) for obj in self.eval(node)] if isinstance(node, ast.Name) else []
        return payloads[0].name if len(payloads) == 1 and isinstance(payloads[0], Library) else ""

    # -- what is kept ---------------------------------------------------------------------------------

    def _eval_Constant(self, node: ast.Constant) -> Value:
        value = super()._eval_Constant(node)
        is_positive = type(node.value) is int and node.value > 0
        return self.filled.note(value, True) if is_positive else value

    def _eval_List(self, node: ast.List | ast.Tuple | ast.Set) -> Value:
        return self.filled.note(super()._eval_List(node), self.surely_runs(node))

    _eval_Tuple = _eval_List
    _eval_Set = _eval_List

    def _eval_Dict(self, node: ast.Dict) -> Value:
        return self.filled.note(super()._eval_Dict(node), self.surely_runs(node))

    def _eval_comprehension(self, node: Comprehension) -> Value:
        return self.filled.note(super()._eval_comprehension(node), self.surely_runs(node))

    _eval_ListComp = _eval_SetComp = _eval_DictComp = _eval_comprehension

    def _eval_Call(self, node: ast.Call) -> Value:
        made = super()._eval_Call(node)
        if self._library_name(node.func) not in MAKING | SPACES:
            return made
        return self.filled.note(made, self._call_runs(node))
