"""Records the task calls of a flow's body and finds those that are the same.

Equal calls become one piece: each call's key is a digest of the task's code and of its arguments, in which results
of other tasks stand as their pieces' keys (hash consing: A. P. Ershov, "On programming of arithmetic operations",
1958).
"""

from __future__ import annotations

import asyncio
import inspect
import pickle
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import PurePath
from typing import TYPE_CHECKING, Any
from uuid import UUID

from nb_to_flow.batches.canonical import digest
from nb_to_flow.batches.effects import Effects
from nb_to_flow.batches.mapping import mapped_rows
from nb_to_flow.batches.outlook import looks_out
from nb_to_flow.batches.symbols import (
    Future,
    Futures,
    Untraceable,
    Value,
    is_symbol,
    plain,
    reference_of,
    spread,
    unpacked,
)
from nb_to_flow.ir.batch import Expression, Pickled, Policy, Reference

if TYPE_CHECKING:
    from prefect import Task

_FIXED = (type(None), bool, int, float, complex, str, bytes, Decimal, UUID, timedelta, range)
_CONTAINERS = (list, tuple, dict, set, frozenset)
# They only hand on what they are given, or ask it in ways that a symbol can refuse.
_HANDS_ON = (
    list, tuple, dict, set, frozenset, zip, enumerate, reversed, iter, next, len, bool, str, repr, int, float,
    sum, min, max, sorted, any, all, print, isinstance, format, round, abs,
)  # fmt: skip


@dataclass(slots=True, kw_only=True, eq=False)
class Draft:
    """A piece while bodies are still being traced; `shareable` is the key that it has if sets may share it."""

    key: str
    task: Any
    function: str
    arguments: Expression
    upstream: tuple[str, ...]
    after: tuple[str, ...]
    policy: Policy
    effects: Effects
    first_set: int
    own_folder: int | None = None
    shareable: str = ""

    @property
    def name(self) -> str:
        """Name of the task, or of the flow."""
        return str(self.task.fn.__name__) if self.task is not None else self.function


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Called:
    """What the recorder has to know of a task.

    Attributes:
        name: the task's name.
        function: where a worker finds it.
        code: digest of its code.
        signature: of its function.
        is_async: True if calling it gives a coroutine.
        policy: retries and the like.
        effects: what it does besides returning a value.
    """

    name: str
    function: str
    code: str
    signature: inspect.Signature
    is_async: bool
    policy: Policy
    effects: Effects = field(default_factory=Effects)


