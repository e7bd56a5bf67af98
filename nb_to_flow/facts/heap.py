"""The abstract heap: which objects there may be, of what type, and what sits inside what.

Objects stand for allocation sites (an expression in a context), as in points-to analysis (Andersen 1994). The
heap only grows: bindings of variables are replaced, what an object holds is only added to. `version` rises with
every change, so that loops and recursion can be run until nothing new is found.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from nb_to_flow.facts.arguments import Arguments
from nb_to_flow.facts.frames import Frame
from nb_to_flow.facts.values import Value

T = TypeVar("T", bound=Hashable)
ITEMS = "*"  # the field of what a container holds
MEMORY = "@"  # the field of the memory that views share


@dataclass(slots=True, eq=False)
class FunctionObject:
    """A function or lambda of the notebook, with the frame it closes over."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    frame: Frame
    name: str
    defaults: dict[str, Value] = field(default_factory=dict)

    def is_global(self, name: str) -> bool:
        """True if a name that the body takes from outside is the module's."""
        return Frame(outer=self.frame).find(name) is None


@dataclass(slots=True, eq=False)
class ClassObject:
    """A class of the notebook."""

    node: ast.ClassDef
    namespace: Frame
    bases: tuple[int, ...]
    library_bases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Library:
    """A module of a library or something in it, by qualified name."""

    name: str


@dataclass(frozen=True, slots=True)
class BoundMethod:
    """A method of the notebook taken from an object."""

    function: int
    receiver: int


@dataclass(frozen=True, slots=True)
class LibraryMethod:
    """A method of a library's object (or of an unknown one) taken from it."""

    receiver: int
    name: str


@dataclass(frozen=True, slots=True)
class Instance:
    """An object of a notebook's class."""

    cls: int


@dataclass(frozen=True, slots=True)
class Text:
    """A string whose text is known, unknown parts as `{name}`."""

    text: str


@dataclass(frozen=True, slots=True)
class LocalModule:
    """A module that lies beside the notebook, with its variables."""

    name: str
    frame: Frame


@dataclass(frozen=True, slots=True, eq=False)
class Partial:
    """What `functools.partial` makes: functions with some of their arguments."""

    function: Value
    arguments: Arguments


@dataclass(frozen=True, slots=True, eq=False)
class Maker:
    """What `operator.itemgetter`, `attrgetter` ("attribute") and `methodcaller` ("method") make."""

    kind: str
    arguments: Arguments


@dataclass(frozen=True, slots=True)
class Filled:
    """An immutable value that is not empty, or a whole number above zero."""


@dataclass(frozen=True, slots=True)
class Field:
    """What `dataclasses.field` makes: what each instance gets if it isn't given the field."""

    factory: Value
    default: Value
    is_passed: bool  # to the constructor


@dataclass(frozen=True, slots=True)
class TupleClass:
    """What `collections.namedtuple` makes."""

    fields: tuple[str, ...]


Payload = (
    TupleClass
    | Field
    | Filled
    | Partial
    | Maker
    | LocalModule
    | FunctionObject
    | ClassObject
    | Library
    | BoundMethod
    | LibraryMethod
    | Instance
    | Text
)


