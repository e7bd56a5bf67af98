"""Printing: results on stdout, everything else on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from nb_to_flow.ir.diagnostics import Diagnostic, Severity

if TYPE_CHECKING:
    from rich.console import Console

# What a pipe gets: wide enough that tables aren't folded.
_PIPE_WIDTH = 160


def console(*, stderr: bool = False) -> Console:
    """A console that prints text as it is: no markup, no emoji codes."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    width = None if stream.isatty() else _PIPE_WIDTH
    return Console(stderr=stderr, width=width, markup=False, emoji=False, highlight=False)


def say(line: str) -> None:
    """Print a line to stderr, at once."""
    print(line, file=sys.stderr, flush=True)


def complain(path: str, diagnostics: Iterable[Diagnostic], lowest: Severity = Severity.WARNING) -> None:
    """Print diagnostics to stderr, those of `lowest` severity and above."""
    from nb_to_flow.report.text import diagnostic_line

    order = list(Severity)
    for diagnostic in diagnostics:
        if order.index(diagnostic.severity) >= order.index(lowest):
            print(diagnostic_line(diagnostic, path), file=sys.stderr)
