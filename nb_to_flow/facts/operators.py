"""Operators and what Python does unasked: special methods of the notebook's own classes that they run."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from nb_to_flow.facts.access import ARRAYS, SCALARS
from nb_to_flow.facts.arguments import Arguments
from nb_to_flow.facts.copies import Copies
from nb_to_flow.facts.heap import ITEMS
from nb_to_flow.facts.machine import CONTAINERS
from nb_to_flow.facts.values import NOTHING, Value

OPERATORS = {
    ast.Add: "__add__", ast.Sub: "__sub__", ast.Mult: "__mul__", ast.Div: "__truediv__", ast.FloorDiv: "__floordiv__",
    ast.Mod: "__mod__", ast.Pow: "__pow__", ast.MatMult: "__matmul__", ast.BitOr: "__or__", ast.BitAnd: "__and__",
    ast.BitXor: "__xor__", ast.LShift: "__lshift__", ast.RShift: "__rshift__",
}  # fmt: skip
OF_CONTAINERS = frozenset({"__add__", "__mul__", "__sub__", "__or__", "__and__", "__xor__"})
UNARY = {ast.UAdd: "__pos__", ast.USub: "__neg__", ast.Invert: "__invert__"}
COMPARISONS = {
    ast.Eq: ("__eq__", "__eq__"), ast.NotEq: ("__ne__", "__ne__"), ast.Lt: ("__lt__", "__gt__"), ast.LtE: ("__le__", "__ge__"),
    ast.Gt: ("__gt__", "__lt__"), ast.GtE: ("__ge__", "__le__"),
}  # fmt: skip
IN_PLACE = {kind: method.replace("__", "__i", 1) for kind, method in OPERATORS.items()}
TEXT = ("__format__", "__str__", "__repr__")
TRUTH = ("__bool__", "__len__")
INSIDE = ("__contains__", "__iter__", "__next__", "__getitem__", "__eq__", "__hash__")


class Operators(Copies):
    """Evaluates operators."""

    # -- special methods ------------------------------------------------------------------------------

    def implicitly(
        self, value: Value, methods: Iterable[str], node: ast.AST, deep: bool = True, given: Value = NOTHING
    ) -> None:
        """Run those of the special methods that objects of the notebook's classes have, in containers too."""
        if not self.instances:
            return
        for obj in sorted((self.heap.reach(value) if deep else value) & self.instances):
            self.special_methods(obj, node, methods, given)

    def test(self, node: ast.expr) -> Value:
        """Evaluate an expression whose truth is asked for."""
        value = self.eval(node)
        self.implicitly(value, TRUTH, node, deep=False)
        return value

    # -- operators ------------------------------------------------------------------------------------

    def _eval_BinOp(self, node: ast.BinOp) -> Value:
        left, right = self.eval(node.left), self.eval(node.right)
        if isinstance(node.op, ast.Mod) and "str" in self.types(left):
            self.implicitly(right, TEXT, node)
        return self.operate(left, right, OPERATORS[type(node.op)], node)

    def operate(self, left: Value, right: Value, method: str, node: ast.AST) -> Value:
        """A binary operator: fresh, but for notebook classes that define it."""
        made = self._overloaded(left, right, method, node)
        sides = [self._without(method, left), self._without(method.replace("__", "__r", 1), right)]
        if not all(sides):
            return made or self.new(node, "")
        return made | self._builtin(sides[0], sides[1], method, node)

    def _overloaded(self, left: Value, right: Value, method: str, node: ast.AST) -> Value:
        found: set[int] = set()
        reflected = method.replace("__", "__r", 1)
        for objs, name, other in ((left, method, right), (right, reflected, left)):
            for obj in sorted(objs):
                own = self.find_method(obj, name)
                if own is not None:
                    found |= self.call_function(own, Arguments([frozenset((obj,)), other]), node)
        return frozenset(found)

    def _without(self, method: str, value: Value) -> Value:
        """Objects that don't define the method in the notebook."""
        if not self.instances & value:
            return value
        return frozenset(obj for obj in value if self.find_method(obj, method) is None)

    def _builtin(self, left: Value, right: Value, method: str, node: ast.AST) -> Value:
        texts = self.texts(left), self.texts(right)
        known = len(texts[0]) == len(texts[1]) == len(left) == len(right) == 1
        if method in ("__add__", "__truediv__") and known:
            return self.text(texts[0][0] + ("/" if method == "__truediv__" else "") + texts[1][0])
        if method == "__add__" and (texts[0] or texts[1]):
            made = self.text("".join(t[0] if len(t) == 1 else "{?}" for t in texts))
            return made | self._others(frozenset(("str",)), left, right, method, node)
        path = self._path_join(left, texts[1], method)
        return path or self._arithmetic(left, right, method, node)

    def _path_join(self, left: Value, right: list[str], method: str) -> Value:
        paths = [o for o in left if self.heap.types[o].startswith("pathlib.")]
        if method != "__truediv__" or not paths:
            return NOTHING
        held = [t for o in paths for t in self.paths(frozenset((o,)))]
        return self._path_object("pathlib.Path", f"{held[0]}/{right[0] if right else '{?}'}", Arguments())

    def _arithmetic(self, left: Value, right: Value, method: str, node: ast.AST) -> Value:
        types = self.types(left | right)
        if "decimal.Decimal" in types:
            self.record.libraries.add("decimal")  # whose settings say how exact this is
        for kind in (ARRAYS[2], ARRAYS[1], ARRAYS[0], ARRAYS[3]):
            if kind in types:
                made = self.new(node, kind)
                self.label_alike(made, left | right)
                return made | self._others(frozenset(ARRAYS), left, right, method, node)
        if types and types <= SCALARS:
            return self.imm(_scalar(types, method))
        containers = types & CONTAINERS if method in OF_CONTAINERS else set()
        if containers:
            made = self.new(node, min(containers))
            for obj in made:
                unseen = frozenset(o for o in left | right if self.is_open(o))
                self.heap.hold(obj, ITEMS, self.parts(unseen, node))
                self.heap.hold(obj, ITEMS, frozenset(i for o in left | right for i in self.heap.items(o)))
            return made | self._others(frozenset(containers), left, right, method, node)
        known = [self.knowledge.method(t, method) for t in sorted(types) if t]
        returns = next((api.returns for api in known if api and api.returns), "")
        if returns == "same":
            returns = next((t for t in sorted(types) if t and self.knowledge.method(t, method)), "")
        return self.new(node, returns)

    def _others(self, done: frozenset[str], left: Value, right: Value, method: str, node: ast.AST) -> Value:
        """What the operator gives if neither side is of a type that has been dealt with."""
        sides = [frozenset(o for o in side if self.heap.types[o] not in done) for side in (left, right)]
        return self._arithmetic(sides[0], sides[1], method, node) if all(sides) else NOTHING

    def _eval_UnaryOp(self, node: ast.UnaryOp) -> Value:
        if isinstance(node.op, ast.Not):
            self.test(node.operand)
            return self.imm("bool")
        value = self.eval(node.operand)
        made = self._overloaded(value, NOTHING, UNARY[type(node.op)], node)
        rest = self._without(UNARY[type(node.op)], value)
        return made | self._arithmetic(rest, NOTHING, "__neg__", node) if rest else made

    def _eval_Compare(self, node: ast.Compare) -> Value:
        operands = [self.eval(node.left), *(self.eval(c) for c in node.comparators)]
        found: Value = NOTHING
        for op, left, right in zip(node.ops, operands, operands[1:], strict=False):
            found |= self._compare(op, left, right, node)
        return found

    def _compare(self, op: ast.cmpop, left: Value, right: Value, node: ast.AST) -> Value:
        if isinstance(op, (ast.Is, ast.IsNot)):
            self.compare_identity(left, right)
            return self.imm("bool")
        self.compare(left, right)
        if isinstance(op, (ast.In, ast.NotIn)):
            self.implicitly(self.looks_into(right), INSIDE, node, given=left)
            self.implicitly(left, ("__eq__", "__hash__"), node, given=self.parts(right, node))
            self.change(obj for obj in sorted(right) if "iterator" in self.traits(obj))
            return self.imm("bool")
        made: Value = NOTHING
        for objs, name, other in (
            (left, COMPARISONS[type(op)][0], right),
            (right, COMPARISONS[type(op)][1], left),
        ):
            for obj in sorted(objs & self.instances):
                own = self.find_method(obj, name)
                if own is not None:
                    made |= self.call_function(own, Arguments([frozenset((obj,)), other]), node)
        self.implicitly(left | right, COMPARISONS[type(op)], node)
        types = self.types(left | right)
        kinds = [kind for kind in (ARRAYS[2], ARRAYS[1], ARRAYS[0]) if kind in types]
        return made | (self.new(node, kinds[0]) if kinds else self.imm("bool"))


def _scalar(types: set[str], method: str) -> str:
    if types <= {"int", "bool"}:
        return "float" if method == "__truediv__" else "int"
    return "str" if "str" in types else "float"
