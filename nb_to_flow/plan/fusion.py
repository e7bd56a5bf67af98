"""Statements that must share a task, whatever a person would draw: soundness before beauty."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from nb_to_flow.ir.facts import DEFINITIONS, Access, ResourceKind, Role
from nb_to_flow.ir.notebook import CellKind
from nb_to_flow.plan.dependencies import SUPPORTED_GENERATORS, generator_uses, seeded_generators
from nb_to_flow.plan.draft import Draft, Fusion

_BACKEND = re.compile(r"^[^#\n]*\b(?:matplotlib|mpl)\.use\(|^[^#\n]*\.switch_backend\(", re.MULTILINE)
_INLINE = re.compile(r"^\s*%matplotlib\s+(?:inline|notebook|widget)", re.MULTILINE)
_FILES = frozenset({ResourceKind.FILE, ResourceKind.SUBPROCESS, ResourceKind.DIRECTORY})


def find_barriers(draft: Draft) -> Draft:
    """exec, eval and globals() read and write everything: one task, with the notebook's names as globals."""
    for facts in draft.facts.statements:
        if any(e.kind is ResourceKind.EVERYTHING for e in facts.effects):
            line = draft.span(facts.statement)
            why = f"cell {line.cell + 1} runs code that only exists at run time (exec, eval or globals())"
            return replace(draft, whole=why)
    return draft


def find_fusions(draft: Draft) -> Draft:
    """Everything that can't cross from one task to another."""
    found = (
        *_unpicklable(draft),
        *_directory(draft),
        *_generators(draft),
        *_environment(draft),
        *_figures(draft),
    )
    return replace(draft, fusions=draft.fusions + found)


def _unpicklable(draft: Draft) -> Iterator[Fusion]:
    placed = frozenset(draft.placed)
    hoisted = hoisted_names(draft)
    for index in draft.placed:
        for name, why in sorted(held_together(draft, index, hoisted).items()):
            users = [u for u in draft.versions.users.get((name, index), ()) if u in placed]
            if users:
                yield Fusion(
                    statements=frozenset({index, *users}),
                    reason=f"{name} can't be handed from task to task: {why}",
                )
    yield from _local_classes(draft)


def held_together(draft: Draft, index: int, hoisted: frozenset[str]) -> dict[str, str]:
    """Names with a new version after the statement whose value can't leave its task, with the reason."""
    facts = draft.facts.statements[index]
    defined = draft.versions.reaching.defines[index]
    found = {n: why for n, why in facts.unpicklable.items() if n in defined}
    if facts.role in (Role.FUNCTION, Role.CLASS):
        found.update({n: "it is defined where it is used" for n in facts.binds if n not in found})
    for name in facts.changes & defined:
        roles = {draft.facts.statements[o].role for o in draft.versions.origins((name, index))}
        if roles and roles <= DEFINITIONS:
            found[name] = "the module, function or class is changed in place"
    for name in defined:
        kind = draft.versions.type_of((name, index))
        if kind.startswith("scipy.stats.rv_") and "numpy.random" in seeded_generators(draft):
            found.setdefault(name, "it draws from the seeded generator of its process")
    for name, held in facts.carries.items():
        local = sorted(held - hoisted)
        if local and name in defined:
            found.setdefault(name, f"it holds {', '.join(local)}, which can't stand at module level")
    return found


def _local_definitions(draft: Draft, role: Role) -> dict[str, list[int]]:
    """The definitions of that role that were not hoisted, by name."""
    found: dict[str, list[int]] = {}
    for facts in draft.facts.statements:
        if facts.role is role and facts.statement not in draft.definitions | draft.dropped:
            for name in facts.binds:
                found.setdefault(name, []).append(facts.statement)
    return found


def local_functions(draft: Draft) -> frozenset[str]:
    """Names of the functions over the notebook's variables: a task has a copy of those it needs."""
    return frozenset(_local_definitions(draft, Role.FUNCTION))


