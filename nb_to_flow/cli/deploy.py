"""`nb-to-flow deploy`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nb_to_flow.cli.console import say

if TYPE_CHECKING:
    from nb_to_flow.api import Deployed, Deployment

EPILOG = """\b
Examples:
  nb-to-flow deploy flows/legacy.py                       an entry in deployments/prefect.yaml
  nb-to-flow deploy flows/legacy.py --cron "0 6 * * 1" --timezone Europe/Berlin
  nb-to-flow deploy flows/legacy.py -p region=US --concurrency 1 --apply
  nb-to-flow deploy flows/*.py --pool local --apply       register all of them
  nb-to-flow deploy flows/legacy.py --pool k8s --pool-type kubernetes \\
      --image registry.example.com/team/legacy

\b
Call it in the project's folder. What the entry says already is kept: only what is given
changes, and the version, which is a digest of the flow's file. Runs take place in the
notebook's folder, where its relative paths start; --folder says otherwise.
Prefect's own command registers the entries as well:
  prefect --no-prompt deploy --all --prefect-file deployments/prefect.yaml

\b
Exit codes: 0 fine, 2 bad usage or input.
"""


@click.command(epilog=EPILOG, short_help="Write a flow's deployment, and register it.")
@click.argument("targets", metavar="FLOW|NOTEBOOK...", nargs=-1, required=True)
@click.option("--name", metavar="NAME", help="Name of the deployment; default: the flow's name.")
@click.option("--pool", metavar="POOL", help="Work pool; default for a new entry: local.")
@click.option(
    "--pool-type",
    type=click.Choice(["process", "docker", "kubernetes"]),
    help="What its workers start; default: process, or docker with --image.",
)
@click.option("--work-queue", metavar="QUEUE", help="Queue of the work pool.")
@click.option("--cron", metavar="CRON", help='Schedule, as in "0 6 * * 1".')
@click.option("--interval", metavar="TIME", help="Schedule: 15m, 1h30m, 2d, or seconds.")
@click.option("--rrule", metavar="RRULE", help='Schedule, as in "FREQ=MONTHLY;BYDAY=1MO;BYHOUR=6".')
@click.option("--timezone", metavar="ZONE", help="Time zone of the schedule; default: UTC.")
@click.option("--no-schedule", is_flag=True, help="Take the entry's schedules away.")
@click.option(
    "--paused/--not-paused", default=None, help="Register without starting the schedule, or start it."
)
@click.option("--concurrency", type=click.IntRange(1), metavar="N", help="Runs at the same time, at most.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag to add. Repeatable.")
@click.option("-p", "pairs", multiple=True, metavar="NAME=VALUE", help="A default parameter. Repeatable.")
@click.option("--image", metavar="NAME[:TAG]", help="Image to build and run in; default tag: the version.")
@click.option("--description", metavar="TEXT", help="Instead of the notebook's own.")
@click.option("--folder", metavar="FOLDER", help="Run here; default: in the notebook's folder.")
@click.option(
    "--prefect-file", default="deployments/prefect.yaml", show_default=True, metavar="FILE", help="The file."
)
@click.option("--apply", is_flag=True, help="Register on the server of PREFECT_API_URL.")
@click.option(
    "--crash-after",
    type=click.IntRange(60),
    metavar="SECONDS",
    help="With --apply: let the server take runs that are silent for so long for crashed.",
)
@click.option(
    "-o", "--output", default="flows", show_default=True, metavar="FOLDER", help="For notebooks: their flows."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, on stdout.")
def deploy(
    targets: tuple[str, ...],
    pairs: tuple[str, ...],
    folder: str | None,
    prefect_file: str,
    apply: bool,
    output: str,
    as_json: bool,
    **values: Any,
) -> int:
    """Write or update the entry of a flow in deployments/prefect.yaml, in Prefect's own schema.

    A notebook is converted first. The flow's module is imported, but no task of it is run.
    """
    from nb_to_flow import api
    from nb_to_flow.run.parameters import parse_pairs

    done = api.deploy(
        *targets,
        parameters=parse_pairs(pairs),
        options=api.DeployOptions(**values),
        folder=folder,
        output=output,
        prefect_file=prefect_file,
        apply=apply,
        say=say,
    )
    for flow in done.flows:
        for note in flow.notes:
            say(f"note: {flow.name}: {note}")
    if as_json:
        _print_json(done)
    else:
        _print(done, apply)
    return 0


def _print_json(done: Deployment) -> None:
    from nb_to_flow.report.payload import to_json

    click.echo(
        to_json(
            {
                "prefect_file": done.prefect_file.as_posix(),
                "written": [path.as_posix() for path in done.written],
                "deployments": [
                    {"name": flow.name, "id": flow.id, "entry": flow.entry, "notes": list(flow.notes)}
                    for flow in done.flows
                ],
            }
        )
    )


def _print(done: Deployment, applied: bool) -> None:
    for path in done.written:
        click.echo(f"written: {path.as_posix()}")
    if not done.written:
        click.echo(f"unchanged: {done.prefect_file.as_posix()}")
    for flow in done.flows:
        click.echo(_described(flow))
    pools = dict.fromkeys(shlex.quote(flow.pool) for flow in done.flows)
    if applied:
        click.echo("\nRuns need a worker:  " + "; ".join(f"prefect worker start --pool {p}" for p in pools))
        given = "".join(f" -p {name}=VALUE" for name in done.flows[0].lacking)
        click.echo(f"To start one:        prefect deployment run {shlex.quote(done.flows[0].name)}{given}")
    else:
        file = shlex.quote(Path(done.prefect_file).as_posix())
        click.echo(f"\nTo register:  prefect --no-prompt deploy --all --prefect-file {file}   (or --apply)")


def _described(flow: Deployed) -> str:
    from nb_to_flow.deployment import described

    state = "registered" if flow.id else "entry"
    schedules = [described(each) for each in flow.entry.get("schedules") or []]
    paused = ", paused" if flow.entry.get("paused") else ""
    when = "; ".join(schedules) + paused if schedules else "no schedule"
    return f"{state}: {flow.name}  pool {flow.pool} ({flow.pool_type}), {when}, runs in {flow.folder}"
