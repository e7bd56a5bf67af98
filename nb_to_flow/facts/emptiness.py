"""Which values are surely not empty, so that a loop over them surely runs."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nb_to_flow.facts.heap import Filled, Heap, Text
from nb_to_flow.facts.values import Value

UNKNOWN_PARTS = re.compile(r"{[^}]*}")


class Emptiness:
    """Keeps account of containers that are made with something in them, and of what may have emptied them.

    Immutable values that aren't empty are objects of their own on the heap, positive whole numbers too: what
    is made of them (`range(n)`) isn't empty either.
    """

    def __init__(self, heap: Heap) -> None:
        self.heap = heap
        self._filled: set[int] = set()
        self._emptied: set[int] = set()  # once, on whatever path

    def note(self, made: Value, is_filled: bool) -> Value:
        """What an expression has just made; returns what stands for it."""
        found: set[int] = set()
        for obj in made:
            if obj not in self.heap.frozen:
                (self._filled if is_filled else self._emptied).add(obj)
            elif is_filled and obj not in self.heap.payloads:
                obj = self.heap.immutable(self.heap.types[obj], Filled())
            found.add(obj)
        return frozenset(found)

    def lose(self, objs: Iterable[int]) -> None:
        """These may have become empty."""
        self._emptied.update(objs)

    def forget(self, value: Value) -> Value:
        """The same value, of unknown size."""
        self.lose(value)
        immutable = {obj: self.heap.immutable(self.heap.types[obj]) for obj in value if self._is_marked(obj)}
        return frozenset(immutable.get(obj, obj) for obj in value)

    def is_filled(self, value: Value) -> bool:
        """True if none of these objects can be empty (or, of numbers, less than one)."""
        return bool(value) and all(map(self._is_filled, value))

    def _is_filled(self, obj: int) -> bool:
        payload = self.heap.payloads.get(obj)
        if isinstance(payload, Text):
            return bool(UNKNOWN_PARTS.sub("", payload.text))
        return self._is_marked(obj) or obj in self._filled and obj not in self._emptied

    def _is_marked(self, obj: int) -> bool:
        return isinstance(self.heap.payloads.get(obj), Filled)
