"""The record of a batch in SQLite: what is in it survives the process, however that ends.

Write-ahead logging with `synchronous=NORMAL`: a commit is in the system's hands before it returns, so killing
the process loses nothing; a power cut may lose the last commits, never the file (https://sqlite.org/wal.html).
"""

from __future__ import annotations

import contextlib
import json
import pickle
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from nb_to_flow.batches.canonical import digest
from nb_to_flow.batches.folder import LEDGER
from nb_to_flow.batches.remote import RemoteRun
from nb_to_flow.batches.scalars import decode_output_list, decode_outputs, encode_outputs, readable_json
from nb_to_flow.batches.sets import BadSet, ParameterSets, identity
from nb_to_flow.ir.batch import (
    Finished,
    ParameterSet,
    Program,
    SetRecord,
    State,
    TracedSet,
)
from nb_to_flow.ir.errors import InputError

FORMAT = 1
INVALID = "invalid"  # state of a set that the flow can't take

_SCHEMA = """
create table meta (name text primary key, value text not null) without rowid;
create table sets (
    number integer primary key,   -- from 0
    digest text not null,         -- of the parameters
    line integer,                 -- where it stands in its file
    parameters text not null,     -- JSON, for people
    pickled blob not null,        -- the same, exactly
    state text not null,
    error text not null default '',
    seconds real not null default 0,
    outputs text not null default '{}',
    work text not null default '',  -- digest of what the set comes down to
    flow_run text not null default '',
    ended real
);
create unique index sets_by_digest on sets (digest);
create table pieces (
    key text primary key,
    position integer not null,    -- in the order of the flow
    task text not null,
    label text not null,
    sets integer not null,        -- how many need it
    state text not null,
    seconds real not null default 0,
    attempts integer not null default 0,
    place text not null default '',
    size integer not null default 0,
    error text not null default '',
    trace text not null default '',
    outputs text not null default '[]',
    wanted text not null default '',  -- digest of what the outputs are of the result
    worker text not null default '',
    printed text not null default '',
    started real
) without rowid;
create table remote_runs (        -- flow runs of a deployment
    number integer primary key autoincrement,
    sets text not null,           -- JSON: their numbers
    flow_run text not null default '',
    ended integer not null default 0
);
"""


