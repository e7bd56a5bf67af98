"""Runs generated flows without Prefect, tasks in any order that the flow allows.

The module's text is run with a small stand-in for `prefect`. Submitting a task only notes it; whenever the flow
waits for one, notes that are ready are run in a random order until it is done. As on process runners, a task can
be run in a module of its own with everything that goes in and out pickled; it can also be run twice, as if it
had failed at its very end. Global random generators hold garbage when a task starts.
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import sys
import tempfile
import types
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cloudpickle
import numpy as np

from tests.soundness.outcome import Outcome, digest, files_in, plain, values_of

MODULE = "the_flow"  # as long as "__main__": texts of objects name their module


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """How a flow is run: the order's seed, whether on processes, whether tasks are run twice."""

    seed: int = 0
    processes: bool = False
    retries: bool = False


class Impure(Exception):
    """A task changed what was passed to it."""


class Unread(Exception):
    """A submitted task that nobody waited for: its failure would pass as success."""


@dataclass(slots=True)
class Future:
    """A submitted task."""

    runner: Runner
    task: Task
    args: tuple[Any, ...]
    waits: tuple[Future, ...]
    is_done: bool = False
    is_read: bool = False
    value: Any = None

    def result(self, timeout: float | None = None, raise_on_failure: bool = True) -> Any:
        """Its value; runs what is needed, and maybe more."""
        self.is_read = True
        self.runner.run_until(self)
        return self.value

    def wait(self, timeout: float | None = None) -> None:
        """Wait for it."""
        self.runner.run_until(self)

    def is_ready(self) -> bool:
        """True if all it needs is done."""
        return all(f.is_done for f in (*_futures(self.args), *self.waits))


@dataclass(slots=True)
class Task:
    """A decorated function."""

    runner: Runner
    fn: Callable[..., Any]
    retries: int

    def submit(self, *args: Any, wait_for: Any = ()) -> Future:
        """Note it."""
        return self.runner.submit(Future(self.runner, self, args, tuple(wait_for or ())))

    def __call__(self, *args: Any, wait_for: Any = ()) -> Any:
        """Run it in the flow's own process."""
        for future in (*_futures(args), *(wait_for or ())):
            future.result()
        return self.runner.call(self.fn, tuple(_resolved(a) for a in args), self.retries)


