"""Comparing the files that two runs left in their working folders."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from nb_to_flow.ir.verification import Comparison, Verdict
from nb_to_flow.verify.contents import contents
from nb_to_flow.verify.portraits import compare

# Larger files are compared by their bytes only.
_LIMIT = 200 * 2**20
_LEFT_OUT = {"__pycache__"}


def fingerprint(folder: Path) -> dict[str, str]:
    """A hash of every file in a folder, by relative path with "/". Hidden files and folders are left out."""
    return {name: _hash(folder / name) for name in _names(folder)}


def compare_files(
    notebook: Path,
    flow: Path,
    before: Mapping[str, str],
    tolerance: float = 1e-9,
    ignore: Mapping[str, Collection[str]] | None = None,
) -> dict[str, Comparison]:
    """Compare all files that either run wrote, changed or deleted.

    Args:
        notebook: the folder that the notebook left.
        flow: the folder that the flow left.
        before: the fingerprint of the folder that both started with.
        tolerance: see `compare`.
        ignore: for files that the notebook doesn't reproduce, the parts that differ; see `unstable_files`.
    """
    sides = fingerprint(notebook), fingerprint(flow)
    touched = sorted(
        name
        for name in {*sides[0], *sides[1], *before}
        if any(side.get(name) != before.get(name) for side in sides)
    )
    left_out = ignore or {}
    # A name with a time or a random number in it: each run writes another one.
    free = {_shape(name) for name, parts in left_out.items() if "" in parts}
    return {
        name: _compare(name, (notebook, flow), sides, before, tolerance, left_out.get(name, ()))
        if name in left_out or _shape(name) not in free
        else Comparison(verdict=Verdict.SAME)
        for name in touched
    }


def unstable_files(
    first: Path, second: Path, before: Mapping[str, str], tolerance: float = 1e-9
) -> dict[str, frozenset[str]]:
    """For each file that two runs of the notebook leave differently, the parts that differ; "" is all of it."""
    compared = compare_files(first, second, before, tolerance)
    return {
        name: frozenset(row.label for row in found.rows if row.verdict is Verdict.DIFFERENT)
        or frozenset([""])
        for name, found in compared.items()
        if found.verdict is Verdict.DIFFERENT
    }


def _compare(
    name: str,
    folders: tuple[Path, Path],
    sides: tuple[dict[str, str], dict[str, str]],
    before: Mapping[str, str],
    tolerance: float,
    ignore: Collection[str],
) -> Comparison:
    mine, theirs = (side.get(name) for side in sides)
    if mine == theirs or "" in ignore:
        return Comparison(verdict=Verdict.SAME)
    if mine is None or theirs is None or before.get(name) in (mine, theirs):
        return Comparison(verdict=Verdict.DIFFERENT, reason=_one_sided(mine, theirs, before.get(name)))
    paths = [folder / name for folder in folders]
    if max(path.stat().st_size for path in paths) > _LIMIT:
        return Comparison(verdict=Verdict.DIFFERENT, reason="other bytes (too large to look inside)")
    expected, actual = contents(name, *(path.read_bytes() for path in paths))
    return compare(expected, actual, tolerance, ignore)


def _one_sided(mine: str | None, theirs: str | None, before: str | None) -> str:
    """What only one of the two runs did with a file."""
    if theirs is None:
        return "the flow does not write it" if before is None else "the flow deletes it"
    if mine is None:
        return (
            "the notebook does not write it"
            if before is None
            else "the notebook deletes it, the flow does not"
        )
    return "the flow does not change it" if theirs == before else "the flow changes it, the notebook does not"


def _shape(name: str) -> str:
    return re.sub(r"[0-9a-f]{6,}|[0-9]+", "#", name)


def _names(folder: Path) -> Iterator[str]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(f for f in folders if not f.startswith(".") and f not in _LEFT_OUT)
        for name in sorted(names):
            path = Path(root, name)
            if not name.startswith(".") and path.is_file():
                yield path.relative_to(folder).as_posix()


def _hash(path: Path) -> str:
    hasher = hashlib.blake2b(digest_size=16)
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            hasher.update(chunk)
    return hasher.hexdigest()
