"""Attributes and items: what may be taken from an object."""

from __future__ import annotations

import ast
from abc import abstractmethod

from nb_to_flow.facts.arguments import Arguments
from nb_to_flow.facts.calls import Calls
from nb_to_flow.facts.heap import (
    ITEMS,
    MEMORY,
    BoundMethod,
    ClassObject,
    Field,
    FunctionObject,
    Instance,
    Library,
    LibraryMethod,
    LocalModule,
    Partial,
)
from nb_to_flow.facts.machine import MAX_TYPES
from nb_to_flow.facts.values import NOTHING, Value

SCALARS = frozenset({"int", "float", "bool", "complex", "str", "bytes", "None"})
# what values have and modules, functions and classes as good as never
OF_DATA = frozenset(["keys", "items", "values", "head", "tail", "columns", "iloc", "dtypes"])
ARRAYS = ("numpy.ndarray", "pandas.Series", "pandas.DataFrame", "pandas.Index")

CACHED = "functools._lru_cache_wrapper"


class Attributes(Calls):
    """Evaluates attributes and subscripts."""

    @abstractmethod
    def module_value(self, qualified: str) -> Value:
        """A module: one beside the notebook, else a library's."""

    def _eval_Attribute(self, node: ast.Attribute) -> Value:
        return self.attribute(self.eval(node.value), node.attr, node)

    def attribute(self, value: Value, name: str, node: ast.AST) -> Value:
        """What `value.name` may be."""
        found: set[int] = set()
        for obj in sorted(value)[:MAX_TYPES]:
            found |= self._attribute_of(obj, name, node)
        return frozenset(found)

    def _attribute_of(self, obj: int, name: str, node: ast.AST) -> Value:
        if name == "__dict__" and obj not in self.heap.frozen:
            self.heap.expose({obj})
            return frozenset((obj,))
        if name == "__class__" and (cls := self.class_of(obj)):
            return cls
        payload = self.payload(obj)
        if isinstance(payload, Library):
            return self._library_attribute(payload.name, name, node)
        if isinstance(payload, LocalModule):
            return payload.frame.values.get(name) or self.module_value(f"{payload.name}.{name}")
        if isinstance(payload, ClassObject):
            return self._class_attribute(obj, payload, name)
        if isinstance(payload, Instance):
            found = self._instance_attribute(obj, name, node) or self._asked_for(obj, name, node)
            if found:
                return found
        held = self._held(obj, name)
        kind = self.heap.types[obj]
        api = self.knowledge.attribute(kind, name) if kind else None
        if api is not None:
            return self.apply(api, "." + name, frozenset((obj,)), Arguments(), node) | (held or NOTHING)
        if kind and self.knowledge.method(kind, name):
            return (
                self.imm("", LibraryMethod(obj, name))
                if obj in self.heap.frozen
                else self._method_value(obj, name)
            )
        if held:
            return frozenset(held)
        if "buffer" in self.traits(obj) and not name.startswith("_"):
            column = self.knowledge.method(kind, "__getitem__:str")
            if column is not None:
                return self.apply(column, "column", frozenset((obj,)), Arguments([self.text(name)]), node)
        return self._unknown_attribute(obj, name)

    def class_of(self, obj: int) -> Value:
        """What `type(x)` is, if it is known."""
        payload = self.payload(obj)
        if isinstance(payload, Instance):
            return frozenset((payload.cls,))
        kind = self.heap.types[obj]
        known = payload is None and kind and self.knowledge.type(kind)
        return self.library(kind) if known else NOTHING

    def _held(self, obj: int, name: str) -> Value:
        """What an attribute holds; what was stored through `vars(obj)` stands among the items."""
        fields = self.heap.fields[obj]
        found = frozenset(fields.get("." + name, ()))
        kind = self.heap.types[obj]
        if obj in self.instances or kind == "types.SimpleNamespace" or kind == "tuple" and not found:
            found |= frozenset(self.heap.stored(obj))
        return found

    def is_own_dict(self, node: ast.expr) -> bool:
        """True for `vars(x)` and `x.__dict__`."""
        if isinstance(node, ast.Attribute):
            return node.attr == "__dict__"
        return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "vars"

    def _method_value(self, obj: int, name: str) -> Value:
        method = self.heap.at(("method", obj, name), "method")
        self.heap.payloads[method] = LibraryMethod(obj, name)
        self.heap.hold(method, "self", (obj,))
        return frozenset((method,))

    def _unknown_attribute(self, obj: int, name: str) -> Value:
        if "figure" in self.traits(obj):
            return frozenset((obj,))
        if "caches" in self.traits(obj) and name not in self.kept.get(obj, ()):
            self.change((obj,), certain=False)
        if obj in self.heap.frozen:
            return self.imm("")
        part = self.heap.at(("attribute", obj, name), "")
        view = self.knowledge.attribute(ARRAYS[0], name)
        if view is not None and "view" in view.result.split(" | "):  # it may be a row of an array
            self.heap.hold(part, MEMORY, self.heap.fields[obj].get(MEMORY, ()))
        self.heap.hold(obj, "." + name, (part,))
        self.taken[part] = obj, name
        return frozenset((part,))

    def _library_attribute(self, owner: str, name: str, node: ast.AST) -> Value:
        qualified = f"{owner}.{name}"
        self.record.libraries.add(owner.split(".")[0])
        if name in OF_DATA:
            self.data_imports.add(owner)
        known = self.knowledge.value(qualified)
        if known is not None:
            api = known
            for effect in api.effects:
                self.run_effect(effect, NOTHING, Arguments())
            if api.returns in SCALARS:
                return self.imm(api.returns)
        return self.library(qualified)

    def of_class(self, obj: int, name: str) -> Value:
        """What the class of an object, if it is one of the notebook's, has of a name."""
        payload = self.payload(obj)
        cls = self.instance_class(obj)
        found = isinstance(payload, Instance) and cls and self._class_attribute(payload.cls, cls, name)
        return found or NOTHING

    def _class_attribute(self, obj: int, cls: ClassObject, name: str) -> Value:
        found: set[int] = set(self.heap.fields[obj].get("." + name, ()))
        for one in self.lineage(cls):
            if name in one.namespace.values:
                return frozenset(found | self._of_instances(one.namespace.values[name]))
        for meta in sorted(self.heap.fields[obj].get("metaclass", ())):
            payload = self.payload(meta)
            found |= (
                self._class_attribute(meta, payload, name) if isinstance(payload, ClassObject) else NOTHING
            )
        return frozenset(found)

    def _of_instances(self, value: Value) -> Value:
        """A class's attribute as its instances see it: a dataclass's field by its default."""
        payloads = {obj: self.payload(obj) for obj in value}
        fields = {obj: p for obj, p in payloads.items() if isinstance(p, Field)}
        return (value - fields.keys()).union(*(field.default for field in fields.values()))

    def _instance_attribute(self, obj: int, name: str, node: ast.AST) -> Value:
        payload = self.payload(obj)
        assert isinstance(payload, Instance)
        cls = self.payload(payload.cls)
        assert isinstance(cls, ClassObject)
        found: set[int] = set(self._held(obj, name))
        for value in self._class_attribute(payload.cls, cls, name):
            function = self.payload(value)
            getter = self.find_method(value, "__get__")
            if getter is not None:
                given = [frozenset((value,)), frozenset((obj,)), frozenset((payload.cls,))]
                found |= self.call_function(getter, Arguments(given), node)
            elif self.heap.types[value] == CACHED:
                found |= self._bound_cache(value, obj)
            elif not isinstance(function, FunctionObject):
                found.add(value)
            elif decorated(function, "property", "cached_property"):
                found |= self.call_function(function, Arguments([frozenset((obj,))]), node)
            elif decorated(function, "staticmethod"):
                found.add(value)
            else:
                method = self.heap.at(("bound", obj, value), "method")
                self.heap.payloads[method] = BoundMethod(value, obj)
                self.heap.hold(method, "self", (obj,))
                found.add(method)
        return frozenset(found)

    def _bound_cache(self, function: int, obj: int) -> Value:
        """A method that keeps what it returned, taken from an object."""
        method = self.heap.at(("bound", obj, function), "method")
        self.heap.payloads[method] = Partial(frozenset((function,)), Arguments([frozenset((obj,))]))
        self.heap.hold(method, "self", (obj,))
        return frozenset((method,))

    def _asked_for(self, obj: int, name: str, node: ast.AST) -> Value:
        """What the notebook's own `__getattr__` gives."""
        own = self.find_method(obj, "__getattr__")
        if own is None:
            return NOTHING
        return self.call_function(own, Arguments([frozenset((obj,)), self.text(name)]), node)

    def _eval_Subscript(self, node: ast.Subscript) -> Value:
        value, index = self.eval(node.value), self.eval(node.slice)
        if not (isinstance(node.slice, ast.Constant) and node.slice.value in self.secrets):
            self.looks_into(value)
        found: set[int] = set()
        for obj in sorted(value)[:MAX_TYPES]:
            found |= self._item(obj, index, node)
        return frozenset(found)

    def _item(self, obj: int, index: Value, node: ast.Subscript) -> Value:
        receiver = frozenset((obj,))
        if self.is_own_dict(node.value):
            return frozenset(self.heap.inside(obj)) | self.imm("")
        own = self.find_method(obj, "__getitem__")
        if own is not None:
            return self.call_function(own, Arguments([receiver, index]), node)
        self.compare(index, receiver)
        payload = self.payload(obj)
        if isinstance(payload, Library):
            self.data_imports.add(payload.name)
            return self.imm("")
        kind = self.heap.types[obj]
        if kind == "collections.defaultdict":
            self.change(receiver)
        missing = self.find_method(obj, "__missing__")
        if missing is not None:
            made = self.call_function(missing, Arguments([receiver, index]), node)
            return made | self._container_item(obj, node)
        if kind in ("dict", "tuple", "list", "") or "container" in self.traits(obj):
            return self._container_item(obj, node)
        api = self.knowledge.method(kind, "__getitem__:" + self.subscript_kind(node.slice, index))
        if api is not None:
            return self.apply(api, "[]", receiver, Arguments([index], nodes=[node.slice]), node)
        return self.parts(receiver, node)

    def _container_item(self, obj: int, node: ast.Subscript) -> Value:
        if isinstance(node.slice, ast.Slice):
            made = self.new(node, self.heap.types[obj])
            for one in made:
                self.heap.hold(one, ITEMS, self.parts(frozenset((obj,)), node))
                self.heap.hold(one, MEMORY, self.heap.fields[obj].get(MEMORY, ()))  # a part of an array's row
            return made
        fields = self.heap.fields[obj]
        name = item_field(node.slice)
        if obj in self.heap.spread and name != ITEMS:
            return self.spread_item(obj, name)
        if name != ITEMS and name in fields and ITEMS not in fields:
            return frozenset(fields[name])
        if name != ITEMS and name in fields and self.heap.types[obj] == "dict":
            return frozenset(fields[name] | fields[ITEMS])
        return self.parts(frozenset((obj,)), node)

    def spread_item(self, obj: int, field: str) -> Value:
        """One item of a fresh sequence whose items share nothing (`np.nonzero`)."""
        item = self.new(("spread", obj, field), self.heap.spread[obj])
        self.heap.hold(obj, field, item)
        return item

    def _eval_Slice(self, node: ast.Slice) -> Value:
        for part in (node.lower, node.upper, node.step):
            if part is not None:
                self.eval(part)
        return self.imm("slice")

    def subscript_kind(self, node: ast.expr, index: Value) -> str:
        """How something is subscripted, as the knowledge tables name it; "" if that can't be told."""
        if isinstance(node, ast.Slice):
            return "slice"
        if isinstance(node, ast.Tuple):
            return ":".join(["tuple", *(self.subscript_kind(e, self._quiet(e)) for e in node.elts)])
        types = self.types(index)
        if types and types <= {"str"}:
            return "str"
        if types and types <= {"int"}:
            return "int"
        if types & {"list"} or isinstance(node, (ast.List, ast.ListComp)):
            return "list"
        if types & set(ARRAYS) or isinstance(node, (ast.Compare, ast.BoolOp)):
            return "mask"
        return "any"

    def _quiet(self, node: ast.expr) -> Value:
        """The value of a name or constant, again."""
        return self.eval(node) if isinstance(node, (ast.Name, ast.Constant, ast.List)) else NOTHING


def item_field(key: ast.expr) -> str:
    """The field for a constant key; the field of all items otherwise."""
    return (
        f"[{key.value!r}]" if isinstance(key, ast.Constant) and isinstance(key.value, (str, int)) else ITEMS
    )


def decorated(function: FunctionObject, *names: str) -> bool:
    decorators = getattr(function.node, "decorator_list", [])
    return any((d.id if isinstance(d, ast.Name) else getattr(d, "attr", "")) in names for d in decorators)
