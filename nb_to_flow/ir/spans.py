"""Where something stands in a notebook."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """A stretch of one cell's source, as the author sees it (before any lowering).

    Attributes:
        cell: position in the notebook's list of all cells, from 0.
        line: first line in the cell, from 1.
        end_line: last line in the cell, from 1.
    """

    cell: int
    line: int = 1
    end_line: int = 1
