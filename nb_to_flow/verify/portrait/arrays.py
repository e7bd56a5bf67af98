"""NumPy arrays, scalars and random generators, and SciPy's sparse matrices."""

from __future__ import annotations

import base64
import sys
from typing import Any

from .painter import Painter, digest_of

_SAMPLE_OVER = 64 * 2**20
_SAMPLE = 2**20


def see_numpy(painter: Painter, value: Any) -> dict[str, Any] | None:
    """The portrait of something of NumPy, or None if its attributes say it all."""
    np = sys.modules["numpy"]
    kind = type(value).__name__
    if isinstance(value, np.ma.MaskedArray):
        data = value.filled(0) if value.dtype.kind in "biufc" else value.data
        state = [["mask", array(painter, np.ma.getmaskarray(value))], ["data", array(painter, data)]]
        return {"k": "object", "type": kind, "state": state}
    if isinstance(value, np.ndarray):
        return {**array(painter, np.asarray(value)), "type": kind}
    if isinstance(value, np.generic):
        return _scalar(painter, value, np)
    if isinstance(value, np.dtype):
        return {"k": "text", "type": "dtype", "v": str(value)}
    if isinstance(value, np.ufunc):
        return {"k": "named", "type": "ufunc", "v": value.__name__}
    if isinstance(value, np.random.RandomState):
        return painter.random_state(value, value.get_state())
    generator = getattr(value, "bit_generator", value)
    if type(value).__module__.startswith("numpy.random") and hasattr(generator, "state"):
        return painter.random_state(value, generator.state)
    return None


def array(painter: Painter, values: Any, dtype: str = "") -> dict[str, Any]:
    """The portrait of an array: numbers as bytes, everything else item by item.

    `dtype` is what the user knows it as, if it isn't the array's own.
    """
    node: dict[str, Any] = {"k": "array", "dtype": dtype or str(values.dtype), "shape": list(values.shape)}
    letter = values.dtype.kind
    if values.dtype.names:
        node["fields"] = [[name, array(painter, values[name])] for name in values.dtype.names]
        return node
    if letter not in "biufcmM" or (letter in "fc" and values.dtype.itemsize not in (2, 4, 8, 16)):
        return _items(painter, node, values.ravel().tolist())
    if letter == "f" and values.dtype.itemsize == 16:
        return _items(painter, node, [repr(item) for item in values.ravel()])
    return _numbers(painter, node, values)


def _items(painter: Painter, node: dict[str, Any], items: list[Any]) -> dict[str, Any]:
    if painter.digest or len(items) * 12 <= max(painter.room, 2000):
        node["items"] = painter.items(items)
        painter.room -= 12 * len(items)
        return node
    return {**node, "h": painter.hashed(items)}


def _numbers(painter: Painter, node: dict[str, Any], values: Any) -> dict[str, Any]:
    np = sys.modules["numpy"]
    if values.dtype == np.float16:
        values = values.astype(np.float32)
    if values.dtype.kind in "mM":
        values = values.view("i8")
    flat = np.ascontiguousarray(values).reshape(-1)
    if painter.digest and painter.sampled and flat.nbytes > _SAMPLE_OVER:
        flat = np.ascontiguousarray(flat[:: max(1, len(flat) // _SAMPLE)])
    flat = flat.astype(flat.dtype.newbyteorder("<"), copy=False)
    painter.room -= flat.nbytes
    if painter.digest or (painter.room < 0 and flat.nbytes > 200):
        node["h"] = digest_of(flat.view("u1"))
        return node if painter.digest else {**node, "stats": _statistics(painter, flat)}
    node["raw"] = flat.dtype.str.lstrip("<|")
    node["data"] = base64.b64encode(flat.tobytes()).decode()
    return node


def _statistics(painter: Painter, flat: Any) -> dict[str, Any]:
    """What is kept of an array that is too large to keep."""
    np = sys.modules["numpy"]
    if flat.dtype.kind not in "iuf":
        return {}
    good = flat[np.isfinite(flat)] if flat.dtype.kind == "f" else flat
    found: dict[str, Any] = {"missing": int(len(flat) - len(good))}
    if len(good):
        values = {"smallest": good.min(), "largest": good.max(), "mean": good.mean(dtype="f8")}
        found.update((name, painter.see(float(number))) for name, number in values.items())
    return found


def _scalar(painter: Painter, value: Any, np: Any) -> dict[str, Any]:
    kind = type(value).__name__
    if isinstance(value, np.void) and value.dtype.names:
        return {"k": "object", "type": kind, "state": [[n, painter.see(value[n])] for n in value.dtype.names]}
    plain = str(value) if value.dtype.kind in "mM" else value.item()
    if isinstance(plain, (np.generic, bytes, tuple)):
        return {"k": "text", "type": kind, "v": str(value)}
    return {"k": "scalar", "type": kind, "v": painter.see(plain)}


def see_scipy(painter: Painter, value: Any) -> dict[str, Any] | None:
    """A sparse matrix by its stored numbers, in one canonical order; other objects by their attributes."""
    if not type(value).__module__.startswith("scipy.sparse") or not hasattr(value, "tocsr"):
        return None
    plain = value.tocsr(copy=True)
    plain.sum_duplicates()
    state: list[list[Any]] = [["format", value.format], ["shape", painter.see(value.shape)]]
    state += [[name, array(painter, getattr(plain, name))] for name in ("data", "indices", "indptr")]
    return {"k": "object", "type": type(value).__name__, "state": state}