class Recorder:
    """All pieces of a batch, and the calls of the set that is traced now.

    Args:
        describe: what there is to know of a task; raises Untraceable if it can't be a piece.
        carries: whether a task may see what another did that comes first (`wait_for`).
        own_folders: True if what writes files, and what follows it, is not shared between sets.
        alone: keys of pieces that each set has for itself; None if nothing at all is shared.
    """

    def __init__(
        self,
        describe: Callable[[Any], Called],
        carries: Callable[[Draft, Called], bool],
        *,
        own_folders: bool = False,
        alone: frozenset[str] | None = frozenset(),
    ) -> None:
        self.drafts: dict[str, Draft] = {}
        self.calls = 0
        self._describe = describe
        self._carries = carries
        self._own_folders = own_folders
        self._alone = alone
        self._first_user: dict[str, int] = {}
        self._set = 0
        self._used: dict[str, None] = {}

    def begin(self, index: int) -> None:
        """The calls that follow belong to this set."""
        self._set = index
        self._used = {}

    @property
    def used(self) -> tuple[str, ...]:
        """Keys of the pieces that the set has called so far."""
        return tuple(self._used)

    def keep(self, keys: Container[str]) -> dict[str, Draft]:
        """Forget the other pieces: those of sets that turned out not to be traceable."""
        self.drafts = {key: draft for key, draft in self.drafts.items() if key in keys}
        return self.drafts

    def submit(self, task: Task[Any, Any], args: tuple[Any, ...], options: dict[str, Any]) -> Future:
        """The future of one call. Raises Untraceable, and TypeError if the arguments don't fit."""
        wait_for = options.pop("wait_for", None)
        if options.pop("return_state", False):
            raise Untraceable("a state is asked for")
        called = self._describe(task)
        bound = called.signature.bind(*args, **options)
        bound.apply_defaults()
        arguments = expression(dict(bound.arguments), f"an argument of {called.name}")
        return self._piece(task, called, arguments, tuple(references_in(wait_for)))

    def whole(self, key: str, draft: Draft) -> None:
        """A piece that is a whole flow."""
        self._used = {key: None}
        self.drafts.setdefault(key, draft)

    def _piece(
        self, task: Any, called: Called, arguments: Expression, waits: tuple[Reference, ...]
    ) -> Future:
        inputs = tuple(dict.fromkeys(reference.piece for reference in arguments.references))
        waited = tuple(dict.fromkeys(r.piece for r in waits if r.piece not in inputs))
        needed = tuple(key for key in waited if self._carries(self.drafts[key], called))
        own = self._own_folder(called, (*inputs, *needed))
        shareable = digest("piece", called.function, called.code, arguments.value, needed, own)
        key = self._of_set(shareable)
        self.calls += 1
        self._used[key] = None
        if key not in self.drafts:
            self.drafts[key] = Draft(
                key=key,
                task=task,
                function=called.function,
                arguments=arguments,
                upstream=(*inputs, *needed),
                after=tuple(other for other in waited if other not in needed),
                policy=called.policy,
                effects=called.effects,
                first_set=self._set,
                own_folder=own,
                shareable=shareable,
            )
        return Future(Value(Reference(piece=key)))

    def _of_set(self, key: str) -> str:
        """The key for this set: another one than other sets have, if they don't share the piece."""
        if self._alone is not None and key not in self._alone:
            return key
        if self._first_user.setdefault(key, self._set) == self._set:
            return key
        return digest(key, self._set)

    def _own_folder(self, called: Called, upstream: tuple[str, ...]) -> int | None:
        if not self._own_folders:
            return None
        follows = any(self.drafts[key].own_folder is not None for key in upstream)
        return self._set if called.effects.writes_files or follows else None


