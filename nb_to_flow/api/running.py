"""Running flows, and notebooks by way of their flows."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nb_to_flow.api.single import PathLike
from nb_to_flow.api.targets import flow_of, home_of, notebook_of
from nb_to_flow.files import is_untouched, load_sidecar
from nb_to_flow.pipeline import ConvertOptions

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
