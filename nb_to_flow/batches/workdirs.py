"""A folder for each set that looks like the folder where the flow runs, but can be written to.

What no task writes to is linked. A file that a task may write is copied, and a folder that it may write into is a
real one, so that nothing gets back into the common folder through a link.
"""

from __future__ import annotations

import contextlib
import fnmatch
import os
import re
import secrets
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_NOT_LINKED = (".git", ".venv", ".ipynb_checkpoints", "__pycache__")


def home_below(folder: Path, source: Path, up: int) -> Path:
    """Where a set runs in its folder, if that looks like the folder `up` levels above `source`."""
    return folder.joinpath(*source.parts[len(source.parts) - up :]) if up else folder


def prepare(target: Path, source: Path, written: Iterable[str], leave_out: Path, up: int = 0) -> None:
    """Make `target` look like `source`. What is there already stays, so it may be called again.

    Args:
        target: where the set runs.
        source: where the flow runs.
        written: paths that tasks write, relative to `source`, with {name} for what isn't constant.
        leave_out: the results folder, which may lie in `source`.
        up: so many folders above are made to look like those above `source`: "../data" is there too.
    """
    top = home_below(Path(), source, up)
    paths = (os.path.normpath(top / path) for path in written)
    patterns = tuple({re.sub(r"\{[^{}]*\}", "*", path) for path in paths})
    if up:
        target, source = target.parents[up - 1], source.parents[up - 1]
    target.mkdir(parents=True, exist_ok=True)
    plan = _Plan(patterns=patterns, leave_out=leave_out.resolve(), top=top.as_posix() if up else "")
    _mirror(target, source, "", plan)


def remove_links(target: Path) -> None:
    """Remove the links again; what the set wrote stays."""
    for folder, folders, files in os.walk(target):
        for name in (*folders, *files):
            path = Path(folder, name)
            if path.is_symlink():
                path.unlink()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What isn't linked: what fits `patterns`, and the way to `top`, where the flow runs."""

    patterns: tuple[str, ...]
    leave_out: Path
    top: str

    def is_written(self, path: str) -> bool:
        """True if a task writes the file, or into its folder, unless that is where the flow runs."""
        folder = os.path.dirname(path)
        beside = folder not in ("", self.top)
        return any(
            fnmatch.fnmatch(path, p) or (beside and fnmatch.fnmatch(folder, os.path.dirname(p)))
            for p in self.patterns
        )

    def is_written_into(self, path: str) -> bool:
        """True if a task writes to the folder or below it, or the flow runs there."""
        depth = path.count("/") + 1
        heads = ("/".join(p.split("/")[:depth]) for p in (*self.patterns, self.top))
        return any(fnmatch.fnmatch(path, head) for head in heads)


def _mirror(target: Path, source: Path, inside: str, plan: _Plan) -> None:
    for entry in os.scandir(source):
        if entry.name in _NOT_LINKED or Path(entry.path).resolve() == plan.leave_out:
            continue
        path = f"{inside}{entry.name}"
        mine = target / entry.name
        if entry.is_dir() and (plan.is_written_into(path) or plan.leave_out.is_relative_to(entry.path)):
            mine.mkdir(exist_ok=True)
            _mirror(mine, Path(entry.path), f"{path}/", plan)
        elif not entry.is_dir() and plan.is_written(path):
            _copy(Path(entry.path), mine)
        else:
            with contextlib.suppress(FileExistsError):
                mine.symlink_to(os.path.abspath(entry.path))


def _copy(source: Path, target: Path) -> None:
    """Copy unless it is there, in one step: another worker may be at the same set."""
    if target.exists():
        return
    temporary = target.with_name(f".{target.name[:40]}.{secrets.token_hex(3)}.tmp")
    shutil.copy2(source, temporary)
    with contextlib.suppress(FileExistsError):
        os.link(temporary, target)
    temporary.unlink()
