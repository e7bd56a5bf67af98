"""What goes to workers: plain data that pickles."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nb_to_flow.batches.canonical import digest
from nb_to_flow.ir.batch import Finished, Piece, Step

# Gets how pieces of a chunk ended.
Report = Callable[[list[Finished]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What a worker knows of the batch.

    Attributes:
        flow_file: the flow's module.
        flow_name: the flow in it.
        folder: where pieces run.
        store: folder of the store.
        results: the results folder.
        trusted: True if tasks leave their inputs alone.
        artifacts: True if tasks may publish artifacts.
        own_process: True if the worker has its process for itself, one piece at a time.
        written: paths that tasks write.
        up: so many folders above a set's own one are its own too.
        token: of this run of the batch.
    """

    flow_file: Path
    flow_name: str
    folder: Path
    store: Path
    results: Path
    trusted: bool = False
    artifacts: bool = False
    own_process: bool = True
    written: tuple[str, ...] = ()
    up: int = 0
    token: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Job:
    """One piece as a worker needs it.

    Attributes:
        piece: what is to be run.
        places: where the results are that it needs, by key; those of the same chunk are left out.
        consumed: True if other pieces need its result.
        folder: the folder of its set; None for the common one.
    """

    piece: Piece
    places: Mapping[str, str] = field(default_factory=dict)
    consumed: bool = False
    folder: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Chunk:
    """Pieces that one worker runs one after the other, as one Prefect task run."""

    number: int
    jobs: tuple[Job, ...]

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """What is to be run."""
        return tuple(job.piece for job in self.jobs)


def wanted_digest(wanted: tuple[tuple[Step, ...], ...]) -> str:
    """Tells whether outputs that were kept are the ones that are asked for."""
    return digest([[(step.kind, step.detail) for step in steps] for steps in wanted])
