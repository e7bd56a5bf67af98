"""One run of a flow in this process."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nb_to_flow.ir.errors import InputError
from nb_to_flow.ir.spans import Span
from nb_to_flow.run.failure import Failure, locate
from nb_to_flow.run.module import find_flow, import_module, inside
from nb_to_flow.run.parameters import check_parameters
from nb_to_flow.run.progress import shown
from nb_to_flow.run.runners import check_runner, with_runner
from nb_to_flow.run.server import prepare_server

if TYPE_CHECKING:
    from prefect import Flow, State


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What to run and how.

    Attributes:
        flow_file: the flow's module.
        flow_name: the flow in it; None for the one called as the file, or the only one.
        parameters: values by name; `Raw` ones are read as the signature wants them.
        runner: one of `RUNNERS`; None for what the flow says.
        workers: bound of a pool of threads; None for what the flow says.
        folder: where it runs: relative paths of the notebook start there.
        lines: the flow's source map; may be empty.
    """

    flow_file: Path
    flow_name: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    runner: str | None = None
    workers: int | None = None
    folder: Path = field(default_factory=Path)
    lines: Mapping[int, Span] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RunResult:
    """How a run ended.

    Attributes:
        values: what the flow returned, by name; empty if it failed.
        failure: why it failed, or None.
        notebook: the notebook the flow came from, if known.
    """

    values: Mapping[str, Any]
    failure: Failure | None = None
    notebook: Path | None = None

    @property
    def ok(self) -> bool:
        """True if the flow completed."""
        return self.failure is None


def run_module(request: RunRequest, say: Callable[[str], None]) -> RunResult:
    """Run a flow to its end; `say` gets a line for each thing that happens.

    Raises InputError if there is no such flow or the parameters don't fit; nothing has run then. What the
    flow itself raises is in the result.
    """
    check_runner(request.runner)
    flow_file = request.flow_file.absolute()
    if not request.folder.is_dir():
        raise InputError(f"{request.folder} is no folder to run in")
    with inside(request.folder, flow_file):
        try:
            flow = find_flow(import_module(flow_file), request.flow_file, request.flow_name)
        except InputError:
            raise
        except Exception as error:  # noqa: BLE001 - the notebook's own module level code
            return RunResult(values={}, failure=locate(error, flow_file, request.lines))
        parameters = check_parameters(flow.fn, request.parameters)
        prepare_server(say)
        flow = with_runner(flow, request.runner, request.workers)
        return _outcome(_final_state(flow, parameters, say), request)


def _final_state(flow: Flow[..., Any], parameters: dict[str, Any], say: Callable[[str], None]) -> State[Any]:
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    # The heartbeat thread sleeps in whole seconds: without it a short flow doesn't wait for it.
    with shown(say), temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        state: Any = flow(**parameters, return_state=True)
        if inspect.iscoroutine(state):
            state = asyncio.run(state)
    return state  # type: ignore[no-any-return]


def _outcome(state: State[Any], request: RunRequest) -> RunResult:
    result = state.result(raise_on_failure=False)
    if inspect.iscoroutine(result):
        result = asyncio.run(result)
    if state.is_completed():
        return RunResult(values=result if isinstance(result, dict) else {"result": result})
    error = result if isinstance(result, BaseException) else RuntimeError(state.message or state.name)
    failure = locate(error, request.flow_file, request.lines)
    if not failure.task:
        failed = _failed_task(state)
        failure = locate(error, request.flow_file, request.lines, failed)
    return RunResult(values={}, failure=failure)


def _failed_task(state: State[Any]) -> str:
    """Name of the first task that failed, as the server knows it; "" if it doesn't."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, TaskRunFilter

    with contextlib.suppress(Exception):
        run = state.state_details.flow_run_id
        with get_client(sync_client=True) as client:
            runs = client.read_task_runs(
                flow_run_filter=FlowRunFilter.model_validate({"id": {"any_": [run]}}),
                task_run_filter=TaskRunFilter.model_validate({"state": {"type": {"any_": ["FAILED"]}}}),
            )
        names = [r.name.rsplit("-", 1)[0] for r in sorted(runs, key=lambda r: str(r.end_time))]
        return names[0] if names else ""
    return ""
