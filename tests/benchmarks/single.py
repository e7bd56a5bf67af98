"""One run of each example flow against papermill on its notebook: `python -m tests.benchmarks.single [NAME...]`.

On a running Prefect server. Papermill's time includes starting a kernel, in which the notebook imports its libraries;
the flow's includes importing its module, libraries and all, and is shown without and with importing Prefect.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
import textwrap
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks.measure import measured
from tests.servers import start_prefect_server

_ROOT = Path(__file__).resolve().parents[2]
_TURNS = 3

_FLOW = """
    import importlib, json, sys, time
    begin = time.perf_counter()
    import prefect
    prefect_done = time.perf_counter()
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
    sys.path.insert(0, sys.argv[1])
    module = importlib.import_module(sys.argv[2])
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        getattr(module, sys.argv[2])()
    end = time.perf_counter()
    print(json.dumps({"prefect": prefect_done - begin, "flow": end - prefect_done}))
"""
_PAPERMILL = """
    import json, sys, time
    import papermill
    begin = time.perf_counter()
    papermill.execute_notebook(sys.argv[1], sys.argv[2], kernel_name="python3", progress_bar=False)
    print(json.dumps({"papermill": time.perf_counter() - begin}))
"""


def main(names: list[str]) -> None:
    """Prints a table."""
    with tempfile.TemporaryDirectory(prefix="nb-to-flow-benchmark-") as scratch:
        server = start_prefect_server(Path(scratch) / "prefect")
        try:
            flows = Path(scratch) / "flows"
            shutil.copytree(_ROOT / "flows", flows)
            found = names or sorted(path.stem for path in flows.glob("*.py"))
            print(f"median of {_TURNS}, seconds; load {os.getloadavg()}")
            print(f"{'':<24}{'papermill':>10}{'flow':>8}{'ratio':>8}{'with Prefect':>14}")
            for name in found:
                _compare(flows, name, server.env)
        finally:
            server.stop()


def _compare(flows: Path, name: str, env: Mapping[str, str]) -> None:
    notebooks = flows / "notebooks"
    papermill, flow, whole = [], [], []
    for _ in range(_TURNS):
        (notebooks / "out").mkdir(exist_ok=True)
        done = _run(_PAPERMILL, [f"{name}.ipynb", "ran.ipynb"], notebooks, env)
        papermill.append(done["papermill"])
        done = _run(_FLOW, [str(flows), name], notebooks, env)
        flow.append(done["flow"])
        whole.append(done["flow"] + done["prefect"])
    loop, alone, all_in = (statistics.median(times) for times in (papermill, flow, whole))
    print(f"{name:<24}{loop:>10.2f}{alone:>8.2f}{alone / loop:>8.2f}{all_in:>14.2f}", flush=True)


def _run(program: str, arguments: list[str], folder: Path, env: Mapping[str, str]) -> dict[str, float]:
    command = [sys.executable, "-c", textwrap.dedent(program), *arguments]
    found: dict[str, float] = json.loads(measured(command, folder, env).output.splitlines()[-1])
    return found


if __name__ == "__main__":
    main(sys.argv[1:])