class SqliteLedger:
    """A `Ledger` in a file of the results folder, with what its readers need."""

    def __init__(self, folder: Path) -> None:
        """Open the ledger in `folder`, or begin one. Raises InputError if the file is something else."""
        path = folder / LEDGER
        self._db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
        try:
            self._db.execute("pragma journal_mode=wal")
            self._db.execute("pragma synchronous=normal")
            self._prepare(path)
        except sqlite3.DatabaseError as error:
            self._db.close()
            raise InputError(f"{path} is no ledger of a batch: {error}") from error

    def close(self) -> None:
        """Close the file; what was recorded is in it already."""
        self._db.close()

    def _prepare(self, path: Path) -> None:
        tables = {name for (name,) in self._db.execute("select name from sqlite_master where type='table'")}
        if not tables:
            with _transaction(self._db):
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)
                self._set_meta("format", str(FORMAT))
        elif self.meta("format") != str(FORMAT):
            raise InputError(f"{path} was written by another version of nb-to-flow", "Name another folder.")

    # What the batch is

    def meta(self, name: str) -> str:
        """A fact about the batch as a whole; "" if it isn't known."""
        found = self._db.execute("select value from meta where name = ?", (name,)).fetchone()
        return str(found[0]) if found else ""

    def _set_meta(self, name: str, value: str) -> None:
        self._db.execute("insert or replace into meta values (?, ?)", (name, value))

    def describe(self, facts: Mapping[str, str]) -> None:
        """Record facts about the batch as a whole."""
        with _transaction(self._db):
            for name, value in facts.items():
                self._set_meta(name, value)

    def reconcile(self, program: Program) -> int:
        """Sets that ended run again if they come down to other work than they did; returns how many."""
        works = {traced.index: _work(traced) for traced in program.sets}
        rows = self._db.execute("select number, work from sets where state != ?", (INVALID,)).fetchall()
        other = [(works[n], n) for n, work in rows if n in works and works[n] != work]
        changed = sum(1 for n, work in rows if work and n in works and works[n] != work)
        with _transaction(self._db):
            self._db.executemany(f"update sets set work = ?, {_RESET} where number = ?", other)
        return changed

    def forget_failures(self) -> None:
        """Sets that failed run again."""
        failed = (State.FAILED.value, State.SKIPPED.value)
        self._db.execute(f"update sets set {_RESET} where state in (?, ?)", failed)

    def ask(self, asked: ParameterSets) -> int:
        """Record the sets asked for besides those known; returns how many are new.

        A set keeps its number from one call to the next. Known sets that aren't asked for again stay.
        """
        known = {
            str(digest)
            for (digest,) in self._db.execute("select digest from sets where state != ?", (INVALID,))
        }
        digests = {each.index: identity(each.values) for each in asked.sets}
        new = [each for each in asked.sets if digests[each.index] not in known]
        with _transaction(self._db):
            self._db.execute("delete from sets where state = ?", (INVALID,))
            number = _numbers({int(n) for (n,) in self._db.execute("select number from sets")})
            self._db.executemany(
                "insert into sets (number, digest, line, parameters, pickled, state, error)"
                " values (?, ?, ?, ?, ?, ?, ?)",
                [_set_row(number(each.index), digests[each.index], each) for each in new]
                + [_bad_row(number(bad.index), bad) for bad in asked.bad],
            )
        return len(new)

    def sets(self) -> tuple[ParameterSet, ...]:
        """All sets that the flow can take, by number."""
        rows = self._db.execute(
            "select number, pickled, line from sets where state != ? order by number", (INVALID,)
        )
        return tuple(ParameterSet(index=n, values=pickle.loads(blob), line=line) for n, blob, line in rows)

    # How it goes: the `Ledger` that the run writes

    def finished(self) -> Mapping[str, Finished]:
        """Pieces that are done, by key."""
        rows = self._db.execute(f"select {_PIECE} from pieces where state = ?", (State.DONE.value,))
        return {row[0]: _finished(row) for row in rows}

    def known_sets(self) -> Mapping[int, SetRecord]:
        """Sets that ended and don't run again, by number."""
        ended = (State.DONE.value, State.FAILED.value, State.SKIPPED.value)
        rows = self._db.execute(f"select {_SET} from sets where state in (?, ?, ?) order by number", ended)
        return {row[0]: _set_record(row) for row in rows}

    def add(self, program: Program) -> None:
        """Record the pieces that will run; those recorded before keep their state."""
        users = Counter(key for traced in program.sets for key in traced.pieces)
        rows = [
            (piece.key, position, piece.task, piece.label, users[piece.key], State.PENDING.value)
            for position, piece in enumerate(program.pieces.values())
        ]
        with _transaction(self._db):
            # What no set needs any more stays, as a changed flow may be changed back.
            self._db.execute("update pieces set position = -1")
            self._db.execute("update pieces set state = 'pending' where state = 'running'")
            self._db.executemany(
                "insert into pieces (key, position, task, label, sets, state) values (?, ?, ?, ?, ?, ?)"
                " on conflict (key) do update set position = excluded.position,"
                " sets = max(sets, excluded.sets)",
                rows,
            )

    def start(self, keys: Iterable[str]) -> None:
        """These pieces are running now."""
        now = time.time()
        with _transaction(self._db):
            self._db.executemany(
                "update pieces set state = ?, started = ? where key = ?",
                [(State.RUNNING.value, now, key) for key in keys],
            )

    def finish(self, pieces: Iterable[Finished]) -> None:
        """These pieces ended."""
        rows = [
            {
                "key": each.key,
                "state": each.state.value,
                "seconds": each.seconds,
                "attempts": each.attempts,
                "place": each.place,
                "size": each.size,
                "error": each.error,
                "trace": each.trace,
                "outputs": encode_outputs(each.outputs),
                "wanted": each.wanted,
                "worker": each.worker,
                "started": each.started,
                "printed": each.printed,
            }
            for each in pieces
        ]
        with _transaction(self._db):
            self._db.executemany(_FINISH, rows)

    def set_ended(self, records: Iterable[SetRecord]) -> None:
        """These sets ended."""
        now = time.time()
        rows = [
            (each.state.value, each.error, each.seconds, encode_outputs(each.outputs), now, each.index)
            for each in records
        ]
        with _transaction(self._db):
            self._db.executemany(
                "update sets set state = ?, error = ?, seconds = ?, outputs = ?, ended = ? where number = ?",
                rows,
            )

    # Flow runs of a deployment: the `RemoteLedger`

    def open_runs(self) -> Sequence[RemoteRun]:
        """Runs that were begun and of which no end is recorded."""
        rows = self._db.execute(
            "select number, sets, flow_run from remote_runs where not ended order by number"
        )
        return [RemoteRun(number=n, sets=tuple(json.loads(sets)), flow_run=run) for n, sets, run in rows]

    def begin_run(self, sets: Sequence[int]) -> RemoteRun:
        """Record that a run is about to be created."""
        done = self._db.execute("insert into remote_runs (sets) values (?)", (json.dumps(list(sets)),))
        return RemoteRun(number=int(done.lastrowid or 0), sets=tuple(sets))

    def run_created(self, run: RemoteRun) -> None:
        """Record its id."""
        self._db.execute("update remote_runs set flow_run = ? where number = ?", (run.flow_run, run.number))

    def run_ended(self, run: RemoteRun) -> None:
        """No more is to come from it."""
        self._db.execute("update remote_runs set ended = 1 where number = ?", (run.number,))

    def set_ran_in(self, flow_runs: Mapping[int, str]) -> None:
        """Record the flow run of each set."""
        rows = [(flow_run, number) for number, flow_run in flow_runs.items()]
        with _transaction(self._db):
            self._db.executemany("update sets set flow_run = ? where number = ?", rows)


