"""From a sound grouping to tasks: bodies, inputs, outputs, copies, order."""

from __future__ import annotations

import ast
from bisect import bisect, bisect_left
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from nb_to_flow.ir.facts import Role
from nb_to_flow.ir.plan import Input, Output, Source, SourceKind, Step, StepRole, TaskPlan
from nb_to_flow.plan.coherence import Together, shared_inputs
from nb_to_flow.plan.copies import copies_for
from nb_to_flow.plan.draft import Draft
from nb_to_flow.plan.fusion import held_together, hoisted_names
from nb_to_flow.plan.interfaces import Interface, interface_of
from nb_to_flow.plan.partition import Partition, topological
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
    kept = draft.versions.changed | draft.versions.used_as_builtins
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
        tasks[g] = TaskPlan(
            name=names[g],
            cells=cells_of(assembly, g),
            steps=_steps(assembly, g),
            inputs=tuple(_input(assembly, names, (n, d), types) for n, d in face.inputs.items()),
            outputs=tuple(Output(name=n, type=types.of((n, d))) for n, d in outputs[g].items()),
            copies=copies_for(draft, face, together.get(g, ())),
            prebinds=_prebinds(draft, face, outputs[g]),
            builtins=tuple(sorted(face.builtins)),
            is_async=any(draft.facts.statements[i].awaits for i in face.steps),
            in_process=any(_is_unpicklable(draft, n, d) for n, d in outputs[g].items()),
        )
    return tasks


def cells_of(assembly: Assembly, group: int) -> tuple[int, ...]:
    """The cells a task's own statements stand in; constants and seeds that moved here don't count."""
    draft = assembly.draft
    own = [i for i in assembly.interfaces[group].steps if assembly.home[i] == group]
    settled = [i for i in own if i not in draft.repeatable and i not in draft.seed_targets] or own
    return tuple(sorted({draft.span(i).cell for i in settled}))


def _steps(assembly: Assembly, group: int) -> tuple[Step, ...]:
    draft = assembly.draft
    return tuple(
        Step(
            statement=i,
            role=StepRole.OWN if assembly.home[i] == group else StepRole.REPLICA,
            nonlocals=draft.facts.statements[i].rebinds,
        )
        for i in assembly.interfaces[group].steps
    )


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


def _prebinds(draft: Draft, face: Interface, outputs: Mapping[str, int]) -> tuple[str, ...]:
    """Names that a nested function rebinds and nothing here binds, and outputs that may stay unbound."""
    surely: set[str] = set(face.inputs)
    assigned: set[str] = set(face.inputs)
    for index in face.steps:
        surely |= draft.facts.statements[index].binds - _first_in_loop(draft, face, index)
        assigned |= stored_names(draft.facts.notebook.statements[index].node)
    rebound = {n for i in face.steps for n in draft.facts.statements[i].rebinds}
    wanted = {n for n in outputs if n not in surely} | (rebound - assigned)
    return tuple(sorted(wanted - face.builtins))


def _first_in_loop(draft: Draft, face: Interface, index: int) -> frozenset[str]:
    """Names that so far have been bound only in loops that may run never, and only in this task."""
    members = frozenset(face.steps)
    found = set()
    for name in names_in_loops(draft.facts.notebook.statements[index].node):
        binders, deleters = draft.versions.binders.get(name, ()), draft.versions.deleters.get(name, ())
        gone = bisect_left(deleters, index)
        start = bisect(binders, deleters[gone - 1]) if gone else 0
        alive = binders[start : bisect_left(binders, index)]
        if all(b in members and _is_unsure(draft, name, b) for b in alive):
            found.add(name)
    return frozenset(found)


def _is_unsure(draft: Draft, name: str, binder: int) -> bool:
    surely = name in draft.facts.statements[binder].binds
    return not surely or name in names_in_loops(draft.facts.notebook.statements[binder].node)


@lru_cache(maxsize=4096)
def names_in_loops(node: ast.stmt) -> frozenset[str]:
    """Names that the statement binds in loops, or by `:=` in comprehensions, that may run never."""
    loops = [n for n in ast.walk(node) if isinstance(n, (ast.For, ast.AsyncFor)) and not _surely_runs(n.iter)]
    inner = [n for n in ast.walk(node) if isinstance(n, (ast.ListComp, ast.SetComp, ast.DictComp))]
    named = {n.target.id for comp in inner for n in ast.walk(comp) if isinstance(n, ast.NamedExpr)}
    return frozenset(n for loop in loops for n in stored_names(loop)) | named


def _surely_runs(items: ast.expr) -> bool:
    """True for the commonest loops over what is never empty: `range(10)`, `["a", "b"]`, `enumerate([1])`."""
    if isinstance(items, (ast.List, ast.Tuple, ast.Set)):
        return any(not isinstance(item, ast.Starred) for item in items.elts)
    if not isinstance(items, ast.Call) or not isinstance(items.func, ast.Name) or items.keywords:
        return False
    if items.func.id == "range" and len(items.args) == 1:
        stop = items.args[0]
        return isinstance(stop, ast.Constant) and isinstance(stop.value, int) and stop.value > 0
    return items.func.id in ("enumerate", "zip", "reversed", "sorted") and all(map(_surely_runs, items.args))


def _is_unpicklable(draft: Draft, name: str, definer: int) -> bool:
    return name in held_together(draft, definer, hoisted_names(draft))
