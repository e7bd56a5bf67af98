"""A scratch folder in which every run finds the working folder as it was, always at the same path.

The same path, so that absolute paths that a run prints or keeps are the same in every run.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

from nb_to_flow.ir.errors import InputError

# Folders that no notebook reads: environments, histories, caches.
NEVER_COPIED = (
    ".git",
    ".hg",
    ".svn",
    ".venv",
    "venv",
    ".tox",
    ".nox",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".dvc",
    "__pycache__",
    "node_modules",
    "site-packages",
)
LIMIT = 2_000_000_000

# A folder, the files in it, and what is left out of it.
_Walked = tuple[Path, list[str], list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workspace:
    """Where one verification works.

    Attributes:
        scratch: a folder of its own; whoever made it removes it.
        inside: the notebook's folder, relative to the folder that is copied.
        skipped: what wasn't copied, relative to that folder.
    """

    scratch: Path
    inside: Path = field(default_factory=Path)
    skipped: tuple[str, ...] = ()

    @property
    def before(self) -> Path:
        """The folder as it was before any run."""
        return self.scratch / "before"

    @property
    def live(self) -> Path:
        """Where each run happens."""
        return self.scratch / "work"

    @property
    def cwd(self) -> Path:
        """The notebook's folder during a run."""
        return self.live / self.inside

    def records(self, name: str) -> Path:
        """An empty folder for what is recorded of the run `name`; an earlier run of that name is forgotten."""
        shutil.rmtree(self.scratch / name, ignore_errors=True)
        folder = self.scratch / name / "records"
        folder.mkdir(parents=True)
        return folder

    def fresh(self) -> Path:
        """Put the folder back as it was before any run; returns the notebook's folder in it."""
        shutil.rmtree(self.live, ignore_errors=True)
        shutil.copytree(self.before, self.live)
        return self.cwd

    def put_away(self, name: str) -> Path:
        """Move what the last run left to `name`; returns where that is."""
        target = self.scratch / name / "folder"
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(self.live, target)
        return target


def open_workspace(scratch: Path, root: Path, folder: Path, skip: tuple[str, ...] = ()) -> Workspace:
    """Copy `root` to `scratch`, so that runs can start from it.

    Args:
        scratch: an empty folder.
        root: what the runs need; holds `folder`.
        folder: where they run.
        skip: patterns of files and folders that needn't be copied, besides `NEVER_COPIED`.

    Raises InputError if `root` is too large to be copied for each run, or can't be read.
    """
    root, folder = root.resolve(), folder.resolve()
    if not folder.is_relative_to(root):
        raise InputError(f"{folder} is not inside {root}", "--root names a folder that holds the notebook.")
    walked = list(_walk(root, (*NEVER_COPIED, *skip)))
    _check_size(root, walked)
    _copy(root, scratch / "before", walked)
    skipped = tuple(
        (place / name).relative_to(root).as_posix() for place, _, left_out in walked for name in left_out
    )
    return Workspace(scratch=scratch, inside=folder.relative_to(root), skipped=skipped)


def _walk(root: Path, patterns: tuple[str, ...]) -> Iterator[_Walked]:
    """Like os.walk through links, but into no folder twice; also yields what `patterns` leave out."""
    seen: set[str] = set()
    for folder, inner, names in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            inner.clear()
            continue
        seen.add(real)
        left_out = {n for n in (*inner, *names) if _matches(n, patterns)}
        inner[:] = sorted(n for n in inner if n not in left_out)
        yield Path(folder), [n for n in sorted(names) if n not in left_out], sorted(left_out)


def _matches(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)


def _check_size(root: Path, walked: list[_Walked]) -> None:
    sizes: dict[str, int] = {}
    for folder, names, _ in walked:
        parts = folder.relative_to(root).parts
        for name in names:
            if (folder / name).is_file():
                key = parts[0] if parts else name
                sizes[key] = sizes.get(key, 0) + (folder / name).stat().st_size
    total = sum(sizes.values())
    if total > LIMIT:
        largest = max(sizes, key=lambda key: sizes[key])
        raise InputError(
            f"{root} holds {total / 1e9:.1f} GB, too much to copy for each run",
            f"--skip leaves out what isn't needed; the largest part is {largest}"
            f" ({sizes[largest] / 1e9:.1f} GB).",
        )


def _copy(root: Path, target: Path, walked: list[_Walked]) -> None:
    target.mkdir(parents=True)
    for folder, names, _ in walked:
        here = target / folder.relative_to(root)
        here.mkdir(exist_ok=True)
        for name in names:
            if (folder / name).is_file():  # no sockets, pipes, links to nothing
                shutil.copy2(folder / name, here / name)
