"""What a drawing shows, whatever its format: cells, grouped by what becomes of them, and edges with reasons."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import Enum

from nb_to_flow.ir.graph import Edge, EdgeKind, NotebookGraph
from nb_to_flow.ir.notebook import Cell, CellKind, Notebook
from nb_to_flow.ir.plan import FlowPlan
from nb_to_flow.report.text import first_line, shorten


class GroupKind(str, Enum):
    """What becomes of a group of cells."""

    MODULE = "module"  # imports, settings, definitions
    PARAMETERS = "parameters"
    TASK = "task"
    CELL = "cell"  # no plan: each cell for itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A cell, or the part of it that went to one group.

    Attributes:
        key: unique and safe in every format.
        cell: position in the notebook, from 0.
        label: the line of code that says most about it.
        code: what the cell contributes to this group.
    """

    key: str
    cell: int
    label: str
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Nodes that belong together, in notebook order."""

    key: str
    kind: GroupKind
    title: str
    detail: str
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """All edges from one node to another.

    Attributes:
        names: variables, files and states concerned.
        reasons: one sentence each: `df (data): cell 3 line 2 → cell 5 line 1`.
        passes: True if a value flows, False if only the order matters.
        certain: False if all of it rests on assumptions.
    """

    source: str
    target: str
    kinds: tuple[EdgeKind, ...]
    names: tuple[str, ...]
    reasons: tuple[str, ...]
    passes: bool
    certain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphView:
    """A drawing's content. Groups stand in a legal order of execution."""

    title: str
    groups: tuple[Group, ...]
    links: tuple[Link, ...]


def graph_view(graph: NotebookGraph, plan: FlowPlan | None) -> GraphView:
    """The drawing of a notebook's graph, grouped by the plan's tasks if there is one."""
    notebook = graph.facts.notebook
    owners = _owners(notebook, plan)
    groups = _groups(notebook, plan, owners)
    names = [notebook.path.replace("\\", "/").rsplit("/", 1)[-1]]
    title = " · ".join([*names, plan.title] if plan and plan.title else names)
    return GraphView(title=title, groups=groups, links=_links(graph, owners))


def _owners(notebook: Notebook, plan: FlowPlan | None) -> dict[int, str]:
    """For each statement the key of its group."""
    if plan is None:
        return {s.index: f"c{s.cell}" for s in notebook.statements}
    owners = dict.fromkeys((*plan.imports, *plan.settings, *plan.definitions), "module")
    owners |= {p.statement: "parameters" for p in plan.parameters if p.statement >= 0}
    for number, task in enumerate(plan.tasks):
        for step in task.steps:
            if step.role.value == "own":
                owners[step.statement] = f"t{number}"
    return owners


def _groups(notebook: Notebook, plan: FlowPlan | None, owners: dict[int, str]) -> tuple[Group, ...]:
    members: dict[str, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for statement in notebook.statements:
        if statement.index in owners:
            members[owners[statement.index]][statement.cell].append(statement.code.strip("\n"))
    found = []
    for key, kind, title, detail in _kinds(notebook, plan):
        nodes = [_node(notebook.cells[c], key, codes, owners, notebook) for c, codes in members[key].items()]
        if nodes:
            ordered = tuple(sorted(nodes, key=lambda n: n.cell))
            found.append(Group(key=key, kind=kind, title=title, detail=detail, nodes=ordered))
    return tuple(found)


def _kinds(notebook: Notebook, plan: FlowPlan | None) -> list[tuple[str, GroupKind, str, str]]:
    """Key, kind, title and detail of every group, in order of execution."""
    if plan is None:
        cells = [c for c in notebook.cells if c.kind is CellKind.CODE]
        return [(f"c{c.index}", GroupKind.CELL, f"cell {c.index + 1}", "") for c in cells]
    head = [
        ("module", GroupKind.MODULE, "module", "imports, settings, definitions"),
        ("parameters", GroupKind.PARAMETERS, "parameters", ", ".join(p.name for p in plan.parameters)),
    ]
    tasks = [(f"t{i}", GroupKind.TASK, t.name, " ".join(t.notes)) for i, t in enumerate(plan.tasks)]
    return head + tasks


def _node(cell: Cell, group: str, codes: list[str], owners: dict[int, str], notebook: Notebook) -> Node:
    """The node of one cell in one group: all of the cell's source, if no other group has a part of it."""
    split = len({owners.get(s.index, group) for s in notebook.statements_of(cell.index)}) > 1
    code = "\n".join(codes) if split else cell.source.strip("\n")
    label = shorten(first_line(code), 58)
    return Node(key=f"{group}_c{cell.index}", cell=cell.index, label=label, code=code)


def _links(graph: NotebookGraph, owners: dict[int, str]) -> tuple[Link, ...]:
    statements = graph.facts.notebook.statements
    grouped: dict[tuple[str, str], list[Edge]] = defaultdict(list)
    for edge in graph.edges:
        if edge.kind is EdgeKind.DEFINITION or not {edge.source, edge.target} <= owners.keys():
            continue
        source = f"{owners[edge.source]}_c{statements[edge.source].cell}"
        target = f"{owners[edge.target]}_c{statements[edge.target].cell}"
        if source != target:
            grouped[source, target].append(edge)
    return tuple(_link(s, t, edges, graph) for (s, t), edges in grouped.items())


def _link(source: str, target: str, edges: list[Edge], graph: NotebookGraph) -> Link:
    passing = [e for e in edges if e.passes and e.kind is EdgeKind.DATA] or edges
    return Link(
        source=source,
        target=target,
        kinds=tuple(dict.fromkeys(e.kind for e in edges)),
        names=tuple(dict.fromkeys(n for e in passing for n in e.names)),
        reasons=tuple(dict.fromkeys(_reason(e, graph) for e in edges)),
        passes=any(e.passes and e.kind is EdgeKind.DATA for e in edges),
        certain=any(e.certain for e in edges),
    )


def _reason(edge: Edge, graph: NotebookGraph) -> str:
    statements = graph.facts.notebook.statements
    source, target = statements[edge.source].cell + 1, statements[edge.target].cell + 1
    what = edge.kind.value if edge.passes else f"{edge.kind.value}, order only"
    sure = "" if edge.certain else " (assumed)"
    lines = f"cell {source} line {edge.source_line} → cell {target} line {edge.target_line}"
    return f"{', '.join(edge.names)} ({what}): {lines}{sure}"
