"""The last resort: the whole notebook as one task whose variables are the module's globals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from nb_to_flow.ir.diagnostics import Severity
from nb_to_flow.ir.facts import ResourceKind
from nb_to_flow.ir.plan import Input, Output, Parameter, Source, SourceKind, Step, TaskPlan
from nb_to_flow.plan.assemble import unset_outputs
from nb_to_flow.plan.draft import Draft, finding
from nb_to_flow.plan.finish import flow_plan

NAME = "run_cells"


def plan_whole(draft: Draft, why: str) -> Draft:
    """One task, its names global; only imports that nothing else binds and parameters stay outside."""
    outside = (draft.imports - draft.repeatable) | draft.parameter_statements | draft.dropped_imports
    own = [i for i in range(len(draft.facts.statements)) if i not in outside]
    builtins = {n for i in own for n in draft.versions.builtins(i)}
    late = {p.statement for p in draft.parameters if _is_overridden(draft, p)}
    given = {p.name: -1 for p in draft.parameters}
    # Code that looks into globals() must find unbound what the notebook leaves so.
    final = draft.versions.reaching.final
    outputs = _outputs(draft)
    unset = {} if draft.whole else unset_outputs(draft, own, {n: final[n] for n in outputs}, given)
    before = {n for n, at in unset.items() if at < 0}
    builtins |= before & draft.versions.asked_builtins
    task = TaskPlan(
        name=_free_name(draft),
        cells=tuple(sorted({draft.span(i).cell for i in own})),
        steps=_steps(draft, sorted({*own, *late}), unset),
        inputs=tuple(
            Input(name=p.name, type=p.annotation, source=Source(kind=SourceKind.PARAMETER, name=p.name))
            for p in draft.parameters
        ),
        outputs=tuple(Output(name=n, type="") for n in outputs),
        prebinds=tuple(n for n in unset if n in before - builtins),
        builtins=tuple(sorted(builtins)),
        is_async=any(draft.facts.statements[i].awaits for i in own),
        in_process=True,
        uses_globals=True,
        reason=why,
    )
    results = tuple(_result(draft, task, n) for n in draft.results)
    found = finding(
        "NB421",
        Severity.WARNING,
        f"The whole notebook is one task: {why}.",
        "Nothing runs in parallel; avoid code that reaches into all variables to get more tasks.",
    )
    bare = replace(
        draft,
        imports=draft.imports - draft.repeatable,
        definitions=frozenset(),
        settings=frozenset(),
        dropped=draft.dropped_imports,
    )
    plan = flow_plan(bare, (task,), results)
    return replace(bare, plan=plan, diagnostics=(*draft.diagnostics, found))


def _is_overridden(draft: Draft, parameter: Parameter) -> bool:
    """True if an earlier statement binds the parameter's name: it takes the parameter's value at its place."""
    return any(b < parameter.statement for b in draft.versions.binders.get(parameter.name, ()))


def _free_name(draft: Draft) -> str:
    used = draft.versions.names_in_use
    return NAME if NAME not in used else f"{NAME}_in_order"


def _outputs(draft: Draft) -> list[str]:
    final = draft.versions.reaching.final
    return [n for n in draft.results if final[n] not in draft.parameter_statements]


def _result(draft: Draft, task: TaskPlan, name: str) -> tuple[str, Source]:
    if draft.versions.reaching.final[name] in draft.parameter_statements:
        return name, Source(kind=SourceKind.PARAMETER, name=name)
    return name, Source(kind=SourceKind.TASK, name=name, task=task.name)


def _steps(draft: Draft, own: list[int], unset: Mapping[str, int]) -> tuple[Step, ...]:
    last: dict[int, int] = {}
    drawing: set[int] = set()
    for index in own:
        cell = draft.span(index).cell
        last[cell] = index
        if any(e.kind is ResourceKind.PYPLOT for e in draft.facts.statements[index].effects):
            drawing.add(cell)
    ends = {last[c] for c in drawing}
    return tuple(
        Step(statement=i, publishes_figures=i in ends, unset=tuple(n for n, at in unset.items() if at == i))
        for i in own
    )
