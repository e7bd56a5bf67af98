"""Calls that are known to use files by path."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

_FORMS = (
    "csv", "excel", "parquet", "json", "pickle", "feather", "html", "latex", "stata", "hdf", "markdown", "xml",
    "orc", "netcdf",
)  # fmt: skip
_TO_FORM = (0, ("path_or_buf", "path", "excel_writer", "buf", "fname"))
# By the last name of what is called: the position of the path among the arguments, and its keyword.
_WRITERS: Mapping[str, tuple[int, tuple[str, ...]]] = {
    **{f"to_{form}": _TO_FORM for form in _FORMS},
    **{f"write_{form}": (0, ("file", "path")) for form in ["csv", "parquet", "json", "ipc", "html", "image"]},
    **dict.fromkeys(
        ("savefig", "save", "savez", "savez_compressed", "savetxt"), (0, ("fname", "file", "fp"))
    ),
    **dict.fromkeys(("imsave", "imwrite", "ExcelWriter", "PdfPages", "write_file"), (0, ("path", "fname"))),
    **dict.fromkeys(
        ("copy2", "copyfile", "copytree", "move", "rename", "urlretrieve"), (1, ("dst", "filename"))
    ),
    "dump": (1, ("filename",)),
}
_ON_RECEIVER = ("write_text", "write_bytes", "touch")
_OPENERS = ("open", "ZipFile", "TarFile")
_FOLDERS = ("mkdir", "makedirs")
_DATABASES = ("connect", "create_engine")
_LISTERS = ("listdir", "scandir", "walk", "iterdir", "rglob", "copytree")
_HERE = ("listdir", "scandir", "walk")
_READERS = re.compile(
    r"^(read_\w+|load\w*|from_file|imread|i?glob|rglob|listdir|scandir|walk|exists|is_?file|is_?dir|stat|genfromtxt"
    r"|fromfile|connect|create_engine|read_text|read_bytes|iterdir|copy2?|copyfile|copytree|move|rename|replace_file)$"
)
_HANDLES = ("f", "fh", "fp", "file", "out", "stream", "handle", "buf")
_MODULES = ("io", "gzip", "bz2", "lzma", "codecs", "tarfile", "Image", "zipfile")
_MEMORY = ("", ":memory:", "sqlite://", "sqlite:///:memory:")


@dataclass(frozen=True, slots=True, kw_only=True)
class PathCall:
    """What a call does to a path.

    Attributes:
        path: the expression that gives it.
        kind: "read", "write" or "database" (read, maybe written).
        adds: True if it adds to what is there; if it does nothing else it is a "read", too, as it comes after
            what was written before.
        folder: True if it only makes a folder.
        below: True if it is a folder, and what lies in it counts.
    """

    path: ast.expr
    kind: str
    adds: bool = False
    folder: bool = False
    below: bool = False


def path_calls(call: ast.Call, name: str) -> Iterator[PathCall]:
    """The paths that a call of something with this last name uses."""
    for found in _opened(call, name) if name in _OPENERS else _used(call, name):
        if not (isinstance(found.path, ast.Constant) and found.path.value in _MEMORY):
            yield found


def _used(call: ast.Call, name: str) -> Iterator[PathCall]:
    receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
    if name in _ON_RECEIVER and receiver is not None:
        yield PathCall(path=receiver, kind="write")
    elif name in _FOLDERS:
        path = _argument(call, 0, ("name", "path")) or receiver
        if path is not None:
            yield PathCall(path=path, kind="write", folder=True)
    elif name in _WRITERS:
        position, keywords = _WRITERS[name]
        path = _argument(call, position, keywords)
        if path is not None and not _is_handle(path):
            yield PathCall(path=path, kind="write", adds=_adds(call), below=name == "copytree")
    elif name in _DATABASES:
        path = _argument(call, 0, ("database", "url"))
        if path is not None:
            yield PathCall(path=path, kind="database")
    else:
        yield from _removed(call, name, receiver)
    if _READERS.match(name):
        yield PathCall(path=_read(call, name, receiver), kind="read", below=name in _LISTERS)


def _removed(call: ast.Call, name: str, receiver: ast.expr | None) -> Iterator[PathCall]:
    """os.remove(path), path.unlink(), shutil.rmtree(path)."""
    of_os = isinstance(receiver, ast.Name) and receiver.id == "os"
    if name == "rmtree" or (of_os and name in ("remove", "unlink")):
        path = _argument(call, 0, ("path",))
        if path is not None:
            yield PathCall(path=path, kind="write", below=name == "rmtree")
    elif name == "unlink" and receiver is not None:
        yield PathCall(path=receiver, kind="write")


def _read(call: ast.Call, name: str, receiver: ast.expr | None) -> ast.expr:
    given = _argument(call, 0, ("path", "io", "filepath_or_buffer"))
    if given is None:
        if name in _HERE:
            return ast.Constant(value=".")
        return receiver if receiver is not None else ast.Name(id="anything")
    on_path = receiver is not None and not (isinstance(receiver, ast.Name) and receiver.id == "glob")
    if name in ("glob", "rglob") and on_path and receiver is not None:
        return ast.BinOp(left=receiver, op=ast.Div(), right=given)
    return given


def _opened(call: ast.Call, name: str) -> Iterator[PathCall]:
    """open(path, mode), path.open(mode), and what takes the same arguments."""
    on_path = isinstance(call.func, ast.Attribute) and not (
        isinstance(call.func.value, ast.Name) and call.func.value.id in _MODULES
    )
    receiver = call.func.value if on_path and isinstance(call.func, ast.Attribute) else None
    path = receiver if receiver is not None and name == "open" else _argument(call, 0, ("file", "filename"))
    mode = _argument(call, 0 if receiver is not None and name == "open" else 1, ("mode",))
    if path is None:
        return
    letters = str(mode.value) if isinstance(mode, ast.Constant) else "r" if mode is None else "r+"
    if set(letters) & set("wxa+"):
        yield PathCall(path=path, kind="write", adds="a" in letters)
    if set(letters) & set("ra+") or letters == "b":
        yield PathCall(path=path, kind="read", adds="a" in letters and "+" not in letters)


def _adds(call: ast.Call) -> bool:
    """to_csv(mode="a") and the like."""
    return any(
        k.arg == "mode" and isinstance(k.value, ast.Constant) and k.value.value == "a" for k in call.keywords
    )


def _is_handle(path: ast.expr) -> bool:
    """json.dump(x, f): a short name of an open file, seen already where it was opened."""
    return isinstance(path, ast.Name) and path.id in _HANDLES


def _argument(call: ast.Call, position: int, keywords: tuple[str, ...]) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg in keywords:
            return keyword.value
    plain = [a for a in call.args if not isinstance(a, ast.Starred)]
    return plain[position] if len(plain) > position else None


def last_name(func: ast.expr) -> str:
    """`c` of `a.b.c`, of `c` and of nothing else."""
    if isinstance(func, ast.Attribute):
        return func.attr
    return func.id if isinstance(func, ast.Name) else ""