class Runner:
    """One run of a flow."""

    def __init__(self, code: types.CodeType, schedule: Schedule) -> None:
        self.code, self.schedule = code, schedule
        self.rng = random.Random(schedule.seed)
        self.pending: list[Future] = []
        self.futures: list[Future] = []
        self.shown: Counter[str] = Counter()
        self.flow: Callable[..., Any] | None = None
        self.main = self.load()
        self.main_flow = self.flow

    # -- the module ------------------------------------------------------------------------------------

    def load(self) -> types.ModuleType:
        """The flow's module, run afresh, as every process does."""
        module = types.ModuleType(MODULE)
        sys.modules[MODULE] = module
        exec(self.code, module.__dict__)  # noqa: S102
        return module

    def stand_in(self) -> dict[str, types.ModuleType]:
        """What `import prefect` finds."""

        def task(fn: Any = None, *, retries: int = 0, **_: Any) -> Any:
            return Task(self, fn, retries) if fn else lambda f: Task(self, f, retries)

        def flow(**_: Any) -> Any:
            def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
                self.flow = function
                return function

            return decorate

        contents: dict[str, dict[str, Any]] = {
            "prefect": {"flow": flow, "task": task},
            "prefect.artifacts": {"create_markdown_artifact": self.show, "create_image_artifact": self.show},
            "prefect.cache_policies": {"NO_CACHE": None},
            "prefect.task_runners": {"ThreadPoolTaskRunner": lambda **_: None},
            "prefect.utilities": {"math": types.ModuleType("prefect.utilities.math")},
            "prefect.futures": {"wait": lambda futures: [f.result() for f in futures]},
        }
        modules = {}
        for name, inside in contents.items():
            modules[name] = types.ModuleType(name)
            modules[name].__dict__.update(inside)
        return modules

    def show(self, markdown: str = "", **_: Any) -> None:
        """An artifact."""
        self.shown[plain(markdown)] += 1

    # -- running ---------------------------------------------------------------------------------------

    def submit(self, future: Future) -> Future:
        """Note it; threads may start at once."""
        self.pending.append(future)
        self.futures.append(future)
        while self.pending and self.rng.random() < 0.3 and self._run_one():
            pass
        return future

    def run_until(self, wanted: Future) -> None:
        """Run ready tasks in random order until that one is done."""
        while not wanted.is_done:
            if not self._run_one():
                raise RuntimeError("nothing is ready")

    def finish(self) -> None:
        """Run the rest."""
        while self._run_one():
            pass
        unread = [f.task.fn.__name__ for f in self.futures if not f.is_read and not self._is_used(f)]
        if unread:
            raise Unread(", ".join(unread))

    def _is_used(self, future: Future) -> bool:
        return any(future in (*_futures(f.args), *f.waits) for f in self.futures)

    def _run_one(self) -> bool:
        ready = [f for f in self.pending if f.is_ready()]
        if not ready:
            return False
        future = self.rng.choice(ready)
        self.pending.remove(future)
        args = tuple(_resolved(a) for a in future.args)
        run = self._run_far if self.schedule.processes else self.call
        future.value = run(future.task.fn, args, future.task.retries)
        future.is_done = True
        return True

    def _run_far(self, fn: Callable[..., Any], args: tuple[Any, ...], retries: int) -> Any:
        """Run it as in another process."""
        sent = cloudpickle.dumps(args)
        there = self.load()
        try:
            far: Task = getattr(there, fn.__name__)
            back = cloudpickle.dumps(self.call(far.fn, cloudpickle.loads(sent), retries))
        finally:
            sys.modules[MODULE] = self.main
        return cloudpickle.loads(back)

    def call(self, fn: Callable[..., Any], args: tuple[Any, ...], retries: int) -> Any:
        """Run it here, twice if it can be retried and is to be."""
        before = _digests(args)
        if retries and self.schedule.retries:
            shown = Counter(self.shown)
            with contextlib.redirect_stdout(io.StringIO()):
                self._scrambled(fn, args)
            self.shown = shown
        value = self._scrambled(fn, args)
        if _digests(args) != before:
            raise Impure(fn.__name__)
        return value

    def _scrambled(self, fn: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        noise = self.rng.randrange(2**32)
        random.seed(noise)
        np.random.seed(noise)
        return fn(*args)


def _futures(args: tuple[Any, ...]) -> list[Future]:
    return [a for a in args if isinstance(a, Future)]


def _resolved(value: Any) -> Any:
    return value.value if isinstance(value, Future) else value


def _digests(args: tuple[Any, ...]) -> list[Any]:
    return [digest(a) for a in args if not _is_used_up(a)]


def _is_used_up(value: Any) -> bool:
    """True for values that looking at changes."""
    held = (
        value
        if isinstance(value, (list, tuple))
        else list(value.values())
        if isinstance(value, dict)
        else [value]
    )
    return any(hasattr(v, "__next__") for v in held)


@contextlib.contextmanager
def clean_folder() -> Iterator[Path]:
    """An empty working directory."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield Path(folder)
        finally:
            os.chdir(before)


def run_flow(code: types.CodeType, schedule: Schedule) -> Outcome:
    """Run a generated module once; what it raises is part of the outcome."""
    runner = object.__new__(Runner)
    kept = {n: m for n, m in sys.modules.items() if n.partition(".")[0] == "prefect"}
    for name in kept:
        del sys.modules[name]
    sys.modules.update(runner.stand_in())
    output = io.StringIO()
    try:
        with clean_folder() as folder, contextlib.redirect_stdout(output):
            try:
                runner.__init__(code, schedule)  # type: ignore[misc]
                assert runner.main_flow is not None
                results = runner.main_flow()
                runner.finish()
            except Exception as error:  # noqa: BLE001
                return Outcome(values={}, error=f"{type(error).__name__}: {error}")
            files = files_in(folder)
            values = values_of(results)
    finally:
        for name in [n for n in sys.modules if n.partition(".")[0] == "prefect" or n == MODULE]:
            del sys.modules[name]
        sys.modules.update(kept)
    return Outcome(
        values=values, lines=Counter(plain(output.getvalue()).splitlines()), shown=runner.shown, files=files
    )
