"""Comparing lists, dicts, sets and objects part by part."""

from __future__ import annotations

from typing import Any

from nb_to_flow.ir.verification import Verdict
from nb_to_flow.verify.arrays import canonical, same_items_reordered, shown
from nb_to_flow.verify.judge import Judge, names_of, worst
from nb_to_flow.verify.leaves import differences, plain
from nb_to_flow.verify.words import describe, missing_and_additional

# Lists of parts longer than this are not searched for another order.
_REORDER_LIMIT = 20_000


def compare_lists(judge: Judge, label: str, expected: Any, actual: Any) -> Verdict:
    """Lists, tuples and the like: in order."""
    if "h" in expected or "h" in actual:
        return _compare_hashed(judge, label, expected, actual)
    if expected.get("fields") != actual.get("fields"):
        return judge.say(label, Verdict.DIFFERENT, "other fields", expected, actual)
    mine, theirs = plain(expected["items"]), plain(actual["items"])
    if len(mine) != len(theirs):
        return judge.say(label, Verdict.DIFFERENT, _lengths(mine, theirs), expected, actual)
    if any(isinstance(item, dict) for item in (*mine, *theirs)):
        verdict = _compare_parts(judge, label, expected, actual, _part_names(expected, label))
    else:
        verdict = _compare_leaves(judge, label, expected, actual)
    return worst([verdict, compare_attributes(judge, label, expected, actual)])


def _compare_leaves(judge: Judge, label: str, expected: Any, actual: Any) -> Verdict:
    mine, theirs = plain(expected["items"]), plain(actual["items"])
    found = differences(mine, theirs, judge.tolerance)
    if not found.count and not found.close:
        return Verdict.SAME
    a, b = shown(mine[found.first]), shown(theirs[found.first])
    if not found.count:
        reason = f"{found.close} of {len(mine)} items differ within the tolerance, by at most {found.largest or 0.0:.3g}"
        return judge.say(label, Verdict.CLOSE, reason, expected, actual)
    spot = f"first at [{found.first}]: {b} instead of {a}"
    if found.count > 1 and same_items_reordered(mine, theirs):
        return judge.say(
            label, Verdict.DIFFERENT, f"the same items in another order, {spot}", expected, actual
        )
    gap = f"; largest difference {found.largest:.6g}" if found.largest else ""
    reason = f"{found.count} of {len(mine)} items differ, {spot}{gap}"
    return judge.say(label, Verdict.DIFFERENT, reason, expected, actual)


def _compare_parts(judge: Judge, label: str, expected: Any, actual: Any, names: list[str]) -> Verdict:
    """Items that have parts of their own, each with its own rows; another order of the same ones is one row."""
    mine, theirs = expected["items"], actual["items"]
    before = len(judge.rows)
    verdict = worst([judge.part(name, a, b) for name, a, b in zip(names, mine, theirs, strict=True)])
    small = verdict is Verdict.DIFFERENT and 1 < len(mine) <= _REORDER_LIMIT
    if small and same_items_reordered(mine, theirs):
        del judge.rows[before:]
        return judge.say(label, Verdict.DIFFERENT, "the same items in another order", expected, actual)
    return verdict


def _part_names(portrait: Any, label: str) -> list[str]:
    fields = portrait.get("fields")
    count = len(portrait["items"])
    return [f"{label}.{name}" for name in fields] if fields else [f"{label}[{i}]" for i in range(count)]


def _lengths(mine: list[Any], theirs: list[Any]) -> str:
    text = f"{len(theirs)} items instead of {len(mine)}"
    if any(isinstance(item, dict) for item in (*mine, *theirs)):
        return text
    shared = min(len(mine), len(theirs))
    found = differences(mine[:shared], theirs[:shared], 0.0)
    if found.count:
        return f"{text}, first at [{found.first}]: {shown(theirs[found.first])} instead of {shown(mine[found.first])}"
    rest = (theirs if len(theirs) > len(mine) else mine)[shared]
    return f"{text}, {'with' if len(theirs) > len(mine) else 'without'} {shown(rest)} at [{shared}]"


