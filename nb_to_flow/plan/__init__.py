"""From a graph of statements to a flow: parameters, tasks, interfaces, order, names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from nb_to_flow.ir.diagnostics import Diagnostic, Outcome, Severity
from nb_to_flow.ir.graph import NotebookGraph
from nb_to_flow.ir.plan import FlowPlan, PlanOptions
from nb_to_flow.plan.check import check_plan
from nb_to_flow.plan.constants import keep_constants, place_constants
from nb_to_flow.plan.draft import Draft, finding
from nb_to_flow.plan.finish import finish
from nb_to_flow.plan.fusion import find_barriers, find_fusions
from nb_to_flow.plan.grouping import group
from nb_to_flow.plan.parameters import choose_parameters
from nb_to_flow.plan.placement import (
    drop_deletions,
    place_definitions,
    place_imports,
    place_seeds,
    place_settings,
)
from nb_to_flow.plan.results import choose_results
from nb_to_flow.plan.settle import settle
from nb_to_flow.plan.versions import Versions
from nb_to_flow.plan.whole import plan_whole

__all__ = ["PASSES", "check_plan", "plan_flow"]

Pass = Callable[[Draft], Draft]

PASSES: tuple[Pass, ...] = (
    choose_parameters,
    choose_results,
    drop_deletions,
    place_imports,
    place_definitions,
    place_settings,
    place_constants,
    place_seeds,
    keep_constants,
    find_barriers,
    find_fusions,
)


def plan_flow(graph: NotebookGraph, options: PlanOptions = PlanOptions()) -> Outcome[FlowPlan]:  # noqa: B008
    """The flow for a notebook; no value if an error (of the options) stops it. Raises nothing else.

    What the passes make is checked by `check_plan`, which knows nothing of how it was made; a plan that does
    not pass gives way to fewer, larger tasks.
    """
    draft = Draft(graph=graph, options=options, versions=Versions(graph.facts, ()))
    for step in PASSES:
        draft = step(draft)
    if any(d.severity is Severity.ERROR for d in draft.diagnostics):
        return Outcome(value=None, diagnostics=draft.diagnostics)
    draft = _planned(draft)
    return Outcome(value=draft.plan, diagnostics=draft.diagnostics)


def _planned(draft: Draft) -> Draft:
    """The first of these that is sound: the grouping wished for, all in one task, all in one with globals."""
    if draft.whole:
        return plan_whole(draft, draft.whole)
    for groups in (group(draft), [list(draft.placed)]):
        settled = settle(draft, groups)
        if settled is None:
            continue
        done = finish(settled)
        problems = check_plan(done.plan) if done.plan is not None else ["no plan"]
        if not problems:
            return done
        draft = replace(draft, diagnostics=(*draft.diagnostics, _fallback(problems)))
    return plan_whole(draft, "no division into tasks keeps every variable's value")


def _fallback(problems: list[str]) -> Diagnostic:
    return finding(
        "NB420",
        Severity.WARNING,
        f"The tasks first planned would not do the same ({problems[0]}); fewer, larger ones are used.",
    )
