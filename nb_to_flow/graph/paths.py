"""Which symbolic file paths may name the same file."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import lru_cache

UNKNOWN = "?"
_HOLE = re.compile(r"\{[^{}]*\}|[?*]")
_PARAMETER = re.compile(r"\{\w+\}")  # a path that is all parameter is taken to name a file of its own


def normal_path(path: str) -> str:
    """`path` without `./` and doubled slashes."""
    return posixpath.normpath(path.replace("\\", "/")) if path else UNKNOWN


def holes(path: str) -> tuple[str, ...]:
    """The names of the symbolic parts of `path`, in order; "" for parts that nothing is known of."""
    return tuple(hole[1:-1] if hole.startswith("{") else "" for hole in _HOLE.findall(path))


def parents(path: str) -> Iterator[str]:
    """The folders that `path` lies in, innermost first; relative paths lie in "."."""
    relative = path != "." and not path.startswith(("/", "..", UNKNOWN))
    while "/" in path:
        path = path.rsplit("/", 1)[0]
        if path:
            yield path
    if relative:
        yield "."


@lru_cache(maxsize=65536)
def may_be_same(one: str, other: str) -> bool:
    """True if two paths, at least one of them symbolic, can name the same file."""
    if not _HOLE.search(one):
        one, other = other, one
    if not _HOLE.search(one):
        return one == other
    if _PARAMETER.fullmatch(one) or _PARAMETER.fullmatch(other):
        return one == other
    if not _HOLE.search(other):
        return _pattern(one).fullmatch(other) is not None
    (head, tail), (other_head, other_tail) = _ends(one), _ends(other)
    heads = head.startswith(other_head) or other_head.startswith(head)
    return heads and (tail.endswith(other_tail) or other_tail.endswith(tail))


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in _HOLE.split(path)), re.DOTALL)


def _ends(path: str) -> tuple[str, str]:
    """The constant parts before the first and after the last symbolic part."""
    parts = _HOLE.split(path)
    return parts[0], parts[-1]
