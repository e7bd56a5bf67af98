"""How files are named and opened."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nb_to_flow.ir.facts import Access


def mode_access(mode: str) -> Iterator[Access]:
    """What an `open` mode does to the file: "r+" reads and writes, "w+" reads only what it has written."""
    if "r" in mode or "a" in mode and "+" in mode:
        yield Access.READ
    if "x" in mode:
        yield Access.ONCE
    if "w" in mode or ("r" in mode and "+" in mode):
        yield Access.WRITE
    if "a" in mode:
        yield Access.APPEND


def normal_path(path: str) -> str:
    """A path without "./" and doubled slashes, so that two spellings of it are one name."""
    if "://" in path:
        return path
    while path.startswith("./"):
        path = path[2:]
    return re.sub(r"/(\./)+|//+", "/", path) or "."
