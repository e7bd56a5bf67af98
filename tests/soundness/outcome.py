"""What running a notebook or a flow leaves behind, in a form that can be compared."""

from __future__ import annotations

import builtins
import contextlib
import functools
import gc
import itertools
import random
import re
import types
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

CODE = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType, type)
_BUILTINS = frozenset(dir(builtins))
NONE = ("NoneType", "None")
_ADDRESS = re.compile(r" at 0x[0-9a-f]+|\b[\w.]+\.<locals>\.|__main__\.|\bthe_flow\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Digests of the final values, printed lines, displayed texts, files, and what was raised."""

    values: Mapping[str, Any]
    lines: Counter[str] = field(default_factory=Counter)
    shown: Counter[str] = field(default_factory=Counter)
    files: Mapping[str, bytes] = field(default_factory=dict)
    error: str = ""


def plain(text: str) -> str:
    """A text without addresses and the places of definitions."""
    return _ADDRESS.sub("", text)


def values_of(space: Mapping[str, Any]) -> dict[str, Any]:
    """Digests of the variables that hold data; iterators last, since looking uses them up."""
    data = {n: v for n, v in space.items() if not n.startswith("_") and not _is_code(v)}
    late = {n: v for n, v in data.items() if hasattr(v, "__next__")}
    found = {n: digest(v) for n, v in data.items() if n not in late}
    return found | {n: digest(v) for n, v in sorted(late.items())}


def _is_code(value: object) -> bool:
    own = type(value).__module__ in ("__main__", "the_flow")
    return isinstance(value, CODE) or callable(value) and not own


def digest(value: Any, seen: tuple[int, ...] = ()) -> Any:
    """A value's type and contents, exactly, however deep; cycles end where they start."""
    if id(value) in seen:
        return "cycle", len(seen) - seen.index(id(value))
    seen = (*seen, id(value))
    name = type(value).__name__
    if isinstance(value, (list, tuple)):
        return name, tuple(digest(v, seen) for v in value)
    if isinstance(value, dict):
        return name, tuple((digest(k, seen), digest(v, seen)) for k, v in value.items())
    if isinstance(value, (set, frozenset)):
        return name, tuple(sorted(repr(digest(v, seen)) for v in value))
    if isinstance(value, np.ndarray):
        return name, value.dtype.str, value.shape, tuple(map(repr, value.ravel().tolist()))
    if isinstance(value, (pd.DataFrame, pd.Series, pd.Index)):
        return name, _table(value, seen)
    if isinstance(value, (deque, types.SimpleNamespace)):
        held = vars(value).items() if isinstance(value, types.SimpleNamespace) else value
        return name, tuple(digest(v, seen) for v in held)
    if isinstance(value, np.random.Generator):
        return name, repr(value.bit_generator.state)
    if isinstance(value, random.Random):
        return name, repr(value.getstate())
    if isinstance(value, CODE) or callable(value):
        return "code", getattr(value, "__name__", "")
    if hasattr(value, "__next__"):
        return "iterator" if _is_opaque(value) else _rest(value, seen)
    if type(value).__module__ in ("__main__", "the_flow"):
        return name, tuple((k, digest(v, seen)) for k, v in sorted(vars(value).items()))
    return name, plain(repr(value))


def _table(value: Any, seen: tuple[int, ...]) -> Any:
    if isinstance(value, pd.DataFrame):
        with _without_attrs(value) as attrs:
            columns = [value.iloc[:, i] for i in range(value.shape[1])]
        return tuple(_table(c, seen) for c in columns), _table(value.columns, seen), digest(attrs, seen)
    cells = tuple(digest(v, seen) for v in value.tolist())
    index = None if isinstance(value, pd.Index) else _table(value.index, seen)
    return str(value.name), str(value.dtype), cells, index


@contextlib.contextmanager
def _without_attrs(frame: pd.DataFrame) -> Iterator[dict[Any, Any]]:
    """A frame's `attrs`, kept off it meanwhile: pandas copies them to all that is taken from the frame."""
    attrs = frame._attrs
    frame._attrs = {}
    try:
        yield attrs
    finally:
        frame._attrs = attrs


def _is_opaque(iterator: Any, depth: int = 3) -> bool:
    """True for iterators that looking into changes others, or whose names may be gone by now."""
    if isinstance(iterator, types.GeneratorType) or hasattr(iterator, "read"):
        return True
    held = gc.get_referents(iterator) if depth else []
    return any(map(_reaches_out, held)) or any(
        _is_opaque(one, depth - 1) for one in held if hasattr(one, "__next__")
    )


def _reaches_out(function: Any) -> bool:
    """True for functions that look names up and methods bound to data."""
    if isinstance(function, functools.partial):
        return _reaches_out(function.func)
    if isinstance(function, types.BuiltinFunctionType):
        return not isinstance(function.__self__, (types.ModuleType, type, types.NoneType))
    if isinstance(function, types.FunctionType):
        code = function.__code__
        return any(name not in _BUILTINS for name in (*code.co_names, *code.co_freevars))
    return isinstance(function, types.MethodType)


def _rest(iterator: Any, seen: tuple[int, ...]) -> Any:
    try:
        return "iterator", tuple(digest(v, seen) for v in itertools.islice(iterator, 20))
    except Exception as error:  # noqa: BLE001
        return "iterator", repr(error)


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file's bytes."""
    return {
        str(p.relative_to(folder)): plain(p.read_text()).encode()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


def differences(wanted: Outcome, got: Outcome) -> list[str]:
    """What is not the same, in sentences."""
    if got.error:
        return [f"the flow raised {got.error}"]
    found = []
    for name in sorted(wanted.values.keys() | got.values.keys()):
        if name not in got.values:
            found.append(f"{name} is missing")
        elif name not in wanted.values:
            if got.values[name] == NONE:
                continue  # bound on paths that weren't taken
            found.append(f"{name} is too many")
        elif wanted.values[name] != got.values[name]:
            found.append(f"{name} is {got.values[name]}, not {wanted.values[name]}")
    for what, first, second in (("line", wanted.lines, got.lines), ("display", wanted.shown, got.shown)):
        found += [f"{what} {line!r} is missing" for line in first - second]
        found += [f"{what} {line!r} is too many" for line in second - first]
    for path in sorted(wanted.files.keys() | got.files.keys()):
        if wanted.files.get(path) != got.files.get(path):
            found.append(f"file {path} is {got.files.get(path)!r}, not {wanted.files.get(path)!r}")
    return found
