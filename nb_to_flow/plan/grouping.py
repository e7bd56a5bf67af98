"""Few tasks that a person would draw: by section and by data flow, forced fusions first."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from nb_to_flow.ir.facts import Access, ResourceKind
from nb_to_flow.plan.cuts import cut, halve
from nb_to_flow.plan.draft import Draft
from nb_to_flow.plan.fusion import local_functions
from nb_to_flow.plan.partition import Partition
from nb_to_flow.plan.reuse import cut_at_parameters
from nb_to_flow.plan.sections import Section, finest_sections, sections
from nb_to_flow.plan.units import Unit, units_of

MOST_CELLS = 8
_ASIDE = 4  # statements of a small side step
_MORE = 2  # tasks that parameters may add to the number wished for
_CONTAINERS = frozenset({"list", "dict", "set", "deque", "defaultdict", "Counter", "OrderedDict"})
_KEPT_APART = frozenset(
    {ResourceKind.FILE, ResourceKind.DATABASE, ResourceKind.NETWORK, ResourceKind.SUBPROCESS}
)


def group(draft: Draft) -> list[list[int]]:
    """The grouping wished for; `settle` makes it sound."""
    units = units_of(draft)
    total = len(draft.placed)
    if draft.options.granularity == "cell":
        return [list(u.statements) for u in units]
    pieces: list[list[int]] = []
    for members in _by_section(draft, units):
        if draft.options.granularity == "section":
            pieces.append(members)
            continue
        for component in _components(draft, units, members):
            shows = all(_only_shows(draft, units[u]) for u in component)
            pieces += [component] if shows else cut(draft, units, component, total)
    if draft.options.granularity == "auto":
        pieces = _absorb(draft, units, pieces)
        pieces = cut_at_parameters(draft, units, pieces, tasks_for(len(_cells(draft, units))) + _MORE)
        most = _most_statements(total, len(_cells(draft, units)))
        pieces = [part for piece in pieces for part in _divided(draft, units, piece, most)]
    return [sorted(i for u in piece for i in units[u].statements) for piece in pieces]


def _most_statements(total: int, cells: int) -> int:
    """How many statements a task may have: half of the notebook's, small notebooks left out."""
    if total < 8 or cells <= 4:
        return total
    return total // 2 if total < 20 else total * 9 // 20  # constants are placed later and come on top


def _divided(draft: Draft, units: Sequence[Unit], piece: list[int], most: int) -> list[list[int]]:
    """The piece, or parts of it that have no more than `most` statements each."""
    if sum(len(units[u].statements) for u in piece) <= most:
        return [piece]
    parts = halve(draft, units, piece, most)
    trivial = any(_is_trivial(draft, [i for u in part for i in units[u].statements]) for part in parts)
    return [piece] if trivial else parts


def _cells(draft: Draft, units: Sequence[Unit]) -> list[int]:
    """The cells that the units stand in, in order."""
    return sorted({draft.span(i).cell for u in units for i in u.statements})


def _by_section(draft: Draft, units: Sequence[Unit]) -> list[list[int]]:
    """Units of each section, in order."""
    notebook = draft.facts.notebook
    cells = _cells(draft, units)
    found: list[Section] = (
        finest_sections(notebook, cells)
        if draft.options.granularity == "section"
        else sections(notebook, cells)
    )
    section_of = {cell: k for k, section in enumerate(found) for cell in section.cells}
    members: defaultdict[int, list[int]] = defaultdict(list)
    for position, unit in enumerate(units):
        members[section_of[draft.span(unit.start).cell]].append(position)
    return [members[k] for k in sorted(members)]


def _components(draft: Draft, units: Sequence[Unit], members: Sequence[int]) -> list[list[int]]:
    """Independent chains of a section; those that only show something are one."""
    inside = frozenset(members)
    linked = Partition(members, ((u, t) for u in members for t in units[u].after if t in inside))
    for source, target in linked.edges:
        linked.union((source, target))
    leaves = [u for u in members if _only_shows(draft, units[u]) and not units[u].before & inside]
    if leaves:
        linked.union(leaves)
    return sorted(linked.groups().values())


