"""Results that sets return, as they are kept: scalars as they are, all else in files."""

from __future__ import annotations

import contextlib
import importlib
import os
import pickle
import re
import secrets
from collections.abc import Callable
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

from nb_to_flow.ir.batch import Output, Step

_SCALARS = (type(None), bool, int, float, str)
_LONGEST = 10_000


def exported(value: Any, steps: tuple[Step, ...], folder: Path, results: Path) -> Output:
    """One output, a part of a piece's result.

    Args:
        value: the part.
        steps: how it was reached; the last one names the file, and "spread" makes an output of each item.
        folder: where files go; made if it is needed.
        results: what paths are relative to.
    """
    if steps and steps[-1].kind == "spread":
        items = value if isinstance(value, dict) else {"result": value}
        parts = {str(name): _one(item, str(name), folder, results) for name, item in items.items()}
        return Output(kind="dict", parts=parts)
    return _one(value, _name(steps), folder, results)


def scalar(value: Any) -> Output | None:
    """The output of a value that needs no file; None for others."""
    is_time = isinstance(value, (date, time, timedelta)) and type(value).__name__ != "NaTType"
    if (type(value) in _SCALARS or is_time) and len(str(value)) <= _LONGEST:
        return Output(value=value, kind=type(value).__name__)
    item = getattr(value, "item", None)
    if type(value).__module__ == "numpy" and item is not None and getattr(value, "shape", None) == ():
        plain = item()
        if type(plain) in _SCALARS:
            return Output(value=plain, kind=type(value).__name__)
    return None


def load_output(output: Output, results: Path) -> Any:
    """The value of an output, from its file if it has one. Raises OSError if the file is gone."""
    if output.parts is not None:
        return {name: load_output(part, results) for name, part in output.parts.items()}
    if not output.path:
        return output.value
    path = results / output.path
    if path.suffix == ".parquet":
        pandas = importlib.import_module("pandas")
        return pandas.read_parquet(path)
    return pickle.loads(path.read_bytes())


def _one(value: Any, name: str, folder: Path, results: Path) -> Output:
    kind = type(value).__name__
    found = scalar(value)
    if found is not None:
        return found
    if _is_frame(value):
        with contextlib.suppress(Exception):  # no parquet library, or columns that it can't write
            path = _written(folder, name, ".parquet", lambda target: _write_parquet(value, target))
            return Output(path=path.relative_to(results).as_posix(), kind=kind)
    try:
        data = pickle.dumps(value, protocol=5)
    except Exception:  # noqa: BLE001 - pickle passes on whatever an object raises
        return Output(kind=kind)
    path = _written(folder, name, ".pkl", lambda target: target.write_bytes(data))
    return Output(path=path.relative_to(results).as_posix(), kind=kind)


def _is_frame(value: Any) -> bool:
    return type(value).__name__ == "DataFrame" and type(value).__module__.startswith("pandas.")


def _write_parquet(frame: Any, target: Path) -> None:
    """Only what reads back equal is written as Parquet."""
    pandas = importlib.import_module("pandas")
    frame.to_parquet(target)
    pandas.testing.assert_frame_equal(pandas.read_parquet(target), frame, check_exact=True)


def _written(folder: Path, name: str, suffix: str, write: Callable[[Path], Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    safe = re.sub(r"[^\w.-]+", "_", name).strip("._")[:60] or "result"
    target = folder / f"{safe}{suffix}"
    temporary = folder / f".{safe}.{secrets.token_hex(3)}.tmp"
    try:
        write(temporary)
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    return target


def _name(steps: tuple[Step, ...]) -> str:
    parts = [str(step.detail[0] if step.kind == "unpack" else step.detail) for step in steps]
    return "-".join(parts) or "result"
