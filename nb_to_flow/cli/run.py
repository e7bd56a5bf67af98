"""`nb-to-flow run`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nb_to_flow.cli.console import console, say
from nb_to_flow.cli.options import chosen, generating, planning, reading

if TYPE_CHECKING:
    from nb_to_flow.run import RunResult

EPILOG = """\b
Examples:
  nb-to-flow run legacy.ipynb                           convert to a temporary folder, then run
  nb-to-flow run flows/legacy.py -p region=US -p year=2024
  nb-to-flow run flows/legacy.py:legacy --params us.json --runner process

\b
Parameters are checked against the flow's typed signature before anything runs. A value is
JSON (3, true, ["a", "b"]), or plain text. -p overrides what --params says.

\b
The flow runs in the notebook's folder, where its relative paths start; in the current folder
if the notebook isn't there any more. --folder says otherwise.
Exit codes: 0 it completed, 1 it failed, 2 it could not start.
"""


@click.command(epilog=EPILOG, short_help="Run a flow or a notebook.")
@click.argument("target", metavar="FLOW|NOTEBOOK")
@click.option("-p", "pairs", multiple=True, metavar="NAME=VALUE", help="A parameter of the flow. Repeatable.")
@click.option("--params", metavar="FILE.json", help="Parameters as a JSON object.")
@click.option(
    "--runner",
    type=click.Choice(["thread", "process", "dask", "ray"]),
    help="Where tasks run; default: as the flow says.",
)
@click.option("--folder", metavar="FOLDER", help="Run here; default: in the notebook's folder.")
@click.option("-o", "--output", metavar="FOLDER", help="For a notebook: keep its flow here.")
@planning
@generating
@reading
def run(
    target: str,
    pairs: tuple[str, ...],
    params: str | None,
    runner: str | None,
    folder: str | None,
    output: str | None,
    **values: Any,
) -> int:
    """Run a flow, or convert a notebook and run its flow.

    Talks to the Prefect server of PREFECT_API_URL; without one, Prefect starts its embedded server.
    """
    from nb_to_flow import api
    from nb_to_flow.run.parameters import parse_pairs, read_parameters

    parameters = {**(read_parameters(Path(params)) if params else {}), **parse_pairs(pairs)}
    result = api.run_flow(
        target,
        parameters,
        runner=runner,
        folder=folder,
        output=output,
        options=chosen(values),
        say=say,
    )
    if result.ok:
        _print_values(result)
        return 0
    _print_failure(result, target)
    return 1


def _print_values(result: RunResult) -> None:
    from nb_to_flow.report.values import values_table

    say("completed")
    if result.values:
        console().print(values_table(result.values))


def _print_failure(result: RunResult, target: str) -> None:
    from nb_to_flow.report.text import failure_text

    failure = result.failure
    if failure is None:
        return
    notebook = os.path.relpath(result.notebook) if result.notebook else ""
    say(
        failure_text(
            failure.message, failure.task, failure.span, failure.cells, failure.line, notebook, target
        )
    )
