"""Someone who writes notebooks at random, running every statement while writing it.

Running it makes the next statement meaningful: it can change the list inside the dictionary that a variable
holds by now, whatever path of aliases put it there. A statement that raises is struck out again.
"""

from __future__ import annotations

import contextlib
import io
import random
import signal
import types
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import numpy as np
import pandas as pd  # noqa: F401  (importing it takes longer than a statement may)

T = TypeVar("T")

NAMES = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "items",
    "rows",
    "table",
    "total",
    "config",
    "cache",
    "names",
    "result",
    "value",
    "data",
    "box",
    "log",
    "best",
    "seen",
    "step",
]
# Generated code has names of its own: a notebook's variables may be called the same.
TAKEN_NAMES = [
    "task",
    "flow",
    "re",
    "io",
    "show",
    "client",
    "Any",
    "partial",
    "logging",
    "type",
    "hasattr",
    "made_up",
    "key",
    "random_state",
    "numpy_state",
    "threading",
    "os",
    "prefect_task",
    "given_task",
]
WORDS = ("red", "green", "blue")
KEYS = ("a", "b", "k")
NO_DATA = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType, type)
KINDS = ("int", "float", "str", "list", "dict", "set", "tuple", "array", "object", "frame", "series", "space", "point",
         "deque", "counter", "groups")  # fmt: skip
PLAIN_KINDS: dict[type, str] = {
    int: "int",
    float: "float",
    str: "str",
    list: "list",
    dict: "dict",
    set: "set",
    tuple: "tuple",
}
MODULE_KINDS = {
    "DataFrame": "frame",
    "Series": "series",
    "SimpleNamespace": "space",
    "Point": "point",
    "deque": "deque",
    "Counter": "counter",
    "defaultdict": "groups",
    "Generator": "rng",
    "Random": "dice",
}
LARGE = 60  # longer ones are left alone
SECONDS = 0.5


class TooLong(Exception):
    """A statement that doesn't end."""


@contextlib.contextmanager
def limited(seconds: float = SECONDS) -> Iterator[None]:
    """Raise TooLong in the code under it if it doesn't end in time (main thread only)."""

    def stop(*_: object) -> None:
        raise TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def kind_of(value: object) -> str:
    """What can be done with a value, in one word."""
    if (plain := PLAIN_KINDS.get(type(value))) is not None:
        return "" if hasattr(value, "__len__") and len(value) > LARGE else plain
    if isinstance(value, NO_DATA) or callable(value):
        return ""
    if type(value).__name__ in MODULE_KINDS:
        return "" if hasattr(value, "__len__") and len(value) > LARGE else MODULE_KINDS[type(value).__name__]
    if isinstance(value, np.ndarray):
        return "array" if value.ndim and value.size else ""
    if hasattr(value, "__next__"):
        return "handle" if hasattr(value, "read") else "iterator"
    if type(value).__module__ == "__main__":
        return "object"
    return ""


def _holds_code(value: object, depth: int) -> bool:
    """True for containers of functions or iterators, whose texts depend on where they were made."""
    level = [value]
    for _ in range(depth + 1):
        level = list({id(v): v for holder in level for v in _held(holder)}.values())
        if any(kind_of(v) in ("iterator", "handle") or callable(v) for v in level):
            return True
    return False


def _held(value: object) -> Sequence[object]:
    if kind_of(value) in ("list", "tuple", "set", "deque", "point"):
        return list(value)  # type: ignore[call-overload]
    if kind_of(value) in ("dict", "counter", "groups", "object", "space"):
        return list((value if isinstance(value, dict) else vars(value)).values())
    return ()


