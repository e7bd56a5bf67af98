"""What a stage has to tell the user, and the outcome type that every stage returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Generic, TypeVar

from nb_to_flow.ir.spans import Span

T = TypeVar("T")


class Severity(str, Enum):
    """How much a diagnostic matters: an error stops the conversion of its notebook."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One finding, spoken to the user.

    Attributes:
        code: stable code, `NB` + stage digit + two digits (`NB1..` read, `NB2..` facts, `NB3..` graph,
            `NB4..` plan, `NB5..` generate, `NB6..` run).
        severity: see `Severity`.
        message: what is so, in one sentence, naming names.
        hint: what to do about it; may be empty.
        span: where, or None for the notebook as a whole.
    """

    code: str
    severity: Severity
    message: str
    hint: str = ""
    span: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Generic[T]):
    """What a stage returns: a value (None when an error diagnostic stopped it) and its findings."""

    value: T | None
    diagnostics: tuple[Diagnostic, ...] = field(default=())

    @property
    def ok(self) -> bool:
        """True if the stage produced a value."""
        return self.value is not None
