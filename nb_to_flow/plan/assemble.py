"""From a sound grouping to tasks: bodies, inputs, outputs, copies, order."""

from __future__ import annotations

from bisect import bisect
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from nb_to_flow.ir.facts import Role
from nb_to_flow.ir.plan import Input, Output, Source, SourceKind, Step, StepRole, TaskPlan
from nb_to_flow.plan.coherence import Together, shared_inputs
from nb_to_flow.plan.copies import copies_for
from nb_to_flow.plan.draft import Draft
from nb_to_flow.plan.fusion import held_together, hoisted_names
from nb_to_flow.plan.interfaces import Interface, interface_of
from nb_to_flow.plan.partition import Partition, topological
from nb_to_flow.plan.placement import can_be_hoisted
from nb_to_flow.plan.settle import Settled
from nb_to_flow.plan.types import Types
from nb_to_flow.plan.versions import Version, stored_names


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Assembly:
    """Groups in order, with what passes between them.

    Attributes:
        draft: with constants that several tasks use hoisted.
        order: the groups, in a legal order, as near to the notebook's as possible.
        interfaces: of each group.
        home: for each statement, the group that it is an own step of.
        before: for each group, those that must come before it whatever is passed.
    """

    draft: Draft
    order: tuple[int, ...]
    interfaces: Mapping[int, Interface]
    home: Mapping[int, int]
    before: Mapping[int, frozenset[int]]


def assemble(settled: Settled) -> Assembly:
    """Order the groups and give every repeatable statement its place."""
    draft, partition = settled.draft, settled.partition
    count = len(draft.facts.statements)
    first = {g: min(members) for g, members in partition.groups().items()}
    order = topological(partition.quotient(), first)
    before = _real_predecessors(partition, order, count)
    tasks = [g for g in order if g in settled.interfaces]
    draft = _hoist_shared_constants(draft, settled.interfaces)
    draft = _hoist_shared_functions(draft, settled.interfaces.values())
    interfaces = {g: interface_of(draft, settled.interfaces[g].own) for g in tasks}
    interfaces = _place_leftovers(draft, tasks, interfaces)
    before |= {g: frozenset() for g in tasks if g not in before}
    home: dict[int, int] = {}
    for g in tasks:
        for index in interfaces[g].steps:
            home.setdefault(index, g)
    return Assembly(draft=draft, order=tuple(tasks), interfaces=interfaces, home=home, before=before)


def _real_predecessors(partition: Partition, order: list[int], count: int) -> dict[int, frozenset[int]]:
    """Direct predecessors of each group; groups that only stand for an order are looked through."""
    groups = partition.groups()
    real = {g: any(i < count for i in members) for g, members in groups.items()}
    found: dict[int, set[int]] = {g: set() for g in order}
    after = partition.quotient()
    for g in order:
        for target in after[g]:
            found[target] |= {g} if real[g] else found[g]
    return {g: frozenset(found[g]) for g in order if real[g]}


def _hoist_shared_constants(draft: Draft, interfaces: Mapping[int, Interface]) -> Draft:
    """Constants that several tasks use, bound once and never changed, stand at module level."""
    users: defaultdict[int, int] = defaultdict(int)
    for interface in interfaces.values():
        for index in interface.repeated:
            users[index] += 1
    binders = draft.versions.binders
    kept = draft.versions.changed | draft.versions.used_as_builtins | draft.versions.declared_global
    hoisted = set()
    repeatable = draft.repeatable - draft.secret
    for facts in draft.facts.statements:
        index = facts.statement
        if facts.role is not Role.CONSTANT or index not in repeatable:
            continue
        alone = all(len(binders[n]) == 1 and n not in kept for n in facts.binds)
        result = any(draft.versions.reaching.final.get(n) == index for n in draft.results if n in facts.binds)
        if alone and (users[index] > 1 or (not users[index] and result)):
            hoisted.add(index)
    return replace(draft, definitions=draft.definitions | hoisted, repeatable=draft.repeatable - hoisted)


def _hoist_shared_functions(draft: Draft, interfaces: Iterable[Interface]) -> Draft:
    """A function that several tasks have a copy of stands at module level if it needs only what stands there.

    It was no definition because the notebook gives its name to other functions too: the tasks that use one of
    those have it as their own.
    """
    copies: Counter[int] = Counter()
    hidden: set[int] = set()
    for interface in interfaces:
        bound = Counter(n for i in interface.steps for n in draft.versions.reaching.defines[i])
        copies.update(interface.repeated)
        hidden |= {
            i for i in interface.repeated if any(bound[n] > 1 for n in draft.facts.statements[i].binds)
        }
    there = draft.imports | draft.settings | draft.definitions
    taken = {n for i in there for n in draft.versions.reaching.defines[i]}
    hoisted: set[int] = set()
    for index, count in sorted(copies.items(), key=lambda item: (-item[1], item[0])):
        names = draft.facts.statements[index].binds
        if count > 1 and index not in hidden and not names & taken and can_be_hoisted(draft, index):
            hoisted.add(index)
            taken |= names
    return replace(draft, definitions=draft.definitions | hoisted, repeatable=draft.repeatable - hoisted)


