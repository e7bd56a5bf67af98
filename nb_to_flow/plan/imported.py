"""Imported names that stand for values, not for modules, functions or classes.

Nothing is imported to find out: how the notebook uses a name and how it is spelt decide.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from nb_to_flow.ir.facts import Role
from nb_to_flow.plan.draft import Draft

_VALUE_MODULES = ("statsmodels.formula.api", "scipy.constants", "bokeh.palettes", "bokeh.sampledata")
_KNOWN_VALUES = frozenset(
    {
        "e", "pi", "tau", "inf", "nan", "Inf", "NaN", "NAN", "NINF", "PINF", "euler_gamma", "newaxis",
        "ascii_letters", "ascii_lowercase", "ascii_uppercase", "digits", "punctuation", "environ", "argv",
    }
)  # fmt: skip
_CLASS = re.compile(r"_?[A-Z][A-Za-z0-9]*[a-z][A-Za-z0-9]*")
_DISTRIBUTIONS = ("scipy.stats",)


def imported_values(draft: Draft) -> Iterator[tuple[str, int]]:
    """Names that imports bind to what is probably a value, with the import statement."""
    called = _called_names(draft)
    for facts in draft.facts.statements:
        node = draft.facts.notebook.statements[facts.statement].node
        if facts.role is Role.IMPORT and isinstance(node, ast.Try):
            yield from ((name, facts.statement) for name in _assigned(node))
        if facts.role is not Role.IMPORT or not isinstance(node, ast.ImportFrom) or node.level:
            continue
        module = node.module or ""
        for alias in node.names:
            if alias.name == "*":
                data = (n for n in sorted(facts.binds) if facts.types.get(n, "") not in ("", "type"))
                yield from ((name, facts.statement) for name in data)
            elif facts.types.get(alias.asname or alias.name, "type") not in ("", "type") or _is_value(
                module, alias.name, alias.asname or alias.name, called
            ):
                yield alias.asname or alias.name, facts.statement


def _assigned(node: ast.Try) -> list[str]:
    """The constants of `try: import x ... except ImportError: HAS_X = False`."""
    targets = [t for n in ast.walk(node) if isinstance(n, ast.Assign) for t in n.targets]
    return sorted({n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)})


def _is_value(module: str, name: str, bound: str, called: frozenset[str]) -> bool:
    if name in _KNOWN_VALUES or module.startswith(_VALUE_MODULES):
        return True
    if bound in called or _CLASS.fullmatch(name):
        return False
    return module in _DISTRIBUTIONS or (name.isupper() and len(name) > 1)


def _called_names(draft: Draft) -> frozenset[str]:
    """Names that the notebook calls or decorates with."""
    return frozenset(
        node.func.id
        for statement in draft.facts.notebook.statements
        for node in ast.walk(statement.node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    )
