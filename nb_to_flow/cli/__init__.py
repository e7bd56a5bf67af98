"""The command line. Thin: it reads options, calls the package's functions and prints what they return."""

from __future__ import annotations


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit code: 0 fine, 1 findings, 2 bad usage or input."""
    from nb_to_flow.cli.app import run

    return run(arguments)