def _place_leftovers(
    draft: Draft, tasks: list[int], interfaces: dict[int, Interface]
) -> dict[int, Interface]:
    """Constants that no task uses go with the statements of their cell, else with what stands nearest.

    One that is a result and would be in the way everywhere has a task of its own; others are left out.
    """
    used = {i for face in interfaces.values() for i in face.steps}
    places = sorted((draft.span(i).cell, i, g) for g in tasks for i in interfaces[g].own)
    final = {draft.versions.reaching.final[n] for n in draft.results}
    for index in sorted(draft.repeatable - used):
        if draft.facts.statements[index].role is not Role.CONSTANT or not places:
            continue
        for group in _nearest(places, draft.span(index).cell, index):
            wider = _widened(draft, interfaces[group], index)
            if wider is not None:
                interfaces[group] = wider
                break
        else:
            if index in final:
                interfaces[index] = interface_of(draft, (index,))
                tasks.append(index)
    return interfaces


def _widened(draft: Draft, interface: Interface, index: int) -> Interface | None:
    """The interface with one more constant; None if others of its steps give its names other values."""
    names = draft.facts.statements[index].binds
    if any(names & draft.versions.reaching.defines[i] for i in interface.steps):
        return None
    wider = interface_of(draft, (*interface.own, index))
    return None if wider.conflicts else wider


def _nearest(places: list[tuple[int, int, int]], cell: int, index: int) -> list[int]:
    """The groups of the few statements nearest to `index`, by cells first."""
    at = bisect(places, (cell, index, -1))
    around = places[max(at - 2, 0) : at + 2]
    ranked = sorted(around, key=lambda p: (abs(p[0] - cell), p[1] < index, p[1]))
    return list(dict.fromkeys(group for _, _, group in ranked))


def needed_outputs(assembly: Assembly) -> dict[int, dict[str, int]]:
    """For each group the names it must return, with the version."""
    found: dict[int, dict[str, int]] = {g: {} for g in assembly.order}
    draft = assembly.draft
    for g in assembly.order:
        for name, definer in assembly.interfaces[g].inputs.items():
            home = assembly.home.get(definer)
            if home is not None:
                found[home][name] = definer
    for name in draft.results:
        definer = draft.versions.reaching.final[name]
        home = assembly.home.get(definer)
        if home is not None and definer not in draft.module_level:
            found[home][name] = definer
    for g, names in found.items():
        found[g] = dict(sorted(names.items(), key=lambda item: (_first_bound(assembly, g, item[0]), item[0])))
    return found


def _first_bound(assembly: Assembly, group: int, name: str) -> int:
    versions = assembly.draft.versions
    for index in assembly.interfaces[group].steps:
        if name in versions.reaching.defines[index]:
            return index
    return -1


def together_by_group(assembly: Assembly) -> dict[int, list[Together]]:
    """The sets of inputs that must stay together, by group."""
    found: dict[int, list[Together]] = {}
    for pair in shared_inputs(assembly.draft, assembly.interfaces, assembly.home):
        found.setdefault(pair.group, []).append(pair)
    return found


def build_tasks(assembly: Assembly, names: Mapping[int, str]) -> dict[int, TaskPlan]:
    """The tasks without ordering, state and retries."""
    draft = assembly.draft
    outputs = needed_outputs(assembly)
    together = together_by_group(assembly)
    types = Types(draft)
    tasks = {}
    for g in assembly.order:
        face = assembly.interfaces[g]
        prebinds, builtins = _unbound(draft, face, outputs[g])
        tasks[g] = TaskPlan(
            name=names[g],
            cells=cells_of(assembly, g),
            steps=_steps(assembly, g, outputs[g]),
            inputs=tuple(_input(assembly, names, (n, d), types) for n, d in face.inputs.items()),
            outputs=tuple(Output(name=n, type=types.of((n, d))) for n, d in outputs[g].items()),
            copies=copies_for(draft, face, together.get(g, ())),
            prebinds=prebinds,
            builtins=builtins,
            is_async=any(draft.facts.statements[i].awaits for i in face.steps),
            in_process=any(_stays_here(draft, n, d) for n, d in outputs[g].items()),
        )
    return tasks


