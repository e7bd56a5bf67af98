"""Objects that are told apart by what they are, not by what is in them: a copy is not equal to its original."""

from __future__ import annotations

import ast

from nb_to_flow.facts.functions import Functions
from nb_to_flow.facts.heap import MEMORY, ClassObject
from nb_to_flow.facts.values import Value

EQUAL_BY_VALUE = frozenset({"dataclass", "define", "attrs", "s", "total_ordering"})  # decorators
BARE_BASES = ("abc.", "typing.")


class Identity(Functions):
    """Notes which objects are compared by identity: all variables that hold one must hold the same one."""

    def compare_identity(self, left: Value, right: Value) -> None:
        """`left is right`, for arrays also whether they look into the same memory."""
        for side, other in ((left, right), (right, left)):
            for obj in self.mutable(side):
                shared = {obj, *self.heap.fields[obj].get(MEMORY, ())}
                theirs = other.union(*(self.heap.fields[o].get(MEMORY, ()) for o in other))
                self.record.compared |= {o for o in shared & theirs if not self.is_code(o)}

    def compare(self, value: Value, other: Value) -> None:
        """A value is compared with another, or looked for in it."""
        tuples = (obj for obj in value if self.heap.types[obj] == "tuple")
        alone = {o for o in value.union(*map(self.heap.items, tuples)) if self._is_unique(o)}
        if alone:
            self.record.compared |= alone & self.heap.reach(other)

    def _is_unique(self, obj: int) -> bool:
        """True for objects that are equal to themselves only."""
        if self.heap.types[obj] == "object":
            return True
        cls = self.instance_class(obj)
        return cls is not None and self.find_method(obj, "__eq__") is None and self._is_bare(cls)

    def _is_bare(self, cls: ClassObject) -> bool:
        bases = [base for one in self.lineage(cls) for base in one.library_bases]
        decorators = {_name(d) for one in self.lineage(cls) for d in one.node.decorator_list}
        return not decorators & EQUAL_BY_VALUE and all(base.startswith(BARE_BASES) for base in bases)


def _name(decorator: ast.expr) -> str:
    function = decorator.func if isinstance(decorator, ast.Call) else decorator
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
