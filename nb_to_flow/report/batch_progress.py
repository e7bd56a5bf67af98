"""How far a batch is: a bar on a terminal, lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nb_to_flow.ir.batch import Progress
from nb_to_flow.report.text import duration

if TYPE_CHECKING:
    from rich.console import Console

_SECONDS_BETWEEN_LINES = 10.0


def progress_line(now: Progress, before: int = 0) -> str:
    """`120 of 1,000 sets, 2 failed; 410 of 2,004 pieces; 3.1 pieces/s, 4 min 50 s left`.

    `before`: pieces that had ended when this run began.
    """
    pieces = f"{now.pieces_ended:,} of {now.pieces:,} pieces" if now.pieces != now.sets else ""
    parts = [_sets(now), pieces, ", ".join(_pace(now, now.pieces_ended - before))]
    return "; ".join(part for part in parts if part)


def bar_text(now: Progress, before: int = 0) -> str:
    """The same without the pieces, which the bar shows: it fits beside the bar in 80 columns."""
    return "; ".join(part for part in (_sets(now), ", ".join(_pace(now, now.pieces_ended - before))) if part)


def _sets(now: Progress) -> str:
    ended = now.done + now.failed
    return f"{ended:,} of {now.sets:,} sets" + (f", {now.failed:,} failed" if now.failed else "")


def _pace(now: Progress, ended: int) -> Iterator[str]:
    if now.seconds > 0 and ended:
        yield f"{ended / now.seconds:.3g} pieces/s"
    if now.seconds_left is not None:
        yield f"{duration(now.seconds_left)} left"


class ProgressLines:
    """Says how far a batch is, at most every ten seconds."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._last = time.monotonic()
        self._before: int | None = None

    def __call__(self, now: Progress) -> None:
        """Say it if the last time was long ago."""
        self._before = now.pieces_ended if self._before is None else self._before
        if time.monotonic() - self._last >= _SECONDS_BETWEEN_LINES:
            self._last = time.monotonic()
            self._say(progress_line(now, self._before))


@contextmanager
def bar(console: Console) -> Iterator[Callable[[Progress], None]]:
    """A bar that the function it gives moves."""
    from rich.markup import escape
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar
    from rich.table import Column

    rest = Column(no_wrap=True, overflow="ellipsis", ratio=1)
    columns = (
        BarColumn(bar_width=12),
        TextColumn("{task.description}"),
        TextColumn("[dim]{task.fields[running]}", table_column=rest),
    )
    with Bar(*columns, console=console, transient=True, expand=True) as drawn:
        task = drawn.add_task("starting", total=None, running="")
        first: list[int] = []

        def show(now: Progress) -> None:
            first[:] = first or [now.pieces_ended]
            drawn.update(
                task,
                total=max(now.pieces, 1),
                completed=now.pieces_ended,
                description=bar_text(now, first[0]),
                running=escape(", ".join(now.running)),
            )

        yield show
