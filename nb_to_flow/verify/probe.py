"""Seen from inside a flow's processes: what each task printed, returned, displayed and opened to write.

Every task's function is wrapped when Prefect makes a task of it. The wrapper goes wherever the task goes,
worker processes of any runner included, and there writes one JSON file for each call. `Orders` says what to
do besides looking: wait before a task starts, or let it fail once after its work.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import io
import json
import sys
import threading
import time
import uuid
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from nb_to_flow.verify.kernel import SNAPSHOT_ROOM, written_path

_PNG = "data:image/png;base64,"
_DRAWN = b"Matplotlib version"  # what savefig writes into a PNG


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What the wrappers are to do.

    Attributes:
        records: the folder they write to.
        root: the folder that holds this package, for worker processes that wouldn't find it.
        outputs: by task the names of what it returns.
        delays: by task the seconds to wait before it starts.
        retried: tasks that fail once after their work; so does every task that declares retries.
        fail_once: whether tasks fail at all.
    """

    records: str
    root: str
    outputs: dict[str, list[str]] = field(default_factory=dict)
    delays: dict[str, float] = field(default_factory=dict)
    retried: list[str] = field(default_factory=list)
    fail_once: bool = False

    def fails(self, task: str, declared: object) -> bool:
        """True if calls of `task` are to fail once; `declared` are the retries it asks for itself."""
        return self.fail_once and (task in self.retried or bool(declared))


class FailedOnPurpose(Exception):
    """Raised in a task that has done its work, to see what a second attempt makes of it."""


@dataclass(slots=True, kw_only=True)
class Record:
    """What one call of a task did; task "" is everything outside of tasks."""

    task: str = ""
    run: str = ""
    attempt: int = 1
    started: float = 0.0
    text: list[str] = field(default_factory=list)
    outputs: dict[str, Any] = field(default_factory=dict)
    figures: list[str] = field(default_factory=list)
    displays: list[str | None] = field(default_factory=list)
    writers: list[str] = field(default_factory=list)
    error: str = ""

    def save(self, folder: str) -> None:
        """Write it down, complete or not at all."""
        path = Path(folder, f"{self.started:.6f}-{uuid.uuid4().hex}.json")
        part = path.with_suffix(".part")
        part.write_text(json.dumps({**asdict(self), "text": "".join(self.text)}), encoding="utf-8")
        part.replace(path)


_CURRENT: ContextVar[Record | None] = ContextVar("nb_to_flow_record", default=None)
_ACTIVE: list[Record] = []
_LOCK = threading.Lock()
_OUTSIDE = Record()
_WATCHING: list[str] = []


class _Output(io.TextIOBase):
    """Stands for sys.stdout: what is printed goes to the record of the task that prints."""

    encoding = "utf-8"

    def write(self, text: str) -> int:
        record().text.append(text)
        return len(text)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return (sys.__stdout__ or sys.stderr).fileno()


def record() -> Record:
    """The record of the task that is running here; threads that a task starts belong to it."""
    current = _CURRENT.get()
    if current is not None:
        return current
    with _LOCK:
        if len(_ACTIVE) == 1 and threading.current_thread() is not threading.main_thread():
            return _ACTIVE[0]
    return _OUTSIDE


def install(orders: Orders) -> None:
    """Watch this process, and wrap the function of every task that is made from now on."""
    from prefect import Flow, Task

    watch(orders)
    original, flow_original = Task.__init__, Flow.__init__

    @functools.wraps(original)
    def __init__(self: Any, fn: Any, *args: Any, **options: Any) -> None:
        name = getattr(fn, "__name__", "")
        options["log_prints"] = False
        options["retry_delay_seconds"] = 0
        options["retry_jitter_factor"] = None
        if orders.fails(name, options.get("retries")):
            options["retries"] = max(1, options.get("retries") or 0)
            options["retry_condition_fn"] = None
        original(self, _wrapped(fn, orders, options.get("retries")), *args, **options)

    @functools.wraps(flow_original)
    def flow_init(self: Any, *args: Any, **options: Any) -> None:
        options["log_prints"] = False  # what is printed goes to sys.stdout, as in the notebook
        flow_original(self, *args, **options)

    Task.__init__ = __init__  # type: ignore[method-assign]
    Flow.__init__ = flow_init  # type: ignore[method-assign]


def watch(orders: Orders) -> None:
    """Listen to what this process prints, opens and publishes; once is enough."""
    with _LOCK:
        if _WATCHING:
            return
        _WATCHING.append(orders.records)
    sys.stdout = _Output()
    sys.addaudithook(_heard)
    _watch_artifacts()


