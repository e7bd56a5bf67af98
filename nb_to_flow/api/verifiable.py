"""What a verification runs: a notebook's conversion with everything returned, or a flow edited by hand."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nb_to_flow import pipeline
from nb_to_flow.api.problems import first_error
from nb_to_flow.api.single import PathLike
from nb_to_flow.api.targets import file_and_name
from nb_to_flow.ir.errors import InputError
from nb_to_flow.ir.facts import ResourceKind, StatementFacts
from nb_to_flow.ir.flow import GeneratedFlow
from nb_to_flow.ir.plan import FlowPlan, SourceKind
from nb_to_flow.ir.verification import FlowRun, Observation
from nb_to_flow.pipeline import Conversion, ConvertOptions
from nb_to_flow.report.text import listed

if TYPE_CHECKING:
    from nb_to_flow.verify.flowfile import FlowShape
    from nb_to_flow.verify.reference import Origins
    from nb_to_flow.verify.workspace import Workspace

_SHOWS = re.compile(r"\bshow\w*\(")
_OUTSIDE = frozenset(
    {
        ResourceKind.FILE,
        ResourceKind.NETWORK,
        ResourceKind.DATABASE,
        ResourceKind.SUBPROCESS,
        ResourceKind.DIRECTORY,
        ResourceKind.EVERYTHING,
    }
)


def flow_and_name(flow: PathLike | None) -> tuple[Path | None, str | None]:
    """`flows/x.py:x` as file and name. Raises InputError if there is no such file."""
    if flow is None:
        return None, None
    file, name = file_and_name(flow)
    if not file.is_file():
        raise InputError(f"there is no flow {file}", "--flow names a file that convert wrote.")
    try:
        file.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{file} is no Python: it isn't UTF-8 ({error.reason})") from error
    return file, name


def with_all_outputs(notebook: Path, options: ConvertOptions) -> Conversion:
    """The notebook's flow with everything returned. Raises InputError if there is none."""
    outputs = "all" if options.outputs == "auto" else options.outputs
    options = replace(options, outputs=outputs)
    conversion = pipeline.convert(notebook, options)
    if conversion.flow is None or conversion.errors:
        raise first_error(str(notebook), conversion.diagnostics)
    return conversion


def write_flow(flow: GeneratedFlow, workspace: Workspace) -> Path:
    """Write a flow to a folder for the runs; returns its path."""
    file = workspace.scratch / "flow" / f"{flow.plan.name}.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(flow.source, encoding="utf-8")
    return file


def read_shape(text: str, name: str) -> FlowShape:
    """The shape of a flow's text. Raises InputError if it is no Python."""
    from nb_to_flow.verify.flowfile import shape_of

    try:
        return shape_of(text, name)
    except SyntaxError as error:
        raise InputError(f"the flow is no Python: line {error.lineno}: {error.msg}") from error


def named_kernel(conversion: Conversion) -> str:
    """The kernel that the notebook names; "" for none."""
    try:
        metadata = json.loads(conversion.path.read_bytes()).get("metadata", {})
        return str(metadata.get("kernelspec", {}).get("name", ""))
    except (ValueError, AttributeError):
        return ""


def refuse_failure(conversion: Conversion, run: Observation) -> None:
    """Raises InputError if the notebook itself fails: then there is nothing to hold a flow against."""
    failure = run.failure
    if failure is not None:
        where = "" if failure.cell is None else f" in cell {failure.cell + 1}"
        raise InputError(
            f"the notebook {conversion.path} itself fails{where}: {failure.message}",
            "There is nothing to compare a flow with. Parameters are given with -p.",
        )


def copy_notes(workspace: Workspace, root: Path, conversion: Conversion) -> list[str]:
    """What is to be said of the folder that the runs got."""
    notes = []
    if root.resolve() != conversion.path.parent.resolve():
        notes.append(f"Each run had its own copy of {root.resolve()}.")
    if workspace.skipped:
        notes.append(f"Not copied for the runs: {listed(workspace.skipped, 5)}.")
    return notes


