"""What a caller may ask of the reader."""

from __future__ import annotations

from dataclasses import dataclass

DOCUMENT_ORDER = "document"
EXECUTION_ORDER = "execution"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadOptions:
    """How to read a notebook.

    Attributes:
        order: "document" takes the code cells from top to bottom, "execution" sorts them by their saved
            execution counts and leaves out those that were never executed.
        allow_unsupported: a cell that cannot be lowered becomes `raise NotImplementedError(...)` and a
            warning instead of an error.
        max_bytes: files larger than this are refused.
    """

    order: str = DOCUMENT_ORDER
    allow_unsupported: bool = False
    max_bytes: int = 100 * 1024 * 1024
