"""What is in a file, as a portrait: so that two files compare as what they hold, not as bytes."""

from __future__ import annotations

import base64
import bz2
import csv
import gzip
import io
import json
import lzma
import pickle
import re
import sqlite3
import tarfile
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from nb_to_flow.verify.portrait import portray

_PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp"}
_UNPACK: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.decompress,
    ".bz2": bz2.decompress,
    ".xz": lzma.decompress,
}
# Metadata that says when a PDF was written.
_PDF_DATES = re.compile(rb"/(CreationDate|ModDate) ?\([^)]*\)|/ID ?\[[^\]]*\]")
# Parts of office files that say when they were written.
_OFFICE_DATES = {"docProps/core.xml", "docProps/app.xml"}


def contents(name: str, *versions: bytes) -> list[Any]:
    """What the versions of a file hold; as bytes if one of them can't be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return [_content(name, data) for data in versions]
    except Exception:  # noqa: BLE001 - readers raise anything for files they can't read
        return [_as_bytes(data) for data in versions]


def _content(name: str, data: bytes) -> Any:
    """The portrait of what a file holds, by its suffix.

    Pickles are loaded, which runs what they say; they were written by the run that is looked at.

    Raises:
        Exception: of any type, if the file isn't what its suffix says or the library to read it is missing.
    """
    suffix = PurePosixPath(name.lower()).suffix
    if data[:16] == b"SQLite format 3\0":
        return _database(data)
    if suffix in _UNPACK:
        return _content(name[: -len(suffix)], _UNPACK[suffix](data))
    if suffix in _PICTURES:
        return {"k": "picture", "type": "picture", "png": base64.b64encode(data).decode()}
    reader = _READERS.get(suffix)
    return reader(data) if reader else _text(data)


def _as_bytes(data: bytes) -> dict[str, Any]:
    """The portrait of a file that is only bytes."""
    return {"k": "bytes", "type": "bytes", "v": base64.b64encode(data).decode()}


def _text(data: bytes) -> dict[str, Any]:
    if b"\0" in data[:8000]:
        return _as_bytes(data)
    text = data.decode("utf-8")
    return {"k": "lines", "type": "text", "items": text.splitlines()}


def _json(data: bytes) -> Any:
    return portray(json.loads(data), room=1 << 40)


def _json_lines(data: bytes) -> Any:
    return portray([json.loads(line) for line in data.splitlines() if line.strip()], room=1 << 40)


def _csv(data: bytes, delimiter: str = ",") -> dict[str, Any]:
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), delimiter=delimiter))
    rows = [row for row in rows if row]
    width = max(map(len, rows), default=0)
    header = rows[0] if rows else []
    names = [header[i] if i < len(header) else f"(column {i + 1})" for i in range(width)]
    columns = [[_cell(row[i]) if i < len(row) else None for row in rows[1:]] for i in range(width)]
    return _table("CSV", names, columns, len(rows[1:]))


def _cell(text: str) -> Any:
    """A float if it is written as Python writes it, so that the tolerance counts; else the text itself."""
    try:
        number = float(text)
    except ValueError:
        return text
    return number if repr(number) == text and number - number == 0 else text


def _table(type_: str, names: list[str], columns: list[list[Any]], rows: int) -> dict[str, Any]:
    """The portrait of a table as that of a frame."""
    labels = {"k": "array", "dtype": "text", "shape": [len(names)], "items": list(names)}
    return {
        "k": "frame",
        "type": type_,
        "rows": rows,
        "columns": {"k": "index", "type": "header", "names": [None], "values": labels},
        "index": {"k": "index", "type": "rows", "names": [None], "range": [0, rows, 1]},
        "data": [{"k": "array", "dtype": "text", "shape": [rows], "items": column} for column in columns],
    }


def _database(data: bytes) -> Any:
    """Every table of an SQLite file with its rows, and how they are declared."""
    with tempfile.TemporaryDirectory(prefix="nb-to-flow-") as folder:
        path = Path(folder, "copy.db")
        path.write_bytes(data)
        connection = sqlite3.connect(path)
        try:
            schema = connection.execute("select name, type, sql from sqlite_master order by name").fetchall()
            tables = [name for name, type_, _ in schema if type_ == "table"]
            items = [["(schema)", portray([list(row) for row in schema])]]
            return {
                "k": "dict",
                "type": "tables",
                "items": items + [[t, _rows(connection, t)] for t in tables],
            }
        finally:
            connection.close()


def _rows(connection: sqlite3.Connection, table: str) -> dict[str, Any]:
    quoted = '"' + table.replace('"', '""') + '"'
    cursor = connection.execute(f"select * from {quoted}")
    names = [column[0] for column in cursor.description]
    rows = cursor.fetchall()
    columns = [[_value(row[i]) for row in rows] for i in range(len(names))]
    return _table("table", names, columns, len(rows))


def _value(value: Any) -> Any:
    seen = portray(value)
    return seen["v"] if seen["k"] == "leaf" else seen


def _members(data: bytes) -> Any:
    """The files in a zip archive, each as what it holds; dates and order in the archive don't matter."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = sorted(n for n in archive.namelist() if not n.endswith("/") and n not in _OFFICE_DATES)
        return {
            "k": "dict",
            "type": "zip",
            "items": [[n, *contents(n, archive.read(n))] for n in names],
        }


