"""Abstract values: sets of the heap's objects."""

from __future__ import annotations

Value = frozenset[int]  # the objects that an expression may evaluate to
NOTHING: Value = frozenset()
