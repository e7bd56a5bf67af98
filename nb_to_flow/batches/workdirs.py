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
from pathlib import Path

_NOT_LINKED = (".git", ".venv", ".ipynb_checkpoints", "__pycache__")


def prepare(target: Path, source: Path, written: Iterable[str], leave_out: Path) -> None:
    """Make `target` look like `source`. What is there already stays, so it may be called again.

    Args:
        target: the set's folder.
        source: where the flow runs.
        written: paths that tasks write, relative to `source`, with {name} for what isn't constant.
        leave_out: the results folder, which may lie in `source`.
    """
    patterns = list({re.sub(r"\{[^{}]*\}", "*", os.path.normpath(path)) for path in written})
    target.mkdir(parents=True, exist_ok=True)
    _mirror(target, source, "", patterns, leave_out.resolve())


def remove_links(target: Path) -> None:
    """Remove the links again; what the set wrote stays."""
    for folder, folders, files in os.walk(target):
        for name in (*folders, *files):
            path = Path(folder, name)
            if path.is_symlink():
                path.unlink()


def _mirror(target: Path, source: Path, inside: str, patterns: list[str], leave_out: Path) -> None:
    for entry in os.scandir(source):
        if entry.name in _NOT_LINKED or Path(entry.path).resolve() == leave_out:
            continue
        path = f"{inside}{entry.name}"
        mine = target / entry.name
        if entry.is_dir() and (_is_written_into(path, patterns) or leave_out.is_relative_to(entry.path)):
            mine.mkdir(exist_ok=True)
            _mirror(mine, Path(entry.path), f"{path}/", patterns, leave_out)
        elif not entry.is_dir() and _is_written(path, patterns):
            _copy(Path(entry.path), mine)
        else:
            with contextlib.suppress(FileExistsError):
                mine.symlink_to(os.path.abspath(entry.path))


def _is_written(path: str, patterns: list[str]) -> bool:
    """True if a task writes the file, or into its folder, unless that is the top one."""
    folder = os.path.dirname(path)
    return any(
        fnmatch.fnmatch(path, p) or (folder and fnmatch.fnmatch(folder, os.path.dirname(p))) for p in patterns
    )


def _is_written_into(path: str, patterns: list[str]) -> bool:
    """True if a task writes to the folder or below it."""
    depth = path.count("/") + 1
    heads = ("/".join(p.split("/")[:depth]) for p in patterns)
    return any(fnmatch.fnmatch(path, head) for head in heads)


def _copy(source: Path, target: Path) -> None:
    """Copy unless it is there, in one step: another worker may be at the same set."""
    if target.exists():
        return
    temporary = target.with_name(f".{target.name[:40]}.{secrets.token_hex(3)}.tmp")
    shutil.copy2(source, temporary)
    with contextlib.suppress(FileExistsError):
        os.link(temporary, target)
    temporary.unlink()
