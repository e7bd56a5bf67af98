"""Other names of classes and functions (`Board = dict`), and types made of them (`Grid = dict[Point, str]`)."""

from __future__ import annotations

import ast
import builtins

from nb_to_flow.facts.heap import ClassObject, FunctionObject, Library, TupleClass
from nb_to_flow.facts.machine import Machine
from nb_to_flow.facts.roles import is_literal

MAKERS = frozenset({"collections.namedtuple", "typing.NamedTuple", "typing.NewType", "typing.TypeVar"})


def is_alias(node: ast.stmt, machine: Machine) -> bool:
    """True for `name = ...` where the right side names code or makes a type: it is the same wherever it runs."""
    value = _assigned(node)
    return value is not None and not isinstance(value, ast.Constant) and _is_type(value, machine)


def alias_type(node: ast.stmt, machine: Machine) -> str:
    """ "type" for what is a class, "" for functions, "object" for types that are objects (`list[int]`)."""
    value = _assigned(node)
    if isinstance(value, ast.Call) and _qualified(value.func, machine) in (
        "typing.NewType",
        "typing.TypeVar",
    ):
        return "object"
    return "object" if isinstance(value, (ast.Subscript, ast.BinOp)) else "type"


def _assigned(node: ast.stmt) -> ast.expr | None:
    if isinstance(node, ast.Assign) and all(isinstance(t, ast.Name) for t in node.targets):
        return node.value
    return node.value if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) else None


def _is_type(node: ast.expr, machine: Machine) -> bool:
    if isinstance(node, ast.Name):
        return _is_code(node.id, machine)
    if isinstance(node, ast.Attribute):
        if isinstance(node.value, ast.Constant):
            return isinstance(node.value.value, str) and callable(getattr("", node.attr, None))
        return _is_known(_qualified(node, machine), machine)
    if isinstance(node, ast.Subscript):
        return _is_type(node.value, machine) and _is_argument(node.slice, machine)
    if isinstance(node, ast.BinOp):
        sides = (node.left, node.right)
        return isinstance(node.op, ast.BitOr) and all(_is_argument(side, machine) for side in sides)
    return isinstance(node, ast.Call) and _makes_type(node, machine)


def _is_argument(node: ast.expr, machine: Machine) -> bool:
    """What may stand in the brackets of a type, or beside `|`."""
    if isinstance(node, (ast.Tuple, ast.List)):
        return all(_is_argument(element, machine) for element in node.elts)
    if isinstance(node, ast.Constant):
        return node.value is None or node.value is ... or isinstance(node.value, str)
    return _is_type(node, machine)


def _makes_type(node: ast.Call, machine: Machine) -> bool:
    """`namedtuple("Point", "x y")` and the like, with nothing in it but texts and types."""
    given = [*node.args, *(k.value for k in node.keywords)]
    return _qualified(node.func, machine) in MAKERS and all(
        is_literal(each) or _is_argument(each, machine) for each in given
    )


def _is_code(name: str, machine: Machine) -> bool:
    """True for a variable that is a class or a function, whatever path was taken."""
    if name in machine.aliases:
        return True
    found = [machine.payload(obj) for obj in machine.module.values.get(name) or machine.unbound(name)]
    return bool(found) and all(
        isinstance(p, (ClassObject, FunctionObject, TupleClass))
        or (isinstance(p, Library) and _is_known(p.name, machine))
        for p in found
    )


def _qualified(node: ast.expr, machine: Machine) -> str:
    """The full name of something in a library, "" for anything else."""
    if isinstance(node, ast.Attribute):
        base = _qualified(node.value, machine)
        return f"{base}.{node.attr}" if base else ""
    if not isinstance(node, ast.Name):
        return ""
    value = machine.module.values.get(node.id) or machine.unbound(node.id)
    names = {p.name for obj in value if isinstance(p := machine.payload(obj), Library)}
    return names.pop() if len(names) == len(value) == 1 else ""


def _is_known(qualified: str, machine: Machine) -> bool:
    """True for a library's classes and functions: by its table, else if it is spelled like a class."""
    knowledge, last = machine.knowledge, qualified.rpartition(".")[2]
    if "." not in qualified:
        return bool(qualified) and callable(getattr(builtins, qualified, None))
    if (known := knowledge.value(qualified)) is not None:
        return known.returns in ("type", "typing.Form")
    if knowledge.lists(qualified) or qualified.startswith("typing."):
        return True
    return last[:1].isupper() and not last.isupper()
