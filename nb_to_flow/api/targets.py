"""The flow that a target names: its file, its notebook, where it runs, how it was converted."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nb_to_flow.api.converting import convert
from nb_to_flow.api.problems import first_error
from nb_to_flow.api.single import PathLike
from nb_to_flow.files import Sidecar, load_sidecar
from nb_to_flow.ir.errors import InputError
from nb_to_flow.pipeline import ConvertOptions


def file_and_name(target: PathLike) -> tuple[Path, str | None]:
    """`flows/x.py:x` as file and name; `flows/x.py` names no flow in it."""
    text = os.fspath(target)
    path, colon, name = text.rpartition(":")
    return (Path(path), name) if colon and name.isidentifier() else (Path(text), None)


def written_flow(notebook: str, output: PathLike, options: ConvertOptions | None) -> Path:
    """The file of a notebook's flow, which is written to `output`. Raises InputError if it can't be."""
    [done] = convert(notebook, output=output, options=options)
    if done.flow_file is None or not done.ok:
        raise first_error(notebook, done.diagnostics)
    return done.flow_file


@contextmanager
def flow_of(
    target: str, output: PathLike | None, options: ConvertOptions | None
) -> Iterator[tuple[Path, str | None]]:
    """The flow's file and name; a notebook's flow is written first. Raises InputError."""
    if not target.endswith(".ipynb"):
        if output is not None or options not in (None, ConvertOptions()):
            raise InputError("options of a conversion go with a notebook", f"{target} is a flow already.")
        yield file_and_name(target)
        return
    with tempfile.TemporaryDirectory(prefix="nb-to-flow-") as scratch:
        yield written_flow(target, scratch if output is None else output, options).absolute(), None


def notebook_of(flow_file: Path, sidecar: Sidecar | None) -> Path | None:
    """The notebook that a flow came from, if that is known; it need not be there any more."""
    return (flow_file.parent / sidecar.notebook).resolve() if sidecar else None


def home_of(notebook: Path | None) -> Path:
    """Where a flow runs if nobody says otherwise: in its notebook's folder, else in the current one."""
    return notebook.parent if notebook is not None and notebook.exists() else Path()


def options_of(flow_file: Path | None) -> ConvertOptions:
    """The options that a flow was converted with, as far as they are known."""
    sidecar = load_sidecar(flow_file) if flow_file is not None else None
    try:
        return ConvertOptions(**_tupled(sidecar.options)) if sidecar else ConvertOptions()
    except TypeError:  # written by another version
        return ConvertOptions()


def _tupled(options: Mapping[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in options.items()}
