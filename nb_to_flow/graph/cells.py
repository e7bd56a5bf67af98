"""The quotient of the statements' edges by cells: the graph that people see."""

from __future__ import annotations

from collections.abc import Iterable

from nb_to_flow.ir.facts import Facts
from nb_to_flow.ir.graph import CellEdge, Edge, EdgeKind


def cell_edges(facts: Facts, edges: Iterable[Edge]) -> tuple[CellEdge, ...]:
    """One edge for each pair of cells and kind, names merged, sorted by target, then source."""
    cell_of = [s.cell for s in facts.notebook.statements]
    names: dict[tuple[int, int, str], set[str]] = {}
    certain: dict[tuple[int, int, str], bool] = {}
    for edge in edges:
        source, target = cell_of[edge.source], cell_of[edge.target]
        if edge.kind is EdgeKind.DEFINITION or source == target:
            continue
        key = (target, source, edge.kind.value)
        names.setdefault(key, set()).update(edge.names)
        certain[key] = certain.get(key, False) or edge.certain
    return tuple(
        CellEdge(
            source=key[1],
            target=key[0],
            kind=EdgeKind(key[2]),
            names=tuple(sorted(found)),
            certain=certain[key],
        )
        for key, found in sorted(names.items())
    )
