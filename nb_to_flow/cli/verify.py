"""`nb-to-flow verify`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nb_to_flow.cli.console import console, say
from nb_to_flow.cli.options import chosen, planning, reading
from nb_to_flow.ir.errors import InputError

if TYPE_CHECKING:
    from nb_to_flow.api import VerifyOptions
    from nb_to_flow.ir.verification import VerifyResult

EPILOG = """\b
Examples:
  nb-to-flow verify legacy.ipynb                        convert, run both, compare
  nb-to-flow verify legacy.ipynb -p region=US --runner process
  nb-to-flow verify legacy.ipynb --schedules 5 --retries
  nb-to-flow verify legacy.ipynb --flow flows/legacy.py    a flow that was edited by hand
  nb-to-flow verify legacy.ipynb --html report.html --keep runs

\b
The notebook's folder is copied for each run, so that no run sees what another one wrote.
Paths outside of it, databases and servers are not copied: both runs really use them.

\b
The notebook is run twice (--repeat) to learn what isn't deterministic; that is reported, and
not held against the flow.
Exit codes: 0 the flow does the same, 1 it doesn't, 2 there was nothing to compare.
"""


@click.command(epilog=EPILOG, short_help="Run a notebook and its flow and compare them.")
@click.argument("notebook", metavar="NOTEBOOK")
@click.option("-p", "pairs", multiple=True, metavar="NAME=VALUE", help="A parameter for both. Repeatable.")
@click.option("--params", metavar="FILE.json", help="Parameters as a JSON object.")
@click.option("--flow", metavar="FLOW", help="Verify this flow instead of a fresh conversion.")
@click.option(
    "--runner",
    type=click.Choice(["thread", "process", "dask", "ray"]),
    help="Where tasks run; default: as the flow says.",
)
@click.option(
    "--schedules",
    type=click.IntRange(0, 1000),
    default=0,
    show_default=True,
    metavar="N",
    help="Run the flow N more times, its tasks starting in another order where they may.",
)
@click.option(
    "--retries", is_flag=True, help="Run it once more; each task fails after its work and is tried again."
)
@click.option(
    "--repeat",
    type=click.IntRange(1, 100),
    default=2,
    show_default=True,
    metavar="N",
    help="How often the notebook is run, to learn what isn't deterministic.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(0),
    default=1e-9,
    show_default=True,
    help="How far floats may be apart, relative and absolute.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    help="Time that each run may take.",
)
@click.option("--kernel", metavar="NAME", help="The notebook's kernel; default: the one that it names.")
@click.option("--root", metavar="FOLDER", help="What is copied for each run; default: the notebook's folder.")
@click.option("--skip", multiple=True, metavar="PATTERN", help="Files and folders not to copy. Repeatable.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, on stdout.")
@click.option("--html", metavar="FILE", help="Write a report as a web page.")
@click.option("--keep", metavar="FOLDER", help="Keep what the runs left behind.")
@planning
@reading
def verify(
    notebook: str,
    pairs: tuple[str, ...],
    params: str | None,
    flow: str | None,
    as_json: bool,
    html: str | None,
    **values: Any,
) -> int:
    """Run a notebook and its flow, each in its own copy of the folder, and compare what they leave:
    variables, printed lines, files and displays. This runs the notebook's code.

    Talks to the Prefect server of PREFECT_API_URL; without one, it starts its own for the time.
    """
    from nb_to_flow import api
    from nb_to_flow.run.parameters import parse_pairs, read_parameters

    parameters = {**(read_parameters(Path(params)) if params else {}), **parse_pairs(pairs)}
    options = _options(values)
    if html is not None and not Path(html).absolute().parent.is_dir():
        raise InputError(f"there is no folder for {html}", "Make it first.")
    result = api.verify(
        notebook,
        parameters,
        flow=flow,
        options=options,
        convert=None if flow and not _said_more(values) else chosen(values),
        say=say,
    )
    if html is not None:
        api.write_verification_page(result, html)
    _print(result, as_json)
    return 0 if result.ok else 1


_OWN = ("runner", "schedules", "retries", "repeat", "tolerance", "timeout", "kernel", "root", "skip", "keep")


def _options(values: dict[str, Any]) -> VerifyOptions:
    from nb_to_flow.api import VerifyOptions

    own = {name: values.pop(name) for name in _OWN}
    for name in ("root", "keep"):
        own[name] = Path(own[name]) if own[name] is not None else None
    return VerifyOptions(**own)


def _said_more(values: dict[str, Any]) -> bool:
    """True if the user said how to convert; else a flow's own options are taken."""
    from nb_to_flow.pipeline import ConvertOptions

    return ConvertOptions(**values) != ConvertOptions()


def _print(result: VerifyResult, as_json: bool) -> None:
    from nb_to_flow.report.verification import verification_payload, verification_table

    if as_json:
        from nb_to_flow.report.payload import to_json

        click.echo(to_json(verification_payload(result)))
        return
    console().print(verification_table(result))
