"""Run a plan without Prefect: tasks as plain functions, values pickled on their way, in any order allowed.

What a plan does can so be held against what the notebook does, statement by statement in one namespace.
"""

from __future__ import annotations

import ast
import copy
import pickle
import random
import sys
import types
from typing import Any

from nb_to_flow.ir.plan import CopyKind, FlowPlan, SourceKind, TaskPlan

Values = dict[str, Any]


def run_notebook(plan: FlowPlan) -> Values:
    """The namespace that the notebook's own statements leave, in order."""
    held = types.ModuleType("module_of_a_notebook")
    sys.modules[held.__name__] = held
    namespace: Values = vars(held)
    random.seed(12345)
    for statement in plan.facts.notebook.statements:
        exec(compile(ast.Module(body=[statement.node], type_ignores=[]), "notebook", "exec"), namespace)  # noqa: S102
    return namespace


def run_plan(plan: FlowPlan, order: random.Random | None = None) -> Values:
    """The flow's results. `order` picks among the orders that inputs and `after` allow; None keeps the plan's."""
    held = types.ModuleType("module_of_a_plan")
    sys.modules[held.__name__] = held
    module: Values = vars(held)
    module["deepcopy"] = copy.deepcopy
    random.seed(54321)
    for index in (*plan.imports, *plan.settings, *plan.definitions):
        _execute([plan.facts.notebook.statements[index].node], module)
    parameters = {p.name: ast.literal_eval(p.default) for p in plan.parameters}
    returned: dict[str, bytes | Values] = {}
    waiting = list(plan.tasks)
    while waiting:
        ready = [t for t in waiting if _givers(t) <= returned.keys()]
        task = order.choice(ready) if order is not None else ready[0]
        waiting.remove(task)
        returned[task.name] = _run_task(plan, task, module, parameters, returned)
    return {n: _value(s.kind, s.name, s.task, module, parameters, returned) for n, s in plan.results}


def _givers(task: TaskPlan) -> set[str]:
    return {i.source.task for i in task.inputs if i.source.kind is SourceKind.TASK} | set(task.after)


def _value(
    kind: SourceKind,
    name: str,
    task: str,
    module: Values,
    parameters: Values,
    returned: dict[str, bytes | Values],
) -> Any:
    if kind is SourceKind.PARAMETER:
        return parameters[name]
    if kind is SourceKind.CONSTANT:
        return module[name]
    return _opened(returned[task])[name]


def _opened(result: bytes | Values) -> Values:
    opened: Values = pickle.loads(result) if isinstance(result, bytes) else result
    return opened


def _run_task(
    plan: FlowPlan, task: TaskPlan, module: Values, parameters: Values, returned: dict[str, bytes | Values]
) -> bytes | Values:
    """Call the task on values as its runner would hand them over: each giver's result arrives as one."""
    opened = {name: _opened(returned[name]) for name in _givers(task)}
    given = {
        i.name: opened[i.source.task][i.source.name]
        if i.source.kind is SourceKind.TASK
        else _value(i.source.kind, i.source.name, "", module, parameters, returned)
        for i in task.inputs
    }
    before = pickle.dumps(given)
    _execute([_function(plan, task)], module)
    outputs: Values = module[task.name](**given)
    if task.uses_globals:
        outputs = {o.name: module[o.name] for o in task.outputs}
    assert pickle.dumps(given) == before, f"{task.name} changed its inputs"
    return outputs if task.in_process else pickle.dumps(outputs)


def _function(plan: FlowPlan, task: TaskPlan) -> ast.stmt:
    """The task as a function that returns a dict of its outputs."""
    lines = [f"def {task.name}({', '.join(i.name for i in task.inputs)}):"]
    for made in task.copies:
        names = ", ".join(made.names)
        if made.kind is CopyKind.DEEP:
            lines.append(f"    ({names},) = deepcopy(({names},))")
        else:
            lines += [f"    {n} = {n}.copy()" for n in made.names]
    lines += [f"    {n} = None" for n in task.prebinds]
    lines += [f"    from builtins import {n}" for n in task.builtins]
    lines += [f"    random.setstate({s.replace('numpy.random', 'numpy')}_state)" for s in task.restores]
    lines += ["    pass", "    return {" + ", ".join(f"{o.name!r}: {o.name}" for o in task.outputs) + "}"]
    if task.uses_globals:
        lines = [f"def {task.name}():", f"    global {', '.join(_bound(plan, task))}", "    return {}"]
    function = ast.parse("\n".join(lines)).body[0]
    assert isinstance(function, ast.FunctionDef)
    steps = [_Nonlocal(s.nonlocals).visit(_copied(plan, s.statement)) for s in task.steps]
    at = len(function.body) - 1
    states = [
        ast.parse("random_state = random.getstate()").body[0] for s in task.returns_states if s == "random"
    ]
    function.body[at:at] = [*steps, *states]
    return function


def _bound(plan: FlowPlan, task: TaskPlan) -> list[str]:
    facts = [plan.facts.statements[s.statement] for s in task.steps]
    return sorted({n for f in facts for n in f.binds | f.may_bind})


def _copied(plan: FlowPlan, index: int) -> ast.stmt:
    return copy.deepcopy(plan.facts.notebook.statements[index].node)


class _Nonlocal(ast.NodeTransformer):
    """`global x` of a nested function is `nonlocal x` in a task."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names

    def visit_Global(self, node: ast.Global) -> ast.stmt:
        """Replace it if all its names are the task's."""
        return ast.Nonlocal(names=node.names) if set(node.names) <= self._names else node


def _execute(body: list[ast.stmt], namespace: Values) -> None:
    module = ast.fix_missing_locations(ast.Module(body=body, type_ignores=[]))
    exec(compile(module, "plan", "exec"), namespace)  # noqa: S102
