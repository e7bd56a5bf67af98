"""Texts with credentials turned into expressions that look them up, or into texts without them."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Mapping

from nb_to_flow.credentials.places import Literal

MASK = "***"
_NAME = re.compile(r'"(.*?)"')
_PREFIX = re.compile(r"([a-zA-Z]*)(\"\"\"|'''|\"|')")


def looked_up(literal: Literal, segment: str, lookups: Mapping[str, str]) -> str | None:
    """An expression with the literal's value that holds none of the credentials.

    Args:
        literal: what is replaced.
        segment: its source text.
        lookups: for each credential in it the expression that looks it up.

    Returns None if there is no such expression.
    """
    if literal.fixed:
        return None
    whole = lookups.get(literal.text)
    is_bytes = isinstance(literal.node, ast.Constant) and isinstance(literal.node.value, bytes)
    if whole is not None and isinstance(literal.node, ast.Constant):
        return f"{whole}.encode()" if is_bytes else whole
    if is_bytes:
        return _by_replace(literal, segment, lookups, b"b")
    return _formatted(literal, segment, lookups) or _by_replace(literal, segment, lookups)


def masked(literal: Literal, segment: str, values: Collection[str]) -> str:
    """A literal with stars for each of the credentials."""
    text, expected = segment, literal.text
    for value in sorted(values, key=len, reverse=True):
        text, expected = text.replace(value, MASK), expected.replace(value, MASK)
    node = _parsed(text)
    if isinstance(node, ast.Constant | ast.JoinedStr) and _parts(node, {}) == _parts(
        literal.node, {}, values
    ):
        return text
    if isinstance(literal.node, ast.JoinedStr):
        return repr(MASK)
    is_bytes = isinstance(literal.node.value, bytes)
    return repr(expected.encode()) if is_bytes else repr(expected)


def _formatted(literal: Literal, segment: str, lookups: Mapping[str, str]) -> str | None:
    """The literal as an f-string."""
    match = _PREFIX.match(segment)
    if match is None:
        return None
    prefix, quotes = match[1].replace("u", "").replace("U", ""), match[2]
    prefix = prefix if "f" in prefix.lower() else f"f{prefix}"
    body, known = segment[match.end() :], {}
    for value in sorted(lookups, key=len, reverse=True):
        lookup = lookups[value] if quotes[0] == "'" else lookups[value].replace('"', "'")
        body = body.replace(value, "{" + lookup + "}")
        known[_dumped(lookup)] = value
    return _if_equal(f"{prefix}{quotes}{body}", literal, known)


def _if_equal(text: str, literal: Literal, known: Mapping[str, str]) -> str | None:
    """The text, if it has the literal's value once the lookups in it are done."""
    node = _parsed(text)
    if not isinstance(node, ast.JoinedStr) or _parts(node, known) != _parts(literal.node, {}):
        return None
    left = "".join(str(part) for part in _parts(node, {}))
    return None if any(value in left for value in known.values()) else text


def _by_replace(
    literal: Literal, segment: str, lookups: Mapping[str, str], prefix: bytes = b""
) -> str | None:
    """The literal with names in angle brackets, which are replaced when it runs."""
    if isinstance(literal.node, ast.JoinedStr):
        return None
    text, template, calls, mark = segment, literal.text, "", prefix.decode()
    for value in sorted(lookups, key=len, reverse=True):
        hole = f"<{_NAME.findall(lookups[value])[0]}>"
        if hole in template:
            return None
        text, template = text.replace(value, hole), template.replace(value, hole)
        calls += f'.replace({mark}"{hole}", {lookups[value]}{".encode()" if mark else ""})'
    wanted: str | bytes = template.encode() if mark else template
    node = _parsed(text)
    simple = isinstance(node, ast.Constant) and node.value == wanted
    return f"{text if simple else repr(wanted)}{calls}"


def _parsed(text: str) -> ast.expr | None:
    try:
        return ast.parse(f"({text})", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _dumped(expression: str) -> str:
    return ast.dump(ast.parse(expression, mode="eval").body)


def _parts(
    node: ast.Constant | ast.JoinedStr, known: Mapping[str, str], hidden: Collection[str] = ()
) -> list[str | bytes]:
    """A text's parts: constant text, and the replaced fields; with `hidden` values masked."""
    parts: list[str | bytes] = [""]
    for value in node.values if isinstance(node, ast.JoinedStr) else [node]:
        text = _text_of(value, known)
        if text is None:
            parts += [f"\0{ast.dump(value)}", ""]
        elif isinstance(text, bytes):
            parts.append(text)
        else:
            parts[-1] = f"{parts[-1]!s}{text}"
    for hide in sorted(hidden, key=len, reverse=True):
        parts = [
            p.replace(hide, MASK) if isinstance(p, str) else p.replace(hide.encode(), MASK.encode())
            for p in parts
        ]
    return parts


def _text_of(node: ast.expr, known: Mapping[str, str]) -> str | bytes | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, (str, bytes)) else None
    plain = isinstance(node, ast.FormattedValue) and node.conversion == -1 and node.format_spec is None
    return known.get(ast.dump(node.value)) if plain and isinstance(node, ast.FormattedValue) else None
