"""From a flow and its parameter sets to the distinct pieces of work."""

from __future__ import annotations

import contextlib
import functools
import inspect
import io
import os
import threading
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nb_to_flow.batches.body import GUARDS, rewritten
from nb_to_flow.batches.canonical import digest
from nb_to_flow.batches.conflicts import check_files, written_paths
from nb_to_flow.batches.effects import effects_of, may_see
from nb_to_flow.batches.labels import label_all
from nb_to_flow.batches.recorder import Called, Draft, Guards, Recorder, expression, run_boxed
from nb_to_flow.batches.retrying import policy_of
from nb_to_flow.batches.sources import Sources
from nb_to_flow.batches.symbols import Future, Spread, Untraceable, Value, reference_of
from nb_to_flow.batches.touches import levels_up
from nb_to_flow.batches.turns import Files, files_in_turn, users_of
from nb_to_flow.ir.batch import (
    BatchOptions,
    Expression,
    ParameterSet,
    Piece,
    Policy,
    Program,
    Reference,
    Step,
    TracedSet,
    Turn,
)

if TYPE_CHECKING:
    from prefect import Flow

SPREAD = "**"


def trace(
    flow: Flow[..., Any],
    flow_file: Path,
    folder: Path,
    sets: Sequence[ParameterSet],
    options: BatchOptions | None = None,
    *,
    trusted: bool = False,
    shared: bool = True,
) -> Program:
    """Run the flow's body once for each set, with symbols for what tasks result in; no task runs.

    Args:
        flow: the flow.
        flow_file: its module's file.
        folder: where it runs.
        sets: parameters, checked already.
        options: whether sets run in folders of their own.
        trusted: True if tasks are known to leave their inputs alone.
        shared: False if each set is run for itself, with all that it needs.

    Raises InputError if sets would overwrite each other's files. What a set's own parameters make the body
    raise is in its `TracedSet`.
    """
    options = options or BatchOptions()
    tracer, traced, turns = _traced(flow, flow_file, folder, sets, options, shared=shared)
    drafts = tracer.recorder.drafts
    return Program(
        flow=flow.name,
        flow_file=flow_file.absolute(),
        flow_name=tracer.flow_name,
        folder=folder.absolute(),
        pieces=_pieces(drafts, traced, turns),
        sets=traced,
        calls=tracer.recorder.calls,
        trusted=trusted,
        written=written_paths(drafts.values()),
        turns=tuple(_turn(files, drafts) for files in turns),
        up=levels_up(drafts.values(), folder) if options.own_folders else 0,
    )


def _traced(
    flow: Flow[..., Any],
    flow_file: Path,
    folder: Path,
    sets: Sequence[ParameterSet],
    options: BatchOptions,
    *,
    shared: bool,
) -> tuple[_Tracer, list[TracedSet], tuple[Files, ...]]:
    """Traced so often that no piece is shared whose files other sets change."""
    alone: frozenset[str] | None = frozenset() if shared else None
    while True:
        tracer = _Tracer(flow, flow_file, folder, options, alone)
        with tracer.ready():
            traced = [tracer.one(parameters) for parameters in sets]
        users = users_of(traced)
        drafts = tracer.recorder.keep(users)
        if not options.allow_overwrites:
            check_files(drafts, users, folder)
        turns = files_in_turn(drafts, users, folder)
        several = {key for files in turns for key in files.pieces if len(users[key]) > 1}
        if not several or alone is None:
            return tracer, traced, turns
        alone |= {drafts[key].shareable for key in several}


def _turn(files: Files, drafts: Mapping[str, Draft]) -> Turn:
    in_order = [draft for key, draft in drafts.items() if key in files.pieces]
    return Turn(
        tasks=tuple(dict.fromkeys(draft.name for draft in in_order)),
        files=files.names,
        sets=len({draft.first_set for draft in in_order}),
    )


