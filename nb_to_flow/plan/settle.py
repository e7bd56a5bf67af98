"""Make a grouping sound: merge groups or carry names until every task gets what the notebook would have given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from nb_to_flow.plan.coherence import find_incoherent
from nb_to_flow.plan.dependencies import new_partition
from nb_to_flow.plan.draft import Draft, Fusion
from nb_to_flow.plan.interfaces import Conflict, Interface, interface_of
from nb_to_flow.plan.partition import Partition
from nb_to_flow.plan.versions import Versions

_ROUNDS = 40


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Settled:
    """A sound grouping: the draft (with names carried), the partition and each group's interface."""

    draft: Draft
    partition: Partition
    interfaces: Mapping[int, Interface]


def settle(draft: Draft, groups: list[list[int]]) -> Settled | None:
    """The nearest sound grouping to `groups`; None if only one whole task would do."""
    fusions = list(draft.fusions)
    for _ in range(_ROUNDS):
        partition = regroup(draft, groups, fusions)
        interfaces = _merge_conflicts(draft, partition)
        if isinstance(interfaces, Conflict):
            divided = _divided(groups, interfaces)
            if divided is None:
                return None
            groups = divided
            continue
        group_of = {i: g for g, face in interfaces.items() for i in face.own}
        remedy = find_incoherent(draft, interfaces, group_of)
        if not remedy.merged and remedy.carried <= draft.versions.carried:
            settled = replace(draft, fusions=tuple(fusions))
            return Settled(draft=settled, partition=partition, interfaces=interfaces)
        fusions += [
            Fusion(statements=frozenset(i for g in merged for i in interfaces[g].own), reason=why)
            for merged, why in remedy.merged
        ]
        draft = with_carried(draft, draft.versions.carried | remedy.carried)
    return None


def _divided(groups: list[list[int]], conflict: Conflict) -> list[list[int]] | None:
    """The groups, with what reads a global name apart from what binds it later; None if they are apart."""
    reader, binder = conflict.statement, conflict.binder
    found: list[list[int]] = []
    for group in groups:
        if reader in group and binder in group and reader < binder:
            found += [[i for i in group if i < binder], [i for i in group if i >= binder]]
        else:
            found.append(group)
    return found if len(found) > len(groups) else None


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


def _merge_conflicts(draft: Draft, partition: Partition) -> dict[int, Interface] | Conflict:
    """Merge until no group sees a wrong version; the conflict, if merging can't help."""
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
        conflicts = list(_conflicts(draft, partition, interfaces))
        if not conflicts:
            return interfaces
        hopeless = [c for _, c in conflicts if c.other not in partition]
        if hopeless:
            return hopeless[0]
        merged = [partition.union((group, c.other)) for group, c in conflicts]
        if not any(merged):
            return conflicts[0][1]
        partition.condense()


def seeds_of(draft: Draft, own: tuple[int, ...]) -> tuple[int, ...]:
    """The seed statements that move into the group."""
    members = frozenset(own)
    return tuple(s for s, target in draft.seed_targets.items() if target in members)


def _conflicts(
    draft: Draft, partition: Partition, interfaces: Mapping[int, Interface]
) -> Iterator[tuple[int, Conflict]]:
    """What each group gets wrong, its givers' last versions included."""
    for group, interface in interfaces.items():
        yield from ((group, c) for c in interface.conflicts)
        for name, definer in interface.inputs.items():
            if definer in partition:
                provider = interfaces[partition.find(definer)]
                spoiled = _is_spoiled(draft, provider, (name, definer), interface.own[0])
                if spoiled or provider.final.get(name) != definer:
                    yield group, Conflict(name=name, statement=interface.own[0], other=definer)


def _is_spoiled(draft: Draft, provider: Interface, version: tuple[str, int], user: int) -> bool:
    """True if the giver changes the version's object after the user's turn, through another name by then."""
    later = [i for i in provider.own if i > max(user, version[1])]
    if not later:
        return False
    objects = draft.facts.sharing.reach(draft.versions.objects(version))
    changes = (m for i in later for m in draft.facts.statements[i].mutations if not m.cached)
    return any(m.obj in objects for m in changes)