_RESET = "state = 'pending', error = '', seconds = 0, outputs = '{}', flow_run = ''"
_FINISH = """
update pieces set state = :state, seconds = :seconds, attempts = :attempts, place = :place, size = :size,
    error = :error, trace = :trace, outputs = :outputs, worker = :worker, started = :started,
    printed = :printed, wanted = :wanted
where key = :key
"""
_PIECE = "key, state, seconds, place, size, error, trace, attempts, outputs, wanted, worker, started, printed"
_SET = "number, state, error, seconds, outputs"


def _work(traced: TracedSet) -> str:
    """Digest of the pieces that a set needs and of what it returns of them."""
    outputs = [(name, e.value) for name, e in sorted(traced.outputs.items())]
    return digest(traced.pieces, outputs, traced.error)


def _finished(row: tuple[Any, ...]) -> Finished:
    key, state, seconds, place, size, error, trace, attempts, outputs, wanted, worker, started, printed = row
    return Finished(
        key=key,
        state=State(state),
        seconds=seconds,
        place=place,
        size=size,
        error=error,
        trace=trace,
        attempts=attempts,
        outputs=decode_output_list(outputs),
        wanted=wanted,
        worker=worker,
        started=started or 0.0,
        printed=printed,
    )


def _set_record(row: tuple[Any, ...]) -> SetRecord:
    number, state, error, seconds, outputs = row
    return SetRecord(
        index=number, state=State(state), error=error, seconds=seconds, outputs=decode_outputs(outputs)
    )


def _set_row(number: int, digest: str, each: ParameterSet) -> tuple[Any, ...]:
    pickled = pickle.dumps(dict(each.values), protocol=4)
    return (number, digest, each.line, readable_json(each.values), pickled, State.PENDING.value, "")


def _bad_row(number: int, bad: BadSet) -> tuple[Any, ...]:
    said = "; ".join(bad.problems)
    return (number, f"{INVALID} {number}", bad.line, readable_json(bad.values), b"", INVALID, said)


def _numbers(taken: set[int]) -> Callable[[int], int]:
    """Numbers for new sets: the wanted one while it is free, else one after all others."""

    def number(wanted: int) -> int:
        free = wanted if wanted not in taken else max(taken) + 1
        taken.add(free)
        return free

    return number


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("begin immediate")
    try:
        yield
    except BaseException:
        db.execute("rollback")
        raise
    db.execute("commit")
