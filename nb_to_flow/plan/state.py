"""State of the whole process: generators handed over, and tasks that must never run at once."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from itertools import chain, count

from nb_to_flow.ir.facts import FIGURE, ResourceKind
from nb_to_flow.ir.plan import STATE_NAMES, Input, Output, Source, SourceKind, Step, TaskPlan
from nb_to_flow.plan.assemble import Assembly
from nb_to_flow.plan.dependencies import SUPPORTED_GENERATORS, generator_uses, seeded_generators
from nb_to_flow.plan.draft import Draft
from nb_to_flow.plan.fusion import keeps_figures


def state_names(draft: Draft) -> dict[str, str]:
    """What the state of each generator is called: nothing that the notebook has a variable of that name for."""
    used = draft.versions.names_in_use
    return {generator: _unused(name, used) for generator, name in STATE_NAMES.items()}


def _unused(name: str, used: Collection[str]) -> str:
    ways = chain((name, name.replace("_", "_generator_")), (f"{name}_{number}" for number in count(2)))
    return next(way for way in ways if way not in used)


def hand_over_generators(assembly: Assembly, tasks: Mapping[int, TaskPlan]) -> dict[int, TaskPlan]:
    """Pass the state of each seeded generator from the task that holds the seed through those that draw."""
    found = dict(tasks)
    names = state_names(assembly.draft)
    for generator in seeded_generators(assembly.draft):
        if generator in SUPPORTED_GENERATORS:
            for giver, taker in _hand_overs(assembly, generator):
                name = names[generator]
                found[giver] = _giving(found[giver], generator, name)
                found[taker] = _taking(found[taker], generator, name, found[giver].name)
    return found


def _hand_overs(assembly: Assembly, generator: str) -> Iterator[tuple[int, int]]:
    """Pairs of tasks, the second of which draws on where the first left off, in order."""
    seeded = False
    previous: int | None = None
    for index, seeds, _ in generator_uses(assembly.draft, generator):
        group = assembly.home.get(index)
        if group is None:
            continue
        if not seeds and seeded and previous is not None and previous != group:
            yield previous, group
        seeded = seeded or seeds
        previous = group


def _giving(task: TaskPlan, generator: str, name: str) -> TaskPlan:
    if generator in task.returns_states:
        return task
    output = Output(name=name, type="tuple")
    return replace(task, returns_states=(*task.returns_states, generator), outputs=(*task.outputs, output))


def _taking(task: TaskPlan, generator: str, name: str, giver: str) -> TaskPlan:
    if generator in task.restores:
        return task
    taken = Input(name=name, type="tuple", source=Source(kind=SourceKind.TASK, name=name, task=giver))
    return replace(task, restores=(*task.restores, generator), inputs=(*task.inputs, taken))


def order_tasks(assembly: Assembly, tasks: Mapping[int, TaskPlan]) -> dict[int, TaskPlan]:
    """`after` for order that no value carries: files and databases, pyplot, generators, settings."""
    ancestors: dict[int, int] = {}
    bit = {g: 1 << k for k, g in enumerate(assembly.order)}
    group_of = {tasks[g].name: g for g in assembly.order}
    last: dict[str, int] = {}
    found = {}
    for g in assembly.order:
        task = tasks[g]
        reached = 0
        for value in task.inputs:
            if value.source.kind is SourceKind.TASK:
                giver = group_of[value.source.task]
                reached |= bit[giver] | ancestors[giver]
        wanted = set(assembly.before[g])
        for resource in sorted(_exclusive(assembly, g)):
            if resource in last:
                wanted.add(last[resource])
            last[resource] = g
        after = []
        for other in sorted(wanted, key=lambda o: -bit[o]):
            if not reached & bit[other]:
                after.append(other)
                reached |= bit[other] | ancestors[other]
        ancestors[g] = reached
        found[g] = replace(task, after=tuple(tasks[o].name for o in sorted(after, key=lambda o: bit[o])))
    return found


def _exclusive(assembly: Assembly, group: int) -> set[str]:
    """What two tasks must never use at once."""
    seeded = set(seeded_generators(assembly.draft))
    found = set()
    for index in assembly.interfaces[group].steps:
        for effect in assembly.draft.facts.statements[index].effects:
            if effect.kind is ResourceKind.PYPLOT:
                found.add("pyplot")
            elif effect.kind is ResourceKind.DISPLAY and effect.name not in ("", FIGURE):
                found.add(effect.name)  # a library that shows through a global of its own
            elif effect.kind is ResourceKind.RANDOM and effect.name in seeded:
                found.add(effect.name)
    return found


def publish_figures(assembly: Assembly, tasks: Mapping[int, TaskPlan]) -> dict[int, TaskPlan]:
    """Figures end with their cell: mark the last step of each cell that draws on pyplot."""
    kept = keeps_figures(assembly.draft)
    return {g: replace(t, steps=tuple(_marked(assembly, t, kept))) for g, t in tasks.items()}


def _shows_all(node: ast.stmt) -> bool:
    """True for `plt.show()`, after which no figure is open."""
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call) or call.args or not isinstance(call.func, ast.Attribute):
        return False
    return call.func.attr == "show" and isinstance(call.func.value, ast.Name) and call.func.value.id == "plt"


def _marked(assembly: Assembly, task: TaskPlan, kept: bool) -> Iterator[Step]:
    statements = assembly.draft.facts.statements
    drawing: dict[int, bool] = {}  # cells that draw, and whether that ends with showing it
    last: dict[int, int] = {}
    for step in task.steps:
        cell = 0 if kept else assembly.draft.span(step.statement).cell
        last[cell] = step.statement
        if any(e.kind is ResourceKind.PYPLOT for e in statements[step.statement].effects):
            drawing[cell] = _shows_all(assembly.draft.facts.notebook.statements[step.statement].node)
    ends = {last[c] for c, is_shown in drawing.items() if not is_shown}
    for step in task.steps:
        yield replace(step, publishes_figures=step.statement in ends)
