"""The reader's diagnostics: their codes, and the exceptions that carry them inside this package."""

from __future__ import annotations

from nb_to_flow.ir.diagnostics import Diagnostic, Severity
from nb_to_flow.ir.spans import Span

UNREADABLE = "NB101"
EMPTY_FILE = "NB102"
TOO_LARGE = "NB103"
NOT_UTF8 = "NB104"
NOT_JSON = "NB105"
NOT_A_NOTEBOOK = "NB106"
INVALID_NOTEBOOK = "NB107"
UNKNOWN_FORMAT = "NB108"
OTHER_LANGUAGE = "NB109"
PYTHON_2 = "NB110"
SYNTAX_ERROR = "NB111"
BAD_CHARACTERS = "NB112"
TOO_DEEP = "NB113"
UNKNOWN_MAGIC = "NB120"
UNSUPPORTED_MAGIC = "NB121"
INTERACTIVE_SHELL = "NB122"
OUTPUT_HISTORY = "NB123"
RUN_FILE = "NB124"
BAD_OPTION = "NB125"
UNNEEDED_PART_INVALID = "NB140"
NEVER_EXECUTED = "NB141"
SKIPPED_CELL = "NB142"
SAVED_BY_PYTHON_2 = "NB143"
DROPPED_MAGIC = "NB150"
SPLICED_CODE = "NB151"
REQUIREMENT = "NB152"
GUARDED_CELL = "NB153"


class Refused(Exception):
    """The notebook as a whole cannot be read; carries the diagnostic that says why."""

    def __init__(self, diagnostic: Diagnostic) -> None:
        super().__init__(diagnostic.message)
        self.diagnostic = diagnostic


class Unsupported(Exception):
    """A construct that has no equivalent in a flow: line is the cell's own line, from 1."""

    def __init__(self, code: str, message: str, *, line: int, hint: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.line = line
        self.hint = hint


def refuse(code: str, message: str, hint: str = "") -> Refused:
    """The exception for a notebook that cannot be read at all."""
    return Refused(Diagnostic(code=code, severity=Severity.ERROR, message=message, hint=hint))


def finding(
    code: str, severity: Severity, message: str, hint: str = "", *, cell: int | None = None, line: int = 1
) -> Diagnostic:
    """A diagnostic at a line of a cell, or for the whole notebook without a cell."""
    span = None if cell is None else Span(cell=cell, line=line, end_line=line)
    return Diagnostic(code=code, severity=severity, message=message, hint=hint, span=span)
