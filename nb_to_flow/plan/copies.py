"""How a task copies what it changes: inputs stay as they came."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from nb_to_flow.ir.plan import Copy, CopyKind
from nb_to_flow.plan.coherence import Together, changes_of, touched_inputs
from nb_to_flow.plan.draft import Draft
from nb_to_flow.plan.interfaces import Interface
from nb_to_flow.plan.versions import Version

_COPYABLE = frozenset({"pandas.DataFrame", "pandas.Series", "numpy.ndarray"})
_SHALLOW = frozenset({"list", "dict", "set"})


def copies_for(draft: Draft, interface: Interface, together: Iterable[Together]) -> tuple[Copy, ...]:
    """The copies that a group makes of its inputs before its first step.

    `together` are the sets of inputs that must go on sharing what they share.
    """
    shallow: dict[str, bool] = {}
    sets: list[frozenset[str]] = []
    for index, mutation in changes_of(draft, interface):
        if mutation.cached:
            continue
        names = touched_inputs(draft, interface, mutation, index)
        sets.append(names)
        for name in names:
            shallow[name] = shallow.get(name, True) and _is_shallow(
                draft, interface, name, mutation.obj, mutation.deep
            )
    sets += [pair.names for pair in together]
    deep = {n for n, only in shallow.items() if not only}
    copies = []
    done: set[str] = set()
    for name in interface.inputs:
        if name not in shallow or name in done:
            continue
        joined = _joined(name, sets)
        done |= joined
        if len(joined) > 1 or name in deep:
            ordered = tuple(n for n in interface.inputs if n in joined)
            copies.append(Copy(names=ordered, kind=CopyKind.DEEP))
        else:
            is_array = draft.versions.type_of((name, interface.inputs[name])) == "numpy.ndarray"
            copies.append(Copy(names=(name,), kind=CopyKind.ARRAY if is_array else CopyKind.METHOD))
    return tuple(copies)


def _is_shallow(draft: Draft, interface: Interface, name: str, obj: int, deep: bool) -> bool:
    """True if `name.copy()` is enough to keep the change away from the value that came in."""
    version = (name, interface.inputs[name])
    kind = draft.versions.type_of(version)
    if _may_be_unset(draft, version):
        return False
    direct = draft.versions.objects(version)
    sharing = draft.facts.sharing
    if not direct.isdisjoint(sharing.instances):
        return False  # a `copy` that a list has gives a list
    if kind in _COPYABLE:
        return obj in direct or obj in sharing.buffers
    inner = sharing.reach(frozenset(o for d in direct for o in sharing.holds.get(d, ())))
    return kind in _SHALLOW and obj in direct and obj not in inner and not deep


def _may_be_unset(draft: Draft, version: Version) -> bool:
    """True if the variable is only bound on some paths, or deleted on some: it may hold None."""
    name, origins = version[0], draft.versions.origins(version)
    nodes = (draft.facts.notebook.statements[origin].node for origin in origins)
    return name not in draft.facts.statements[origins[-1]].binds or any(
        _deletes(node, name) for node in nodes
    )


def _deletes(node: ast.stmt, name: str) -> bool:
    return any(
        isinstance(n, ast.Name) and n.id == name and isinstance(n.ctx, ast.Del) for n in ast.walk(node)
    )


def _joined(name: str, sets: list[frozenset[str]]) -> set[str]:
    """`name` and all that must be copied with it."""
    found = {name}
    while True:
        more = {n for s in sets if s & found for n in s}
        if more <= found:
            return found
        found |= more
