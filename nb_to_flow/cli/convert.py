"""`nb-to-flow convert`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nb_to_flow.cli.console import complain, console, say
from nb_to_flow.cli.options import chosen, generating, planning, reading
from nb_to_flow.ir.diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nb_to_flow.api import Converted, Verified

EPILOG = """\b
Examples:
  nb-to-flow convert legacy.ipynb                    writes flows/legacy.py
  nb-to-flow convert notebooks/ -o flows             all notebooks below a folder
  nb-to-flow convert legacy.ipynb --parameter region --outputs table,model
  nb-to-flow convert legacy.ipynb --displays log --retries 0
  nb-to-flow convert notebooks/ --check              exit code 1 if a flow is not current
  nb-to-flow convert legacy.ipynb --verify           run both and compare what they leave

\b
Beside flows/legacy.py lies flows/legacy.map.json, which leads each line back to its cell.
A flow that was edited by hand is never overwritten without --force.
"""


@click.command(epilog=EPILOG, short_help="Write a flow for each notebook.")
@click.argument("notebooks", metavar="NOTEBOOK|FOLDER...", nargs=-1, required=True)
@click.option(
    "-o", "--output", default="flows", show_default=True, metavar="FOLDER", help="Where the flows go."
)
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 if a flow is not current.")
@click.option("--force", is_flag=True, help="Overwrite flows that were edited by hand.")
@click.option("--verify", is_flag=True, help="Run notebook and flow and compare them; see `verify --help`.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, on stdout.")
@planning
@generating
@reading
def convert(
    notebooks: tuple[str, ...],
    output: str,
    check: bool,
    force: bool,
    verify: bool,
    as_json: bool,
    **values: Any,
) -> int:
    """Write a Prefect flow for each notebook, and for each notebook below a folder.

    Nothing of the notebooks is run, unless --verify asks for it. One that can't be converted doesn't stop
    the others; the summary at the end says what became of each.
    """
    from nb_to_flow import api

    options = chosen(values)
    with _progress() as progress:
        done = api.convert(
            *notebooks, output=output, options=options, check=check, force=force, progress=progress
        )
    for item in done:
        complain(str(item.path), item.diagnostics)
    verified = api.verify_converted(done, options, say=say) if verify else {}
    single = len(notebooks) == 1 and not Path(notebooks[0]).is_dir()
    if as_json:
        _print_json(done, single, verified)
    else:
        _print_summary(done)
        _print_verified(verified)
    return exit_code(done, verified)


def exit_code(done: Sequence[Converted], verified: Mapping[Path, Verified]) -> int:
    """2 if a notebook failed or was refused, 1 if a flow is not current or does something else, else 0."""
    from nb_to_flow.api import Result

    results = {item.result for item in done}
    if results & {Result.FAILED, Result.REFUSED} or any(v.result is None for v in verified.values()):
        return 2
    same = all(v.result is not None and v.result.ok for v in verified.values())
    return 0 if same and Result.NOT_CURRENT not in results else 1


def _print_verified(verified: Mapping[Path, Verified]) -> None:
    from nb_to_flow.report.verification_words import summary_line

    for path, item in verified.items():
        if item.result is not None:
            click.echo(f"{path}: {summary_line(item.result)}")
        elif item.problem is not None:
            click.echo(f"{path}: not verified: {item.problem.message}")


def _print_json(done: Sequence[Converted], single: bool, verified: Mapping[Path, Verified]) -> None:
    from nb_to_flow.report.payload import convert_payload, to_json

    payloads = [
        convert_payload(item.entrypoint, item.conversion.plan if item.conversion else None, item.diagnostics)
        | {"notebook": item.path.as_posix(), "result": item.result.value}
        | _verification(verified.get(item.path))
        for item in done
    ]
    click.echo(to_json(payloads[0] if single else payloads))


def _verification(item: Verified | None) -> dict[str, Any]:
    from nb_to_flow.report.verification import verification_payload

    if item is None:
        return {}
    problem = item.problem.message if item.problem else None
    payload = verification_payload(item.result) if item.result is not None else {"ok": False}
    return {"verification": payload | ({"problem": problem} if problem else {})}


def _print_summary(done: Sequence[Converted]) -> None:
    """One line for one notebook, a table for many."""
    from nb_to_flow.report.tables import summary_table

    if len(done) == 1:
        if done[0].flow_file is not None and done[0].ok:
            click.echo(
                f"{done[0].result.value}: {done[0].entrypoint} ({_tasks(done[0])} tasks{_notes(done[0])})"
            )
        return
    rows = [
        (
            str(item.path),
            item.result.value,
            item.flow_file.as_posix() if item.flow_file else "",
            _tasks(item),
            _problem(item.diagnostics),
        )
        for item in done
    ]
    out = console()
    out.print(summary_table(rows))
    good = sum(item.ok for item in done)
    out.print(f"{good} of {len(done)} flows are current.")


def _tasks(item: Converted) -> str:
    plan = item.conversion.plan if item.conversion else None
    return str(len(plan.tasks)) if plan else ""


def _notes(item: Converted) -> str:
    count = sum(d.severity is Severity.INFO for d in item.diagnostics)
    return f"; {count} notes, see inspect" if count else ""


def _problem(diagnostics: Sequence[Diagnostic]) -> str:
    for severity in (Severity.ERROR, Severity.WARNING):
        for diagnostic in diagnostics:
            if diagnostic.severity is severity:
                return diagnostic.message
    return ""


@contextmanager
def _progress() -> Iterator[Callable[[Path, int, int], None] | None]:
    """A progress bar on a terminal, for more than one notebook; else nothing."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=console(stderr=True), transient=True) as bar:
        row = bar.add_task("", visible=False)

        def show(path: Path, number: int, total: int) -> None:
            bar.update(row, completed=number - 1, total=total, description=path.name, visible=total > 1)

        yield show
