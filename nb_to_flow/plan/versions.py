"""Which version of each variable every statement sees, and which versions anything later needs."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from nb_to_flow.ir.facts import Facts, Role, StatementFacts

_BUILTINS = frozenset(dir(builtins))
_INNER_SCOPES = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)

# A name and the statement that bound or changed it last.
Version = tuple[str, int]


def loaded_names(node: ast.AST) -> frozenset[str]:
    """Names whose value the code itself asks for, in any scope (augmented assignment included)."""
    found = set()
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Store):
            found.add(inner.id)
        elif isinstance(inner, ast.AugAssign) and isinstance(inner.target, ast.Name):
            found.add(inner.target.id)
    return frozenset(found)


def stored_names(node: ast.AST) -> frozenset[str]:
    """Names that the code binds in its own scope, on whatever path."""
    found: set[str] = set()
    stack = [node]
    while stack:
        inner = stack.pop()
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            found.add(inner.id)
        elif isinstance(inner, ast.alias):
            found.add((inner.asname or inner.name).split(".")[0])
        elif isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            found.add(inner.name)
            continue
        elif isinstance(inner, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and inner.name:
            found.add(inner.name)
        elif isinstance(inner, ast.MatchMapping) and inner.rest:
            found.add(inner.rest)
        if not isinstance(inner, _INNER_SCOPES):
            stack.extend(ast.iter_child_nodes(inner))
    return frozenset(found)


def loads_first(node: ast.AST, name: str) -> bool:
    """True if the code may ask for the name before it binds it, in order of evaluation."""
    return next((is_load for is_load in _touches(node, name)), False)


def _touches(node: ast.AST, name: str) -> Iterator[bool]:
    """True for each load of the name, False for each binding, in order of evaluation."""
    if isinstance(node, ast.Name):
        if node.id == name:
            yield not isinstance(node.ctx, ast.Store)
    elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
        if getattr(node, "name", "") == name:
            yield False
    else:
        for part in sorted(ast.iter_child_nodes(node), key=_turn):
            yield from _touches(part, name)


def _turn(part: ast.AST) -> bool:
    """Targets come after what is bound to them."""
    return isinstance(getattr(part, "ctx", None), ast.Store)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaching:
    """Reaching definitions.

    Attributes:
        before: for each statement, the names it reads or calls and the statement that defined each.
        final: the names that exist at the notebook's end and who defined them last.
        defines: for each statement, the names that have a new version after it.
        shadowed: for each statement, the names of builtins that mean something else before it.
    """

    before: tuple[Mapping[str, int], ...]
    final: Mapping[str, int]
    defines: tuple[frozenset[str], ...]
    shadowed: tuple[frozenset[str], ...]


def reaching_definitions(facts: Facts, carried: frozenset[Version] = frozenset()) -> Reaching:
    """Walk the statements once. `carried` are names that a statement passes on as if it changed them."""
    extra: dict[int, set[str]] = {}
    for name, index in carried:
        extra.setdefault(index, set()).add(name)
    last: dict[str, int] = {}
    before: list[Mapping[str, int]] = []
    defines: list[frozenset[str]] = []
    shadowed: list[frozenset[str]] = []
    for statement in facts.statements:
        more = frozenset(extra.get(statement.statement, ()))
        wanted = statement.reads | statement.calls | more
        before.append({name: last[name] for name in wanted if name in last})
        defines.append(defined_names(statement) | more)
        shadowed.append(_BUILTINS & last.keys())
        for name in statement.deletes:
            last.pop(name, None)
        for name in defines[-1] - (statement.deletes - statement.binds):
            last[name] = statement.statement
    return Reaching(before=tuple(before), final=last, defines=tuple(defines), shadowed=tuple(shadowed))


def defined_names(statement: StatementFacts) -> frozenset[str]:
    """Names with a new version after the statement; what a setting does to a module is no new value."""
    if statement.role is Role.SETTING:
        return statement.binds | statement.may_bind
    return statement.binds | statement.may_bind | statement.changes


class Versions:
    """Queries on names, versions and their uses; everything is computed from facts and `carried`."""

    def __init__(
        self, facts: Facts, results: Iterable[str], carried: frozenset[Version] = frozenset()
    ) -> None:
        self.facts = facts
        self.carried = carried
        self.reaching = reaching_definitions(facts, carried)
        self._results = tuple(results)
        self._undefined: dict[int, frozenset[str]] = {}

    @cached_property
    def binders(self) -> Mapping[str, tuple[int, ...]]:
        """For each name the statements that bind it, surely or maybe."""
        found: dict[str, list[int]] = {}
        for statement in self.facts.statements:
            for name in statement.binds | statement.may_bind:
                found.setdefault(name, []).append(statement.statement)
        return {name: tuple(places) for name, places in found.items()}

    @cached_property
    def rebound(self) -> frozenset[str]:
        """Names that some function declares global."""
        return frozenset(name for statement in self.facts.statements for name in statement.rebinds)

    @cached_property
    def deleters(self) -> Mapping[str, tuple[int, ...]]:
        """For each name the statements that unbind it."""
        found: dict[str, list[int]] = {}
        for statement in self.facts.statements:
            for name in statement.deletes:
                found.setdefault(name, []).append(statement.statement)
        return {name: tuple(places) for name, places in found.items()}

    @cached_property
    def changed(self) -> frozenset[str]:
        """Names whose objects some statement may change in place, or that something deletes."""
        found: set[str] = set()
        for statement in self.facts.statements:
            if statement.role is not Role.SETTING:
                found |= statement.changes
            found |= statement.deletes
        return frozenset(found)

    @cached_property
    def definers(self) -> Mapping[str, tuple[int, ...]]:
        """For each name the FUNCTION and CLASS statements that bind it."""
        roles = (Role.FUNCTION, Role.CLASS)
        return {
            name: tuple(p for p in places if self.facts.statements[p].role in roles)
            for name, places in self.binders.items()
        }

    @cached_property
    def asked(self) -> tuple[frozenset[str], ...]:
        """For each statement the names whose value it asks for, apart from passing changed ones on."""
        return tuple(self._asked(s) for s in self.facts.statements)

    def _asked(self, statement: StatementFacts) -> frozenset[str]:
        node = self.facts.notebook.statements[statement.statement].node
        passing = statement.changes | statement.may_bind
        named = set(loaded_names(node))
        for function in statement.calls:
            for definer in self.definers.get(function, ()):
                named |= self.facts.statements[definer].free
        kept = statement.may_bind - statement.loads.keys() - statement.changes  # bound before they are loaded
        return (statement.reads - passing) | (statement.reads & named - kept)

    @cached_property
    def needed(self) -> frozenset[Version]:
        """Versions that a later statement asks for, directly or through those that pass it on."""
        found = {(n, self.reaching.final[n]) for n in self._results if n in self.reaching.final}
        for index in range(len(self.facts.statements) - 1, -1, -1):
            before, asked = self.reaching.before[index], self.asked[index]
            for name, definer in before.items():
                if name in asked or (name, index) in found:
                    found.add((name, definer))
        return frozenset(found)

    def uses(self, index: int) -> Mapping[str, int]:
        """The names that the statement needs before it runs, with who defined each."""
        asked, before = self.asked[index], self.reaching.before[index]
        return {n: d for n, d in before.items() if n in asked or self._passes_on(n, index)}

    def _passes_on(self, name: str, index: int) -> bool:
        statement = self.facts.statements[index]
        return (name, index) in self.needed and name not in statement.binds

    def undefined(self, index: int) -> frozenset[str]:
        """Names it asks for that no earlier statement defined: builtins, or an error of the notebook's."""
        if index not in self._undefined:
            statement, node = self.facts.statements[index], self.facts.notebook.statements[index].node
            bound = statement.binds | statement.may_bind
            loaded = loaded_names(node) & self._shadowing
            wanted = self.asked[index] | {n for n in loaded if n not in bound or loads_first(node, n)}
            self._undefined[index] = wanted - frozenset(self.reaching.before[index])
        return self._undefined[index]

    def builtins(self, index: int) -> frozenset[str]:
        """Builtins that the statement uses although the notebook gives their names another meaning later."""
        if not self._shadowing:
            return frozenset()
        node = self.facts.notebook.statements[index].node
        first = {name for name in loaded_names(node) & self._shadowing if loads_first(node, name)}
        wanted = first | (self.undefined(index) & self._shadowing)
        return frozenset(wanted - self.reaching.shadowed[index])

    @cached_property
    def names_in_use(self) -> frozenset[str]:
        """Names that the notebook binds or reads at module level."""
        return frozenset(n for s in self.facts.statements for n in s.binds | s.may_bind | s.reads)

    @cached_property
    def used_as_builtins(self) -> frozenset[str]:
        """Names that are builtins for some statements and something else for later ones."""
        return frozenset().union(*(self.builtins(i) for i in range(len(self.facts.statements))))

    @cached_property
    def asked_builtins(self) -> frozenset[str]:
        """Names of builtins that some statement asks for after the notebook has bound them, surely or maybe."""
        asked = (self.asked[i] & before.keys() for i, before in enumerate(self.reaching.before))
        return self._shadowing.intersection(frozenset().union(*asked))

    @cached_property
    def declared_global(self) -> frozenset[str]:
        """Names that functions declare global: a task with such a function has a variable of its own for each."""
        nodes = (s.node for s in self.facts.notebook.statements if "global" in s.code)
        inside = (inner for node in nodes for inner in ast.walk(node))
        return frozenset(name for n in inside if isinstance(n, ast.Global) for name in n.names)

    @cached_property
    def _shadowing(self) -> frozenset[str]:
        """Builtin names that the notebook binds somewhere."""
        return _BUILTINS & self.binders.keys()

    @cached_property
    def users(self) -> Mapping[Version, tuple[int, ...]]:
        """For each version the statements that need it."""
        found: dict[Version, list[int]] = {}
        for index in range(len(self.facts.statements)):
            for name, definer in self.uses(index).items():
                found.setdefault((name, definer), []).append(index)
        return {version: tuple(users) for version, users in found.items()}

    def origins(self, version: Version) -> tuple[int, ...]:
        """The statements that may have bound the version's object (changes only pass it on)."""
        name, index = version
        found = []
        while True:
            statement = self.facts.statements[index]
            if name in statement.binds or name in statement.may_bind:
                found.append(index)
            if name in statement.binds:
                break
            earlier = self.reaching.before[index].get(name)
            if earlier is None:
                break
            index = earlier
        return tuple(found)

    def objects(self, version: Version) -> frozenset[int]:
        """The objects that the version may be."""
        bound = self.facts.sharing.bound
        found: set[int] = set()
        for origin in self.origins(version):
            found |= bound.get(origin, {}).get(version[0], frozenset())
        return frozenset(found)

    def type_of(self, version: Version) -> str:
        """Its inferred type, "" if unknown or not always the same."""
        types = {self.facts.statements[o].types.get(version[0], "") for o in self.origins(version)}
        return types.pop() if len(types) == 1 else ""
