"""A batch on a deployment: flow runs on the server, done by its workers."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nb_to_flow.api.batch_inputs import BatchFlow, opened
from nb_to_flow.api.batch_steps import Shown, traced
from nb_to_flow.api.single import PathLike
from nb_to_flow.batches.entry import entry_source
from nb_to_flow.files import write_atomically
from nb_to_flow.ir.batch import BatchOptions, BatchTotals, ParameterSet, Progress
from nb_to_flow.ir.errors import InputError
from nb_to_flow.report.text import duration

if TYPE_CHECKING:
    from nb_to_flow.batches.ledger import SqliteLedger

_AT_ONCE = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteRequest:
    """Which deployment runs the sets, and how many of them in one flow run."""

    deployment: str
    chunk: int


def check_remote(
    flow: BatchFlow,
    sets: tuple[ParameterSet, ...],
    options: BatchOptions,
    say: Callable[[str], None],
) -> None:
    """Whether sets would get into each other's way, as each is a run of its own. Raises InputError."""
    if options.own_folders:
        hint = "Make paths depend on the parameters; or run the batch here, without --deployment."
        raise InputError("the runs of a deployment have no folders of their own", hint)
    for turn in traced(flow, sets, options, shared=False).turns if options.max_workers != 1 else ():
        files, tasks = ", ".join(turn.files), " and ".join(turn.tasks)
        say(f"warning: runs at the same time share {files} ({tasks}); with --max-workers 1 they take turns")


def run_remote(
    sets: tuple[ParameterSet, ...],
    ledger: SqliteLedger,
    shown: Shown,
    request: RemoteRequest,
    options: BatchOptions,
    say: Callable[[str], None],
    progress: Callable[[Progress], None],
) -> BatchTotals:
    """Create the flow runs that are missing and follow all to their end. Raises InputError."""
    from nb_to_flow.batches.prefect_runs import prefect_runs
    from nb_to_flow.batches.remote import RemoteBatch, batch_tag
    from nb_to_flow.run.server import await_configured_server

    before = ledger.meta("deployment")
    if before not in ("", request.deployment) and ledger.open_runs():
        raise InputError(f"runs of {before} are on their way", f"Go on with --deployment {before}.")
    await_configured_server(say)
    with prefect_runs(say) as server, shown.kept_current():
        say(f"the flow runs on the server have the tag {batch_tag(_batch_id(ledger))}")
        batch = RemoteBatch(
            server,
            ledger,
            server.deployment(request.deployment),
            sets,
            batch=_batch_id(ledger),
            chunk=request.chunk,
            at_once=options.max_workers or _AT_ONCE,
            stop_on_error=options.on_error == "stop",
            show=progress,
        )
        ledger.describe({"deployment": request.deployment})
        totals = batch.run()
        ledger.describe({"took": duration(totals.seconds)})
    return totals


def _batch_id(ledger: SqliteLedger) -> str:
    """What tells the runs of this results folder from all others."""
    known = ledger.meta("batch id") or secrets.token_hex(8)
    ledger.describe({"batch id": known})
    return known


def write_batch_entry(target: PathLike) -> Path:
    """Write `flows/x_batch.py` beside `flows/x.py`: a flow that runs x for each of a list of sets.

    It is plain Prefect. Deployed, it takes a chunk of sets in each flow run. Raises InputError if there is
    no such flow, or another file of that name.
    """
    if str(target).endswith(".ipynb"):
        raise InputError(f"{target} is a notebook", "Convert it first; then name its flow.")
    with opened(target, None, None) as flow:
        file, function = flow.file, flow.flow.fn.__name__
        source = entry_source(file.stem, function, flow.flow.name).encode()
    path = file.with_name(f"{file.stem}_batch.py")
    if path.exists() and path.read_bytes() != source:
        raise InputError(f"{path} is there already and is something else", "Move it away first.")
    write_atomically(path, source)
    return path
