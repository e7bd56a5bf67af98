"""A flow that runs another flow for each of several parameter sets: what workers get in larger chunks."""

from __future__ import annotations

_TEMPLATE = '''"""Runs {function} once for each of several parameter sets, one after the other.

Written by nb-to-flow, for batches on a deployment. This is plain Prefect: a worker needs no nb-to-flow.
"""

import sys
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

sys.path.insert(0, str(Path(__file__).parent))

from {module} import {function}  # noqa: E402


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
        if not state.is_completed():
            failed.append(each["set"])
    if failed:
        raise RuntimeError(f"{{len(failed)}} of {{len(sets)}} sets failed: {{failed}}")


if __name__ == "__main__":
    {function}_batch([{{"set": 0, "parameters": {{}}}}])
'''


def entry_source(module: str, function: str, name: str) -> str:
    """The module's text. `module` is the flow's, a file beside which the entry lies; `name` is the flow's."""
    return _TEMPLATE.format(module=module, function=function, name=name)
