"""Objects inside others that a library gives out: attributes and items that are the same each time."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from nb_to_flow.facts.heap import MEMORY, closure
from nb_to_flow.facts.knowledge.model import ApiFacts
from nb_to_flow.facts.lazily import Lazily
from nb_to_flow.facts.values import Value

INDEX = "pandas.Index"
ROOTS = ("pandas", "numpy")  # libraries whose objects are data
TABLES = ("pandas.DataFrame", "pandas.Series")


class Parts(Lazily):
    """Takes the parts of objects, as the tables name them."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self.alike: dict[int, set[int]] = {}  # tables and indexes that may have an index in common

    def part(self, source: Value, api: ApiFacts, name: str, node: ast.AST) -> Value:
        """What `source.name` gives where the table says that it is inside of `source`."""
        if name == ".attrs":  # the same one each time
            return self._own_part(source, api, name)
        if api.returns == INDEX:
            return self._index(source, name, node)
        found = self.parts(source, node)
        if api.returns and api.returns != "same":
            found = frozenset(
                obj
                for obj in found
                if (obj not in self.heap.frozen or self._fits(obj, api)) and not self._is_other(obj, api)
            )
            known = frozenset(obj for obj in found if self.heap.types[obj])
            if not known:
                part = self.new(("part", node), api.returns)
                for obj in self.mutable(source):
                    self.heap.hold(obj, f".{api.returns}", part)
                return part
        return found

    def _is_other(self, obj: int, api: ApiFacts) -> bool:
        """True for a model and its kind where the table says that the part is data."""
        kind, root = self.heap.types[obj], api.returns.partition(".")[0]
        is_data = root in ROOTS or "." not in api.returns
        return (
            is_data and "." in kind and "reader" in self.traits(obj) and kind.partition(".")[0] not in ROOTS
        )

    def _index(self, source: Value, name: str, node: ast.AST) -> Value:
        """A frame's index, which the columns that it was made of may share."""
        found = frozenset(o for o in self.parts(source, node) if self.heap.types[o] == INDEX)
        if not found:
            found = self.new(("part", node), INDEX)
            owners = set(self.mutable(source))
            if name == ".index":
                owners |= {o for o in self.heap.reach(owners) if self._is_labelled(o)}
            for obj in owners:
                self.heap.hold(obj, name, found)
        return found

    def relabel(self, index: int) -> None:
        """An index gets another name: what was made of its frame may have the same, a transpose as columns."""
        labelled = closure((index,), self._labelled_alike)
        self.change(o for o in labelled if self.heap.types[o] == INDEX)
        for table in sorted(labelled - {index}):
            self.heap.hold(table, ".index", (index,))

    def label_alike(self, made: Value, sources: Value) -> None:
        """What is made of tables and indexes may have the very same indexes, not only equal ones."""
        tables = [obj for obj in made if self.heap.types[obj] in TABLES]
        listed = frozenset(o for s in self.containers(sources) for o in self.heap.items(s))
        for obj in sources | listed if tables else ():
            if self.heap.types[obj] == INDEX or self._is_labelled(obj):
                for table in tables:
                    self.alike.setdefault(table, set()).add(obj)
                    self.alike.setdefault(obj, set()).add(table)

    def _labelled_alike(self, obj: int) -> Iterable[int]:
        found = self.alike.get(obj, set()).copy()
        if self.heap.types[obj] == INDEX:
            return found | set(filter(self._is_labelled, self.heap.parents[obj]))
        memory = self.heap.fields[obj].get(MEMORY, set())
        views = {o for m in memory for o in self.heap.parents[m] if self._is_labelled(o)}
        inside = self.heap.inside(obj)
        return found | views | {o for o in inside if self.heap.types[o] == INDEX or self._is_labelled(o)}

    def _is_labelled(self, obj: int) -> bool:
        """True for tables, also for what may be a column of one."""
        kind = self.heap.types[obj]
        return kind in TABLES or not kind and MEMORY in self.heap.fields[obj]

    def cells_of(self, frames: Value) -> Value:
        """The lists and dicts that stand in cells of frames: their views have them too."""
        tables = (obj for obj in frames if self.heap.types[obj].startswith("pandas."))
        return self.in_cells(i for obj in tables for i in self.heap.items(obj))

    def _fits(self, obj: int, api: ApiFacts) -> bool:
        """True for an object of a type that the call may return."""
        kind = self.heap.types[obj]
        return any(self.knowledge.is_a(kind, wanted) for wanted in api.returns.split(" | "))

    def _own_part(self, source: Value, api: ApiFacts, name: str) -> Value:
        found: set[int] = set()
        for obj in self.mutable(source):
            part = self.heap.at(("attribute", obj, name), api.returns)
            self.heap.hold(obj, name, (part,))
            found.add(part)
        return frozenset(found)
