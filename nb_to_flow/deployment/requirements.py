"""The packages that a flow needs, pinned to what is installed here."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

# What pandas imports only when these methods are called.
_BEHIND_METHODS = {
    "read_excel": "openpyxl",
    "to_excel": "openpyxl",
    "read_parquet": "pyarrow",
    "to_parquet": "pyarrow",
    "read_feather": "pyarrow",
    "to_feather": "pyarrow",
    "read_html": "lxml",
    "to_markdown": "tabulate",
    "read_hdf": "tables",
    "to_hdf": "tables",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirements:
    """Pinned packages, and modules that no installed package provides."""

    pins: tuple[str, ...]
    unknown: tuple[str, ...]


def requirements_of(flow_file: Path, folders: Iterable[Path]) -> Requirements:
    """What the flow imports, with what modules beside it or beside the notebook import.

    Nothing is run. What a package needs itself is left to pip. Raises OSError or SyntaxError if the flow
    can't be read.
    """
    modules = _imported(flow_file, tuple(folders)) | {"prefect"}
    owners = metadata.packages_distributions()
    pins, unknown = set(), []
    for module in sorted(modules):
        found = _pins(module, owners)
        pins.update(found)
        if not found and module not in _BEHIND_METHODS.values():
            unknown.append(module)
    return Requirements(pins=tuple(sorted(pins, key=str.lower)), unknown=tuple(unknown))


def _pins(module: str, owners: Mapping[str, list[str]]) -> set[str]:
    return {f"{name}=={metadata.version(name)}" for name in owners.get(module, [])}


def _imported(path: Path, folders: tuple[Path, ...]) -> set[str]:
    """Top-level names of what a file imports from outside the standard library and these folders."""
    waiting, seen, found = [path], set(), set()
    while waiting:
        current = waiting.pop()
        seen.add(current)
        for name in _names(ast.parse(current.read_bytes())):
            local = [p for f in folders for p in (f / f"{name}.py", f / name / "__init__.py") if p.is_file()]
            if local:
                waiting += [p for p in local if p not in seen]
            elif name not in sys.stdlib_module_names:
                found.add(name)
    return found


def _names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
        elif isinstance(node, ast.Attribute) and node.attr in _BEHIND_METHODS:
            yield _BEHIND_METHODS[node.attr]
