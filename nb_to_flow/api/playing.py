"""One run of a flow for a verification, in a process of its own: `main("JOB.json")`.

JOB.json: `flow`, the flow's file, and `name`, the flow in it or null; `parameters`; `runner` and `workers`, see
`RunRequest`; `names`, the notebook's variables; `probe`, the fields of `Orders`; `done`, where the outcome goes.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nb_to_flow.files import write_atomically
from nb_to_flow.ir.errors import InputError


def main(path: str) -> None:
    """Run the flow in the current folder, watched, and write down how it went; ends the process."""
    job = json.loads(Path(path).read_bytes())
    try:
        done = _played(job)
    except InputError as error:
        done = {"refused": [error.message, error.hint]}
    write_atomically(Path(job["done"]), json.dumps(done).encode())
    sys.stderr.flush()
    os._exit(0)  # threads that the flow left behind don't keep it


def _played(job: dict[str, Any]) -> dict[str, Any]:
    from nb_to_flow.run import Failure, RunRequest, RunResult, run_module
    from nb_to_flow.run.failure import describe
    from nb_to_flow.run.server import prepare_server
    from nb_to_flow.verify.kernel import versions
    from nb_to_flow.verify.probe import Orders, install, save_outside

    prepare_server(lambda line: None)  # before prefect is imported
    orders = Orders(**job["probe"])
    install(orders)
    request = RunRequest(
        flow_file=Path(job["flow"]),
        flow_name=job["name"],
        parameters=job["parameters"],
        runner=job["runner"],
        workers=job["workers"],
    )
    began = time.perf_counter()
    try:
        result = run_module(request, _log)
    except InputError:
        raise
    except Exception as error:  # noqa: BLE001 - of the task runner: the flow's own are in the result
        traceback.print_exc()
        result = RunResult(values={}, failure=Failure(message=describe(error)))
    seconds = time.perf_counter() - began
    save_outside(orders)
    failure = result.failure
    return {
        "values": _portraits(result.values, job["names"]),
        "seconds": seconds,
        "versions": versions(),
        "failure": None
        if failure is None
        else {
            "message": failure.message,
            "task": failure.task,
            "cell": failure.span.cell if failure.span else None,
        },
    }


def _portraits(values: Mapping[str, Any], names: list[str]) -> dict[str, Any]:
    """Portraits of what the flow returned, in the notebook's order: all together may be only so large."""
    from nb_to_flow.verify.portrait import portray_all

    order = [*(name for name in names if name in values), *(name for name in values if name not in names)]
    return portray_all({str(name): values[name] for name in order})


def _log(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
