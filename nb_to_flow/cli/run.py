"""`nb-to-flow run`."""

from __future__ import annotations

import click


@click.command()
@click.argument("target", metavar="FLOW|NOTEBOOK")
def run(target: str) -> int:
    """Run a flow."""
    return 0
