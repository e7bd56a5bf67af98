"""Where a difference first appears."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from nb_to_flow.ir.verification import Finding, First, Observation, Portrait, Snapshot, Verdict
from nb_to_flow.verify.compare import compare
from nb_to_flow.verify.reference import WHOLE, Origins, Reference


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
                cell = origins.cell_of(place.task, place.name)
                return place if cell is None else replace(place, cell=cell)
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
