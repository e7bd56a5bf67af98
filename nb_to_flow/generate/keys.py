"""Keys of artifacts: the task, and what it shows."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Keys:
    """Artifact keys of one task or function.

    `load-orders`, then `load-orders-refunds` for what shows refunds, `load-orders-refunds-describe` for more of it.
    """

    name: str
    used: set[str] = field(default_factory=set)

    def next(self, what: str = "", aspect: str = "") -> str:
        """The next key; `what` names what is shown, to tell it from the task's others, `aspect` what of it."""
        stem, what, aspect = _kebab(self.name) or "output", _kebab(what), _kebab(aspect)
        about = f"{stem}-{what}" if what and what not in stem else stem
        wishes = [stem, about, f"{about}-{aspect}" if aspect else about]
        key = next((k for k in wishes if k not in self.used), wishes[-1])
        number = 2
        free = key
        while free in self.used:
            free, number = f"{key}-{number}", number + 1
        self.used.add(free)
        return free


def _kebab(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def subject(shown: ast.expr, variables: frozenset[str]) -> str:
    """The first of the variables in an expression."""
    names = [n for n in ast.walk(shown) if isinstance(n, ast.Name) and n.id in variables]
    names.sort(key=lambda n: (n.lineno, n.col_offset))
    return names[0].id if names else ""


def aspect(shown: ast.expr) -> str:
    """What an expression shows of its variable: "plan" of `orders["plan"].head()`, "dtypes" of `orders.dtypes`."""
    chain: list[str] = []
    node = shown
    while isinstance(node, (ast.Call, ast.Attribute, ast.Subscript)):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                return node.func.id
            node = node.func
            continue
        if isinstance(node, ast.Attribute):
            chain.append(node.attr)
        elif isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            chain.append(node.slice.value)
        node = node.value
    return chain[-1] if chain and len(chain[-1]) <= _LONGEST else ""


_LONGEST = 20
