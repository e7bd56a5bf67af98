"""`nb-to-flow batch`."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nb_to_flow.cli.console import console, say
from nb_to_flow.cli.options import chosen, generating, planning, reading

if TYPE_CHECKING:
    from nb_to_flow.api import BatchOutlook, BatchResult
    from nb_to_flow.ir.batch import BatchOptions, Progress

EPILOG = """\b
Examples:
  nb-to-flow batch flows/legacy.py --grid year=2019..2024 region=EU,US -o results
  nb-to-flow batch flows/legacy.py --params sets.csv -p mode=fast -o results
  nb-to-flow batch flows/legacy.py --params sets.csv --dry-run
  nb-to-flow batch flows/legacy.py --resume --retry-failed -o results

\b
Sets: CSV (an empty cell is the default), JSON (a list of objects), JSON lines or Parquet. Grids: values
with commas between them; a..b and a..b..step are ranges of numbers or days (2024-01-01..2024-01-31..7d);
"quoted text" and JSON lists are values. A file and a grid are combined. Every set is checked against the
flow's signature before anything runs.

\b
The results folder gets results.csv, results.parquet (with pyarrow), summary.html and ledger.sqlite.
With --deployment the sets become flow runs on the server, --max-workers of them at a time (10 if not
said); a run takes --chunk sets if the deployment is of what --write-entry wrote, and then the results have
the numbers, text and times that the flow returned. Nothing is shared between sets.

\b
After a crash or Ctrl-C, the same command with --resume goes on: what has finished is not done again.
Exit codes: 0 all sets are done, 1 a set failed or didn't fit, 2 the batch could not start.
"""
_GRID_ITEM = re.compile(r"\w+=")


@click.command(epilog=EPILOG, short_help="Run a flow with many parameter sets.")
@click.argument("words", metavar="FLOW|NOTEBOOK", nargs=-1)
@click.option("--params", metavar="FILE", help="Parameter sets: .csv .tsv .json .jsonl .parquet")
@click.option(
    "--grid", "grid", multiple=True, metavar="NAME=VALUES...", help="Every combination of these values."
)
@click.option("--zip", "pair", is_flag=True, help="Pair the grid's values: first with first, and so on.")
@click.option("-p", "pairs", multiple=True, metavar="NAME=VALUE", help="The same in all sets. Repeatable.")
@click.option("-o", "--output", metavar="FOLDER", help="Folder for the results.")
@click.option("--dry-run", is_flag=True, help="Say how much work is shared; run nothing.")
@click.option(
    "--runner",
    type=click.Choice(["process", "thread", "dask", "ray"]),
    default="process",
    show_default=True,
    help="Where the work is done.",
)
@click.option("--address", default="", metavar="URL", help="The cluster, for dask or ray.")
@click.option(
    "--max-workers",
    type=click.IntRange(1, 10_000),
    metavar="N",
    help="How many at a time; default: the cores.",
)
@click.option(
    "--on-error",
    type=click.Choice(["continue", "stop"]),
    default="continue",
    show_default=True,
    help="What a failure does to the other sets.",
)
@click.option("--strict", is_flag=True, help="Run nothing if one set doesn't fit the flow.")
@click.option("--resume", is_flag=True, help="Go on with the batch in the results folder.")
@click.option("--retry-failed", is_flag=True, help="Go on, and run again what failed.")
@click.option("--own-folders", is_flag=True, help="Tasks that write files run in a folder for each set.")
@click.option("--allow-overwrites", is_flag=True, help="Let sets write to the same files, in turns.")
@click.option("--keep-intermediates", is_flag=True, help="Keep what tasks passed to each other.")
@click.option("--artifacts", is_flag=True, help="Publish what tasks display to the Prefect server.")
@click.option("--deployment", default="", metavar="FLOW/NAME", help="Run on the workers of this deployment.")
@click.option(
    "--chunk",
    type=click.IntRange(1, 100_000),
    default=1,
    show_default=True,
    metavar="N",
    help="With --deployment: sets in each flow run.",
)
@click.option("--write-entry", is_flag=True, help="Write the flow that --chunk needs, and run nothing.")
@click.option("--folder", metavar="FOLDER", help="Run here; default: in the notebook's folder.")
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@planning
@generating
@reading
def batch(
    words: tuple[str, ...],
    params: str | None,
    grid: tuple[str, ...],
    pair: bool,
    pairs: tuple[str, ...],
    output: str | None,
    dry_run: bool,
    strict: bool,
    resume: bool,
    retry_failed: bool,
    deployment: str,
    chunk: int,
    write_entry: bool,
    folder: str | None,
    as_json: bool,
    **values: Any,
) -> int:
    """Run a flow with many parameter sets, as one Prefect flow run; work that sets share is done once.

    Calls of a task with equal inputs run once for all sets. Talks to the Prefect server of PREFECT_API_URL;
    without one, Prefect starts its embedded server.
    """
    from nb_to_flow import api
    from nb_to_flow.run.parameters import parse_pairs

    target, items = sorted_out(words, grid)
    if write_entry:
        return _write_entry(target)
    run_options = _run_options(values)
    common: dict[str, Any] = {
        "params": params,
        "grid": items,
        "zip": pair,
        "fixed": parse_pairs(pairs),
        "strict": strict,
        "run_options": run_options,
        "folder": folder,
        "options": chosen(values),
        "say": say,
    }
    if dry_run:
        _print_outlook(api.batch_outlook(target, **common), as_json)
        return 0
    if output is None:
        raise click.UsageError("-o is missing: the folder for the results.")
    more: dict[str, Any] = {"output": output, "resume": resume, "retry_failed": retry_failed}
    more.update(deployment=deployment, chunk=chunk)
    try:
        with _progress_bar() as progress:
            result = api.batch(target, **common, **more, progress=progress)
    except KeyboardInterrupt:
        say(f"--resume -o {output} goes on from here")
        raise
    _print_result(result, as_json)
    return 0 if result.ok else 1


def sorted_out(words: tuple[str, ...], grid: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The target and the grid's items: `--grid a=1 b=2 flow.py` gives the option one and leaves the rest."""
    items = [word for word in words if _GRID_ITEM.match(word)]
    targets = [word for word in (*words, *grid) if not _GRID_ITEM.match(word)]
    if items and not grid:
        raise click.UsageError(f"{items[0]} is no flow; values for a grid come after --grid.")
    if len(targets) != 1:
        found = f", not {', '.join(targets)}" if targets else ""
        raise click.UsageError(f"name one flow or notebook{found}")
    return targets[0], (*(item for item in grid if _GRID_ITEM.match(item)), *items)


