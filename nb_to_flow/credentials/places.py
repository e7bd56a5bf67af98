"""String literals of a statement with the names they are given."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from nb_to_flow.credentials.values import Match, find_credentials, named_credential

# Calls by position: the argument from 0 that is a password.
_POSITIONS = {"login": 1, "HTTPBasicAuth": 1, "HTTPDigestAuth": 1, "HTTPProxyAuth": 1, "set_password": 0}
# Calls that hand on what they are given.
_WRAPPERS = frozenset({"SecretStr", "SecretBytes", "str", "bytes", "quote", "quote_plus"})
_METHODS = frozenset({"encode", "strip", "decode", "format"})
_HOLE = "{}"
PRINTED = "print()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Literal:
    """A string literal: its node, the name it is given ("" if none), and its text, `{}` for replaced fields.

    Attributes:
        fixed: True for what can't become an expression (a pattern of `match`).
    """

    node: ast.Constant | ast.JoinedStr
    name: str
    text: str
    fixed: bool = False

    @property
    def printed(self) -> bool:
        """True for what is only printed, and for docstrings."""
        return self.name == PRINTED


def credentials_in(literal: Literal) -> tuple[Match, ...]:
    """The credentials in a literal."""
    if isinstance(literal.node, ast.Constant):
        named = named_credential(literal.name, literal.text)
        if named is not None:
            return (named,)
    return tuple(m for m in find_credentials(literal.text) if _HOLE not in m.value)


def literals(statement: ast.stmt) -> list[Literal]:
    """All string and bytes literals of a statement, in order; those inside a formatted string are part of it."""
    found: list[Literal] = []
    names: dict[ast.AST, str] = {}
    todo: deque[ast.AST] = deque([statement])
    while todo:  # parents first, and no recursion: code may be nested deeply
        node = todo.popleft()
        if isinstance(node, (ast.JoinedStr, ast.Constant)):
            found += _literal(node, names.get(node, ""))
            continue
        for child, name in _named_children(node, names.get(node, "")):
            if name:
                names.setdefault(child, name)
        if isinstance(node, ast.pattern):
            found += [replace(literal, fixed=True) for inner in ast.walk(node) for literal in _literal(inner)]
            continue
        if isinstance(node, ast.Expr):
            names[node.value] = PRINTED  # a docstring
        todo.extend(ast.iter_child_nodes(node))
    return sorted(found, key=lambda found: (found.node.lineno, found.node.col_offset))


def _literal(node: ast.AST, name: str = "") -> Iterator[Literal]:
    if isinstance(node, ast.JoinedStr):
        yield Literal(node=node, name=name, text=_text(node))
    elif isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)):
        yield Literal(node=node, name=name, text=_decoded(node.value))


def _decoded(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("utf-8", "replace")


def _text(node: ast.JoinedStr) -> str:
    return "".join(str(v.value) if isinstance(v, ast.Constant) else _HOLE for v in node.values)


def _named_children(node: ast.AST, name: str) -> Iterator[tuple[ast.AST, str]]:
    """The children of a node that are given a name; `name` is the node's own."""
    if isinstance(node, ast.Assign):
        yield from _assigned(node)
    elif isinstance(node, (ast.AnnAssign, ast.NamedExpr, ast.AugAssign)) and node.value is not None:
        yield node.value, _name_of(node.target)
    elif isinstance(node, ast.keyword):
        yield node.value, node.arg or ""
    elif isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            yield value, _constant(key) or name
    elif isinstance(node, ast.arguments):
        yield from _defaults(node)
    elif isinstance(node, ast.Compare):
        for one, other in zip([node.left, *node.comparators], [*node.comparators, node.left], strict=True):
            yield one, _name_of(other)
    elif isinstance(node, ast.Call):
        yield from _arguments(node, name)
    elif isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        if name == "auth" and len(node.elts) == 2:
            yield node.elts[1], "password"
        yield from ((child, name) for child in node.elts)
    elif isinstance(node, (ast.BoolOp, ast.IfExp, ast.Attribute, ast.Await)):
        yield from ((child, name) for child in ast.iter_child_nodes(node))


def _assigned(node: ast.Assign) -> Iterator[tuple[ast.AST, str]]:
    for target in node.targets:
        yield node.value, _name_of(target)
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            yield from ((v, _name_of(t)) for t, v in zip(target.elts, node.value.elts, strict=False))


def _defaults(node: ast.arguments) -> Iterator[tuple[ast.AST, str]]:
    positional = [*node.posonlyargs, *node.args]
    for argument, default in zip(reversed(positional), reversed(node.defaults), strict=False):
        yield default, argument.arg
    for argument, keyword_default in zip(node.kwonlyargs, node.kw_defaults, strict=True):
        if keyword_default is not None:
            yield keyword_default, argument.arg


def _arguments(node: ast.Call, name: str) -> Iterator[tuple[ast.AST, str]]:
    function = node.func
    called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if called == "print":
        yield from ((argument, PRINTED) for argument in node.args)
    if called in _METHODS:
        yield function, name
    if called in _WRAPPERS:
        yield from ((argument, name) for argument in node.args[:1])
    for one, following in zip(node.args, node.args[1:], strict=False):
        if named := _constant(one):  # os.getenv("API_KEY", "..."), option("password", "...")
            yield following, named
    position = _POSITIONS.get(called)
    if position is not None and len(node.args) > position:
        yield node.args[position], "password"


def _constant(node: ast.AST | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _name_of(node: ast.AST) -> str:
    """The name a value gets by being stored there: a variable, an attribute, an item."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    return _constant(node.slice) if isinstance(node, ast.Subscript) else ""
