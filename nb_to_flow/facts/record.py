"""What is noted while one top-level statement is run abstractly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from nb_to_flow.facts.frames import Frame
from nb_to_flow.facts.values import Value
from nb_to_flow.ir.facts import Access, Effect, ResourceKind


@dataclass(slots=True)
class Change:
    """How an object changed: see `nb_to_flow.ir.facts.Mutation`."""

    deep: bool
    certain: bool
    cached: bool
    line: int

    def joined(self, other: Change) -> Change:
        """This change and another of the same object."""
        deep, certain = self.deep or other.deep, self.certain or other.certain
        return Change(deep, certain, self.cached and other.cached, self.line)


@dataclass(slots=True)
class Later:
    """What code does that runs when an iterator is gone through.

    Names it looks up, variables it binds outside itself, objects it changes, effects.
    """

    names: frozenset[str] = frozenset()
    binds: dict[tuple[Frame, str], Value] = field(default_factory=dict)
    changes: dict[int, Change] = field(default_factory=dict)
    effects: dict[tuple[ResourceKind, Access, str], bool] = field(default_factory=dict)

    def joined(self, other: Later) -> Later:
        """Both, as if one did."""
        binds = {**self.binds, **other.binds}
        for key in self.binds.keys() & other.binds.keys():
            binds[key] |= self.binds[key]
        return Later(
            self.names | other.names,
            binds,
            {**self.changes, **other.changes},
            {**self.effects, **other.effects},
        )


@dataclass(slots=True)
class Record:
    """Notes on one statement. `line` is where in the statement's code the run is at module level."""

    line: int = 1
    loads: dict[str, int] = field(default_factory=dict)
    bound: set[str] = field(default_factory=set)  # surely bound on the path so far
    touched: set[str] = field(default_factory=set)  # bound on some path
    late: set[str] = field(default_factory=set)  # read by nested code, whatever is bound by then
    deleted: set[str] = field(default_factory=set)
    replaced: dict[str, frozenset[int]] = field(default_factory=dict)  # what touched variables were before
    changes: dict[int, Change] = field(default_factory=dict)
    compared: set[int] = field(default_factory=set)  # objects, by identity
    effects: dict[tuple[ResourceKind, Access, str], bool] = field(default_factory=dict)
    calls: set[str] = field(default_factory=set)
    libraries: set[str] = field(default_factory=set)
    awaits: bool = False
    has_followed: bool = False  # functions of the notebook or of a module beside it
    is_none: bool = False  # the statement's value, if it is an expression
    assumptions: dict[str, int] = field(default_factory=dict)
    is_apart: bool = False  # what runs now may really run later
    implicit: set[tuple[int, str]] = field(default_factory=set)  # special methods already run
    steps: int = 0

    def load(self, name: str) -> None:
        """A module-level variable is read."""
        if name not in self.bound:
            self.loads.setdefault(name, self.line)

    def change(self, obj: int, deep: bool, certain: bool = True, cached: bool = False) -> None:
        """An object may change in place."""
        known = self.changes.get(obj)
        if known is not None and known.deep >= deep and known.certain >= certain and known.cached <= cached:
            return
        change = Change(deep, certain, cached, self.line)
        self.changes[obj] = change if known is None else known.joined(change)

    @contextmanager
    def apart(self) -> Iterator[Later]:
        """Notes as ever; what happens meanwhile is there on its own too, afterwards."""
        outer, found = (self.late, self.changes, self.effects), Later()
        self.late, self.changes, self.effects = set(), {}, {}
        was_apart, self.is_apart = self.is_apart, True
        try:
            yield found
        finally:
            found.names, found.changes, found.effects = frozenset(self.late), self.changes, self.effects
            self.late, self.changes, self.effects = outer
            self.is_apart = was_apart
            self.late |= found.names
            for obj, change in found.changes.items():
                self.changes[obj] = self.changes[obj].joined(change) if obj in self.changes else change
            self.again(found)

    def again(self, later: Later) -> None:
        """The effects of what was noted apart."""
        for (kind, access, name), certain in later.effects.items():
            self.effect(kind, access, name, certain)

    def effect(self, kind: ResourceKind, access: Access, name: str = "", certain: bool = True) -> None:
        """Something outside the variables is touched."""
        key = (kind, access, name)
        self.effects[key] = self.effects.get(key, False) or certain

    def assume(self, message: str) -> None:
        """Something had to be assumed (said to the user as an info diagnostic)."""
        self.assumptions.setdefault(message, self.line)

    def all_effects(self) -> tuple[Effect, ...]:
        """The effects as data, in order of kind."""
        keys = sorted(self.effects, key=lambda k: (k[0].value, k[1].value, k[2]))
        return tuple(Effect(kind=k, access=a, name=n, certain=self.effects[k, a, n]) for k, a, n in keys)
