"""The text of the flow function."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from nb_to_flow.generate import text
from nb_to_flow.generate.context import Context
from nb_to_flow.generate.naming import FlowNames, flow_names, returns_dict
from nb_to_flow.generate.schedule import Action, Deed, is_multiple, schedule, sources_of
from nb_to_flow.ir.facts import ResourceKind
from nb_to_flow.ir.plan import FlowPlan, Source, SourceKind, TaskPlan

_ONE_BY_ONE = "# Tasks that draw wait for each other: pyplot's figures belong to the whole process."
_HERE = "# Called, not submitted: what it returns can't be pickled, or not as it is."


def flow_code(context: Context, *, configures: bool = False) -> str:
    """The decorated flow function; with `configures` it starts with the module's settings."""
    first = [f"{context.name('configure')}()"] if configures else []
    return _Body(context).code(first)


class _Body:
    """Lines of the flow, written action by action."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.plan: FlowPlan = context.plan
        constants = {s.name for _, s in self.plan.results if s.kind is SourceKind.CONSTANT}
        constants |= {
            i.source.name for t in self.plan.tasks for i in t.inputs if i.source.kind is SourceKind.CONSTANT
        }
        self.names: FlowNames = flow_names(self.plan, frozenset(constants))
        self.actions = schedule(self.plan)
        self.submits = any(action.deed is Deed.SUBMIT for action in self.actions)
        self.tasks = {task.name: task for task in self.plan.tasks}
        self.unpacked: set[str] = set()

    def code(self, first: list[str]) -> str:
        """The whole function, its body starting with the lines `first`."""
        plan = self.plan
        parameters = "".join(
            f"{p.name}: {self._annotation(p.annotation)} = {p.default}, " for p in plan.parameters
        )
        runner = f"ThreadPoolTaskRunner(max_workers={plan.max_workers})"
        header = self.context.renamed(
            f'@flow(name="{plan.name.replace("_", "-")}", log_prints=True, task_runner={runner})'
        )
        returned = self.context.renamed("dict[str, Any]")
        lines = [*first, *self._actions(), *self._leaves(), self._return()]
        body = "\n".join([_docstring(plan), *lines])
        indented = "\n".join("    " + line if line.strip() else "" for line in body.split("\n"))
        return f"{header}\ndef {plan.name}({parameters}) -> {returned}:\n{indented}\n"

    def _annotation(self, text: str) -> str:
        """A parameter's annotation, by the names that `Literal`, `Any` and the like have here."""
        if text.startswith("Annotated["):
            return self.context.renamed(text)
        base, bracket, rest = text.partition("[")
        return f"{self.context.name(base)}{bracket}{rest}"

    def _actions(self) -> list[str]:
        lines: list[str] = []
        skip = False
        for action, following in zip_longest(self.actions, self.actions[1:]):
            if skip:
                skip = False
                continue
            skip = self._is_one_line(action, following)
            lines += [comment for comment in self._comments(action) if comment not in lines]
            lines.append(self._line(action, unpacked=skip))
        return lines

    def _comments(self, action: Action) -> Iterator[str]:
        """What to say above the first of such actions."""
        if action.deed is not Deed.UNPACK and self._waits_to_draw(action.task):
            yield _ONE_BY_ONE
        if action.deed is Deed.CALL and self.submits:
            yield _HERE

    def _is_one_line(self, action: Action, following: Action | None) -> bool:
        """True if a task is unpacked right after it is submitted."""
        if action.deed is not Deed.SUBMIT or following is None or following.deed is not Deed.UNPACK:
            return False
        return following.task is action.task

    def _line(self, action: Action, *, unpacked: bool) -> str:
        task = action.task
        if action.deed is Deed.UNPACK:
            self.unpacked.add(task.name)
            return f"{self._targets(task)} = {self.names.futures[task.name]}.result()"
        if action.deed is Deed.CALL:
            self.unpacked.add(task.name)
            call = self._call(task, "")
            return f"{self._targets(task)} = {call}" if task.outputs else call
        call = self._call(task, ".submit")
        if unpacked:
            self.unpacked.add(task.name)
            return f"{self._targets(task)} = {call}.result()"
        return f"{self._future(task)} = {call}"

    def _call(self, task: TaskPlan, method: str) -> str:
        # Plain values and futures: Dask takes Prefect's `quote` and `opaque` for tuples.
        arguments = [self.names.expression(i.source) for i in task.inputs]
        waits = [self._future(self.tasks[name]) for name in self._waits(task)]
        if waits:
            arguments.append(f"wait_for=[{', '.join(waits)}]")
        return f"{task.name}{method}({', '.join(arguments)})"

    def _waits(self, task: TaskPlan) -> list[str]:
        """The tasks that must have ended although nothing of theirs is passed."""
        return [name for name in task.after if name not in self.unpacked.union(sources_of(task))]

    def _waits_to_draw(self, task: TaskPlan) -> bool:
        """True if it waits for another task that draws, as it does itself."""
        return self._draws(task) and any(self._draws(self.tasks[name]) for name in self._waits(task))

    def _draws(self, task: TaskPlan) -> bool:
        return any(self.context.has_effect(s.statement, ResourceKind.PYPLOT) for s in task.steps)

    def _is_future(self, source: Source) -> bool:
        if source.kind is not SourceKind.TASK:
            return False
        task = self.tasks[source.task]
        return not is_multiple(task) and not task.in_process

    def _future(self, task: TaskPlan) -> str:
        if len(task.outputs) == 1:
            return self.names.values[task.name, task.outputs[0].name]
        return self.names.futures[task.name]

    def _targets(self, task: TaskPlan) -> str:
        if returns_dict(task):
            return self.names.results[task.name]
        return ", ".join(self.names.values[task.name, output.name] for output in task.outputs)

    def _leaves(self) -> list[str]:
        """Waits for the tasks whose failure nothing else would notice."""
        used = {name for task in self.plan.tasks for name in (*sources_of(task), *task.after)}
        used |= {source.task for _, source in self.plan.results if source.kind is SourceKind.TASK}
        leaves = [t for t in self.plan.tasks if t.name not in used | self.unpacked]
        return [f"{self._future(task)}.result()" for task in leaves]

    def _return(self) -> str:
        items: list[str] = []
        results = list(self.plan.results)
        while results:
            count = self._whole_dict(results)
            if count:
                items.append(f"**{self.names.results[results[0][1].task]}")
            else:
                name, source = results[0]
                value = self.names.expression(source) + (".result()" if self._is_future(source) else "")
                value = self.context.dotted.get(value, value)
                items.append(f'"{name}": {value}')
            results = results[count or 1 :]
        # The comma makes the formatter put one item on a line.
        return f"return {{{', '.join(items)}{',' if len(items) > 1 else ''}}}"

    def _whole_dict(self, results: list[tuple[str, Source]]) -> int:
        """How many results from the first on are just what one task returns as a dict; 0 if not all of it."""
        task_name = results[0][1].task
        if task_name not in self.names.results:
            return 0
        outputs = [o.name for o in self.tasks[task_name].outputs]
        head = results[: len(outputs)]
        same = all(name == s.name and s.task == task_name for name, s in head)
        return len(outputs) if same and [name for name, _ in head] == outputs else 0


def _docstring(plan: FlowPlan) -> str:
    summary = text.sentence(
        plan.description.split("\n\n")[0] or plan.title or plan.name.replace("_", " ").capitalize()
    )
    described = [p for p in plan.parameters if p.description.strip()]
    args = "\n".join(f"    {p.name}: {' '.join(p.description.split())}" for p in described)
    first, rest = text.first_sentence(summary, text.WIDTH - 8)
    paragraphs = [
        text.filled(first, indent=8),
        text.filled(rest, indent=4),
        f"Args:\n{args}" if described else "",
    ]
    return text.docstring(paragraphs, indent=4)