def compare_dicts(judge: Judge, label: str, expected: Any, actual: Any) -> Verdict:
    """Dicts: keys, their order, and the values key by key."""
    if "h" in expected or "h" in actual:
        return _compare_hashed(judge, label, expected, actual)
    mine = {canonical(key): (key, value) for key, value in expected["items"]}
    theirs = {canonical(key): (key, value) for key, value in actual["items"]}
    missing = [describe(mine[key][0]) for key in mine if key not in theirs]
    extra = [describe(theirs[key][0]) for key in theirs if key not in mine]
    verdicts = [compare_attributes(judge, label, expected, actual)]
    if missing or extra:
        reason = missing_and_additional("key", missing, extra)
        verdicts.append(judge.say(label, Verdict.DIFFERENT, reason, expected, actual))
    elif list(mine) != list(theirs):
        reason = "the same keys in another order"
        verdicts.append(judge.say(label, Verdict.DIFFERENT, reason, names_of(mine), names_of(theirs)))
    if expected.get("factory") != actual.get("factory"):
        verdicts.append(judge.say(label, Verdict.DIFFERENT, "another default factory", expected, actual))
    both = [key for key in mine if key in theirs]
    parts = ((f"{label}[{describe(mine[k][0])}]", mine[k][1], theirs[k][1]) for k in both)
    return worst([*verdicts, *(judge.part(*part) for part in parts)])


def compare_sets(judge: Judge, label: str, expected: Any, actual: Any) -> Verdict:
    """Sets: members that only one side has, unless each is close to one of the other's."""
    if "h" in expected or "h" in actual:
        return _compare_hashed(judge, label, expected, actual)
    mine, theirs = expected["items"], actual["items"]
    if len(mine) == len(theirs):
        verdict = worst([judge.quietly(a, b) for a, b in zip(mine, theirs, strict=True)])
        if verdict is Verdict.SAME:
            return compare_attributes(judge, label, expected, actual)
        if verdict is not Verdict.DIFFERENT:
            how = "differ within the tolerance" if verdict is Verdict.CLOSE else "can't be compared"
            return judge.say(label, verdict, f"members {how}", expected, actual)
    known = set(map(canonical, mine)), set(map(canonical, theirs))
    lost = [describe(item) for item in mine if canonical(item) not in known[1]]
    new = [describe(item) for item in theirs if canonical(item) not in known[0]]
    reason = missing_and_additional("member", lost, new)
    return judge.say(label, Verdict.DIFFERENT, reason or "other members", expected, actual)


def compare_attributes(judge: Judge, label: str, expected: Any, actual: Any) -> Verdict:
    """Attribute by attribute: objects, and what else has some."""
    mine, theirs = dict(expected.get("state", ())), dict(actual.get("state", ()))
    missing = [name for name in mine if name not in theirs]
    extra = [name for name in theirs if name not in mine]
    verdicts = []
    if missing or extra:
        reason = missing_and_additional("attribute", missing, extra)
        verdicts.append(judge.say(label, Verdict.DIFFERENT, reason, expected, actual))
    both = (name for name in mine if name in theirs)
    return worst([*verdicts, *(judge.part(f"{label}.{name}", mine[name], theirs[name]) for name in both)])


def compare_scalars(judge: Judge, label: str, expected: Any, actual: Any) -> Verdict:
    """NumPy's numbers and instances of subclasses of int, float and str."""
    coarse = {"float32": 1e-6, "float16": 1e-3}.get(expected["type"])
    tolerance = judge.tolerance
    if coarse and tolerance:
        judge.tolerance = max(tolerance, coarse)
    try:
        verdict = judge.part(label, expected["v"], actual["v"])
    finally:
        judge.tolerance = tolerance
    return worst([verdict, compare_attributes(judge, label, expected, actual)])


def _compare_hashed(judge: Judge, label: str, expected: Any, actual: Any) -> Verdict:
    """Containers too large to be kept."""
    sizes = [side.get("len", len(side.get("items", ()))) for side in (expected, actual)]
    if sizes[0] != sizes[1]:
        reason = f"{sizes[1]:,} items instead of {sizes[0]:,}"
        return judge.say(label, Verdict.DIFFERENT, reason, expected, actual)
    if "h" not in expected or "h" not in actual:
        reason = "too large to compare: one side is described by its hash only"
        return judge.say(label, Verdict.UNKNOWN, reason, expected, actual)
    if expected["h"] == actual["h"]:
        return Verdict.SAME
    reason = "contents differ (too large to compare item by item)"
    return judge.say(label, Verdict.DIFFERENT, reason, expected, actual)
