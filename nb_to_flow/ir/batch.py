"""A batch: one flow, many parameter sets, and the distinct pieces of work they come down to."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterSet:
    """One run of the flow that is asked for.

    Attributes:
        index: its number in the batch, from 0; what results are named after.
        values: a value for every parameter of the flow, in the signature's types, defaults filled in.
        line: line of the file of sets it came from, from 1; None if it came from elsewhere.
    """

    index: int
    values: Mapping[str, Any]
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """How to get from a value to a part of it.

    Attributes:
        kind: "item" (`value[detail]`), "attribute" (`value.detail`), "unpack" (the item `detail[0]` of
            the `detail[1]` that a tuple assignment takes), or "spread" (each item of a dict for itself).
        detail: the key, the name, or the pair.
    """

    kind: str
    detail: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What a piece of work results in, or a part of that."""

    piece: str
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pickled:
    """A constant as it was when the flow's body handed it on."""

    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Expression:
    """A value that the flow's body makes of constants and of what pieces result in.

    Attributes:
        value: the value; where it needs a piece there is a `Reference`, where it is a constant that might
            change later a `Pickled`. Lists, tuples, dicts and sets are looked through for them, nothing else.
        references: all of them, each once.
    """

    value: Any
    references: tuple[Reference, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What is done when a piece fails or takes long, as its task says.

    Attributes:
        retries: how often it is tried again.
        delays: seconds to wait before each retry; the last one counts for all that follow.
        jitter: by how much of itself a delay may vary.
        timeout: seconds that one attempt may take; None for no limit.
    """

    retries: int = 0
    delays: tuple[float, ...] = ()
    jitter: float = 0.0
    timeout: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Piece:
    """One distinct call of a task: a task and what it is called with.

    Attributes:
        key: digest of the task's source and of everything that goes in; equal work has equal keys, also in
            another process and on another day.
        task: name of the task; "" for a whole flow whose body can't be traced.
        function: where the task is found: its module-level name in the flow's module or "module:name".
        arguments: what it is called with, by parameter name.
        upstream: keys of the pieces whose results or effects it needs; if one fails this one is skipped.
        after: keys of the pieces that come first, however they end.
        label: the arguments that tell it from others of its task, for people: "region=EU".
        wanted: the parts of its result that sets return, as steps from the result.
        first_set: index of the first set that needs it.
        exclusive: True if it touches what belongs to the whole process, such as pyplot.
        own_folder: index of the set in whose own folder it runs; None for the common folder.
        policy: what happens when it fails.
        turns: positions in `Program.turns` of the files that it takes turns at with pieces of other sets.
    """

    key: str
    task: str
    function: str
    arguments: Expression
    upstream: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    label: str = ""
    wanted: tuple[tuple[Step, ...], ...] = ()
    first_set: int = 0
    exclusive: bool = False
    own_folder: int | None = None
    policy: Policy = field(default_factory=Policy)
    turns: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Files that sets would get into each other's way at: set after set, each does all that it does to them.

    Attributes:
        tasks: names of the tasks that touch them.
        files: some of them, as their source has them.
        sets: how many sets take turns.
    """

    tasks: tuple[str, ...]
    files: tuple[str, ...]
    sets: int

    def __str__(self) -> str:
        """In words."""
        tasks, files = " and ".join(self.tasks), ", ".join(self.files)
        verb = "runs" if len(self.tasks) == 1 else "run"
        return f"{tasks} {verb} for one set after the other ({self.sets:,} sets): they would share {files}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TracedSet:
    """What one set comes down to.

    Attributes:
        index: the set's number.
        pieces: keys of all pieces that it needs.
        outputs: what the flow returns for it, by name.
        error: why its body failed on the parameters alone, else "".
        untraceable: why it is run whole, else "".
    """

    index: int
    pieces: tuple[str, ...] = ()
    outputs: Mapping[str, Expression] = field(default_factory=dict)
    error: str = ""
    untraceable: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Program:
    """A traced batch.

    Attributes:
        flow: name of the flow.
        flow_file: its module.
        flow_name: the flow's name in the module.
        folder: where it runs: relative paths start there.
        pieces: by key, each after those it needs.
        sets: one for each parameter set, in their order.
        calls: how many task calls the sets would make if each ran alone.
        trusted: True if tasks are known to leave what they are given alone, so that they may share it.
        written: paths that tasks write, as in their source, with {name} for what isn't constant.
        turns: the files that sets take turns at.
        up: how many folders above `folder` its tasks reach into, as in "../data".
    """

    flow: str
    flow_file: Path
    flow_name: str
    folder: Path
    pieces: Mapping[str, Piece]
    sets: Sequence[TracedSet]
    calls: int = 0
    trusted: bool = False
    written: tuple[str, ...] = ()
    turns: tuple[Turn, ...] = ()
    up: int = 0


class State(enum.Enum):
    """Where a set or a piece stands."""

    PENDING = "pending"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"  # something that it needs failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """A part of a result as it is kept.

    Attributes:
        value: the value if it is a scalar: None, bool, int, float, str, a date or time.
        path: where it is saved otherwise, relative to the results folder; "" for a scalar.
        kind: name of its type; a value that is neither a scalar nor can be saved has nothing else.
        parts: the items of a dict that counts as several outputs.
    """

    value: Any = None
    path: str = ""
    kind: str = ""
    parts: Mapping[str, Output] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """How a piece ended.

    Attributes:
        key: the piece.
        state: done, failed or skipped.
        seconds: wall time, retries included.
        place: where its result is in the store; only the store understands it.
        size: bytes of its result.
        error: why it failed, as `ValueError: ...`; "" if it didn't.
        trace: the traceback; "" if there is none.
        attempts: how often it was tried.
        outputs: what sets return of it, in the order of `Piece.wanted`.
        worker: who ran it.
        started: when, in seconds since 1970.
        printed: what it printed, cut if it is long.
        wanted: digest of `Piece.wanted` as it was when the piece ran.
    """

    key: str
    state: State
    seconds: float = 0.0
    place: str = ""
    size: int = 0
    error: str = ""
    trace: str = ""
    attempts: int = 1
    outputs: tuple[Output, ...] = ()
    worker: str = ""
    started: float = 0.0
    printed: str = ""
    wanted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRecord:
    """How a set stands.

    Attributes:
        index: the set's number.
        state: as of now.
        error: why it failed: the task and what it raised.
        seconds: wall time of its pieces, shared ones in full.
        outputs: what the flow returned for it, by name; empty until it is done.
    """

    index: int
    state: State
    error: str = ""
    seconds: float = 0.0
    outputs: Mapping[str, Output] = field(default_factory=dict)


class Ledger(Protocol):
    """The record of a batch that survives the process. Called from one thread only."""

    def finished(self) -> Mapping[str, Finished]:
        """Pieces that are done, by key: not to be run again. Empty for a new batch."""

    def known_sets(self) -> Mapping[int, SetRecord]:
        """Sets that are done and are left out of this run, by index."""

    def add(self, program: Program) -> None:
        """Record the pieces and sets that will run; those recorded before keep their state."""

    def start(self, keys: Iterable[str]) -> None:
        """These pieces are running now."""

    def finish(self, pieces: Iterable[Finished]) -> None:
        """These pieces ended; one transaction for all of them."""

    def set_ended(self, records: Iterable[SetRecord]) -> None:
        """These sets ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchOptions:
    """How a batch runs.

    Attributes:
        runner: "process", "thread", "dask" or "ray".
        max_workers: pieces that run at a time; None for the number of cores (or what the cluster has).
        address: the cluster of "dask" or "ray"; "" starts one on this machine.
        on_error: "continue" with the other sets, or "stop" at the first failure.
        keep_intermediates: keep the results of pieces when the batch has ended.
        own_folders: run pieces that write files in a folder of each set's own; threads run those one by one.
        allow_overwrites: run although pieces of several sets write to one path: they take turns.
        artifacts: let tasks publish their own artifacts to the server; otherwise these are left out.
    """

    runner: str = "process"
    max_workers: int | None = None
    address: str = ""
    on_error: str = "continue"
    keep_intermediates: bool = False
    own_folders: bool = False
    allow_overwrites: bool = False
    artifacts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What a progress bar shows.

    Attributes:
        sets: how many there are.
        done: how many ended well.
        failed: how many failed.
        pieces: how many distinct pieces of work there are.
        pieces_ended: how many of them ended, in this run or an earlier one.
        seconds: since the start of this run.
        seconds_left: estimate; None if there is none yet.
        running: what runs now, for people.
    """

    sets: int
    done: int
    failed: int
    pieces: int
    pieces_ended: int
    seconds: float
    seconds_left: float | None = None
    running: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchTotals:
    """What a batch came to.

    Attributes:
        done: sets that ended well, in this run or an earlier one.
        failed: sets that failed.
        left: sets that did not run (stopped before).
        pieces_run: pieces that ran in this run.
        pieces_kept: pieces that had run before.
        work_seconds: wall time of all pieces that ran.
        alone_seconds: what the sets would have taken one by one, shared pieces counted for each.
        seconds: wall time of this run.
        task_runs: Prefect task runs that it took.
        flow_run: id of the Prefect flow run.
    """

    done: int
    failed: int
    left: int
    pieces_run: int
    pieces_kept: int
    work_seconds: float
    alone_seconds: float
    seconds: float
    task_runs: int
    flow_run: str = ""
