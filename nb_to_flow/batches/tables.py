"""The table of results: a row for each set, as CSV and Parquet."""

from __future__ import annotations

import csv
import datetime
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from nb_to_flow.ir.batch_result import SetRow

CSV = "results.csv"
PARQUET = "results.parquet"
_FIRST = ("set", "line")
_LAST = ("state", "seconds", "error")


def result_table(rows: Iterable[SetRow]) -> tuple[list[str], list[dict[str, Any]]]:
    """Names of the columns, and the rows by column.

    First the set, then parameters, what the flow returned (its value, or the path where it is kept), its
    state. A parameter or result whose name is taken is called `param_x` or `result_x`.
    """
    parameters: dict[str, str] = {}
    outputs: dict[str, str] = {}
    rows = list(rows)
    for row in rows:
        for name in row.parameters:
            parameters.setdefault(name, f"param_{name}" if name in (*_FIRST, *_LAST) else name)
        for name in row.outputs:
            outputs.setdefault(name, name)
    taken = {*_FIRST, *_LAST, *parameters.values()}
    outputs = {name: f"result_{name}" if name in taken else name for name in outputs}
    columns = [*_FIRST, *parameters.values(), *outputs.values(), *_LAST]
    return columns, [_cells(row, parameters, outputs) for row in rows]


def _cells(row: SetRow, parameters: Mapping[str, str], outputs: Mapping[str, str]) -> dict[str, Any]:
    cells: dict[str, Any] = {"set": row.number, "line": row.line}
    cells.update({parameters[name]: value for name, value in row.parameters.items()})
    for name, output in row.outputs.items():
        cells[outputs[name]] = output.path or output.value
    cells.update(state=row.state, seconds=round(row.seconds, 6), error=row.error or None)
    return cells


def write_tables(folder: Path, rows: Iterable[SetRow], *, parquet: bool = True) -> tuple[Path, ...]:
    """Write the table to `folder`; returns the files written. Each is complete at any moment.

    The Parquet file is left out if no package that writes it is installed.
    """
    columns, cells = result_table(rows)
    replace_file(folder / CSV, csv_bytes(columns, cells))
    writer = _parquet_writer() if parquet else None
    if writer is None:
        return (folder / CSV,)
    replace_file(folder / PARQUET, writer(columns, cells))
    return (folder / CSV, folder / PARQUET)


def replace_file(path: Path, data: bytes) -> None:
    """Put `data` in the place of what is at `path`, at once."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def csv_bytes(columns: list[str], rows: Iterable[Mapping[str, Any]]) -> bytes:
    """The rows as CSV; what is None is an empty cell."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_csv_cell(row.get(name)) for name in columns] for row in rows)
    return text.getvalue().encode("utf-8", "backslashreplace")


def _csv_cell(value: Any) -> Any:
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ")
    return value


def _parquet_writer() -> Callable[[list[str], list[dict[str, Any]]], bytes] | None:
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        return _by_fastparquet if _has_fastparquet() else None
    return _by_pyarrow


def _by_pyarrow(columns: list[str], rows: list[dict[str, Any]]) -> bytes:
    import pyarrow
    from pyarrow import parquet

    arrays = [pyarrow.array(column_values(name, rows)) for name in columns]
    stream = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_arrays(arrays, names=columns), stream)
    return stream.getvalue()


def _has_fastparquet() -> bool:
    try:
        import fastparquet  # type: ignore[import-not-found,unused-ignore] # noqa: F401
        import pandas  # noqa: F401
    except ImportError:
        return False
    return True


def _by_fastparquet(columns: list[str], rows: list[dict[str, Any]]) -> bytes:
    import pandas

    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / PARQUET
        frame = pandas.DataFrame({name: column_values(name, rows) for name in columns})
        frame.to_parquet(path, engine="fastparquet")
        return path.read_bytes()


def column_values(name: str, rows: Iterable[Mapping[str, Any]]) -> list[Any]:
    """A column in one type: whole numbers among fractions become fractions, any other mixture text."""
    values = [row.get(name) for row in rows]
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) <= 1:
        return values if not _too_large(kinds, values) else _texts(values)
    if kinds == {int, float}:
        return [None if value is None else float(value) for value in values]
    return _texts(values)


def _too_large(kinds: set[type], values: list[Any]) -> bool:
    return kinds == {int} and any(value is not None and not -(2**63) <= value < 2**63 for value in values)


def _texts(values: list[Any]) -> list[str | None]:
    return [None if v is None else v if isinstance(v, str) else json.dumps(v, default=str) for v in values]
