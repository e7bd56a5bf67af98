"""Star imports: what they may bind, and where the order of imports counts because of it."""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from functools import cache

from nb_to_flow.generate.imports import LIBRARIES, Entry

# Importing these does nothing but define names, which makes it safe to look them up.
_PLAIN = frozenset(
    [
        "bisect",
        "cmath",
        "collections",
        "collections.abc",
        "copy",
        "dataclasses",
        "datetime",
        "decimal",
        "enum",
        "fractions",
        "functools",
        "heapq",
        "itertools",
        "json",
        "math",
        "operator",
        "os.path",
        "random",
        "re",
        "statistics",
        "string",
        "textwrap",
        "time",
        "typing",
    ]
)
# Names that people give to whole modules, and modules themselves don't use.
_CONVENTIONAL = frozenset({"mpl", "np", "nx", "pd", "plt", "px", "sm", "smf", "sns", "tf"})
_ALL_IN_ONE = ("pylab", "matplotlib.pylab")


def runs(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """The imports in order, cut wherever one may hide what another binds."""
    run: list[Entry] = []
    stars: list[Entry] = []
    for entry in entries:
        before = run if entry.name == "*" else stars
        if any(_may_hide(other, entry) for other in before):
            yield run
            run, stars = [], []
        run.append(entry)
        stars += [entry] if entry.name == "*" else []
    yield run


def _may_hide(first: Entry, second: Entry) -> bool:
    """True if both may bind the same name to different things."""
    if first.name == second.name == "*":
        return first.module != second.module
    star, other = (first, second) if first.name == "*" else (second, first)
    return other.target != f"{star.module}.{other.local}" and may_bind(star, other.local)


def may_bind(star: Entry, name: str) -> bool:
    """True if that star import may bind the name."""
    if star.level:
        return True
    if star.module in _PLAIN:
        return name in _exports(star.module)
    is_known = star.module.partition(".")[0] in LIBRARIES and star.module not in _ALL_IN_ONE
    return not (is_known and name in _CONVENTIONAL)


def targets(entries: Iterable[Entry]) -> dict[str, str]:
    """What the names stand for that star imports of plain modules bind."""
    modules = [e.module for e in entries if e.name == "*" and not e.level and e.module in _PLAIN]
    return {name: f"{module}.{name}" for module in modules for name in _exports(module)}


@cache
def _exports(module: str) -> frozenset[str]:
    found = importlib.import_module(module)
    names = getattr(found, "__all__", None)
    return frozenset(names if names is not None else (n for n in vars(found) if not n.startswith("_")))