def _wrapped(fn: Any, orders: Orders, declared: object) -> Any:
    if hasattr(fn, "__nb_to_flow__") or not inspect.isfunction(fn):
        return fn
    if inspect.isgeneratorfunction(fn) or inspect.isasyncgenfunction(fn):
        return fn
    told = {**asdict(orders), "fail_once": orders.fails(fn.__name__, declared)}
    wrapper = _async_wrapper(fn, told) if inspect.iscoroutinefunction(fn) else _wrapper(fn, told)
    wrapper.__nb_to_flow__ = True
    return wrapper


# The two wrappers are pickled by value, so they find this module where they arrive.


def _wrapper(fn: Callable[..., Any], told: dict[str, Any]) -> Any:
    @functools.wraps(fn)
    def call(*args: Any, **kwargs: Any) -> Any:
        import sys
        from importlib import import_module

        if told["root"] not in sys.path:
            sys.path.append(told["root"])
        probe = import_module("nb_to_flow.verify.probe")
        with probe.recorded(fn.__name__, told) as done:
            return done(fn(*args, **kwargs))

    return call


def _async_wrapper(fn: Callable[..., Any], told: dict[str, Any]) -> Any:
    @functools.wraps(fn)
    async def call(*args: Any, **kwargs: Any) -> Any:
        import sys
        from importlib import import_module

        if told["root"] not in sys.path:
            sys.path.append(told["root"])
        probe = import_module("nb_to_flow.verify.probe")
        with probe.recorded(fn.__name__, told) as done:
            return done(await fn(*args, **kwargs))

    return call


@contextlib.contextmanager
def recorded(task: str, told: dict[str, Any]) -> Iterator[Callable[[Any], Any]]:
    """Watch one call of a task; the result is to be passed through what is yielded."""
    orders = Orders(**told)
    watch(orders)
    run, attempt = _run_and_attempt()
    time.sleep(orders.delays.get(task, 0.0))
    seen = Record(task=task, run=run, attempt=attempt, started=time.time())
    fails = orders.fail_once and attempt == 1

    def done(result: Any) -> Any:
        if fails:
            raise FailedOnPurpose(f"{task} has done its work")
        seen.outputs = _portraits(orders.outputs.get(task, []), result)
        return result

    token = _CURRENT.set(seen)
    with _LOCK:
        _ACTIVE.append(seen)
    try:
        yield done
    except BaseException as error:
        seen.error = f"{type(error).__name__}: {error}"
        raise
    finally:
        with _LOCK:
            _ACTIVE.remove(seen)
        _CURRENT.reset(token)
        seen.save(orders.records)


def save_outside(orders: Orders) -> None:
    """Write down what happened outside of tasks in this process."""
    _OUTSIDE.save(orders.records)


def _portraits(names: list[str], result: Any) -> dict[str, Any]:
    """Portraits of what a task returned, under the names of its return statement."""
    from nb_to_flow.verify.portrait import portray

    if not names:
        return {}
    values = result if len(names) > 1 else (result,)
    if not isinstance(values, tuple) or len(values) != len(names):
        return {}
    named = zip(names, values, strict=True)
    return {name: portray(value, room=SNAPSHOT_ROOM) for name, value in named}


def _run_and_attempt() -> tuple[str, int]:
    from prefect.context import TaskRunContext

    context = TaskRunContext.get()
    if context is None:
        return uuid.uuid4().hex, 1
    return str(context.task_run.id), max(1, context.task_run.run_count)


def _heard(event: str, arguments: tuple[Any, ...]) -> None:
    current = _CURRENT.get()
    if current is None:
        return
    path = written_path(event, arguments)
    if path is not None:
        current.writers.append(path)


def _watch_artifacts() -> None:
    """Keep what is published as an artifact."""
    from prefect.client.orchestration import PrefectClient, SyncPrefectClient

    sync_original = SyncPrefectClient.create_artifact
    original = PrefectClient.create_artifact

    @functools.wraps(sync_original)
    def create_sync(self: Any, artifact: Any) -> Any:
        _keep(artifact)
        return sync_original(self, artifact)

    @functools.wraps(original)
    async def create(self: Any, artifact: Any) -> Any:
        _keep(artifact)
        return await original(self, artifact)

    SyncPrefectClient.create_artifact = create_sync  # type: ignore[method-assign]
    PrefectClient.create_artifact = create  # type: ignore[method-assign]


def _keep(artifact: Any) -> None:
    """pyplot's figures as files, texts as they are, None for anything else."""
    data = artifact.data
    png = b64decode(data[len(_PNG) :]) if isinstance(data, str) and data.startswith(_PNG) else b""
    if _DRAWN in png:
        path = Path(_WATCHING[0], f"{uuid.uuid4().hex}.png")
        path.write_bytes(png)
        record().figures.append(str(path))
    elif artifact.type != "progress":
        record().displays.append(data if artifact.type == "markdown" and isinstance(data, str) else None)
