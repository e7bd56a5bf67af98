"""Sets that would overwrite each other's files, found before anything runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from nb_to_flow.batches.recorder import Draft
from nb_to_flow.batches.touches import Place, Touch, filled_in, leaves_folder, touches_of
from nb_to_flow.ir.errors import InputError

_MOST_PATHS = 20
_MOST_NAMED = 10
_HINT = (
    'Make each name depend on every parameter that differs (f"out/{region}.csv"), or let every set run in a'
    " folder of its own with --own-folders."
)


def check_files(drafts: Mapping[str, Draft], users: Mapping[str, frozenset[int]], folder: Path) -> None:
    """Raises InputError if a file is written by pieces of different sets.

    What runs once for all sets may write where it likes. What runs several times, on different arguments, must
    write to paths that tell these apart.
    """
    writers: dict[Place, dict[str, Touch]] = defaultdict(dict)
    for key, draft in drafts.items():
        for touch in touches_of(draft, folder):
            own = draft.own_folder is not None and not leaves_folder(touch)
            if touch.writes and not touch.use.adds and not own:
                writers[touch.place][key] = touch
    lines: dict[str, int] = {}
    for found in writers.values():
        if len({users[key] for key in found}) > 1:
            line, count = _line(found, drafts)
            lines[line] = max(count, lines.get(line, 0))
    if lines:
        said = [line.format(count=count) for line, count in lines.items()]
        more = [f"and {len(said) - _MOST_NAMED} more"] if len(said) > _MOST_NAMED else []
        raise InputError(
            "sets would overwrite each other's files: " + "; ".join([*said[:_MOST_NAMED], *more]), _HINT
        )


def _line(found: Mapping[str, Touch], drafts: Mapping[str, Draft]) -> tuple[str, int]:
    """Which tasks write the file where, with {count} for how often they run."""
    uses = {drafts[key].name: touch.use for key, touch in found.items()}
    first = next(iter(uses.values()))
    text = first.text.replace("{", "{{").replace("}", "}}")
    if len(uses) == 1:
        return f"{next(iter(uses))} runs {{count}} times and writes {text}, line {first.line}", len(found)
    where = " and ".join(f"{name} (line {use.line})" for name, use in uses.items())
    return f"{where} write {text}, for different sets", len(found)


def written_paths(drafts: Iterable[Draft]) -> tuple[str, ...]:
    """The paths that tasks write, each once; {name} stands for what isn't known before they run.

    A path that is another one in many pieces is given once, as the source has it.
    """
    found: dict[str, set[str]] = {}
    for draft in drafts:
        for use in draft.effects.writes:
            found.setdefault(use.text, set()).add(filled_in(use, draft.arguments.value))
    groups = (sorted(texts) if len(texts) <= _MOST_PATHS else [text] for text, texts in found.items())
    return tuple(dict.fromkeys(text for group in groups for text in group))
