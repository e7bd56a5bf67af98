"""Python's scoping, read off the syntax: which names a body makes its own and which it takes from outside."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, slots=True)
class GlobalLoad:
    """A use of a module-level name, its parent node, and whether it stands in a function's body."""

    node: ast.Name
    parent: ast.AST | None
    in_function: bool


def parameters(function: Function) -> list[str]:
    """The names of a function's parameters, in order of declaration."""
    a = function.args
    named = [
        *a.posonlyargs,
        *a.args,
        *([a.vararg] if a.vararg else []),
        *a.kwonlyargs,
        *([a.kwarg] if a.kwarg else []),
    ]
    return [arg.arg for arg in named]


def body_of(node: ast.AST) -> list[ast.stmt] | list[ast.expr]:
    """What runs when a function, lambda or class runs."""
    return [node.body] if isinstance(node, ast.Lambda) else node.body  # type: ignore[attr-defined]


def own_nodes(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """All nodes below, without the bodies of nested functions and classes (what runs at definition stays)."""
    stack = list(nodes)[::-1]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(
            reversed(list(definition_parts(node) if isinstance(node, SCOPES) else ast.iter_child_nodes(node)))
        )


def definition_parts(node: ast.AST) -> list[ast.AST]:
    """What is evaluated where a function or class is defined: decorators, defaults, bases, annotations."""
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *(k.value for k in node.keywords)]
    args = node.args  # type: ignore[attr-defined]
    parts: list[ast.AST] = [*args.defaults, *(d for d in args.kw_defaults if d is not None)]
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return [*node.decorator_list, *parts, *annotations_of(node)]
    return parts


def annotations_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[ast.expr]:
    """The annotations of a function's arguments and of what it returns."""
    a = node.args
    every = (*a.posonlyargs, *a.args, *a.kwonlyargs, *([a.vararg] if a.vararg else []), a.kwarg)
    found = [each.annotation for each in every if each is not None]
    return [annotation for annotation in (*found, node.returns) if annotation is not None]


def bound_names(nodes: Iterable[ast.AST]) -> set[str]:
    """Names that these nodes bind in their own scope (a walrus in a comprehension counts, its targets don't)."""
    found: set[str] = set()
    inner: set[int] = set()
    for node in own_nodes(nodes):
        if isinstance(node, COMPREHENSIONS):
            inner.update(id(n) for g in node.generators for n in ast.walk(g.target))
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load) and id(node) not in inner:
            found.add(node.id)
        else:
            found.update(_names_of(node))
    return found


def _names_of(node: ast.AST) -> Iterator[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        yield node.name
    elif isinstance(node, (ast.Import, ast.ImportFrom)):
        yield from (a.asname or a.name.split(".")[0] for a in node.names if a.name != "*")
    elif (
        isinstance(node, ast.ExceptHandler)
        and node.name
        or isinstance(node, (ast.MatchAs, ast.MatchStar))
        and node.name
    ):
        yield node.name
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest


def declared(nodes: Iterable[ast.AST], kind: type[ast.Global | ast.Nonlocal]) -> set[str]:
    """Names declared `global` (or `nonlocal`) in this scope."""
    return {name for node in own_nodes(nodes) if isinstance(node, kind) for name in node.names}


def declared_global(node: ast.AST) -> set[str]:
    """Names declared `global` anywhere below a node."""
    return {name for inner in ast.walk(node) if isinstance(inner, ast.Global) for name in inner.names}


@lru_cache(maxsize=8192)
def locals_of(node: ast.AST) -> frozenset[str]:
    """Names local to a function, lambda or class body."""
    body = body_of(node)
    own = bound_names(body) - declared(body, ast.Global) - declared(body, ast.Nonlocal)
    return frozenset(own if isinstance(node, ast.ClassDef) else own | set(parameters(node)))  # type: ignore[arg-type]


@lru_cache(maxsize=8192)
def is_generator(node: Function) -> bool:
    """True if calling the function gives a generator."""
    return any(isinstance(n, (ast.Yield, ast.YieldFrom)) for n in own_nodes(body_of(node)))


@lru_cache(maxsize=8192)
def targets_of(node: Comprehension) -> frozenset[str]:
    """Names that a comprehension binds in its own scope."""
    return frozenset(n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name))


