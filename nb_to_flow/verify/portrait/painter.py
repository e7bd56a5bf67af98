"""The walk over a value: leaves and containers here, everything else by the seers it is given."""

from __future__ import annotations

import base64
import collections
import enum
import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

MAX_DEPTH = 100  # each level takes some frames of Python's 1,000
_ITEM_COST, _NODE_COST = 12, 100  # what a leaf and a container cost besides their content
_encode = json.JSONEncoder(sort_keys=True).encode
_LEAVES = (type(None), bool, int, float, str)


class Painter:
    """One walk over one value.

    Attributes:
        room: bytes of content that may still be kept; what does not fit is hashed.
        seers: by a library's name, what describes its objects (or gives None); "" describes any object.
        folder: shown as `<folder>` in texts.
        digest: every node is replaced by its hash, so that sharing between parts leaves no trace.
        sampled: large arrays are hashed by a sample.
    """

    def __init__(
        self,
        *,
        room: int,
        seers: Mapping[str, Callable[[Any, Any], dict[str, Any] | None]],
        folder: str = "",
        digest: bool = False,
        sampled: bool = True,
    ) -> None:
        self.room = room
        self.seers = seers
        self.folder = folder
        self.digest = digest
        self.sampled = sampled
        self._done: dict[int, Any] = {}
        self._path: dict[int, int] = {}  # id -> depth, of what is being walked now
        self._numbers: dict[int, int] = {}
        self._referred: set[int] = set()
        self._keep: list[Any] = []  # ids stay unique only as long as their objects live

    def see(self, value: Any) -> Any:
        """The portrait of `value`; see the package's description."""
        kind = type(value)
        if value is None or kind is bool:
            return value
        if kind is str:
            return self.text(value)
        if kind is int:
            return value if value.bit_length() <= 2048 else {"k": "int", "v": hex(value)}
        if kind is float:
            return value if math.isfinite(value) else {"k": "float", "v": repr(value)}
        return self._container(value)

    def text(self, value: str) -> Any:
        """A text, with the working folder left out; a long one as its hash."""
        if self.folder:
            value = value.replace(self.folder, "<folder>")
        self.room -= len(value)
        if len(value) <= 200 or (self.room > 0 and not self.digest):
            return value
        hashed = digest_of(value.encode("utf-8", "surrogatepass"))
        return {"k": "str", "h": hashed, "len": len(value), "head": value[:60]}

    def content(self, value: bytes, type_: str) -> dict[str, Any]:
        """Bytes, many of them as their hash."""
        self.room -= len(value)
        if self.digest or (self.room < 0 and len(value) > 200):
            return {"k": "bytes", "type": type_, "h": digest_of(value), "len": len(value)}
        return {"k": "bytes", "type": type_, "v": base64.b64encode(value).decode()}

    def items(self, values: Any) -> list[Any]:
        """The portraits of a sequence's items."""
        return [self.see(item) for item in values]

    def hashed(self, value: Any) -> str:
        """The hash of all content of `value`, without keeping any of it."""
        inner = Painter(
            room=0, seers=self.seers, folder=self.folder, digest=True, sampled=self.sampled and self.digest
        )
        inner._path = dict(self._path)
        inner._path.pop(id(value), None)
        return digest_of(_encode(inner.see(value)).encode())

    def random_state(self, value: Any, state: Any) -> dict[str, Any]:
        """A random generator by where it stands."""
        return {"k": "random", "type": type_name(value), "h": self.hashed(state)}

    def alone(self, value: Any) -> Any:
        """The portrait of a set's member: it refers to nothing that another member holds."""
        done, self._done = self._done, {}
        try:
            return self.see(value)
        finally:
            self._done = done

    def _container(self, value: Any) -> Any:
        key = id(value)
        if key in self._path and not self.digest:
            return self._refer(key)
        if key in self._path:
            return {"k": "up", "levels": len(self._path) - self._path[key]}
        if key in self._done:
            return self._done[key] if self.digest else self._refer(key)
        if len(self._path) >= MAX_DEPTH:
            return unknown(value, f"it is nested more than {MAX_DEPTH} levels deep")
        self._keep.append(value)
        self._path[key] = len(self._path)
        self._numbers[key] = number = len(self._keep)
        self.room -= _NODE_COST
        try:
            node = self._node(value)
        except Exception as error:  # noqa: BLE001 - values are the user's, with any methods
            node = unknown(value, f"reading it failed: {type(error).__name__}: {error}"[:300])
        finally:
            del self._path[key]
        if self.digest:
            node = {"h": digest_of(_encode(node).encode())}
        elif number in self._referred:
            node["n"] = number
        self._done[key] = node
        return node

    def _refer(self, key: int) -> dict[str, Any]:
        number = self._numbers[key]
        self._referred.add(number)
        if key in self._done:
            self._done[key]["n"] = number
        return {"k": "ref", "n": number}

    def _node(self, value: Any) -> dict[str, Any]:
        node: dict[str, Any] | None
        for base in type(value).__mro__:
            seer = self.seers.get((getattr(base, "__module__", None) or "").split(".")[0])
            node = seer(self, value) if seer else None
            if node is not None:
                return node
        found = self._builtin(value) or self.seers[""](self, value)
        return found or unknown(value, "nothing describes it")

    def _builtin(self, value: Any) -> dict[str, Any] | None:
        if isinstance(value, (list, tuple, collections.deque)):
            return self._sequence(value)
        if isinstance(value, dict):
            return self._mapping(value)
        if isinstance(value, (set, frozenset)):
            return self._set(value)
        if isinstance(value, (bytes, bytearray, memoryview)):
            return self.content(bytes(value), type_name(value))
        if isinstance(value, enum.Enum):
            return {"k": "text", "type": type_name(value), "v": value.name}
        if isinstance(value, (int, float, str)):
            return self._with_state({"k": "scalar", "type": type_name(value), "v": self._plain(value)}, value)
        if isinstance(value, complex):
            return {"k": "complex", "v": [self.see(value.real), self.see(value.imag)]}
        return None

    def _plain(self, value: Any) -> Any:
        """The number or text that an instance of a subclass stands for."""
        if isinstance(value, str):
            return self.see(str.__str__(value))
        return self.see(int.__pos__(value) if isinstance(value, int) else float.__pos__(value))

    def _sequence(self, value: Any) -> dict[str, Any]:
        node: dict[str, Any] = {"k": "list", "type": type_name(value)}
        if not self._fits(value):
            return self._too_large(node, value)
        node["items"] = self.items(value)
        if hasattr(type(value), "_fields"):
            node["fields"] = list(type(value)._fields)
        if isinstance(value, collections.deque):
            node["maxlen"] = value.maxlen
        return self._with_state(node, value)

    def _mapping(self, value: Any) -> dict[str, Any]:
        node: dict[str, Any] = {"k": "dict", "type": type_name(value)}
        if not self._fits(value):
            return self._too_large(node, value)
        node["items"] = [[self.see(key), self.see(item)] for key, item in list(dict.items(value))]
        factory = getattr(value, "default_factory", None)
        if factory is not None:
            node["factory"] = getattr(factory, "__name__", type_name(factory))
        return self._with_state(node, value)

    def _set(self, value: Any) -> dict[str, Any]:
        node: dict[str, Any] = {"k": "set", "type": type_name(value)}
        if not self._fits(value):
            return self._too_large(node, value)
        node["items"] = sorted((self.alone(item) for item in value), key=set_order)
        return self._with_state(node, value)

    def _fits(self, value: Any) -> bool:
        each = _ITEM_COST if isinstance(next(iter(value), None), _LEAVES) else _NODE_COST
        return self.digest or len(value) * each <= max(self.room, 2000)

    def _too_large(self, node: dict[str, Any], value: Any) -> dict[str, Any]:
        return {**node, "len": len(value), "h": self.hashed(value)}

    def _with_state(self, node: dict[str, Any], value: Any) -> dict[str, Any]:
        """Attributes that an instance of a subclass has besides its items."""
        state = getattr(value, "__dict__", None)
        if state and isinstance(state, dict):
            node["state"] = [[name, self.see(state[name])] for name in sorted(state, key=str)]
        return node


def set_order(node: Any) -> tuple[int, float, str]:
    """Where a member stands among its set's: numbers by size, everything else by its text."""
    if isinstance(node, (int, float)) and not isinstance(node, bool) and abs(node) < 1e300:
        return (0, float(node), "")
    return (1, 0.0, _encode(_unnumbered(node)))


def _unnumbered(node: Any) -> Any:
    """`node` without its numbers, which depend on the order of the walk."""
    if isinstance(node, list):
        return [_unnumbered(item) for item in node]
    if isinstance(node, dict):
        return {key: _unnumbered(item) for key, item in node.items() if key != "n"}
    return node


def unknown(value: Any, why: str) -> dict[str, Any]:
    """The portrait of what can't be described."""
    return {"k": "unknown", "type": type_name(value), "why": why}


def digest_of(data: Any) -> str:
    """The hash that stands for contents."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def without_addresses(text: str) -> str:
    """A text without memory addresses."""
    return re.sub(r"\b0x[0-9a-fA-F]{6,}", "0x", text)


def type_name(value: Any) -> str:
    """The name of the type without its module: a notebook's class lives elsewhere in the flow."""
    return type(value).__qualname__.rsplit(".", 1)[-1]
