"""Objects of the standard library that are known, and all others by their attributes."""

from __future__ import annotations

import collections.abc
import datetime
import decimal
import fractions
import functools
import io
import logging
import pathlib
import random
import re
import types
import uuid
from typing import Any

from .painter import Painter, type_name

_NAMED = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodWrapperType,
    types.WrapperDescriptorType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    property,
    classmethod,
    staticmethod,
    type,
)
_TEXTS = (
    decimal.Decimal,
    fractions.Fraction,
    uuid.UUID,
    datetime.timedelta,
    datetime.timezone,
    range,
    slice,
    type(Ellipsis),
    type(NotImplemented),
)
_TIMES = (datetime.date, datetime.time)
_UNKNOWN = {
    "lock": "a lock",
    "RLock": "a lock",
    "_RLock": "a lock",
    "Condition": "a lock",
    "Event": "a lock",
    "Thread": "a thread",
    "_local": "what belongs to a thread",
    "Popen": "a process",
    "socket": "a connection",
    "Connection": "a connection",
    "Session": "a connection",
    "Cursor": "a database cursor",
    "tqdm": "a progress bar",
    "tqdm_notebook": "a progress bar",
    "ExcelWriter": "an open file",
    "HDFStore": "an open file",
    "File": "an open file",
    "Engine": "a connection",
    "ZMQInteractiveShell": "the notebook's own shell",
}
_UNKNOWN_OF = {
    "_thread",
    "threading",
    "subprocess",
    "socket",
    "sqlite3",
    "sqlalchemy",
    "requests",
    "tqdm",
    "pandas",
}
_RUNNING = {
    types.GeneratorType: "a generator",
    types.CoroutineType: "a coroutine",
    types.AsyncGeneratorType: "a generator",
    types.TracebackType: "a traceback",
    types.FrameType: "a running frame",
    io.IOBase: "an open file",
}
# What an attribute's name says holds no content of its own.
_CACHES = {"__weakref__", "_cache", "__dict__"}


def see_other(painter: Painter, value: Any) -> dict[str, Any]:
    """Anything that no library's seer describes."""
    return _see_known(painter, value) or _see_object(painter, value)


def _see_known(painter: Painter, value: Any) -> dict[str, Any] | None:
    """The portrait of an object of the standard library, or None for any other."""
    kind = type_name(value)
    if isinstance(value, types.ModuleType):
        return {"k": "named", "type": "module", "v": value.__name__}
    if isinstance(value, _NAMED):
        name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None) or kind
        return {
            "k": "named",
            "type": "type" if isinstance(value, type) else kind,
            "v": name.rsplit(".", 1)[-1],
        }
    if isinstance(value, types.MethodType):
        state = [["function", value.__name__], ["self", painter.see(value.__self__)]]
        return {"k": "object", "type": kind, "state": state}
    if isinstance(value, functools.partial):
        parts: list[list[Any]] = [
            ["function", value.func],
            ["args", value.args],
            ["keywords", value.keywords],
        ]
        return {"k": "object", "type": kind, "state": [[name, painter.see(part)] for name, part in parts]}
    if isinstance(value, _TEXTS):
        return {"k": "text", "type": kind, "v": str(value)}
    if isinstance(value, _TIMES):
        return {"k": "text", "type": kind, "v": value.isoformat()}
    return _see_rarer(painter, value, kind)


def _see_rarer(painter: Painter, value: Any, kind: str) -> dict[str, Any] | None:
    if isinstance(value, pathlib.PurePath):
        return {"k": "text", "type": kind, "v": painter.text(str(value))}
    if isinstance(value, type(re.compile(""))):
        return {"k": "text", "type": "Pattern", "v": f"{value.pattern!r}, flags {value.flags}"}
    if isinstance(value, (io.StringIO, io.BytesIO)) and not value.closed:
        state = [["content", painter.see(value.getvalue())], ["position", value.tell()]]
        return {"k": "object", "type": kind, "state": state}
    if isinstance(value, random.Random):
        return painter.random_state(value, value.getstate())
    if isinstance(value, BaseException):
        state = [["args", painter.see(value.args)], *attributes(painter, value)]
        return {"k": "object", "type": kind, "state": state}
    if isinstance(value, logging.Logger):
        return {"k": "named", "type": kind, "v": value.name}
    if isinstance(value, (collections.abc.KeysView, collections.abc.ValuesView, collections.abc.ItemsView)):
        return {"k": "list", "type": kind, "items": painter.items(list(value))}
    if isinstance(value, types.MappingProxyType):
        return {"k": "object", "type": kind, "state": [["mapping", painter.see(dict(value))]]}
    return _see_running(value, kind)


