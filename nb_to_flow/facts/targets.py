"""Assignment targets: names, tuples, attributes, items."""

from __future__ import annotations

import ast
from contextlib import nullcontext

from nb_to_flow.facts.access import item_field
from nb_to_flow.facts.arguments import Arguments
from nb_to_flow.facts.heap import ITEMS, Library
from nb_to_flow.facts.library_effects import AMBIENT_OF
from nb_to_flow.facts.loops import Loops
from nb_to_flow.facts.parts import INDEX
from nb_to_flow.facts.values import Value
from nb_to_flow.ir.facts import Access, ResourceKind

NO_DATA = frozenset(
    {"index", "columns", "name", "names", "attrs"}
)  # attributes of frames that no view shares


class Targets(Loops):
    """Binds targets and stores into objects."""

    def assign(self, target: ast.expr, value: Value) -> None:
        if isinstance(target, ast.Name):
            self.bind(target.id, value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            self._unpack(target, value)
        elif isinstance(target, ast.Starred):
            obj = self.make(target, "list")
            self.heap.hold(obj, ITEMS, value)
            self.assign(target.value, frozenset((obj,)))
        elif isinstance(target, ast.Attribute):
            self.set_attribute(self.eval(target.value), target.attr, value, target)
        elif isinstance(target, ast.Subscript):
            self._set_item(target, value)

    def _unpack(self, target: ast.Tuple | ast.List, value: Value) -> None:
        starred = any(isinstance(e, ast.Starred) for e in target.elts)
        for index, element in enumerate(target.elts):
            exact: set[int] = set()
            for obj in value:
                slot: set[int] | Value | None = None if starred else self.heap.fields[obj].get(f"[{index}]")
                if obj in self.heap.spread and not starred:
                    slot = self.spread_item(obj, f"[{index}]")
                exact |= slot if slot is not None else self.iterate(frozenset((obj,)), target)
            self.assign(element, frozenset(exact))

    def set_attribute(self, value: Value, name: str, held: Value, node: ast.AST) -> None:
        for obj in sorted(value):
            payload = self.payload(obj)
            if isinstance(payload, Library):
                root = payload.name.split(".")[0]
                self.record.effect(ResourceKind.AMBIENT, Access.WRITE, AMBIENT_OF.get(root, root))
                continue
            setter = self.find_method(obj, f"{name}.setter")
            if setter is not None:
                self.call_function(setter, Arguments([frozenset((obj,)), held]), node)
                continue
            for one in self.of_class(obj, name):
                setter = self.find_method(one, "__set__")
                if setter is not None:
                    given = [frozenset((one,)), frozenset((obj,)), held]
                    self.call_function(setter, Arguments(given), node)
            setter = self.find_method(obj, "__setattr__")
            if setter is not None:
                self.call_function(setter, Arguments([frozenset((obj,)), self.text(name), held]), node)
            if self._sets(obj, held):
                continue
            if obj not in self.heap.frozen:
                self.record.change(obj, deep=False)
            if self.heap.types[obj] == INDEX:
                self.relabel(obj)
            if "buffer" in self.traits(obj) and name not in NO_DATA:
                continue
            self.heap.hold(obj, "." + name, held)
            self._through(obj)

    def _sets(self, obj: int, held: Value) -> bool:
        """A store that a table says is a setting (`getcontext().prec = 9`)."""
        kind = self.heap.types[obj]
        api = self.knowledge.method(kind, "__setattr__") if kind else None
        for effect in api.effects if api is not None else ():
            self.run_effect(effect, frozenset((obj,)), Arguments([held]))
        return api is not None and bool(api.effects) and not api.changes

    def _set_item(self, target: ast.Subscript, value: Value) -> None:
        receivers = self.eval(target.value)
        index = self.eval(target.slice)
        for obj in sorted(receivers):
            payload = self.payload(obj)
            if isinstance(payload, Library):
                self._set_library_item(payload.name)
                continue
            self._set_item_of(obj, target, index, value)

    def _set_item_of(self, obj: int, target: ast.Subscript, index: Value, value: Value) -> None:
        receiver = frozenset((obj,))
        own = None if self.is_own_dict(target.value) else self.find_method(obj, "__setitem__")
        if own is not None:
            self.call_function(own, Arguments([receiver, index, value]), target)
            return
        self.compare(index, receiver)
        kind = self.heap.types[obj]
        api = (
            self.knowledge.method(kind, "__setitem__:" + self.subscript_kind(target.slice, index))
            if kind
            else None
        )
        with nullcontext() if isinstance(target.slice, ast.Slice) else self.filling():
            if api is not None:
                self.apply(api, "[]=", receiver, Arguments([index, value]), target)
            else:
                self.change(receiver, deep="buffer" in self.traits(obj))
        if api is None and not kind and isinstance(target.slice, (ast.Slice, ast.Tuple)):
            self.heap.memory.add(obj)  # only arrays are stored into like that
        if "buffer" not in self.traits(obj) and "indexer" not in self.traits(obj):
            self.heap.hold(obj, item_field(target.slice), value)
        elif kind.startswith("pandas."):
            inside = (i for one in self.containers(value) for i in self.heap.items(one))
            self.heap.hold(obj, ITEMS, self.in_cells(inside) | self.cells_of(value))
        self._through(obj)

    def _through(self, obj: int) -> None:
        """A store into `df.loc` or into a part of unknown make is a store into what it was taken from."""
        if "indexer" in self.traits(obj):
            self.change(self.heap.parents[obj], deep=True)

    def _set_library_item(self, name: str) -> None:
        if name == "os.environ":
            self.record.effect(ResourceKind.ENVIRONMENT, Access.WRITE)
            return
        root = name.split(".")[0]
        self.record.effect(ResourceKind.AMBIENT, Access.WRITE, AMBIENT_OF.get(root, root))