@lru_cache(maxsize=8192)
def names_in(node: ast.AST) -> frozenset[str]:
    """Every name that occurs anywhere in a node."""
    return frozenset(n.id for n in ast.walk(node) if isinstance(n, ast.Name))


@lru_cache(maxsize=8192)
def free_names(node: ast.AST) -> frozenset[str]:
    """Names that running the body of a function, lambda or class takes from outside it (or declares global).

    Nested functions count. What is evaluated at definition (defaults, decorators) does not.
    """
    body = body_of(node)
    mine = locals_of(node)
    found = declared(body, ast.Global)
    if isinstance(node, ast.ClassDef):
        return frozenset(found | _free_in_class(node))
    for name in _loads(body):
        if name not in mine:
            found.add(name)
    return frozenset(found)


def _free_in_class(node: ast.ClassDef) -> set[str]:
    """A class's own names hide others from its body once they are bound, and never from its methods."""
    found: set[str] = set()
    bound: set[str] = set()
    for statement in node.body:
        if isinstance(statement, SCOPES):
            found |= {name for name in _loads(definition_parts(statement)) if name not in bound}
            found |= free_names(statement)
        else:
            inner = {n for s in own_nodes([statement]) if isinstance(s, SCOPES) for n in free_names(s)}
            found |= inner | {name for name in _loads([statement]) if name not in bound}
        bound |= bound_names([statement])
    return found


def _loads(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Store):
                yield node.id
        elif isinstance(node, COMPREHENSIONS):
            own = targets_of(node)
            yield from (name for name in _loads(ast.iter_child_nodes(node)) if name not in own)
        elif isinstance(node, SCOPES):
            yield from _loads(definition_parts(node))
            yield from free_names(node)
        else:
            if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
                yield node.target.id
            yield from _loads(ast.iter_child_nodes(node))


def bound_anywhere(node: ast.AST) -> Iterator[str]:
    """Every name that is bound in a node, in nested scopes too, with the parameters of functions."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and not isinstance(inner.ctx, ast.Load):
            yield inner.id
        elif isinstance(inner, ast.arg):
            yield inner.arg
        else:
            yield from _names_of(inner)


def global_loads(tree: ast.AST) -> Iterator[GlobalLoad]:
    """Every load of a name that no function, class or comprehension around it binds."""
    stack = [_Place(tree, None)]
    while stack:
        place = stack.pop()
        node = place.node
        if isinstance(node, ast.Name):
            if isinstance(node.ctx, ast.Load) and node.id not in place.bound:
                yield GlobalLoad(node, place.parent, place.in_function)
        else:
            outside, inside = _parts(node)
            within = _opened(place) if inside else place
            stack += [replace(within, node=part, parent=node) for part in reversed(inside)]
            stack += [replace(place, node=part, parent=node) for part in reversed(outside)]


@dataclass(frozen=True, slots=True)
class _Place:
    """A node, the names that scopes around it bind, and those that also functions in it see: none of a class."""

    node: ast.AST
    parent: ast.AST | None
    bound: frozenset[str] = frozenset()
    bound_below: frozenset[str] = frozenset()
    in_function: bool = False


def _parts(node: ast.AST) -> tuple[list[ast.AST], list[ast.AST]]:
    """What is evaluated in the scope where a node stands, and in the one that it opens."""
    if isinstance(node, COMPREHENSIONS):
        first, *others = node.generators
        results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        return [first.iter], [first.target, *first.ifs, *others, *results]
    inside: list[ast.AST] = [*body_of(node)] if isinstance(node, SCOPES) else []
    own = {id(part) for part in inside}
    return [child for child in ast.iter_child_nodes(node) if id(child) not in own], inside


def _opened(place: _Place) -> _Place:
    """The scope that a function, class or comprehension opens."""
    node = place.node
    own = targets_of(node) if isinstance(node, COMPREHENSIONS) else locals_of(node)
    bound = place.bound_below | own
    if isinstance(node, ast.ClassDef):
        return replace(place, bound=bound)
    in_function = place.in_function or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    return replace(place, bound=bound, bound_below=bound, in_function=in_function)
