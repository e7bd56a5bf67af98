"""Runs pieces: in a worker process, a thread, or a cluster's worker."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import importlib.util
import inspect
import io
import os
import pickle
import platform
import signal
import sys
import threading
import time
import traceback
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

from nb_to_flow.batches.eager import run_whole
from nb_to_flow.batches.export import exported
from nb_to_flow.batches.isolation import isolated
from nb_to_flow.batches.jobs import Chunk, Job, Report, Setup, wanted_digest
from nb_to_flow.batches.retrying import delay, may_retry
from nb_to_flow.batches.store import Store
from nb_to_flow.batches.symbols import Spread
from nb_to_flow.batches.workdirs import prepare
from nb_to_flow.ir.batch import Finished, Pickled, Piece, Reference, State, Step

_REPORT_SECONDS = 0.2
_PRINTED = 4_000


class Workshop:
    """One worker: the flow's module, the store, and what it takes to run a piece.

    Args:
        setup: what there is to know of the batch.
        module: the flow's module.
        around: for workers that share a process: entered for each piece, told whether it must be alone.
    """

    def __init__(
        self,
        setup: Setup,
        module: ModuleType,
        around: Callable[..., contextlib.AbstractContextManager[None]] | None = None,
    ) -> None:
        self.around = around or (lambda *, alone: contextlib.nullcontext())
        self.setup = setup
        self.module = module
        self.store = Store(setup.store, shares=setup.trusted)
        self.name = f"{platform.node()}:{os.getpid()}"
        self._prepared: set[Path] = set()
        self._functions: dict[str, tuple[Callable[..., Any], inspect.Signature, Any]] = {}

    def run(self, chunk: Chunk, report: Report) -> None:
        """Run a chunk's pieces in their order; `report` gets how they ended, now and then and at the end.

        A piece that needs one that failed is left out and not reported.
        """
        places: dict[str, str] = {}
        failed: set[str] = set()
        ended: list[Finished] = []
        last = time.monotonic()
        for job in chunk.jobs:
            key, upstream = job.piece.key, job.piece.upstream
            if failed.intersection(upstream):
                failed.add(key)
                continue
            finished = self.run_job(job, {**job.places, **_those(places, upstream)})
            ended.append(finished)
            if finished.state is State.DONE:
                places[key] = finished.place
            else:
                failed.add(key)
            if time.monotonic() - last > _REPORT_SECONDS:
                report(ended)
                ended, last = [], time.monotonic()
        report(ended)

    def run_job(self, job: Job, places: dict[str, str]) -> Finished:
        """Run one piece, with its retries, and keep its result."""
        started, clock = time.time(), time.perf_counter()
        printed = io.StringIO()
        attempt = 0
        error: Exception | None = None
        value: Any = None
        while True:
            attempt += 1
            try:
                with self._surroundings(job, printed):
                    value = self._call(job.piece, places)
                error = None
            except Exception as problem:  # noqa: BLE001 - the task's own code
                error = problem
            except SystemExit as problem:
                error = RuntimeError(f"the task called sys.exit({problem.code!r})")
            if error is None or attempt > job.piece.policy.retries or not self._retriable(job.piece, error):
                break
            time.sleep(delay(job.piece.policy, attempt))
        finished = Finished(
            key=job.piece.key,
            state=State.DONE if error is None else State.FAILED,
            seconds=time.perf_counter() - clock,
            attempts=attempt,
            worker=self.name,
            started=started,
        )
        done = self._kept(job, value, finished) if error is None else _failed(finished, error)
        return replace(done, printed=printed.getvalue()[:_PRINTED], seconds=time.perf_counter() - clock)

    def _kept(self, job: Job, value: Any, finished: Finished) -> Finished:
        """The result in the store, and what sets return of it saved."""
        try:
            outputs = self._outputs(job.piece, value)
        except Exception as error:  # noqa: BLE001 - a result that hasn't the parts that the flow takes
            return _failed(finished, error)
        finished = replace(finished, outputs=outputs, wanted=wanted_digest(job.piece.wanted))
        if not job.consumed:
            return self.store.put(None, finished)
        try:
            return self.store.put(value, finished)
        except OSError:
            raise
        except Exception as error:  # noqa: BLE001 - pickle passes on whatever an object raises
            reason = f"what {job.piece.task} returns can't be pickled, so no other task can have it ({error})"
            return _failed(finished, TypeError(reason))

    def _outputs(self, piece: Piece, value: Any) -> tuple[Any, ...]:
        stem = f"{piece.task or self.setup.flow_name}-{piece.key[:12]}"
        folder = self.setup.results / "outputs" / stem
        return tuple(exported(_taken(value, w), w, folder, self.setup.results) for w in piece.wanted)

    def _call(self, piece: Piece, places: dict[str, str]) -> Any:
        memo: dict[str, Any] = {}

        def load(key: str) -> Any:
            if key not in memo:
                memo[key] = self.store.get(places[key])
            return memo[key]

        arguments = resolved(piece.arguments.value, load)
        if not piece.task:
            return run_whole(vars(self.module)[piece.function], arguments)
        function, signature, _ = self._find(piece.function)
        bound = inspect.BoundArguments(signature, OrderedDict(arguments))
        with _time_limit(piece.policy.timeout):
            result = function(*bound.args, **bound.kwargs)
            return asyncio.run(result) if inspect.iscoroutine(result) else result

    def _find(self, name: str) -> tuple[Callable[..., Any], inspect.Signature, Any]:
        """A task's function, its signature, and the task if it is one."""
        if name not in self._functions:
            home, colon, qualified = name.partition(":")
            found: Any = importlib.import_module(home) if colon else self.module
            for part in (qualified or name).split("."):
                found = getattr(found, part)
            function = getattr(found, "fn", found)
            self._functions[name] = function, inspect.signature(function), found
        return self._functions[name]

    def _retriable(self, piece: Piece, error: Exception) -> bool:
        return not piece.task or may_retry(self._find(piece.function)[2], error)

    @contextlib.contextmanager
    def _surroundings(self, job: Job, printed: io.StringIO) -> Iterator[None]:
        """The process as a task expects it: settings, folder, and somewhere to print to."""
        if not self.setup.own_process:
            alone = job.piece.exclusive or job.folder is not None  # the working folder is the process's
            settings = isolated(vars(self.module)) if alone else contextlib.nullcontext()
            with self.around(alone=alone), settings:
                self._enter(job.folder)
                yield
            return
        with isolated(vars(self.module)), contextlib.redirect_stdout(printed):
            self._enter(job.folder)
            yield

    def _enter(self, folder: Path | None) -> None:
        """Go to the folder of the piece's set, if it has one."""
        if folder is None:
            return
        if folder not in self._prepared:
            given = self.setup
            prepare(folder, given.folder, given.written, given.results, given.up)
            self._prepared.add(folder)
        os.chdir(folder)


