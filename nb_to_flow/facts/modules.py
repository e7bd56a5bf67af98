"""Modules that lie beside the notebook: read and summarised like the notebook's own functions."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path

MAX_BYTES = 2_000_000


@dataclass(frozen=True, slots=True)
class LocalModules:
    """Finds the sources of modules in the notebook's folder. Nothing is imported or run.

    Attributes:
        folder: where to look; None finds nothing.
    """

    folder: Path | None

    def find(self, name: str) -> ast.Module | None:
        """The parsed source of module `name` ("helpers", "pkg.sub"); None if it isn't there or isn't Python."""
        if self.folder is None or not all(part.isidentifier() for part in name.split(".")):
            return None
        base = self.folder.joinpath(*name.split("."))
        for path in (base.with_suffix(".py"), base / "__init__.py"):
            try:
                if path.is_file() and path.stat().st_size <= MAX_BYTES:
                    return ast.parse(path.read_text("utf-8"))
            except (OSError, ValueError, SyntaxError, RecursionError):
                return None
        return None

    def package_of(self, name: str) -> str:
        """The package that module `name` looks up relative imports in: itself, if it is one."""
        is_file = (
            self.folder is not None and self.folder.joinpath(*name.split(".")).with_suffix(".py").is_file()
        )
        return name.rpartition(".")[0] if is_file else name

    def exported(self, name: str) -> frozenset[str] | None:
        """What the module's `__all__` lists; None if it has none that can be read."""
        tree = self.find(name)
        for node in tree.body if tree else ():
            if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
                items = node.value.elts if isinstance(node.value, (ast.List, ast.Tuple)) else []
                return frozenset(
                    e.value for e in items if isinstance(e, ast.Constant) and isinstance(e.value, str)
                )
        return None
