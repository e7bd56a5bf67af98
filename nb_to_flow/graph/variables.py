"""Edges that carry variables: each use comes after the last statement that bound or changed the name.

Only read after write makes an edge: tasks copy what they change and names are versioned, so a later binding
never waits for an earlier use.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from nb_to_flow.graph.lines import cell_line
from nb_to_flow.ir.facts import DEFINITIONS, Facts, Role, StatementFacts
from nb_to_flow.ir.graph import Edge, EdgeKind


def variable_edges(facts: Facts) -> Iterator[Edge]:
    """DATA and DEFINITION edges, in order of their targets."""
    last: dict[str, int] = {}
    idle = _idle(facts)
    for statement in facts.statements:
        for name in sorted(statement.reads | _late_reads(facts, statement)):
            if name in last and (name, statement.statement) not in idle:
                yield _edge(facts, last[name], statement.statement, name)
        _define(last, statement)


def _idle(facts: Facts) -> set[tuple[str, int]]:
    """Old values that a statement may leave as they are, and that nothing asks for afterwards."""
    found: set[tuple[str, int]] = set()
    wanted: set[str] = set()
    for statement in reversed(facts.statements):
        kept = statement.may_bind - statement.loads.keys() - statement.changes
        found |= {(name, statement.statement) for name in kept - wanted}
        wanted -= statement.binds | statement.deletes
        wanted |= statement.reads - kept | _late_reads(facts, statement)
    return found


def _late_reads(facts: Facts, statement: StatementFacts) -> frozenset[str]:
    """What the body of `name = lambda: ...` uses: its cell reads on as a use of them, so it shows as one."""
    node = facts.notebook.statements[statement.statement].node
    is_lambda = statement.role is Role.FUNCTION and isinstance(node, (ast.Assign, ast.AnnAssign))
    return statement.free if is_lambda else frozenset()


def _define(last: dict[str, int], statement: StatementFacts) -> None:
    """Record what the statement defines. A setting's changes to a module are an effect, not a value."""
    changes = frozenset() if statement.role is Role.SETTING else statement.changes
    for name in statement.binds | statement.may_bind | changes:
        last[name] = statement.statement
    for name in statement.deletes - statement.binds:
        last.pop(name, None)


def _edge(facts: Facts, source: int, target: int, name: str) -> Edge:
    definer, user = facts.statements[source], facts.statements[target]
    bound = name in definer.binds or name in definer.may_bind
    statements = facts.notebook.statements
    return Edge(
        source=source,
        target=target,
        kind=EdgeKind.DEFINITION if definer.role in DEFINITIONS and bound else EdgeKind.DATA,
        names=(name,),
        source_line=cell_line(statements[source]),
        target_line=cell_line(statements[target], user.loads.get(name)),
        certain=_is_certain(definer, name) and _is_certain(user, name),
    )


def _is_certain(statement: StatementFacts, name: str) -> bool:
    """False if the statement only may define `name`, or changes it by assumption."""
    if name in statement.may_bind:
        return False
    if name not in statement.changes:
        return True
    return any(m.certain for m in statement.mutations if name in m.names) or not statement.mutations
