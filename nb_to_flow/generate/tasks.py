"""The text of one task."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from nb_to_flow.generate import text
from nb_to_flow.generate.annotations import annotation
from nb_to_flow.generate.comments import comments_above
from nb_to_flow.generate.context import Context
from nb_to_flow.generate.keys import Keys
from nb_to_flow.generate.lines import Line, copied, indented, stripped, written
from nb_to_flow.generate.naming import returns_dict
from nb_to_flow.generate.rewrite import Scope, figures_code, rewrite
from nb_to_flow.ir.facts import Access, ResourceKind
from nb_to_flow.ir.plan import Copy, CopyKind, Step, TaskPlan

_RESTORE = {"random": "random.setstate", "numpy.random": "np.random.set_state"}
_STATE = {"random": "random.getstate()", "numpy.random": "np.random.get_state()"}
_SHORT = text.WIDTH - 4  # what stays on one line in a function


def task_lines(task: TaskPlan, context: Context) -> list[Line]:
    """The whole function with its decorator."""
    body = [*_prologue(task, context), *_steps(task, context), *_epilogue(task, context)]
    header = written(f"{context.renamed(_decorator(task, context))}\n{_signature(task, context)}")
    return [*header, *indented(written(_docstring(task))), *indented(body)]


def _decorator(task: TaskPlan, context: Context) -> str:
    options = ["cache_policy=NO_CACHE"]
    if context.options.timeout_seconds is not None:
        options.append(f"timeout_seconds={context.options.timeout_seconds!r}")
    if _is_retried(task, context):
        options.append("**RETRY_IO")
    # A task that runs like any other, whoever calls it and wherever.
    own_loop = "\n@in_event_loop" if task.is_async else ""
    return f"@task({', '.join(options)}){own_loop}"


def _signature(task: TaskPlan, context: Context) -> str:
    inputs = [f"{_parameter(i.name, task)}: {_annotation(i.type, context)}" for i in task.inputs]
    word = "async def" if task.is_async else "def"
    return f"{word} {task.name}({', '.join(inputs)}) -> {_returned(task, context)}:"


def _parameter(name: str, task: TaskPlan) -> str:
    """A parameter's name: it may not be the name of a variable that is global in the body."""
    return f"given_{name}" if task.uses_globals else name


def _returned(task: TaskPlan, context: Context) -> str:
    if not task.outputs:
        return "None"
    if returns_dict(task):
        return context.renamed("dict[str, Any]")
    types = [_annotation(output.type, context) for output in task.outputs]
    return types[0] if len(types) == 1 else f"{context.name('tuple')}[{', '.join(types)}]"


def _annotation(type_name: str, context: Context) -> str:
    text = annotation(type_name, context.imports, context.top, context.spelled)
    is_own = text == "Any" or text.partition(".")[0] not in {*context.imports, *context.top}
    return context.renamed(text) if is_own else text


def _docstring(task: TaskPlan) -> str:
    title = " ".join(task.title.split()).rstrip(".") or task.name.replace("_", " ").strip().capitalize()
    where = text.numbers(task.cells)
    first = text.sentence(f"{title} ({where})" if where else title)
    names = [output.name for output in task.outputs]
    returns = f" Returns ({', '.join(names)})." if 1 < len(names) and not returns_dict(task) else ""
    whole = first + returns + "".join(f" {text.sentence(note)}" for note in task.notes)
    if len(whole) + 10 <= text.WIDTH:
        return text.docstring([whole], indent=4)
    notes = " ".join([returns.strip(), *map(text.sentence, task.notes)]).strip()
    return text.docstring([first, text.filled(notes, indent=4)], indent=4)


def _prologue(task: TaskPlan, context: Context) -> list[Line]:
    """Globals, figures left by a failed run, copies, restored states."""
    code: list[str] = []
    if task.uses_globals and (names := _global_names(task, context)):
        code += [f"global {', '.join(names)}"]
        late = {p.name for s in task.steps for p in context.parameters_of(s.statement)}
        code += [f"{i.name} = given_{i.name}" for i in task.inputs if i.name not in late]
    if _starts_afresh(task, context):
        first = next(t for t in context.plan.tasks if _starts_afresh(t, context)) is task
        comment = "  # what a run that failed has left" if first else ""
        code.append(context.renamed('plt.close("all")') + comment)
    if _is_retried(task, context) and any(
        context.statement(s.statement).cell in context.open_cells for s in task.steps
    ):
        code.append(f"{context.name('end_line')}()")
    code += [line for copy in task.copies for line in _copy(copy, context)]
    if _draws_seeded(task, context):
        code.append(context.renamed("isolate_random()"))
    states = context.plan.state_names
    code += [f"{context.renamed(_RESTORE[g])}({states[g]})" for g in task.restores]
    code += [f"{name} = None" for name in task.prebinds]
    if task.builtins:
        code.append(f"from builtins import {', '.join(task.builtins)}")
    return [line for statement in code for line in written(statement)]


