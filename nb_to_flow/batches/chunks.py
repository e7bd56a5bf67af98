"""How chunks look in Prefect, and what is known of pieces that ran before."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping, Sequence

from nb_to_flow.batches.jobs import Chunk, wanted_digest
from nb_to_flow.batches.store import Store
from nb_to_flow.ir.batch import Finished, Program

_LONGEST = 100
_PRINTED = 50_000


def names(program: Program, chunk: Chunk) -> tuple[str, str]:
    """Task name and task run name of a chunk."""
    pieces = chunk.pieces
    tasks = list(dict.fromkeys(piece.task or program.flow_name for piece in pieces))
    task = " + ".join(tasks)
    task = task if len(task) <= _LONGEST else f"{task[: _LONGEST - 1]}…"
    first, last = pieces[0], pieces[-1]
    if len(pieces) == 1:
        return task, f"{task} {first.label}".strip()
    labels = first.label if first.label == last.label else f"{first.label} … {last.label}"
    return task, f"{task} × {len(pieces)}: {labels}"


def ahead(workers: int) -> int:
    """How many chunks wait for a worker, so that none has to wait for the next chunk."""
    return max(1, workers // 4)


def log_printed(chunk: Chunk, ended: Sequence[Finished]) -> None:
    """What the pieces of a chunk printed, as its log: one record for each that printed."""
    from prefect.logging import get_run_logger

    logger, left = get_run_logger(), _PRINTED
    labels = {piece.key: f"{piece.task} {piece.label}".strip() for piece in chunk.pieces}
    for finished in ended:
        if finished.printed.strip() and left > 0:
            logger.info("%s\n%s", labels[finished.key], finished.printed.rstrip()[:left])
            left -= len(finished.printed)
        if finished.trace:
            logger.error("%s\n%s", labels[finished.key], finished.trace)


@contextlib.contextmanager
def own_log() -> Iterator[None]:
    """Prefect's run logs go to the server, not to the terminal."""
    loggers = [logging.getLogger(name) for name in ("prefect.flow_runs", "prefect.task_runs")]
    before = [logger.propagate for logger in loggers]
    for logger in loggers:
        logger.propagate = False
    try:
        yield
    finally:
        for logger, propagate in zip(loggers, before, strict=True):
            logger.propagate = propagate


def usable(program: Program, known: Mapping[str, Finished], store: Store) -> dict[str, Finished]:
    """The pieces that needn't run again.

    They are done, what sets return of them is kept, and their results are there if a piece that must run
    needs them. What a set does to files at which sets take turns runs again as a whole: since then other sets
    may have changed them.
    """
    known = dict(known)
    while True:
        found = _usable(program, known, store)
        again = {stay for key, stay in _stays(program) if key not in found}
        lost = [key for key, stay in _stays(program) if stay in again and key in found]
        if not lost:
            return found
        for key in lost:
            del known[key]


def _stays(program: Program) -> Iterator[tuple[str, tuple[int, int]]]:
    """Pieces that take turns, each with the turn and the set whose turn it is."""
    for key, piece in program.pieces.items():
        for number in piece.turns:
            yield key, (number, piece.first_set)


def _usable(program: Program, known: Mapping[str, Finished], store: Store) -> dict[str, Finished]:
    found: dict[str, Finished] = {}
    needed: set[str] = set()
    for key in reversed(list(program.pieces)):
        piece = program.pieces[key]
        done = known.get(key)
        same = done is not None and done.wanted == wanted_digest(piece.wanted)
        if done is not None and same and (key not in needed or store.has(done.place)):
            found[key] = done
        else:
            needed.update(piece.upstream)
    return found
