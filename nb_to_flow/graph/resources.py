"""Edges for state outside the variables: files, generators, settings, environment, directory, databases, network."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from nb_to_flow.graph.files import FileOrder, Link
from nb_to_flow.graph.lines import cell_line
from nb_to_flow.graph.paths import UNKNOWN
from nb_to_flow.ir.facts import DEFINITIONS, Access, Effect, Facts, ResourceKind, Role, StatementFacts
from nb_to_flow.ir.graph import Edge, EdgeKind

_WRITES = frozenset({Access.WRITE, Access.APPEND, Access.ONCE})


def resource_edges(facts: Facts) -> Iterator[Edge]:
    """FILE and STATE edges, in order of their targets."""
    walk = _Walk(facts)
    for statement in facts.statements:
        yield from walk.visit(statement)


class _Walk:
    """One pass over the statements, remembering who touched what last."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._files = FileOrder()
        self._versions: dict[str, int] = {}
        self._seeded = {
            e.name
            for s in facts.statements
            for e in s.effects
            if e.kind is ResourceKind.RANDOM and e.access is Access.SEED
        }
        self._states = _States()
        self._barrier: int | None = None
        self._since_barrier: list[int] = []
        self._chdir: int | None = None
        self._since_chdir: list[int] = []

    def visit(self, statement: StatementFacts) -> Iterator[Edge]:
        """The edges into one statement."""
        yield from self._order_barriers(statement)
        kinds = {e.kind for e in statement.effects}
        if ResourceKind.DIRECTORY in kinds or ResourceKind.FILE in kinds or ResourceKind.SUBPROCESS in kinds:
            yield from self._order_directory(statement)
        if kinds & {ResourceKind.FILE, ResourceKind.SUBPROCESS}:
            yield from self._order_files(statement)
        for effect in _by_access(statement.effects):
            yield from self._order_state(statement, effect)
        for name in statement.binds | statement.may_bind:
            self._versions[name] = statement.statement

    def _order_barriers(self, statement: StatementFacts) -> Iterator[Edge]:
        index = statement.statement
        if statement.role in DEFINITIONS:
            return
        if self._barrier is not None:
            yield self._edge(self._barrier, index, "everything")
        if any(e.kind is ResourceKind.EVERYTHING for e in statement.effects):
            for source in self._since_barrier:
                yield self._edge(source, index, "everything")
            self._barrier, self._since_barrier = index, []
        else:
            self._since_barrier.append(index)

    def _order_directory(self, statement: StatementFacts) -> Iterator[Edge]:
        index = statement.statement
        if self._chdir is not None:
            yield self._edge(self._chdir, index, "directory")
        if any(e.kind is ResourceKind.DIRECTORY and e.access in _WRITES for e in statement.effects):
            for source in self._since_chdir:
                yield self._edge(source, index, "directory", passes=False)
            self._chdir, self._since_chdir = index, []
        else:
            self._since_chdir.append(index)

    def _order_files(self, statement: StatementFacts) -> Iterator[Edge]:
        index = statement.statement
        links: list[Link] = []
        accesses = [e for e in statement.effects if e.kind is ResourceKind.FILE]
        if not accesses:  # a subprocess of which nothing is known
            accesses = [
                Effect(kind=ResourceKind.FILE, access=access, name=UNKNOWN, certain=False)
                for access in (Access.READ, Access.WRITE)
            ]
        for effect in _by_access(accesses):
            path = effect.name or UNKNOWN
            if effect.access in _WRITES:
                appends = effect.access is Access.APPEND
                found = self._files.write(index, path, self._versions, appends)
            else:
                found = self._files.read(index, path, self._versions)
            links.extend(found)
        for link in links:
            if link.source != index:
                yield self._edge(link.source, index, link.path, link.passes, link.certain, kind=EdgeKind.FILE)

    def _order_state(self, statement: StatementFacts, effect: Effect) -> Iterator[Edge]:
        index, kind = statement.statement, effect.kind
        if kind is ResourceKind.RANDOM and effect.name in self._seeded:
            found = self._states.random(index, effect)
        elif kind is ResourceKind.DATABASE:
            found = self._states.access(index, f"database {effect.name}".strip(), effect.access)
        elif kind is ResourceKind.NETWORK:
            found = self._states.access(index, "network", effect.access)
        elif kind is ResourceKind.STDIN:
            found = self._states.access(index, "standard input", Access.WRITE)  # what was read is gone
        elif kind is ResourceKind.ENVIRONMENT:
            found = self._states.setting(index, "environment", effect.access, statement.role)
        elif kind is ResourceKind.SUBPROCESS:
            found = self._states.access(index, "environment", Access.READ)
        elif kind is ResourceKind.AMBIENT:
            name = f"{effect.name} settings".strip()
            found = self._states.setting(index, name, effect.access, statement.role)
        else:
            return
        for source, name, passes in found:
            yield self._edge(source, index, name, passes, effect.certain)

    def _edge(
        self,
        source: int,
        target: int,
        name: str,
        passes: bool = True,
        certain: bool = True,
        kind: EdgeKind = EdgeKind.STATE,
    ) -> Edge:
        statements = self._facts.notebook.statements
        return Edge(
            source=source,
            target=target,
            kind=kind,
            names=(name,),
            source_line=cell_line(statements[source]),
            target_line=cell_line(statements[target]),
            certain=certain,
            passes=passes,
        )


class _States:
    """Who wrote each piece of state last, and who has read it since."""

    def __init__(self) -> None:
        self._writer: dict[str, int] = {}
        self._readers: defaultdict[str, set[int]] = defaultdict(set)

    def access(self, index: int, name: str, access: Access) -> list[tuple[int, str, bool]]:
        """What reading, writing or appending to `name` must come after: (statement, name, passes)."""
        found = []
        if name in self._writer and self._writer[name] != index:
            found.append((self._writer[name], name, access is not Access.WRITE))
        if access is Access.READ:
            self._readers[name].add(index)
        else:
            found += [(reader, name, False) for reader in sorted(self._readers[name] - {index})]
            self._writer[name] = index
            self._readers[name] = set()
        return found

    def random(self, index: int, effect: Effect) -> list[tuple[int, str, bool]]:
        """Draws move the state on, a seed sets it whatever it was."""
        access = Access.WRITE if effect.access is Access.SEED else Access.APPEND
        return self.access(index, effect.name, access)

    def setting(self, index: int, name: str, access: Access, role: Role) -> list[tuple[int, str, bool]]:
        """Settings that nothing has observed before run when the module is loaded: they need no order."""
        unseen = name not in self._writer and not self._readers[name]
        if unseen and role is Role.SETTING and access in _WRITES:
            return []
        return self.access(index, name, access)


def _by_access(effects: tuple[Effect, ...] | list[Effect]) -> list[Effect]:
    """Reads before writes: within one statement they don't order each other."""
    order = (Access.SEED, Access.READ, Access.DRAW, Access.APPEND, Access.WRITE, Access.ONCE)
    return sorted(effects, key=lambda e: order.index(e.access))
