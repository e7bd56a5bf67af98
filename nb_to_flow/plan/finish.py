"""The last passes: tasks, names, results, the plan as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from nb_to_flow.ir.diagnostics import Diagnostic, Severity
from nb_to_flow.ir.facts import Access, ResourceKind
from nb_to_flow.ir.names import flow_name
from nb_to_flow.ir.notebook import CellKind
from nb_to_flow.ir.plan import FlowPlan, Source, SourceKind, StepRole, TaskPlan
from nb_to_flow.plan.assemble import Assembly, assemble, build_tasks, source_of
from nb_to_flow.plan.draft import Draft, finding
from nb_to_flow.plan.naming import name_tasks
from nb_to_flow.plan.retries import effects_of, may_retry, notes_for
from nb_to_flow.plan.sections import headings
from nb_to_flow.plan.settle import Settled
from nb_to_flow.plan.signature import order_inputs
from nb_to_flow.plan.state import hand_over_generators, order_tasks, publish_figures, state_names
from nb_to_flow.plan.titles import flow_texts


def finish(settled: Settled) -> Draft:
    """The finished plan of a sound grouping."""
    assembly = assemble(settled)
    names, titles = name_tasks(assembly)
    tasks = build_tasks(assembly, names)
    tasks = hand_over_generators(assembly, tasks)
    tasks = order_tasks(assembly, tasks)
    tasks = publish_figures(assembly, tasks)
    done, refused = {}, []
    total = len(assembly.draft.placed)
    for g in assembly.order:
        done[g] = _described(assembly, g, tasks[g], titles[g], total)
        refused += _refused_retry(assembly.draft, done[g])
    draft = assembly.draft
    plan = flow_plan(draft, tuple(done[g] for g in assembly.order), _results(assembly, names))
    fused = tuple(_fusion_findings(assembly, done))
    return replace(draft, plan=plan, diagnostics=(*draft.diagnostics, *fused, *refused))


def _described(assembly: Assembly, group: int, task: TaskPlan, title: str, total: int) -> TaskPlan:
    """The task with what is said of it; `total` statements are in tasks."""
    draft = assembly.draft
    own = frozenset(assembly.interfaces[group].own)
    reasons = sorted(
        {f.reason for f in draft.fusions if f.statements <= own and _spans_cells(draft, f.statements)}
    )
    size = sum(step.role is StepRole.OWN for step in task.steps)
    if not reasons and size * 2 > total and total >= 6:
        reasons = [_why_large(task)]
    return replace(
        order_inputs(draft, task),
        title=title,
        retry=may_retry(draft, task),
        notes=notes_for(draft, task),
        reason="; ".join(reasons[:3]),
    )


def _why_large(task: TaskPlan) -> str:
    """Why a task has more than half of the statements though nothing in it had to be fused."""
    if len(task.cells) == 1:
        return f"cell {task.cells[0] + 1} alone is more than half of the notebook"
    return "tasks for less of them would wait for each other, or see a value before or after its time"


def _spans_cells(draft: Draft, statements: frozenset[int]) -> bool:
    return len({draft.span(i).cell for i in statements}) > 1


def _fusion_findings(assembly: Assembly, tasks: Mapping[int, TaskPlan]) -> list[Diagnostic]:
    draft = assembly.draft
    found = []
    for task in tasks.values():
        if task.reason:
            found.append(
                finding(
                    "NB410",
                    Severity.INFO,
                    f"Task {task.name} holds cells {_numbers(task.cells)} together: {task.reason}.",
                    "Values that can be pickled, or a copy (`.copy()`), would let them be tasks of their own.",
                    draft.span(next(s.statement for s in task.steps)),
                )
            )
    return found


def _numbers(cells: tuple[int, ...]) -> str:
    return ", ".join(str(c + 1) for c in cells)


def _refused_retry(draft: Draft, task: TaskPlan) -> list[Diagnostic]:
    risky = [
        e
        for e in effects_of(draft, task)
        if e.kind in (ResourceKind.FILE, ResourceKind.DATABASE, ResourceKind.NETWORK)
        and e.access in (Access.APPEND, Access.WRITE, Access.ONCE)
    ]
    if task.retry or not risky:
        return []
    first = draft.span(task.steps[0].statement)
    return [
        finding(
            "NB411",
            Severity.INFO,
            f"Task {task.name} is not retried: doing its work twice is not safe.",
            span=first,
        )
    ]


def _results(assembly: Assembly, names: Mapping[int, str]) -> tuple[tuple[str, Source], ...]:
    draft = assembly.draft
    found = []
    for name in draft.results:
        definer = draft.versions.reaching.final[name]
        if definer in draft.module_level or definer in draft.parameter_statements or definer in assembly.home:
            found.append((name, source_of(assembly, names, name, definer)))
    found += [
        (name, Source(kind=SourceKind.CONSTANT, name=name))
        for name, statement in draft.imported_results
        if statement in draft.module_level and _stands(draft, name)
    ]
    return tuple(found)


def _stands(draft: Draft, name: str) -> bool:
    """False for what was left out because nothing uses it."""
    return any(b in draft.module_level - draft.dropped for b in draft.versions.binders.get(name, ()))


def flow_plan(draft: Draft, tasks: tuple[TaskPlan, ...], results: tuple[tuple[str, Source], ...]) -> FlowPlan:
    """The plan around the tasks."""
    notebook = draft.facts.notebook
    texts = {c.index: c.source for c in notebook.cells}
    code = next((c.index for c in notebook.cells if c.kind is CellKind.CODE), len(notebook.cells))
    title, description = flow_texts(notebook.path, tuple(headings(notebook)), texts, code)
    taken = frozenset(draft.versions.names_in_use | {t.name for t in tasks} | {"show", "np", "pd", "plt"})
    return FlowPlan(
        facts=draft.facts,
        name=draft.options.name or flow_name(notebook.path, taken),
        title=title,
        description=description,
        parameters=draft.parameters,
        imports=tuple(sorted(draft.imports)),
        settings=tuple(sorted(draft.settings)),
        definitions=tuple(sorted(draft.definitions)),
        dropped=tuple(sorted(draft.dropped)),
        tasks=tasks,
        results=results,
        max_workers=max(2, min(4, len(tasks))),
        state_names=state_names(draft),
    )
