"""What runs print and which files they open, in the form that both sides share."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path


def printed_lines(text: str) -> list[str]:
    """The lines of what was printed, as a terminal leaves them: what a carriage return overwrites is gone."""
    return [line.rstrip("\r").rsplit("\r", 1)[-1] for line in text.split("\n")][: _count(text)]


def _count(text: str) -> int:
    return text.count("\n") + (not text.endswith("\n")) if text else 0


def last_line(text: str) -> str:
    """The last line that isn't blank: what a program that failed says of it; "" for none."""
    return (text.strip().splitlines() or [""])[-1].strip()


def relative_writers(
    writers: Mapping[str, Sequence[int | str]], live: Path
) -> dict[str, tuple[int | str, ...]]:
    """Who opened which file of the run's folder to write, by its path in that folder."""
    found: dict[str, tuple[int | str, ...]] = {}
    for path, who in writers.items():
        real, root = os.path.realpath(path), os.path.realpath(live)
        if real.startswith(root + os.sep):
            found[Path(real).relative_to(root).as_posix()] = tuple(who)
    return found
