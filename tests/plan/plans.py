"""Plans for tests, from the source of code cells."""

from __future__ import annotations

from nb_to_flow.ir.plan import FlowPlan, PlanOptions
from nb_to_flow.plan import plan_flow
from tests.graph.cells import graph_of


def plan_of(
    *cells: str, outputs: str = "all", granularity: str = "auto", tagged: int | None = None, **options: object
) -> FlowPlan:
    """The plan of such a notebook; fails on errors."""
    graph = graph_of(*cells, parameters=tagged)
    outcome = plan_flow(graph, PlanOptions(outputs=outputs, granularity=granularity, **options))  # type: ignore[arg-type]
    assert outcome.value is not None, outcome.diagnostics
    return outcome.value
