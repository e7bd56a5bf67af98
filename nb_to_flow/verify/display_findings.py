"""Holding the tables and texts that tasks publish against those that their cells displayed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from nb_to_flow.ir.verification import Comparison, Displayed, Finding, Observation, Verdict, What
from nb_to_flow.verify.displays import difference, headline, plain_form, published_form
from nb_to_flow.verify.pairing import Pair, by_task, pairs
from nb_to_flow.verify.reference import Origins, Reference

_SAME = Comparison(verdict=Verdict.SAME)
_LOST = Comparison(verdict=Verdict.DIFFERENT, reason="the flow doesn't show it")
_NEW = Comparison(verdict=Verdict.DIFFERENT, reason="the notebook shows no such thing there")
_MOVED = Comparison(verdict=Verdict.DIFFERENT, reason="the task shows its displays in another order")
_UNSTABLE = Comparison(verdict=Verdict.UNSTABLE, reason="the notebook shows something else each time")
_DRAWING = Comparison(verdict=Verdict.UNKNOWN, reason="a drawing or a widget, no table and no text")


def display_findings(reference: Reference, seen: Observation, origins: Origins) -> list[Finding]:
    """Displays in the order of the notebook, each beside what the flow published in its place."""
    if origins.shows == "drop":
        return []
    shown = [(display.cell, number) for number, display in enumerate(reference.first.displays)]
    published = [(display.task, number) for number, display in enumerate(seen.displays)]
    cells_of = {task: list(cells) for task, cells in origins.cells.items()}
    compared: list[tuple[int | None, int | None, Comparison]] = []
    for tasks, mine, theirs in by_task(shown, published, cells_of):
        one = bool(tasks) and ", " not in tasks
        compared += _compared(reference, seen, origins, mine, theirs, ordered=one)
    compared.sort(key=lambda found: (found[0] is None, found[0] or 0, found[1] or 0))
    return list(_findings(reference, seen, origins, compared))


def _compared(
    reference: Reference,
    seen: Observation,
    origins: Origins,
    mine: Sequence[int],
    theirs: Sequence[int],
    *,
    ordered: bool,
) -> Iterator[tuple[int | None, int | None, Comparison]]:
    """Positions of displays on both sides and how they compare; what needs no word is left out."""
    texts = [
        published_form(d.forms[0], origins.module) if d.forms else None
        for d in (seen.displays[j] for j in theirs)
    ]
    known = set(texts) - {None}
    keys = [_key(reference.first.displays[i], i, known, origins.module) for i in mine]
    for pair in pairs(
        keys, [(j,) if text is None else text for j, text in enumerate(texts)], ordered=ordered
    ):
        i = mine[pair.expected] if pair.expected is not None else None
        j = theirs[pair.actual] if pair.actual is not None else None
        comparison = _verdict(reference, seen, origins, i, j, pair)
        if comparison is not None:
            yield i, j, comparison


def _key(display: Displayed, number: int, known: set[str | None], module: str) -> str | tuple[str, int]:
    """The form of a display that a task published; something unique if none did."""
    forms = (plain_form(form, module) for form in display.forms)
    return next((form for form in forms if form in known), ("", number))


def _verdict(
    reference: Reference, seen: Observation, origins: Origins, i: int | None, j: int | None, pair: Pair
) -> Comparison | None:
    """How two displays compare; None for what a flow may leave out."""
    if pair.same or pair.moved:
        return _SAME if pair.same else _MOVED
    if i is None:
        return _NEW
    display = reference.first.displays[i]
    if j is None:
        return None if display.optional or display.result and display.cell in origins.silent else _LOST
    if i in reference.loose_displays:
        return _UNSTABLE
    return _DRAWING if display.optional else difference(display, seen.displays[j], origins.module)


def _findings(
    reference: Reference,
    seen: Observation,
    origins: Origins,
    compared: Sequence[tuple[int | None, int | None, Comparison]],
) -> Iterator[Finding]:
    names = _names(reference.first.displays)
    extra: Counter[str] = Counter()
    for i, j, comparison in compared:
        mine = reference.first.displays[i] if i is not None else None
        theirs = seen.displays[j] if j is not None else None
        task = theirs.task if theirs is not None else origins.owner(mine.cell if mine else None)
        extra[task] += mine is None
        yield Finding(
            what=What.DISPLAY,
            name=names[i] if i is not None else _numbered(f"shown by {task or 'the flow'}", extra[task], 1),
            verdict=comparison.verdict,
            reason=comparison.reason,
            rows=comparison.rows,
            notebook=headline(mine, origins.module) if mine else "",
            flow=headline(theirs, origins.module) if theirs else "",
            cell=mine.cell if mine else None,
            task=task,
        )


def _names(displays: Sequence[Displayed]) -> list[str]:
    """ "shown by cell 5", with a number where a cell shows several."""
    totals = Counter(display.cell for display in displays)
    counts: Counter[int | None] = Counter()
    names = []
    for display in displays:
        counts[display.cell] += 1
        cell = "" if display.cell is None else f" {display.cell + 1}"
        names.append(_numbered(f"shown by cell{cell}", counts[display.cell], totals[display.cell]))
    return names


def _numbered(name: str, number: int, total: int) -> str:
    return f"{name} ({number})" if max(number, total) > 1 else name
