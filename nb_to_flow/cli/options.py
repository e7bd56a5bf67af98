"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from nb_to_flow.pipeline import ConvertOptions

F = TypeVar("F", bound=Callable[..., Any])

_READ = (
    click.option(
        "--order",
        type=click.Choice(["document", "execution"]),
        default="document",
        show_default=True,
        help="Take the cells from top to bottom, or as they were last run.",
    ),
    click.option(
        "--allow-unsupported",
        is_flag=True,
        help="Turn cells that can't be converted into tasks that raise NotImplementedError.",
    ),
    click.option(
        "--secrets",
        type=click.Choice(["env", "block"]),
        help="Take credentials out of the code: tasks look them up in the environment or in Secret blocks.",
    ),
)

_PLAN = (
    click.option(
        "--outputs",
        default="auto",
        show_default=True,
        metavar="auto|all|a,b",
        help="What the flow returns: what nothing consumes, every data variable, or these names.",
    ),
    click.option(
        "--granularity",
        type=click.Choice(["auto", "cell", "section"]),
        default="auto",
        show_default=True,
        help="Group cells into tasks as a person would, or by cell or headed section.",
    ),
    click.option(
        "--parameter",
        "parameters",
        multiple=True,
        metavar="NAME",
        help="Make this top-level constant a parameter of the flow, besides the tagged ones. Repeatable.",
    ),
)

_GENERATE = (
    click.option("--name", metavar="NAME", help="Name of the flow and its file; default: the notebook's."),
    click.option(
        "--displays",
        type=click.Choice(["artifact", "log", "drop"]),
        default="artifact",
        show_default=True,
        help="What becomes of what cells displayed: Prefect artifacts, log lines, or nothing.",
    ),
    click.option(
        "--retries",
        type=click.IntRange(0, 100),
        default=3,
        show_default=True,
        help="How often a task is retried, where that is safe and may help.",
    ),
    click.option(
        "--timeout",
        type=click.FloatRange(0, min_open=True),
        metavar="SECONDS",
        help="Time that each task may take; default: any.",
    ),
)


def reading(command: F) -> F:
    """Add the options that say how a notebook is read."""
    return _added(command, _READ)


def planning(command: F) -> F:
    """Add the options that say what becomes a task, a parameter, a result."""
    return _added(command, _PLAN)


def generating(command: F) -> F:
    """Add the options that say how the flow's module looks."""
    return _added(command, _GENERATE)


def _added(command: F, options: tuple[Callable[[F], F], ...]) -> F:
    for option in reversed(options):
        command = option(command)
    return command


def chosen(values: dict[str, Any]) -> ConvertOptions:
    """The options of a command as the package's functions take them."""
    from nb_to_flow.pipeline import ConvertOptions

    if "timeout" in values:
        values["timeout_seconds"] = values.pop("timeout")
    return ConvertOptions(**values)
