"""`nb-to-flow inspect`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from nb_to_flow.cli.options import chosen, planning, reading

if TYPE_CHECKING:
    from nb_to_flow.pipeline import Conversion

EPILOG = """\b
Examples:
  nb-to-flow inspect legacy.ipynb
  nb-to-flow inspect legacy.ipynb --granularity section
  nb-to-flow inspect legacy.ipynb --json | jq '.edges[] | select(.kind == "file")'

\b
Tables count cells from 1, as people do; JSON from 0, as the file does.
Both count all cells, text cells included.
"""


@click.command(epilog=EPILOG, short_help="Show cells, dependencies and planned tasks.")
@click.argument("notebook", metavar="NOTEBOOK")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, on stdout.")
@planning
@reading
def inspect(notebook: str, as_json: bool, **values: Any) -> int:
    """Show what a notebook's cells depend on and which tasks they would become.

    Nothing of the notebook is run. Every edge says why it is there: the variable, file or state
    concerned, and from which line to which.
    """
    from nb_to_flow import api

    conversion = api.inspect(notebook, chosen(values))
    if as_json:
        _print_json(conversion)
    else:
        _print_tables(conversion)
    return 2 if conversion.graph is None else 0


def _print_json(conversion: Conversion) -> None:
    from nb_to_flow.cli.console import complain
    from nb_to_flow.report.payload import inspect_payload, to_json

    payload = inspect_payload(conversion.graph, conversion.plan, conversion.diagnostics)
    click.echo(to_json(payload))
    complain(str(conversion.path), conversion.errors)


def _print_tables(conversion: Conversion) -> None:
    from nb_to_flow.cli.console import complain, console
    from nb_to_flow.report import tables

    out, plan = console(), conversion.plan
    if conversion.graph is None or conversion.notebook is None:
        complain(str(conversion.path), conversion.diagnostics)
        return
    out.print(tables.cells_table(conversion.notebook, plan))
    out.print(tables.edges_table(conversion.graph))
    if plan is not None:
        out.print(tables.tasks_table(plan))
        if plan.parameters:
            out.print(tables.parameters_table(plan))
    if conversion.diagnostics:
        out.print(tables.diagnostics_table(conversion.diagnostics))
