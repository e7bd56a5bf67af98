"""Code that runs later, if ever: where the iterator that it belongs to is gone through."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from nb_to_flow.facts.frames import Path
from nb_to_flow.facts.heap import closure
from nb_to_flow.facts.machine import Machine
from nb_to_flow.facts.record import Later
from nb_to_flow.facts.values import Value


class Lazily(Machine):
    """Keeps what going through iterators does, and does it again where they are gone through."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.lazy: dict[int, Later] = {}  # what going through iterators does

    @contextmanager
    def apart(self) -> Iterator[Later]:
        """What runs meanwhile may really run later, or not at all; what it does is there on its own afterwards."""
        with self.aside() as path, self.record.apart() as later:
            yield later
        later.binds = path.values
        self._may_bind(later)

    def put_off(self, value: Iterable[int], later: Later) -> None:
        """What going through these iterators does; others of the same site may do other things."""
        for obj in value:
            known = self.lazy.get(obj)
            self.lazy[obj] = later if known is None else known.joined(later)
            self.heap.hold(obj, "frame", self._looked_up(later))

    def _looked_up(self, later: Later) -> Value:
        """The data that code that runs later finds in the notebook's variables, as long as they stay."""
        found = (self.module.values[name] for name in later.names & self.module.values.keys())
        return frozenset(o for value in found for o in self.mutable(value) if not self.is_code(o))

    def go_on(self, obj: int, certain: bool) -> None:
        """An iterator runs on: its code looks its names up now, binds what it binds, changes what it changes."""
        if obj not in self.lazy and "iterator" not in self.traits(obj):
            return
        for one in sorted(closure((obj,), self._goes_through)):
            later = self.lazy.get(one)
            if later is None:
                continue
            for name in sorted(later.names & self.module.values.keys()):
                self.record.load(name)
                self.record.late.add(name)
            for inner in sorted(later.changes):
                self.record.change(inner, True, certain)
            self.filled.lose(later.changes)
            self.record.again(later)
            self._bind_again(later)

    def _goes_through(self, obj: int) -> set[int]:
        """The iterators that an iterator takes its items from, or that its code goes through."""
        if "iterator" not in self.traits(obj):
            return set()
        later = self.lazy.get(obj)
        changed = later.changes.keys() if later is not None else set()
        inner = {*self.heap.fields[obj].get("frame", ()), *changed}
        return {one for one in inner if "iterator" in self.traits(one)}

    def _bind_again(self, later: Later) -> None:
        with self.aside():
            for (frame, name), value in later.binds.items():
                self.bind_in(frame, name, value)
        self._may_bind(later)

    def _may_bind(self, later: Later) -> None:
        """Go on as if the code had run, or not."""
        bound = set(self.record.bound)
        self.join([Path(later.binds, bound, False), Path({}, bound, False)])
