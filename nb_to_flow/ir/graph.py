"""The dependency graph's vocabulary. The graph itself is a networkx `MultiDiGraph` over statement indexes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from nb_to_flow.ir.facts import Facts

if TYPE_CHECKING:
    import networkx


class EdgeKind(str, Enum):
    """Why one statement must come after another."""

    DATA = "data"  # the target uses a variable's value that the source bound or changed last
    DEFINITION = "definition"  # the value is an import, function or class: hoisted or repeated, not passed
    FILE = "file"  # one of them writes a file that the other reads or writes
    STATE = "state"  # random generator, settings, environment, directory, database, barrier


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Edge:
    """One reason why statement `target` must come after statement `source`.

    Attributes:
        names: the variables or resources concerned, sorted.
        source_line, target_line: lines in the cells' own sources.
        certain: False if it rests on an assumption (unknown method, unknown path, a branch).
        passes: True if a value flows (read after write); False if only the order matters
            (write after read, write after write).
    """

    source: int
    target: int
    kind: EdgeKind
    names: tuple[str, ...]
    source_line: int
    target_line: int
    certain: bool = True
    passes: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class CellEdge:
    """An edge between two cells: the quotient of the statements' edges. Definitions make none."""

    source: int
    target: int
    kind: EdgeKind
    names: tuple[str, ...]
    certain: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NotebookGraph:
    """All edges of a notebook.

    Attributes:
        facts: what they were derived from.
        edges: sorted by target, then source. Sources always precede targets.
        cell_edges: the same between cells (definitions left out, no loops).
    """

    facts: Facts
    edges: tuple[Edge, ...]
    cell_edges: tuple[CellEdge, ...]

    def to_networkx(self) -> networkx.MultiDiGraph[int]:
        """The graph as networkx knows it: nodes are statement indexes, edge data holds an `Edge`."""
        import networkx

        graph: networkx.MultiDiGraph[int] = networkx.MultiDiGraph()
        graph.add_nodes_from(s.index for s in self.facts.notebook.statements)
        graph.add_edges_from((e.source, e.target, {"edge": e}) for e in self.edges)
        return graph
