"""Sets that would overwrite each other's files, found before anything runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nb_to_flow.batches.canonical import digest
from nb_to_flow.batches.effects import UNKNOWN, PathUse
from nb_to_flow.batches.recorder import Draft
from nb_to_flow.ir.errors import InputError

_MOST_PATHS = 20
_HINT = (
    'Make each name depend on every parameter that differs (f"out/{region}.csv"), or let every set run in a'
    " folder of its own with --own-folders."
)


def check_files(drafts: Iterable[Draft]) -> None:
    """Raises InputError if a file is written by several pieces of one task.

    A task that runs once for all sets may write where it likes. One that runs several times, on different
    arguments, must write to paths that tell these apart.
    """
    by_task: dict[str, list[Draft]] = {}
    for draft in drafts:
        by_task.setdefault(draft.function, []).append(draft)
    found = [line for pieces in by_task.values() if len(pieces) > 1 for line in _of_task(pieces)]
    if found:
        raise InputError("sets would overwrite each other's files: " + "; ".join(found), _HINT)


def _of_task(pieces: list[Draft]) -> list[str]:
    lines = []
    for use in pieces[0].effects.writes:
        if use.folder or use.adds or UNKNOWN in use.depends:
            continue
        count = _same_path(pieces, use)
        if count > 1 and (pieces[0].own_folder is None or _leaves_folder(pieces, use)):
            lines.append(
                f"{pieces[0].task.fn.__name__} runs {count} times and writes {use.text}, line {use.line}"
            )
    return lines


def written_paths(drafts: Iterable[Draft]) -> tuple[str, ...]:
    """The paths that tasks write, each once; {name} stands for what isn't known before they run.

    A path that is another one in many pieces is given once, as the source has it.
    """
    found: dict[str, set[str]] = {}
    for draft in drafts:
        for use in draft.effects.writes:
            found.setdefault(use.text, set()).add(_filled_in(use, draft.arguments.value))
    groups = (sorted(texts) if len(texts) <= _MOST_PATHS else [text] for text, texts in found.items())
    return tuple(dict.fromkeys(text for group in groups for text in group))


def _filled_in(use: PathUse, arguments: Mapping[str, Any]) -> str:
    text = use.text
    for name in use.depends:
        value = arguments.get(name)
        if isinstance(value, (str, int)):
            text = text.replace("{" + name + "}", str(value))
    return text


def _leaves_folder(pieces: list[Draft], use: PathUse) -> bool:
    """True if the path isn't below the folder where the piece runs."""
    values = [piece.arguments.value.get(name) for piece in pieces for name in use.depends]
    starts = [use.text, *(str(value) for value in values)]
    return any(start.startswith(("/", "..", "~")) for start in starts)


def _same_path(pieces: list[Draft], use: PathUse) -> int:
    """How many pieces write to the path that the most of them write to."""
    counts: dict[str, int] = {}
    for piece in pieces:
        arguments: Mapping[str, Any] = piece.arguments.value
        path = digest([arguments.get(name) for name in sorted(use.depends)])
        counts[path] = counts.get(path, 0) + 1
    return max(counts.values(), default=0)
