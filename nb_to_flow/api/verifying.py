"""Verifying that a flow does what its notebook does, by running both."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from nb_to_flow.api.converting import Converted, Result
from nb_to_flow.api.problems import writing
from nb_to_flow.api.references import notebook_job, reference_root, typed_parameters
from nb_to_flow.api.single import PathLike
from nb_to_flow.api.targets import options_of
from nb_to_flow.api.verifiable import (
    copy_notes,
    displays_note,
    flow_and_name,
    libraries_note,
    named_kernel,
    origins_of,
    read_shape,
    refuse_failure,
    repeatable_tasks,
    unseen_note,
    with_all_outputs,
    write_flow,
)
from nb_to_flow.files import write_atomically
from nb_to_flow.ir.errors import InputError
from nb_to_flow.ir.plan import FlowPlan
from nb_to_flow.ir.verification import FlowRun, Observation, VerifyResult
from nb_to_flow.pipeline import Conversion, ConvertOptions

if TYPE_CHECKING:
    from typing_extensions import Self

    from nb_to_flow.verify.flow import FlowJob, Manner
    from nb_to_flow.verify.reference import Origins, Reference
    from nb_to_flow.verify.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyOptions:
    """How thoroughly to verify.

    Attributes:
        runner: "thread", "process", "dask" or "ray"; None for what the flow says.
        schedules: further runs of the flow, in which tasks start in another order where they may.
        retries: one more run, in which each task fails once after its work and is tried again.
        repeat: how often the notebook is run; what differs between its runs is not held against the flow.
        tolerance: relative and absolute, for floats.
        timeout: seconds that each run may take; None for any, for the flow 20 times the notebook's.
        kernel: the notebook's kernel; None for the one it names, if it is installed.
        root: the folder that is copied for each run; None for the notebook's, or the one above that its
            relative paths reach.
        skip: patterns of files and folders in it that needn't be copied.
        keep: a folder for what the runs left behind; None removes it.
    """

    runner: str | None = None
    schedules: int = 0
    retries: bool = False
    repeat: int = 2
    tolerance: float = 1e-9
    timeout: float | None = None
    kernel: str | None = None
    root: Path | None = None
    skip: tuple[str, ...] = ()
    keep: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Observed:
    """A notebook that was run and looked at, for any number of flows to be held against.

    Attributes:
        conversion: of the notebook, up to the plan at least.
        reference: what it does.
        workspace: where the runs happen.
        parameters: typed values, by name.
        shows: what becomes of displays in the flow: "artifact", "log" or "drop".
        notes: sentences for the user.
    """

    conversion: Conversion
    reference: Reference
    workspace: Workspace
    parameters: Mapping[str, Any]
    shows: str = "artifact"
    notes: tuple[str, ...] = ()


def verify(
    notebook: PathLike,
    parameters: Mapping[str, Any] | None = None,
    *,
    flow: PathLike | None = None,
    options: VerifyOptions | None = None,
    convert: ConvertOptions | None = None,
    say: Callable[[str], None] | None = None,
) -> VerifyResult:
    """Run a notebook and its flow, each in its own copy of the folder, and compare what they leave.

    This runs the notebook's code, several times.

    Args:
        notebook: the notebook.
        parameters: values by name, for both.
        flow: a flow's file (`flows/x.py`, `flows/x.py:x`), edited by hand or not; None converts the notebook
            and compares every variable.
        options: how thoroughly; see `VerifyOptions`.
        convert: how to convert it.
        say: gets a line for each thing that happens; None for silence.

    Returns what was compared and how it came out; `ok` is True if nothing differs.
    Raises InputError if there is nothing to compare: the notebook can't be read or converted, fails itself,
    or the parameters don't fit.
    """
    with VerifySession(say=say) as session:
        return session.verify(notebook, parameters, flow=flow, options=options, convert=convert)


def write_verification_page(result: VerifyResult, output: PathLike) -> None:
    """Write what a verification found as a web page, all in one file. Raises InputError if it can't."""
    from nb_to_flow.report.verification import verification_page

    target = Path(output)
    with writing(target):
        write_atomically(target, verification_page(result).encode("utf-8", "backslashreplace"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What verifying one notebook of many came to: a result, or why there is none."""

    result: VerifyResult | None = None
    problem: InputError | None = None


def verify_converted(
    done: Iterable[Converted], convert: ConvertOptions, say: Callable[[str], None] | None = None
) -> dict[Path, Verified]:
    """Verify all notebooks that `convert` could convert, with its options. One that fails stops no other."""
    found: dict[Path, Verified] = {}
    with VerifySession(say=say) as session:
        for item in done:
            if item.ok or item.result is Result.NOT_CURRENT:
                try:
                    found[item.path] = Verified(result=session.verify(item.path, convert=convert))
                except InputError as error:
                    found[item.path] = Verified(problem=error)
    return found


class VerifySession:
    """Several verifications that share a Prefect server, which takes long to start."""

    def __init__(self, say: Callable[[str], None] | None = None) -> None:
        self._say = say or (lambda line: None)
        self._stack = ExitStack()
        self._folder = Path()
        self._count = 0

    def __enter__(self) -> Self:
        from nb_to_flow.verify.server import Server

        temporary = tempfile.TemporaryDirectory(prefix="nb-to-flow-verify-", ignore_cleanup_errors=True)
        self._folder = Path(self._stack.enter_context(temporary))
        self._server = self._stack.enter_context(Server(self._folder / "prefect"))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def verify(
        self,
        notebook: PathLike,
        parameters: Mapping[str, Any] | None = None,
        *,
        flow: PathLike | None = None,
        options: VerifyOptions | None = None,
        convert: ConvertOptions | None = None,
    ) -> VerifyResult:
        """See `nb_to_flow.verify`."""
        chosen = options or VerifyOptions()
        _check_options(chosen)
        file, name = flow_and_name(flow)
        how = convert or options_of(file)
        observed = self.observe(notebook, parameters, flow=file, options=chosen, convert=how)
        try:
            return self.check(observed, flow=file, name=name, options=chosen)
        finally:
            _keep(observed.workspace, chosen.keep)

    def observe(
        self,
        notebook: PathLike,
        parameters: Mapping[str, Any] | None = None,
        *,
        flow: Path | None = None,
        options: VerifyOptions | None = None,
        convert: ConvertOptions | None = None,
    ) -> Observed:
        """Run the notebook as often as `options.repeat` says. Raises InputError if it fails."""
        from nb_to_flow.verify.kernels import choose_kernel
        from nb_to_flow.verify.notebook import run_notebook
        from nb_to_flow.verify.reference import make_reference
        from nb_to_flow.verify.workspace import open_workspace

        chosen = options or VerifyOptions()
        how = convert or ConvertOptions()
        conversion = with_all_outputs(Path(notebook), how)
        typed = typed_parameters(conversion, parameters or {})
        shape = read_shape(flow.read_text("utf-8"), flow.stem) if flow is not None else None
        wanted_kernel = chosen.kernel or named_kernel(conversion)
        kernel = choose_kernel(wanted_kernel, required=chosen.kernel is not None)
        root = chosen.root or reference_root(conversion)
        workspace = open_workspace(self._scratch(), root, conversion.path.parent, chosen.skip)
        self._server.start()
        job = notebook_job(conversion, kernel, typed, shape.outputs if shape else {}, chosen.timeout)
        runs: list[Observation] = []
        for number in range(1, max(1, chosen.repeat) + 1):
            self._say(f"running the notebook ({number} of {max(1, chosen.repeat)})")
            run = run_notebook(job, workspace, f"notebook-{number}", str(number - 1))
            refuse_failure(conversion, run)
            runs.append(run)
        return Observed(
            conversion=conversion,
            reference=make_reference(tuple(runs), workspace.before, chosen.tolerance),
            workspace=workspace,
            parameters=typed,
            shows=how.displays,
            notes=tuple(n for n in (kernel.note, *copy_notes(workspace, root, conversion)) if n),
        )

    def check(
        self,
        observed: Observed,
        *,
        flow: Path | None = None,
        name: str | None = None,
        options: VerifyOptions | None = None,
    ) -> VerifyResult:
        """Run a flow in all the ways that `options` ask for and hold it against the notebook."""
        from nb_to_flow.verify.findings import merged
        from nb_to_flow.verify.flow import FlowJob

        chosen = options or VerifyOptions()
        conversion, first = observed.conversion, observed.reference.first
        if conversion.flow is None:
            raise InputError(f"{conversion.path} has no flow")
        plan = conversion.flow.plan
        file = flow or write_flow(conversion.flow, observed.workspace)
        text = file.read_text("utf-8")
        shape = read_shape(text, name or file.stem)
        job = FlowJob(
            file=file,
            name=name,
            shape=shape,
            repeatable=repeatable_tasks(plan),
            parameters=observed.parameters,
            names=tuple(first.variables),
            timeout=chosen.timeout or 120 + 20 * first.seconds,
            env=self._server.environment(),
        )
        origins = origins_of(
            conversion.flow, shape, complete=flow is None, shows=observed.shows, module=file.stem
        )
        runs = tuple(self._run(job, manner, observed, origins) for manner in _manners(chosen))
        return VerifyResult(
            notebook=conversion.path,
            flow=flow,
            runs=runs,
            findings=merged(runs),
            unstable=observed.reference.unstable(),
            repeats=1 + len(observed.reference.others),
            parameters=observed.parameters,
            tolerance=chosen.tolerance,
            notes=(
                *observed.notes,
                *self._notes(chosen, plan, job.repeatable),
                *unseen_note(first, runs),
                *displays_note(first, observed.shows),
                *libraries_note(first, runs),
            ),
            notebook_seconds=first.seconds,
            flow_text=text,
        )

    def _run(self, job: FlowJob, manner: Manner, observed: Observed, origins: Origins) -> FlowRun:
        from nb_to_flow.verify.findings import judge
        from nb_to_flow.verify.first import first_difference
        from nb_to_flow.verify.flow import run_flow

        run = FlowRun(runner=manner.runner or "", schedule=manner.schedule, retried=manner.fail_once)
        self._say(f"running the flow ({run.title})")
        seen = run_flow(job, manner, observed.workspace)
        failed = seen.failure is not None
        findings = () if failed else judge(observed.reference, seen, origins, retried=manner.fail_once)
        return replace(
            run,
            findings=findings,
            failure=seen.failure,
            first=first_difference(observed.reference, seen, findings, origins),
            seconds=seen.seconds,
            versions=seen.versions,
        )

    def _notes(self, options: VerifyOptions, plan: FlowPlan, repeatable: frozenset[str]) -> list[str]:
        notes = [self._server.note] if self._server.note else []
        left_out = [task.name for task in plan.tasks if task.name not in repeatable]
        if options.retries and left_out:
            notes.append(
                f"Not failed on purpose, as twice would not be the same as once: {', '.join(left_out)}."
            )
        return notes

    def _scratch(self) -> Path:
        self._count += 1
        folder = self._folder / str(self._count)
        folder.mkdir()
        return folder


def _check_options(options: VerifyOptions) -> None:
    from nb_to_flow.run.runners import check_runner

    check_runner(options.runner)
    if options.keep is not None and options.keep.exists() and any(options.keep.iterdir()):
        raise InputError(f"{options.keep} is not empty", "--keep names a new folder.")


def _manners(options: VerifyOptions) -> list[Manner]:
    from nb_to_flow.verify.flow import Manner

    manners = [Manner(runner=options.runner)]
    manners += [Manner(runner=options.runner, schedule=n + 1) for n in range(options.schedules)]
    manners += [Manner(runner=options.runner, fail_once=True)] if options.retries else []
    return manners


def _keep(workspace: Workspace, target: Path | None) -> None:
    if target is not None:
        shutil.copytree(workspace.scratch, target, dirs_exist_ok=True)
