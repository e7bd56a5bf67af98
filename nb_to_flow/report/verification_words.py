"""A verification's result in sentences, shared by table, page and JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from nb_to_flow.ir.verification import Finding, First, FlowRun, Verdict, VerifyResult, What
from nb_to_flow.report.text import listed

TITLES = {
    What.VARIABLE: "Values",
    What.LINE: "Printed lines",
    What.FILE: "Files",
    What.FIGURE: "Figures",
    What.DISPLAY: "Displayed tables and texts",
}
_NOUNS = {
    What.VARIABLE: ("value", "values"),
    What.LINE: ("task", "tasks"),
    What.FILE: ("file", "files"),
    What.FIGURE: ("figure", "figures"),
    What.DISPLAY: ("display", "displays"),
}


def summary_line(result: VerifyResult) -> str:
    """All of it in one line: "38 values, 3 files: all the same (1 not deterministic: `took`)"."""
    failed = [run for run in result.runs if run.failure is not None]
    groups = {what: [f for f in result.findings if f.what is what] for what in What}
    differing = [_differing(what, found) for what, found in groups.items() if _bad(found)]
    if failed and not result.findings:
        return f"the flow failed{_in_runs(len(failed), len(result.runs))}"
    counted = ", ".join(_counted(what, len(found)) for what, found in groups.items() if found)
    if differing:
        text = f"{_and(differing)} {'differs' if _just_one(result) else 'differ'}"
    else:
        text = f"{counted}: all the same" if counted else "nothing to compare"
    text += f"; the flow failed{_in_runs(len(failed), len(result.runs))}" if failed else ""
    runs = len(result.runs)
    text += f" in {runs} runs" if runs > 1 and not failed and not differing else ""
    return text + _remarks(result)


def where_text(task: str, cell: int | None) -> str:
    """ "task `load`, cell 3"; empty if neither is known."""
    return ", ".join(
        [*([f"task {task}"] if task else []), *([f"cell {cell + 1}"] if cell is not None else [])]
    )


def first_text(first: First) -> str:
    """Where a difference first appears, as a sentence."""
    place = where_text(first.task, first.cell)
    name = f"{first.what.value} {first.name}" if first.name and first.name != first.task else ""
    head = ", ".join(part for part in (place, name) if part)
    return f"{head}: {first.reason}" if head else first.reason


def run_text(run: FlowRun) -> str:
    """How one run of the flow came out."""
    if run.failure is not None:
        place = where_text(run.failure.task, run.failure.cell)
        return f"failed{f' in {place}' if place else ''}: {run.failure.message}"
    bad = sum(finding.verdict is Verdict.DIFFERENT for finding in run.findings)
    return f"{bad} of {len(run.findings)} differ" if bad else "all the same"


def tolerance_text(tolerance: float) -> str:
    """What counts as the same float."""
    if not tolerance:
        return "Floats are compared exactly."
    return (
        f"Floats that differ by at most {tolerance:g} of their size (below 0.001: by {tolerance * 1e-3:g}) count as "
        "the same, 32-bit floats by 1e-06; everything else is compared exactly."
    )


def ordered(findings: Iterable[Finding]) -> list[Finding]:
    """Differences first, then what can't be told, then the rest, each in its own order."""
    order = [Verdict.DIFFERENT, Verdict.UNKNOWN, Verdict.UNSTABLE, Verdict.CLOSE, Verdict.SAME]
    return sorted(findings, key=lambda f: order.index(f.verdict))


def _and(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _bad(found: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in found if finding.verdict is Verdict.DIFFERENT]


def _differing(what: What, found: Sequence[Finding]) -> str:
    return (
        "the lines of " if what is What.LINE else ""
    ) + f"{len(_bad(found))} of {_number(what, len(found))}"


def _just_one(result: VerifyResult) -> bool:
    return len(result.differences) == 1 and result.differences[0].what is not What.LINE


def _counted(what: What, count: int) -> str:
    return ("the lines of " if what is What.LINE else "") + _number(what, count)


def _number(what: What, count: int) -> str:
    return f"{count} {_NOUNS[what][count != 1]}"


def _in_runs(failed: int, runs: int) -> str:
    return f" in {failed} of {runs} runs" if runs > 1 else ""


def _remarks(result: VerifyResult) -> str:
    near = sum(finding.verdict is Verdict.CLOSE for finding in result.findings)
    unknown = [finding.name for finding in result.findings if finding.verdict is Verdict.UNKNOWN]
    parts = [f"{near} within the tolerance"] if near else []
    for what, names in (("not deterministic", result.unstable), ("not comparable", unknown)):
        parts += [f"{len(names)} {what}: {listed(names, 4)}"] if names else []
    return f" ({'; '.join(parts)})" if parts else ""
