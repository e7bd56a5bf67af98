"""Comparing values that have no parts, one by one and by the thousand."""

from __future__ import annotations

import binascii
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nb_to_flow.ir.verification import Verdict
from nb_to_flow.verify.judge import Judge, close
from nb_to_flow.verify.portrait.painter import digest_of
from nb_to_flow.verify.words import describe, shorten


def compare_exactly(judge: Judge, label: str, expected: Any, actual: Any) -> Verdict:
    """None, booleans, integers."""
    if expected == actual:
        return Verdict.SAME
    reason = f"{describe(actual)} instead of {describe(expected)}"
    return judge.say(label, Verdict.DIFFERENT, reason, expected, actual)


def compare_floats(judge: Judge, label: str, expected: Any, actual: Any) -> Verdict:
    """Finite floats, or nodes that hold nan and the infinities."""
    a, b = to_float(expected), to_float(actual)
    if a == b or (math.isnan(a) and math.isnan(b)):
        return Verdict.SAME
    gap = "" if math.isnan(a - b) or math.isinf(a - b) else f", a difference of {abs(a - b):.3g}"
    verdict = Verdict.CLOSE if close(a, b, judge.tolerance) else Verdict.DIFFERENT
    return judge.say(label, verdict, f"{b!r} instead of {a!r}{gap}", expected, actual)


def compare_texts(judge: Judge, label: str, expected: Any, actual: Any) -> Verdict:
    """Texts, with the place where they part; long ones may be there as a hash only."""
    if isinstance(expected, str) and isinstance(actual, str):
        if expected == actual:
            return Verdict.SAME
        return judge.say(label, Verdict.DIFFERENT, text_difference(expected, actual), expected, actual)
    (a, size), (b, other) = _fingerprint(expected), _fingerprint(actual)
    if (a, size) == (b, other):
        return Verdict.SAME
    reason = f"another text: {other:,} characters instead of {size:,}"
    return judge.say(label, Verdict.DIFFERENT, reason, expected, actual)


def _fingerprint(text: Any) -> tuple[str, int]:
    if isinstance(text, dict):
        return text["h"], text["len"]
    return digest_of(text.encode("utf-8", "surrogatepass")), len(text)


def compare_bytes(judge: Judge, label: str, expected: Any, actual: Any) -> Verdict:
    """Bytes; long ones may be there as a hash only."""
    if expected.get("v") == actual.get("v") and expected.get("h") == actual.get("h"):
        return Verdict.SAME
    if "h" in expected or "h" in actual:
        hashes = [side.get("h") or digest_of(unpacked(side["v"])) for side in (expected, actual)]
        if hashes[0] == hashes[1]:
            return Verdict.SAME
        return judge.say(label, Verdict.DIFFERENT, "other bytes", expected, actual)
    a, b = unpacked(expected["v"]), unpacked(actual["v"])
    where = next(
        (i for i, pair in enumerate(zip(a, b, strict=False)) if pair[0] != pair[1]), min(len(a), len(b))
    )
    sizes = "" if len(a) == len(b) else f"{len(b):,} bytes instead of {len(a):,}, "
    return judge.say(label, Verdict.DIFFERENT, f"{sizes}other bytes from number {where}", expected, actual)


def compare_complex(judge: Judge, label: str, expected: Any, actual: Any) -> Verdict:
    """Complex numbers: close if both parts are."""
    verdicts = [judge.quietly(*parts) for parts in zip(expected["v"], actual["v"], strict=True)]
    if verdicts == [Verdict.SAME, Verdict.SAME]:
        return Verdict.SAME
    verdict = Verdict.DIFFERENT if Verdict.DIFFERENT in verdicts else Verdict.CLOSE
    return judge.say(label, verdict, f"{describe(actual)} instead of {describe(expected)}", expected, actual)


