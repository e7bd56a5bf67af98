"""Which values the flow returns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from nb_to_flow.ir.diagnostics import Severity
from nb_to_flow.ir.facts import DEFINITIONS, Role
from nb_to_flow.plan.draft import Draft, finding
from nb_to_flow.plan.imported import imported_values
from nb_to_flow.plan.versions import Versions
from nb_to_flow.plan.wanted import wanted_names


def choose_results(draft: Draft) -> Draft:
    """Names by `options.outputs`, in the order in which they were bound."""
    wanted = draft.options.outputs
    every = _data_names(draft)
    if wanted == "all":
        names = [n for n in every if not n.startswith("_")]
        draft = replace(draft, imported_results=(*_imported(draft, names), *_wrapped(draft)))
    elif wanted == "auto":
        names = wanted_names(draft, every)
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
    """Values that imports bound last, and nothing changed or deleted, each once."""
    bound = set(names)
    values = dict.fromkeys(imported_values(draft))
    for name, statement in values:
        binders = draft.versions.binders.get(name, ())
        kept = not binders or (name, max(binders)) in values
        if kept and name not in bound and name not in draft.versions.changed:
            bound.add(name)
            yield name, statement


def _wrapped(draft: Draft) -> Iterator[tuple[str, int]]:
    """Definitions that are objects (`@lru_cache`, `list[int]`), if they stand at module level."""
    for facts in draft.facts.statements:
        for name in sorted(facts.binds if facts.role in (Role.FUNCTION, Role.ALIAS) else ()):
            last = draft.versions.reaching.final.get(name) == facts.statement
            if last and facts.types.get(name, "") not in ("", "type") and not name.startswith("_"):
                yield name, facts.statement


def _data_names(draft: Draft) -> list[str]:
    """Variables at the notebook's end that hold data, in order of their last version."""
    synthetic = {n for s in draft.facts.notebook.statements for n in s.synthetic}
    secrets = {i for i in draft.secret if draft.facts.statements[i].role is Role.CONSTANT}
    final = draft.versions.reaching.final
    names = []
    for name in sorted(final, key=lambda n: (final[n], n)):
        roles = {draft.facts.statements[o].role for o in draft.versions.origins((name, final[name]))}
        if name not in synthetic and final[name] not in secrets and roles and not roles <= DEFINITIONS:
            names.append(name)
    return names