class Guards:
    """What the rewritten body asks; see `body`."""

    def __init__(self, recorder: Recorder, codes: frozenset[Any]) -> None:
        from prefect import Flow, Task

        self._task, self._flow = Task, Flow  # looked up once: prefect's names are made on demand
        self._recorder = recorder
        self._codes = codes
        self._shelters = 0

    plain = staticmethod(plain)
    unpacked = staticmethod(unpacked)
    spread = staticmethod(spread)

    @contextmanager
    def sheltered(self) -> Iterator[None]:
        """Inside of a try or with block."""
        self._shelters += 1
        try:
            yield
        finally:
            self._shelters -= 1

    def callee(self, called: Any) -> Any:
        """What is called instead of `called`."""
        if is_symbol(called):
            raise Untraceable("a method of what a task results in is called")
        owner = getattr(called, "__self__", None)
        if isinstance(called, self._task):
            return self._direct(called)
        if isinstance(called, self._flow) or isinstance(owner, self._flow):
            raise Untraceable("it calls another flow")
        if isinstance(owner, self._task):
            return self._method(owner, called.__name__)
        if called is asyncio.run:
            return run_boxed
        if self._shelters and type(owner) in (Future, Futures):
            raise Untraceable("a try or with block surrounds result()")
        if _passes_on(called, owner) or getattr(called, "__code__", None) in self._codes:
            return called
        return self._checked(called)

    def _direct(self, task: Any) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            return self._submit(task, args, options).result()

        async def call_later(*args: Any, **options: Any) -> Any:
            return self._submit(task, args, options).result()

        return call_later if task.isasync else call

    def _method(self, task: Any, name: str) -> Callable[..., Any]:
        if name == "submit":
            return lambda *args, **options: self._submit(task, args, options)
        if name == "map":
            return lambda *args, **options: self._map(task, args, options)
        if name == "with_options":
            return getattr(task, name)  # type: ignore[no-any-return]
        raise Untraceable(f"it calls {name} of a task")

    def _submit(self, task: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Future:
        if self._shelters:
            raise Untraceable("a try or with block surrounds a task")
        return self._recorder.submit(task, args, options)

    def _map(self, task: Any, args: tuple[Any, ...], options: dict[str, Any]) -> Futures:
        """One call for each item, as Prefect does: what has no length goes to all of them."""
        fixed: dict[str, Any] = {
            name: options.pop(name) for name in ("wait_for", "return_state") if name in options
        }
        bound = inspect.signature(task.fn).bind(*args, **options)
        if any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in bound.signature.parameters.values()):
            raise Untraceable("a task with any number of arguments is mapped")
        try:
            rows = mapped_rows(bound.arguments)
        except ValueError as problem:
            raise Untraceable(str(problem)) from problem
        return Futures(self._submit(task, (), {**row, **fixed}) for row in rows)

    def _checked(self, called: Any) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            name = getattr(called, "__name__", type(called).__name__)
            if any(references_in([args, options])):
                raise Untraceable(f"what a task results in goes into {name}, which is no task")
            if self._recorder.used and looks_out(called):
                raise Untraceable(f"{name} is called after a task and may depend on what that did")
            return called(*args, **options)

        return call


def run_boxed(coroutine: Any) -> Any:
    """asyncio.run for what may result in a symbol, which asyncio would take for something to print."""

    async def box() -> Callable[[], Any]:
        value = await coroutine
        return lambda: value

    return asyncio.run(box())()


def expression(value: Any, what: str) -> Expression:
    """The value as it is now, with references where there are symbols. Raises Untraceable."""
    found: dict[Any, Reference] = {}
    frozen = _frozen(value, found, what)
    return Expression(value=frozen, references=tuple(found.values()))


def references_in(value: Any) -> Iterator[Reference]:
    """What the symbols in lists, tuples, dicts and sets stand for, at any depth."""
    if is_symbol(value):
        yield reference_of(value)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from references_in(item)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            yield from references_in(item)


def _frozen(value: Any, found: dict[Any, Reference], what: str) -> Any:
    if is_symbol(value):
        reference = reference_of(value)
        return found.setdefault(digest(reference), reference)
    kind = type(value)
    if kind in _FIXED or isinstance(value, (date, time, PurePath)):
        return value
    if kind is dict:
        return {key: _frozen(item, found, what) for key, item in value.items()}
    if kind in _CONTAINERS or kind is Futures:
        return (list if kind is Futures else kind)(_frozen(item, found, what) for item in value)
    if _is_annotation(value):
        return _frozen(value.unwrap(), found, what)
    try:
        return Pickled(data=pickle.dumps(value, protocol=5))
    except Untraceable:
        raise Untraceable(f"a result sits inside an object that is {what}") from None
    except Exception as error:
        raise Untraceable(f"{what} can't be pickled: {error}") from error


def _is_annotation(value: Any) -> bool:
    from prefect.utilities.annotations import BaseAnnotation, allow_failure

    if isinstance(value, allow_failure):
        raise Untraceable("a task runs although another failed (allow_failure)")
    return isinstance(value, BaseAnnotation)


def _passes_on(called: Any, owner: Any) -> bool:
    from prefect.utilities.annotations import BaseAnnotation

    if type(owner) in (Future, Futures):
        return True
    if isinstance(called, type) and issubclass(called, BaseAnnotation):
        return True
    return any(called is each for each in _HANDS_ON) or type(owner) in _CONTAINERS
