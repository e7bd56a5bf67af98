"""The state of a batch in its driver: what runs next, what has ended, what the ledger is told."""

from __future__ import annotations

import time
from pathlib import Path

from nb_to_flow.batches.chunks import names, usable
from nb_to_flow.batches.jobs import Chunk, Job
from nb_to_flow.batches.outcome import outcome
from nb_to_flow.batches.schedule import Consequences, Schedule
from nb_to_flow.batches.store import Store, clear, recorded
from nb_to_flow.batches.workdirs import home_below, remove_links
from nb_to_flow.ir.batch import (
    BatchOptions,
    BatchTotals,
    Finished,
    Ledger,
    Piece,
    Program,
    Progress,
    SetRecord,
    State,
)


class Driver:
    """What a batch has to do and what it has done. Used from one thread.

    Args:
        program: what was traced.
        ledger: is told everything.
        results: the results folder.
        options: of the batch.
    """

    def __init__(self, program: Program, ledger: Ledger, results: Path, options: BatchOptions) -> None:
        self.program = program
        self.ledger = ledger
        self.results = results
        self.options = options
        self.store = Store(results / ".store")
        self.began = time.monotonic()
        self.finished: dict[str, Finished] = {}
        self.known: dict[int, SetRecord] = dict(ledger.known_sets())
        self.done = {i for i, r in self.known.items() if r.state is State.DONE}
        self.failed = {i for i, r in self.known.items() if r.state is State.FAILED}
        self.in_flight: dict[int, Chunk] = {}
        self.chunks = 0
        self.chunk_of: dict[str, int] = {}
        self.spoilt: set[int] = set()  # chunks in which a piece failed
        self.pieces_run = 0
        self.work_seconds = 0.0
        self.stopping = False
        self.flow_run = ""
        self.traced = {traced.index: traced for traced in program.sets}

    @property
    def to_run(self) -> int:
        """How many pieces have still to end."""
        return self.schedule.to_run

    def close(self) -> None:
        """Remove intermediate results, unless they may be needed: for a resumed run, or as asked."""
        self.store.close()
        every = self.done >= {s.index for s in self.program.sets}
        if every and not self.options.keep_intermediates:
            clear(self.store.folder)

    def take_over(self, workers: int) -> None:
        """What earlier runs have finished, according to the ledger and to what their workers left."""
        before = dict(self.ledger.finished())
        unheard = [f for f in recorded(self.store.folder) if f.key not in before]
        self.ledger.add(self.program)
        unheard = [f for f in unheard if f.key in self.program.pieces]
        self.ledger.finish(unheard)
        candidates = {**before, **{f.key: f for f in unheard}}
        self.finished = usable(self.program, candidates, self.store)
        self.kept = len(self.finished)
        self.schedule = Schedule(self.program, self.finished, self.known, workers)
        broken = [s for s in self.program.sets if s.error and s.index not in self.known]
        self._end_sets([SetRecord(index=s.index, state=State.FAILED, error=s.error) for s in broken])
        self._end_sets([self._record(index) for index in self.schedule.complete()])

    def next_chunk(self) -> Chunk | None:
        """What to run next; None if nothing is ready, or nothing more is to start."""
        keys = [] if self.stopping else self.schedule.next_chunk()
        if not keys:
            return None
        inside = set(keys)
        jobs = tuple(self._job(self.program.pieces[key], inside) for key in keys)
        chunk = Chunk(number=self.chunks, jobs=jobs)
        self.chunks += 1
        self.in_flight[chunk.number] = chunk
        self.chunk_of.update(dict.fromkeys(keys, chunk.number))
        self.ledger.start(keys)
        return chunk

    def chunks_before(self, chunk: Chunk) -> list[int]:
        """Chunks of this run whose results it needs and in which nothing failed."""
        found = {
            self.chunk_of[key] for piece in chunk.pieces for key in piece.upstream if key in self.chunk_of
        }
        return sorted(found - self.spoilt - {chunk.number})

    def _job(self, piece: Piece, inside: set[str]) -> Job:
        own = None
        if piece.own_folder is not None:
            folder = self.results / "sets" / str(piece.own_folder)
            own = home_below(folder, self.program.folder, self.program.up)
        return Job(
            piece=piece,
            places={key: self.finished[key].place for key in piece.upstream if key not in inside},
            consumed=self.schedule.consumed(piece.key),
            folder=own,
        )

    def take(self, ended: list[Finished]) -> None:
        """Take in how pieces ended."""
        if not ended:
            return
        consequences: list[tuple[Finished, Consequences]] = []
        for finished in ended:
            self.finished[finished.key] = finished
            self.pieces_run += 1
            self.work_seconds += finished.seconds
            consequences.append((finished, self.schedule.ended(finished)))
        skipped = {key for _, found in consequences for key in found.skipped}
        self.ledger.finish([*ended, *(Finished(key=key, state=State.SKIPPED) for key in sorted(skipped))])
        records: list[SetRecord] = []
        for finished, found in consequences:
            records += [self._record(index) for index in found.done]
            records += [self._failure(index, finished) for index in found.failed]
            if finished.state is State.DONE:
                for key in self.schedule.unneeded(finished.key):
                    self.store.drop(self.finished[key].place)
            else:
                self.spoilt.add(self.chunk_of[finished.key])
                self.stopping = self.stopping or self.options.on_error == "stop"
        self._end_sets(records)

    def chunk_ended(self, number: int, lost: str) -> None:
        """All that a chunk had to say has been taken in.

        What it left out can run again. `lost` says how its worker was lost, if it was: what the store knows
        of its pieces counts, and the first one after them was running, so it fails.
        """
        chunk = self.in_flight.pop(number)
        left = [piece.key for piece in chunk.pieces if self.schedule.state[piece.key] is State.RUNNING]
        if lost:
            self.spoilt.add(number)
            known = {f.key: f for f in recorded(self.store.folder)} if left else {}
            self.take([known[key] for key in left if key in known])
            left = [key for key in left if key not in known]
            if left:
                self.take([Finished(key=left[0], state=State.FAILED, error=f"WorkerLost: {lost}")])
                left = left[1:]
        skipped = self.schedule.back(left)
        self.ledger.finish([Finished(key=key, state=State.SKIPPED) for key in skipped])

    def _record(self, index: int) -> SetRecord:
        traced = self.traced[index]
        seconds = sum(self.finished[key].seconds for key in traced.pieces)
        return outcome(self.program, traced, self.finished, seconds, self.results)

    def _failure(self, index: int, finished: Finished) -> SetRecord:
        task = self.program.pieces[finished.key].task or self.program.flow_name
        traced = self.traced[index]
        seconds = sum(self.finished[key].seconds for key in traced.pieces if key in self.finished)
        return SetRecord(index=index, state=State.FAILED, error=f"{task}: {finished.error}", seconds=seconds)

    def _end_sets(self, records: list[SetRecord]) -> None:
        if not records:
            return
        for record in records:
            if record.state is State.DONE and self.options.own_folders:
                remove_links(self.results / "sets" / str(record.index))
            (self.done if record.state is State.DONE else self.failed).add(record.index)
        self.ledger.set_ended(records)

    def progress(self) -> Progress:
        """How far it is."""
        left = self.schedule.seconds_left()
        running = (names(self.program, chunk)[1] for chunk in self.in_flight.values())
        return Progress(
            sets=len(self.program.sets),
            done=len(self.done),
            failed=len(self.failed),
            pieces=len(self.program.pieces),
            pieces_ended=len(self.program.pieces) - self.schedule.to_run,
            seconds=time.monotonic() - self.began,
            seconds_left=None if left is None else left / self.schedule.workers,
            running=tuple(running),
        )

    def message(self) -> str:
        """In one line, how far it is."""
        text = f"{len(self.done)} of {len(self.program.sets)} sets done, {self.pieces_run} pieces run"
        return text + (f", {len(self.failed)} sets failed" if self.failed else "")

    def totals(self) -> BatchTotals:
        """What it came to."""
        alone = 0.0
        for traced in self.program.sets:
            alone += sum(self.finished[key].seconds for key in traced.pieces if key in self.finished)
        return BatchTotals(
            done=len(self.done),
            failed=len(self.failed),
            left=len(self.program.sets) - len(self.done | self.failed),
            pieces_run=self.pieces_run,
            pieces_kept=self.kept,
            work_seconds=self.work_seconds,
            alone_seconds=alone,
            seconds=time.monotonic() - self.began,
            task_runs=self.chunks,
            flow_run=self.flow_run,
        )
