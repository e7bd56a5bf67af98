"""Which of what the notebook did and of what the flow did belong together."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TypeVar

_Item = TypeVar("_Item")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Positions in both sequences, None where there is no partner.

    Attributes:
        same: they are the same.
        moved: they are, but stand in another order than the other pairs.
    """

    expected: int | None
    actual: int | None
    same: bool = False
    moved: bool = False


def pairs(expected: Sequence[Hashable], actual: Sequence[Hashable], *, ordered: bool) -> list[Pair]:
    """Each item with the one that is the same; what is left over, with what stands in its place.

    `ordered` says that equal items in another order aren't the same.
    """
    found = list(_in_order(expected, actual))
    taken = {p.expected for p in found}, {p.actual for p in found}
    left = [i for i in range(len(expected)) if i not in taken[0]]
    rest = [j for j in range(len(actual)) if j not in taken[1]]
    for i in list(left):
        j = next((j for j in rest if actual[j] == expected[i]), None)
        if j is not None:
            found.append(Pair(expected=i, actual=j, same=not ordered, moved=ordered))
            left.remove(i)
            rest.remove(j)
    places = {p.expected: p.actual for p in found if p.same}
    found += _side_by_side(left, rest, places)
    return sorted(found, key=lambda p: (p.expected is None, p.expected or 0, p.actual or 0))


def _in_order(expected: Sequence[Hashable], actual: Sequence[Hashable]) -> Iterator[Pair]:
    matcher = SequenceMatcher(None, expected, actual, autojunk=False)
    for block in matcher.get_matching_blocks():
        for step in range(block.size):
            yield Pair(expected=block.a + step, actual=block.b + step, same=True)


def _side_by_side(left: list[int], rest: list[int], places: dict[int | None, int | None]) -> list[Pair]:
    """What is left over, in pairs between the same neighbours, then alone."""
    found = []
    for i in list(left):
        before = max((b for a, b in places.items() if a is not None and b is not None and a < i), default=-1)
        after = min(
            (b for a, b in places.items() if a is not None and b is not None and a > i), default=float("inf")
        )
        j = next((j for j in rest if before < j < after), None)
        if j is not None:
            rest.remove(j)
        found.append(Pair(expected=i, actual=j))
    return found + [Pair(expected=None, actual=j) for j in rest]


def by_task(
    cells: Sequence[tuple[int | None, _Item]],
    tasks: Sequence[tuple[str, _Item]],
    cells_of: Mapping[str, Sequence[int]],
) -> list[tuple[str, list[_Item], list[_Item]]]:
    """For each task, what its cells did in the notebook and what it did in the flow, both in order.

    Tasks that share a cell stand together: which of them did what can't be told from the notebook.

    Args:
        cells: what the notebook printed or displayed, with the cells.
        tasks: what the flow did, with the tasks; "" is the flow's own body.
        cells_of: the cells that each task comes from.

    Returns:
        The names of tasks ("a, b" for a group; "" for what belongs to none), the expected and the actual items.
    """
    groups = _groups(cells_of)
    owner = {cell: group for group in groups for task in group for cell in cells_of.get(task, ())}
    group_of = {task: group for group in groups for task in group}
    expected: dict[tuple[str, ...], list[_Item]] = {}
    actual: dict[tuple[str, ...], list[_Item]] = {}
    for cell, item in cells:
        expected.setdefault(owner.get(cell, ()) if cell is not None else (), []).append(item)
    for task, item in tasks:
        actual.setdefault(group_of.get(task, ()), []).append(item)
    order = [group for group in (*groups, ()) if group in expected or group in actual]
    return [(", ".join(group), expected.get(group, []), actual.get(group, [])) for group in order]


def _groups(cells_of: Mapping[str, Sequence[int]]) -> list[tuple[str, ...]]:
    """Tasks, joined where they share a cell."""
    groups: list[tuple[set[int], list[str]]] = []
    for task, positions in cells_of.items():
        cells, names = set(positions), [task]
        for other in [g for g in groups if g[0] & cells]:
            groups.remove(other)
            cells, names = cells | other[0], other[1] + names
        groups.append((cells, names))
    return [tuple(names) for _, names in groups]
