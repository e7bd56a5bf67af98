"""The verb that a task earns by what its code does."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nb_to_flow.ir.facts import Access, ResourceKind
from nb_to_flow.plan.assemble import Assembly
from nb_to_flow.plan.draft import Draft
from nb_to_flow.plan.words import CALLS, VERBS

_LEARNING = re.compile(
    r"^\s*(?:import|from)\s+(?:sklearn|keras|tensorflow|torch|xgboost|lightgbm|catboost|mlxtend)\b",
    re.MULTILINE,
)
_MADE_LAST = frozenset({"find", "solve", "sort"})  # verbs of the call that gives a variable its value
_LOOKS = frozenset({"describe", "value_counts"})
_CONSTRUCTORS = frozenset(
    {"DataFrame", "Series", "array", "arange", "linspace", "zeros", "ones", "date_range"}
)
_BEST = re.compile(r"(best|worst|top|optimal|optimum|closest|nearest|largest|smallest|longest|shortest)(_|$)")
_MANY = 3


def verb_of(assembly: Assembly, group: int) -> str:
    """What the group's code does in a word, or ""."""
    draft = assembly.draft
    own = assembly.interfaces[group].own
    kinds = {(e.kind, e.access) for i in own for e in draft.facts.statements[i].effects}
    verb = _by_calls(assembly, group, kinds)
    if verb:
        return verb
    if kinds & {(ResourceKind.FILE, Access.WRITE), (ResourceKind.FILE, Access.ONCE)}:
        return "write"
    binds = bool(assembly.interfaces[group].final)
    if (ResourceKind.FILE, Access.READ) in kinds and binds:
        return "load"
    if any(kind is ResourceKind.PYPLOT for kind, _ in kinds):
        return "plot"
    if binds:
        return _verb_of_functions(draft, own) or _by_values(draft, own)
    return "show" if any(kind in (ResourceKind.DISPLAY, ResourceKind.STDOUT) for kind, _ in kinds) else ""


def is_best(name: str) -> bool:
    """True for the name of what was found by searching: `best_depth`."""
    return bool(_BEST.match(name.lower()))


def _by_calls(assembly: Assembly, group: int, kinds: set[tuple[ResourceKind, Access]]) -> str:
    draft = assembly.draft
    own = assembly.interfaces[group].own
    called = {name for i in own for name in _called(_node(draft, i))}
    last = {name for i in own for name in _value_calls(_node(draft, i))}
    given = any(definer in assembly.home for definer in assembly.interfaces[group].inputs.values())
    written = {(ResourceKind.FILE, Access.WRITE), (ResourceKind.FILE, Access.ONCE)}
    writes = bool(kinds & (written | {(ResourceKind.DATABASE, Access.WRITE)}))
    for verb, calls in CALLS:
        if (last if verb in _MADE_LAST else called) & calls and not (verb == "load" and given and writes):
            return _fitting(draft, own, verb, called)
    return ""


def _fitting(draft: Draft, own: tuple[int, ...], verb: str, called: set[str]) -> str:
    """The verb, or one that says better what the calls come to."""
    if verb == "train" and not _LEARNING.search(_imports(draft)):
        return "fit"
    if verb == "merge" and len(own) > _MANY:
        return "build"
    if verb in ("summarise", "merge") and _is_for_pictures(draft, own, verb):
        return "plot"
    if verb == "summarise" and not called & (dict(CALLS)[verb] - _LOOKS) and _only_looks(draft, own):
        return "explore"
    return verb


def _imports(draft: Draft) -> str:
    return "\n".join(draft.facts.notebook.statements[i].code for i in sorted(draft.imports))


def _is_for_pictures(draft: Draft, own: tuple[int, ...], verb: str) -> bool:
    """True if more of its statements draw than do what the verb says."""
    calls = dict(CALLS)[verb]
    drawing = sum(any(e.kind is ResourceKind.PYPLOT for e in draft.facts.statements[i].effects) for i in own)
    return drawing > sum(bool(calls & set(_called(_node(draft, i)))) for i in own)


def _only_looks(draft: Draft, own: tuple[int, ...]) -> bool:
    return not any(draft.facts.statements[i].binds for i in own)


def _by_values(draft: Draft, own: tuple[int, ...]) -> str:
    """For what calls tell little of: drawn at random, put together, or computed."""
    drawing = sum(_draws_numbers(draft, i) for i in own)
    if drawing * 2 >= len(own):
        return "simulate"
    values = [v for i in own for v in _values(_node(draft, i))]
    if values and all(_is_put_together(v) for v in values):
        return "build"
    return "compute"


def _draws_numbers(draft: Draft, index: int) -> bool:
    effects = draft.facts.statements[index].effects
    return any(e.kind is ResourceKind.RANDOM and e.access is not Access.SEED for e in effects)


def _is_put_together(value: ast.expr) -> bool:
    if isinstance(value, (ast.List, ast.Dict, ast.Set, ast.Tuple, ast.Constant)):
        return True
    return isinstance(value, ast.Call) and _name_of(value.func) in _CONSTRUCTORS


def functions_called(assembly: Assembly, group: int) -> frozenset[str]:
    """The notebook's own functions that the group calls by name."""
    return frozenset(_own_functions(assembly.draft, assembly.interfaces[group].own))


def _verb_of_functions(draft: Draft, own: tuple[int, ...]) -> str:
    """The verb that the author gave a function which is called here: "simulate" of `simulate_day()`."""
    verbs = (name.lower().split("_")[0] for name in _own_functions(draft, own))
    return next((verb for verb in verbs if verb in VERBS), "")


def _own_functions(draft: Draft, own: tuple[int, ...]) -> Iterator[str]:
    for index in own:
        known = draft.facts.statements[index].calls
        called = (n.func for n in ast.walk(_node(draft, index)) if isinstance(n, ast.Call))
        yield from (f.id for f in called if isinstance(f, ast.Name) and f.id in known)


def _node(draft: Draft, index: int) -> ast.stmt:
    return draft.facts.notebook.statements[index].node


def _called(node: ast.stmt) -> Iterator[str]:
    """The names of all functions and methods that the statement calls."""
    return (_name_of(n.func) for n in ast.walk(node) if isinstance(n, ast.Call))


def _value_calls(node: ast.stmt) -> Iterator[str]:
    """The names called on the way to the value that is bound: `sort_values` and `head` of `a = b.sort_values().head()`."""
    for value in _values(node):
        inner: ast.expr = value
        while isinstance(inner, (ast.Call, ast.Attribute, ast.Subscript)):
            if isinstance(inner, ast.Call):
                yield _name_of(inner.func)
                inner = inner.func
            else:
                inner = inner.value


def _values(node: ast.stmt) -> Iterator[ast.expr]:
    if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
        yield node.value


def _name_of(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
