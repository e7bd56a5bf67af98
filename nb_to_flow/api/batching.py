"""Many parameter sets of one flow as one batch."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nb_to_flow.api.batch_inputs import SetSource, checked_sets, opened
from nb_to_flow.api.batch_remote import RemoteRequest, check_remote, run_remote
from nb_to_flow.api.batch_results import BatchOutlook, BatchResult
from nb_to_flow.api.batch_steps import (
    Shown,
    recorded_program,
    recorded_sets,
    task_rows,
    traced,
    untraceable,
)
from nb_to_flow.api.single import PathLike
from nb_to_flow.batches.grid import parse_grid
from nb_to_flow.ir.batch import BatchOptions, BatchTotals, Program, Progress
from nb_to_flow.ir.errors import InputError
from nb_to_flow.pipeline import ConvertOptions
from nb_to_flow.report.text import duration

if TYPE_CHECKING:
    from nb_to_flow.batches.ledger import SqliteLedger
    from nb_to_flow.batches.processes import Nursery


def batch(
    target: PathLike,
    sets: Iterable[Mapping[str, Any]] | None = None,
    *,
    output: PathLike,
    params: PathLike | None = None,
    grid: Mapping[str, Sequence[Any]] | Iterable[str] = (),
    zip: bool = False,
    fixed: Mapping[str, Any] | None = None,
    strict: bool = False,
    resume: bool = False,
    retry_failed: bool = False,
    run_options: BatchOptions | None = None,
    deployment: str = "",
    chunk: int = 1,
    folder: PathLike | None = None,
    options: ConvertOptions | None = None,
    say: Callable[[str], None] | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> BatchResult:
    """Run a flow with many parameter sets; work that sets share is done once.

    Args:
        target: `flows/x.py`, `flows/x.py:x`, or a notebook.
        sets: parameters by name, one mapping for each set.
        output: folder for the results: a new one, or with `resume` that of an earlier batch.
        params: a file of sets: .csv, .tsv, .json, .jsonl or .parquet.
        grid: values by name, or items such as "year=2019..2024"; combined with every set.
        zip: pair the grid's values instead of combining them.
        fixed: values that all sets have.
        strict: run nothing if a single set doesn't fit the signature.
        resume: go on with the batch in `output`; without sets, with those it has.
        retry_failed: also run again what failed; implies `resume`.
        run_options: workers, and what happens on errors.
        deployment: FLOW/DEPLOYMENT: create flow runs of it on the server, `max_workers` at a time (10 if not
            said), and follow them to their end. Their workers need no nb-to-flow; no work is shared. Of what
            the flow returns, scalars come back if the deployment is of what `write_batch_entry` writes.
        chunk: sets that each flow run takes; above 1 only with what `write_batch_entry` writes.
        folder: where the flow runs; None for the notebook's folder if it is known, else the current one.
        options: for a notebook, how to convert it.
        say: gets a line for each thing worth knowing.
        progress: told now and then how far the batch is.

    Returns how it ended; a set that fails is in the report, not an exception. Raises InputError if the
    batch can't be run as asked.
    """
    from nb_to_flow.batches.folder import LEDGER, results_folder
    from nb_to_flow.batches.ledger import SqliteLedger

    say = say or (lambda line: None)
    source = _source(sets, params, grid, zip, fixed)
    resume = resume or retry_failed
    results = Path(output).absolute()
    if not source.given() and not resume:
        raise InputError("no parameter sets are given", "Give a file of them, a grid, or resume a batch.")
    if not source.given() and not (results / LEDGER).exists():
        raise InputError(f"{output} holds no batch to go on with", "Give parameter sets: a file or a grid.")
    chosen = run_options or BatchOptions()
    local = chosen.runner == "process" and not deployment
    with opened(target, folder, options, processes=local) as flow:
        asked = checked_sets(flow, source, strict=strict, say=say) if source.given() else None
        with results_folder(results, resume=resume), contextlib.closing(SqliteLedger(results)) as ledger:
            found = recorded_sets(flow, ledger, asked, say)
            if retry_failed:
                ledger.forget_failures()
            shown = Shown(results, flow.flow.name)
            told = progress or (lambda now: None)
            if deployment:
                check_remote(flow, found, chosen, say)
                remote = RemoteRequest(deployment=deployment, chunk=chunk)
                totals = run_remote(found, ledger, shown, remote, chosen, say, told)
            else:
                program = recorded_program(flow, ledger, found, chosen, say)
                totals = _run(program, ledger, shown, chosen, say, told, flow.nursery)
    repeated = len(asked.repeated) if asked else 0
    return BatchResult(folder=results, report=shown.report(), totals=totals, repeated=repeated)


def _run(
    program: Program,
    ledger: SqliteLedger,
    shown: Shown,
    options: BatchOptions,
    say: Callable[[str], None],
    progress: Callable[[Progress], None],
    nursery: Nursery | None,
) -> BatchTotals:
    from nb_to_flow.batches.run import run_batch
    from nb_to_flow.run.server import prepare_server

    prepare_server(say)
    with shown.kept_current():
        totals = run_batch(program, ledger, shown.results, options, say, progress, shown.publish, nursery)
        ledger.describe({"took": duration(totals.seconds), "flow run": totals.flow_run})
    return totals


def batch_outlook(
    target: PathLike,
    sets: Iterable[Mapping[str, Any]] | None = None,
    *,
    params: PathLike | None = None,
    grid: Mapping[str, Sequence[Any]] | Iterable[str] = (),
    zip: bool = False,
    fixed: Mapping[str, Any] | None = None,
    strict: bool = False,
    run_options: BatchOptions | None = None,
    folder: PathLike | None = None,
    options: ConvertOptions | None = None,
    say: Callable[[str], None] | None = None,
) -> BatchOutlook:
    """What `batch` would do with the same arguments: no task runs, nothing is written.

    Raises InputError as `batch` does.
    """
    source = _source(sets, params, grid, zip, fixed)
    if not source.given():
        raise InputError("no parameter sets are given", "Give a file of them, or a grid.")
    with opened(target, folder, options) as flow:
        asked = checked_sets(flow, source, strict=strict, say=say or (lambda line: None))
        program = traced(flow, asked.sets, run_options or BatchOptions())
    return BatchOutlook(
        sets=len(asked.sets),
        invalid=len(asked.bad),
        repeated=len(asked.repeated),
        tasks=task_rows(program),
        untraceable=untraceable(program),
        failing=Counter(each.error for each in program.sets if each.error),
        turns=program.turns,
    )


def _source(
    sets: Iterable[Mapping[str, Any]] | None,
    params: PathLike | None,
    grid: Mapping[str, Sequence[Any]] | Iterable[str],
    pair: bool,
    fixed: Mapping[str, Any] | None,
) -> SetSource:
    if sets is not None and params is not None:
        raise InputError("sets are given twice", "Give the sets or a file of them.")
    return SetSource(
        rows=tuple(sets) if sets is not None else None,
        file=Path(params).absolute() if params is not None else None,
        grid=grid if isinstance(grid, Mapping) else parse_grid(grid),
        pair=pair,
        fixed=fixed or {},
    )
