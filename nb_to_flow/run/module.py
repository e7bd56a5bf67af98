"""From a flow's file to Prefect's flow object."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from nb_to_flow.ir.errors import InputError

if TYPE_CHECKING:
    from prefect import Flow


def import_module(path: Path) -> ModuleType:
    """Run the module at `path` under its own name, as worker processes will import it.

    Raises InputError if it can't be read, has a syntax error or needs a package that isn't there.
    Whatever else the module raises passes through.
    """
    name = path.stem
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None or not path.is_file():
        raise InputError(f"{path} is no Python file", "Name a flow (flows/x.py) or a notebook (x.ipynb).")
    module = importlib.util.module_from_spec(spec)
    before = sys.modules.get(name)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        _restore(name, before)
        problem = _as_input_error(error, path)
        if problem is None:
            raise
        raise problem from error
    return module


def find_flow(module: ModuleType, path: Path, name: str | None) -> Flow[..., Any]:
    """The flow of that name; without a name the one called as the file, or the only one.

    Raises InputError if there is none or no telling which.
    """
    from prefect import Flow

    flows = {key: value for key, value in vars(module).items() if isinstance(value, Flow)}
    wanted = name or path.stem
    if wanted in flows:
        return flows[wanted]
    if name is None and len(flows) == 1:
        return next(iter(flows.values()))
    listed = ", ".join(sorted(flows)) or "none"
    raise InputError(f"{path} has no flow called {wanted!r}", f"Flows in it: {listed}.")


@contextlib.contextmanager
def importable(*folders: Path) -> Iterator[None]:
    """With these folders first on the import path."""
    before = list(sys.path)
    sys.path[:0] = [str(folder) for folder in folders]
    try:
        yield
    finally:
        sys.path[:] = before


@contextlib.contextmanager
def inside(folder: Path, flow_file: Path) -> Iterator[None]:
    """Work in `folder`, with it first on the import path, as in Jupyter, and the flow's own folder after it.

    The flow's folder comes first where `folder` holds another module of the flow's name, as a script that is
    paired with the notebook: worker processes import the flow by its name.
    """
    before = os.getcwd()
    os.chdir(folder)
    here, flow_folder = Path.cwd(), flow_file.parent
    first = (flow_folder, here) if _holds(here, flow_file.stem) else (here, flow_folder)
    try:
        with importable(*first):
            yield
    finally:
        os.chdir(before)


def _holds(folder: Path, module: str) -> bool:
    return (folder / f"{module}.py").exists() or (folder / module / "__init__.py").exists()


def _restore(name: str, before: ModuleType | None) -> None:
    if before is None:
        sys.modules.pop(name, None)
    else:
        sys.modules[name] = before


def _as_input_error(error: BaseException, path: Path) -> InputError | None:
    """What the user can mend without looking at the notebook's code."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return InputError(f"{path}, line {error.lineno}: {error.msg}")
    if isinstance(error, ModuleNotFoundError) and error.name:
        return InputError(
            f"the flow needs the module {error.name!r}, which isn't installed",
            "Install the package that provides it in the environment of nb-to-flow.",
        )
    if isinstance(error, (OSError, UnicodeDecodeError)) and getattr(error, "filename", None) == str(path):
        return InputError(f"{path}: {error}")
    return None
