"""Flow runs on the Prefect server: made, found again, looked at."""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

from nb_to_flow.batches.entry import RESULTS_KEY
from nb_to_flow.batches.remote import RunState, Target
from nb_to_flow.batches.scalars import from_text
from nb_to_flow.ir.batch import Output
from nb_to_flow.ir.errors import InputError

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import Artifact, FlowRun

T = TypeVar("T")

TAG = "nb-to-flow-batch"
_PAGE = 100
_PATIENCE_SECONDS = 600.0


class PrefectRuns:
    """A `Server`. A server that doesn't answer is asked again, for ten minutes."""

    def __init__(self, client: SyncPrefectClient, say: Callable[[str], None]) -> None:
        self._client = client
        self._say = say

    def deployment(self, name: str) -> Target:
        """The deployment of this name, `FLOW/DEPLOYMENT`. Raises InputError if there is none."""
        from prefect.exceptions import ObjectNotFound

        if name.count("/") != 1:
            raise InputError(f"{name!r} is no deployment", "It is called FLOW/DEPLOYMENT.")
        try:
            found = self._patiently(lambda: self._client.read_deployment_by_name(name))
        except ObjectNotFound as error:
            hint = "`prefect deployment ls` lists them; `nb-to-flow deploy FLOW --apply` makes one."
            raise InputError(f"the server has no deployment {name}", hint) from error
        schema = found.parameter_openapi_schema or {}
        return Target(id=str(found.id), name=name, parameters=frozenset(schema.get("properties", {})))

    def create(self, target: Target, parameters: Mapping[str, Any], *, key: str, name: str, tag: str) -> str:
        """Id of the flow run with this idempotency key. Raises InputError if the server refuses it."""
        from prefect.exceptions import PrefectHTTPStatusError

        try:
            run = self._patiently(
                lambda: self._client.create_flow_run_from_deployment(
                    UUID(target.id),
                    parameters=dict(parameters),
                    idempotency_key=key,
                    name=name,
                    tags=[TAG, tag],
                )
            )
        except PrefectHTTPStatusError as error:
            said = " ".join(error.response.text.split())[:500]
            hint = "The deployment may be of another flow, or of an earlier version of this one."
            raise InputError(f"the server refuses {name}: {said}", hint) from error
        return str(run.id)

    def runs(self, ids: Iterable[str]) -> Mapping[str, RunState]:
        """The runs as they stand, by id."""
        wanted = {"id": {"any_": list(ids)}}
        return {str(run.id): _state(run) for run in self._read(wanted)}

    def children(self, ids: Iterable[str]) -> Sequence[RunState]:
        """The ended flow runs that these have started."""
        ended = ["COMPLETED", "FAILED", "CRASHED", "CANCELLED"]
        wanted = {"parent_flow_run_id": {"any_": list(ids)}, "state": {"type": {"any_": ended}}}
        return [_state(run) for run in self._read(wanted)]

    def results(self, ids: Iterable[str]) -> Mapping[int, Mapping[str, Output]]:
        """What sets returned, according to the artifacts of these runs."""
        from prefect.client.schemas.filters import ArtifactFilter

        wanted = {"flow_run_id": {"any_": list(ids)}, "key": {"any_": [RESULTS_KEY]}}
        chosen = ArtifactFilter.model_validate(wanted)

        def page(offset: int) -> list[Artifact]:
            return self._client.read_artifacts(artifact_filter=chosen, limit=_PAGE, offset=offset)

        found: dict[int, dict[str, Output]] = {}
        for artifact in self._pages(page):
            for row in json.loads(str(artifact.data)):
                found.setdefault(row["set"], {})[row["name"]] = from_text(row["type"], row["value"])
        return found

    def _read(self, wanted: Mapping[str, Any]) -> Iterator[FlowRun]:
        from prefect.client.schemas.filters import FlowRunFilter

        chosen = FlowRunFilter.model_validate(wanted)

        def page(offset: int) -> list[FlowRun]:
            return self._client.read_flow_runs(flow_run_filter=chosen, limit=_PAGE, offset=offset)

        return self._pages(page)

    def _pages(self, page: Callable[[int], list[T]]) -> Iterator[T]:
        offset = 0
        while True:
            found = self._patiently(functools.partial(page, offset))
            yield from found
            offset += len(found)
            if len(found) < _PAGE:
                return

    def _patiently(self, ask: Callable[[], T]) -> T:
        """What the server answers; a server that is gone or busy for a while is waited for."""
        import httpx
        from prefect.exceptions import PrefectHTTPStatusError

        pause, end = 1.0, time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return ask()
            except (httpx.TransportError, PrefectHTTPStatusError) as error:
                if _is_refusal(error) or time.monotonic() > end:
                    raise
                self._say(f"the Prefect server doesn't answer ({type(error).__name__}); trying again")
            time.sleep(pause)
            pause = min(pause * 2, 30.0)


def _is_refusal(error: Exception) -> bool:
    response = getattr(error, "response", None)
    return response is not None and response.status_code < 500 and response.status_code != 429


def _state(run: FlowRun) -> RunState:
    state = run.state
    final = state is not None and state.is_final()
    return RunState(
        name=run.name,
        ended=final,
        ok=state is not None and state.is_completed(),
        message=f"{state.name}: {state.message or ''}".rstrip(": ") if state is not None else "",
        seconds=run.total_run_time.total_seconds() if run.total_run_time else 0.0,
        flow_run=str(run.id),
    )


@contextmanager
def prefect_runs(say: Callable[[str], None]) -> Iterator[PrefectRuns]:
    """The configured server. Raises InputError if none is configured."""
    from prefect.client.orchestration import get_client
    from prefect.settings import PREFECT_API_URL

    if not PREFECT_API_URL.value():
        hint = "Start one with `prefect server start`, and a worker; set PREFECT_API_URL."
        raise InputError("a deployment needs a Prefect server, and none is configured", hint)
    with get_client(sync_client=True) as client:
        yield PrefectRuns(client, say)
