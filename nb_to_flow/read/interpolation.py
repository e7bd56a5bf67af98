"""Python values in shell commands: `$name` and `{expression}`, by IPython's rules but without evaluating."""

from __future__ import annotations

import ast
from typing import NamedTuple

from nb_to_flow.read.context import BUILTINS, Context
from nb_to_flow.read.text import quote


class Part(NamedTuple):
    """Literal text, and the expression that follows it ("" at the end) with its conversion."""

    literal: str
    expression: str
    conversion: str


def interpolate(text: str, context: Context) -> str:
    """Python source of the string that IPython would make of `text`.

    As in IPython, one expression that cannot be evaluated leaves the whole text as it is: here one that is
    no expression or names something that the notebook has not bound.
    """
    if "$" not in text and "{" not in text and "}" not in text:
        return quote(text)
    parts = _parts(text)
    if parts is None or not all(_known(part.expression, context) for part in parts if part.expression):
        return quote(text)
    if not any(part.expression for part in parts):
        return quote("".join(part.literal for part in parts))
    return _as_f_string(parts) or _as_format_call(parts)


def _parts(text: str) -> list[Part] | None:
    from IPython.utils.text import DollarFormatter

    parts = []
    try:
        for literal, name, spec, conversion in DollarFormatter().parse(text):
            if name is not None and not name.strip():
                return None
            expression = ":".join(filter(None, (name, spec))).strip() if name else ""
            parts.append(Part(literal or "", expression, conversion or ""))
    except ValueError:
        return None
    return parts


def _known(expression: str, context: Context) -> bool:
    try:
        tree = ast.parse(expression, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    known = context.bound | {node.id for node in names if isinstance(node.ctx, ast.Store)}
    if context.in_function:  # it runs later, when cells below may have bound more
        known |= context.assigned
    return all(name.id in known or name.id in BUILTINS for name in names)


def _as_f_string(parts: list[Part]) -> str | None:
    """An f-string, unless an expression holds what Python 3.10 forbids inside one."""
    if any(set(part.expression) & set("'\"\\{}#\n") for part in parts):
        return None
    return "f" + quote("".join(_template(part, part.expression) for part in parts))


def _as_format_call(parts: list[Part]) -> str:
    template = "".join(_template(part, "") for part in parts)
    arguments = ", ".join(part.expression for part in parts if part.expression)
    return f"{quote(template)}.format({arguments})"


def _template(part: Part, inside: str) -> str:
    literal = part.literal.replace("{", "{{").replace("}", "}}")
    if not part.expression:
        return literal
    conversion = f"!{part.conversion}" if part.conversion else ""
    return f"{literal}{{{inside}{conversion}}}"