class Author:
    """Writes statements; `random` decides everything.

    Attributes:
        names: what variables may be called.
        space: the variables of the notebook so far.
        functions: the kinds of arguments that each function of the notebook takes.
        methods: for each class, its methods and the kinds of their arguments.
        seeded: generators that have been seeded.
        files: paths written so far.
    """

    def __init__(self, rng: random.Random, names: Sequence[str] = NAMES) -> None:
        self.rng = rng
        self.names = names
        self.space: dict[str, Any] = {"__name__": "__main__"}
        self.functions: dict[str, tuple[str, ...]] = {}
        self.classes: dict[str, dict[str, tuple[str, ...]]] = {}
        self.seeded: set[str] = set()
        self.files: list[str] = []
        self.written: list[str] = []

    # -- choices --------------------------------------------------------------------------------------

    def pick(self, options: Sequence[T]) -> T:
        """One of them."""
        return options[self.rng.randrange(len(options))]

    def chance(self, probability: float) -> bool:
        """True that often."""
        return self.rng.random() < probability

    # -- names and expressions ------------------------------------------------------------------------

    def data(self) -> list[str]:
        """The variables that hold data."""
        return [n for n, v in self.space.items() if not n.startswith("_") and not isinstance(v, NO_DATA)]

    def new(self, prefix: str = "") -> str:
        """A name that is free."""
        free = [n for n in self.names if n not in self.space] if not prefix else []
        number = 1
        while f"{prefix or 'x'}{number}" in self.space:
            number += 1
        return self.pick(free) if free else f"{prefix or 'x'}{number}"

    def target(self) -> str:
        """A name to bind, often one that is bound already."""
        used = self.data()
        return self.pick(used) if used and self.chance(0.3) else self.new()

    def path(self, *kinds: str, names_only: bool = False) -> str | None:
        """An expression for an existing value of one of the kinds, or None."""
        found = [
            path
            for name in self.data()
            for path, value in _paths(name, self.space[name], 0 if names_only else 2)
            if kind_of(value) in (kinds or KINDS) and not _holds_code(value, 3)
        ]
        return self.pick(found) if found else None

    def a(self, kind: str) -> str:
        """An expression of a kind: an existing value or a new one."""
        path = self.path(kind) if self.chance(0.6) else None
        return path or self.literal(kind)

    def told(self, kind: str) -> str:
        """An expression of a kind, list or dict, whose text is the same wherever its classes stand."""
        code = self.a(kind)
        with contextlib.suppress(Exception):
            if "object at 0x" not in str(eval(code, dict(self.space))):
                return code
        return "[1, 2]" if kind == "list" else "{'k': 1}"

    def part(self, kind: str) -> str:
        """An expression of a kind that is short."""
        plain = {"int": "3", "str": "'w'", "list": "[4, 1]"}
        return self.path(kind) or plain[kind]

    def literal(self, kind: str) -> str:
        """An expression that makes a new value of a kind."""
        number = self.rng.randrange(1, 9)
        if kind == "int":
            return self.pick([str(number), f"{self.part('int')} + {number}", f"len({self.part('list')})"])
        if kind == "str":
            return self.pick(
                [repr(self.pick(WORDS)), f"f'{{{self.part('int')}}}'", f"{self.part('str')}.upper()"]
            )
        if kind == "float":
            return self.pick([f"{number} / 4", "0.1 + 0.2"])
        if kind == "list":
            return self.pick(self._lists(number))
        if kind == "dict":
            return self.pick([f"{{'a': {self.any()}, 'b': {self.any()}}}", f"dict(k={self.any()})", "{}"])
        if kind == "set":
            # Numbers below 8 only: the order of others depends on the run, and on pickling.
            return self.pick([f"{{{number % 8}, 2}}", f"set(range({number}))"])
        if kind == "array":
            self.have("import numpy as np")
            return self.pick(
                [f"np.arange({number + 2})", f"np.ones(({number}, 2))", f"np.array([3, {number}, 2])"]
            )
        if kind == "tuple":
            return f"({self.any()}, {self.any()})"
        if kind == "object" and self.classes:
            return f"{self.pick(list(self.classes))}({self.part('list')})"
        return self.literal_of_a_library(kind) or str(number)

    def literal_of_a_library(self, kind: str) -> str:
        """An expression that makes a value of a kind that must be imported."""
        texts = {
            "frame": ("import pandas as pd", "pd.DataFrame({'a': [1, 2], 'b': [3.0, 4.0]})"),
            "series": ("import pandas as pd", "pd.Series([1, 2, 3])"),
            "deque": ("from collections import deque", "deque([1, 2])"),
            "space": ("from types import SimpleNamespace", "SimpleNamespace(a=[1], b=2)"),
        }
        statement, text = texts.get(kind, ("", ""))
        if statement:
            self.have(statement)
        return text

    def _lists(self, number: int) -> list[str]:
        return [
            f"[{number}, {self.rng.randrange(9)}, 2]",
            f"[{self.any()}, {self.any()}]",
            "[]",
            f"[[{number}], []]",
            f"list({self.path('list') or (1, 2)})",
            f"[i * {number} for i in range(3)]",
            f"sorted(str(v) for v in {self.path('list', 'tuple') or [2, 1]})",
            f"[[i] for i in range({self.rng.randrange(1, 4)})]",
        ]

    def any(self) -> str:
        """An expression of any kind."""
        path = self.path() if self.chance(0.5) else None
        if path:
            return path
        return self.pick(["1", "2", "'x'", "[]", "[5]", "{}", "{'k': [1]}"])

    def mutable(self) -> str:
        """An expression for a value that can be changed."""
        return self.a(self.pick(["list", "list", "dict", "set", "array", "object"]))

    def condition(self) -> str:
        """An expression to branch on."""
        return self.pick(
            [f"{self.a('int')} > 3", f"len({self.a('list')}) > 1", f"'a' in {self.a('dict')}", "True"]
        )

    # -- writing --------------------------------------------------------------------------------------

    def have(self, statement: str) -> None:
        """Write an import if the notebook hasn't got it."""
        if statement not in self.written:
            self.write(statement)

    def write(self, statement: str) -> bool:
        """Run a statement; keep it and return True if it raises nothing."""
        try:
            code = compile(statement, "<author>", "exec")
            with contextlib.redirect_stdout(io.StringIO()), limited():
                exec(code, self.space)  # noqa: S102
        except (Exception, TooLong):  # noqa: BLE001
            return False
        self.written.append(statement)
        return True


def _paths(path: str, value: object, depth: int) -> Iterator[tuple[str, object]]:
    yield path, value
    if not depth:
        return
    inner: list[tuple[str, object]] = []
    if kind_of(value) == "point":
        inner = [(f"{path}.x", value.x), (f"{path}.y", value.y)]  # type: ignore[attr-defined]
    elif kind_of(value) == "space":
        inner = [(f"{path}.{k}", v) for k, v in vars(value).items()]
    elif kind_of(value) == "frame" and "a" in value:  # type: ignore[operator]
        with contextlib.suppress(RecursionError):  # a frame that holds itself in `attrs` can't be taken apart
            inner = [(f"{path}['a']", value["a"])]  # type: ignore[index]
    elif type(value) in (list, tuple) and value:
        inner = [(f"{path}[0]", value[0]), (f"{path}[-1]", value[-1])]  # type: ignore[index]
    elif type(value) is dict:
        inner = [(f"{path}[{k!r}]", v) for k, v in value.items() if isinstance(k, str)]
    elif kind_of(value) == "object":
        inner = [(f"{path}.{k}", v) for k, v in getattr(value, "__dict__", {}).items()]
    for text, part in inner:
        yield from _paths(text, part, depth - 1)
