"""Registration on the configured Prefect server: the work pool, the deployments, and who watches their runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nb_to_flow.ir.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prefect.client.orchestration import SyncPrefectClient

START_A_SERVER = (
    "Start one in another terminal: prefect server start\n"
    "  Then: export PREFECT_API_URL=http://127.0.0.1:4200/api"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """One deployment to register.

    Attributes:
        flow: the flow's name on the server.
        function: the flow's function.
        name: the deployment's name.
        pool: its work pool.
        pool_type: what kind of pool to make if there is none of that name.
        version: what it must have afterwards.
        crash_after: seconds without a sign of life after which a run is taken for crashed, or None.
        folders: where modules that the flow imports may lie.
    """

    flow: str
    function: str
    name: str
    pool: str
    pool_type: str
    version: str
    crash_after: int | None = None
    folders: tuple[Path, ...] = field(default_factory=tuple)

    @property
    def full_name(self) -> str:
        """As the server's commands take it."""
        return f"{self.flow}/{self.name}"


def register(
    wanted: Sequence[Registration], prefect_file: Path, say: Callable[[str], None]
) -> dict[str, str]:
    """Register deployments of a prefect.yaml with Prefect's own `deploy`; their ids by full name.

    Work pools that don't exist are made. Raises InputError if there is no server, or it refuses.
    """
    url = api_url()
    with _client(url) as client:
        for pool, kind in dict.fromkeys((each.pool, each.pool_type) for each in wanted):
            _ensure_pool(client, pool, kind, say)
    _prefect_deploy(wanted, prefect_file, url)
    with _client(url) as client:
        found = {each.full_name: _registered(client, each) for each in wanted}
        for each in wanted:
            if each.crash_after is not None:
                _watch(client, each, found[each.full_name], each.crash_after)
                say(f"watching {each.full_name}: silent for {each.crash_after} s means crashed")
    return found


def api_url() -> str:
    """The configured server. Raises InputError if none is."""
    from prefect.settings import PREFECT_API_URL

    url = PREFECT_API_URL.value()
    if not url:
        raise InputError("no Prefect server is configured (PREFECT_API_URL)", START_A_SERVER)
    return str(url)


def _ensure_pool(client: SyncPrefectClient, name: str, kind: str, say: Callable[[str], None]) -> None:
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectNotFound
    from prefect.utilities.asyncutils import run_coro_as_sync
    from prefect.workers.utilities import get_default_base_job_template_for_infrastructure_type

    try:
        present = client.read_work_pool(name)
    except ObjectNotFound:
        template = run_coro_as_sync(get_default_base_job_template_for_infrastructure_type(kind))
        pool = WorkPoolCreate(name=name, type=kind, base_job_template=template or {})
        client.create_work_pool(pool)
        say(f"made the work pool {name!r} ({kind})")
        return
    if present.type in ("process", "docker", "kubernetes") and present.type != kind:
        raise InputError(
            f"the work pool {name!r} is of type {present.type}, the entry is written for {kind}",
            f"Use another pool (--pool), or --pool-type {present.type}.",
        )


def _prefect_deploy(wanted: Sequence[Registration], prefect_file: Path, url: str) -> None:
    """Let Prefect do it, as the user would from the command line. Raises InputError if it fails."""
    names = [part for each in wanted for part in ("--name", f"{each.function}/{each.name}")]
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", *names]
    paths = dict.fromkeys(str(folder.resolve()) for each in wanted for folder in each.folders)
    before = os.environ.get("PYTHONPATH")
    search = os.pathsep.join([*paths, *([before] if before else [])])
    done = subprocess.run(
        [*command, "--prefect-file", str(prefect_file)],
        env={**os.environ, "PREFECT_API_URL": url, "PYTHONPATH": search},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0:
        raise InputError(f"prefect deploy failed: {_gist(done.stderr or '', done.stdout or '')}")


def _gist(*outputs: str) -> str:
    """The end of what a command printed, without frames and blank lines."""
    lines = [line.strip(" │╭╮╰╯─\t") for output in outputs for line in output.splitlines()]
    return " ".join(line for line in lines[-12:] if line)[-600:] or "it says nothing"


def _registered(client: SyncPrefectClient, wanted: Registration) -> str:
    from prefect.exceptions import ObjectNotFound

    try:
        found = client.read_deployment_by_name(wanted.full_name)
    except ObjectNotFound as error:
        raise InputError(f"prefect deploy did not register {wanted.full_name}") from error
    if found.version != wanted.version:
        raise InputError(f"the server still has version {found.version} of {wanted.full_name}")
    return str(found.id)


def _watch(client: SyncPrefectClient, wanted: Registration, deployment: str, seconds: int) -> None:
    """An automation that marks silent runs as crashed: the server does nothing about them by itself.

    A run whose process is killed can't say so, and if its worker is killed as well, nobody can. See
    https://docs.prefect.io/v3/advanced/detect-zombie-runs.
    """
    from prefect.automations import AutomationCore
    from prefect.utilities.asyncutils import run_coro_as_sync

    core = AutomationCore.model_validate(
        {
            "name": f"crashed: {wanted.full_name}",
            "description": f"Runs that are silent for {seconds} s are taken for crashed.",
            "trigger": _silence(deployment, seconds),
            "actions": [
                {
                    "type": "change-flow-run-state",
                    "state": "CRASHED",
                    "message": f"No sign of life for {seconds} s: its process or machine is gone.",
                }
            ],
        }
    )
    run_coro_as_sync(_store(core))


def _silence(deployment: str, seconds: int) -> dict[str, Any]:
    """The trigger: after a sign of life of a run comes nothing, neither another nor an end.

    The server itself tells that a run has begun; a process killed at once has sent no heartbeat yet.
    """
    return {
        "type": "event",
        "posture": "Proactive",
        "match": {"prefect.resource.id": ["prefect.flow-run.*"]},
        "match_related": {
            "prefect.resource.role": "deployment",
            "prefect.resource.id": f"prefect.deployment.{deployment}",
        },
        "after": [f"prefect.flow-run.{sign}" for sign in ("Running", "Retrying", "heartbeat")],
        "expect": ["prefect.flow-run.*"],
        "for_each": ["prefect.resource.id"],
        "threshold": 1,
        "within": timedelta(seconds=seconds).total_seconds(),
    }


async def _store(core: Any) -> None:
    from prefect.client.orchestration import get_client

    async with get_client() as client:
        present = await client.read_automations_by_name(core.name)
        if present:
            await client.update_automation(present[0].id, core)
        else:
            await client.create_automation(core)


@contextmanager
def _client(url: str) -> Iterator[SyncPrefectClient]:
    """A client of the server. Raises InputError if it can't be reached or refuses."""
    import httpx
    from prefect.client.orchestration import get_client

    try:
        with get_client(sync_client=True) as client:
            yield client
    except (httpx.TransportError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "Failed to reach API" not in str(error):
            raise
        raise InputError(f"the Prefect server {url} can't be reached", START_A_SERVER) from error
    except httpx.HTTPStatusError as error:
        reason = re.sub(r"\s+", " ", error.response.text)[:300]
        raise InputError(f"the Prefect server refuses: {error.response.status_code} {reason}") from error