class Heap:
    """All abstract objects of a run. Objects are numbered from 0."""

    def __init__(self) -> None:
        self.types: list[str] = []
        self.fields: list[dict[str, set[int]]] = []
        self.parents: list[set[int]] = []
        self.payloads: dict[int, Payload] = {}
        self.frozen: set[int] = set()  # objects that can't change: sharing them is harmless
        self.memory: set[int] = set()
        self.spread: dict[
            int, str
        ] = {}  # fresh sequences whose items share nothing with each other: items' type
        self.open: set[int] = set()  # containers that came with items that nobody has seen
        self.with_attrs: set[int] = set()  # frames whose `attrs`, objects whose own dicts are used
        self.version = 0
        self.work = 0  # objects gone through since somebody set it to 0
        self._sites: dict[Hashable, int] = {}
        self._followed: list[set[int]] = []

    def at(self, site: Hashable, type_name: str = "") -> int:
        """The object of an allocation site, made on first sight."""
        found = self._sites.get(site)
        if found is None:
            found = self._sites[site] = self._new(type_name)
        return found

    def immutable(self, type_name: str, payload: Payload | None = None) -> int:
        """The one object that stands for all immutable values of a type (or for one known text or name)."""
        key = ("immutable", type_name, payload)
        found = self._sites.get(key)
        if found is None:
            found = self._sites[key] = self._new(type_name)
            self.frozen.add(found)
            if payload is not None:
                self.payloads[found] = payload
        return found

    def buffer(self, site: Hashable) -> int:
        """A piece of memory that views may share."""
        found = self.at((MEMORY, site), MEMORY)
        self.memory.add(found)
        return found

    def expose(self, objs: Iterable[int]) -> None:
        """The own dicts of objects are used: a copy of both would be an object and a dict of its own."""
        self.memory.update(objs)
        self.with_attrs.update(objs)

    def hold(self, obj: int, name: str, inner: Iterable[int]) -> None:
        """Put objects into a field of another."""
        if name == ".attrs":
            self.with_attrs.add(obj)
        if obj in self.frozen:
            return
        slot = self.fields[obj].setdefault(name, set())
        new = set(inner) - slot
        if new:
            self.version += 1
            slot |= new
            for one in new:
                if one not in self.frozen or one in self.payloads:
                    self.parents[one].add(obj)
                    for holders in self._followed:
                        if one in holders:
                            self.mark(holders, obj)

    def inside(self, obj: int) -> set[int]:
        """Everything directly inside an object."""
        return {inner for slot in self.fields[obj].values() for inner in slot}

    def is_exposed(self, obj: int) -> bool:
        """True for an object that also stands for its own dict."""
        return obj in self.with_attrs and obj in self.memory

    def items(self, obj: int) -> set[int]:
        """What iterating or subscripting a container may give; of an own dict, what the attributes are."""
        return self.inside(obj) if self.is_exposed(obj) else self.stored(obj)

    def stored(self, obj: int) -> set[int]:
        """What was put into an object as into a container."""
        return {i for name, slot in self.fields[obj].items() if name == ITEMS or name[0] == "[" for i in slot}

    def reach(self, objs: Iterable[int]) -> set[int]:
        """These objects and everything inside them."""
        seen = set(objs)
        stack = list(seen)
        while stack:
            for slot in self.fields[stack.pop()].values():
                if not slot <= seen:
                    new = slot - seen
                    seen |= new
                    stack.extend(new)
        self.work += len(seen)
        return seen

    def holders(self, objs: Iterable[int]) -> set[int]:
        """These objects and everything that they are inside of."""
        found = closure(objs, lambda obj: self.parents[obj])
        self.work += len(found)
        return found

    def follow(self) -> set[int]:
        """A set for `mark`, empty at first, which from then on grows with the heap."""
        self._followed.append(set())
        return self._followed[-1]

    def mark(self, holders: set[int], obj: int) -> None:
        """Add an object to a followed set, with everything that it is inside of, now or later."""
        stack = [obj]
        while stack:
            one = stack.pop()
            if one not in holders:
                holders.add(one)
                stack.extend(self.parents[one])

    def _new(self, type_name: str) -> int:
        self.types.append(type_name)
        self.fields.append({})
        self.parents.append(set())
        self.version += 1
        return len(self.types) - 1


def closure(start: Iterable[T], step: Callable[[T], Iterable[T]]) -> set[T]:
    """The start and everything that steps lead to."""
    seen = set(start)
    stack = list(seen)
    while stack:
        for obj in step(stack.pop()):
            if obj not in seen:
                seen.add(obj)
                stack.append(obj)
    return seen
