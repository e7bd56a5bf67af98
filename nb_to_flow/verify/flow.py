"""One run of the flow, watched."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nb_to_flow.ir.errors import InputError
from nb_to_flow.ir.verification import (
    Breakdown,
    Displayed,
    Observation,
    Picture,
    Portrait,
    Printed,
    Snapshot,
)
from nb_to_flow.verify.flowfile import FlowShape
from nb_to_flow.verify.processes import Ended, child_environment, run_child
from nb_to_flow.verify.text import last_line, printed_lines, relative_writers
from nb_to_flow.verify.workspace import Workspace

_ROOT = Path(__file__).resolve().parents[2]
_START = (
    "import sys; sys.path = [p for p in sys.path if p] + [{root!r}];"
    "from nb_to_flow.api.playing import main; main({job!r})"
)
_LONGEST_DELAY = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowJob:
    """What to run.

    Attributes:
        file: the flow's module.
        name: the flow in it, or None for the one called as the file.
        shape: what its text says about its tasks.
        repeatable: tasks of the notebook's plan that may be run twice.
        parameters: values by name.
        names: the notebook's variables, in order.
        timeout: seconds that a run may take; None for any.
        env: environment variables for its process: where the Prefect server is.
    """

    file: Path
    shape: FlowShape
    name: str | None = None
    repeatable: frozenset[str] = frozenset()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    timeout: float | None = None
    env: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How to run it: on which runner, under which shuffled schedule (from 1), failing once or not."""

    runner: str | None = None
    schedule: int | None = None
    fail_once: bool = False

    @property
    def folder(self) -> str:
        """A name for the run's folder."""
        return f"flow-{self.runner or 'own'}-{self.schedule or 0}{'-retried' if self.fail_once else ''}"


def run_flow(job: FlowJob, manner: Manner, workspace: Workspace) -> Observation:
    """Run the flow once, in a process of its own.

    Raises InputError if it couldn't start: no such flow, parameters that don't fit. What fails later is in
    the result's `failure`.
    """
    records = workspace.records(manner.folder)
    orders = records / "orders.json"
    orders.write_text(json.dumps(_orders(job, manner, records)), encoding="utf-8")
    cwd = workspace.fresh()
    command = [sys.executable, "-c", _START.format(root=str(_ROOT), job=str(orders))]
    # Results that an earlier run has stored are not to be found; a flow has no screen to draw on.
    own = {"PREFECT_LOCAL_STORAGE_PATH": str(records / "storage"), "MPLBACKEND": "agg"}
    env = child_environment({**own, **job.env})
    ended = run_child(command, cwd=cwd, env=env, log=records / "log.txt", timeout=job.timeout)
    live = workspace.live
    folder = workspace.put_away(manner.folder)
    return _observation(job, records, folder, live, ended)


def delays(tasks: Sequence[str], schedule: int) -> dict[str, float]:
    """How long each task waits before it starts, so that tasks start in another order where they may.

    Schedule 1 turns the order round, which finds whatever relies on being submitted first; the others are
    shuffled, each by its number.
    """
    order = list(reversed(tasks))
    if schedule > 1:
        random.Random(schedule).shuffle(order)
    step = min(0.15, _LONGEST_DELAY / max(1, len(order)))
    return {task: round(position * step, 3) for position, task in enumerate(order)}


def _orders(job: FlowJob, manner: Manner, records: Path) -> dict[str, Any]:
    tasks = list(job.shape.outputs)
    probe = {
        "records": str(records),
        "root": str(_ROOT),
        "outputs": {task: list(names) for task, names in job.shape.outputs.items()},
        "delays": delays(tasks, manner.schedule) if manner.schedule is not None else {},
        "retried": sorted(job.repeatable),
        "fail_once": manner.fail_once,
    }
    return {
        "flow": str(job.file.resolve()),
        "name": job.name,
        "parameters": dict(job.parameters),
        "runner": manner.runner,
        "workers": max(16, len(tasks)) if manner.schedule is not None else None,
        "names": list(job.names),
        "probe": probe,
        "done": str(records / "done"),
    }


def _observation(job: FlowJob, records: Path, folder: Path, live: Path, ended: Ended) -> Observation:
    calls = _calls(records)
    variables: dict[str, Portrait] = {}
    done: dict[str, Any] = {}
    if (records / "done").exists():
        done = json.loads((records / "done").read_bytes())
        if "refused" in done:
            raise InputError(*done["refused"])
        variables = _named(done["values"], job.shape)
    return Observation(
        folder=folder,
        variables=variables,
        snapshots=tuple(Snapshot(task=c["task"], values=c["outputs"]) for c in calls if c["task"]),
        lines=tuple(Printed(text=t, task=c["task"]) for c in calls for t in printed_lines(c["text"])),
        figures=tuple(Picture(path=Path(p), task=c["task"]) for c in calls for p in c["figures"]),
        displays=tuple(_displayed(text, c["task"]) for c in calls for text in c["displays"]),
        writers=relative_writers(_writers(calls), live),
        failure=_failure(job, done, ended),
        seconds=done.get("seconds", 0.0),
        versions=done.get("versions", {}),
    )


def _displayed(text: str | None, task: str) -> Displayed:
    return Displayed(forms=() if text is None else (text,), task=task)


def _named(values: dict[str, Portrait], shape: FlowShape) -> dict[str, Portrait]:
    """What the flow returned by the notebook's names; a single value has its name in the return statement."""
    if set(values) == {"result"} and len(shape.returns) == 1:
        return {shape.returns[0]: values["result"]}
    return values


def _calls(records: Path) -> list[dict[str, Any]]:
    """The calls of tasks, in order of time; of a call that was tried again, the last attempt."""
    last: dict[str, dict[str, Any]] = {}
    for path in sorted(records.glob("*.json")):
        if path.name == "orders.json":
            continue
        call = json.loads(path.read_bytes())
        key = call["run"] or path.name
        if key not in last or last[key]["attempt"] <= call["attempt"]:
            last[key] = call
    return sorted(last.values(), key=lambda call: float(call["started"]))


def _writers(calls: list[dict[str, Any]]) -> dict[str, list[int | str]]:
    found: dict[str, list[int | str]] = {}
    for call in calls:
        for path in call["writers"]:
            tasks = found.setdefault(path, [])
            if call["task"] not in tasks:
                tasks.append(call["task"])
    return found


def _failure(job: FlowJob, done: dict[str, Any], ended: Ended) -> Breakdown | None:
    if ended.code is None:
        return Breakdown(message=f"the flow takes longer than {job.timeout:g} s", traceback=ended.errors)
    if not done:
        message = ": ".join(filter(None, ["the flow's process ended early", last_line(ended.errors)]))
        return Breakdown(message=message[:600], traceback=ended.errors)
    failure = done["failure"]
    if failure is None:
        return None
    return Breakdown(
        message=failure["message"], task=failure["task"], cell=failure["cell"], traceback=ended.errors
    )
