"""Holding what a flow did against what the notebook did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from nb_to_flow.ir.verification import (
    Comparison,
    Finding,
    FlowRun,
    Observation,
    Picture,
    Portrait,
    Printed,
    Verdict,
    What,
)
from nb_to_flow.verify.compare import (
    compare,
    compare_files,
    compare_lines_by_task,
    compare_pictures,
    summary,
)
from nb_to_flow.verify.display_findings import display_findings
from nb_to_flow.verify.logged import with_logged_displays
from nb_to_flow.verify.reference import WHOLE, Origins, Reference


def judge(
    reference: Reference, seen: Observation, origins: Origins, *, retried: bool = False
) -> tuple[Finding, ...]:
    """Everything compared: variables, printed lines, files, figures and displays, the same or not.

    `retried` says that tasks ran twice: what `%%writefile` says of an existing file isn't held against them.
    """
    if retried:
        seen = replace(seen, lines=tuple(_as_once(reference, line) for line in seen.lines))
    if origins.shows == "log":
        seen = with_logged_displays(reference, seen, origins)
    return (
        *_variables(reference, seen, origins),
        *_lines(reference, seen, origins),
        *_files(reference, seen, origins),
        *(_figures(reference, seen, origins) if origins.shows == "artifact" else ()),
        *display_findings(reference, seen, origins),
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
                    cell=origins.cell_of(task, name),
                )
            )
    return found


def _compared(
    reference: Reference, name: str, expected: Portrait | None, actual: Portrait | None
) -> Comparison | None:
    """None if there is nothing to say."""
    if expected is None:
        return Comparison(verdict=Verdict.UNKNOWN, reason="the notebook leaves no such variable")
    loose = reference.loose_variables[name]
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
    compared = compare_lines_by_task(expected, actual, cells_of, reference.loose_lines)
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
    loose = reference.loose_files
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
    return found + [_extra_figure(picture, shows=bool(expected)) for picture in left]


def _extra_figure(picture: Picture, *, shows: bool) -> Finding:
    """A figure that only the flow shows; `shows` is False if the notebook shows none at all.

    With another backend than the inline one (`matplotlib.use("Agg")`) a notebook draws without showing.
    """
    return Finding(
        what=What.FIGURE,
        name=f"figure of {picture.task or 'the flow'}",
        verdict=Verdict.DIFFERENT if shows else Verdict.UNKNOWN,
        reason="the notebook shows no such figure" if shows else "the notebook shows no figures",
        task=picture.task,
        pictures=(None, picture.path.read_bytes()),
    )


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