class _Tracer:
    """The state of one tracing."""

    def __init__(
        self,
        flow: Flow[..., Any],
        flow_file: Path,
        folder: Path,
        options: BatchOptions,
        alone: frozenset[str] | None,
    ) -> None:
        self.flow = flow
        self.folder = folder
        self.options = options
        self.module_names = _task_names(flow)
        self.flow_name = flow.fn.__name__
        self.recorder = Recorder(self._describe, _carries, own_folders=options.own_folders, alone=alone)
        self._sources = Sources(folder)
        self._described: dict[int, tuple[Any, Called]] = {}
        self._why_not = ""
        try:
            self._body, codes = rewritten(flow.fn)
            self._guards = Guards(self.recorder, codes)
        except Untraceable as problem:
            self._why_not = str(problem)

    @contextlib.contextmanager
    def ready(self) -> Iterator[None]:
        """The guards are in place, tasks are out of reach, and what the body prints is dropped."""
        names = self.flow.fn.__globals__
        with _no_tasks(), _inside(self.folder), contextlib.redirect_stdout(io.StringIO()), _quiet():
            if not self._why_not:
                names[GUARDS] = self._guards
            try:
                yield
            finally:
                names.pop(GUARDS, None)

    def one(self, parameters: ParameterSet) -> TracedSet:
        """What one set comes down to."""
        self.recorder.begin(parameters.index)
        if self._why_not:
            return self._whole(parameters, self._why_not)
        try:
            result = self._body(**parameters.values)
            if inspect.iscoroutine(result):
                result = run_boxed(result)
            outputs = _outputs(result)
        except Untraceable as problem:
            return self._whole(parameters, f"{problem}{_line(problem, self.flow.fn)}")
        except Exception as error:  # noqa: BLE001 - the body's own code
            if self.recorder.used:  # a symbol may be the reason
                return self._whole(parameters, f"{type(error).__name__}: {error}{_line(error, self.flow.fn)}")
            return TracedSet(index=parameters.index, error=f"{type(error).__name__}: {error}")
        return TracedSet(index=parameters.index, pieces=self.recorder.used, outputs=outputs)

    def _whole(self, parameters: ParameterSet, reason: str) -> TracedSet:
        """The set as one piece that runs the flow's body as it is."""
        arguments = expression(dict(parameters.values), "a parameter")
        own = parameters.index if self.options.own_folders else None
        key = digest("flow", self.flow_name, self._all_code, arguments.value, own)
        draft = Draft(
            key=key,
            task=None,
            function=self.flow_name,
            arguments=arguments,
            upstream=(),
            after=(),
            policy=Policy(),
            effects=replace(effects_of(self.flow.fn), exclusive=True),
            first_set=parameters.index,
            own_folder=own,
            shareable=key,
        )
        self.recorder.whole(key, draft)
        outputs = _all_of(Reference(piece=key))
        return TracedSet(index=parameters.index, pieces=(key,), outputs=outputs, untraceable=reason)

    @functools.cached_property
    def _all_code(self) -> list[str]:
        """Digests of the flow and of all tasks of its module."""
        return [self._sources.digest_of(each.fn) for each in (self.flow, *self.module_names.values())]

    def _describe(self, task: Any) -> Called:
        known = self._described.get(id(task))
        if known is None:  # the task is kept, so that its id stays its own
            known = self._described[id(task)] = task, self._called(task)
        return known[1]

    def _called(self, task: Any) -> Called:
        if task.isgenerator:
            raise Untraceable(f"{task.name} is a generator")
        names = [name for name, other in self.module_names.items() if other.fn is task.fn]
        same = [name for name in names if self.module_names[name] is task]
        function = (same or names or [_qualified(task.fn)])[0]
        if not same and task.retry_condition_fn is not None and names:
            raise Untraceable(f"{task.name} gets another retry condition")
        return Called(
            name=task.name,
            function=function,
            code=self._sources.digest_of(task.fn),
            signature=inspect.signature(task.fn),
            is_async=bool(task.isasync),
            policy=policy_of(task),
            effects=effects_of(task.fn),
        )


