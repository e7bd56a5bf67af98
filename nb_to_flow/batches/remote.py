"""A batch as flow runs of a deployment: any number of workers on any number of machines do the work."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from nb_to_flow.ir.batch import BatchTotals, Output, ParameterSet, Progress, SetRecord, State
from nb_to_flow.ir.errors import InputError

ENTRY_PARAMETER = "sets"
_POLL_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunState:
    """How a flow run stands.

    Attributes:
        name: of the run.
        ended: True if it won't change any more.
        ok: True if it completed.
        message: what its state says.
        seconds: how long it ran.
        flow_run: its id.
    """

    name: str
    ended: bool
    ok: bool
    message: str
    seconds: float
    flow_run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A deployment.

    Attributes:
        id: the server's.
        name: FLOW/DEPLOYMENT.
        parameters: what its runs take.
    """

    id: str
    name: str
    parameters: frozenset[str]

    @property
    def takes_sets(self) -> bool:
        """True if a run takes a list of sets."""
        return ENTRY_PARAMETER in self.parameters


class Server(Protocol):
    """The Prefect server, as far as a batch needs it."""

    def create(self, target: Target, parameters: Mapping[str, Any], *, key: str, name: str, tag: str) -> str:
        """Id of the flow run with this idempotency key, made if there is none.

        Raises InputError if the server refuses the parameters.
        """

    def runs(self, ids: Iterable[str]) -> Mapping[str, RunState]:
        """The runs as they stand, by id."""

    def children(self, ids: Iterable[str]) -> Sequence[RunState]:
        """The runs that these have started and that have ended."""

    def results(self, ids: Iterable[str]) -> Mapping[int, Mapping[str, Output]]:
        """What sets returned in these runs, by set, as far as the runs have said it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteRun:
    """Sets that a flow run takes.

    Attributes:
        number: of the run within the batch; part of its idempotency key.
        sets: numbers of its sets.
        flow_run: its id; "" if the server hasn't said it yet.
    """

    number: int
    sets: tuple[int, ...]
    flow_run: str = ""


class RemoteLedger(Protocol):
    """What a ledger records of flow runs on the server."""

    def known_sets(self) -> Mapping[int, SetRecord]:
        """Sets that ended, by number."""

    def open_runs(self) -> Sequence[RemoteRun]:
        """Runs that were begun and of which no end is recorded."""

    def begin_run(self, sets: Sequence[int]) -> RemoteRun:
        """Record that a run is about to be created."""

    def run_created(self, run: RemoteRun) -> None:
        """Record its id."""

    def run_ended(self, run: RemoteRun) -> None:
        """No more is to come from it."""

    def set_ended(self, records: Iterable[SetRecord]) -> None:
        """These sets ended."""

    def set_ran_in(self, flow_runs: Mapping[int, str]) -> None:
        """Record the flow run of each set."""


def batch_tag(batch: str) -> str:
    """The tag of a batch's flow runs."""
    return f"batch-{batch[:8]}"


