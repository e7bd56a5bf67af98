"""Deciding whether a generated flow may be written where it belongs, and writing it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from nb_to_flow.files.atomic import write_atomically
from nb_to_flow.files.sidecar import Sidecar, digest, load_sidecar, sidecar_path
from nb_to_flow.ir.flow import GeneratedFlow


class Status(str, Enum):
    """What is on disk, compared with what would be written."""

    MISSING = "missing"  # no flow there yet
    CURRENT = "current"  # the same bytes
    STALE = "stale"  # generated, but from an earlier notebook, other options or an older version
    EDITED = "edited"  # changed by hand, or not made by this tool
    FOREIGN = "foreign"  # generated from another notebook


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowFiles:
    """What is to be written for one flow: the module and its sidecar, as bytes."""

    path: Path
    source: bytes
    sidecar: bytes
    notebook: str


def plan_files(flow: GeneratedFlow, folder: Path, options: Mapping[str, Any]) -> FlowFiles:
    """What writing `flow` to `folder` would write. Nothing is read or written."""
    notebook = flow.plan.facts.notebook
    path = folder / f"{flow.plan.name}.py"
    source = flow.source.encode()
    origin = relative(Path(notebook.path), folder)
    sidecar = Sidecar(
        notebook=origin,
        notebook_sha256=notebook.sha256,
        flow_sha256=digest(source),
        options=options,
        lines=flow.source_map,
    )
    return FlowFiles(path=path, source=source, sidecar=sidecar.to_bytes(), notebook=origin)


def state_of(files: FlowFiles) -> Status:
    """How the files on disk stand to `files`. Raises OSError if they can't be read."""
    if not files.path.exists():
        return Status.MISSING
    present = files.path.read_bytes()
    sidecar = load_sidecar(files.path)
    if sidecar is not None and _of_another(sidecar, files):
        return Status.FOREIGN
    if present == files.source:
        written = sidecar is not None and sidecar_path(files.path).read_bytes() == files.sidecar
        return Status.CURRENT if written else Status.STALE
    untouched = sidecar is not None and sidecar.flow_sha256 == digest(present)
    return Status.STALE if untouched else Status.EDITED


def _of_another(sidecar: Sidecar, files: FlowFiles) -> bool:
    """True if the flow on disk belongs to another notebook that still exists (not one that was renamed)."""
    other = files.path.parent / sidecar.notebook
    return sidecar.notebook != files.notebook and other.exists()


def write_files(files: FlowFiles) -> None:
    """Write the flow, then its sidecar. Raises OSError.

    In this order: cut short in between, the flow is seen to be what would be generated, not an edited one.
    """
    files.path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(files.path, files.source)
    write_atomically(sidecar_path(files.path), files.sidecar)


def relative(path: Path, folder: Path) -> str:
    """The path from the folder, with "/"."""
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:  # on another drive
        return path.resolve().as_posix()
