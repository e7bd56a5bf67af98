"""What a verification saw: observations of runs, comparisons, findings and the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

# A description of a value that JSON can hold; only what portrays and compares values looks inside.
Portrait = Mapping[str, Any]


class Verdict(str, Enum):
    """How two values, lines, files or figures compare."""

    SAME = "same"
    CLOSE = "within tolerance"
    DIFFERENT = "different"
    UNKNOWN = "not comparable"
    UNSTABLE = "not deterministic"  # the notebook itself gives something else each time


class What(str, Enum):
    """What a finding is about."""

    VARIABLE = "variable"
    LINE = "line"
    FILE = "file"
    FIGURE = "figure"
    DISPLAY = "display"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One part of a compared value: a column of a frame, an attribute of a model, a line of a file.

    Attributes:
        label: which part.
        notebook, flow: what each side has, in a few characters.
        verdict: see `Verdict`.
        reason: why, if it is not the same.
    """

    label: str
    notebook: str
    flow: str
    verdict: Verdict
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The notebook's value beside the flow's.

    Attributes:
        verdict: see `Verdict`.
        reason: in the user's words; "" if they are the same.
        rows: the parts that are not the same.
    """

    verdict: Verdict
    reason: str = ""
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """One printed line and where: the notebook's cell, or the flow's task ("" for the flow's own body)."""

    text: str
    cell: int | None = None
    task: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """One displayed figure, as a PNG file."""

    path: Path
    cell: int | None = None
    task: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Displayed:
    """One table or text that a cell displayed, or that a task published.

    Attributes:
        forms: of a cell, the texts that Jupyter may choose from (HTML, Markdown, plain) and the value's `repr`;
            of a task, the one text that it published; none if it published something else than text.
        cell: the notebook's cell.
        task: the flow's task ("" for its own body).
        result: True for the value of a cell's last expression.
        optional: True for what is no table and no text: drawings, widgets, sounds.
    """

    forms: tuple[str, ...]
    cell: int | None = None
    task: str = ""
    result: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Variables at one moment: after a cell of the notebook, or what a call of a task returned.

    Attributes:
        cell: the cell it follows, or None.
        task: the task that returned these, or "".
        values: portraits by variable; of a cell, at least those that changed in it.
    """

    values: Mapping[str, Portrait]
    cell: int | None = None
    task: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    """Why a run failed: the exception as text, and the notebook's cell or the flow's task."""

    message: str
    cell: int | None = None
    task: str = ""
    traceback: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """Everything seen of one run, of the notebook or of the flow.

    Attributes:
        variables: portraits of the final values, by name.
        snapshots: in order of time; see `Snapshot`.
        lines: what was printed, in order of time.
        figures: the pictures that were displayed, in order of time.
        displays: the tables and texts that were, in order of time.
        folder: the run's own copy of the working folder, as the run left it.
        writers: for files of that folder (relative, with "/"), the cells or tasks that opened them to write.
        failure: why it failed, or None.
        seconds: how long the notebook or flow took, without the start of its process.
        versions: of the libraries that were imported.
    """

    folder: Path
    variables: Mapping[str, Portrait] = field(default_factory=dict)
    snapshots: tuple[Snapshot, ...] = ()
    lines: tuple[Printed, ...] = ()
    figures: tuple[Picture, ...] = ()
    displays: tuple[Displayed, ...] = ()
    writers: Mapping[str, tuple[int | str, ...]] = field(default_factory=dict)
    failure: Breakdown | None = None
    seconds: float = 0.0
    versions: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One compared thing, the same or not.

    Attributes:
        what: see `What`.
        name: the variable, the file's path, "figure 2", or where something was printed or shown.
        notebook, flow: what each side has, in a few words; "" if it has none.
        verdict, reason, rows: see `Comparison`.
        cell: the notebook's cell it comes from (positions from 0), or None.
        task: the flow's task it comes from, or "".
        pictures: of a figure, the notebook's and the flow's PNG; None for a missing one.
    """

    what: What
    name: str
    verdict: Verdict
    notebook: str = ""
    flow: str = ""
    reason: str = ""
    rows: tuple[Row, ...] = ()
    cell: int | None = None
    task: str = ""
    pictures: tuple[bytes | None, bytes | None] = (None, None)


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """Where a difference first appears; parts that aren't known are "" or None."""

    task: str = ""
    cell: int | None = None
    what: What = What.VARIABLE
    name: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRun:
    """One run of the flow and how it compares.

    Attributes:
        runner: "thread", "process", "dask", "ray", or "" for what the flow says.
        schedule: number of the shuffled schedule, from 1; None for an undisturbed run.
        retried: True if each task failed once after its work.
        findings: everything compared.
        failure: why the flow failed, or None.
        first: where its first difference is, or None.
        seconds: how long it took.
        versions: of the libraries that it imported.
    """

    runner: str = ""
    schedule: int | None = None
    retried: bool = False
    findings: tuple[Finding, ...] = ()
    failure: Breakdown | None = None
    first: First | None = None
    seconds: float = 0.0
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """True if the flow completed and nothing differs."""
        return self.failure is None and all(f.verdict is not Verdict.DIFFERENT for f in self.findings)

    @property
    def title(self) -> str:
        """The run in a few words: "process runner, schedule 2"."""
        parts = [f"{self.runner} runner" if self.runner else "as the flow says"]
        parts += [f"schedule {self.schedule}"] if self.schedule is not None else []
        parts += ["each task failed once"] if self.retried else []
        return ", ".join(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyResult:
    """What came out of verifying one notebook.

    Attributes:
        notebook: its path as given.
        flow: the flow's file if one was given, else None (it was converted for the purpose).
        runs: the runs of the flow, in order; at least one.
        findings: one per compared thing, from the first run in which it differs, else from the first run.
        unstable: names of what the notebook itself doesn't reproduce.
        repeats: how often the notebook was run.
        parameters: what both were given.
        tolerance: the relative and absolute tolerance for floats.
        notes: sentences about what was left out and where it ran.
        notebook_seconds: how long the notebook took the first time.
        flow_text: the flow that was run.
    """

    notebook: Path
    runs: tuple[FlowRun, ...]
    findings: tuple[Finding, ...] = ()
    flow: Path | None = None
    unstable: tuple[str, ...] = ()
    repeats: int = 1
    parameters: Mapping[str, Any] = field(default_factory=dict)
    tolerance: float = 0.0
    notes: tuple[str, ...] = ()
    notebook_seconds: float = 0.0
    flow_text: str = ""

    @property
    def ok(self) -> bool:
        """True if every run of the flow did what the notebook did."""
        return all(run.ok for run in self.runs)

    @property
    def first(self) -> First | None:
        """Where the first run that differs first differs, or None."""
        return next((run.first for run in self.runs if run.first is not None), None)

    @property
    def differences(self) -> tuple[Finding, ...]:
        """The findings that make the result bad."""
        return tuple(f for f in self.findings if f.verdict is Verdict.DIFFERENT)