def compare_named(judge: Judge, label: str, expected: Any, actual: Any) -> Verdict:
    """What is known by its name or stands for its text: functions, classes, dates, paths."""
    return Verdict.SAME if expected["v"] == actual["v"] else _named_differ(judge, label, expected, actual)


def _named_differ(judge: Judge, label: str, expected: Any, actual: Any) -> Verdict:
    a, b = (side["v"] if isinstance(side["v"], str) else describe(side["v"]) for side in (expected, actual))
    reason = text_difference(a, b) if max(len(a), len(b)) > 60 else f"{b} instead of {a}"
    return judge.say(label, Verdict.DIFFERENT, reason, expected, actual)


def compare_random(judge: Judge, label: str, expected: Any, actual: Any) -> Verdict:
    """Random generators."""
    if expected["h"] == actual["h"]:
        return Verdict.SAME
    reason = "another state: it was seeded differently, or more or less was drawn from it"
    return judge.say(label, Verdict.DIFFERENT, reason, expected, actual)


def compare_unknown(judge: Judge, label: str, expected: Any, actual: Any) -> Verdict:
    """What can't be compared: both sides have one, and that is all that can be said."""
    return judge.say(label, Verdict.UNKNOWN, expected["why"], expected, actual)


def text_difference(expected: str, actual: str) -> str:
    """Where two texts part, in the user's words."""
    if max(len(expected), len(actual)) <= 40:
        return f"{actual!r} instead of {expected!r}"
    pairs = enumerate(zip(expected, actual, strict=False))
    where = next((i for i, (a, b) in pairs if a != b), min(len(expected), len(actual)))
    start = max(0, where - 10)
    a, b = (shorten(side[start : start + 40], 40) for side in (expected, actual))
    return f"the texts part at character {where + 1}: {b!r} instead of {a!r}"


def plain(items: Sequence[Any]) -> list[Any]:
    """Items with every float as a float."""
    return [to_float(item) if isinstance(item, dict) and item["k"] == "float" else item for item in items]


def to_float(node: Any) -> float:
    """A finite float, or what the node of a non-finite one says."""
    return float(node["v"]) if isinstance(node, dict) else float(node)


@dataclass(frozen=True, slots=True, kw_only=True)
class Differences:
    """How two equally long sequences of leaves differ.

    Attributes:
        count, close: how many differ, and how many are not equal but within the tolerance.
        first: where the first of those that differ (if none, of the close ones) is.
        largest: the largest gap between numbers, or None.
    """

    count: int
    close: int
    first: int
    largest: float | None


def differences(expected: Sequence[Any], actual: Sequence[Any], tolerance: float) -> Differences:
    """Compare leaf with leaf. A number and the same number of another kind differ."""
    count = near = 0
    first = first_near = -1
    largest: float | None = None
    for i, (a, b) in enumerate(zip(expected, actual, strict=True)):
        if a is b or (a == b and type(a) is type(b)) or _both_nan(a, b):
            continue
        gap = _gap(a, b)
        if gap is not None and isinstance(a, float) and isinstance(b, float) and close(a, b, tolerance):
            near += 1
            first_near = i if first_near < 0 else first_near
        else:
            count += 1
            first = i if first < 0 else first
        if gap is not None and math.isfinite(gap):
            largest = max(gap, largest or 0.0)
    return Differences(count=count, close=near, first=first if count else first_near, largest=largest)


def _both_nan(a: Any, b: Any) -> bool:
    return isinstance(a, float) and isinstance(b, float) and math.isnan(a) and math.isnan(b)


def _gap(a: Any, b: Any) -> float | None:
    """How far two numbers are apart, or None if they aren't numbers."""
    if isinstance(a, bool) or isinstance(b, bool):
        return None
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        try:
            return float(abs(a - b))
        except OverflowError:
            return math.inf
    return None


def unpacked(text: str) -> bytes:
    """The bytes of a portrait's packed numbers."""
    return binascii.a2b_base64(text)
