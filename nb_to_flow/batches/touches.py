"""Which paths a piece touches: what its task's source says, with the piece's arguments filled in.

What isn't known before it runs is `*` in a path. Two paths of the same look then count as one if they depend on equal
arguments, else as two: a task that makes a name of its arguments makes another one of others.
"""

from __future__ import annotations

import enum
import fnmatch
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePath
from typing import Any

from nb_to_flow.batches.canonical import digest
from nb_to_flow.batches.effects import UNKNOWN, PathUse
from nb_to_flow.batches.recorder import Draft

_PLAIN = (str, int, float, PurePath)
_SET_FOLDER = ":set"
_OPEN_PART = re.compile(r"\{[^{}]*\}")
_DATABASE_FILE = re.compile(r"^sqlite(\+\w+)?:///")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A path, or paths of the same look.

    Attributes:
        parts: of the absolute path; `*` and `?` in them as in a glob.
        told_by: digest of what tells it from others of the same look; "" if nothing is open.
        look: the path as the source has it, if something is open, else "".
        below: True if what lies in the folder counts.
        known: False if the source says no more of it than that it is some file.
    """

    parts: tuple[str, ...]
    told_by: str
    look: str
    below: bool
    known: bool

    @property
    def head(self) -> tuple[str, ...]:
        """The parts before the first one that is open."""
        count = next((i for i, part in enumerate(self.parts) if _is_open(part)), len(self.parts))
        return self.parts[:count]

    @property
    def is_open(self) -> bool:
        """True if it may be one of several paths."""
        return len(self.head) < len(self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Touch:
    """A place that a piece touches, and where its source says so."""

    place: Place
    use: PathUse
    writes: bool


def touches_of(draft: Draft, folder: Path) -> Iterator[Touch]:
    """The files that a piece reads and writes by path, when relative paths start in `folder`.

    Left out are folders that are only made, and names that depend on the time or on chance.
    """
    base = folder if draft.own_folder is None else _own(folder, draft.own_folder)
    for uses, writes in ((draft.effects.reads, False), (draft.effects.writes, True)):
        for use in uses:
            if use.folder or UNKNOWN in use.depends or (use.adds and not writes):
                continue
            text = filled_in(use, draft.arguments.value)
            given = [draft.arguments.value.get(name) for name in sorted(use.depends)]
            told_by = digest(given) if _is_open(_starred(text)) else ""
            yield Touch(place=_place(text, told_by, use, str(base)), use=use, writes=writes)


def levels_up(drafts: Iterable[Draft], folder: Path) -> int:
    """How many folders above `folder` the paths of pieces begin: 1 for "../data"."""
    most = 0
    for draft in drafts:
        for use in (*draft.effects.reads, *draft.effects.writes):
            parts = PurePath(os.path.normpath(_starred(filled_in(use, draft.arguments.value)))).parts
            most = max(most, sum(part == ".." for part in parts))
    return min(most, len(folder.absolute().parts) - 1)


def filled_in(use: PathUse, arguments: Mapping[str, Any]) -> str:
    """The path, with values instead of {name} where they are known."""
    text = use.text
    for name in use.depends:
        value = arguments.get(name)
        value = value.value if isinstance(value, enum.Enum) else value
        if isinstance(value, _PLAIN):
            text = text.replace("{" + name + "}", str(value))
    return text


def leaves_folder(touch: Touch) -> bool:
    """True if a piece with a folder of its own touches a path that isn't below that."""
    return _SET_FOLDER not in touch.place.parts


def may_be_same(one: Place, other: Place) -> bool:
    """True if the two may be one path, or one may lie in the other's folder and count there."""
    if one.look and one.look == other.look:
        return one.told_by == other.told_by
    if not all(map(_parts_agree, one.parts, other.parts)):
        return False
    short, long = sorted((one, other), key=lambda place: len(place.parts))
    return len(short.parts) == len(long.parts) or short.below


def _own(folder: Path, number: int) -> Path:
    """Stands for a set's own folder, in which those above are its own too."""
    return Path(folder.anchor, _SET_FOLDER, str(number), *folder.parts[1:])


@lru_cache(maxsize=65536)
def _place(text: str, told_by: str, use: PathUse, base: str) -> Place:
    if _DATABASE_FILE.match(text):
        text = _DATABASE_FILE.sub("", text)
    if "://" in text:
        parts: tuple[str, ...] = (_starred(text),)
    else:
        path = os.path.join(base, os.path.expanduser(_starred(text)))
        parts = PurePath(os.path.normpath(path)).parts
    deep = "**" in parts
    if deep:
        parts = parts[: parts.index("**")]
    is_open = any(map(_is_open, parts))
    return Place(
        parts=parts,
        told_by=told_by if is_open else "",
        look=use.text if is_open else "",
        below=use.below or deep,
        known=not is_open or bool(re.search(r"[^*?./\\]", _starred(text))),
    )


def _starred(text: str) -> str:
    """The path with `*` for whatever is open: also for braces within braces."""
    while (found := _OPEN_PART.sub("*", text)) != text:
        text = found
    return text


def _is_open(part: str) -> bool:
    return "*" in part or "?" in part


def _parts_agree(one: str, other: str) -> bool:
    if not _is_open(one):
        return one == other if not _is_open(other) else fnmatch.fnmatchcase(one, _pattern(other))
    if not _is_open(other):
        return fnmatch.fnmatchcase(other, _pattern(one))
    (a, *_, y), (b, *_, z) = re.split(r"[*?]", one), re.split(r"[*?]", other)
    starts, ends = a.startswith(b) or b.startswith(a), y.endswith(z) or z.endswith(y)
    return starts and ends


def _pattern(part: str) -> str:
    return part.replace("[", "[[]")
