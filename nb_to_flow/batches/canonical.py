"""Digests of values by content: equal content, equal digest, also in another process.

Strict in types (1, 1.0 and True differ) and in the order of dicts. A digest may differ where contents are equal
(of objects that only pickle can take apart): then work is done twice, never wrongly shared.
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
import pickle
import struct
from collections.abc import Callable
from typing import Any

from nb_to_flow.ir.batch import Pickled, Reference

_ATOMS = (type(None), bool, int, str, bytes, complex)


def digest(*values: Any) -> str:
    """Hex digest of the values. Raises what pickle raises for what it can't take apart."""
    return hashlib.blake2b(_encoded(values), digest_size=16).hexdigest()


def _encoded(value: Any) -> bytes:
    """Bytes that tell `value` from any other: type, length, content."""
    kind = type(value)
    encode = _ENCODERS.get(kind)
    if encode is not None:
        body = encode(value)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        body = _encoded([(f.name, getattr(value, f.name)) for f in dataclasses.fields(value)])
    else:
        body = pickle.dumps(value, protocol=5)
    name = f"{kind.__module__}.{kind.__qualname__}".encode()
    return b"%d:%s%d:%s" % (len(name), name, len(body), body)


def _float(value: float) -> bytes:
    return b"nan" if math.isnan(value) else struct.pack(">d", value)


def _items(values: Any) -> bytes:
    return b"".join(_encoded(value) for value in values)


def _pairs(value: dict[Any, Any]) -> bytes:
    return b"".join(_encoded(key) + _encoded(item) for key, item in value.items())


def _unordered(value: Any) -> bytes:
    return b"".join(sorted(_encoded(item) for item in value))


def _reference(value: Reference) -> bytes:
    return _encoded((value.piece, tuple((step.kind, step.detail) for step in value.steps)))


def _pickled(value: Pickled) -> bytes:
    return value.data


_ENCODERS: dict[type, Callable[[Any], bytes]] = {
    **{kind: lambda value: repr(value).encode("utf-8", "surrogatepass") for kind in _ATOMS},
    float: _float,
    list: _items,
    tuple: _items,
    dict: _pairs,
    set: _unordered,
    frozenset: _unordered,
    Reference: _reference,
    Pickled: _pickled,
}
