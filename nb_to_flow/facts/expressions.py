"""Expressions: what they may evaluate to, and what evaluating them does."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Callable

from nb_to_flow.facts.access import item_field
from nb_to_flow.facts.arguments import Arguments
from nb_to_flow.facts.frames import Frame
from nb_to_flow.facts.heap import (
    ITEMS,
    FunctionObject,
)
from nb_to_flow.facts.machine import MAX_TYPES
from nb_to_flow.facts.operators import TEXT, Operators
from nb_to_flow.facts.values import NOTHING, Value
from nb_to_flow.ir.scopes import Comprehension, locals_of, names_in, targets_of


class Expressions(Operators):
    """Evaluates expressions."""

    @abstractmethod
    def assign(self, target: ast.expr, value: Value) -> None:
        """Bind a target (name, tuple, attribute, item) to a value."""

    def eval(self, node: ast.expr) -> Value:
        self.record.steps += 1
        if not self.active:
            self.record.line = node.lineno
        handler: Callable[[ast.expr], Value] | None = getattr(self, f"_eval_{type(node).__name__}", None)
        if handler is not None:
            return handler(node)
        return self._eval_children(node)

    def _eval_children(self, node: ast.AST) -> Value:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.eval(child)
        return self.new(node, "")

    # -- leaves ---------------------------------------------------------------------------------------

    def _eval_Constant(self, node: ast.Constant) -> Value:
        if isinstance(node.value, str):
            return self.text(node.value)
        if node.value is None:
            return self.imm("None")
        if node.value is False:
            return self.false()
        return self.imm(type(node.value).__name__)

    def _eval_Name(self, node: ast.Name) -> Value:
        return self.load(node.id)

    def _eval_JoinedStr(self, node: ast.JoinedStr) -> Value:
        text = ""
        for part in node.values:
            if isinstance(part, ast.Constant):
                text += str(part.value)
            elif isinstance(part, ast.FormattedValue):
                value = self.eval(part.value)
                self.implicitly(value, TEXT, part)
                known = self.texts(value)
                if part.format_spec is not None:
                    self.eval(part.format_spec)
                text += known[0] if len(known) == 1 else "{" + ast.unparse(part.value) + "}"
        if len(node.values) == 1 and text.startswith("{"):
            return self.imm("str")
        return self.text(text)

    def _eval_Lambda(self, node: ast.Lambda) -> Value:
        return self.function(node, "<lambda>")

    def _eval_NamedExpr(self, node: ast.NamedExpr) -> Value:
        value = self.eval(node.value)
        saved = self.frame
        while self.frame.outer is not None and self.frame.own and "<comprehension>" in self.frame.own:
            self.frame = self.frame.outer
        self.bind(node.target.id, value)
        self.frame = saved
        return value

    def _eval_Await(self, node: ast.Await) -> Value:
        if not self.active:
            self.record.awaits = True
        return self.eval(node.value)

    def _eval_Yield(self, node: ast.Yield) -> Value:
        if node.value is not None:
            self.frame.returns |= self.eval(node.value)
        return self.new(node, "")

    def _eval_YieldFrom(self, node: ast.YieldFrom) -> Value:
        self.frame.returns |= self.parts(self.eval(node.value), node)
        return self.new(node, "")

    def _eval_Starred(self, node: ast.Starred) -> Value:
        return self.parts(self.eval(node.value), node)

    def _eval_IfExp(self, node: ast.IfExp) -> Value:
        self.test(node.test)
        return self.eval(node.body) | self.eval(node.orelse)

    def _eval_BoolOp(self, node: ast.BoolOp) -> Value:
        return frozenset().union(*(self.test(value) for value in node.values))

    # -- displays and comprehensions ------------------------------------------------------------------

    def _eval_List(self, node: ast.List | ast.Tuple | ast.Set) -> Value:
        kind = type(node).__name__.lower()
        obj = self.make(node, kind)
        values = [self.eval(element) for element in node.elts]
        if kind == "tuple" and not any(isinstance(e, ast.Starred) for e in node.elts):
            if (
                all(self.payload(o) is None and o in self.heap.frozen for value in values for o in value)
                and len(values) > 4
            ):
                return self.imm("tuple")
            for index, value in enumerate(values):
                self.heap.hold(obj, f"[{index}]", value)
        else:
            self.heap.hold(obj, ITEMS, frozenset().union(NOTHING, *values))
        return frozenset((obj,))

    _eval_Tuple = _eval_List
    _eval_Set = _eval_List

    def _eval_Dict(self, node: ast.Dict) -> Value:
        obj = self.make(node, "dict")
        for key, item in zip(node.keys, node.values, strict=False):
            value = self.eval(item)
            if key is None:
                self.heap.hold(obj, ITEMS, self.parts(self.looks_into(value), item))
                continue
            self.heap.hold(obj, "keys", self.mutable(self.eval(key)))
            self.heap.hold(obj, item_field(key), value)
        return frozenset((obj,))

    def _eval_GeneratorExp(self, node: ast.GeneratorExp) -> Value:
        with self.apart() as later:
            made = self._eval_comprehension(node)
        later.names |= names_in(node) - targets_of(node)
        self.put_off(made, later)
        return made

    def _eval_comprehension(self, node: Comprehension) -> Value:
        outer = self.frame
        frame = Frame(outer=outer, own={*targets_of(node), "<comprehension>"})
        kind = {ast.ListComp: "list", ast.SetComp: "set", ast.DictComp: "dict"}.get(type(node), "generator")
        obj = self.make(node, kind)
        surely = set(self.record.bound)
        done = len(self.record.touched), len(self.record.changes)
        sources = self._go_round(node, frame, obj)
        if done != (len(self.record.touched), len(self.record.changes)):
            sources |= self._go_round(node, frame, obj)  # a second round sees what the first has done
        self.frame = outer
        self._keep_old(node, surely)
        if isinstance(node, ast.GeneratorExp):
            self.heap.hold(obj, "frame", self.mutable(sources.union(*frame.values.values())))
        return frozenset((obj,))

    def _go_round(self, node: Comprehension, frame: Frame, made: int) -> set[int]:
        """Run a comprehension once; gives what it goes through."""
        sources: set[int] = set()
        for index, part in enumerate(node.generators):
            self.frame = frame.outer if index == 0 and frame.outer is not None else frame
            source = self.eval(part.iter)
            sources |= source
            items = self.iterate(source, part.iter)
            self.frame = frame
            self.assign(part.target, items)
            for test in part.ifs:
                self.test(test)
            if part.is_async and not self.active:
                self.record.awaits = True
        elements = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        for element in elements:
            self.heap.hold(made, ITEMS, self.eval(element))
        return sources

    def _keep_old(self, node: Comprehension, surely: set[str]) -> None:
        """What `:=` binds in a comprehension over nothing stays as it was."""
        named = {n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr)} - surely
        for name in sorted(named & self.record.bound):
            self.bind(name, self.record.replaced.get(name, NOTHING) | self.module.values.get(name, NOTHING))
            self.record.bound.discard(name)

    _eval_ListComp = _eval_SetComp = _eval_DictComp = _eval_comprehension

    # -- iteration and functions ----------------------------------------------------------------------

    def iterate(self, value: Value, node: ast.AST) -> Value:
        """What a loop over `value` binds its target to; iterators are used up by it."""
        found: set[int] = set()
        for obj in sorted(self.looks_into(value))[:MAX_TYPES]:
            receiver = frozenset((obj,))
            own = self.find_method(obj, "__iter__")
            if own is not None:
                found |= self._next(self.call_function(own, Arguments([receiver]), node), node)
                continue
            own = self.find_method(obj, "__getitem__")
            if own is not None:
                found |= self.call_function(own, Arguments([receiver, self.imm("int")]), node)
                continue
            if "iterator" in self.traits(obj):
                self.change(receiver)
            kind = self.heap.types[obj]
            api = self.knowledge.method(kind, "__iter__") if kind else None
            if kind == "dict":
                found |= self.imm("")  # keys
            if api is not None:
                made = self.apply(api, "iter", receiver, Arguments(), node)
                found |= self.heap.items(obj) if kind == "pandas.Series" else NOTHING  # what its cells hold
                found |= self.parts(made, node) if made != receiver else self.parts(receiver, node)
            else:
                found |= self.parts(receiver, node)
        return frozenset(found)

    def _next(self, iterators: Value, node: ast.AST) -> Value:
        """What iterators give: their own `__next__` is run, others are gone through."""
        found: set[int] = set()
        for obj in sorted(iterators):
            own = self.find_method(obj, "__next__")
            if own is not None:
                found |= self.call_function(own, Arguments([frozenset((obj,))]), node)
            else:
                found |= self.parts(frozenset((obj,)), node)
        return frozenset(found)

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, name: str) -> Value:
        """The function object that a definition makes; evaluates its defaults."""
        spec = node.args
        obj = self.heap.at((self.context, node, "function"), "function")
        frame = self.frame
        while frame.outer is not None and "<comprehension>" in frame.own:
            frame = frame.outer if not (frame.own & names_in(node)) else frame
            if frame.own & names_in(node):
                break
        function = FunctionObject(node, frame, name)
        known = self.heap.payloads.setdefault(obj, function)
        assert isinstance(known, FunctionObject)
        known.frame, known.name = frame, name
        named = [*spec.posonlyargs, *spec.args]
        for arg, default in zip(named[len(named) - len(spec.defaults) :], spec.defaults, strict=False):
            known.defaults[arg.arg] = self.eval(default)
        for arg, value in zip(spec.kwonlyargs, spec.kw_defaults, strict=False):
            if value is not None:
                known.defaults[arg.arg] = self.eval(value)
        held = frozenset().union(NOTHING, *known.defaults.values())
        if frame is not self.module:
            held |= frozenset().union(
                NOTHING, *(frame.values.get(n, NOTHING) for n in locals_of(node) ^ names_in(node))
            )
        self.heap.hold(obj, "closure", self.mutable(held))
        return frozenset((obj,))