def plain_parameters(values: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as JSON has them. Raises InputError for what it hasn't."""
    from pydantic_core import PydanticSerializationError, to_json

    try:
        # Infinity and NaN go as text, which the flow's signature takes for a number.
        return dict(json.loads(to_json(dict(values), inf_nan_mode="strings")))
    except (PydanticSerializationError, ValueError, TypeError) as error:
        raise InputError(f"a parameter can't be sent to the server: {error}") from error


class RemoteBatch:
    """Creates flow runs, some at a time, and follows them to their end."""

    def __init__(
        self,
        server: Server,
        ledger: RemoteLedger,
        target: Target,
        sets: Sequence[ParameterSet],
        *,
        batch: str,
        chunk: int,
        at_once: int,
        stop_on_error: bool,
        show: Callable[[Progress], None],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """`batch` tells this batch's runs from all others; `at_once` limits those that are not at their end."""
        if chunk > 1 and not target.takes_sets:
            raise InputError(
                f"the deployment {target.name} takes one set at a time, not {chunk}",
                "--write-entry writes a flow that takes a list of sets: deploy that, or use --chunk 1.",
            )
        self._server, self._ledger, self._target = server, ledger, target
        self._sets = {each.index: each for each in sets}
        self._batch, self._chunk, self._at_once = batch, chunk, at_once
        self._stop_on_error, self._show, self._pause = stop_on_error, show, pause
        known = ledger.known_sets()
        self._done = {n for n, record in known.items() if record.state is State.DONE}
        self._failed = set(known) - self._done
        self._open: dict[str, RemoteRun] = {}
        self._seconds = 0.0

    def run(self) -> BatchTotals:
        """All sets that haven't ended, to their end."""
        began, created = time.monotonic(), 0
        for run in self._ledger.open_runs():
            self._create(run)
        waiting = self._waiting()
        while waiting or self._open:
            while waiting and len(self._open) < self._at_once and not self._stopped():
                chunk, waiting = waiting[: self._chunk], waiting[self._chunk :]
                self._create(self._ledger.begin_run(chunk))
                created += 1
            if not self._open:
                break
            self._follow()
            self._show(self._progress(time.monotonic() - began))
            if self._open:
                self._pause(_POLL_SECONDS)
        return BatchTotals(
            done=len(self._done),
            failed=len(self._failed),
            left=len(self._sets) - len(self._done | self._failed),
            pieces_run=0,
            pieces_kept=0,
            work_seconds=self._seconds,
            alone_seconds=self._seconds,
            seconds=time.monotonic() - began,
            task_runs=0,
        )

    def _waiting(self) -> list[int]:
        taken = {number for run in self._open.values() for number in run.sets}
        return [n for n in self._sets if n not in taken | self._done | self._failed]

    def _stopped(self) -> bool:
        return self._stop_on_error and bool(self._failed)

    def _create(self, run: RemoteRun) -> None:
        """Have the server make the run, or find it: a second call with the same key makes no second run."""
        rows = [self._sets[number] for number in run.sets if number in self._sets]
        parameters: dict[str, Any]
        if self._target.takes_sets:
            listed = [{"set": row.index, "parameters": plain_parameters(row.values)} for row in rows]
            parameters = {ENTRY_PARAMETER: listed}
        else:
            parameters = plain_parameters(rows[0].values)
        name = f"set {run.sets[0]}" if len(run.sets) == 1 else f"sets {run.sets[0]} to {run.sets[-1]}"
        key = f"{self._batch}-{run.number}"
        tag = batch_tag(self._batch)
        flow_run = self._server.create(self._target, parameters, key=key, name=name, tag=tag)
        created = RemoteRun(number=run.number, sets=run.sets, flow_run=flow_run)
        self._ledger.run_created(created)
        self._open[flow_run] = created

    def _follow(self) -> None:
        """Take in what has ended."""
        states = self._server.runs(self._open)
        ended = [run for run in self._open.values() if (s := states.get(run.flow_run)) is None or s.ended]
        if self._target.takes_sets:
            self._hear_of_sets({number for run in ended for number in run.sets})
        for run in ended:
            self._run_ended(run, states.get(run.flow_run))

    def _hear_of_sets(self, last_call: set[int]) -> None:
        """Take in the sets that have ended, with what they returned.

        A run says that a moment after the set has ended: it is waited for, unless the run is at its end.
        """
        numbers = {f"set {n}": n for run in self._open.values() for n in run.sets}
        known = self._done | self._failed
        new = {numbers[c.name]: c for c in self._server.children(self._open) if c.name in numbers}
        new = {n: state for n, state in new.items() if n not in known}
        results = self._server.results(self._open) if new else {}
        heard = {n: s for n, s in new.items() if not s.ok or n in results or n in last_call}
        self._end(heard, results)

    def _run_ended(self, run: RemoteRun, state: RunState | None) -> None:
        ended = self._done | self._failed
        left = {n: state or _deleted(run.flow_run) for n in run.sets if n not in ended}
        if self._target.takes_sets:
            left = {n: _unheard(state) for n, state in left.items()}
        self._end(left)
        self._ledger.run_ended(run)
        del self._open[run.flow_run]

    def _end(
        self, states: Mapping[int, RunState], results: Mapping[int, Mapping[str, Output]] | None = None
    ) -> None:
        new = {n: state for n, state in states.items() if n not in self._done | self._failed}
        if not new:
            return
        self._ledger.set_ran_in({n: state.flow_run for n, state in new.items()})
        self._ledger.set_ended(
            SetRecord(
                index=n,
                state=State.DONE if state.ok else State.FAILED,
                error="" if state.ok else state.message or "the flow run failed",
                seconds=state.seconds,
                outputs=(results or {}).get(n, {}) if state.ok else {},
            )
            for n, state in new.items()
        )
        for n, state in new.items():
            (self._done if state.ok else self._failed).add(n)
            self._seconds += state.seconds

    def _progress(self, seconds: float) -> Progress:
        ended = len(self._done | self._failed)
        left = len(self._sets) - ended
        return Progress(
            sets=len(self._sets),
            done=len(self._done),
            failed=len(self._failed),
            pieces=len(self._sets),
            pieces_ended=ended,
            seconds=seconds,
            seconds_left=seconds / ended * left if ended else None,
            running=tuple(f"run {run.number}" for run in self._open.values()),
        )


def _deleted(flow_run: str) -> RunState:
    return RunState(
        name="", ended=True, ok=False, message="the flow run was deleted", seconds=0, flow_run=flow_run
    )


def _unheard(state: RunState) -> RunState:
    """Of a set whose run's chunk ended without a word of it."""
    message = f"the flow run that had it ended before its turn: {state.message}".rstrip(": ")
    return RunState(name="", ended=True, ok=False, message=message, seconds=0, flow_run=state.flow_run)
