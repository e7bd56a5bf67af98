"""Diagnostics about files, options and bugs: what no stage can know. Codes NB7.. and NB900."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from nb_to_flow.ir.diagnostics import Diagnostic, Severity
from nb_to_flow.ir.errors import InputError
from nb_to_flow.report.text import place


def problem(code: str, message: str, hint: str = "", severity: Severity = Severity.ERROR) -> Diagnostic:
    """A finding about the call as a whole, not about a place in the notebook."""
    return Diagnostic(code=code, severity=severity, message=message, hint=hint)


def first_error(notebook: str, diagnostics: Iterable[Diagnostic]) -> InputError:
    """The error that kept a notebook from becoming a flow, to be raised."""
    found = next(d for d in diagnostics if d.severity is Severity.ERROR)
    return InputError(f"{place(notebook, found.span)}: {found.message}", found.hint)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Raises InputError if what is written in the block can't be."""
    try:
        yield
    except OSError as error:
        raise InputError(f"can't write {path}: {error.strerror or error}") from error


def bug(error: BaseException) -> Diagnostic:
    """What to say of an exception that nobody expected."""
    trace, where = error.__traceback__, ""
    while trace is not None:
        name = Path(trace.tb_frame.f_code.co_filename)
        if "nb_to_flow" in name.parts:
            where = f" ({'/'.join(name.parts[-2:])}, line {trace.tb_lineno})"
        trace = trace.tb_next
    text = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    hint = "This is a bug of nb-to-flow: please report it with the notebook. --debug shows the traceback."
    return problem("NB900", f"internal error: {text}{where}", hint)
