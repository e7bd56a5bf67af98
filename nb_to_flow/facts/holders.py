"""Which variables hold an object, directly or through others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from nb_to_flow.facts.heap import Heap

_FEW = 8  # objects for which looking at what holds each is quicker than ordering all that holds any


def names_above(
    objs: Sequence[int], heap: Heap, names: Callable[[int], set[str]]
) -> Iterator[tuple[int, frozenset[str]]]:
    """Each object with the names of all that it is inside of, itself included.

    Args:
        names: what single objects are called.
    """
    if len(objs) > _FEW:
        found = _all_names(objs, heap, names)
        yield from ((obj, found[obj]) for obj in objs)
        return
    for obj in objs:
        yield obj, frozenset(name for holder in heap.holders((obj,)) for name in names(holder))


def _all_names(
    objs: Sequence[int], heap: Heap, names: Callable[[int], set[str]]
) -> dict[int, frozenset[str]]:
    """In one go: objects that hold each other have the same names, those of all that hold any of them."""
    import networkx as nx

    graph: nx.DiGraph[int] = nx.DiGraph()
    for obj in heap.holders(objs):
        graph.add_node(obj)
        graph.add_edges_from((obj, holder) for holder in heap.parents[obj])
    found: dict[int, frozenset[str]] = {}
    # What nothing in the graph leads away from comes first, so that holders are known before what they hold.
    for group in nx.strongly_connected_components(graph):
        above = {holder for obj in group for holder in heap.parents[obj]} - group
        own = (name for obj in group for name in names(obj))
        together = frozenset(own).union(*(found[holder] for holder in above))
        found.update(dict.fromkeys(group, together))
    return found
