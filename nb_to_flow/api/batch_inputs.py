"""What a batch begins with: the flow and its parameter sets, checked before anything runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nb_to_flow.api.single import PathLike
from nb_to_flow.api.targets import flow_of, home_of, notebook_of
from nb_to_flow.batches.rows import Row, read_rows
from nb_to_flow.batches.sets import ParameterSets, checked, combined, first_of
from nb_to_flow.credentials import credential_kind
from nb_to_flow.files import is_untouched, load_sidecar
from nb_to_flow.ir.errors import InputError
from nb_to_flow.pipeline import ConvertOptions

if TYPE_CHECKING:
    from prefect import Flow

    from nb_to_flow.batches.processes import Nursery
    from nb_to_flow.run.parameters import ParameterChecker

_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class SetSource:
    """Where parameter sets come from: every row with every point of the grid.

    Attributes:
        rows: sets as mappings from Python; None if there are none.
        file: a file of sets; None if there is none. Not together with `rows`.
        grid: values by name.
        pair: take the grid's first values together, then the second ones, instead of all combinations.
        fixed: values that all sets have.
    """

    rows: Sequence[Mapping[str, Any]] | None = None
    file: Path | None = None
    grid: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    pair: bool = False
    fixed: Mapping[str, Any] = field(default_factory=dict)

    def given(self) -> bool:
        """True if it says anything at all."""
        return self.rows is not None or self.file is not None or bool(self.grid)

    def read(self) -> Iterator[Row]:
        """The sets as they were given. Raises InputError."""
        rows: Sequence[Row] | None = None
        if self.rows is not None:
            rows = tuple(Row(values=values) for values in self.rows)
        elif self.file is not None:
            rows = read_rows(self.file)
        return combined(rows, self.grid, self.fixed, pair=self.pair)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BatchFlow:
    """The flow of a batch, imported.

    Attributes:
        flow: Prefect's object.
        file: its module.
        folder: where it runs.
        checker: of its parameters.
        trusted: True if it is as it was generated: then tasks leave their inputs alone.
        notebook: where it came from, if that is known.
        nursery: worker processes that load the module too, if they were asked for.
    """

    flow: Flow[..., Any]
    file: Path
    folder: Path
    checker: ParameterChecker
    trusted: bool
    notebook: Path | None
    nursery: Nursery | None = None


@contextmanager
def opened(
    target: PathLike, folder: PathLike | None, options: ConvertOptions | None, *, processes: bool = False
) -> Iterator[BatchFlow]:
    """The flow of a batch, in whose folder the process works meanwhile.

    With `processes`, worker processes load the module at the same time. Raises InputError if there is no such flow, and what its module raises.
    """
    from nb_to_flow.run.module import find_flow, import_module, inside
    from nb_to_flow.run.parameters import ParameterChecker

    with flow_of(str(os.fspath(target)), None, options) as (path, name):
        file = path.absolute()
        sidecar = load_sidecar(file)
        notebook = notebook_of(file, sidecar)
        home = Path(folder) if folder is not None else home_of(notebook)
        if not home.is_dir():
            raise InputError(f"{home} is no folder to run in")
        home = home.absolute()
        with _loading(file, home, processes=processes) as nursery, inside(home, file):
            flow = find_flow(import_module(file), path, name)
            yield BatchFlow(
                flow=flow,
                file=file,
                folder=home,
                checker=ParameterChecker(flow.fn),
                trusted=sidecar is not None and is_untouched(file, sidecar),
                notebook=notebook,
                nursery=nursery,
            )


@contextmanager
def _loading(file: Path, home: Path, *, processes: bool) -> Iterator[Nursery | None]:
    if not processes or not file.is_file():
        yield None
        return
    from nb_to_flow.batches.processes import Nursery

    with closing(Nursery(file, home)) as nursery:
        yield nursery


def checked_sets(
    flow: BatchFlow, source: SetSource, *, strict: bool, say: Callable[[str], None]
) -> ParameterSets:
    """The sets in the types of the flow's signature; what can't run is said.

    Raises InputError if none fits, or with `strict` if one doesn't.
    """
    shown = os.path.basename(source.file) if source.file else ""
    found = checked(source.read(), flow.checker.check, flow.checker.defaults(), source=shown)
    problems = [problem for bad in found.bad for problem in bad.problems]
    if problems and strict:
        count = f"{len(found.bad)} parameter set{'s' if len(found.bad) > 1 else ''}"
        listed = "\n  ".join(first_of(problems, _SHOWN))
        raise InputError(f"{count} can't be run:\n  {listed}", "Without --strict the others are run.")
    for name in _credentials(flow, found):
        say(f"warning: {name} looks like a credential: the results folder and the server will show it")
    for problem in first_of(problems, _SHOWN):
        say(f"left out: {problem}")
    if found.repeated:
        later, first = next(iter(found.repeated.items()))
        more = f" and {len(found.repeated) - 1} more repetitions" if len(found.repeated) > 1 else ""
        say(f"left out: set {later} repeats set {first}{more}")
    return found


def _credentials(flow: BatchFlow, found: ParameterSets) -> list[str]:
    """Parameters whose values look like passwords and the like, in the first set."""
    defaults = flow.checker.defaults()
    texts = {name: value for name, value in found.sets[0].values.items() if isinstance(value, str)}
    return [n for n, text in texts.items() if text != defaults.get(n) and credential_kind(n, text)]