def load_module(path: Path) -> ModuleType:
    """The flow's module, under its own name, so that what it defines can be pickled."""
    name = path.stem
    present = sys.modules.get(name)
    if present is not None and getattr(present, "__file__", None) == str(path):
        return present
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def resolved(value: Any, load: Callable[[str], Any]) -> Any:
    """An expression's value with results instead of references; `load` gives a piece's result."""
    kind = type(value)
    if kind is Reference:
        return _taken(load(value.piece), value.steps)
    if kind is Pickled:
        return pickle.loads(value.data)
    if kind is dict:
        found: dict[Any, Any] = {}
        for key, item in value.items():
            part = resolved(item, load)
            found.update(part if type(key) is Spread else {key: part})
        return found
    if kind in (list, tuple, set, frozenset):
        return kind(resolved(item, load) for item in value)
    return value


def _taken(value: Any, steps: tuple[Step, ...]) -> Any:
    """A part of a value, as the flow's body would take it."""
    for step in steps:
        if step.kind == "item":
            value = value[step.detail]
        elif step.kind == "attribute":
            value = getattr(value, step.detail)
        elif step.kind == "unpack":
            position, count = step.detail
            parts = tuple(value)
            if len(parts) != count:
                raise ValueError(f"{len(parts)} values, where the flow unpacks {count}")
            value = parts[position]
    return value


def _those(places: dict[str, str], keys: tuple[str, ...]) -> dict[str, str]:
    return {key: places[key] for key in keys if key in places}


@contextlib.contextmanager
def _time_limit(seconds: float | None) -> Iterator[None]:
    """TimeoutError after so many seconds; only where signals work: the main thread, not on Windows."""
    if (
        seconds is None
        or threading.current_thread() is not threading.main_thread()
        or not hasattr(signal, "SIGALRM")
    ):
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"the task took longer than {seconds:g} s")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _failed(finished: Finished, error: BaseException) -> Finished:
    text = " ".join(str(error).split())
    message = f"{type(error).__name__}: {text}"[:600] if text else type(error).__name__
    return replace(finished, state=State.FAILED, error=message, trace=_trace(error), outputs=())


def _trace(error: BaseException) -> str:
    """The traceback from the task's code on."""
    here = os.path.dirname(__file__)
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(here):
        trace = trace.tb_next
    return "".join(traceback.format_exception(type(error), error, trace))[-8_000:]
