"""Compares a batch of a flow with runs of the flow alone; a program, as it needs a server: see `main`."""

from __future__ import annotations

import json
import math
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from nb_to_flow.batches.export import load_output
from nb_to_flow.batches.run import run_batch
from nb_to_flow.batches.workshop import load_module
from nb_to_flow.ir.batch import BatchOptions, State
from tests.batches.flows import MemoryLedger, program_of, sets_of

ROWS: dict[str, list[dict[str, Any]]] = {
    "churn_training": [{"n_trees": 20, "out_dir": f"out/{t}", "test_size": t} for t in (0.25, 0.3)]
    + [{"n_trees": 30, "out_dir": "out/more"}],
    "demand_forecast": [{"horizon": h, "season": s} for h, s in ((14, 7), (28, 7), (14, 14))],
    "inventory_cleanup": [{}],
    "ops_report": [{"line": line, "scrap_limit": s} for line, s in (("A", 0.04), ("B", 0.04), ("B", 0.02))],
    "queue_simulation": [{"counters": c, "days": d} for c, d in ((3, 5), (4, 5), (3, 6))],
    "sales_etl": [{"min_qty": q, "currency": c} for q, c in ((1, "EUR"), (2, "EUR"), (3, "EUR"))],
    "survey_weights": [
        {"by": b, "max_weight": w} for b, w in (("region", 3.0), ("age_group", 3.0), ("region", 2.0))
    ],
}


def differences(one: Any, other: Any, where: str = "") -> list[str]:
    """Where two values differ."""
    if type(one).__module__.startswith("pandas") and hasattr(one, "equals"):
        return [] if type(one) is type(other) and one.equals(other) else [f"{where}: {one!r} != {other!r}"]
    if hasattr(one, "dtype") and hasattr(one, "tolist"):
        return differences(one.tolist(), other.tolist() if hasattr(other, "tolist") else other, where)
    if isinstance(one, float) and isinstance(other, float):
        same = (
            one == other or (math.isnan(one) and math.isnan(other)) or math.isclose(one, other, rel_tol=1e-12)
        )
        return [] if same else [f"{where}: {one!r} != {other!r}"]
    if isinstance(one, dict) and isinstance(other, dict):
        if list(one) != list(other):
            return [f"{where}: {list(one)} != {list(other)}"]
        return [d for key in one for d in differences(one[key], other[key], f"{where}[{key!r}]")]
    if isinstance(one, (list, tuple)) and type(one) is type(other) and len(one) == len(other):
        return [
            d
            for i, (a, b) in enumerate(zip(one, other, strict=True))
            for d in differences(a, b, f"{where}[{i}]")
        ]
    if hasattr(one, "__dict__") and type(one) is type(other) and not callable(one):
        plain = {k: v for k, v in vars(one).items() if _is_plain(v)}
        return differences(plain, {k: v for k, v in vars(other).items() if k in plain}, f"{where}.")
    return (
        []
        if one == other or (one is None) == (other is None) and not _is_plain(one)
        else [f"{where}: {one!r} != {other!r}"]
    )


def _is_plain(value: Any) -> bool:
    return isinstance(value, (int, float, str, list, tuple, dict)) or hasattr(value, "tolist")


def main() -> None:
    """FLOW RUNNER SCRATCH: print the differences as JSON. The server is the one of PREFECT_API_URL."""
    flow_file, runner, scratch = Path(sys.argv[1]).absolute(), sys.argv[2], Path(sys.argv[3])
    notebooks = flow_file.parent / "notebooks"
    for name in ("batch", "alone"):
        shutil.copytree(notebooks, scratch / name)
        (scratch / name / "out").mkdir(exist_ok=True)
    results = scratch / "results"
    results.mkdir()
    os.chdir(scratch / "alone")
    flow = vars(load_module(flow_file))[flow_file.stem]
    rows = ROWS[flow_file.stem]
    own = runner == "process"
    # Threads share one folder: what they write there is not compared, what they return is.
    options = BatchOptions(runner=runner, max_workers=2, own_folders=own, allow_overwrites=not own)
    program = program_of(flow, rows, scratch / "batch", options)
    ledger = MemoryLedger()
    run_batch(program, ledger, results, options, print, lambda now: None)
    found: list[str] = []
    for parameters in sets_of(flow, rows):
        record = ledger.sets[parameters.index]
        if record.state is not State.DONE:
            found.append(f"set {parameters.index} {record.state}: {record.error}")
            continue
        batch = {name: load_output(output, results) for name, output in record.outputs.items()}
        alone = flow(**parameters.values)
        found += differences(batch, alone, f"set {parameters.index} ")
        if own:
            found += files_that_differ(results / "sets" / str(parameters.index), scratch / "alone")
    print(
        "DIFFERENCES " + json.dumps({"found": found, "pieces": len(program.pieces), "calls": program.calls})
    )


def files_that_differ(set_folder: Path, alone: Path) -> list[str]:
    """Files that the set wrote in its folder and that are not what the flow alone wrote last."""
    found = []
    for path in set_folder.rglob("*"):
        same = alone / path.relative_to(set_folder)
        # Pictures, models and databases hold dates.
        if path.is_symlink() or path.suffix not in (".csv", ".json", ".md", ".txt"):
            continue
        if not same.is_file() or same.read_bytes() != path.read_bytes():
            found.append(f"{set_folder.name}: {path.relative_to(set_folder)}")
    return found


if __name__ == "__main__":
    main()
