"""What must come before what among the statements that tasks are made of."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise

from nb_to_flow.ir.facts import Access, Effect, ResourceKind, Role
from nb_to_flow.ir.graph import EdgeKind
from nb_to_flow.ir.notebook import Secrecy
from nb_to_flow.plan.draft import Draft
from nb_to_flow.plan.partition import Edge, Partition

SUPPORTED_GENERATORS = ("random", "numpy.random")


def new_partition(draft: Draft) -> Partition:
    """Every placed statement alone, and one node (numbered from the notebook's end) for each order that
    repeated settings impose."""
    count = len(draft.facts.statements)
    orders = list(setting_orders(draft))
    nodes = [*draft.placed, *(count + k for k in range(len(orders)))]
    edges = [*data_edges(draft), *order_edges(draft), *random_edges(draft)]
    for k, (before, after) in enumerate(orders):
        edges += [(b, count + k) for b in before] + [(count + k, a) for a in after]
    return Partition(nodes, edges)


def data_edges(draft: Draft) -> Iterator[Edge]:
    """From the statement that made a value to each that needs it, through what is repeated in between."""
    placed = frozenset(draft.placed)
    for index in placed:
        for definer in providers(draft, index):
            if definer in placed:
                yield definer, index
    for seed, target in draft.seed_targets.items():
        for definer in providers(draft, seed):
            if definer in placed:
                yield definer, target


def providers(draft: Draft, index: int) -> frozenset[int]:
    """Who defined what the statement needs; for repeated statements, what those need."""
    found: set[int] = set()
    stack, seen = [index], {index}
    while stack:
        for definer in needs(draft, stack.pop()).values():
            if definer in draft.repeatable:
                if definer not in seen:
                    seen.add(definer)
                    stack.append(definer)
            else:
                found.add(definer)
    return frozenset(found)


def needs(draft: Draft, index: int) -> dict[str, int]:
    """The names a statement uses and the definitions it may run, with the statement that defined each."""
    found = dict(draft.versions.uses(index))
    before = draft.versions.reaching.before[index]
    for name in draft.facts.statements[index].calls:
        if name in before:
            found[name] = before[name]
    return found


def order_edges(draft: Draft) -> Iterator[Edge]:
    """Files, databases, environment and the rest that the graph orders (generators apart)."""
    placed = frozenset(draft.placed)
    for edge in draft.graph.edges:
        if edge.kind not in (EdgeKind.FILE, EdgeKind.STATE) or edge.source not in placed:
            continue
        if edge.target in placed:
            yield edge.source, edge.target


@lru_cache(maxsize=2)
def seeded_generators(draft: Draft) -> tuple[str, ...]:
    """Generators that the notebook seeds somewhere."""
    return tuple(
        sorted(
            {
                e.name
                for s in draft.facts.statements
                for e in s.effects
                if e.kind is ResourceKind.RANDOM and e.access is Access.SEED
            }
        )
    )


def generator_uses(draft: Draft, name: str) -> list[tuple[int, bool, bool]]:
    """Statements that seed or draw, in order: (statement, seeds first, draws)."""
    found = []
    for facts in draft.facts.statements:
        accesses = {e.access for e in facts.effects if e.kind is ResourceKind.RANDOM and e.name == name}
        if accesses:
            found.append((facts.statement, Access.SEED in accesses, bool(accesses - {Access.SEED})))
    return found


def random_edges(draft: Draft) -> Iterator[Edge]:
    """Statements that use a seeded generator keep their order."""
    placed = frozenset(draft.placed)
    for name in seeded_generators(draft):
        uses = [index for index, _, _ in generator_uses(draft, name) if index in placed]
        yield from pairwise(uses)


def setting_orders(draft: Draft) -> Iterator[tuple[list[int], list[int]]]:
    """For each repeated setting: the statements that must not see it, and those that must."""
    placed = draft.placed
    for setting in repeated_settings(draft):
        observers = [i for i in placed if observes(draft, i, setting)]
        before = [i for i in observers if i < setting]
        if before:
            yield before, [i for i in observers if i > setting]


@lru_cache(maxsize=2)
def repeated_settings(draft: Draft) -> tuple[int, ...]:
    """The settings that tasks repeat, in order."""
    return tuple(sorted(i for i in draft.repeatable if draft.facts.statements[i].role is Role.SETTING))


def observes(draft: Draft, index: int, setting: int) -> bool:
    """True if the statement notices the setting; a secret set in the environment is there for any library."""
    secret = draft.facts.notebook.statements[setting].secrecy is not Secrecy.NONE
    if secret and draft.facts.statements[index].role is Role.COMPUTE:
        return True
    return bool(
        _observed(draft.facts.statements[index].effects) & _set(draft.facts.statements[setting].effects)
    )


def _is_setter(effect: Effect) -> bool:
    kinds = (ResourceKind.AMBIENT, ResourceKind.ENVIRONMENT)
    return effect.kind in kinds and effect.access is not Access.READ


@lru_cache(maxsize=65536)
def _set(effects: tuple[Effect, ...]) -> frozenset[tuple[ResourceKind, str]]:
    return frozenset(
        (e.kind, e.name if e.kind is ResourceKind.AMBIENT else "") for e in effects if _is_setter(e)
    )


@lru_cache(maxsize=65536)
def _observed(effects: tuple[Effect, ...]) -> frozenset[tuple[ResourceKind, str]]:
    found: set[tuple[ResourceKind, str]] = set()
    for effect in effects:
        if effect.kind is ResourceKind.AMBIENT and effect.access is Access.READ:
            found.add((effect.kind, effect.name))
        elif effect.kind is ResourceKind.SUBPROCESS:
            found.add((ResourceKind.ENVIRONMENT, ""))
        elif effect.kind is ResourceKind.ENVIRONMENT and effect.access is Access.READ:
            found.add((effect.kind, ""))
    return frozenset(found)
