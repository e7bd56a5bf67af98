"""What a statement is for: import, definition, setting, constant, or computing."""

from __future__ import annotations

import ast

from nb_to_flow.facts.record import Record
from nb_to_flow.ir.facts import Access, ResourceKind, Role

SETTINGS = frozenset({ResourceKind.AMBIENT, ResourceKind.ENVIRONMENT})
ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)


def role_of(node: ast.stmt, record: Record, loads_data: bool, text: bool) -> Role:
    """The role of a statement.

    Args:
        node: the statement.
        record: what running it did.
        loads_data: True if it reads a variable that holds data.
        text: True if the code carries top-level output (prints), which no definition does.
    """
    if is_import(node):
        return Role.IMPORT
    if isinstance(node, ast.ClassDef):
        return Role.CLASS
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or _is_lambda(node):
        return Role.FUNCTION
    if is_constant(node):
        return Role.CONSTANT
    if not loads_data and not text and _only_settings(node, record):
        return Role.SETTING
    return Role.COMPUTE


def is_import(node: ast.stmt) -> bool:
    """An import, or a branch with nothing but imports and constants in it."""
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        return True
    if isinstance(node, ast.Try):
        blocks = [*node.body, *node.orelse, *node.finalbody, *(s for h in node.handlers for s in h.body)]
        imports = [s for s in blocks if isinstance(s, (ast.Import, ast.ImportFrom))]
        return bool(imports) and all(
            s in imports or isinstance(s, ast.Pass) or is_constant(s) for s in blocks
        )
    return False


def is_literal(node: ast.expr) -> bool:
    """A literal: constants, signs and arithmetic of them, and containers of literals."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.UnaryOp):
        return is_literal(node.operand)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ARITHMETIC) and is_number(node.left) and is_number(node.right)
    if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
        return all(is_literal(e) for e in node.elts)
    if isinstance(node, ast.Dict):
        return all(k is not None and is_literal(k) for k in node.keys) and all(
            is_literal(v) for v in node.values
        )
    return False


def is_number(node: ast.expr) -> bool:
    """A number, or arithmetic of numbers."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (int, float, complex))
    if isinstance(node, ast.UnaryOp):
        return is_number(node.operand)
    return isinstance(node, ast.BinOp) and is_number(node.left) and is_number(node.right)


def _is_lambda(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Assign)
        and len(node.targets) == 1
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Lambda)
    )


def is_constant(node: ast.stmt) -> bool:
    """An assignment of a literal to names."""
    if isinstance(node, ast.AnnAssign):
        return isinstance(node.target, ast.Name) and node.value is not None and is_literal(node.value)
    if not isinstance(node, ast.Assign) or not is_literal(node.value):
        return False
    names = [e for t in node.targets for e in (t.elts if isinstance(t, ast.Tuple) else [t])]
    return all(isinstance(name, ast.Name) for name in names)


def _only_settings(node: ast.stmt, record: Record) -> bool:
    """A call or store that only sets library state, with nothing bound and nothing else done."""
    if record.touched or record.changes or record.deleted or not record.effects:
        return False
    kinds = {(kind, access) for kind, access, _ in record.effects}
    if any(
        kind not in SETTINGS and (kind, access) != (ResourceKind.DISPLAY, Access.WRITE)
        for kind, access in kinds
    ):
        return False
    writes = any(kind in SETTINGS and access is Access.WRITE for kind, access in kinds)
    return writes and isinstance(node, (ast.Expr, ast.Assign, ast.If)) and not _depends_on_itself(node)


def _depends_on_itself(node: ast.stmt) -> bool:
    """True for `data["b"] = data["a"] + 1`: done again, it would not do the same."""
    if not isinstance(node, ast.Assign):
        return False
    places = [t.value for t in node.targets if isinstance(t, (ast.Subscript, ast.Attribute))]
    used = {ast.dump(inner) for inner in ast.walk(node.value)}
    return any(ast.dump(place) in used for place in places)