def unseen_note(notebook: Observation, runs: tuple[FlowRun, ...]) -> list[str]:
    """What is to be said of variables that the flow doesn't return."""
    compared = {f.name for run in runs for f in run.findings}
    unseen = [name for name in notebook.variables if name not in compared]
    if not unseen or any(run.failure is not None for run in runs):
        return []
    return [f"Not compared, as the flow doesn't return them: {listed(unseen, 8)}."]


def repeatable_tasks(plan: FlowPlan) -> frozenset[str]:
    """The tasks that may be run twice: those that the plan retries, and those that touch nothing outside."""
    statements = plan.facts.statements
    return frozenset(
        task.name
        for task in plan.tasks
        if task.retry
        or not any(e.kind in _OUTSIDE for step in task.steps for e in statements[step.statement].effects)
    )


def displays_note(notebook: Observation, shows: str) -> list[str]:
    """What is to be said of displays that the flow was converted without."""
    if shows == "drop" and (notebook.figures or notebook.displays):
        return ["Not compared, as the flow leaves it out (--displays drop): what cells display."]
    if shows == "log" and notebook.figures:
        return ["Not compared, as the flow doesn't show them (--displays log): figures."]
    return []


def libraries_note(notebook: Observation, runs: tuple[FlowRun, ...]) -> list[str]:
    """What is to be said if the flow has other libraries than the notebook, or lacks some."""
    if any(run.failure is not None and "No module named" in run.failure.message for run in runs):
        return [f"The flow ran in {sys.executable}: the notebook's libraries must be installed there too."]
    mine, theirs = notebook.versions, runs[0].versions
    other = [name for name in sorted(mine) if name in theirs and mine[name] != theirs[name]]
    words = [f"{name} {mine[name]} in the notebook, {theirs[name]} in the flow" for name in other[:4]]
    more = f" (and {len(other) - 4} more)" if len(other) > 4 else ""
    return [f"Other versions of libraries: {'; '.join(words)}{more}."] if words else []


def origins_of(flow: GeneratedFlow, shape: FlowShape, *, complete: bool, shows: str, module: str) -> Origins:
    """Where the tasks of a flow come from, as far as they are in the notebook's plan."""
    from nb_to_flow.verify.reference import Origins

    plan = flow.plan
    makers = {name: source.task for name, source in plan.results if source.kind is SourceKind.TASK}
    tasks = {task.name: task.cells for task in plan.tasks if task.name in shape.outputs}
    return Origins(
        cells=tasks,
        makers={name: task for name, task in makers.items() if task in tasks},
        places=_places(plan),
        order=tuple(shape.outputs),
        complete=complete,
        shows=shows,
        silent=_silent(flow),
        module=module,
    )


def _silent(flow: GeneratedFlow) -> frozenset[int]:
    """Cells whose last value the conversion takes for a mere drawing or setting; Jupyter displays it."""
    lines = flow.source.splitlines()
    showing = {
        (span.cell, line)
        for number, span in flow.source_map.items()
        if _SHOWS.search(lines[number - 1])
        for line in range(span.line, span.end_line + 1)
    }
    return frozenset(
        s.cell
        for s in flow.plan.facts.notebook.statements
        if s.shows and not any((s.cell, n) in showing for n in range(s.span.line, s.span.end_line + 1))
    )


def _places(plan: FlowPlan) -> dict[tuple[str, str], int]:
    """By task and variable, the last of the task's cells that binds or changes it."""
    facts, statements = plan.facts.statements, plan.facts.notebook.statements
    return {
        (task.name, name): statements[step.statement].cell
        for task in plan.tasks
        for step in task.steps
        for name in _left_by(facts[step.statement])
    }


def _left_by(facts: StatementFacts) -> frozenset[str]:
    return facts.binds | facts.may_bind | facts.changes
