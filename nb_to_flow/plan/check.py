"""An independent check of a finished plan: does every task get what the notebook would have given it?

It replays the plan against the facts alone and shares no code with the passes that made it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from nb_to_flow.ir.facts import DEFINITIONS, Role, StatementFacts
from nb_to_flow.ir.plan import FlowPlan, Input, SourceKind, StepRole, TaskPlan


def check_plan(plan: FlowPlan) -> list[str]:
    """What is wrong with the plan, in sentences; empty if it does what the notebook does."""
    return [*_check_places(plan), *_check_order(plan), *_Replay(plan).problems()]


def _check_places(plan: FlowPlan) -> Iterator[str]:
    """Every statement stands in exactly one place (replicas aside)."""
    places: dict[int, int] = {}
    outside = (
        plan.imports,
        plan.settings,
        plan.definitions,
        plan.dropped,
        tuple(p.statement for p in plan.parameters),
    )
    own = tuple(s.statement for t in plan.tasks for s in t.steps if s.role is StepRole.OWN)
    for group in (*outside, own):
        for index in group:
            places[index] = places.get(index, 0) + 1
    replicas = {s.statement for t in plan.tasks for s in t.steps if s.role is StepRole.REPLICA}
    repeatable = (*DEFINITIONS, Role.SETTING, Role.CONSTANT)
    for facts in plan.facts.statements:
        count = places.get(facts.statement, 0)
        if count > 1 and not (facts.role is Role.IMPORT and count == 2):
            yield f"statement {facts.statement} stands in {count} places"
        if count == 0 and facts.statement not in replicas and facts.role not in repeatable:
            yield f"statement {facts.statement} is lost"


def _check_order(plan: FlowPlan) -> Iterator[str]:
    """Tasks come after those they take values from or wait for; names are unique."""
    done: set[str] = set()
    for task in plan.tasks:
        for value in task.inputs:
            if value.source.kind is SourceKind.TASK and value.source.task not in done:
                yield f"{task.name} takes {value.name} from {value.source.task}, which comes later"
        yield from (f"{task.name} waits for {n}, which comes later" for n in task.after if n not in done)
        if task.name in done:
            yield f"two tasks are called {task.name}"
        done.add(task.name)
        steps = [s.statement for s in task.steps]
        if steps != sorted(steps):
            yield f"{task.name} runs statements out of order"
        if len({i.name for i in task.inputs}) != len(task.inputs):
            yield f"{task.name} has two inputs of one name"


# Marks of values: which statement made the current version of a name.
_Env = dict[str, int]


class _Replay:
    """Runs notebook and plan symbolically, side by side."""

    def __init__(self, plan: FlowPlan) -> None:
        self._plan = plan
        self._facts = plan.facts.statements
        self._module = {
            n: i for i in (*plan.imports, *plan.settings, *plan.definitions) for n in _bound(self._facts[i])
        }
        self._parameters = {p.name: p.statement for p in plan.parameters}
        self._notebook, self._final = self._run_notebook()

    def _run_notebook(self) -> tuple[list[Mapping[str, int]], Mapping[str, int]]:
        last: _Env = {}
        before: list[Mapping[str, int]] = []
        for facts in self._facts:
            wanted = facts.reads | facts.calls
            before.append({n: last[n] for n in wanted if n in last})
            _step(last, facts)
        return before, last

    def problems(self) -> Iterator[str]:
        """Names that would have another value than in the notebook."""
        returned: dict[str, _Env] = {}
        for task in self._plan.tasks:
            if task.uses_globals:
                returned[task.name] = {o.name: self._final.get(o.name, -1) for o in task.outputs}
                continue
            env: _Env = {}
            for value in task.inputs:
                env[value.name] = self._incoming(value, returned)
            yield from self._run_task(task, env)
            returned[task.name] = {o.name: env.get(o.name, -1) for o in task.outputs}
            yield from self._check_copies(task)
        imported = self._plan.imports
        for name, source in self._plan.results:
            if source.kind is SourceKind.CONSTANT and self._module.get(name, -1) in (-1, *imported):
                continue  # a value that an import bound, by its own name or by a star
            got = self._incoming(Input(name=name, type="", source=source), returned)
            if not self._is_same(name, got, self._final.get(name)):
                yield f"result {name} is not its last value"

    def _incoming(self, value: Input, returned: Mapping[str, _Env]) -> int:
        if value.source.kind is SourceKind.PARAMETER:
            return self._parameters.get(value.source.name, -1)
        if value.source.kind is SourceKind.CONSTANT:
            return self._module.get(value.source.name, -1)
        return returned.get(value.source.task, {}).get(value.source.name, -1)

    def _run_task(self, task: TaskPlan, env: _Env) -> Iterator[str]:
        local = frozenset(n for s in task.steps for n in _bound(self._facts[s.statement])) | frozenset(env)
        for step in task.steps:
            facts = self._facts[step.statement]
            needed = (facts.reads - facts.changes - facts.may_bind) | (facts.reads & frozenset(facts.loads))
            for name in sorted(needed):
                wanted = self._notebook[step.statement].get(name)
                got = env.get(name) if name in local else self._module.get(name)
                if wanted is None and name not in local:
                    continue
                if not self._is_same(name, got, wanted):
                    yield f"{task.name}: statement {step.statement} would not see the right {name}"
            _step(env, facts, frozenset(env) | frozenset(self._module) - local)

    def _is_same(self, name: str, got: int | None, wanted: int | None) -> bool:
        """The same version; passing an object on without asking for it may skip versions nobody changed."""
        if got == wanted:
            return True
        if got is None or wanted is None:
            return False
        statements = self._plan.facts.notebook.statements
        if self._facts[got].role not in DEFINITIONS or self._facts[wanted].role not in DEFINITIONS:
            return False
        return _meaning(statements[got].node, name) == _meaning(statements[wanted].node, name)

    def _check_copies(self, task: TaskPlan) -> Iterator[str]:
        copied = {n for c in task.copies for n in c.names}
        rebound: set[str] = set()
        inputs = {i.name for i in task.inputs}
        for step in task.steps:
            facts = self._facts[step.statement]
            for mutation in (m for m in facts.mutations if not m.cached):
                for name in sorted((mutation.names & inputs) - rebound - copied):
                    yield f"{task.name} changes its input {name} in place"
            rebound |= facts.binds


def _bound(facts: StatementFacts) -> frozenset[str]:
    return facts.binds | facts.may_bind


def _step(env: _Env, facts: StatementFacts, known: frozenset[str] | None = None) -> None:
    """Record the versions a statement makes; changes only of names that are `known`, if given."""
    changes = frozenset() if facts.role is Role.SETTING else facts.changes
    for name in facts.deletes:
        env.pop(name, None)
    for name in _bound(facts) - (facts.deletes - facts.binds):
        env[name] = facts.statement
    for name in changes:
        if known is None or name in known:
            env[name] = facts.statement


def _meaning(node: ast.stmt, name: str) -> str:
    """What a definition binds `name` to: equal for imports of the same thing and equal definitions."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        module = "" if isinstance(node, ast.Import) else f"{'.' * node.level}{node.module}"
        for alias in node.names:
            if alias.asname == name or (not alias.asname and alias.name.split(".")[0] == name):
                return f"{module}:{alias.name if alias.asname else name}"
    return ast.dump(node)
