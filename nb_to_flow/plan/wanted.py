"""Which of the variables that a notebook leaves its caller wants: models, metrics, final tables."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from nb_to_flow.ir.facts import ResourceKind, Role
from nb_to_flow.plan.draft import Draft
from nb_to_flow.plan.versions import Version

_CANVAS = re.compile(r"(fig|figure|ax|axs|axes)\d*")
_DRAWN = ("matplotlib.", "seaborn.", "plotly.", "altair.")
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_COMPOUND = (ast.For, ast.AsyncFor, ast.While, ast.If, ast.With, ast.Try)
_FITTING = frozenset({"fit", "train"})
_SAVING = re.compile(r"to_(csv|excel|json|parquet|sql|pickle|feather|html|latex)|save\w*|dump")
_MEASURING = re.compile(
    r"score|accuracy|confusion_matrix|classification_report|\w+_(score|error|loss|report)"
)
# Calls that tell of a value without making anything else of it.
_TELLING = frozenset(
    {"display", "dump", "float", "format", "int", "items", "len", "list", "pprint", "print", "round", "str"}
)


def wanted_names(draft: Draft, names: Sequence[str]) -> list[str]:
    """Of the data variables `names`, in their order, those that nothing consumes, and products of their own.

    Empty only if the notebook leaves no data but constants and what can't leave its process.
    """
    values = [n for n in names if _is_value(draft, n)]
    settled = [n for n in values if not _is_passing(draft, n)]
    chosen = [n for n in settled if _is_product(draft, n) or _is_end(draft, n, frozenset(settled))]
    return chosen or _last(draft, settled) or _last(draft, values)


def _last(draft: Draft, names: list[str]) -> list[str]:
    """Those of the last cell that left any."""
    cells = {n: draft.span(draft.versions.reaching.final[n]).cell for n in names}
    return [n for n in names if cells[n] == max(cells.values())]


def _version(draft: Draft, name: str) -> Version:
    return name, draft.versions.reaching.final[name]


def _node(draft: Draft, index: int) -> ast.stmt:
    return draft.facts.notebook.statements[index].node


def _is_value(draft: Draft, name: str) -> bool:
    """True for data that may be handed out: no private name, constant, drawing or open file."""
    version = _version(draft, name)
    definer = draft.facts.statements[version[1]]
    if name.startswith("_") or definer.role is Role.CONSTANT or name in definer.unpicklable:
        return False
    if _CANVAS.fullmatch(name) and any(e.kind is ResourceKind.PYPLOT for e in definer.effects):
        return False
    return not draft.versions.type_of(version).startswith(_DRAWN)


def _is_passing(draft: Draft, name: str) -> bool:
    """True for loop variables, what only some paths bind, and the state that functions keep in globals."""
    binders = [i for i in draft.versions.binders.get(name, ()) if not isinstance(_node(draft, i), _LOOPS)]
    if not any(name in draft.facts.statements[i].binds for i in binders):
        return True
    if name in draft.versions.rebound:
        return True
    node = _node(draft, _version(draft, name)[1])
    if not any(_uses(node, name, ())):
        return True  # changed by a function that the statement calls
    loops = [n for n in ast.walk(node) if isinstance(n, (ast.For, ast.AsyncFor))]
    return any(isinstance(n, ast.Name) and n.id == name for loop in loops for n in ast.walk(loop.target))


def _is_product(draft: Draft, name: str) -> bool:
    """True for what was trained, measured or saved, whatever else uses it."""
    version = _version(draft, name)
    definer = _node(draft, version[1])
    if isinstance(definer, ast.Assign) and any(_MEASURING.fullmatch(c) for c, _ in _calls(definer.value)):
        return not _is_collection(draft, version)
    if name in draft.facts.statements[version[1]].changes and _is_trained(definer, name):
        return True
    value = definer.value if isinstance(definer, ast.Assign) else None
    if isinstance(value, ast.Call) and _called(value) in _FITTING:
        return True
    return any(_is_saved(_node(draft, u), name) for u in draft.versions.users.get(version, ()))


def _is_collection(draft: Draft, version: Version) -> bool:
    return draft.versions.type_of(version) in ("list", "dict", "set", "tuple")


def _is_trained(node: ast.stmt, name: str) -> bool:
    """True for `name.fit(...)`."""
    return any(called in _FITTING and _receiver(call) == name for called, call in _calls(node))


def _is_saved(node: ast.stmt, name: str) -> bool:
    """True for `name.to_csv(...)` and `joblib.dump(name, ...)`."""
    for called, call in _calls(node):
        if _SAVING.fullmatch(called):
            first = call.args[0] if call.args else None
            if _receiver(call) == name or isinstance(first, ast.Name) and first.id == name:
                return called != "savefig"
    return False


def _is_end(draft: Draft, name: str, settled: frozenset[str]) -> bool:
    """True if nothing is made of it: it is only shown, printed or written."""
    for user in draft.versions.users.get(_version(draft, name), ()):
        facts = draft.facts.statements[user]
        if (facts.binds | facts.may_bind | facts.changes) & settled or not _only_told(
            _node(draft, user), name
        ):
            return False
    return True


def _only_told(node: ast.stmt, name: str) -> bool:
    """True if the statement names it directly, and only to show, print or write it or a part of it."""
    if not isinstance(node, (ast.Expr, ast.Assert, *_COMPOUND)):
        return False
    uses = list(_uses(node, name, ()))
    return bool(uses) and all(_tells(parents) for parents in uses)


def _uses(node: ast.AST, name: str, parents: tuple[ast.AST, ...]) -> Iterator[tuple[ast.AST, ...]]:
    """For each use of a name, what it stands in, from the outermost node to the name itself."""
    here = (*parents, node)
    if isinstance(node, ast.Name) and node.id == name:
        yield here
    for child in ast.iter_child_nodes(node):
        yield from _uses(child, name, here)


def _tells(path: tuple[ast.AST, ...]) -> bool:
    """True if every call around a use is a method of the value itself or only tells of it."""
    for outer, inner in pairwise(path):
        if isinstance(outer, ast.Call) and inner is not outer.func and _called(outer) not in _TELLING:
            return False
    return True


def _calls(node: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call):
            yield _called(inner), inner


def _called(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _receiver(call: ast.Call) -> str:
    """The variable whose method, or whose part's method, is called."""
    value: ast.expr = call.func
    while isinstance(value, (ast.Attribute, ast.Call, ast.Subscript)):
        value = value.func if isinstance(value, ast.Call) else value.value
    return value.id if isinstance(value, ast.Name) and value is not call.func else ""
