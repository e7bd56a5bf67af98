"""Comparing printed lines: task by task, since tasks that don't need each other run in any order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from nb_to_flow.ir.verification import Comparison, Row, Verdict
from nb_to_flow.verify.judge import Judge, Said, worst
from nb_to_flow.verify.leaves import text_difference
from nb_to_flow.verify.pairing import by_task
from nb_to_flow.verify.words import shorten

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")  # a kernel asks programs for colours
_SHOWN = 20


def normal(line: str) -> str:
    """A line without what is different in each run: memory addresses, colours, trailing blanks."""
    return _ADDRESS.sub("0x…", _COLOUR.sub("", line)).rstrip()


def unstable_lines(first: Sequence[str], second: Sequence[str]) -> frozenset[str]:
    """Lines that only one of two runs of the notebook printed: timings and the like."""
    counts = [Counter(map(normal, run)) for run in (first, second)]
    return frozenset(line for line in counts[0] | counts[1] if counts[0][line] != counts[1][line])


def compare_lines(
    expected: Sequence[str],
    actual: Sequence[str],
    *,
    unstable: Collection[str] = frozenset(),
    ordered: bool = True,
) -> Comparison:
    """Compare what was printed.

    Args:
        expected: the notebook's lines.
        actual: the flow's.
        unstable: lines that the notebook doesn't reproduce, as `unstable_lines` gives them. In the place of each
            the flow may print any one line, and must print at least one.
        ordered: False if tasks may have printed in any order: then each line must be there as often.
    """
    mine, theirs = ([line for line in map(normal, side) if line] for side in (expected, actual))
    steady = [line for line in mine if line not in unstable]
    free = len(mine) - len(steady)
    lost, new = Counter(steady) - Counter(theirs), Counter(theirs) - Counter(steady)
    unsteady = sum(new.values())
    if not lost and unsteady <= free and (unsteady or not free):
        common = _without(theirs, new)
        if not ordered or common == steady:
            return Comparison(verdict=Verdict.SAME)
        return _reordered(steady, common)
    if not lost and free and not unsteady:
        lost = Counter(mine) - Counter(steady)
    return _lost_and_new(list(lost.elements()), list(new.elements()), free)


def _without(lines: list[str], left_out: Counter[str]) -> list[str]:
    """`lines` without some of them, the last ones of their kind first."""
    left_out, kept = Counter(left_out), []
    for line in reversed(lines):
        if left_out[line]:
            left_out[line] -= 1
        else:
            kept.append(line)
    return kept[::-1]


def compare_text_lines(judge: Judge, label: str, expected: Any, actual: Any) -> Verdict:
    """The lines of a text file, each with its own row where as many are there."""
    mine, theirs = expected["items"], actual["items"]
    if len(mine) != len(theirs):
        compared = compare_lines(mine, theirs)
        sizes = [Said(f"{len(side)} line{'s' * (len(side) != 1)}") for side in (mine, theirs)]
        reason = f"{sizes[1]} instead of {len(mine)}: {compared.reason}".removesuffix(": ")
        return judge.say(label, Verdict.DIFFERENT, reason, *sizes)
    places = [i for i, (a, b) in enumerate(zip(mine, theirs, strict=True)) if a != b]
    return worst([judge.part(f"{label}, line {i + 1}".lstrip(", "), mine[i], theirs[i]) for i in places])


def compare_lines_by_task(
    cells: Sequence[tuple[int | None, str]],
    tasks: Sequence[tuple[str, str]],
    cells_of: Mapping[str, Sequence[int]],
    unstable: Collection[str] = frozenset(),
) -> list[tuple[str, Comparison]]:
    """Compare what each task printed with what its cells printed; see `by_task` and `compare_lines`."""
    compared = []
    for names, expected, actual in by_task(cells, tasks, cells_of):
        ordered = bool(names) and ", " not in names
        compared.append((names, compare_lines(expected, actual, unstable=unstable, ordered=ordered)))
    return compared


def _reordered(expected: list[str], actual: list[str]) -> Comparison:
    pairs = zip(expected, actual, strict=False)
    first = next((pair for pair in pairs if pair[0] != pair[1]), (expected[-1], actual[-1]))
    row = Row(label="order", notebook=shorten(first[0]), flow=shorten(first[1]), verdict=Verdict.DIFFERENT)
    reason = f"the same lines in another order, first {shorten(first[1])!r} instead of {shorten(first[0])!r}"
    return Comparison(verdict=Verdict.DIFFERENT, reason=reason, rows=(row,))


def _lost_and_new(lost: list[str], new: list[str], free: int) -> Comparison:
    """Of the new lines, as many as are free may stand for those that aren't deterministic."""
    rows = [
        Row(label="missing", notebook=shorten(line, 120), flow="", verdict=Verdict.DIFFERENT) for line in lost
    ]
    rows += [
        Row(label="additional", notebook="", flow=shorten(line, 120), verdict=Verdict.DIFFERENT)
        for line in new
    ]
    if len(lost) == len(new) == 1:
        reason = text_difference(lost[0], new[0])
    else:
        parts = [f"{len(lost)} missing, first {shorten(lost[0])!r}"] if lost else []
        excess = len(new) if lost else len(new) - free
        parts += [f"{excess} additional, first {shorten(new[0])!r}"] if new and excess > 0 else []
        reason = "; ".join(parts)
    return Comparison(verdict=Verdict.DIFFERENT, reason=reason, rows=tuple(rows[:_SHOWN]))
