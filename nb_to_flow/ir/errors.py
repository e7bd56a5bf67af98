"""The exception for what a user must mend; everything else that is raised is a bug or I/O."""

from __future__ import annotations


class InputError(Exception):
    """Input or usage that can't be worked with.

    Attributes:
        message: what is wrong, in one sentence.
        hint: what to do about it; may be empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
