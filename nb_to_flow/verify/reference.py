"""What a notebook does, from one or more runs of it, and where a flow's tasks come from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nb_to_flow.ir.verification import Observation, Portrait
from nb_to_flow.verify.compare import fingerprint, unstable_files, unstable_lines, unstable_paths
from nb_to_flow.verify.displays import plain_form
from nb_to_flow.verify.words import joined

WHOLE = ""  # the path that stands for a value as a whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """Where the flow's tasks come from.

    Attributes:
        cells: by task of the notebook's plan its cells.
        makers: by final variable the task that leaves it.
        places: by task and variable the cell that leaves it as it is.
        order: all tasks, in the order of the flow's file.
        complete: True if the flow is to return every variable of the notebook.
        shows: what becomes of what cells displayed: "artifact", "log" or "drop".
        silent: cells whose last value, which Jupyter displays, is taken for a mere drawing or setting.
        module: the name of the flow's module.
    """

    cells: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    makers: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[tuple[str, str], int] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    complete: bool = False
    shows: str = "artifact"
    silent: frozenset[int] = frozenset()
    module: str = ""

    def cell_of(self, task: str, name: str) -> int | None:
        """The cell that a task's variable comes from; the task's last one, if it isn't known."""
        return self.places.get((task, name), max(self.cells.get(task, ()), default=None))

    def owner(self, cell: int | None) -> str:
        """The first task that a cell belongs to, or ""."""
        return min((task for task, cells in self.cells.items() if cell in cells), key=self.rank, default="")

    def rank(self, task: str) -> int:
        """Its place in the flow's file; what is unknown comes last."""
        return self.order.index(task) if task in self.order else len(self.order)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What the notebook does, and what of it isn't the same each time.

    Attributes:
        first: its first run.
        others: further runs, to learn what isn't deterministic.
        before: fingerprints of the folder's files before any run.
        tolerance: for floats.
        loose_variables: by final variable its parts that aren't deterministic; {""} for all of it.
        loose_lines: the printed lines that aren't.
        loose_files: by path the parts of files that aren't; {""} for all of a file.
        loose_displays: positions of the displays that aren't.
    """

    first: Observation
    others: tuple[Observation, ...]
    before: Mapping[str, str]
    tolerance: float
    loose_variables: Mapping[str, frozenset[str]]
    loose_lines: frozenset[str]
    loose_files: Mapping[str, frozenset[str]]
    loose_displays: frozenset[int] = frozenset()

    def unstable(self) -> tuple[str, ...]:
        """Names of the variables and files that aren't deterministic, with the part if it isn't all."""
        loose = {**self.loose_variables, **self.loose_files}
        return tuple(joined(name, part) for name, parts in loose.items() for part in sorted(parts))

    def loose_in_snapshot(self, cell: int | None, name: str, value: Portrait) -> frozenset[str]:
        """The parts that aren't deterministic of a variable as it was after a cell."""
        others = [s.values.get(name) for o in self.others for s in o.snapshots if s.cell == cell]
        return _between(value, others, self.tolerance)


def make_reference(runs: tuple[Observation, ...], before: Path, tolerance: float) -> Reference:
    """The reference that some runs of a notebook give, the first of them leading."""
    first, others = runs[0], runs[1:]
    known = fingerprint(before)
    return Reference(
        first=first,
        others=others,
        before=known,
        tolerance=tolerance,
        loose_variables={
            name: _between(value, [o.variables.get(name) for o in others], tolerance)
            for name, value in first.variables.items()
        },
        loose_lines=_loose_lines(first, others),
        loose_files=_loose_files(first, others, known, tolerance),
        loose_displays=_loose_displays(first, others),
    )


def _between(here: Portrait, others: Iterable[Portrait | None], tolerance: float) -> frozenset[str]:
    paths: set[str] = set()
    for other in others:
        paths |= {WHOLE} if other is None else unstable_paths(here, other, tolerance)
    return frozenset(paths)


def _loose_lines(first: Observation, others: Iterable[Observation]) -> frozenset[str]:
    loose: frozenset[str] = frozenset()
    for other in others:
        for cell in {p.cell for p in (*first.lines, *other.lines)}:
            mine = [p.text for p in first.lines if p.cell == cell]
            loose |= unstable_lines(mine, [p.text for p in other.lines if p.cell == cell])
    return loose


def _loose_displays(first: Observation, others: Iterable[Observation]) -> frozenset[int]:
    """Those that another run doesn't show, or not in the same place of the same cell."""
    loose: set[int] = set()
    mine = _displays_by_place(first)
    for other in others:
        theirs = _displays_by_place(other)
        loose |= {
            number for place, (number, forms) in mine.items() if theirs.get(place, (0, set()))[1] != forms
        }
    return frozenset(loose)


def _displays_by_place(seen: Observation) -> dict[tuple[int | None, int], tuple[int, set[str]]]:
    """By cell and count, the displays with their positions and forms."""
    found: dict[tuple[int | None, int], tuple[int, set[str]]] = {}
    counts: Counter[int | None] = Counter()
    for number, display in enumerate(seen.displays):
        found[display.cell, counts[display.cell]] = number, {plain_form(form) for form in display.forms}
        counts[display.cell] += 1
    return found


def _loose_files(
    first: Observation, others: Iterable[Observation], before: Mapping[str, str], tolerance: float
) -> dict[str, frozenset[str]]:
    loose: dict[str, frozenset[str]] = {}
    for other in others:
        for path, parts in unstable_files(first.folder, other.folder, before, tolerance).items():
            loose[path] = loose.get(path, frozenset()) | parts
    return loose
