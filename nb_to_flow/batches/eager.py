"""A whole flow in one piece: its body runs as it is, and a task called in it runs at once."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

from nb_to_flow.batches.mapping import mapped_rows
from nb_to_flow.batches.retrying import delay, may_retry, policy_of

_active = threading.local()


class EagerFuture:
    """The future of a task that has run."""

    def __init__(self, value: Any, error: BaseException | None) -> None:
        self._value, self._error = value, error

    def result(self, timeout: float | None = None, raise_on_failure: bool = True) -> Any:
        """What the task returned; raises what it raised."""
        if self._error is not None and raise_on_failure:
            raise self._error
        return self._value if self._error is None else self._error

    def wait(self, timeout: float | None = None) -> None:
        """Nothing: it has run."""

    @property
    def state(self) -> Any:
        """Prefect's state for how it ended."""
        from prefect.states import Completed, Failed

        if self._error is None:
            return Completed(data=self._value)
        return Failed(message=str(self._error), data=self._error)


class EagerFutures(list[EagerFuture]):
    """What `map` returns."""

    def result(self, timeout: float | None = None, raise_on_failure: bool = True) -> list[Any]:
        """All results."""
        return [future.result(timeout, raise_on_failure) for future in self]

    def wait(self, timeout: float | None = None) -> None:
        """Nothing: they have run."""


def run_whole(flow: Any, arguments: Mapping[str, Any]) -> Any:
    """What the flow returns for these arguments."""
    with _eager():
        result = flow.fn(**arguments)
        result = asyncio.run(result) if inspect.iscoroutine(result) else result
        return _settled(result)


@contextlib.contextmanager
def _eager() -> Iterator[None]:
    _install()
    before = getattr(_active, "on", False)
    _active.on = True
    try:
        yield
    finally:
        _active.on = before


@functools.lru_cache(maxsize=1)
def _install() -> None:
    """Let Prefect's classes run tasks at once in threads where `_eager` is open; all else stays."""
    from prefect import Flow, Task

    methods: dict[str, Any] = {"__call__": _called, "submit": _submitted, "map": _each}
    for name, method in methods.items():
        _divert(Task, name, method)
    _divert(
        Flow, "__call__", lambda flow, *args, **options: flow.fn(*map(_settled, args), **_settled(options))
    )


def _divert(owner: Any, name: str, eager: Any) -> None:
    original = getattr(owner, name)

    @functools.wraps(original)
    def method(self: Any, *args: Any, **options: Any) -> Any:
        return (eager if getattr(_active, "on", False) else original)(self, *args, **options)

    setattr(owner, name, method)


def _called(task: Any, *args: Any, **options: Any) -> Any:
    future = _submitted(task, *args, **options)
    if not task.isasync:
        return future.result()

    async def result() -> Any:
        return future.result()

    return result()


def _submitted(task: Any, *args: Any, **options: Any) -> EagerFuture:
    for option in ("wait_for", "return_state"):
        options.pop(option, None)
    try:
        given, named = _settled(list(args)), _settled(options)
    except Exception as error:  # noqa: BLE001 - what it needs has failed
        return EagerFuture(None, error)
    policy, attempt = policy_of(task), 0
    while True:
        attempt += 1
        try:
            return EagerFuture(_run(task.fn, given, named), None)
        except Exception as error:  # noqa: BLE001 - the task's own code
            if attempt > policy.retries or not may_retry(task, error):
                return EagerFuture(None, error)
        time.sleep(delay(policy, attempt))


def _run(function: Any, args: list[Any], options: dict[str, Any]) -> Any:
    result = function(*args, **options)
    if not inspect.iscoroutine(result):
        return result
    return _in_own_loop(result)


def _in_own_loop(coroutine: Any) -> Any:
    """The flow may be async itself: a loop of its own, in a thread of its own."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


def _each(task: Any, *args: Any, **options: Any) -> EagerFutures:
    fixed = {name: options.pop(name) for name in ("wait_for", "return_state") if name in options}
    bound = inspect.signature(task.fn).bind(*args, **options)
    futures = (EagerFuture, EagerFutures)
    given = {n: v.result() if isinstance(v, futures) else v for n, v in bound.arguments.items()}
    return EagerFutures(_submitted(task, **row, **fixed) for row in mapped_rows(given))


def _settled(value: Any) -> Any:
    """The value with results instead of futures, in lists, tuples, dicts and sets, and no annotations."""
    from prefect.utilities.annotations import BaseAnnotation

    if isinstance(value, (EagerFuture, EagerFutures)):
        return value.result()
    if isinstance(value, BaseAnnotation):
        return _settled(value.unwrap())
    if type(value) is dict:
        return {key: _settled(item) for key, item in value.items()}
    if type(value) in (list, tuple, set):
        return type(value)(_settled(item) for item in value)
    return value
