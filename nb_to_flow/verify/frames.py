"""Comparing DataFrames, Series and indexes: column by column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

from nb_to_flow.ir.verification import Verdict
from nb_to_flow.verify.arrays import canonical, compare_values, decode, shown
from nb_to_flow.verify.judge import Judge, Said, names_of, worst
from nb_to_flow.verify.words import describe, missing_and_additional

_REORDER_LIMIT = 2_000_000  # values


def compare_frames(judge: Judge, label: str, expected: Any, actual: Any) -> Verdict:
    """DataFrames: columns, index, then the values of the columns both have."""
    mine, theirs = _columns(expected), _columns(actual)
    verdicts = [_compare_columns(judge, label, mine, theirs)]
    if verdicts == [Verdict.SAME]:
        verdicts = [judge.part(_under(label, "columns"), expected["columns"], actual["columns"])]
    if expected["rows"] != actual["rows"]:
        sides = [Said(f"{side['rows']} rows") for side in (expected, actual)]
        reason = f"{actual['rows']} rows instead of {expected['rows']}"
        return judge.say(label, Verdict.DIFFERENT, reason, *sides)
    before = len(judge.rows)
    verdicts.append(judge.part(_under(label, "index"), expected["index"], actual["index"]))
    at = _row_names(expected["index"])
    for key in (key for key in mine if key in theirs):
        name = _under(label, f"column {describe(mine[key][0])}")
        verdicts.append(_compare_column(judge, name, mine[key][1], theirs[key][1], at))
    if Verdict.DIFFERENT in verdicts[1:] and _rows_reordered(expected, actual, mine, theirs):
        del judge.rows[before:]
        return judge.say(label, Verdict.DIFFERENT, "the same rows in another order", expected, actual)
    verdicts.append(judge.part(_under(label, "attrs"), expected.get("attrs"), actual.get("attrs")))
    return worst(verdicts)


def compare_series(judge: Judge, label: str, expected: Any, actual: Any) -> Verdict:
    """Series: name, index, values."""
    sizes = [side["values"]["shape"][0] for side in (expected, actual)]
    if sizes[0] != sizes[1]:
        reason = f"{sizes[1]} values instead of {sizes[0]}"
        return judge.say(label, Verdict.DIFFERENT, reason, expected, actual)
    before = len(judge.rows)
    verdicts = [judge.part(_under(label, "name"), expected["name"], actual["name"])]
    verdicts.append(judge.part(_under(label, "index"), expected["index"], actual["index"]))
    at = _row_names(expected["index"])
    verdicts.append(compare_values(judge, label, expected["values"], actual["values"], "values", at))
    if verdicts[1:] == [Verdict.DIFFERENT] * 2 and _items_reordered(expected, actual):
        del judge.rows[before:]
        return judge.say(label, Verdict.DIFFERENT, "the same rows in another order", expected, actual)
    return worst(verdicts)


def compare_indexes(judge: Judge, label: str, expected: Any, actual: Any) -> Verdict:
    """Indexes: names and labels; how often a time index repeats counts as well."""
    names = [{"k": "list", "type": "list", "items": side["names"]} for side in (expected, actual)]
    verdicts = [judge.part(_under(label, "names"), *names)]
    if "range" in expected and "range" in actual:
        if expected["range"] != actual["range"]:
            sides = [Said(f"{side['range'][0]} to {side['range'][1]}") for side in (expected, actual)]
            reason = f"labels {sides[1]} instead of {sides[0]}"
            verdicts.append(judge.say(label, Verdict.DIFFERENT, reason, *sides))
        return worst(verdicts)
    mine, theirs = _levels(expected), _levels(actual)
    if len(mine) != len(theirs):
        reason = f"{len(theirs)} levels instead of {len(mine)}"
        return judge.say(label, Verdict.DIFFERENT, reason, expected, actual)
    for number, (a, b) in enumerate(zip(mine, theirs, strict=True)):
        name = _under(label, f"level {number}") if len(mine) > 1 else label
        verdicts.append(compare_values(judge, name, a, b, "labels"))
    if expected.get("freq") != actual.get("freq") and worst(verdicts) is Verdict.SAME:
        sides = [Said(str(side.get("freq"))) for side in (expected, actual)]
        reason = f"freq {sides[1]} instead of {sides[0]}"
        verdicts.append(judge.say(label, Verdict.DIFFERENT, reason, *sides))
    return worst(verdicts)


def _compare_column(judge: Judge, label: str, a: Any, b: Any, at: Callable[[int], str]) -> Verdict:
    if judge.ignores(label):
        return Verdict.SAME
    return compare_values(judge, label, a, b, "values", at)


def _compare_columns(judge: Judge, label: str, mine: dict[Any, Any], theirs: dict[Any, Any]) -> Verdict:
    """Which columns there are, and their order."""
    missing = [describe(mine[key][0]) for key in mine if key not in theirs]
    extra = [describe(theirs[key][0]) for key in theirs if key not in mine]
    sides = names_of(mine), names_of(theirs)
    if missing or extra:
        reason = missing_and_additional("column", missing, extra)
        return judge.say(label, Verdict.DIFFERENT, reason, *sides)
    if list(mine) != list(theirs):
        return judge.say(label, Verdict.DIFFERENT, "the same columns in another order", *sides)
    return Verdict.SAME


def _columns(frame: Any) -> dict[Any, tuple[Any, Any]]:
    """Label and values of every column; a label that occurs again is another one."""
    labels = labels_of(frame["columns"])
    seen: Counter[Any] = Counter()
    found = {}
    for label, values in zip(labels, frame["data"], strict=True):
        key = canonical(label)
        found[key, seen[key]] = (label, values)
        seen[key] += 1
    return found


def labels_of(index: Any) -> list[Any]:
    """An index's labels as leaves, or as tuples' portraits if it has levels."""
    if "range" in index:
        return list(range(*index["range"]))
    levels = [_shown_labels(level) for level in _levels(index)]
    if len(levels) == 1:
        return levels[0]
    return [{"k": "list", "type": "tuple", "items": list(parts)} for parts in zip(*levels, strict=True)]


def _shown_labels(level: Any) -> list[Any]:
    values = decode(level)
    if values is None:
        return [f"#{i}" for i in range(level["shape"][0])]
    return [shown(v, level["dtype"]) for v in values] if level["dtype"].startswith("datetime") else values


def _levels(index: Any) -> list[Any]:
    if "range" in index:
        start, stop, step = index["range"]
        values = list(range(start, stop, step))
        return [{"k": "array", "dtype": "int64", "shape": [len(values)], "items": values}]
    return list(index["levels"]) if "levels" in index else [index["values"]]


def _row_names(index: Any) -> Callable[[int], str]:
    """Says a row by its number, and by its label if that is something else."""
    if "range" in index and index["range"][::2] == [0, 1]:
        return lambda i: f"at row {i}"

    @cache  # many columns may differ, or none
    def labels() -> list[Any]:
        return labels_of(index)

    def name(i: int) -> str:
        label = labels()[i]
        return f"at row {i}" if isinstance(label, int) else f"at row {i} ({describe(label)})"

    return name


def _rows_reordered(expected: Any, actual: Any, mine: dict[Any, Any], theirs: dict[Any, Any]) -> bool:
    """True if both frames have the same columns and the same rows, each as often, with or without their labels."""
    size = expected["rows"] * len(expected["data"])
    if not 1 < size <= _REORDER_LIMIT or mine.keys() != theirs.keys():
        return False
    if sorted(c["dtype"] for c in expected["data"]) != sorted(c["dtype"] for c in actual["data"]):
        return False
    labelled = expected["index"] != actual["index"]
    rows = []
    for side, parts in ((expected, mine), (actual, theirs)):
        named = sorted(parts.values(), key=lambda part: str(canonical(part[0])))
        columns = [decode(values) for _, values in named]
        columns += [labels_of(side["index"])] if labelled else []
        if any(values is None for values in columns):
            return False
        rows.append(list(zip(*(map(canonical, values or ()) for values in columns), strict=True)))
    return rows[0] != rows[1] and Counter(rows[0]) == Counter(rows[1])


def _items_reordered(expected: Any, actual: Any) -> bool:
    counts = []
    for side in (expected, actual):
        values = decode(side["values"])
        if values is None:
            return False
        labels = labels_of(side["index"])
        counts.append(Counter(zip(map(canonical, labels), map(canonical, values), strict=True)))
    return counts[0] == counts[1]


def _under(label: str, part: str) -> str:
    return f"{label}, {part}" if label else part
