"""From a path or bytes to a notebook, with a diagnostic for everything that can be wrong with a file."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from pathlib import Path

from nb_to_flow.ir.diagnostics import Outcome
from nb_to_flow.ir.notebook import Notebook
from nb_to_flow.read.assembly import Source, assemble
from nb_to_flow.read.findings import (
    BAD_OPTION,
    EMPTY_FILE,
    NOT_UTF8,
    TOO_LARGE,
    UNKNOWN_FORMAT,
    UNREADABLE,
    Refused,
    refuse,
)
from nb_to_flow.read.ipynb import RawNotebook, parse_ipynb
from nb_to_flow.read.options import DOCUMENT_ORDER, EXECUTION_ORDER, ReadOptions

# Parser of each format, by suffix.
FORMATS: dict[str, Callable[[str], RawNotebook]] = {".ipynb": parse_ipynb}


def read_notebook(path: Path, options: ReadOptions = ReadOptions()) -> Outcome[Notebook]:  # noqa: B008
    """Read and lower the notebook at a path.

    Args:
        path: where it is.
        options: see `ReadOptions`.

    Returns:
        The notebook, or None and at least one error diagnostic. Nothing is raised for bad files.
    """
    try:
        data = _read_bytes(path, options.max_bytes)
        return _read(data, str(path), path.parent, options)
    except Refused as refusal:
        return Outcome(value=None, diagnostics=(refusal.diagnostic,))


def read_text(
    text: str | bytes,
    name: str = "notebook.ipynb",
    options: ReadOptions = ReadOptions(),  # noqa: B008
) -> Outcome[Notebook]:
    """Read and lower a notebook in memory; its name tells the format. See `read_notebook`."""
    try:
        data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
        if len(data) > options.max_bytes:
            raise _too_large(name, len(data), options.max_bytes)
        return _read(data, name, None, options)
    except Refused as refusal:
        return Outcome(value=None, diagnostics=(refusal.diagnostic,))


def _read_bytes(path: Path, limit: int) -> bytes:
    try:
        if path.is_dir():
            raise refuse(UNREADABLE, f"{_shown(path)} is a folder, not a notebook")
        if not path.exists():
            raise refuse(UNREADABLE, f"there is no file {_shown(path)}", "check the path")
        if not path.is_file():
            raise refuse(UNREADABLE, f"{_shown(path)} is no regular file")
        size = path.stat().st_size
        if size > limit:
            raise _too_large(_shown(path), size, limit)
        return path.read_bytes()
    except (OSError, ValueError) as error:  # ValueError: null characters in the path
        raise refuse(UNREADABLE, f"{_shown(path)} cannot be read: {error}") from None


def _too_large(name: str, size: int, limit: int) -> Refused:
    hint = "clear the notebook's outputs, or raise the limit"
    return refuse(TOO_LARGE, f"{name} has {size:,} bytes, more than the limit of {limit:,}", hint)


def _shown(path: Path) -> str:
    """The path without control characters."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(path))


def _read(data: bytes, name: str, folder: Path | None, options: ReadOptions) -> Outcome[Notebook]:
    if options.order not in (DOCUMENT_ORDER, EXECUTION_ORDER):
        raise refuse(BAD_OPTION, f"order {options.order!r} is unknown", "document or execution")
    parser = FORMATS.get(Path(name).suffix.lower())
    if parser is None:
        known = ", ".join(sorted(FORMATS))
        raise refuse(UNKNOWN_FORMAT, f"{_shown(Path(name))} is no notebook by its name", f"known: {known}")
    raw = parser(_decode(data))
    source = Source(path=name, sha256=hashlib.sha256(data).hexdigest(), folder=folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the parser warns of invalid escapes in the author's strings
        notebook, diagnostics = assemble(raw, source, options)
    return Outcome(value=notebook, diagnostics=tuple(diagnostics))


def _decode(data: bytes) -> str:
    if not data.strip():
        raise refuse(EMPTY_FILE, "the file is empty")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        detail = f"byte {error.start} is 0x{data[error.start]:02x}"
        raise refuse(
            NOT_UTF8, f"the file is not UTF-8 text: {detail}", "notebooks are always UTF-8"
        ) from None
