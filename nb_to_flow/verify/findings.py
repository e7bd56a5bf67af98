"""Holding what a flow did against what the notebook did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from nb_to_flow.ir.verification import (
    Comparison,
    Finding,
    First,
    FlowRun,
    Observation,
    Picture,
    Portrait,
    Printed,
    Snapshot,
    Verdict,
    What,
)
from nb_to_flow.verify.compare import (
    compare,
    compare_files,
    compare_lines_by_task,
    compare_pictures,
    fingerprint,
    summary,
    unstable_files,
    unstable_lines,
    unstable_paths,
)
from nb_to_flow.verify.words import joined

WHOLE = ""  # the path that stands for a value as a whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Origins:
    """Where the flow's tasks come from.

    Attributes:
        cells: by task of the notebook's plan its cells.
        makers: by final variable the task that leaves it.
        order: all tasks, in the order of the flow's file.
        complete: True if the flow is to return every variable of the notebook.
    """

    cells: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    makers: Mapping[str, str] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    complete: bool = False

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


def judge(
    reference: Reference, seen: Observation, origins: Origins, *, retried: bool = False
) -> tuple[Finding, ...]:
    """Everything compared: variables, printed lines, files and figures, the same or not.

    `retried` says that tasks ran twice: what `%%writefile` says of an existing file isn't held against them.
    """
    if retried:
        seen = replace(seen, lines=tuple(_as_once(reference, line) for line in seen.lines))
    return (
        *_variables(reference, seen, origins),
        *_lines(reference, seen, origins),
        *_files(reference, seen, origins),
        *_figures(reference, seen, origins),
    )


def _as_once(reference: Reference, line: Printed) -> Printed:
    once = line.text.replace("Overwriting ", "Writing ", 1)
    known = {p.text for p in reference.first.lines}
    return replace(line, text=once) if line.text not in known and once in known else line


def _variables(reference: Reference, seen: Observation, origins: Origins) -> list[Finding]:
    expected, actual = reference.first.variables, seen.variables
    names = [n for n in expected if n in actual or origins.complete]
    found = []
    for name in [*names, *(n for n in actual if n not in expected)]:
        comparison = _compared(reference, name, expected.get(name), actual.get(name))
        if comparison is not None:
            task = origins.makers.get(name, "")
            found.append(
                Finding(
                    what=What.VARIABLE,
                    name=name,
                    verdict=comparison.verdict,
                    notebook=summary(expected[name]) if name in expected else "",
                    flow=summary(actual[name]) if name in actual else "",
                    reason=comparison.reason,
                    rows=comparison.rows,
                    task=task,
                    cell=max(origins.cells.get(task, ()), default=None),
                )
            )
    return found


def _compared(
    reference: Reference, name: str, expected: Portrait | None, actual: Portrait | None
) -> Comparison | None:
    """None if there is nothing to say."""
    if expected is None:
        return Comparison(verdict=Verdict.UNKNOWN, reason="the notebook leaves no such variable")
    loose = reference.loose_paths(name)
    if WHOLE in loose:
        return Comparison(verdict=Verdict.UNSTABLE, reason="the notebook gives another value each time")
    if actual is None:
        if compare(expected, expected, reference.tolerance).verdict is Verdict.UNKNOWN:
            return None
        return Comparison(verdict=Verdict.DIFFERENT, reason="the flow doesn't return it")
    return compare(expected, actual, reference.tolerance, loose)


def _lines(reference: Reference, seen: Observation, origins: Origins) -> list[Finding]:
    expected = [(p.cell, p.text) for p in reference.first.lines]
    actual = [(p.task, p.text) for p in seen.lines]
    if not expected and not actual:
        return []
    cells_of = {task: list(cells) for task, cells in origins.cells.items()}
    compared = compare_lines_by_task(expected, actual, cells_of, reference.loose_lines())
    return [_line_finding(reference, seen, origins, names, c) for names, c in compared]


def _line_finding(
    reference: Reference, seen: Observation, origins: Origins, names: str, comparison: Comparison
) -> Finding:
    """Of the lines that some tasks print ("a, b"), or "" for what no task does."""
    tasks = [name for name in names.split(", ") if name]
    cells = {cell for task in tasks for cell in origins.cells.get(task, ())}
    known = {cell for own in origins.cells.values() for cell in own}
    notebook = [p for p in reference.first.lines if (p.cell in cells if tasks else p.cell not in known)]
    flow = [p for p in seen.lines if (p.task in tasks if tasks else p.task not in origins.cells)]
    return Finding(
        what=What.LINE,
        name=f"printed by {names}" if names else "printed",
        verdict=comparison.verdict,
        reason=comparison.reason,
        rows=comparison.rows,
        notebook=_count(len(notebook)),
        flow=_count(len(flow)),
        task=min(tasks, key=origins.rank, default=""),
        cell=max(cells, default=None),
    )


def _count(lines: int) -> str:
    return f"{lines} line" if lines == 1 else f"{lines} lines"


def _files(reference: Reference, seen: Observation, origins: Origins) -> list[Finding]:
    first = reference.first
    loose = reference.loose_files()
    compared = compare_files(first.folder, seen.folder, reference.before, reference.tolerance, loose)
    found = []
    for path, comparison in compared.items():
        unstable = WHOLE in loose.get(path, ())
        tasks = [w for w in seen.writers.get(path, ()) if isinstance(w, str)]
        cells = [w for w in first.writers.get(path, ()) if isinstance(w, int)]
        found.append(
            Finding(
                what=What.FILE,
                name=path,
                verdict=Verdict.UNSTABLE if unstable else comparison.verdict,
                notebook=_size(first.folder / path),
                flow=_size(seen.folder / path),
                reason="the notebook writes another one each time" if unstable else comparison.reason,
                rows=() if unstable else comparison.rows,
                task=tasks[-1] if tasks else origins.owner(cells[-1] if cells else None),
                cell=cells[-1] if cells else None,
            )
        )
    return found


def _size(path: Path) -> str:
    return f"{path.stat().st_size:,} bytes" if path.is_file() else ""


def _figures(reference: Reference, seen: Observation, origins: Origins) -> list[Finding]:
    """Figures in the order of the notebook, each beside the flow's figure from the same cells."""
    expected = list(reference.first.figures)
    left = list(seen.figures)
    found = []
    for number, picture in enumerate(expected):
        partner = _partner(picture, left, origins)
        if partner is not None:
            left.remove(partner)
        found.append(_figure(reference, number, picture, partner, origins))
    for extra in left:
        reason = "the notebook shows no such figure"
        found.append(
            Finding(
                what=What.FIGURE,
                name=f"figure of {extra.task or 'the flow'}",
                verdict=Verdict.DIFFERENT,
                reason=reason,
                task=extra.task,
                pictures=(None, extra.path.read_bytes()),
            )
        )
    return found


