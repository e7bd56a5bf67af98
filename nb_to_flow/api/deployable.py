"""A flow as its deployment needs it: where it lies, where it runs, what it takes."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nb_to_flow.api.single import PathLike
from nb_to_flow.api.targets import file_and_name, home_of, notebook_of, options_of, written_flow
from nb_to_flow.credentials import credential_kind
from nb_to_flow.deployment import FlowSource
from nb_to_flow.files import digest, load_sidecar, relative
from nb_to_flow.ir.errors import InputError
from nb_to_flow.ir.names import flow_name

if TYPE_CHECKING:
    from prefect import Flow

    from nb_to_flow.run.parameters import ParameterChecker

_HOW = "convert with --secrets, or set the parameter to a block of the server when a run is started."


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Deployable:
    """A flow, and what checks its parameters.

    Attributes:
        source: what the entry says of it.
        checker: of its typed signature.
        folders: where modules that it imports may lie.
    """

    source: FlowSource
    checker: ParameterChecker
    folders: tuple[Path, ...]

    def defaults(self, given: Mapping[str, Any], present: Mapping[str, Any], where: str) -> dict[str, Any]:
        """The given default parameters, checked and as JSON has them.

        Args:
            given: what is to be written.
            present: what the entry has already; `where` names its file.

        Raises InputError for values that don't fit the signature or look like credentials, and if what the
        entry has already doesn't fit (any more).
        """
        from pydantic_core import to_jsonable_python

        for name, value in given.items():
            if kind := credential_kind(name, value):
                message = f"{name} looks like a credential ({kind}): it must not be written to {where}"
                raise InputError(message, "Keep it in a block of the server, or in the worker's environment.")
        kept = {name: value for name, value in present.items() if name not in given}
        values, problems = self.checker.check({**kept, **given})
        wrong = [p for p in problems if p.name in given]
        if wrong:
            listed = "; ".join(problem.message for problem in wrong)
            raise InputError(f"the parameters don't fit the flow: {listed}", self.checker.usage())
        for problem in problems:
            if problem.name in kept:
                raise InputError(
                    f"{where}: the entry's parameters don't fit the flow: {problem.message}",
                    f"Change them there, or give another value: -p {problem.name}=...",
                )
        try:
            return {name: to_jsonable_python(values[name], inf_nan_mode="null") for name in given}
        except (ValueError, TypeError) as error:
            raise InputError(f"a parameter can't be written down: {error}") from error

    def missing(self, parameters: Mapping[str, Any]) -> list[str]:
        """Parameters that a run on a schedule would lack."""
        _, problems = self.checker.check(parameters)
        return [problem.name for problem in problems if problem.name not in parameters]


def deployable(target: PathLike, folder: PathLike | None, output: PathLike) -> Deployable:
    """The flow that a target names; a notebook's flow is written first.

    Args:
        target: `flows/x.py`, `flows/x.py:x`, or a notebook.
        folder: where it is to run; None for the notebook's folder if it is known, else the current one.
        output: for a notebook, the folder for its flow.

    The module is imported: its imports, settings and definitions run. Raises InputError if there is no such
    flow below the current folder, or it can't be imported.
    """
    from nb_to_flow.run.module import importable
    from nb_to_flow.run.parameters import ParameterChecker

    flow_file, function = _flow_file(os.fspath(target), Path(output))
    home = _home(flow_file, folder)
    with importable(home.resolve(), flow_file.parent.resolve()):
        flow = _flow(flow_file, function)
    checker = ParameterChecker(flow.fn)
    for name, default in checker.defaults().items():
        if kind := credential_kind(name, default):
            message = f"{flow_file}: the default of {name} looks like a credential ({kind})"
            raise InputError(message, f"The server would show it to everyone: {_HOW}")
    source = FlowSource(
        file=_below(flow_file, "the flow"),
        function=flow.fn.__name__,
        name=flow.name,
        description=_description(flow.fn),
        version=digest(flow_file.read_bytes())[:12],
        folder=relative(home, Path()),
    )
    return Deployable(source=source, checker=checker, folders=(home, flow_file.parent))


def _flow_file(target: str, output: Path) -> tuple[Path, str | None]:
    """The flow's file and function. Raises InputError."""
    if not target.endswith(".ipynb"):
        return file_and_name(target)
    # as in its last conversion, so that deploying doesn't undo that
    options = options_of(output / f"{flow_name(target)}.py")
    return written_flow(target, output, options), None


def _home(flow_file: Path, folder: PathLike | None) -> Path:
    if folder is None:
        return home_of(notebook_of(flow_file, load_sidecar(flow_file)))
    if not Path(folder).is_dir():
        raise InputError(f"{folder} is no folder to run in")
    return Path(folder)


def _below(path: Path, what: str) -> str:
    found = relative(path, Path())
    if found.startswith("..") or os.path.isabs(found):
        message = f"{what} {path} isn't below the current folder, which is the project's for Prefect"
        raise InputError(message, "Call deploy from the project's folder.")
    return found


def _flow(flow_file: Path, function: str | None) -> Flow[..., Any]:
    """The flow; if a package it needs isn't installed here, what Prefect makes of its text."""
    from nb_to_flow.run.module import find_flow, import_module

    try:
        return find_flow(import_module(flow_file), flow_file, function)
    except InputError as error:
        if not isinstance(error.__cause__, ModuleNotFoundError):
            raise
        from prefect.flows import safe_load_flow_from_entrypoint

        flow: Flow[..., Any] | None = safe_load_flow_from_entrypoint(
            f"{flow_file}:{function or flow_file.stem}"
        )
        if flow is None:
            raise
        return flow
    except Exception as error:
        message = " ".join(f"{type(error).__name__}: {error}".split())[:300]
        raise InputError(f"{flow_file} can't be imported: {message}") from error


def _description(function: Callable[..., Any]) -> str:
    """The docstring without its parameters: the form shows them."""
    text = (inspect.getdoc(function) or "").partition("\nArgs:\n")[0].strip()
    paragraphs = [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]
    joined = "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
    return "" if credential_kind("", joined) else joined
