"""`nb-to-flow graph`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from nb_to_flow.cli.options import chosen, planning, reading

EPILOG = """\b
Examples:
  nb-to-flow graph legacy.ipynb -o legacy.html    an interactive page, all in one file
  nb-to-flow graph legacy.ipynb -o legacy.svg     a picture
  nb-to-flow graph legacy.ipynb -o legacy.mmd     Mermaid, for Markdown pages
  nb-to-flow graph legacy.ipynb -o legacy.dot     for Graphviz
  nb-to-flow graph legacy.ipynb -o legacy.json    nodes and links with reasons
"""


@click.command(epilog=EPILOG, short_help="Draw the dependency graph.")
@click.argument("notebook", metavar="NOTEBOOK")
@click.option(
    "-o", "--output", required=True, metavar="FILE", help="Its suffix says the format: html svg mmd dot json."
)
@planning
@reading
def graph(notebook: str, output: str, **values: Any) -> int:
    """Draw how a notebook's cells depend on each other, grouped into the tasks they would become.

    Nothing of the notebook is run, and no Graphviz is needed.
    """
    from nb_to_flow import api
    from nb_to_flow.cli.console import complain
    from nb_to_flow.ir.diagnostics import Severity

    conversion = api.draw_graph(notebook, Path(output), options=chosen(values))
    complain(notebook, conversion.diagnostics, Severity.ERROR)
    if conversion.graph is None:
        return 2
    click.echo(f"wrote {output}")
    return 0
