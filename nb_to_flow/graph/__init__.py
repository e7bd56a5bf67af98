"""From facts to a graph: what must come after what, and why."""

from __future__ import annotations

from nb_to_flow.graph.cells import cell_edges
from nb_to_flow.graph.resources import resource_edges
from nb_to_flow.graph.variables import variable_edges
from nb_to_flow.ir.diagnostics import Outcome
from nb_to_flow.ir.facts import Facts
from nb_to_flow.ir.graph import NotebookGraph

__all__ = ["build_graph"]


def build_graph(facts: Facts) -> Outcome[NotebookGraph]:
    """The dependency graph of a notebook's statements and cells. Raises nothing; makes no findings."""
    found = {*variable_edges(facts), *resource_edges(facts)}
    edges = tuple(sorted(found, key=lambda e: (e.target, e.source, e.kind.value, e.names, not e.passes)))
    return Outcome(value=NotebookGraph(facts=facts, edges=edges, cell_edges=cell_edges(facts, edges)))
