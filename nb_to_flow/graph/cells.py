"""The quotient of the statements' edges by cells: the graph that people see.

It also shows three things that order cells but no statements, as the notebook would run them: a name that
nested code looks up late is tied to the earlier cell that bound it, an imported constant or data set to the
cell that imports it, and a seeded generator to the cell that loads its library.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from nb_to_flow.ir.facts import DEFINITIONS, Facts, ResourceKind, Role, StatementFacts
from nb_to_flow.ir.graph import CellEdge, Edge, EdgeKind

NUMPY_USERS = frozenset(
    [
        "numpy",
        "pandas",
        "scipy",
        "sklearn",
        "matplotlib",
        "seaborn",
        "statsmodels",
        "xgboost",
        "lightgbm",
        "pylab",
        "skimage",
        "quantecon",
    ]
)
PLOT_MAGIC = re.compile(r"^\s*%(matplotlib|pylab)\b", re.MULTILINE)
_WITH_GENERATOR = ("scipy.stats.rv_", "statsmodels.base.Prediction")
_WITH_STREAM = ("pstats.Stats",)
CODE_TYPES = frozenset({"type", "module"})


def cell_edges(facts: Facts, edges: Iterable[Edge]) -> tuple[CellEdge, ...]:
    """One edge for each pair of cells and kind, names merged, sorted by target, then source."""
    cell_of = [s.cell for s in facts.notebook.statements]
    found: dict[tuple[int, int, str], tuple[set[str], list[bool]]] = {}

    def add(source: int, target: int, kind: EdgeKind, names: Iterable[str], certain: bool) -> None:
        if source != target:
            known = found.setdefault((target, source, kind.value), (set(), []))
            known[0].update(names)
            known[1].append(certain)

    for edge in edges:
        if names := _shown_names(facts, edge):
            add(cell_of[edge.source], cell_of[edge.target], edge.kind, names, edge.certain)
    for source, target, name in _late_names(facts, cell_of):
        add(source, target, EdgeKind.DATA, (name,), False)
    for source, target, name in _first_draws(facts, cell_of):
        add(source, target, EdgeKind.STATE, (name,), True)
    for source, target, name in _live(facts, cell_of):
        add(source, target, EdgeKind.DATA, (name,), False)
    for source, target, name in _imported_data(facts, edges, cell_of):
        add(source, target, EdgeKind.DATA, (name,), True)
    return tuple(
        CellEdge(source=s, target=t, kind=EdgeKind(kind), names=tuple(sorted(names)), certain=any(certain))
        for (t, s, kind), (names, certain) in sorted(found.items())
    )


def _shown_names(facts: Facts, edge: Edge) -> tuple[str, ...]:
    """The names of an edge that say something about data: no definitions, classes or hoisted settings."""
    ends = facts.statements[edge.source], facts.statements[edge.target]
    if edge.kind is EdgeKind.DEFINITION:
        wrapped = ends[0].role in (Role.FUNCTION, Role.ALIAS)
        return tuple(n for n in edge.names if wrapped and ends[0].types.get(n, "") not in ("", *CODE_TYPES))
    if edge.kind is EdgeKind.STATE and (not _orders(edge) or any(end.role is Role.SETTING for end in ends)):
        return ()
    if edge.kind is not EdgeKind.DATA:
        return edge.names
    return tuple(name for name in edge.names if ends[0].types.get(name) not in CODE_TYPES)


def _orders(edge: Edge) -> bool:
    """False for a setting that comes after what was shown before it: no cell needs anything of that."""
    return edge.passes or not edge.names[0].endswith("settings")


def _imported_data(facts: Facts, edges: Iterable[Edge], cell_of: list[int]) -> Iterator[tuple[int, int, str]]:
    for edge in edges:
        source = facts.statements[edge.source]
        if edge.kind is EdgeKind.DEFINITION and source.role is Role.IMPORT:
            for name in edge.names:
                if source.types.get(name, "") not in ("", *CODE_TYPES):
                    yield cell_of[edge.source], cell_of[edge.target], name


def _late_names(facts: Facts, cell_of: list[int]) -> Iterator[tuple[int, int, str]]:
    """Names that nested code loads although the same cell bound them before: what earlier cell had them last?"""
    last: dict[str, int] = {}  # name -> cell that bound it last, the current cell left out
    pending: dict[str, int] = {}
    current = -1
    for statement in facts.statements:
        cell = cell_of[statement.statement]
        if cell != current:
            last.update(pending)
            pending, current = {}, cell
        yield from ((last[name], cell, name) for name in sorted(statement.late) if name in last)
        code = statement.role in DEFINITIONS
        for name in statement.binds | statement.may_bind | statement.changes:
            if not code and statement.types.get(name) not in CODE_TYPES:
                pending[name] = cell
            elif code:
                last.pop(name, None)


def _first_draws(facts: Facts, cell_of: list[int]) -> Iterator[tuple[int, int, str]]:
    """numpy's generator starts to exist where numpy is imported; what touches it first comes after that."""
    random = [
        (cell_of[s.statement], e.access.value)
        for s in facts.statements
        for e in s.effects
        if e.kind is ResourceKind.RANDOM and e.name == "numpy.random"
    ]
    if not any(access == "seed" for _, access in random):
        return
    starts = [cell_of[s.statement] for s in facts.statements if _loads_numpy(facts, s.statement)]
    starts += [c.index for c in facts.notebook.cells if PLOT_MAGIC.search(c.source)]
    if starts and min(starts) < random[0][0]:
        yield min(starts), random[0][0], "numpy.random"


def _live(facts: Facts, cell_of: list[int]) -> Iterator[tuple[int, int, str]]:
    """Objects that hold state of the whole process change with it.

    scipy's distributions hold numpy's global generator: whatever draws from it changes them all. What holds the
    notebook's output stream knows the cell that runs.
    """
    last: dict[str, tuple[int, bool]] = {}  # name -> cell that made or changed it last; True for streams
    for statement in facts.statements:
        cell = cell_of[statement.statement]
        draws = any(e.kind is ResourceKind.RANDOM and e.name == "numpy.random" for e in statement.effects)
        for name, (source, stream) in sorted(last.items()):
            if source < cell and (draws or stream or name in statement.reads):
                yield source, cell, name
            if draws or stream:
                last[name] = cell, stream
        for name in statement.binds | statement.may_bind:
            last.pop(name, None)
            types = _types_inside(facts, statement, name)
            if any(t.startswith(_WITH_GENERATOR + _WITH_STREAM) for t in types):
                last[name] = cell, any(t.startswith(_WITH_STREAM) for t in types)


def _types_inside(facts: Facts, statement: StatementFacts, name: str) -> set[str]:
    """The types of a variable's value and of all that it holds."""
    inside = facts.sharing.reach(facts.sharing.bound[statement.statement].get(name, frozenset()))
    return {statement.types.get(name, ""), *(facts.sharing.types.get(obj, "") for obj in inside)}


def _loads_numpy(facts: Facts, index: int) -> bool:
    statement = facts.statements[index]
    if statement.role is not Role.IMPORT:
        return False
    code = facts.notebook.statements[index].code
    words = code.replace(".", " ").replace(",", " ").split()
    return not NUMPY_USERS.isdisjoint(words)
