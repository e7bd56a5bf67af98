"""What a notebook does, from one or more runs of it, and where a flow's tasks come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nb_to_flow.ir.verification import Observation, Portrait
from nb_to_flow.verify.compare import fingerprint, unstable_files, unstable_lines, unstable_paths
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
    """

    cells: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    makers: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[tuple[str, str], int] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    complete: bool = False

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
    """

    first: Observation
    others: tuple[Observation, ...]
    before: Mapping[str, str]
    tolerance: float
    _loose: dict[str, frozenset[str]] = field(default_factory=dict)

    def loose_paths(self, name: str) -> frozenset[str]:
        """The parts of a final variable that aren't deterministic; {""} for all of it."""
        if name not in self._loose:
            here = self.first.variables.get(name)
            others = [o.variables.get(name) for o in self.others]
            self._loose[name] = self._between(here, others)
        return self._loose[name]

    def unstable(self) -> tuple[str, ...]:
        """Names of the variables and files that aren't deterministic, with the part if it isn't all."""
        loose = {name: self.loose_paths(name) for name in self.first.variables} | self.loose_files()
        return tuple(joined(name, part) for name, parts in loose.items() for part in sorted(parts))

    def loose_in_snapshot(self, cell: int | None, name: str, value: Portrait) -> frozenset[str]:
        """The same of a variable as it was after a cell."""
        others = [s.values.get(name) for o in self.others for s in o.snapshots if s.cell == cell]
        return self._between(value, others)

    def loose_lines(self) -> frozenset[str]:
        """The printed lines that aren't deterministic."""
        loose: frozenset[str] = frozenset()
        for other in self.others:
            for cell in {p.cell for p in (*self.first.lines, *other.lines)}:
                mine = [p.text for p in self.first.lines if p.cell == cell]
                loose |= unstable_lines(mine, [p.text for p in other.lines if p.cell == cell])
        return loose

    def loose_files(self) -> dict[str, frozenset[str]]:
        """The parts of files that aren't deterministic, by path; {""} for all of a file."""
        loose: dict[str, frozenset[str]] = {}
        for other in self.others:
            found = unstable_files(self.first.folder, other.folder, self.before, self.tolerance)
            for path, parts in found.items():
                loose[path] = loose.get(path, frozenset()) | parts
        return loose

    def _between(self, here: Portrait | None, others: Iterable[Portrait | None]) -> frozenset[str]:
        paths: set[str] = set()
        for other in others:
            if here is None or other is None:
                paths.add(WHOLE)
            else:
                paths |= unstable_paths(here, other, self.tolerance)
        return frozenset(paths)


def make_reference(runs: tuple[Observation, ...], before: Path, tolerance: float) -> Reference:
    """The reference that some runs of a notebook give, the first of them leading."""
    return Reference(first=runs[0], others=runs[1:], before=fingerprint(before), tolerance=tolerance)
