"""Parameter sets as they stand in files: CSV, JSON, JSON lines, Parquet."""

from __future__ import annotations

import codecs
import csv
import io
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nb_to_flow.ir.errors import InputError
from nb_to_flow.ir.parameters import Raw

SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet")
_DELIMITERS = ",;\t"
_LONGEST_CELL = 16 * 1024 * 1024
# The longer ones first: UTF-32's mark begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One parameter set as it was written.

    Attributes:
        values: by name; `Raw` where only the signature knows the type. What isn't there has its default.
        line: where the row begins in its file (of a Parquet file: which row), from 1; None without a file.
        columns: for CSV, the column of each name, from 1.
        problem: why the row can't be read; "" if it can.
    """

    values: Mapping[str, Any]
    line: int | None = None
    columns: Mapping[str, int] = field(default_factory=dict)
    problem: str = ""


def read_rows(path: Path) -> tuple[Row, ...]:
    """The parameter sets in a file, by its suffix.

    Raises InputError if the file can't be read or has no sets; a single bad row is in its `problem`.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(f"{path}: no parameter sets are read from {suffix or 'such'} files", _usual())
    try:
        if suffix == ".parquet":
            rows = tuple(_parquet(path))
        else:
            rows = tuple(_text_rows(path, suffix))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    if not rows:
        raise InputError(f"{path} has no parameter sets", "It needs one row for each set.")
    return rows


def _usual() -> str:
    return "Use " + ", ".join(SUFFIXES) + "."


def _text_rows(path: Path, suffix: str) -> Iterator[Row]:
    text = _decoded(path)
    if suffix == ".json":
        return _json(path, text)
    if suffix in (".jsonl", ".ndjson"):
        return _json_lines(text)
    return _csv(path, text, "\t" if suffix == ".tsv" else None)


def _decoded(path: Path) -> str:
    """The file's text: by its byte order mark, else UTF-8, else as Windows programs of the West write it."""
    data = path.read_bytes()
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        if encoding == "utf-8" and b"\0" not in data:
            return data.decode("cp1252", errors="replace")
        raise InputError(f"{path}, line {line}: not text ({error.reason})", "Save it as UTF-8.") from error


def _csv(path: Path, text: str, delimiter: str | None) -> Iterator[Row]:
    """RFC 4180, with the delimiter that the header uses."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or _delimiter(text), strict=True)
    header: list[str] | None = None
    for line, cells in _records(path, reader):
        if not any(cell.strip() for cell in cells):
            continue
        if header is None:
            header = _header(path, line, cells)
        elif len(cells) != len(header):
            said = f"{len(cells)} cells, but the header has {len(header)}"
            yield Row(values={}, line=line, problem=said)
        else:
            yield _csv_row(line, header, cells)


def _records(path: Path, reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Each record with the line on which it begins: quoted cells may have several."""
    before = csv.field_size_limit(_LONGEST_CELL)
    line = 1
    try:
        while True:
            line = reader.line_num + 1
            cells = next(reader, None)
            if cells is None:
                return
            yield line, cells
    except csv.Error as error:
        hint = "A cell with a quote, a line break or the delimiter in it is quoted, its quotes doubled."
        raise InputError(f"{path}, line {line}: {error}", hint) from error
    finally:
        csv.field_size_limit(before)


def _delimiter(text: str) -> str:
    """What separates the names in the first line with something in it: spreadsheets differ by country."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    return max(_DELIMITERS, key=lambda d: head.count(d))


def _header(path: Path, line: int, cells: list[str]) -> list[str]:
    names = [cell.strip() for cell in cells]
    for column, name in enumerate(names, start=1):
        if not name:
            raise InputError(
                f"{path}, line {line}, column {column}: no name", "The first row names parameters."
            )
        if name in names[: column - 1]:
            raise InputError(f"{path}, line {line}, column {column}: {name!r} stands there twice")
    return names


def _csv_row(line: int, header: list[str], cells: list[str]) -> Row:
    values = {name: Raw(cell) for name, cell in zip(header, cells, strict=True) if cell != ""}
    return Row(values=values, line=line, columns={name: i for i, name in enumerate(header, start=1)})


def _json(path: Path, text: str) -> Iterator[Row]:
    """An array of objects, read one by one, so that each has its line."""
    decoder = json.JSONDecoder(object_pairs_hook=_object)
    position = _skipped(text, 0)
    if text[position : position + 1] != "[":
        hint = 'For example: [{"region": "US", "year": 2024}, {"region": "EU"}]'
        raise InputError(f"{path} holds no JSON array", hint)
    position = _skipped(text, position + 1)
    while text[position : position + 1] != "]":
        line = text.count("\n", 0, position) + 1
        try:
            value, end = decoder.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path} is not JSON: {error}") from error
        yield _json_row(line, value)
        position = _skipped(text, end)
        if text[position : position + 1] == ",":
            position = _skipped(text, position + 1)
        elif text[position : position + 1] != "]":
            raise InputError(f"{path} is not JSON: no ',' or ']' after the set of line {line}")
    if _skipped(text, position + 1) != len(text):
        raise InputError(f"{path} is not JSON: something follows the array")


def _skipped(text: str, position: int) -> int:
    while position < len(text) and text[position] in " \t\r\n":
        position += 1
    return position


def _json_lines(text: str) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            yield _json_row(number, json.loads(line, object_pairs_hook=_object))
        except (ValueError, RecursionError) as error:
            yield Row(values={}, line=number, problem=f"not JSON: {error}")


class _Repeated(dict[str, Any]):
    """An object that has a name twice: JSON allows it, but one of the two would be lost."""

    name: str = ""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    names = [name for name, _ in pairs]
    repeated = _Repeated(found)
    repeated.name = next(name for name in names if names.count(name) > 1)
    return repeated


def _json_row(line: int, value: Any) -> Row:
    if isinstance(value, _Repeated):
        return Row(values={}, line=line, problem=f"{value.name!r} stands there twice")
    if not isinstance(value, dict):
        return Row(values={}, line=line, problem="no JSON object")
    return Row(values=value, line=line)


def _parquet(path: Path) -> Iterable[Row]:
    """The rows of a Parquet file; what is null has its default."""
    with path.open("rb"):  # a missing file is said in the same words as any other
        pass
    for number, record in enumerate(_parquet_records(path), start=1):
        values = {str(name): value for name, value in record.items() if not _is_null(value)}
        yield Row(values=values, line=number)


def _parquet_records(path: Path) -> list[dict[Any, Any]]:
    try:
        from pyarrow import parquet
    except ModuleNotFoundError:
        return _records_by_pandas(path)
    try:
        records: list[dict[Any, Any]] = parquet.read_table(path).to_pylist()
    except (ValueError, TypeError) as error:
        raise InputError(f"{path} is no Parquet file: {error}") from error
    return records


def _records_by_pandas(path: Path) -> list[dict[Any, Any]]:
    try:
        import pandas

        records: list[dict[Any, Any]] = pandas.read_parquet(path).to_dict("records")
    except ImportError as error:
        raise InputError(
            f"{path}: reading Parquet needs a package that isn't installed",
            "pip install pyarrow; or save the sets as CSV.",
        ) from error
    except ValueError as error:
        raise InputError(f"{path} is no Parquet file: {error}") from error
    return records


def _is_null(value: Any) -> bool:
    """Nothing, or one of pandas' signs for it; NaN of a column of numbers is one of them."""
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or type(value).__name__ in ("NaTType", "NAType")
