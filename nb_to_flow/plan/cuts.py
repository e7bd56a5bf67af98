"""Cut a long chain of units where few values cross."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from nb_to_flow.ir.notebook import CellKind
from nb_to_flow.plan.draft import Draft

_BEST, _MOST = 4, 8
_HEADING_BONUS = 2.0


class UnitLike(Protocol):
    """What cutting needs of a unit."""

    @property
    def statements(self) -> tuple[int, ...]:
        """Its statements, sorted."""


def cut(draft: Draft, units: Sequence[UnitLike], component: Sequence[int], total: int) -> list[list[int]]:
    """The component in pieces of a sensible size for a notebook with `total` statements; itself if it is short."""
    sizes = [len(units[u].statements) for u in component]
    half = max(total // 2, 1)
    if len(component) <= _MOST - 2 and (sum(sizes) <= half or len(component) == 1 or total < 12):
        return [list(component)]
    widths = crossings(draft, units, component)
    best = [0.0] + [float("inf")] * len(component)
    came = [0] * (len(component) + 1)
    for end in range(1, len(component) + 1):
        size = 0
        for start in range(end - 1, max(-1, end - _MOST - 1), -1):
            size += sizes[start]
            cost = best[start] + widths[start] + _cost(end - start, size, half)
            if cost < best[end]:
                best[end], came[end] = cost, start
    pieces = []
    end = len(component)
    while end:
        pieces.append(list(component[came[end] : end]))
        end = came[end]
    return pieces[::-1]


def halve(draft: Draft, units: Sequence[UnitLike], piece: Sequence[int], most: int) -> list[list[int]]:
    """A piece in two where both sides have at most `most` statements, or else are most alike in size.

    Units are in order, so that the second part may need the first, but never the other way round.
    """
    members = sorted(piece)
    if len(members) < 2:
        return [members]
    sizes = [len(units[u].statements) for u in members]
    widths = crossings(draft, units, members)

    def cost(place: int) -> tuple[int, float, int]:
        larger = max(sum(sizes[:place]), sum(sizes[place:]))
        return max(larger - most, 0), widths[place], larger

    place = min(range(1, len(members)), key=cost)
    return [members[:place], members[place:]]


def _cost(cells: int, statements: int, half: int) -> float:
    """How far a piece is from the size wished for."""
    cost = 1.5 + abs(cells - _BEST) * 0.75 if cells < _BEST else 1.5 + (cells - _BEST) * 0.5
    if statements > half and cells > 1:
        cost += 100.0
    return cost


def crossings(draft: Draft, units: Sequence[UnitLike], component: Sequence[int]) -> list[float]:
    """For each place between two units of the component, how many values cross it, less a bonus for headings."""
    position = {i: k for k, u in enumerate(component) for i in units[u].statements}
    change = [0] * (len(component) + 2)
    for k, unit in enumerate(component):
        for index in units[unit].statements:
            for name in draft.versions.reaching.defines[index]:
                users = draft.versions.users.get((name, index), ())
                last = max((position[u] for u in users if u in position), default=k)
                if last > k:
                    change[k + 1] += 1
                    change[last + 1] -= 1
    widths, crossing = [], 0
    for k in range(len(component)):
        crossing += change[k]
        bonus = (
            _HEADING_BONUS
            if k and _has_text_between(draft, units[component[k - 1]], units[component[k]])
            else 0.0
        )
        widths.append(max(0.0, crossing - bonus) if k else 0.0)
    return widths


def _has_text_between(draft: Draft, one: UnitLike, other: UnitLike) -> bool:
    """True if markdown stands directly above the later unit."""
    above = draft.span(other.statements[0]).cell - 1
    cells = draft.facts.notebook.cells
    return above > draft.span(one.statements[0]).cell and cells[above].kind is CellKind.MARKDOWN
