"""What a grouping is made of: cells, and what had to be fused."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from nb_to_flow.plan.draft import Draft
from nb_to_flow.plan.partition import Partition
from nb_to_flow.plan.settle import regroup


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What can't be divided: a cell's statements, or what had to be fused.

    Attributes:
        statements: sorted.
        before, after: units that it depends on and that depend on it (positions in the list of units).
    """

    statements: tuple[int, ...]
    before: frozenset[int]
    after: frozenset[int]

    @property
    def start(self) -> int:
        """Its first statement."""
        return self.statements[0]


def units_of(draft: Draft) -> list[Unit]:
    """Cells and forced fusions, merged where they wait for each other."""
    by_cell: defaultdict[int, list[int]] = defaultdict(list)
    for index in draft.placed:
        by_cell[draft.span(index).cell].append(index)
    partition = regroup(draft, list(by_cell.values()), list(draft.fusions))
    return _units(draft, partition)


def _units(draft: Draft, partition: Partition) -> list[Unit]:
    count = len(draft.facts.statements)
    groups = {root: [i for i in members if i < count] for root, members in partition.groups().items()}
    roots = sorted((r for r, members in groups.items() if members), key=lambda r: groups[r][0])
    position = {root: k for k, root in enumerate(roots)}
    after: dict[int, set[int]] = {k: set() for k in range(len(roots))}
    before: dict[int, set[int]] = {k: set() for k in range(len(roots))}
    for source, targets in partition.quotient().items():
        for target in targets:
            if source in position and target in position:
                after[position[source]].add(position[target])
                before[position[target]].add(position[source])
    return [
        Unit(statements=tuple(groups[r]), before=frozenset(before[k]), after=frozenset(after[k]))
        for k, r in enumerate(roots)
    ]