def _tar(data: bytes) -> Any:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        files = sorted((m for m in archive.getmembers() if m.isfile()), key=lambda m: m.name)
        read = [(m.name, archive.extractfile(m)) for m in files]
        items = [[name, *contents(name, file.read())] for name, file in read if file is not None]
        return {"k": "dict", "type": "tar", "items": items}


def _pdf(data: bytes) -> dict[str, Any]:
    return _as_bytes(_PDF_DATES.sub(b"", data))


def _excel(data: bytes) -> Any:
    try:
        import pandas
    except ImportError:
        return _members(data)
    try:
        sheets = pandas.read_excel(io.BytesIO(data), sheet_name=None, header=None)
    except ImportError:
        return _members(data)
    return portray(sheets, room=1 << 40)


def _parquet(data: bytes) -> Any:
    import pandas

    return portray(pandas.read_parquet(io.BytesIO(data)), room=1 << 40)


def _feather(data: bytes) -> Any:
    import pandas

    return portray(pandas.read_feather(io.BytesIO(data)), room=1 << 40)


def _numpy(data: bytes) -> Any:
    import numpy

    loaded = numpy.load(io.BytesIO(data), allow_pickle=True)
    return portray(dict(loaded) if hasattr(loaded, "files") else loaded, room=1 << 40)


class _Stub:
    """Stands for a class that is only defined in the notebook or in the flow."""

    def __init__(self, *args: Any) -> None:
        self.args = args

    def __setstate__(self, state: Any) -> None:
        self.__dict__.update(state if isinstance(state, dict) else {"state": state})


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return super().find_class(module, name)
        except Exception:  # noqa: BLE001 - importing a module may raise anything
            return type(name.rsplit(".", 1)[-1], (_Stub,), {"__module__": "stub"})


def _pickle(data: bytes) -> Any:
    try:
        loaded = _Unpickler(io.BytesIO(data)).load()
    except Exception:  # noqa: BLE001 - joblib writes files of its own kind with the same suffix
        return _joblib(data)
    return portray(loaded, room=1 << 40)


def _joblib(data: bytes) -> Any:
    import joblib

    return portray(joblib.load(io.BytesIO(data)), room=1 << 40)


_READERS: dict[str, Callable[[bytes], Any]] = {
    ".csv": _csv,
    ".tsv": lambda data: _csv(data, "\t"),
    ".json": _json,
    ".geojson": _json,
    ".ipynb": _json,
    ".jsonl": _json_lines,
    ".ndjson": _json_lines,
    ".pdf": _pdf,
    ".zip": _members,
    ".docx": _members,
    ".pptx": _members,
    ".tar": _tar,
    ".tgz": lambda data: _tar(gzip.decompress(data)),
    ".xlsx": _excel,
    ".parquet": _parquet,
    ".feather": _feather,
    ".npy": _numpy,
    ".npz": _numpy,
    ".pkl": _pickle,
    ".pickle": _pickle,
    ".joblib": _joblib,
}
