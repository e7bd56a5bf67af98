"""The module's imports: the notebook's own and those that generated code needs, without the unused ones."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from nb_to_flow.ir.notebook import Statement

SPLIT = "# isort: split"
# Importing these changes nothing but the importing module: without a use they may go.
LIBRARIES = frozenset(
    [
        "IPython",
        "PIL",
        "bs4",
        "cv2",
        "imblearn",
        "ipywidgets",
        "joblib",
        "lightgbm",
        "matplotlib",
        "nltk",
        "numpy",
        "openpyxl",
        "pandas",
        "plotly",
        "prefect",
        "pydantic",
        "requests",
        "scipy",
        "skimage",
        "sklearn",
        "statsmodels",
        "sympy",
        "torch",
        "tqdm",
        "xgboost",
        "yaml",
    ]
)
_HARMLESS = frozenset(sys.stdlib_module_names - {"antigravity", "this", "readline"}) | LIBRARIES
# ... but not these parts of them: they register something when they are imported.
_REGISTERING = (
    "mpl_toolkits.mplot3d",
    "sklearn.experimental",
    "tqdm.pandas",
    "plotly.io",
    "statsmodels.api",
)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Entry:
    """One imported name: `import module as bound` or `from module import name as bound`."""

    module: str
    name: str = ""
    bound: str = ""
    level: int = 0
    comment: str = ""

    @property
    def local(self) -> str:
        """The name it binds in the importing module ("*" for a star import)."""
        return self.bound or self.name or self.module.partition(".")[0]

    @property
    def target(self) -> str:
        """What that name stands for ("pandas", "matplotlib.pyplot.show")."""
        if self.name:
            return f"{self.module}.{self.name}"
        return self.module if self.bound else self.module.partition(".")[0]

    @property
    def is_harmless(self) -> bool:
        """True if it only binds its name."""
        whole = f"{self.module}.{self.name}" if self.name else self.module
        if self.level or whole.startswith(_REGISTERING) or self.name == "*":
            return False
        loads_part = not self.name and not self.bound and "." in self.module
        return not loads_part and self.module.partition(".")[0] in _HARMLESS

    def code(self, comment: str = "") -> str:
        """The import statement."""
        alias = f" as {self.bound}" if self.bound else ""
        if self.name:
            text = f"from {'.' * self.level}{self.module} import {self.name}{alias}"
        else:
            text = f"import {self.module}{alias}"
        notes = "  ".join(note for note in (self.comment, comment) if note)
        return f"{text}  {notes}" if notes else text


def entries_of(statement: Statement) -> tuple[Entry, ...] | None:
    """The names a plain import statement binds; None if it is compound (`try: import ...`)."""
    node = statement.node
    if not isinstance(node, ast.Import | ast.ImportFrom):
        return None
    comment = _trailing_comment(statement) if len(node.names) == 1 else ""
    if isinstance(node, ast.Import):
        names = [Entry(module=a.name, bound=a.asname or "", comment=comment) for a in node.names]
    else:
        # Prefect can't serve modules with postponed annotations; the other features are data at most.
        kept = [a for a in node.names if (node.module, a.name) != ("__future__", "annotations")]
        names = [
            Entry(
                module=node.module or "", name=a.name, bound=a.asname or "", level=node.level, comment=comment
            )
            for a in kept
        ]
    return tuple(names)


def import_targets(entries: Iterable[Entry]) -> dict[str, str]:
    """What each imported name stands for."""
    return {entry.local: entry.target for entry in entries if entry.local != "*"}


def parse_entries(code: str) -> tuple[Entry, ...]:
    """Entries of generated import statements."""
    found: list[Entry] = []
    for node in ast.parse(code).body:
        if isinstance(node, ast.Import):
            found += [Entry(module=a.name, bound=a.asname or "") for a in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [Entry(module=node.module or "", name=a.name, bound=a.asname or "") for a in node.names]
    return tuple(found)


def needed(entries: Sequence[Entry], used: frozenset[str], own: Sequence[Entry]) -> list[Entry]:
    """The notebook's entries and the generator's `own`, without duplicates and harmless unused ones.

    Of two that bind the same name to different things the later wins, as in the notebook.
    """
    kept: dict[tuple[str, str], Entry] = {}
    for entry in [*own, *entries]:
        wanted = entry.local in used and (entry.local, entry.target) not in kept
        if entry.local == "*" or not entry.name and not entry.bound:
            # `import a.b` and `import a.c` both bind `a`: keep each module.
            if entry.local in used or not entry.is_harmless:
                kept.setdefault((entry.local, entry.module), entry)
        elif wanted or not entry.is_harmless and (entry.local, entry.target) not in kept:
            kept[entry.local, entry.target] = entry
    return list(kept.values())


def import_code(entries: Sequence[Entry], used: frozenset[str]) -> list[str]:
    """Import statements for the entries; names bound twice come in a later block, unsorted."""
    bound: dict[str, str] = {}
    first: list[str] = []
    later: list[str] = []
    for entry in entries:
        note = "" if entry.local in used or entry.local == "*" else "# noqa: F401"
        block = later if bound.get(entry.local, entry.target) != entry.target else first
        bound[entry.local] = entry.target
        block.append(entry.code(note))
    return [*first, "", SPLIT, *later] if later else first


def used_names(tree: ast.AST) -> frozenset[str]:
    """All names that occur in a module, and words in its string annotations."""
    return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


def resolve(node: ast.expr, imports: Mapping[str, str]) -> str:
    """The qualified name of a dotted expression, led through the imports; "" if it is none."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join([imports.get(node.id, node.id), *reversed(parts)])


def _trailing_comment(statement: Statement) -> str:
    last = statement.code.split("\n")[(statement.node.end_lineno or 1) - 1]
    rest = last.encode()[statement.node.end_col_offset or 0 :].decode(errors="ignore").strip(" ;\t")
    return rest if rest.startswith("#") and "noqa" not in rest else ""