def _only_shows(draft: Draft, unit: Unit) -> bool:
    """True if nothing needs what the unit makes, and it leaves nothing in the world but pictures and text."""
    if unit.after or _makes_results(draft, unit):
        return False
    return not _stores(draft, unit.statements)


def _stores(draft: Draft, statements: Iterable[int]) -> bool:
    """True if they leave something in the world besides pictures and text."""
    effects = [e for i in statements for e in draft.facts.statements[i].effects]
    return any(e.kind in _KEPT_APART and e.access is not Access.READ for e in effects)


def _makes_results(draft: Draft, unit: Unit) -> bool:
    final = draft.versions.reaching.final
    return any(final.get(n) in unit.statements for n in draft.results)


def _is_trivial(draft: Draft, statements: Iterable[int]) -> bool:
    """True for a statement or two that only show something or bind what needs no call."""
    found = sorted(statements)
    if len(found) > 2:
        return False
    kinds = {e.kind for i in found for e in draft.facts.statements[i].effects}
    nodes = [draft.facts.notebook.statements[i].node for i in found]
    work = [n for node in nodes if not isinstance(node, ast.Expr) for n in ast.walk(node)]
    calls = any(isinstance(n, ast.Call) and not _makes_container(n) for n in work)
    return not calls and not kinds - {ResourceKind.STDOUT, ResourceKind.DISPLAY, ResourceKind.AMBIENT}


