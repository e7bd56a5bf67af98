"""Which tasks may be tried again, and what their docstrings say about files."""

from __future__ import annotations

from nb_to_flow.ir.facts import Access, Effect, ResourceKind
from nb_to_flow.ir.graph import EdgeKind
from nb_to_flow.ir.plan import TaskPlan
from nb_to_flow.plan.draft import Draft

_HELPS = frozenset({ResourceKind.FILE, ResourceKind.NETWORK, ResourceKind.DATABASE})
_NEVER = frozenset(
    {ResourceKind.SUBPROCESS, ResourceKind.DIRECTORY, ResourceKind.STDIN, ResourceKind.EVERYTHING}
)
_CHANGES = frozenset({Access.WRITE, Access.APPEND, Access.ONCE})


def effects_of(draft: Draft, task: TaskPlan) -> list[Effect]:
    """What a task's steps do to the world, in order."""
    return [e for s in task.steps for e in draft.facts.statements[s.statement].effects]


def may_retry(draft: Draft, task: TaskPlan) -> bool:
    """True if the task reads or overwrites outside things, and doing so twice is the same as once."""
    effects = effects_of(draft, task)
    helps = any(e.kind in _HELPS for e in effects)
    return helps and all(_is_idempotent(e) for e in effects) and not _overwrites_what_it_read(draft, task)


def _overwrites_what_it_read(draft: Draft, task: TaskPlan) -> bool:
    """True if the task reads a file that it replaces afterwards: the second time it would read its own."""
    steps = {s.statement for s in task.steps}
    if not any(_reads(draft, i) for i in steps) or not any(_writes(draft, i) for i in steps):
        return False
    inside = [e for e in draft.graph.edges if e.kind is EdgeKind.FILE and {e.source, e.target} <= steps]
    own = {e.target for e in inside if e.passes and e.certain}  # it reads what the task has just written
    replaced = (e for e in inside if not e.passes and _reads(draft, e.source))
    if any(e.source not in own or _looks_around(draft, e.source, e.target) for e in replaced):
        return True
    return any(_reads(draft, i) & _writes(draft, i) - {"?"} for i in steps - own)


def _looks_around(draft: Draft, reader: int, writer: int) -> bool:
    """True if one statement looks into a folder that another writes into: it sees more files the second time."""
    starts = {f"{p}/" if "*" not in p else p.partition("*")[0] for p in _reads(draft, reader) - {"."}}
    starts |= {""} if "." in _reads(draft, reader) else set()
    return any(path.startswith(start) for start in starts for path in _writes(draft, writer))


def _reads(draft: Draft, index: int) -> frozenset[str]:
    return _paths(draft, index, Access.READ)


def _writes(draft: Draft, index: int) -> frozenset[str]:
    return _paths(draft, index, Access.WRITE, Access.ONCE)


def _paths(draft: Draft, index: int, *accesses: Access) -> frozenset[str]:
    """The files that the statement reads or writes."""
    effects = draft.facts.statements[index].effects
    return frozenset(e.name for e in effects if e.kind is ResourceKind.FILE and e.access in accesses)


def _is_idempotent(effect: Effect) -> bool:
    if effect.kind in _NEVER:
        return False
    if effect.kind is ResourceKind.FILE:
        return effect.access not in (Access.APPEND, Access.ONCE)
    if effect.kind in (ResourceKind.DATABASE, ResourceKind.NETWORK):
        return effect.access not in _CHANGES
    return True


def notes_for(draft: Draft, task: TaskPlan) -> tuple[str, ...]:
    """Sentences for the task's docstring: files, moved seeds, refused retries."""
    notes = []
    effects = effects_of(draft, task)
    for verb, access in (
        ("Reads", (Access.READ,)),
        ("Writes", (Access.WRITE, Access.ONCE)),
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