def hoisted_names(draft: Draft) -> frozenset[str]:
    """Names of the functions and classes at module level."""
    return frozenset(n for i in draft.definitions for n in draft.facts.statements[i].binds)


def _local_classes(draft: Draft) -> Iterator[Fusion]:
    """All users of a class that isn't hoisted share a task: two copies would be two classes."""
    placed = frozenset(draft.placed)
    for name, definitions in sorted(_local_definitions(draft, Role.CLASS).items()):
        for definition in definitions:
            users = {i for i in placed if _uses_class(draft, i, name, definition)}
            if len(users) > 1:
                yield Fusion(
                    statements=frozenset(users),
                    reason=f"class {name} closes over the notebook's variables",
                )


def _uses_class(draft: Draft, index: int, name: str, definition: int) -> bool:
    """True if the statement uses the class, as it was defined or changed since."""
    definer = draft.versions.reaching.before[index].get(name)
    return definer is not None and definition in draft.versions.origins((name, definer))


def _directory(draft: Draft) -> Iterator[Fusion]:
    """A changed working directory holds for one process only: what touches files later stays with it."""
    changed: int | None = None
    members: set[int] = set()
    for index in draft.placed:
        effects = draft.facts.statements[index].effects
        if any(e.kind is ResourceKind.DIRECTORY and e.access is not Access.READ for e in effects):
            changed = index if changed is None else changed
        if changed is not None and any(e.kind in _FILES for e in effects):
            members.add(index)
    if changed is not None and len(members) > 1:
        yield Fusion(
            statements=frozenset(members),
            reason=f"cell {draft.span(changed).cell + 1} changes the working directory",
        )


def _figures(draft: Draft) -> Iterator[Fusion]:
    """Without the notebook's own backend figures don't end with their cell: all that draws goes on from there."""
    if not keeps_figures(draft):
        return
    drawing = frozenset(
        i
        for i in draft.placed
        if any(e.kind is ResourceKind.PYPLOT for e in draft.facts.statements[i].effects)
    )
    if len(drawing) > 1:
        yield Fusion(
            statements=drawing, reason="the notebook chooses a backend that keeps figures between cells"
        )


def keeps_figures(draft: Draft) -> bool:
    """True if the notebook switches pyplot to a backend that leaves figures open when a cell ends."""
    kept = False
    for cell in draft.facts.notebook.cells:
        if cell.kind is CellKind.CODE:
            if _BACKEND.search(cell.source):
                kept = True
            if _INLINE.search(cell.source):
                kept = False
    return kept


def _generators(draft: Draft) -> Iterator[Fusion]:
    """Seeded generators whose state can't be handed over."""
    placed = frozenset(draft.placed)
    for name in seeded_generators(draft):
        if name in SUPPORTED_GENERATORS:
            continue
        uses = frozenset(i for i, _, _ in generator_uses(draft, name) if i in placed)
        if len(uses) > 1:
            yield Fusion(
                statements=uses, reason=f"the state of the seeded generator {name} can't be handed over"
            )


def _environment(draft: Draft) -> Iterator[Fusion]:
    """Environment variables and settings that take computed values hold for one process only."""
    wanted = (ResourceKind.ENVIRONMENT, ResourceKind.AMBIENT)
    for index in draft.placed:
        facts = draft.facts.statements[index]
        if not any(e.kind in wanted and e.access is not Access.READ for e in facts.effects):
            continue
        later = {
            e.target
            for e in draft.graph.edges
            if e.source == index and e.passes and _is_process_state(e.names[0])
        }
        later &= frozenset(draft.placed)
        if later:
            what = f"cell {draft.span(index).cell + 1} changes the environment or settings of its process"
            yield Fusion(statements=frozenset({index, *later}), reason=what)


def _is_process_state(name: str) -> bool:
    return name == "environment" or name.endswith(" settings")
