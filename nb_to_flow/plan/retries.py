"""Which tasks may be tried again, and what their docstrings say about files."""

from __future__ import annotations

from nb_to_flow.ir.facts import Access, Effect, ResourceKind
from nb_to_flow.ir.plan import TaskPlan
from nb_to_flow.plan.draft import Draft

_HELPS = frozenset({ResourceKind.FILE, ResourceKind.NETWORK, ResourceKind.DATABASE})
_NEVER = frozenset({ResourceKind.SUBPROCESS, ResourceKind.DIRECTORY, ResourceKind.EVERYTHING})
_CHANGES = frozenset({Access.WRITE, Access.APPEND})


def effects_of(draft: Draft, task: TaskPlan) -> list[Effect]:
    """What a task's steps do to the world, in order."""
    return [e for s in task.steps for e in draft.facts.statements[s.statement].effects]


def may_retry(draft: Draft, task: TaskPlan) -> bool:
    """True if the task reads or overwrites outside things, and doing so twice is the same as once."""
    effects = effects_of(draft, task)
    return any(e.kind in _HELPS for e in effects) and all(_is_idempotent(e) for e in effects)


def _is_idempotent(effect: Effect) -> bool:
    if effect.kind in _NEVER:
        return False
    if effect.kind is ResourceKind.FILE:
        return effect.access is not Access.APPEND
    if effect.kind in (ResourceKind.DATABASE, ResourceKind.NETWORK):
        return effect.access not in _CHANGES
    return True


def notes_for(draft: Draft, task: TaskPlan) -> tuple[str, ...]:
    """Sentences for the task's docstring: files, moved seeds, refused retries."""
    notes = []
    effects = effects_of(draft, task)
    for verb, access in (
        ("Reads", (Access.READ,)),
        ("Writes", (Access.WRITE,)),
        ("Appends to", (Access.APPEND,)),
    ):
        paths = sorted(
            {e.name for e in effects if e.kind is ResourceKind.FILE and e.access in access} - {"?", ""}
        )
        if paths and len(paths) <= 4:
            notes.append(f"{verb} {_listed(paths)}.")
    notes += _moved_seeds(draft, task)
    if any(e.kind in _HELPS for e in effects) and not may_retry(draft, task):
        notes.append("Not retried: running it twice would not be the same as once.")
    return tuple(notes)


def _moved_seeds(draft: Draft, task: TaskPlan) -> list[str]:
    found = []
    for step in task.steps:
        if step.statement in draft.seed_targets:
            cell = draft.span(step.statement).cell
            if cell not in task.cells:
                found.append(f"The seed of cell {cell + 1} moved here.")
    return found


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
