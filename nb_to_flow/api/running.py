"""Running flows, and notebooks by way of their flows."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nb_to_flow.api.converting import convert
from nb_to_flow.api.single import PathLike
from nb_to_flow.files import Sidecar, is_untouched, load_sidecar
from nb_to_flow.ir.diagnostics import Severity
from nb_to_flow.ir.errors import InputError
from nb_to_flow.pipeline import ConvertOptions
from nb_to_flow.report.text import place

if TYPE_CHECKING:
    from nb_to_flow.run import RunResult


def run_flow(
    target: PathLike,
    parameters: Mapping[str, Any] | None = None,
    *,
    runner: str | None = None,
    folder: PathLike | None = None,
    output: PathLike | None = None,
    options: ConvertOptions | None = None,
    say: Callable[[str], None] | None = None,
) -> RunResult:
    """Run a flow, or convert a notebook and run its flow, in this process.

    Args:
        target: `flows/x.py`, `flows/x.py:x`, or a notebook.
        parameters: values by name; checked against the flow's signature before anything runs.
        runner: "thread", "process", "dask" or "ray"; None for what the flow says.
        folder: where to run; None for the notebook's folder if it is known, else the current one.
        output: for a notebook, the folder for its flow; None for a temporary one.
        options: for a notebook, how to convert it.
        say: gets a line for each thing that happens; None for silence.

    Returns what the flow returned or why it failed. Raises InputError if the target can't be run as asked.
    """
    from nb_to_flow.run import RunRequest, run_module

    say = say or (lambda line: None)
    with flow_of(str(os.fspath(target)), output, options) as (flow_file, name):
        sidecar = load_sidecar(flow_file)
        notebook = notebook_of(flow_file, sidecar)
        request = RunRequest(
            flow_file=flow_file,
            flow_name=name,
            parameters=parameters or {},
            runner=runner,
            folder=Path(folder) if folder is not None else home_of(notebook),
            lines=sidecar.lines if sidecar and is_untouched(flow_file, sidecar) else {},
        )
        say(f"running {flow_file.name} in {request.folder.resolve()}")
        return replace(run_module(request, say), notebook=notebook)


def notebook_of(flow_file: Path, sidecar: Sidecar | None) -> Path | None:
    """The notebook that a flow came from, if that is known; it need not be there any more."""
    return (flow_file.parent / sidecar.notebook).resolve() if sidecar else None


def home_of(notebook: Path | None) -> Path:
    """Where a flow runs if nobody says otherwise: in its notebook's folder, else in the current one."""
    return notebook.parent if notebook is not None and notebook.exists() else Path()


@contextmanager
def flow_of(
    target: str, output: PathLike | None, options: ConvertOptions | None
) -> Iterator[tuple[Path, str | None]]:
    """The flow's file and name; a notebook's flow is written first. Raises InputError."""
    if not target.endswith(".ipynb"):
        if output is not None or options not in (None, ConvertOptions()):
            raise InputError("options of a conversion go with a notebook", f"{target} is a flow already.")
        path, colon, name = target.rpartition(":")
        known = bool(colon) and name.isidentifier()
        yield Path(path if known else target), name if known else None
        return
    with tempfile.TemporaryDirectory(prefix="nb-to-flow-") as scratch:
        [done] = convert(target, output=output if output is not None else scratch, options=options)
        if done.flow_file is None or not done.ok:
            problem = next(d for d in done.diagnostics if d.severity is Severity.ERROR)
            raise InputError(f"{place(target, problem.span)}: {problem.message}", problem.hint)
        yield done.flow_file.absolute(), None
