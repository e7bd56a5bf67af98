"""The order of a task's arguments: data first, then parameters, each in the order in which the code names them."""

from __future__ import annotations

import ast
from dataclasses import replace

from nb_to_flow.ir.plan import Input, SourceKind, TaskPlan
from nb_to_flow.plan.draft import Draft
from nb_to_flow.plan.state import state_names

_RANK = {SourceKind.TASK: 0, SourceKind.PARAMETER: 1, SourceKind.CONSTANT: 2}
_LAST = (1 << 30, 0, 0)


def order_inputs(draft: Draft, task: TaskPlan) -> TaskPlan:
    """The task with its inputs in the order in which a reader expects them."""
    wanted = {i.name for i in task.inputs}
    states = {name for generator, name in state_names(draft).items() if generator in task.restores}
    first: dict[str, tuple[int, int, int]] = {}
    for step in task.steps:
        for node in ast.walk(draft.facts.notebook.statements[step.statement].node):
            if isinstance(node, ast.Name) and node.id in wanted:
                place = (step.statement, node.lineno, node.col_offset)
                first[node.id] = min(first.get(node.id, _LAST), place)

    def rank(given: Input) -> tuple[bool, int, tuple[int, int, int]]:
        return given.name in states, _RANK[given.source.kind], first.get(given.name, _LAST)

    return replace(task, inputs=tuple(sorted(task.inputs, key=rank)))