def cells_of(assembly: Assembly, group: int) -> tuple[int, ...]:
    """The cells a task's own statements stand in; constants and seeds that moved here don't count."""
    draft = assembly.draft
    own = [i for i in assembly.interfaces[group].steps if assembly.home[i] == group]
    settled = [i for i in own if i not in draft.repeatable and i not in draft.seed_targets] or own
    return tuple(sorted({draft.span(i).cell for i in settled}))


def _steps(assembly: Assembly, group: int, outputs: Mapping[str, int]) -> tuple[Step, ...]:
    draft, face = assembly.draft, assembly.interfaces[group]
    unset = unset_outputs(draft, face.steps, outputs, face.inputs)
    steps = [
        Step(
            statement=i,
            role=StepRole.OWN if assembly.home[i] == group else StepRole.REPLICA,
            nonlocals=draft.facts.statements[i].rebinds,
            unset=tuple(n for n, at in unset.items() if at == i),
        )
        for i in face.steps
    ]
    following = [*steps[1:], None]
    return tuple(
        s for s, n in zip(steps, following, strict=True) if n is None or not _says_again(draft, s, n)
    )


def _says_again(draft: Draft, step: Step, following: Step) -> bool:
    """True for a setting that the next step repeats word for word."""
    statements, facts = draft.facts.notebook.statements, draft.facts.statements[step.statement]
    same = statements[step.statement].code.strip() == statements[following.statement].code.strip()
    return same and facts.role is Role.SETTING


def source_of(assembly: Assembly, names: Mapping[int, str], name: str, definer: int) -> Source:
    """Where a version of a variable comes from in the flow's body."""
    if definer in assembly.draft.parameter_statements:
        return Source(kind=SourceKind.PARAMETER, name=name)
    if definer in assembly.draft.module_level:
        return Source(kind=SourceKind.CONSTANT, name=name)
    return Source(kind=SourceKind.TASK, name=name, task=names[assembly.home[definer]])


def _input(assembly: Assembly, names: Mapping[int, str], version: Version, types: Types) -> Input:
    draft = assembly.draft
    name, definer = version
    kind = types.of(version)
    for parameter in draft.parameters:
        if parameter.statement == definer:
            kind = parameter.annotation
    return Input(name=name, type=kind, source=source_of(assembly, names, name, definer))


def _unbound(
    draft: Draft, face: Interface, outputs: Mapping[str, int]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names that a nested function rebinds and nothing here binds, and outputs that may stay unbound.

    Those that are None at first, and those that are what Python means by them.
    """
    assigned: set[str] = set(face.inputs)
    for index in face.steps:
        assigned |= stored_names(draft.facts.notebook.statements[index].node)
    rebound = {n for i in face.steps for n in draft.facts.statements[i].rebinds}
    unset = unset_outputs(draft, face.steps, outputs, face.inputs)
    wanted = {n for n, at in unset.items() if at < 0} | (rebound - assigned)
    builtins = face.builtins | (wanted & draft.versions.asked_builtins)
    return tuple(sorted(wanted - builtins)), tuple(sorted(builtins))


def unset_outputs(
    draft: Draft, steps: Iterable[int], outputs: Mapping[str, int], given: Mapping[str, int]
) -> dict[str, int]:
    """Outputs that may be unbound where their versions are made, each with the step before which they are.

    -1 stands for all steps. What deletes the name later is not part of the task, nor what deleted it before
    the statement that made what is `given`.
    """
    steps = tuple(steps)
    found = {
        name: _unset_before(draft, tuple(i for i in steps if i <= definer), name, given.get(name))
        for name, definer in outputs.items()
    }
    return {name: index for name, index in sorted(found.items()) if index is not None}


def _unset_before(draft: Draft, steps: tuple[int, ...], name: str, given: int | None) -> int | None:
    deleters = [d for d in draft.versions.deleters.get(name, ()) if given is None or d > given]
    is_bound = is_sure = given is not None
    is_gone, start, previous = False, -1, steps[0] if steps else 0
    for index in steps:
        facts = draft.facts.statements[index]
        if any(previous <= d <= index for d in deleters):
            is_sure, is_gone, is_bound = False, is_gone or is_bound, False
        if name in facts.binds:
            is_sure, is_gone, is_bound = True, False, True
        elif name in facts.may_bind:
            start, is_gone, is_bound = index if is_gone else start, False, True
        previous = index
    return None if is_sure else start


def _stays_here(draft: Draft, name: str, definer: int) -> bool:
    """True if the value can't leave the process, or not as it is."""
    renewed = draft.facts.statements[definer].renewed
    return name in renewed or name in held_together(draft, definer, hoisted_names(draft))