def _carries(draft: Draft, called: Called) -> bool:
    """Whether a call may see what a piece did that it waits for."""
    return may_see(draft.effects, called.effects)


def _task_names(flow: Flow[..., Any]) -> dict[str, Any]:
    from prefect import Task

    names: Mapping[str, Any] = getattr(flow.fn, "__globals__", {})
    return {name: value for name, value in names.items() if isinstance(value, Task)}


def _qualified(function: Any) -> str:
    if "<locals>" in function.__qualname__:
        raise Untraceable(f"{function.__name__} is defined inside of a function")
    return f"{function.__module__}:{function.__qualname__}"


def _outputs(result: Any) -> dict[str, Expression]:
    """What the flow returns, by name."""
    if type(result) in (Value, Future):
        return _all_of(reference_of(result))
    if not isinstance(result, dict):
        return {} if result is None else {"result": expression(result, "a result")}
    found: dict[str, Expression] = {}
    for key, value in result.items():
        name = f"{SPREAD}{len(found)}" if type(key) is Spread else str(key)
        found[name] = expression(value, f"the result {name}")
    return found


def _all_of(result: Reference) -> dict[str, Expression]:
    """Outputs of a flow that returns a piece's result: each of its items is one."""
    spread = Reference(piece=result.piece, steps=(*result.steps, Step(kind="spread")))
    return {SPREAD: Expression(value=spread, references=(spread,))}


def _pieces(
    drafts: Mapping[str, Draft], traced: Sequence[TracedSet], turns: Sequence[Files]
) -> dict[str, Piece]:
    wanted: dict[str, dict[str, tuple[Step, ...]]] = {}
    for one in traced:
        for output in one.outputs.values():
            for reference in output.references:
                steps = wanted.setdefault(reference.piece, {})
                steps.setdefault(digest(reference), reference.steps)
    labels = label_all(drafts)
    in_turn: dict[str, tuple[int, ...]] = {}
    for number, files in enumerate(turns):
        for key in files.pieces:
            in_turn[key] = (*in_turn.get(key, ()), number)
    return {
        key: Piece(
            key=key,
            task=draft.task.fn.__name__ if draft.task is not None else "",
            function=draft.function,
            arguments=draft.arguments,
            upstream=draft.upstream,
            after=draft.after,
            label=labels[key],
            wanted=tuple(wanted.get(key, {}).values()),
            first_set=draft.first_set,
            exclusive=draft.effects.exclusive,
            own_folder=draft.own_folder,
            policy=draft.policy,
            turns=in_turn.get(key, ()),
        )
        for key, draft in drafts.items()
    }


def _line(problem: BaseException, function: Any) -> str:
    """Where in the flow's file it happened, for a message."""
    file = function.__code__.co_filename
    lines = [f.lineno for f in traceback.extract_tb(problem.__traceback__) if f.filename == file]
    return f" (line {lines[-1]})" if lines else ""


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Flow and task loggers say nothing; get_run_logger gives one that does, outside of any run."""
    from prefect.logging import disable_run_logger

    with disable_run_logger():
        yield


@contextlib.contextmanager
def _no_tasks() -> Iterator[None]:
    """Tasks that a helper calls behind the guards' back raise Untraceable in this thread."""
    from prefect import Task

    tracing = threading.get_ident()
    names = ("__call__", "submit", "map", "delay")
    originals = {name: getattr(Task, name) for name in names}

    def refusing(name: str) -> Any:
        @functools.wraps(originals[name])
        def method(self: Any, *args: Any, **options: Any) -> Any:
            if threading.get_ident() == tracing:
                raise Untraceable(f"{self.name} is called by a helper, not by the flow's body")
            return originals[name](self, *args, **options)

        return method

    for name in names:
        setattr(Task, name, refusing(name))
    try:
        yield
    finally:
        for name, original in originals.items():
            setattr(Task, name, original)
