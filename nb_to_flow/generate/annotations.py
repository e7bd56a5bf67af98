"""Types for the tasks' signatures, written with what the notebook imports."""

from __future__ import annotations

import builtins
import re
from collections.abc import Mapping

# Classes that are surely there under their module's public name: an annotation runs when the flow is imported.
_KNOWN = {
    "pandas": "DataFrame Series Index MultiIndex DatetimeIndex Timestamp Timedelta Categorical Period Interval",
    "numpy": "ndarray float64 float32 int64 int32 bool_ datetime64 timedelta64 matrix",
    "numpy.random": "Generator RandomState",
    "datetime": "datetime date time timedelta timezone",
    "collections": "Counter defaultdict deque OrderedDict",
    "pathlib": "Path PurePath",
    "decimal": "Decimal",
    "fractions": "Fraction",
    "networkx": "Graph DiGraph MultiGraph MultiDiGraph",
    "matplotlib.figure": "Figure",
    "matplotlib.axes": "Axes",
}
_PUBLIC = frozenset(f"{module}.{name}" for module, names in _KNOWN.items() for name in names.split())
_PLAIN_WORDS = "int float complex bool str bytes bytearray list dict set frozenset tuple range slice object"
_PLAIN = frozenset(_PLAIN_WORDS.split())


# What an annotation may bring in where the notebook doesn't import it: its libraries have.
_BROUGHT_IN = {"pandas": "pd", "numpy": "np"}
_SIMPLE = re.compile(r"(?:list|dict|set)\[(?:(?:int|float|str|bool)(?:, )?)+\]")


def annotation(
    type_name: str, imports: Mapping[str, str], classes: frozenset[str], spelled: frozenset[str] = frozenset()
) -> str:
    """The annotation for an inferred type, `Any` if it has no name here.

    Args:
        type_name: such as "pandas.DataFrame", "list[str]", "".
        imports: what the names that the module imports stand for ("pd": "pandas").
        classes: the classes and other definitions at module level.
        spelled: dotted names in the notebook's code ("svm.SVC"): these surely exist.
    """
    base, _, inside = type_name.partition("[")
    if base == "Annotated":
        base = inside.partition(",")[0]
    if base in ("None", "NoneType"):
        return "None"
    if base in _PLAIN:
        hidden = base in imports or base in classes or not hasattr(builtins, base)
        return "Any" if hidden else type_name if _SIMPLE.fullmatch(type_name) else base
    if base in classes:
        return base
    return _imported(base, imports, spelled) or _brought_in(base, classes) or "Any"


def _brought_in(qualified: str, classes: frozenset[str]) -> str:
    root, _, name = qualified.rpartition(".")
    local = _BROUGHT_IN.get(root, "")
    return f"{local}.{name}" if local and qualified in _PUBLIC and local not in classes else ""


def _imported(qualified: str, imports: Mapping[str, str], spelled: frozenset[str]) -> str:
    root, _, name = qualified.rpartition(".")
    if not name:
        return ""
    for local, target in imports.items():
        module, _, imported = target.rpartition(".")
        if imported == name and module and module.partition(".")[0] == qualified.partition(".")[0]:
            return local
        if target == root and f"{local}.{name}" in spelled:
            return f"{local}.{name}"
    if qualified not in _PUBLIC:
        return ""
    for local, target in imports.items():
        if target == root:
            return f"{local}.{name}"
        if root.startswith(target + ".") and target == "numpy":
            return f"{local}.{root.removeprefix('numpy.')}.{name}"
        if target == "matplotlib.pyplot" and root.startswith("matplotlib."):
            return f"{local}.{name}"
    return ""
