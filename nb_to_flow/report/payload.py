"""The JSON that other tools read: its shape is a contract."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from nb_to_flow.ir.diagnostics import Diagnostic
from nb_to_flow.ir.graph import CellEdge, NotebookGraph
from nb_to_flow.ir.plan import FlowPlan, Parameter, TaskPlan


def to_json(payload: Any) -> str:
    """`payload` as text, the same for the same data on every machine; pure ASCII."""
    return json.dumps(payload, indent=2)


def inspect_payload(
    graph: NotebookGraph | None, plan: FlowPlan | None, diagnostics: Iterable[Diagnostic]
) -> dict[str, Any]:
    """What `inspect --json` prints; empty lists for what an error kept from being found."""
    tasks = plan.tasks if plan else ()
    return {
        "edges": [edge_payload(e) for e in graph.cell_edges] if graph else [],
        "tasks": [{"name": t.name, "cells": list(t.cells)} | _interface(t) for t in tasks],
        "parameters": [parameter_payload(p, plan) for p in plan.parameters] if plan else [],
        "diagnostics": [diagnostic_payload(d) for d in diagnostics],
    }


def convert_payload(
    entrypoint: str | None, plan: FlowPlan | None, diagnostics: Iterable[Diagnostic]
) -> dict[str, Any]:
    """What `convert --json` prints for one notebook."""
    tasks = plan.tasks if plan else ()
    return {
        "entrypoint": entrypoint,
        "tasks": [{"name": t.name} | _interface(t) | {"cells": list(t.cells)} for t in tasks],
        "diagnostics": [diagnostic_payload(d) for d in diagnostics],
    }


def edge_payload(edge: CellEdge) -> dict[str, Any]:
    """One edge between cells."""
    return {
        "source": edge.source,
        "target": edge.target,
        "kind": edge.kind.value,
        "names": list(edge.names),
        "certain": edge.certain,
    }


def parameter_payload(parameter: Parameter, plan: FlowPlan) -> dict[str, Any]:
    """One parameter of the flow; `cell` is where the notebook sets it."""
    statements = plan.facts.notebook.statements
    known = 0 <= parameter.statement < len(statements)
    return {
        "name": parameter.name,
        "type": parameter.annotation,
        "default": parameter.default,
        "description": parameter.description,
        "cell": statements[parameter.statement].cell if known else None,
    }


def diagnostic_payload(diagnostic: Diagnostic) -> dict[str, Any]:
    """One diagnostic; `cell` counts all cells from 0, `line` the cell's lines from 1."""
    span = diagnostic.span
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity.value,
        "cell": span.cell if span else None,
        "line": span.line if span else None,
        "message": diagnostic.message,
        "hint": diagnostic.hint,
    }


def _interface(task: TaskPlan) -> dict[str, list[str]]:
    return {"inputs": [i.name for i in task.inputs], "outputs": [o.name for o in task.outputs]}
