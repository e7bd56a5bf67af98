"""Comparing arrays and columns: types, shapes, then number by number."""

from __future__ import annotations

import array as packed
import datetime
import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from nb_to_flow.ir.verification import Verdict
from nb_to_flow.verify.judge import Judge, Said, worst
from nb_to_flow.verify.leaves import differences, plain, unpacked
from nb_to_flow.verify.portrait.painter import digest_of
from nb_to_flow.verify.words import describe, shorten

_LETTERS = {"b1": "b", "i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "i8": "q", "u8": "Q"}
_LETTERS |= {"f4": "f", "f8": "d", "c8": "f", "c16": "d"}
# What a float of this type can't tell apart is not a difference.
_COARSE = {"float16": 1e-3, "float32": 1e-6, "complex64": 1e-6}
_EPOCH = datetime.datetime(1970, 1, 1)
_TICKS = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


def compare_arrays(judge: Judge, label: str, expected: Any, actual: Any) -> Verdict:
    """NumPy arrays and the values of columns."""
    return compare_values(judge, label, expected, actual, "values")


def compare_values(
    judge: Judge, label: str, expected: Any, actual: Any, what: str, at: Callable[[int], str] | None = None
) -> Verdict:
    """Compare two arrays.

    Args:
        what: what the array has many of, for the reason: "values", "items".
        at: how to say where number i is; by default by its place in the shape.
    """
    if expected["dtype"] != actual["dtype"]:
        reason = f"dtype {actual['dtype']} instead of {expected['dtype']}"
        return judge.say(label, Verdict.DIFFERENT, reason, Said(expected["dtype"]), Said(actual["dtype"]))
    if expected["shape"] != actual["shape"]:
        reason = f"shape {_shape(actual)} instead of {_shape(expected)}"
        return judge.say(label, Verdict.DIFFERENT, reason, Said(_shape(expected)), Said(_shape(actual)))
    if "fields" in expected:
        return _compare_fields(judge, label, expected, actual)
    if "h" in expected or "h" in actual:
        return _compare_hashed(judge, label, expected, actual)
    if expected.get("ordered") != actual.get("ordered"):
        return judge.say(
            label, Verdict.DIFFERENT, "the categories' order counts on one side only", expected, actual
        )
    if _same_content(expected, actual):
        return Verdict.SAME
    if (
        "categories" in expected
        and judge.quietly(expected["categories"], actual["categories"]) is Verdict.DIFFERENT
    ):
        reason = "other categories"
        return judge.say(label, Verdict.DIFFERENT, reason, expected["categories"], actual["categories"])
    place = at or (lambda i: _place(i, expected["shape"]))
    tolerance = max(judge.tolerance, _COARSE.get(expected["dtype"], 0.0)) if judge.tolerance else 0.0
    return _compare_numbers(judge, label, expected, actual, what, place, tolerance)


def decode(node: Any) -> list[Any] | None:
    """An array's content as a list of leaves (or nodes, for what is no leaf); None if only its hash is there."""
    if "items" in node:
        return plain(node["items"])
    if "data" not in node:
        return None
    numbers = packed.array(_LETTERS[node["raw"]], unpacked(node["data"]))
    if sys.byteorder == "big":
        numbers.byteswap()
    values: list[Any] = numbers.tolist()
    if node["raw"][0] == "c":
        return [complex(a, b) for a, b in zip(values[::2], values[1::2], strict=True)]
    if node["raw"] == "b1":
        return [bool(value) for value in values]
    if "categories" in node:
        known = decode(node["categories"]) or []
        return [known[code] if code >= 0 else None for code in values]
    return values


def shown(value: Any, dtype: str = "") -> str:
    """One value of an array as text; dates from their number of ticks."""
    if isinstance(value, int) and dtype.startswith("datetime64["):
        unit = dtype.split("[")[1].rstrip("]").split(",")[0]
        if value == -(2**63):
            return "NaT"
        if unit in _TICKS:
            whole, rest = divmod(value, _TICKS[unit])
            try:
                moment = _EPOCH + datetime.timedelta(
                    seconds=whole, microseconds=rest * 1_000_000 // _TICKS[unit]
                )
            except OverflowError:
                return str(value)
            return moment.isoformat(sep=" ").removesuffix(" 00:00:00")
    return shorten(repr(value), 40) if not isinstance(value, dict) else describe(value)


def same_items_reordered(expected: Sequence[Any], actual: Sequence[Any]) -> bool:
    """True if two sequences hold the same items, each as often, whatever the order."""
    return Counter(map(canonical, expected)) == Counter(map(canonical, actual))


def canonical(node: Any) -> Any:
    """Something hashable that is equal for equal nodes."""
    if isinstance(node, (dict, list, tuple)):
        return json.dumps(node, sort_keys=True)
    return "nan" if isinstance(node, float) and math.isnan(node) else (type(node), node)


def _compare_numbers(
    judge: Judge,
    label: str,
    expected: Any,
    actual: Any,
    what: str,
    place: Callable[[int], str],
    tolerance: float,
) -> Verdict:
    mine, theirs = decode(expected) or [], decode(actual) or []
    if any(isinstance(item, dict) for item in (*mine, *theirs)):
        judged = [judge.quietly(a, b) for a, b in zip(mine, theirs, strict=True)]
        count, near = judged.count(Verdict.DIFFERENT), judged.count(Verdict.CLOSE)
        bad = worst(judged)
        if bad is Verdict.SAME:
            return bad
        first, largest = judged.index(bad), None
        if bad is Verdict.UNKNOWN:
            reason = f"{judged.count(bad)} of {len(mine)} {what} can't be compared"
            return judge.say(label, bad, reason, expected, actual)
    else:
        found = differences(mine, theirs, tolerance)
        count, near, first, largest = found.count, found.close, found.first, found.largest
    if not count and not near:
        return Verdict.SAME
    dtype = expected["categories"]["dtype"] if "categories" in expected else expected["dtype"]
    a, b = shown(mine[first], dtype), shown(theirs[first], dtype)
    change = f"{b} instead of {a}" if a != b else judge.closely(mine[first], theirs[first])[1]
    if not count:
        reason = f"{near} of {len(mine)} {what} differ within the tolerance, by at most {largest or 0.0:.3g}"
        return judge.say(label, Verdict.CLOSE, reason, Said(a), Said(b))
    if count > 1 and same_items_reordered(mine, theirs):
        reason = f"the same {what} in another order, first {place(first)}: {change}"
        return judge.say(label, Verdict.DIFFERENT, reason, Said(a), Said(b))
    gap = (
        f"; largest difference {largest:.6g}"
        if largest and not dtype.startswith(("datetime", "timedelta"))
        else ""
    )
    reason = f"{count} of {len(mine)} {what} differ, first {place(first)}: {change}{gap}"
    return judge.say(label, Verdict.DIFFERENT, reason, Said(a), Said(b))


def _compare_fields(judge: Judge, label: str, expected: Any, actual: Any) -> Verdict:
    names = [name for name, _ in expected["fields"]]
    if names != [name for name, _ in actual["fields"]]:
        return judge.say(label, Verdict.DIFFERENT, "other fields", expected, actual)
    pairs = zip(expected["fields"], actual["fields"], strict=True)
    return worst([judge.part(f"{label}[{a[0]!r}]", a[1], b[1]) for a, b in pairs])


def _compare_hashed(judge: Judge, label: str, expected: Any, actual: Any) -> Verdict:
    hashes = [node.get("h") or _hash(node) for node in (expected, actual)]
    if None in hashes:
        reason = "too large to compare: one side is described by its hash only"
        return judge.say(label, Verdict.UNKNOWN, reason, expected, actual)
    same_categories = judge.quietly(expected.get("categories"), actual.get("categories")) is Verdict.SAME
    if hashes[0] == hashes[1] and same_categories:
        return Verdict.SAME
    sides = [node.get("stats", {}) for node in (expected, actual)]
    notes = [
        f"{n} {describe(sides[1][n])} instead of {describe(v)}"
        for n, v in sides[0].items()
        if sides[1].get(n, v) != v
    ]
    reason = "contents differ (too large to compare value by value)" + (
        f": {', '.join(notes)}" if notes else ""
    )
    return judge.say(label, Verdict.DIFFERENT, reason, expected, actual)


def _hash(node: Any) -> str | None:
    return digest_of(unpacked(node["data"])) if "data" in node else None


def _same_content(expected: Any, actual: Any) -> bool:
    keys = ("data", "raw", "items", "categories")
    return all(expected.get(key) == actual.get(key) for key in keys) and not _has_reference(expected)


def _has_reference(node: Any) -> bool:
    """True if equal text may stand for different things."""
    return any(isinstance(item, dict) for item in node.get("items", ()))


def _shape(node: Any) -> str:
    return "(" + ", ".join(map(str, node["shape"])) + ")"


def _place(position: int, shape: list[int]) -> str:
    """Where number `position` is: "at [3]", "at [1, 4]"."""
    indices: list[int] = []
    for side in reversed(shape):
        indices.insert(0, position % side)
        position //= side
    return f"at [{', '.join(map(str, indices))}]" if shape else "at it"
