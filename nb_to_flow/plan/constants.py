"""Constants: they go with their users, and stand at module level where what is there needs them."""

from __future__ import annotations

import ast
from dataclasses import replace

from nb_to_flow.ir.facts import Role
from nb_to_flow.plan.draft import Draft
from nb_to_flow.plan.parameters import is_literal

_OF_FORMULAS = (
    *(ast.BinOp, ast.UnaryOp, ast.operator, ast.unaryop, ast.expr_context),
    *(ast.Constant, ast.Name, ast.Tuple),
)
_NUMBERS = frozenset({"pi", "e", "tau", "inf", "nan"})  # of math and numpy


def place_constants(draft: Draft) -> Draft:
    """Constants go with their users, one copy a task, unless an object of theirs is changed for several.

    Nor if it is compared by identity.
    """
    touched = {m.obj for s in draft.facts.statements for m in s.mutations}
    touched |= {c.obj for s in draft.facts.statements for c in s.comparisons}
    floating = {
        s.statement
        for s in draft.facts.statements
        if s.role is Role.CONSTANT
        and (is_immutable(draft, s.statement) or not _is_shared(draft, s.statement, touched))
    }
    floating -= draft.definitions | draft.parameter_statements | draft.dropped
    return replace(draft, repeatable=draft.repeatable | floating)


def keep_constants(draft: Draft) -> Draft:
    """Constants that nobody is there to go with have a task of their own."""
    if draft.placed:
        return draft
    facts = draft.facts.statements
    return replace(
        draft, repeatable=frozenset(i for i in draft.repeatable if facts[i].role is not Role.CONSTANT)
    )


def formulas(draft: Draft) -> set[int]:
    """Statements such as `n = 1 + k * lags`: numbers computed of constants, which are constants themselves."""
    binders = draft.versions.binders
    constant: set[int] = set()
    found: set[int] = set()
    for facts in draft.facts.statements:
        index = facts.statement
        names = _names_in_formula(draft, index) if facts.role is Role.COMPUTE else None
        if names is not None and all(n in binders and constant.issuperset(binders[n]) for n in names):
            found.add(index)
            constant.add(index)
        elif facts.role is Role.CONSTANT and is_immutable(draft, index):
            constant.add(index)
    return found


def _names_in_formula(draft: Draft, index: int) -> set[str] | None:
    """The names in the value that arithmetic gives a variable; None if it is no arithmetic."""
    node = draft.facts.notebook.statements[index].node
    if not isinstance(node, ast.Assign):
        return None
    inner = [part for place in node.targets for part in ast.walk(place)]
    if not all(isinstance(n, (ast.Name, ast.Tuple, ast.expr_context)) for n in inner):
        return None
    inner = list(ast.walk(node.value))
    looked_up = [n for n in inner if isinstance(n, ast.Attribute)]
    if not all(isinstance(n, _OF_FORMULAS) or n in looked_up for n in inner):
        return None
    if not all(n.attr in _NUMBERS and isinstance(n.value, ast.Name) for n in looked_up):
        return None
    modules = {id(n.value) for n in looked_up}
    return {n.id for n in inner if isinstance(n, ast.Name) and id(n) not in modules}


def _is_shared(draft: Draft, index: int, touched: set[int]) -> bool:
    """True if several statements use the constant and something changes or compares an object of it."""
    names = draft.facts.statements[index].binds
    users = {u for n in names for u in draft.versions.users.get((n, index), ())}
    sharing = draft.facts.sharing
    objects = frozenset(o for n in names for o in sharing.bound.get(index, {}).get(n, ()))
    return len(users) > 1 and bool(sharing.reach(objects) & touched)


def is_immutable(draft: Draft, index: int) -> bool:
    node = draft.facts.notebook.statements[index].node
    value = getattr(node, "value", None)
    if not isinstance(value, ast.expr) or not is_literal(value):
        return False
    return not any(isinstance(n, (ast.List, ast.Dict, ast.Set)) for n in ast.walk(value))
