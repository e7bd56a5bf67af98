"""A flow that runs another flow for each of several parameter sets: what workers get in larger chunks."""

from __future__ import annotations

RESULTS_KEY = "set-results"  # of the artifacts with what sets returned

_TEMPLATE = '''"""Runs {function} once for each of several parameter sets, one after the other.

Written by nb-to-flow, for batches on a deployment. This is plain Prefect: a worker needs no nb-to-flow.
"""

import sys
from pathlib import Path
from typing import Any

from prefect import flow, get_run_logger
from prefect.artifacts import create_table_artifact
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

sys.path.insert(0, str(Path(__file__).parent))

from {module} import {function}  # noqa: E402


def publish_results(number: int, result: Any) -> None:
    """What a set returned, as an artifact: numbers, text and times; of anything else the type."""
    items = result if isinstance(result, dict) else {{"result": result}}
    rows = []
    for name, value in items.items():
        kind = type(value).__name__
        value = value.item() if getattr(value, "shape", None) == () else value
        value = value.isoformat() if hasattr(value, "isoformat") else value
        plain = isinstance(value, (bool, int, float, str)) and len(str(value)) <= 10_000
        rows.append({{"set": number, "name": str(name), "type": kind, "value": str(value) if plain else None}})
    try:
        create_table_artifact(rows, key="{key}", description=f"Set {{number}}")
    except Exception:
        get_run_logger().warning("the results of set %s are not shown", number, exc_info=True)


@flow(name="{name}-batch", log_prints=True)
def {function}_batch(sets: list[dict[str, Any]]) -> None:
    """Each set is a flow run of its own; one that fails doesn't keep the others from running.

    Args:
        sets: each {{"set": its number, "parameters": {{...}}}}
    """
    failed = []
    for each in sets:
        run = {function}.with_options(flow_run_name=f"set {{each['set']}}")
        # This run's heartbeat is enough: the one of a short run makes it last a whole second.
        with temporary_settings({{PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}}):
            state = run(**each["parameters"], return_state=True)
        if state.is_completed():
            publish_results(each["set"], state.result())
        else:
            failed.append(each["set"])
    if failed:
        raise RuntimeError(f"{{len(failed)}} of {{len(sets)}} sets failed: {{failed}}")


if __name__ == "__main__":
    {function}_batch([{{"set": 0, "parameters": {{}}}}])
'''


def entry_source(module: str, function: str, name: str) -> str:
    """The module's text. `module` is the flow's, a file beside which the entry lies; `name` is the flow's."""
    return _TEMPLATE.format(module=module, function=function, name=name, key=RESULTS_KEY)
