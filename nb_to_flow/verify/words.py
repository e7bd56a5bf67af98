"""Portraits in a few words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_WIDTH = 60


def kind_of(portrait: Any) -> str:
    """The type as the user knows it."""
    if not isinstance(portrait, dict):
        return type(portrait).__name__
    kind: str = portrait["k"]
    if kind == "leaf":
        return kind_of(portrait["v"])
    plain = {"array": "ndarray"}
    return str(portrait.get("type") or plain.get(kind, kind))


def describe(portrait: Any) -> str:
    """A value as one short line: itself if it is small, else its type and size."""
    if not isinstance(portrait, dict):
        return shorten(repr(portrait))
    worded = _WORDS.get(portrait["k"])
    return worded(portrait) if worded else kind_of(portrait)


def joined(name: str, label: str) -> str:
    """A part of something, in full: `model.coef_`, `orders, column 'price'`."""
    return name + label if not label or label[0] in ".[" else f"{name}, {label}"


def missing_and_additional(what: str, missing: list[str], additional: list[str]) -> str:
    """ "missing keys 'a', 'b'; additional key 'c'", or nothing."""
    sides = ((f"missing {what}", missing), (f"additional {what}", additional))
    return "; ".join(
        f"{words}{'s' * (len(names) > 1)} {', '.join(names[:5])}" + (" ..." if len(names) > 5 else "")
        for words, names in sides
        if names
    )


def shorten(text: str, width: int = _WIDTH) -> str:
    """`text` in at most `width` characters."""
    return text if len(text) <= width else text[: width - 1] + "…"


def _list(portrait: dict[str, Any]) -> str:
    items = portrait.get("items")
    if items is not None and len(items) <= 8 and all(not isinstance(item, dict) for item in items):
        text = ", ".join(repr(item) for item in items)
        plain = {"list": f"[{text}]", "tuple": f"({text}{',' * (len(items) == 1)})", "set": f"{{{text}}}"}
        if portrait["type"] in plain and len(text) < _WIDTH:
            return plain[portrait["type"]] if items or portrait["type"] != "set" else "set()"
    return _sized(portrait)


def _sized(portrait: dict[str, Any]) -> str:
    count = portrait.get("len", len(portrait.get("items", ())))
    return f"{portrait['type']} of {count}"


def _array(portrait: dict[str, Any]) -> str:
    return f"{portrait['dtype']} {kind_of(portrait)} {' × '.join(map(str, portrait['shape']))}".rstrip()


def _count(values: dict[str, Any]) -> int:
    """The number of labels in an index."""
    if "range" in values:
        return len(range(*values["range"]))
    return int((values.get("levels") or [values["values"]])[0]["shape"][0])


def _text(portrait: dict[str, Any]) -> str:
    return shorten(f"{portrait['type']} {portrait['v']}")


_WORDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "leaf": lambda p: describe(p["v"]),
    "float": lambda p: str(p["v"]),
    "int": lambda p: shorten(p["v"]),
    "str": lambda p: shorten(repr(p["head"])[:-1] + f"…' ({p['len']:,} characters)", 2 * _WIDTH),
    "bytes": lambda p: f"{p['type']}, {p.get('len') or len(p.get('v', '')) * 3 // 4} bytes",
    "complex": lambda p: f"{describe(p['v'][0])} + {describe(p['v'][1])}j",
    "scalar": lambda p: describe(p["v"]),
    "text": _text,
    "named": lambda p: f"{p['type']} {p['v']}",
    "list": _list,
    "set": _list,
    "dict": _sized,
    "array": _array,
    "frame": lambda p: f"{p['type']} {p['rows']} × {len(p['data'])}",
    "series": lambda p: f"{p['values']['dtype']} {p['type']} of {p['values']['shape'][0]}",
    "index": lambda p: f"{p['type']} of {_count(p)}",
    "ref": lambda p: "(the object around it)",
    "figure": lambda p: p["type"],
}
