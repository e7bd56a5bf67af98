"""Objects that several variables reach: a task that changes one must get all of them together.

A value that reaches a task through two results is two objects there, once results are pickled. So for each
object that a task changes, all inputs that reach it must come out of one task's result, be copied together,
and have been together all the way from where they began to share. Names that don't, are handed along by the
task that made them share ("carried"); memory shared between views can't be handed along at all, so its
users share a task.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nb_to_flow.ir.facts import Comparison, Mutation
from nb_to_flow.plan.draft import Draft
from nb_to_flow.plan.interfaces import Interface
from nb_to_flow.plan.versions import Version


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """Inputs of one group that reach the same changed object."""

    group: int
    names: frozenset[str]
    obj: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """What would make a grouping coherent: names carried by statements, or groups merged (with why)."""

    carried: frozenset[Version] = frozenset()
    merged: tuple[tuple[frozenset[int], str], ...] = ()


def touched_inputs(
    draft: Draft, interface: Interface, mutation: Mutation | Comparison, statement: int
) -> frozenset[str]:
    """The group's inputs whose objects the mutation (or comparison) that one of its statements makes may touch."""
    found = set()
    for name, definer in interface.inputs.items():
        named = name in mutation.names and _still_input(draft, interface, name, statement)
        if named or _reached_before(draft, (name, definer), mutation, statement):
            found.add(name)
    return frozenset(found)


def _reached_before(draft: Draft, version: Version, mutation: Mutation | Comparison, statement: int) -> bool:
    """True if a version that the notebook has replaced by then may still reach the changed object."""
    if _is_current(draft, version, statement):
        return False
    return mutation.obj in draft.facts.sharing.reach(draft.versions.objects(version))


def _is_current(draft: Draft, version: Version, statement: int) -> bool:
    """True if the notebook has not bound or deleted the name anew between the version and the statement."""
    name, definer = version
    again = (*draft.versions.binders.get(name, ()), *draft.versions.deleters.get(name, ()))
    return not any(definer < i < statement for i in again)


def _still_input(draft: Draft, interface: Interface, name: str, statement: int) -> bool:
    """True if no step before `statement` binds the name anew."""
    return not any(i < statement and i in interface.steps for i in draft.versions.binders.get(name, ()))


def changes_of(draft: Draft, interface: Interface) -> Iterator[tuple[int, Mutation]]:
    """The mutations that a group's statements make."""
    for index in interface.steps:
        for mutation in draft.facts.statements[index].mutations:
            yield index, mutation


def find_incoherent(draft: Draft, interfaces: Mapping[int, Interface], group_of: Mapping[int, int]) -> Remedy:
    """What is wrong with a grouping, as what to do about it; an empty remedy if nothing is."""
    carried: set[Version] = set()
    merged: list[tuple[frozenset[int], str]] = []
    for pair in shared_inputs(draft, interfaces, group_of):
        interface = interfaces[pair.group]
        homes = {n: group_of.get(interface.inputs[n], -1) for n in pair.names}
        if pair.obj in draft.facts.sharing.buffers:
            together = {pair.group, *homes.values()} - {-1}
            merged.append((frozenset(together), pair.why))
        elif len(set(homes.values())) > 1 or -1 in homes.values():
            handed = _carry(draft, interface, pair, homes)
            if handed and handed <= draft.versions.carried:  # that did not help: it takes them from before
                merged.append((frozenset({pair.group, *homes.values()} - {-1}), pair.why))
            carried |= handed
    merged += _uncopied(draft, interfaces, group_of)
    return Remedy(carried=frozenset(carried), merged=tuple(merged))


def _uncopied(
    draft: Draft, interfaces: Mapping[int, Interface], group_of: Mapping[int, int]
) -> Iterator[tuple[frozenset[int], str]]:
    """Who changes a list in a cell of a frame joins who gave the frame: a copy would share it."""
    cells = draft.facts.sharing.cells
    for group, interface in interfaces.items():
        for index, mutation in changes_of(draft, interface):
            if mutation.obj not in cells:
                continue
            for name in touched_inputs(draft, interface, mutation, index):
                home = group_of.get(interface.inputs[name], -1)
                if home not in (-1, group) and _is_in_cell(
                    draft, (name, interface.inputs[name]), mutation.obj
                ):
                    why = f"cell {draft.span(index).cell + 1} changes what a cell of {name} holds"
                    yield frozenset({group, home}), why


def _is_in_cell(draft: Draft, version: Version, obj: int) -> bool:
    """True if the version's value reaches the object through a frame."""
    sharing = draft.facts.sharing
    reached = sharing.reach(draft.versions.objects(version))
    frames = frozenset(o for o in reached if sharing.types.get(o, "").startswith("pandas."))
    return obj in sharing.reach(frames)


def _carry(draft: Draft, interface: Interface, pair: Together, homes: Mapping[str, int]) -> set[Version]:
    """Let the statement that made the names share hand the others on."""
    latest = (
        max(interface.inputs[n] for n in pair.names if homes[n] != -1) if set(homes.values()) != {-1} else -1
    )
    if latest < 0:
        return set()
    home = next(h for n, h in homes.items() if interface.inputs[n] == latest)
    return {(n, latest) for n in pair.names if interface.inputs[n] < latest and homes[n] != home}


def shared_inputs(
    draft: Draft, interfaces: Mapping[int, Interface], group_of: Mapping[int, int]
) -> Iterator[Together]:
    """Every set of inputs that must be one: for each changed object, back to where its names began to share.

    A single input counts on the way back: it may hold an object twice that its giver got by two ways.
    """
    seen: set[tuple[int, frozenset[str], int]] = set()
    work: list[Together] = []
    for group, interface in interfaces.items():
        if not interface.inputs:
            continue
        for index, part, done in _looked_at(draft, interface):
            names = touched_inputs(draft, interface, part, index)
            if names:
                cell = draft.span(index).cell + 1
                why = f"{', '.join(sorted(names))} share memory that cell {cell} {done}"
                work.append(Together(group=group, names=names, obj=part.obj, why=why))
    while work:
        pair = work.pop()
        key = (pair.group, pair.names, pair.obj)
        if key in seen:
            continue
        seen.add(key)
        if len(pair.names) > 1:
            yield pair
        work.extend(_further_back(draft, interfaces, group_of, pair))


def _looked_at(draft: Draft, interface: Interface) -> Iterator[tuple[int, Mutation | Comparison, str]]:
    """What a group's statements change, or compare by identity."""
    for index, mutation in changes_of(draft, interface):
        yield index, mutation, "changes in place"
    for index in interface.steps:
        for comparison in draft.facts.statements[index].comparisons:
            yield index, comparison, "compares by identity"


def _further_back(
    draft: Draft, interfaces: Mapping[int, Interface], group_of: Mapping[int, int], pair: Together
) -> Iterator[Together]:
    """The same obligation for the tasks that give the names."""
    inputs = interfaces[pair.group].inputs
    homes = {group_of.get(inputs[n], -1) for n in pair.names} - {-1, pair.group}
    for home in sorted(homes & interfaces.keys()):
        names = frozenset(
            n
            for n, d in interfaces[home].inputs.items()
            if pair.obj in draft.facts.sharing.reach(draft.versions.objects((n, d)))
        )
        if names:
            yield Together(group=home, names=names, obj=pair.obj, why=pair.why)