def _makes_container(node: ast.Call) -> bool:
    """True for an empty `deque()` or `defaultdict(list)`."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name in _CONTAINERS and all(isinstance(a, ast.Name) for a in node.args)


def _absorb(draft: Draft, units: Sequence[Unit], pieces: list[list[int]]) -> list[list[int]]:
    """Merge trivial pieces into the neighbour they belong to, and chains while there are too many tasks."""
    merger = Merger(draft, units, pieces)
    for piece in sorted(merger.pieces, key=lambda p: units[min(merger.pieces[p])].start):
        if piece in merger.pieces and _is_trivial(draft, merger.statements(piece)):
            merger.absorb(piece)
    merger.join_siblings()
    merger.shorten()
    return [sorted(m) for m in merger.pieces.values()]


class Merger:
    """Pieces that may be merged without closing a cycle: along an edge that is one side's only one."""

    def __init__(self, draft: Draft, units: Sequence[Unit], pieces: list[list[int]]) -> None:
        self._draft = draft
        self._units = units
        self.pieces: dict[int, list[int]] = dict(enumerate(pieces))
        home = {u: p for p, members in self.pieces.items() for u in members}
        self._after: dict[int, set[int]] = {p: set() for p in self.pieces}
        self._before: dict[int, set[int]] = {p: set() for p in self.pieces}
        for unit, piece in home.items():
            for target in units[unit].after:
                if home[target] != piece:
                    self._after[piece].add(home[target])
                    self._before[home[target]].add(piece)
        self._total = sum(len(u.statements) for u in units)
        self._cells = _cells(draft, units)
        self._most = max(4, self._total // 3)

    def statements(self, piece: int) -> list[int]:
        """The statements of a piece."""
        return [i for u in self.pieces[piece] for i in self._units[u].statements]

    def absorb(self, piece: int) -> None:
        """Merge a trivial piece into its only consumer, else into its only provider."""
        after, before = self._after[piece], self._before[piece]
        if len(after) == 1 and self._fits(piece, *after):
            self._merge(piece, *after)
        elif len(before) == 1 and self._fits(piece, *before):
            self._merge(piece, *before)
        elif not after and not before and len(self.pieces) > 1:
            near = min(
                (abs(min(self.pieces[p]) - min(self.pieces[piece])), p) for p in self.pieces if p != piece
            )
            self._merge(piece, near[1])

    def join_siblings(self) -> None:
        """Merge what nothing needs into what nothing needs just before it under the same heading, if one is small.

        Two large ones stay apart: they may run side by side. Small ones that call the same function over data
        are also merged across headings: each would have a copy of it.
        """
        headed = self._headed()
        local, facts = local_functions(self._draft), self._draft.facts.statements
        calls = {p: {n for i in self.statements(p) for n in facts[i].calls & local} for p in self.pieces}
        before: int | None = None
        for piece in sorted(self.pieces, key=lambda p: self.statements(p)[0]):
            if self._after[piece] or headed[piece] is None:
                before = None
            elif _stores(self._draft, self.statements(piece)):
                before = None  # its retries are its own
            elif (
                before is not None
                and (headed[before] == headed[piece] or calls[before] & calls[piece])
                and self._is_aside(before, piece)
            ):
                self._merge(piece, before)
                calls[before] |= calls[piece]
            else:
                before = piece

    def _is_aside(self, one: int, other: int) -> bool:
        smaller, larger = sorted((len(self.statements(one)), len(self.statements(other))))
        return smaller <= _ASIDE and smaller + larger <= self._most

    def _headed(self) -> dict[int, int | None]:
        """For each piece the cell of the heading that all its cells stand under; None if there isn't one."""
        found = finest_sections(self._draft.facts.notebook, self._cells)
        above = {c: s.heading.cell if s.heading else None for s in found for c in s.cells}
        headed: dict[int, int | None] = {}
        for piece in self.pieces:
            over = {above[self._draft.span(i).cell] for i in self.statements(piece)}
            headed[piece] = over.pop() if len(over) == 1 else None
        return headed

    def _fits(self, piece: int, other: int) -> bool:
        """True if the two together are no more than half of the notebook, or it is a small one."""
        together = len(self.statements(piece)) + len(self.statements(other))
        return len(self._cells) <= 4 or together * 2 <= self._total

    def shorten(self) -> None:
        """While there are more tasks than the notebook's size calls for, merge the smallest with a neighbour."""
        wanted = tasks_for(len(self._cells))
        if len(self.pieces) <= wanted:
            return
        for piece in sorted(self.pieces, key=lambda p: (len(self.statements(p)), p)):
            if len(self.pieces) <= wanted:
                return
            self._join_neighbour(piece)

    def _join_neighbour(self, piece: int) -> None:
        choices = []
        for other, in_chain in (*self._linked(piece), *((beside, False) for beside in self._beside(piece))):
            together = len(self.statements(piece)) + len(self.statements(other))
            if together <= self._most:
                distance = abs(min(self.pieces[other]) - min(self.pieces[piece]))
                choices.append((not in_chain, distance, together, other))
        if choices:
            self._merge(piece, min(choices)[3])

    def _linked(self, piece: int) -> Iterator[tuple[int, bool]]:
        """The pieces on edges that are one side's only one, and whether they are the only one of both."""
        for other in sorted(self._after[piece] | self._before[piece]):
            source, target = (piece, other) if other in self._after[piece] else (other, piece)
            ends = len(self._after[source]) == 1, len(self._before[target]) == 1
            if any(ends):
                yield other, all(ends)

    def _beside(self, piece: int) -> Iterator[int]:
        """The pieces just before and after it that need the same, if all they leave is pictures and text."""
        if not self._before[piece] or not self._leaves_nothing(piece):
            return
        order = sorted(self.pieces, key=lambda p: min(self.pieces[p]))
        place = order.index(piece)
        for other in (*order[max(place - 1, 0) : place], *order[place + 1 : place + 2]):
            if self._before[other] == self._before[piece] and self._leaves_nothing(other):
                yield other

    def _leaves_nothing(self, piece: int) -> bool:
        makes = any(_makes_results(self._draft, self._units[unit]) for unit in self.pieces[piece])
        return not self._after[piece] and not makes and not _stores(self._draft, self.statements(piece))

    def _merge(self, piece: int, into: int) -> None:
        self.pieces[into] += self.pieces.pop(piece)
        for source in self._before.pop(piece):
            self._after[source].discard(piece)
            if source != into:
                self._after[source].add(into)
                self._before[into].add(source)
        for target in self._after.pop(piece):
            self._before[target].discard(piece)
            if target != into:
                self._before[target].add(into)
                self._after[into].add(target)


def tasks_for(cells: int) -> int:
    """How many tasks a notebook with so many cells should have at most, if its branches allow it."""
    if cells > 150:
        return cells // 10
    return max(3, min(cells * 5 // 6, 8 + cells // 15))


def locations(groups: Mapping[int, Sequence[int]]) -> dict[int, int]:
    """The group of each statement."""
    return {i: g for g, members in groups.items() for i in members}
