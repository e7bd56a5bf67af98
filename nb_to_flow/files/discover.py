"""Finding notebooks in folders."""

from __future__ import annotations

import os
from pathlib import Path

from nb_to_flow.ir.errors import InputError

_NEVER = frozenset({"node_modules", "__pycache__", "site-packages"})


def find_notebooks(source: Path) -> tuple[Path, ...]:
    """The notebooks that `source` stands for, sorted: itself, or those anywhere below it if it is a folder.

    Hidden folders (`.ipynb_checkpoints`, `.venv`) and installed packages are passed over.
    Raises InputError for a folder without notebooks, and for what no path can be.
    """
    if "\0" in str(source):
        raise InputError(f"{str(source)!r} can't be a path")
    if not source.is_dir():
        return (source,)
    found = []
    for folder, inner, names in os.walk(source):
        inner[:] = sorted(d for d in inner if not d.startswith(".") and d not in _NEVER)
        found += [Path(folder, n) for n in names if n.endswith(".ipynb") and not n.startswith(".")]
    if not found:
        raise InputError(f"{source} holds no notebooks", "Name a folder with .ipynb files, or a file.")
    return tuple(sorted(found))
