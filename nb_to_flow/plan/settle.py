"""Make a grouping sound: merge groups or carry names until every task gets what the notebook would have given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from nb_to_flow.plan.coherence import Remedy, find_incoherent
from nb_to_flow.plan.dependencies import new_partition
from nb_to_flow.plan.draft import Draft, Fusion
from nb_to_flow.plan.interfaces import Interface, interface_of
from nb_to_flow.plan.partition import Partition
from nb_to_flow.plan.versions import Versions

_ROUNDS = 12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Settled:
    """A sound grouping: the draft (with names carried), the partition and each group's interface."""

    draft: Draft
    partition: Partition
    interfaces: Mapping[int, Interface]


def settle(draft: Draft, groups: list[list[int]]) -> Settled | None:
    """The nearest sound grouping that is coarser than `groups`; None if only one whole task would do."""
    fusions = list(draft.fusions)
    for _ in range(_ROUNDS):
        partition = regroup(draft, groups, fusions)
        interfaces = _merge_conflicts(draft, partition)
        if interfaces is None:
            return None
        group_of = {i: g for g, face in interfaces.items() for i in face.own}
        remedy = find_incoherent(draft, interfaces, group_of)
        if remedy == Remedy() or not _is_new(draft, remedy):
            remedy = Remedy(merged=remedy.merged)
        if not remedy.carried and not remedy.merged:
            return Settled(
                draft=replace(draft, fusions=tuple(fusions)), partition=partition, interfaces=interfaces
            )
        fusions += [
            Fusion(statements=frozenset(i for g in merged for i in interfaces[g].own), reason=why)
            for merged, why in remedy.merged
        ]
        draft = with_carried(draft, draft.versions.carried | remedy.carried)
    return None


def _is_new(draft: Draft, remedy: Remedy) -> bool:
    return not remedy.carried <= draft.versions.carried


def with_carried(draft: Draft, carried: frozenset[tuple[str, int]]) -> Draft:
    """The draft with names that statements hand along although they don't change them."""
    if carried == draft.versions.carried:
        return draft
    return replace(draft, versions=Versions(draft.facts, draft.results, carried))


def regroup(draft: Draft, groups: list[list[int]], fusions: list[Fusion]) -> Partition:
    """A partition with these groups and fusions, and no cycles."""
    partition = new_partition(draft)
    for group in groups:
        partition.union([i for i in group if i in partition])
    for fusion in fusions:
        members = [i for i in fusion.statements if i in partition]
        if members:
            partition.union(members)
    partition.condense()
    return partition


def _merge_conflicts(draft: Draft, partition: Partition) -> dict[int, Interface] | None:
    """Merge until no group sees a wrong version; None if a name can't be right in any task."""
    count = len(draft.facts.statements)
    cache: dict[tuple[int, ...], Interface] = {}
    while True:
        interfaces = {}
        for group, members in partition.groups().items():
            own = tuple(i for i in members if i < count)
            if own:
                if own not in cache:
                    cache[own] = interface_of(draft, (*own, *seeds_of(draft, own)))
                interfaces[group] = cache[own]
        merges = _version_conflicts(partition, interfaces)
        if merges is None:
            return None
        if not merges:
            return interfaces
        merged = [partition.union(pair) for pair in merges]
        if not any(merged):
            return None
        partition.condense()


def seeds_of(draft: Draft, own: tuple[int, ...]) -> tuple[int, ...]:
    """The seed statements that move into the group."""
    members = frozenset(own)
    return tuple(s for s, target in draft.seed_targets.items() if target in members)


def _version_conflicts(
    partition: Partition, interfaces: Mapping[int, Interface]
) -> list[tuple[int, int]] | None:
    merges = []
    for group, interface in interfaces.items():
        for conflict in interface.conflicts:
            if conflict.other not in partition:
                return None
            merges.append((group, conflict.other))
        for name, definer in interface.inputs.items():
            if definer in partition:
                provider = interfaces[partition.find(definer)]
                if provider.final.get(name) != definer:
                    merges.append((group, definer))
    return merges
