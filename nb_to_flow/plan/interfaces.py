"""What goes into and comes out of a group of statements, and where a grouping contradicts the notebook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nb_to_flow.plan.dependencies import needs, observes, repeated_settings
from nb_to_flow.plan.draft import Draft
from nb_to_flow.plan.versions import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A group can't run as one task: `name` would have the wrong value in it.

    `other` is the statement whose group must join; -1 if joining can't help. Then the name is a builtin or
    global here that `binder`, a later statement of the group, makes a local variable of the whole task.
    """

    name: str
    statement: int
    other: int
    binder: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """One group's body and its inputs.

    Attributes:
        own: its own statements, sorted.
        repeated: definitions, constants and settings it needs copies of.
        inputs: names that come in, in order of first use, with the statement that defined each.
        final: for each name the group binds or changes, the statement of its last version there.
        conflicts: why it can't run as it is.
        builtins: names that it binds after it has used them as Python's builtins.
    """

    own: tuple[int, ...]
    repeated: frozenset[int]
    inputs: Mapping[str, int]
    final: Mapping[str, int]
    conflicts: tuple[Conflict, ...]
    builtins: frozenset[str] = frozenset()

    @property
    def steps(self) -> tuple[int, ...]:
        """The body, in order."""
        return tuple(sorted({*self.own, *self.repeated}))


def interface_of(draft: Draft, own: Iterable[int]) -> Interface:
    """The interface of a group of statements."""
    own = tuple(sorted(own))
    repeated = repeated_for(draft, own)
    steps = sorted({*own, *repeated})
    members = frozenset(steps)
    inputs: dict[str, int] = {}
    local: dict[str, int] = {}
    conflicts: list[Conflict] = []
    outside: dict[str, int] = {}
    builtins: set[str] = set()
    for index in steps:
        builtins |= draft.versions.builtins(index) - local.keys() - inputs.keys()
        for name, definer in sorted(needs(draft, index).items()):
            conflict = _bring_in(draft, members, (name, definer), index, inputs, local, outside)
            if conflict is not None:
                conflicts.append(conflict)
        for name in draft.versions.undefined(index):
            if name in local:
                conflicts.append(Conflict(name=name, statement=index, other=local[name]))
            else:
                outside[name] = index
        _define(draft, index, inputs, local)
    conflicts += [
        Conflict(name=n, statement=s, other=-1, binder=_first_binder(draft, steps, n))
        for n, s in sorted(outside.items())
        if n in local and n not in builtins
    ]
    conflicts += [
        Conflict(name=n, statement=s, other=inputs[n], binder=_first_user(draft, steps, n, s))
        for n, s in sorted(outside.items())
        if n in inputs and (n not in local or n in builtins)
    ]
    return Interface(
        own=own,
        repeated=repeated,
        inputs=inputs,
        final=local,
        conflicts=tuple(conflicts),
        builtins=frozenset(builtins & local.keys()),
    )


def _first_binder(draft: Draft, steps: list[int], name: str) -> int:
    """The first of the steps that makes the name a local variable."""
    return next(i for i in steps if name in draft.versions.reaching.defines[i])


def _first_user(draft: Draft, steps: list[int], name: str, after: int) -> int:
    """The first of the steps after one that needs the name to be given."""
    return next((i for i in steps if i > after and name in needs(draft, i)), -1)


def _bring_in(
    draft: Draft,
    members: frozenset[int],
    version: Version,
    index: int,
    inputs: dict[str, int],
    local: dict[str, int],
    outside: dict[str, int],
) -> Conflict | None:
    """See that `name` has the right version when the statement runs; the conflict, if that can't be."""
    name, definer = version
    if name in local:
        if local[name] == definer:
            return None
        return Conflict(name=name, statement=index, other=_culprit(members, definer, local[name]))
    if definer in draft.module_level and definer not in members:
        outside[name] = index
        return None
    if name in inputs:
        same = inputs[name] == definer
        return None if same else Conflict(name=name, statement=index, other=definer)
    inputs[name] = definer
    return None


def _culprit(members: frozenset[int], definer: int, local: int) -> int:
    """Whose group must join: the one that defined the version wanted."""
    return definer if definer not in members else local


def _define(draft: Draft, index: int, inputs: dict[str, int], local: dict[str, int]) -> None:
    facts = draft.facts.statements[index]
    defined = draft.versions.reaching.defines[index]
    uses = draft.versions.uses(index)
    for name in defined:
        if name in facts.binds or name in facts.may_bind or name in uses:
            if name in facts.changes and uses.get(name) in draft.module_level:
                continue
            local[name] = index
    for name in facts.deletes - facts.binds:
        local[name] = -index - 2


def repeated_for(draft: Draft, own: Iterable[int]) -> frozenset[int]:
    """The definitions, constants and settings that a group needs copies of."""
    own = tuple(own)
    members = frozenset(own)
    found: set[int] = set()
    stack = list(own)
    while stack:
        for definer in needs(draft, stack.pop()).values():
            if definer in draft.repeatable and definer not in found and definer not in members:
                found.add(definer)
                stack.append(definer)
    found |= _settings_for(draft, own)
    return frozenset(_without_globals(draft, own, found))


def _settings_for(draft: Draft, own: tuple[int, ...]) -> set[int]:
    """Repeated settings that one of the statements notices."""
    return {s for s in repeated_settings(draft) if any(i > s and observes(draft, i, s) for i in own)}


def _without_globals(draft: Draft, own: tuple[int, ...], found: set[int]) -> set[int]:
    """Imports that are at module level too are repeated only where the task binds their names."""
    both = {i for i in found if i in draft.imports}
    if not both:
        return found
    bound: set[str] = set()
    for index in {*own, *found} - both:
        bound |= draft.versions.reaching.defines[index]
    kept: set[int] = set()
    while True:
        more = {i for i in both - kept if draft.versions.reaching.defines[i] & bound}
        if not more:
            return (found - both) | kept
        kept |= more
        bound |= {n for i in more for n in draft.versions.reaching.defines[i]}