def _partner(picture: Picture, left: list[Picture], origins: Origins) -> Picture | None:
    """The next figure of a task that has the picture's cell; of any task if no plan says which."""
    for candidate in left:
        cells = origins.cells.get(candidate.task)
        if cells is None or picture.cell in cells:
            return candidate
    return None


def _figure(
    reference: Reference, number: int, picture: Picture, partner: Picture | None, origins: Origins
) -> Finding:
    mine = picture.path.read_bytes()
    theirs = partner.path.read_bytes() if partner is not None else None
    if theirs is None:
        comparison = Comparison(verdict=Verdict.DIFFERENT, reason="the flow doesn't show it")
    else:
        comparison = compare_pictures(mine, theirs)
    if comparison.verdict is Verdict.DIFFERENT and _is_loose_figure(reference, number, mine):
        comparison = Comparison(verdict=Verdict.UNSTABLE, reason="the notebook draws another one each time")
    return Finding(
        what=What.FIGURE,
        name=f"figure {number + 1}",
        verdict=comparison.verdict,
        reason=comparison.reason,
        rows=comparison.rows,
        cell=picture.cell,
        task=partner.task if partner is not None else origins.owner(picture.cell),
        pictures=(mine, theirs),
    )


def _is_loose_figure(reference: Reference, number: int, mine: bytes) -> bool:
    for other in reference.others:
        if len(other.figures) != len(reference.first.figures):
            return True
        if compare_pictures(mine, other.figures[number].path.read_bytes()).verdict is Verdict.DIFFERENT:
            return True
    return False


def first_difference(
    reference: Reference, seen: Observation, findings: Iterable[Finding], origins: Origins
) -> First | None:
    """The task, cell and variable where a difference first appears, in the order of the flow's file."""
    if seen.failure is not None:
        failure = seen.failure
        return First(task=failure.task, cell=failure.cell, name=failure.task, reason=failure.message)
    bad = [f for f in findings if f.verdict is Verdict.DIFFERENT]
    if not bad:
        return None
    places = [First(task=f.task, cell=f.cell, what=f.what, name=f.name, reason=f.reason) for f in bad]
    inner = _first_output(reference, seen, origins)
    return min([*([inner] if inner else []), *places], key=lambda place: origins.rank(place.task))


def _first_output(reference: Reference, seen: Observation, origins: Origins) -> First | None:
    """The first task that returned something else than the notebook had after the task's cells."""
    for snapshot in sorted(seen.snapshots, key=lambda s: origins.rank(s.task)):
        for name, value in snapshot.values.items():
            expected = _expected(reference, snapshot.task, name, seen, origins)
            place = _differs(reference, snapshot.task, name, value, expected)
            if place is not None:
                return place
    return None


def _expected(
    reference: Reference, task: str, name: str, seen: Observation, origins: Origins
) -> list[Snapshot]:
    """What the notebook had of a variable when the task's cells had run; one of these is to be met.

    There are several if it isn't known which: the task isn't the notebook's, or another task changes the
    variable in between. There is none if a cell is split between two tasks that leave the variable.
    """
    found = [s for s in reference.first.snapshots if name in s.values]
    own = origins.cells.get(task)
    if not own:
        return found
    others = {other.task for other in seen.snapshots if other.task != task and name in other.values}
    rivals = {cell for other in others for cell in origins.cells.get(other, ())}
    if rivals & set(own):
        return []
    found = [s for s in found if s.cell in own]
    between = any(min(own) < cell < max(own) for cell in rivals)
    return found if between else found[-1:]


def _differs(
    reference: Reference, task: str, name: str, value: Portrait, expected: list[Snapshot]
) -> First | None:
    last: First | None = None
    for snapshot in expected:
        loose = reference.loose_in_snapshot(snapshot.cell, name, snapshot.values[name])
        if WHOLE in loose:
            return None
        comparison = compare(snapshot.values[name], value, reference.tolerance, loose)
        if comparison.verdict is not Verdict.DIFFERENT:
            return None
        last = First(task=task, cell=snapshot.cell, name=name, reason=comparison.reason)
    return last


def merged(runs: Iterable[FlowRun]) -> tuple[Finding, ...]:
    """One finding for each thing: from the first run in which it differs, else from the first run."""
    best: dict[tuple[What, str], Finding] = {}
    for run in runs:
        for finding in run.findings:
            key = (finding.what, finding.name)
            worse = finding.verdict is Verdict.DIFFERENT
            if key not in best or (worse and best[key].verdict is not Verdict.DIFFERENT):
                best[key] = finding
    return tuple(best.values())