def _run_options(values: dict[str, Any]) -> BatchOptions:
    from dataclasses import fields

    from nb_to_flow.ir.batch import BatchOptions

    return BatchOptions(**{field.name: values.pop(field.name) for field in fields(BatchOptions)})


def _write_entry(target: str) -> int:
    from nb_to_flow import api
    from nb_to_flow.api.targets import file_and_name, home_of, notebook_of
    from nb_to_flow.files import load_sidecar

    path = os.path.relpath(api.write_batch_entry(target))
    file, _ = file_and_name(target)
    home = os.path.relpath(home_of(notebook_of(file, load_sidecar(file))))
    print(f"wrote {path}; deploy it: nb-to-flow deploy {path} --folder {shlex.quote(home)} --apply")
    return 0


@contextmanager
def _progress_bar() -> Iterator[Callable[[Progress], None]]:
    """A bar on a terminal, a line now and then elsewhere."""
    from nb_to_flow.report.batch_progress import ProgressLines, bar

    if not sys.stderr.isatty():
        yield ProgressLines(say)
        return
    with bar(console(stderr=True)) as show:
        yield show


def _print_outlook(outlook: BatchOutlook, as_json: bool) -> None:
    from nb_to_flow.report.batch_text import outlook_lines, outlook_table

    if as_json:
        print(json.dumps(outlook.to_json(), indent=2))
        return
    console().print(outlook_table(outlook.tasks))
    said = outlook_lines(outlook.sets, outlook.tasks, outlook.untraceable, outlook.failing, outlook.turns)
    for line in said:
        print(line)


def _print_result(result: BatchResult, as_json: bool) -> None:
    from nb_to_flow.report.batch_text import summary_lines

    if as_json:
        print(json.dumps(result.to_json(), indent=2))
        return
    for line in summary_lines(result.report, result.totals, Path(result.folder)):
        print(line)
