"""Runs a notebook with papermill: `python papermill_run.py JOB.json`, a process of its own.

JOB.json: `notebook`, its path; `order`, positions of the cells to run or null for all; `parameters`, by
name the Python text of a value; `inject`, by cell a list of line (0 for the end) and names, where they go;
`kernel`, the name of the kernel to use; `watch`, what kernel.py reads; `prepared` and `executed`, where the
notebook goes before and after the run; `done`, where the outcome goes: {"seconds", "error"}.
"""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from typing import Any

TAG = "nb_to_flow_cell"  # metadata: the cell's position in the notebook as it is on disk


def main() -> None:
    """Run it and write down how it went."""
    with open(sys.argv[1], encoding="utf-8") as stream:
        job = json.load(stream)
    notebook = _prepared(job)
    _write_watch(job, notebook)
    _write(job["prepared"], notebook)
    began = time.perf_counter()
    error = _execute(job)
    done = {"seconds": time.perf_counter() - began, "error": error}
    with open(job["done"], "w", encoding="utf-8") as stream:
        json.dump(done, stream)


def _prepared(job: dict[str, Any]) -> Any:
    """The notebook to run: cells in order, tagged with their positions, parameters put in."""
    import nbformat

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of missing cell ids
        notebook: Any = nbformat.read(job["notebook"], as_version=4)  # type: ignore[no-untyped-call]
    for index, cell in enumerate(notebook.cells):
        cell.metadata[TAG] = index
        _put_in(cell, job["inject"].get(str(index), []), job["parameters"])
    if job["order"] is not None:
        notebook.cells = [notebook.cells[index] for index in job["order"]]
    notebook.metadata["kernelspec"] = {"name": job["kernel"], "language": "python", "display_name": "Python"}
    return notebook


def _put_in(cell: Any, places: list[tuple[int, list[str]]], values: dict[str, str]) -> None:
    """Set the parameters as papermill would, but without a new cell: `Out[3]` stays what it is."""
    lines = cell.source.split("\n")
    for line, names in sorted(places, key=lambda place: place[0] or len(lines), reverse=True):
        position = line or len(lines)
        lines[position:position] = [f"{name} = {values[name]}" for name in names]
    cell.source = "\n".join(lines)


def _write_watch(job: dict[str, Any], notebook: Any) -> None:
    """Tell the kernel which cells will run; nbclient passes over the others."""
    runs = [
        (cell.metadata[TAG], cell.source)
        for cell in notebook.cells
        if cell.cell_type == "code"
        and cell.source.strip()
        and "skip-execution" not in cell.metadata.get("tags", [])
    ]
    with open(job["watch"], encoding="utf-8") as stream:
        watch = json.load(stream)
    watch["cells"] = runs
    with open(job["watch"], "w", encoding="utf-8") as stream:
        json.dump(watch, stream)


def _write(path: str, notebook: Any) -> None:
    import nbformat

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nbformat.write(notebook, path)  # type: ignore[no-untyped-call]


def _execute(job: dict[str, Any]) -> dict[str, Any] | None:
    """Run it; returns what went wrong, or None."""
    import papermill
    from papermill.exceptions import PapermillExecutionError

    try:
        papermill.execute_notebook(
            job["prepared"],
            job["executed"],
            kernel_name=job["kernel"],
            language="python",
            progress_bar=False,
            cwd=os.getcwd(),
            start_timeout=120,
            request_save_on_cell_execute=False,
        )
    except PapermillExecutionError as error:
        return {"name": error.ename, "message": str(error.evalue), "traceback": str(error)}
    except Exception as error:  # noqa: BLE001 - told to the user by the parent process
        return {"name": type(error).__name__, "message": str(error), "traceback": ""}
    return None


if __name__ == "__main__":
    del sys.path[0]  # this file's folder
    main()
