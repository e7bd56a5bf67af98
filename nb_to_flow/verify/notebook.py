"""One run of the notebook: the reference that the flow is held against."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nb_to_flow.ir.errors import InputError
from nb_to_flow.ir.verification import Breakdown, Displayed, Observation, Picture, Printed, Snapshot
from nb_to_flow.verify.kernels import NAME, Kernel, write_specification
from nb_to_flow.verify.papermill_run import TAG
from nb_to_flow.verify.processes import Ended, child_environment, run_child
from nb_to_flow.verify.text import last_line, printed_lines, relative_writers
from nb_to_flow.verify.workspace import Workspace

_HERE = Path(__file__).resolve().parent
_TIMING = re.compile(r"CPU times: |Compiler +: |Wall time: |.* per loop \(|The slowest run took ")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotebookJob:
    """What to run.

    Attributes:
        notebook: the notebook's file.
        kernel: see `choose_kernel`.
        order: positions of the cells to run, in order; None for all from top to bottom.
        parameters: the Python text of a value, by name.
        places: by cell the lines behind which parameters are set (0 for the cell's end), with their names.
        wanted: by variable the cells after which it is looked at; None for all.
        timeout: seconds that the whole run may take; None for any.
    """

    notebook: Path
    kernel: Kernel
    order: tuple[int, ...] | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    places: Mapping[int, tuple[tuple[int, tuple[str, ...]], ...]] = field(default_factory=dict)
    wanted: Mapping[str, tuple[int, ...] | None] = field(default_factory=dict)
    timeout: float | None = None


def run_notebook(job: NotebookJob, workspace: Workspace, name: str, hash_seed: str) -> Observation:
    """Run the notebook once with papermill, in a process and a kernel of its own.

    Args:
        job: see `NotebookJob`.
        workspace: where; the run's folder ends up below `name` in it.
        name: of this run, for the folders.
        hash_seed: for the order of sets of strings.

    Raises InputError if papermill couldn't start it. That a cell fails is in the result's `failure`.
    """
    records = workspace.records(name)
    orders = _write_orders(job, records)
    jupyter = write_specification(records, job.kernel, _HERE / "kernel.py", records / "watch.json")
    paths = [str(jupyter), *filter(None, [os.environ.get("JUPYTER_PATH")])]
    env = child_environment({"JUPYTER_PATH": os.pathsep.join(paths)}, hash_seed)
    cwd = workspace.fresh()
    command = [sys.executable, str(_HERE / "papermill_run.py"), str(orders)]
    ended = run_child(command, cwd=cwd, env=env, log=records / "log.txt", timeout=job.timeout)
    live = workspace.live
    folder = workspace.put_away(name)
    return _observation(job, records, folder, live, ended)


def _write_orders(job: NotebookJob, records: Path) -> Path:
    watch = {
        "portrait": str(_HERE / "portrait" / "__init__.py"),
        "records": str(records),
        "cells": [],
        "wanted": {k: list(v) if v is not None else None for k, v in job.wanted.items()},
    }
    orders = {
        "notebook": str(job.notebook.resolve()),
        "order": list(job.order) if job.order is not None else None,
        "parameters": dict(job.parameters),
        "inject": {str(cell): places for cell, places in job.places.items()},
        "kernel": NAME,
        "watch": str(records / "watch.json"),
        "prepared": str(records / "prepared.ipynb"),
        "executed": str(records / "executed.ipynb"),
        "done": str(records / "done.json"),
    }
    (records / "watch.json").write_text(json.dumps(watch), encoding="utf-8")
    (records / "orders.json").write_text(json.dumps(orders), encoding="utf-8")
    return records / "orders.json"


def _observation(job: NotebookJob, records: Path, folder: Path, live: Path, ended: Ended) -> Observation:
    if ended.code is None:
        raise InputError(
            f"{job.notebook} takes longer than {job.timeout:g} s",
            "--timeout allows more, or give parameters that make it quicker.",
        )
    if not (records / "done.json").exists():
        reason = last_line(ended.errors) or "its process ended without a word"
        raise InputError(f"{job.notebook} couldn't be run: {reason}")
    done = json.loads((records / "done.json").read_bytes())
    executed = _executed(records)
    failure = _failure(done["error"], executed)
    final = _final(records)
    if final is None and failure is None and any(c["cell_type"] == "code" and c["source"] for c in executed):
        failure = Breakdown(message="the kernel ended before the last cell did")
    final = final or {"variables": {}, "figures": [], "displays": [], "writers": {}, "versions": {}}
    return Observation(
        folder=folder,
        variables=final["variables"],
        snapshots=_snapshots(records / "snapshots.jsonl"),
        lines=_lines(executed),
        figures=tuple(Picture(path=records / f[1], cell=f[0]) for f in final["figures"]),
        displays=tuple(Displayed(**{**d, "forms": tuple(d["forms"])}) for d in final["displays"]),
        writers=relative_writers(final["writers"], live),
        failure=failure,
        seconds=done["seconds"],
        versions=final["versions"],
    )


def _executed(records: Path) -> list[dict[str, Any]]:
    path = records / "executed.ipynb"
    if not path.exists():
        return []
    cells: list[dict[str, Any]] = json.loads(path.read_bytes())["cells"]
    return [c for c in cells if TAG in c["metadata"]]


def _final(records: Path) -> dict[str, Any] | None:
    path = records / "final.json"
    return json.loads(path.read_bytes()) if path.exists() else None


def _snapshots(path: Path) -> tuple[Snapshot, ...]:
    if not path.exists():
        return ()
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return tuple(Snapshot(cell=row["cell"], values=row["values"]) for row in rows)


def _lines(executed: list[dict[str, Any]]) -> tuple[Printed, ...]:
    found = []
    for cell in executed:
        streams = [
            "".join(o["text"])
            for o in cell.get("outputs", ())
            if o["output_type"] == "stream" and o["name"] == "stdout"
        ]
        lines = printed_lines("".join(streams))
        if "%time" in "".join(cell["source"]):  # a flow has the code without the timing
            lines = [line for line in lines if not _TIMING.match(line)]
        found += [Printed(text=line, cell=cell["metadata"][TAG]) for line in lines]
    return tuple(found)


def _failure(error: dict[str, str] | None, executed: list[dict[str, Any]]) -> Breakdown | None:
    if error is None:
        return None
    failed = (c["metadata"][TAG] for c in executed if c["metadata"].get("papermill", {}).get("exception"))
    text = f"{error['name']}: {error['message']}" if error["message"] else error["name"]
    return Breakdown(
        message=" ".join(text.split())[:600], cell=next(failed, None), traceback=error["traceback"]
    )
