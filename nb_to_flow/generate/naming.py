"""Names of the flow's own variables: futures and values of the tasks' outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nb_to_flow.generate.schedule import MANY_OUTPUTS
from nb_to_flow.ir.plan import FlowPlan, Source, SourceKind, TaskPlan

# Tasks are named by what they do, their results by what was done.
_IRREGULAR = {
    "build": "built", "cut": "cut", "draw": "drawn", "drop": "dropped", "find": "found", "fit": "fitted",
    "get": "fetched", "init": "initialised", "keep": "kept", "make": "made", "pick": "picked", "plot": "plotted", "put": "put", "read": "read", "run": "done",
    "send": "sent", "set": "set", "show": "shown", "split": "split", "write": "written",
}  # fmt: skip
_VERBS = (
    "access add adjust aggregate analyse analyze annotate apply assess assign bin calculate change check classify clean"
    " cluster collect combine compare compute configure convert correct count create customise customize decompose"
    " define demonstrate derive describe determine display download encode engineer estimate evaluate examine exclude"
    " explore export extract fetch fill filter flatten forecast format generate group handle identify illustrate"
    " implement import impute infer initialise initialize inspect instantiate interpolate interpret introduce invert"
    " investigate iterate join label list load locate map mark mask match measure merge modify normalise normalize"
    " optimise optimize parse perform pivot predict prepare preprocess print process project rake rank rate reduce"
    " remove rename reorder replace report rescale resample reshape retrieve reverse rotate sample save scale score"
    " search select separate shuffle simplify simulate slice smooth solve sort specify standardise standardize"
    " store summarise summarize test tidy tokenize track train transform translate transpose tune update use"
    " validate verify view visualise visualize weight"
)
_REGULAR = frozenset(_VERBS.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowNames:
    """Variables of the flow's body.

    Attributes:
        values: for each (task, output) that has a variable of its own, its name.
        results: for each task that returns a dict, the variable that holds it.
        futures: for each task the variable for its future, where it needs one beside its output's.
    """

    values: Mapping[tuple[str, str], str]
    results: Mapping[str, str]
    futures: Mapping[str, str]

    def expression(self, source: Source) -> str:
        """How a source is written in the flow's body."""
        if source.kind is not SourceKind.TASK:
            return source.name
        if source.task in self.results:
            return f'{self.results[source.task]}["{source.name}"]'
        return self.values[source.task, source.name]


def returns_dict(task: TaskPlan) -> bool:
    """True if it has too many outputs for a tuple."""
    return len(task.outputs) > MANY_OUTPUTS


def done(task_name: str) -> str:
    """The past participle of what a task does ("train_model": "trained"), or "" if its name has no verb."""
    verb = task_name.split("_")[0]
    if verb in _IRREGULAR:
        return _IRREGULAR[verb]
    if verb not in _REGULAR:
        return ""
    if verb.endswith("e"):
        return verb + "d"
    return verb[:-1] + "ied" if verb.endswith("y") and verb[-2] not in "aeiou" else verb + "ed"


def _work_done(task_name: str) -> str:
    """What a task leaves behind ("write_report": "report_written"); a future if its name has no verb."""
    participle, thing = done(task_name), task_name.partition("_")[2]
    return f"{thing}_{participle}" if participle and thing[:1].isalpha() else f"{task_name}_future"


def flow_names(plan: FlowPlan, reserved: frozenset[str]) -> FlowNames:
    """Names for all outputs of all tasks; none is in `reserved` or names a parameter or a task.

    The last version of an author's variable keeps its name, earlier ones say which task they come from.
    """
    chooser = _Chooser(reserved | {p.name for p in plan.parameters} | {t.name for t in plan.tasks})
    used = _used(plan)
    counts = {t.name: len(t.outputs) for t in plan.tasks}
    last = {name: task for task, name in _separate_outputs(plan) if (task, name) in used}
    values = {(task, name): chooser.choose(name, _fallbacks(name, task)) for name, task in last.items()}
    for task_name, name in _separate_outputs(plan):
        if (task_name, name) not in used and counts[task_name] > 1:
            values[task_name, name] = chooser.choose(f"_{name}", ())
        elif (task_name, name) not in values:
            values[task_name, name] = chooser.choose(name, _fallbacks(name, task_name))
    results = {
        t.name: chooser.choose(done(t.name), (f"{t.name}_results",)) for t in plan.tasks if returns_dict(t)
    }
    futures = {
        t.name: chooser.choose(_work_done(t.name), (f"{t.name}_future",))
        for t in plan.tasks
        if len(t.outputs) != 1
    }
    return FlowNames(values=values, results=results, futures=futures)


def _separate_outputs(plan: FlowPlan) -> list[tuple[str, str]]:
    """The outputs (task, name) that have a variable each, in reading order."""
    return [(t.name, o.name) for t in plan.tasks if not returns_dict(t) for o in t.outputs]


def _used(plan: FlowPlan) -> frozenset[tuple[str, str]]:
    """The outputs (task, name) that another task or the flow's results take."""
    sources = [*(i.source for t in plan.tasks for i in t.inputs), *(source for _, source in plan.results)]
    return frozenset((s.task, s.name) for s in sources if s.kind is SourceKind.TASK)


def _fallbacks(name: str, task: str) -> tuple[str, ...]:
    stem = name.rstrip("_") or "value"
    participle = done(task)
    if participle and stem.startswith(task.split("_")[0]):
        participle = "made"  # of `forecast`, by `forecast_demand`
    return (*((f"{stem}_{participle}",) if participle else ()), f"{stem}_from_{task}", f"{stem}_value")


class _Chooser:
    def __init__(self, taken: frozenset[str] | set[str]) -> None:
        self._taken = set(taken)

    def choose(self, wish: str, fallbacks: tuple[str, ...]) -> str:
        """The first of the wishes that is free, numbered if none is."""
        for name in (wish, *fallbacks):
            if name and name not in self._taken:
                break
        else:
            last, number = (wish, *fallbacks)[-1], 2
            while (name := f"{last}_{number}") in self._taken:
                number += 1
        self._taken.add(name)
        return name
