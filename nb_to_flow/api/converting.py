"""Converting many notebooks: finding them, keeping their flows apart, writing what may be written."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from nb_to_flow import pipeline
from nb_to_flow.api.problems import bug, problem
from nb_to_flow.api.single import PathLike
from nb_to_flow.files import FlowFiles, Status, find_notebooks, plan_files, state_of, write_files
from nb_to_flow.ir.diagnostics import Diagnostic, Severity
from nb_to_flow.ir.errors import InputError
from nb_to_flow.ir.names import flow_name, is_flow_name
from nb_to_flow.pipeline import Conversion, ConvertOptions


class Result(str, Enum):
    """How the conversion of one notebook ended."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"  # what is on disk is current
    NOT_CURRENT = "not current"  # under `check`: it would be written
    REFUSED = "refused"  # writing would lose somebody's work
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Converted:
    """One notebook's part of a `convert` call.

    Attributes:
        path: the notebook, or the folder that held none.
        result: see `Result`.
        flow_file: where the flow is or would be; None if there is none.
        conversion: what the stages made of it; None if they didn't start.
        diagnostics: of the stages, then of finding and writing files.
    """

    path: Path
    result: Result
    flow_file: Path | None = None
    conversion: Conversion | None = None
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def ok(self) -> bool:
        """True if the flow on disk is now what was asked for."""
        return self.result in (Result.WRITTEN, Result.UNCHANGED)

    @property
    def entrypoint(self) -> str | None:
        """`flows/x.py:x`, from the current folder; None if there is no flow."""
        return None if self.flow_file is None else f"{self.flow_file.as_posix()}:{self.flow_file.stem}"


def convert(
    *sources: PathLike,
    output: PathLike = "flows",
    options: ConvertOptions | None = None,
    check: bool = False,
    force: bool = False,
    progress: Callable[[Path, int, int], None] | None = None,
) -> tuple[Converted, ...]:
    """Convert notebooks, and all notebooks below folders, to flows in the folder `output`.

    Args:
        sources: notebooks and folders.
        output: the folder for the flows; made if need be.
        options: see `ConvertOptions`.
        check: write nothing, only say what is not current.
        force: overwrite flows that were edited by hand or made from another notebook.
        progress: called before each notebook with its path, its number and how many there are.

    Returns one `Converted` per notebook. One that fails doesn't stop the others: its diagnostics say why.
    Raises InputError if the options or `output` make no sense.
    """
    chosen, folder = options or ConvertOptions(), Path(output)
    found = [item for source in sources for item in _found(Path(source))]
    notebooks = _distinct(item for item in found if isinstance(item, Path))
    check_options(chosen, folder, len(notebooks))
    results = [item for item in found if isinstance(item, Converted)]
    names = _Names(notebooks, chosen)
    for number, path in enumerate(notebooks, 1):
        if progress is not None:
            progress(path, number, len(notebooks))
        conversion = _guarded(path, chosen)
        results.append(_finish(conversion, folder, chosen, names, check=check, force=force))
    return tuple(results)


def check_options(options: ConvertOptions, folder: Path, notebooks: int = 1) -> None:
    """Raises InputError if the options contradict each other or `folder` can't be one."""
    if options.name is not None:
        if notebooks > 1:
            raise InputError("--name goes with one notebook", f"{notebooks} notebooks were given.")
        if not is_flow_name(options.name):
            better = flow_name(options.name)
            raise InputError(f"{options.name!r} can't name a flow", f"For example: --name {better}")
    for name in options.parameters:
        if not name.isidentifier():
            raise InputError(f"{name!r} can't be a parameter", "Name a top-level variable of the notebook.")
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file", "-o names the folder for the flows.")


def _found(source: Path) -> list[Path | Converted]:
    try:
        return list(find_notebooks(source))
    except (InputError, OSError) as error:
        hint = error.hint if isinstance(error, InputError) else ""
        finding = problem("NB701", str(error), hint)
        return [Converted(path=source, result=Result.FAILED, diagnostics=(finding,))]


def _distinct(paths: Iterable[Path]) -> list[Path]:
    """Each file once, under the first path given for it."""
    seen: dict[str, Path] = {}
    for path in paths:
        seen.setdefault(os.path.realpath(path), path)
    return list(seen.values())


def _guarded(path: Path, options: ConvertOptions) -> Conversion:
    """Convert one notebook; a bug becomes a diagnostic, so that the other notebooks get their turn."""
    try:
        return pipeline.convert(path, options)
    except Exception as error:
        if os.environ.get("NB_TO_FLOW_DEBUG"):
            raise
        return Conversion(path=path, diagnostics=(bug(error),))


class _Names:
    """Which notebook of one call has which flow name, so that none overwrites the flow of another."""

    def __init__(self, notebooks: list[Path], options: ConvertOptions) -> None:
        self._owners: dict[str, Path] = {}
        self._likely: dict[str, list[Path]] = defaultdict(list)
        for path in notebooks:
            self._likely[options.name or flow_name(str(path))].append(path)

    def others(self, name: str, path: Path) -> list[Path]:
        """Other notebooks of this call whose flow has, or would have, the same name."""
        owner = self._owners.setdefault(name, path)
        alike = next((paths for paths in self._likely.values() if path in paths), [])
        return [p for p in dict.fromkeys([owner, *alike]) if p != path]


def _finish(
    conversion: Conversion,
    folder: Path,
    options: ConvertOptions,
    names: _Names,
    *,
    check: bool,
    force: bool,
) -> Converted:
    """Write, compare or refuse what one conversion gave."""
    done = Converted(
        path=conversion.path,
        result=Result.FAILED,
        conversion=conversion,
        diagnostics=conversion.diagnostics,
    )
    if conversion.flow is None or conversion.errors:
        return done
    name = conversion.flow.plan.name
    if others := names.others(name, conversion.path):
        message = f"{', '.join(map(str, others))} would give a flow of the same name, {name!r}"
        hint = "Convert them to different folders (-o), or one by one with --name."
        return _with(done, Result.REFUSED, problem("NB702", message, hint))
    files = plan_files(conversion.flow, folder, options.changed())
    done = replace(done, flow_file=files.path)
    try:
        return _stored(done, files, check=check, force=force)
    except OSError as error:
        reason = error.strerror or str(error)
        return _with(done, Result.FAILED, problem("NB703", f"can't write {files.path}: {reason}"))


def _stored(done: Converted, files: FlowFiles, *, check: bool, force: bool) -> Converted:
    """Bring the disk up to date, if that loses nothing. Raises OSError."""
    state = state_of(files)
    if state is Status.CURRENT:
        return replace(done, result=Result.UNCHANGED)
    if check:
        finding = problem("NB704", f"{files.path} is not current: {_STATES[state]}", "", Severity.WARNING)
        return _with(done, Result.NOT_CURRENT, finding)
    if state in (Status.EDITED, Status.FOREIGN) and not force:
        finding = problem("NB705", f"{files.path} {_STATES[state]}", "--force overwrites it.")
        return _with(done, Result.REFUSED, finding)
    write_files(files)
    return replace(done, result=Result.WRITTEN)


_STATES = {
    Status.MISSING: "it doesn't exist yet",
    Status.STALE: "the notebook, the options or nb-to-flow changed since",
    Status.EDITED: "was edited by hand, or not made by nb-to-flow",
    Status.FOREIGN: "was made from another notebook",
}


def _with(done: Converted, result: Result, finding: Diagnostic) -> Converted:
    return replace(done, result=result, diagnostics=(*done.diagnostics, finding))