def _is_retried(task: TaskPlan, context: Context) -> bool:
    return task.retry and bool(context.options.retries)


def _starts_afresh(task: TaskPlan, context: Context) -> bool:
    """True if it draws and may be retried: it must not draw on figures of the run that failed."""
    draws = any(context.has_effect(s.statement, ResourceKind.PYPLOT) for s in task.steps)
    return draws and _is_retried(task, context)


def _draws_seeded(task: TaskPlan, context: Context) -> bool:
    """True if it relies on what Python's own generator draws: Prefect's connection draws from it too."""
    effects = (e for s in task.steps for e in context.facts(s.statement).effects)
    seeds = (
        e.kind is ResourceKind.RANDOM and e.access is Access.SEED and e.name == "random" for e in effects
    )
    return "random" in task.restores or any(seeds)


def _copy(copy: Copy, context: Context) -> list[str]:
    if copy.kind is CopyKind.METHOD:
        return [f"{name} = {name}.copy()" for name in copy.names]
    if copy.kind is CopyKind.ARRAY:
        return [f'{name} = {name}.copy(order="K")' for name in copy.names]
    names = ", ".join(copy.names)
    deepcopy = context.name("deepcopy")
    return [f"{names} = {deepcopy}({names if len(copy.names) == 1 else f'({names})'})"]


def _global_names(task: TaskPlan, context: Context) -> list[str]:
    names = {i.name for i in task.inputs}
    for step in task.steps:
        facts = context.facts(step.statement)
        names |= facts.binds | facts.may_bind | facts.deletes
    return sorted(names)


def _steps(task: TaskPlan, context: Context) -> list[Line]:
    """The author's statements, a blank line between cells that have more than a line."""
    keys = Keys(name=task.name)
    lines: list[Line] = []
    short = False
    for _, steps in groupby(task.steps, key=lambda step: context.statement(step.statement).cell):
        cell = stripped([line for step in steps for line in _step(step, task, context, keys)])
        was_short, short = short, _is_short(cell) if cell else short
        if lines and cell and not (was_short and short):
            lines.append(Line(text=""))
        lines += cell
    return lines


def _is_short(cell: list[Line]) -> bool:
    return len(cell) == 1 and len(cell[0].text) <= _SHORT


def _step(step: Step, task: TaskPlan, context: Context, keys: Keys) -> Iterator[Line]:
    statement = context.statement(step.statement)
    given = context.parameters_of(step.statement) if task.uses_globals else ()
    if given:
        yield from written("\n".join(f"{p.name} = given_{p.name}" for p in given))
        return
    for name in step.unset:
        yield from written(text.unbound([name]))
    scope = Scope(keys=keys, nonlocals=step.nonlocals, uses_globals=task.uses_globals)
    code = rewrite(statement, context, scope)
    if code:
        yield from comments_above(statement, context)
        yield from copied(statement, code)
    if step.publishes_figures and not _publishes(code, context):
        yield from written(figures_code(context, keys))
    if statement.cell in context.open_cells and _ends_cell(step, task, context):
        yield from written(f"{context.name('end_line')}()")


def _publishes(code: str, context: Context) -> bool:
    """True if the statement's last line has published the open figures already."""
    last = code.rstrip().rpartition("\n")[2].rpartition("; ")[2]
    return last.startswith((f"{context.name('publish_figures')}(", f'{context.name("plt")}.close("all")'))


def _ends_cell(step: Step, task: TaskPlan, context: Context) -> bool:
    cell = context.statement(step.statement).cell
    last = [s.statement for s in task.steps if context.statement(s.statement).cell == cell][-1]
    return step.statement == last


def _epilogue(task: TaskPlan, context: Context) -> list[Line]:
    states = {context.plan.state_names[g]: context.renamed(_STATE[g]) for g in task.returns_states}
    values = [(output.name, states.get(output.name, output.name)) for output in task.outputs]
    if not values:
        return []
    if returns_dict(task):
        items = ", ".join(f'"{name}": {value}' for name, value in values)
        return written(f"return {{{items}}}")
    return written(f"return {', '.join(value for _, value in values)}")
