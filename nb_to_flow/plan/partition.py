"""Statements divided into tasks: a union-find that keeps the quotient free of cycles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

Edge = tuple[int, int]


class Partition:
    """Disjoint groups of nodes. Edges say which node must come before which."""

    def __init__(self, nodes: Iterable[int], edges: Iterable[Edge]) -> None:
        self._parent = {node: node for node in nodes}
        self.edges = tuple(sorted({e for e in edges if e[0] != e[1]}))

    def find(self, node: int) -> int:
        """The group of a node, named by one of its members."""
        root = node
        while self._parent[root] != root:
            root = self._parent[root]
        while self._parent[node] != root:
            self._parent[node], node = root, self._parent[node]
        return root

    def __contains__(self, node: int) -> bool:
        return node in self._parent

    def union(self, nodes: Iterable[int]) -> bool:
        """Put the groups of all `nodes` together; True if that changed anything."""
        roots = sorted({self.find(n) for n in nodes})
        for root in roots[1:]:
            self._parent[root] = roots[0]
        return len(roots) > 1

    def groups(self) -> dict[int, list[int]]:
        """The members of each group, sorted, by the group's name."""
        found: dict[int, list[int]] = {}
        for node in sorted(self._parent):
            found.setdefault(self.find(node), []).append(node)
        return found

    def quotient(self) -> dict[int, set[int]]:
        """For each group those that must come after it."""
        after: dict[int, set[int]] = {self.find(n): set() for n in self._parent}
        for source, target in self.edges:
            one, other = self.find(source), self.find(target)
            if one != other:
                after[one].add(other)
        return after

    def condense(self) -> list[set[int]]:
        """Merge groups that wait for each other; the members of each merger."""
        merged = []
        for component in strong_components(self.quotient()):
            if len(component) > 1:
                self.union(component)
                root = self.find(component[0])
                merged.append({n for n in self._parent if self.find(n) == root})
        return merged


def strong_components(after: dict[int, set[int]]) -> Iterator[list[int]]:
    """Strongly connected components (Tarjan), targets before sources."""
    number: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on_stack: set[int] = set()
    for start in sorted(after):
        if start in number:
            continue
        work: list[tuple[int, Iterator[int]]] = [(start, iter(sorted(after[start])))]
        number[start] = low[start] = len(number)
        stack.append(start)
        on_stack.add(start)
        while work:
            node, children = work[-1]
            child = next(children, None)
            if child is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == number[node]:
                    yield _pop_component(stack, on_stack, node)
            elif child not in number:
                number[child] = low[child] = len(number)
                stack.append(child)
                on_stack.add(child)
                work.append((child, iter(sorted(after[child]))))
            elif child in on_stack:
                low[node] = min(low[node], number[child])


def _pop_component(stack: list[int], on_stack: set[int], node: int) -> list[int]:
    component = []
    while True:
        top = stack.pop()
        on_stack.discard(top)
        component.append(top)
        if top == node:
            return sorted(component)


def topological(after: dict[int, set[int]], key: dict[int, int]) -> list[int]:
    """The groups in an order their edges allow, as near to `key` as possible."""
    import heapq

    waiting = dict.fromkeys(after, 0)
    for targets in after.values():
        for target in targets:
            waiting[target] += 1
    ready = [(key[g], g) for g, count in waiting.items() if not count]
    heapq.heapify(ready)
    order = []
    while ready:
        _, group = heapq.heappop(ready)
        order.append(group)
        for target in after[group]:
            waiting[target] -= 1
            if not waiting[target]:
                heapq.heappush(ready, (key[target], target))
    return order
