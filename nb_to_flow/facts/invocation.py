"""Call expressions: which function, method or class is meant, with which arguments."""

from __future__ import annotations

import ast

from nb_to_flow.facts.access import CACHED, OF_DATA, decorated
from nb_to_flow.facts.arguments import Arguments
from nb_to_flow.facts.heap import (
    ITEMS,
    ClassObject,
    FunctionObject,
    Instance,
    Library,
    LocalModule,
)
from nb_to_flow.facts.lookups import Lookups
from nb_to_flow.facts.machine import MAX_TYPES
from nb_to_flow.facts.values import NOTHING, Value
from nb_to_flow.ir.facts import Access, ResourceKind


class Invocation(Lookups):
    """Evaluates call expressions."""

    def _eval_Call(self, node: ast.Call) -> Value:
        if isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args and self.active:
            return self._super()
        if isinstance(node.func, ast.Attribute):
            return self._eval_method_call(node, node.func)
        callee = self.eval(node.func)
        return self.call(callee, self.arguments(node), node)

    def _super(self) -> Value:
        function, frame = self.active[-1]
        spec = function.node.args
        first = next((a.arg for a in (*spec.posonlyargs, *spec.args)), "")
        proxies: set[int] = set()
        for obj in frame.values.get(first, NOTHING):
            proxy = self.heap.at(("super", obj, id(function)), "super")
            self.heap.hold(proxy, "self", (obj,))
            proxies.add(proxy)
        return frozenset(proxies)

    def _super_call(self, proxy: int, name: str, args: Arguments, node: ast.AST) -> Value:
        found: set[int] = set()
        function = self.active[-1][0] if self.active else None
        for obj in self.heap.fields[proxy].get("self", ()):
            payload = self.payload(obj)
            if isinstance(payload, ClassObject) and name in ("__new__", "__call__"):
                found |= self._super_made(obj, payload, name, args, node)
                continue
            cls = self.instance_class(obj)
            methods = [m for c in (self.lineage(cls) if cls else ()) for m in self._own_method(c, name)]
            later = methods[methods.index(function) + 1 :] if function in methods else methods
            receiver = frozenset((obj,))
            if later:
                found |= self.call_function(later[0], args.shifted(receiver), node)
            elif name == "__init__" and not (cls and self.inherit(obj, cls, args, node)):
                self.heap.hold(obj, ITEMS, self.mutable(args.every()))
            elif name != "__init__" and self.heap.types[obj]:
                api = self.knowledge.method(self.heap.types[obj], name)
                found |= (
                    self.apply(api, name, receiver, args, node)
                    if api
                    else self._unknown_method(obj, name, args, node)
                )
        return frozenset(found)

    def _super_made(self, cls: int, payload: ClassObject, name: str, args: Arguments, node: ast.AST) -> Value:
        """`super().__new__(cls)`; in a metaclass, `super().__call__()`."""
        if name == "__call__":
            return self._construct(cls, payload, args, node)
        function = self.active[-1][0]
        methods = self.methods_of(cls, name)
        later = methods[methods.index(function) + 1 :] if function in methods else []
        if later:
            return self.call_function(later[0], args, node)
        obj = self.instance(cls, payload, node)
        given = Arguments(args.positional[1:], args.keywords, args.rest)
        if not self.inherit(obj, payload, given, node):
            self.heap.hold(obj, ITEMS, self.mutable(given.every()))
        return frozenset((obj,))

    def _eval_method_call(self, node: ast.Call, func: ast.Attribute) -> Value:
        receivers = self.eval(func.value)
        args = self.arguments(node)
        self.quoted_names(receivers, func.attr, args)
        found: set[int] = set()
        for obj in sorted(receivers)[:MAX_TYPES]:
            found |= self._method_call(obj, func.attr, args, node)
        if not receivers:
            found |= self._unknown_function(func.attr, args, node)
        return frozenset(found)

    def _method_call(self, obj: int, name: str, args: Arguments, node: ast.Call) -> Value:
        payload = self.payload(obj)
        if isinstance(payload, Library):
            return self._library_method(payload.name, name, args, node)
        if isinstance(payload, LocalModule):
            return self.call(self._attribute_of(obj, name, node), args, node)
        if self.heap.types[obj] == "super":
            return self._super_call(obj, name, args, node)
        if isinstance(payload, ClassObject):
            return self.call(
                self._class_attribute(obj, payload, name), self._class_args(obj, payload, name, args), node
            )
        if isinstance(payload, Instance) and (kept := self._kept_method(obj, name)):
            return self.call(kept, args, node)
        held = self.heap.fields[obj].get("." + name)
        if held and not (self.heap.types[obj] and self.knowledge.method(self.heap.types[obj], name)):
            return self.call(frozenset(held), args, node) | self._property_or_method(
                obj, payload, name, args, node
            )
        return self.call_method(frozenset((obj,)), name, args, node)

    def _kept_method(self, obj: int, name: str) -> Value:
        """A method of the object that keeps what it returned."""
        kept = (value for value in self.of_class(obj, name) if self.heap.types[value] == CACHED)
        return frozenset().union(NOTHING, *(self._bound_cache(v, obj) for v in kept))

    def _property_or_method(
        self, obj: int, payload: object, name: str, args: Arguments, node: ast.Call
    ) -> Value:
        own = isinstance(payload, Instance) and self.find_method(obj, name)
        return self.call_method(frozenset((obj,)), name, args, node) if own else NOTHING

    def _class_args(self, cls: int, payload: ClassObject, name: str, args: Arguments) -> Arguments:
        methods = [
            p
            for m in self._class_attribute(cls, payload, name)
            if isinstance(p := self.payload(m), FunctionObject)
        ]
        return args.shifted(frozenset((cls,))) if any(decorated(m, "classmethod") for m in methods) else args

    def _library_method(self, owner: str, name: str, args: Arguments, node: ast.Call) -> Value:
        qualified = f"{owner}.{name}"
        root = owner.split(".")[0]
        if name in OF_DATA:
            self.data_imports.add(owner)
        if owner == "os.environ":
            access = Access.READ if name in ("get", "keys", "items", "copy") else Access.WRITE
            self.record.effect(ResourceKind.ENVIRONMENT, access)
            return self.imm("str")
        known = self.knowledge.function(qualified)
        value = None if known else self.knowledge.value(owner)
        if value is not None and value.returns not in ("", "same"):
            api = self.knowledge.method(value.returns, name)
            if api is not None and any(t.startswith("self") for t in (*api.changes, *api.stores)):
                self.record.effect(ResourceKind.AMBIENT, Access.WRITE, root)
                return self.imm("None")
            if api is not None:
                return self.apply(api, name, self.new(("value", owner), value.returns), args, node)
        return self.call_library(qualified, args, node)

    def arguments(self, node: ast.Call) -> Arguments:
        """Evaluate a call's arguments in order."""
        positional: list[Value] = []
        keywords: dict[str, Value] = {}
        rest: set[int] = set()
        for arg in node.args:
            if isinstance(arg, ast.Starred):
                rest |= self.eval(arg)
            else:
                positional.append(self.looks_into(self.eval(arg)))
        for keyword in node.keywords:
            if keyword.arg is None:
                rest |= self.parts(self.looks_into(self.eval(keyword.value)), keyword)
            else:
                keywords[keyword.arg] = self.looks_into(self.eval(keyword.value))
        return Arguments(
            positional,
            keywords,
            frozenset(rest),
            nodes=[a for a in node.args if not isinstance(a, ast.Starred)],
        )
