"""What can't cross from one process to another, or only where its definitions can."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nb_to_flow.facts.functions import Functions
from nb_to_flow.facts.heap import (
    BoundMethod,
    ClassObject,
    FunctionObject,
    Instance,
    LibraryMethod,
    closure,
)
from nb_to_flow.ir.facts import Role
from nb_to_flow.ir.scopes import free_names

REASONS = {
    "handle": "is bound to this process",
    "lossy": "loses a part of itself when it is pickled",
    "iterator": "is used up by reading it",
    "figure": "is drawn on in place",
}
# types of objects whose methods `deepcopy` takes for mere functions
COMPILED = frozenset(
    {"list", "dict", "set", "bytearray", "numpy.ndarray", "numpy.random.Generator", "random.Random"}
) | {f"collections.{name}" for name in ("deque", "defaultdict", "Counter", "OrderedDict")}

PICKLING = (
    "__new__",
    "__getattribute__",
    "__copy__",
    "__deepcopy__",
    "__reduce__",
    "__reduce_ex__",
    "__getstate__",
    "__setstate__",
)
REFILLING = ("__setitem__", "append", "extend")  # what unpickling calls on classes derived from containers


class Crossing:
    """Looks at the objects that variables hold; `look` must have been called since they were made."""

    def __init__(self, machine: Functions) -> None:
        self.machine = machine
        self.heap = machine.heap
        self._looked_at = 0  # objects that were looked at so far
        self._bound_to_process = self.heap.follow()  # what can't be pickled, and what holds such
        self._renewed = self.heap.follow()  # what a pickle makes anew, and what holds such
        self._carriers = self.heap.follow()  # the notebook's functions and instances, and what holds them

    def unpicklable(self, names: list[str]) -> dict[str, str]:
        """Of these variables those whose value can't leave its process, each with the reason."""
        found: dict[str, str] = {}
        for name in names:
            if self._bound_to_process.isdisjoint(self.machine.objects(name)):
                continue
            for obj in sorted(self.heap.reach(self.machine.objects(name))):
                reason = self._reason(obj)
                if reason:
                    found[name] = (
                        f"`{name}` {'holds' if obj not in self.machine.objects(name) else 'is'} a {self._kind(obj)}: it {reason}"
                    )
                    break
        return found

    def renewed(self, names: list[str]) -> frozenset[str]:
        """Of these variables those whose value comes out of a pickle made anew, in other surroundings."""
        return frozenset(n for n in names if not self._renewed.isdisjoint(self.machine.objects(n)))

    def look(self) -> None:
        """Look at the objects that the statement made."""
        heap = self.heap
        for obj in range(self._looked_at, len(heap.types)):
            if self._reason(obj):
                heap.mark(self._bound_to_process, obj)
            if obj in self.machine.models:
                heap.mark(self._renewed, obj)
            if isinstance(heap.payloads.get(obj), (FunctionObject, Instance, BoundMethod)):
                heap.mark(self._carriers, obj)
        self._looked_at = len(heap.types)
        for obj in filter(self._holds_itself, heap.with_attrs):
            heap.mark(self._bound_to_process, obj)

    def _reason(self, obj: int) -> str:
        payload = self.machine.payload(obj)
        if isinstance(payload, LibraryMethod) and self.heap.types[payload.receiver] in COMPILED:
            return "stays bound to the object it was taken from, whatever is copied"
        if obj in self.machine.formulas:
            return "looks up what its formula calls when it is unpickled"
        if isinstance(payload, Instance) and any(
            self.machine.find_method(obj, n) for n in self._asked_for(obj)
        ):
            return "says itself how it is copied"
        if isinstance(payload, Instance) and self._becomes_plain(obj):
            return "is of a class that a copy of it is not of"
        if self._holds_itself(obj):
            return "holds itself, and would not come out of a pickle as it was"
        traits = self.machine.traits(obj)
        return next((why for trait, why in REASONS.items() if trait in traits), "")

    def _becomes_plain(self, obj: int) -> bool:
        """True for tables of the notebook's classes that don't say that what is made of them is of their class."""
        is_table = self.heap.types[obj] in ("pandas.DataFrame", "pandas.Series")
        return is_table and self.machine.find_method(obj, "_constructor") is None

    def _asked_for(self, obj: int) -> tuple[str, ...]:
        """Methods that pickling an object of a class of the notebook would call, if the class has them."""
        cls = self.machine.instance_class(obj)
        bases = [b for one in (self.machine.lineage(cls) if cls else ()) for b in one.library_bases]
        if any(base.endswith(("Error", "Exception", "Warning")) for base in bases):
            return (*PICKLING, "__init__")
        return PICKLING + REFILLING if self.heap.types[obj] else PICKLING

    def _holds_itself(self, obj: int) -> bool:
        """True for frames among their own `attrs`, and for objects in their own dicts if these are used too."""
        heap = self.heap
        if obj not in heap.with_attrs:
            return False
        is_frame = heap.types[obj].startswith("pandas.")
        return obj in heap.reach(heap.fields[obj].get(".attrs", ()) if is_frame else heap.inside(obj))

    def _kind(self, obj: int) -> str:
        return self.heap.types[obj].rsplit(".", 1)[-1] or "value"

    def carries(self, names: list[str], role: Role) -> dict[str, frozenset[str]]:
        """Of these variables those that hold functions or instances of classes of the notebook, by name."""
        found: dict[str, frozenset[str]] = {}
        is_definition = role in (Role.FUNCTION, Role.CLASS)
        for name in names:
            if self._carriers.isdisjoint(self.machine.objects(name)):
                continue
            held = {self._definition_name(obj) for obj in self._data_reach(name)} - {""}
            held -= {name} if is_definition else set()
            if held:
                found[name] = frozenset(held)
        return found

    def needed(self, held: Iterable[str]) -> frozenset[str]:
        """The variables that these functions and classes of the notebook look up when somebody calls them."""
        definitions = closure(held, self._looks_up)
        return frozenset(definitions - {*held})

    def _looks_up(self, name: str) -> Iterator[str]:
        for obj in self.machine.objects(name):
            payload = self.machine.payload(obj)
            if isinstance(payload, (FunctionObject, ClassObject)):
                yield from free_names(payload.node)

    def _data_reach(self, name: str) -> set[int]:
        """What a variable's value holds; what a class of the notebook holds is part of its definition."""
        roots = {
            o for o in self.machine.objects(name) if not isinstance(self.machine.payload(o), ClassObject)
        }
        return self.heap.reach(roots)

    def _definition_name(self, obj: int) -> str:
        payload = self.machine.payload(obj)
        if isinstance(payload, BoundMethod):
            return self._definition_name(payload.receiver)
        if isinstance(payload, Instance):
            cls = self.machine.instance_class(obj)
            return cls.node.name if cls is not None and self.machine.in_notebook(cls.namespace) else ""
        if isinstance(payload, FunctionObject) and self.machine.in_notebook(payload.frame):
            return payload.name
        return ""
