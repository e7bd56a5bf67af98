"""The `nb-to-flow` command: its subcommands, its version, and what happens to exceptions."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TextIO

import click

import nb_to_flow
from nb_to_flow.cli.batch import batch
from nb_to_flow.cli.convert import convert
from nb_to_flow.cli.deploy import deploy
from nb_to_flow.cli.graph import graph
from nb_to_flow.cli.inspect import inspect
from nb_to_flow.cli.run import run as run_command
from nb_to_flow.cli.verify import verify
from nb_to_flow.ir.errors import InputError

EPILOG = """\b
A first look, a conversion and a run:
  nb-to-flow inspect legacy.ipynb
  nb-to-flow graph legacy.ipynb -o legacy.html
  nb-to-flow convert legacy.ipynb -o flows
  nb-to-flow run flows/legacy.py -p region=US
  nb-to-flow verify legacy.ipynb

\b
Exit codes: 0 fine, 1 findings (a flow that is not current, a run that
failed, a difference), 2 bad usage or input. `nb-to-flow COMMAND --help` shows examples.
"""


@click.group(
    epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(nb_to_flow.__version__, message="nb-to-flow %(version)s")
@click.option("--debug", is_flag=True, help="Show the traceback of internal errors.")
def cli(debug: bool) -> None:
    """Turn Jupyter notebooks into Prefect flows that do the same, read well and run in parallel.

    inspect, graph and convert analyse a notebook without running any of its code.
    """
    if debug:
        os.environ["NB_TO_FLOW_DEBUG"] = "1"


for command in (inspect, graph, convert, run_command, verify, batch, deploy):
    cli.add_command(command)


def run(arguments: list[str] | None = None) -> int:
    """Run the command line; every exception ends here as one message and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        _forgive(stream)
    try:
        code = cli.main(args=arguments, prog_name="nb-to-flow", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except click.exceptions.Abort:
        return _said("stopped", 130)
    except click.ClickException as error:
        error.show()
        return 2
    except InputError as error:
        return _said(f"error: {error.message}" + (f"\n  {error.hint}" if error.hint else ""))
    except BrokenPipeError:
        _silence()
        return 0
    except OSError as error:
        return _said(f"error: {error.filename or 'input'}: {error.strerror or error}")
    except Exception as error:  # noqa: BLE001 - a bug gets one message, not a traceback
        return _bug(error)


def _bug(error: Exception) -> int:
    from nb_to_flow.api import bug

    if os.environ.get("NB_TO_FLOW_DEBUG"):
        import traceback

        traceback.print_exception(error)
    found = bug(error)
    return _said(f"{found.message}\n  {found.hint}")


def _said(message: str, code: int = 2) -> int:
    with contextlib.suppress(OSError):
        print(f"nb-to-flow: {message}", file=sys.stderr)
    return code


def _forgive(stream: TextIO) -> None:
    """File names may hold bytes, and terminals may lack letters: print an escape, don't fail."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        with contextlib.suppress(OSError, ValueError):
            reconfigure(errors="backslashreplace")


def _silence() -> None:
    """The reader of a pipe went away: keep the interpreter's last flush from complaining."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
