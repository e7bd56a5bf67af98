"""The order of the flow's body: everything that is ready is submitted before anything is waited for."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from nb_to_flow.ir.plan import FlowPlan, SourceKind, TaskPlan

MANY_OUTPUTS = 4  # a task with more returns a dict


class Deed(str, Enum):
    """What a line of the flow's body does with a task."""

    SUBMIT = "submit"  # start it; a single output is passed on as a future
    UNPACK = "unpack"  # wait for its several outputs
    CALL = "call"  # run it here, in the flow's own process


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One line of the flow's body."""

    deed: Deed
    task: TaskPlan


def is_multiple(task: TaskPlan) -> bool:
    """True if its outputs have to be unpacked before they can be passed on."""
    return len(task.outputs) > 1


def sources_of(task: TaskPlan) -> tuple[str, ...]:
    """Names of the tasks whose outputs it takes."""
    return tuple(i.source.task for i in task.inputs if i.source.kind is SourceKind.TASK)


def schedule(plan: FlowPlan) -> tuple[Action, ...]:
    """The lines of the flow's body in order: reading order, but never waiting while a task is ready."""
    run = _Run(plan)
    while run.pending:
        if not run.submit_ready():
            run.wait_for_first()
    for task in plan.tasks:
        if is_multiple(task) and task.name not in run.open:
            run.unpack(task)
    return tuple(run.actions)


class _Run:
    """A dry run of the flow: what has been started, and whose values are in hand."""

    def __init__(self, plan: FlowPlan) -> None:
        self.tasks = {task.name: task for task in plan.tasks}
        self.pending = dict(self.tasks)
        self.needs = {task.name: frozenset(sources_of(task)) for task in plan.tasks}
        self.started: set[str] = set()
        self.open: set[str] = set()  # tasks whose outputs can be passed on
        self.actions: list[Action] = []

    def submit_ready(self) -> bool:
        """Submit the first task that needs nothing to be waited for; False if there is none."""
        ready = (t for t in self.pending.values() if not t.in_process and self._is_ready(t))
        # One at a time: what it gives may make an earlier one ready.
        task = next(ready, None)
        if task is not None:
            self._start(task, Deed.SUBMIT)
        return task is not None

    def wait_for_first(self) -> None:
        """Unpack what the first pending task needs, or run it here."""
        task = next(iter(self.pending.values()))
        missing = [name for name in dict.fromkeys(sources_of(task)) if name not in self.open]
        for name in missing:
            self.unpack(self.tasks[name])
        if not missing:
            self._start(task, Deed.CALL if task.in_process else Deed.SUBMIT)

    def unpack(self, task: TaskPlan) -> None:
        """Wait for the outputs of a task that was submitted."""
        self.open.add(task.name)
        self.actions.append(Action(deed=Deed.UNPACK, task=task))

    def _is_ready(self, task: TaskPlan) -> bool:
        return self.needs[task.name] <= self.open and self.started.issuperset(task.after)

    def _start(self, task: TaskPlan, deed: Deed) -> None:
        del self.pending[task.name]
        self.started.add(task.name)
        if deed is Deed.CALL or not is_multiple(task):
            self.open.add(task.name)
        self.actions.append(Action(deed=deed, task=task))
