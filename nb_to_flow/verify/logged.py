"""Finding what a flow prints instead of displaying it (`--displays log`) among its printed lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nb_to_flow.ir.verification import Displayed, Observation, Printed
from nb_to_flow.verify.displays import plain_form
from nb_to_flow.verify.lines import normal
from nb_to_flow.verify.pairing import by_task
from nb_to_flow.verify.reference import Origins, Reference


def with_logged_displays(reference: Reference, seen: Observation, origins: Origins) -> Observation:
    """The same observation, its lines that stand for displays made displays.

    A cell displays its last value, so the last lines that could be it are taken.
    """
    shown = [(display.cell, number) for number, display in enumerate(reference.first.displays)]
    printed = [(line.task, number) for number, line in enumerate(seen.lines)]
    cells_of = {task: list(cells) for task, cells in origins.cells.items()}
    texts = [_plain(line.text, origins.module) for line in seen.lines]
    taken: dict[int, Displayed] = {}
    gone: set[int] = set()
    for _, mine, theirs in by_task(shown, printed, cells_of):
        end = len(theirs)
        for i in reversed(mine):
            wanted = _lines(reference.first.displays[i], origins.module)
            start = _last_place(wanted, [texts[j] for j in theirs[:end]])
            if start is not None:
                own = theirs[start : start + len(wanted)]
                taken[own[0]] = _display([seen.lines[j] for j in own])
                gone.update(own)
                end = start
    rest = tuple(line for j, line in enumerate(seen.lines) if j not in gone)
    return replace(seen, lines=rest, displays=tuple(taken[j] for j in sorted(taken)))


def _lines(display: Displayed, module: str) -> list[str]:
    """What `print(repr(value))` prints."""
    text = display.forms[-1] if display.forms else ""
    return [_plain(line, module) for line in text.split("\n")]


def _plain(line: str, module: str) -> str:
    return plain_form(normal(line), module)


def _last_place(wanted: Sequence[str], lines: Sequence[str]) -> int | None:
    for start in range(len(lines) - len(wanted), -1, -1):
        if list(lines[start : start + len(wanted)]) == list(wanted):
            return start
    return None


def _display(lines: Sequence[Printed]) -> Displayed:
    return Displayed(forms=("\n".join(line.text for line in lines),), task=lines[0].task)
