"""Which values the flow returns."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from nb_to_flow.ir.diagnostics import Severity
from nb_to_flow.ir.facts import Role
from nb_to_flow.plan.draft import Draft, finding
from nb_to_flow.plan.imported import imported_values
from nb_to_flow.plan.versions import DEFINITIONS, Versions

_DRAWN = ("matplotlib.", "seaborn.", "plotly.", "altair.")


def choose_results(draft: Draft) -> Draft:
    """Names by `options.outputs`, in the order in which they were bound."""
    wanted = draft.options.outputs
    every = _data_names(draft)
    if wanted == "all":
        names = [n for n in every if not n.startswith("_")]
        draft = replace(draft, imported_results=tuple(_imported(draft, names)))
    elif wanted == "auto":
        names = [n for n in every if _is_wanted(draft, n)]
    else:
        asked = [n.strip() for n in wanted.split(",") if n.strip()]
        unknown = [n for n in asked if n not in every]
        if unknown:
            found = finding(
                "NB405",
                Severity.ERROR,
                f"The notebook leaves no variable {', '.join(map(repr, unknown))} to return.",
                "Name variables that exist when the last cell has run.",
            )
            draft = replace(draft, diagnostics=(*draft.diagnostics, found))
        names = [n for n in every if n in asked]
    return replace(draft, results=tuple(names), versions=Versions(draft.facts, names))


def _imported(draft: Draft, names: list[str]) -> Iterator[tuple[str, int]]:
    """Values that imports bound and nothing bound again or deleted, each once."""
    bound = set(names)
    for name, statement in imported_values(draft):
        binders = draft.versions.binders.get(name, ())
        kept = all(draft.facts.statements[b].role is Role.IMPORT for b in binders)
        if kept and name not in bound and name not in draft.versions.changed:
            bound.add(name)
            yield name, statement


def _data_names(draft: Draft) -> list[str]:
    """Variables at the notebook's end that hold data, in order of their last version."""
    synthetic = {n for s in draft.facts.notebook.statements for n in s.synthetic}
    final = draft.versions.reaching.final
    names = []
    for name in sorted(final, key=lambda n: (final[n], n)):
        roles = {draft.facts.statements[o].role for o in draft.versions.origins((name, final[name]))}
        if name not in synthetic and roles and not roles <= DEFINITIONS:
            names.append(name)
    return names


def _is_wanted(draft: Draft, name: str) -> bool:
    """True for what nothing in the notebook uses but to show or write it."""
    version = (name, draft.versions.reaching.final[name])
    definer = draft.facts.statements[version[1]]
    if name.startswith("_") or definer.role is Role.CONSTANT or name in definer.unpicklable:
        return False
    if draft.versions.type_of(version).startswith(_DRAWN) or name in _loop_targets(draft, version[1]):
        return False
    return all(_only_shows(draft, u, name) for u in draft.versions.users.get(version, ()))


def _only_shows(draft: Draft, index: int, name: str) -> bool:
    """True for `name`, `name.head()`, `name.plot.bar()`, `name.to_csv(...)` as statements of their own."""
    facts = draft.facts.statements[index]
    node = draft.facts.notebook.statements[index].node
    if not isinstance(node, ast.Expr) or name in facts.changes:
        return False
    value = node.value
    while isinstance(value, (ast.Attribute, ast.Call, ast.Subscript)):
        value = value.func if isinstance(value, ast.Call) else value.value
    return isinstance(value, ast.Name) and value.id == name


def _loop_targets(draft: Draft, index: int) -> frozenset[str]:
    """Names that the statement binds as loop variables or within a loop or branch only."""
    node = draft.facts.notebook.statements[index].node
    if not isinstance(node, (ast.For, ast.While, ast.If, ast.With)):
        return frozenset()
    targets = [node.target] if isinstance(node, ast.For) else []
    return frozenset(n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name))