def _see_running(value: Any, kind: str) -> dict[str, Any] | None:
    """What has no content of its own: it is at some point of doing something, or connected to something."""
    what = next((words for type_, words in _RUNNING.items() if isinstance(value, type_)), "")
    if type(value).__module__.split(".")[0] in _UNKNOWN_OF:
        what = what or _UNKNOWN.get(kind, "")
    return {"k": "unknown", "type": kind, "why": f"{what} can't be compared"} if what else None


def _see_object(painter: Painter, value: Any) -> dict[str, Any]:
    """Any object: by its attributes, by how it pickles, or by its text, whichever it has."""
    kind = type_name(value)
    if type(value) is object:
        return {"k": "object", "type": kind, "state": []}
    state = _own_state(painter, value)
    if state is None and _has_attributes(value):
        state = attributes(painter, value)
    if state is not None:
        return {"k": "object", "type": kind, "state": state}
    if isinstance(value, collections.abc.Iterator):
        return {"k": "unknown", "type": kind, "why": "an iterator can't be compared without using it up"}
    return _reduced(painter, value) or _by_text(painter, value)


def attributes(painter: Painter, value: Any) -> list[list[Any]]:
    """Attributes in instance dict and slots, by name."""
    found: dict[str, Any] = {}
    for base in type(value).__mro__:
        slots = base.__dict__.get("__slots__", ())
        for slot in (slots,) if isinstance(slots, str) else slots:
            private = slot.startswith("__") and not slot.endswith("__")
            name = "_" + base.__name__.lstrip("_") + slot if private else slot
            if name not in _CACHES and hasattr(value, name):
                found[slot] = getattr(value, name)
    own = getattr(value, "__dict__", {})
    found.update((str(name), own[name]) for name in list(own) if name not in _CACHES)
    return [[name, painter.see(found[name])] for name in sorted(found)]


def _has_attributes(value: Any) -> bool:
    return hasattr(value, "__dict__") or any(
        "__slots__" in base.__dict__ for base in type(value).__mro__[:-1]
    )


def _own_state(painter: Painter, value: Any) -> list[list[Any]] | None:
    """What an object's own `__getstate__` says it consists of, if its class has one."""
    method = getattr(type(value), "__getstate__", None)
    if method is None or method is getattr(object, "__getstate__", None):
        return None
    try:
        state = method(value)
    except Exception:  # noqa: BLE001 - it can't be pickled; its attributes can be read
        return None
    if isinstance(state, dict):
        return [
            [str(name), painter.see(state[name])] for name in sorted(state, key=str) if name not in _CACHES
        ]
    return [["state", painter.see(state)]]


def _reduced(painter: Painter, value: Any) -> dict[str, Any] | None:
    """By what pickle would store of it, for types written in C."""
    try:
        parts = value.__reduce_ex__(2)
    except Exception:  # noqa: BLE001 - whatever it raises, it can't be pickled
        return None
    if isinstance(parts, str):
        return {"k": "named", "type": type_name(value), "v": parts}
    contents = [("args", parts[1]), ("state", parts[2] if len(parts) > 2 else None)]
    for name, position in (("items", 3), ("pairs", 4)):
        if len(parts) > position and parts[position] is not None:
            contents.append((name, list(parts[position])))
    return {
        "k": "object",
        "type": type_name(value),
        "state": [[name, painter.see(part)] for name, part in contents],
    }


def _by_text(painter: Painter, value: Any) -> dict[str, Any]:
    text = repr(value)
    if re.search(r"\bat 0x[0-9a-fA-F]+", text):
        why = "it has no attributes, can't be pickled, and its text is only an address"
        return {"k": "unknown", "type": type_name(value), "why": why}
    return {"k": "text", "type": type_name(value), "v": painter.text(text)}
