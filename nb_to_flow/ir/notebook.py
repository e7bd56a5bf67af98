"""The notebook as read: cells, and the top-level Python statements they were lowered to."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from enum import Enum

from nb_to_flow.ir.spans import Span


class CellKind(str, Enum):
    """The cell types of the notebook format."""

    CODE = "code"
    MARKDOWN = "markdown"
    RAW = "raw"


class Secrecy(str, Enum):
    """Whether running a statement looks up a secret; if so, it never stands at module level."""

    NONE = "none"
    INSIDE = "inside"  # among other things
    VALUE = "value"  # it binds names to secrets and literals: every task that needs it may do so itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell as the author wrote it.

    Attributes:
        index: position in the notebook's list of all cells, from 0.
        kind: code, markdown or raw.
        source: the text, with "\n" line ends.
        tags: the cell's tags (`parameters`, `raises-exception`, ...).
    """

    index: int
    kind: CellKind
    source: str
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Statement:
    """One top-level statement of a code cell, lowered to plain Python.

    Attributes:
        index: position in `Notebook.statements`, in order of execution, from 0.
        span: where it stands in its cell's own source.
        code: its text at column 0: the comments and blank lines that lead it, the statement, a trailing
            comment on its last line. The last statement of a cell also carries the comments below it.
        node: `code`, parsed; its line numbers count from 1 within `code`.
        line_map: for each line of `code` the line of the cell's source it came from.
        shows: True if Jupyter would display its value: the cell's last expression, without a semicolon.
        synthetic: names in `code` that are not the author's (`out_3` for `_`), never part of the results.
        secrecy: see `Secrecy`.
    """

    index: int
    span: Span
    code: str
    node: ast.stmt
    line_map: tuple[int, ...]
    shows: bool = False
    synthetic: frozenset[str] = frozenset()
    secrecy: Secrecy = Secrecy.NONE

    @property
    def cell(self) -> int:
        """Position of its cell in the notebook's list of all cells."""
        return self.span.cell

    def place(self, row: int) -> Span:
        """Where in the cell's source a line of `code`, from 1, came from."""
        line_map = self.line_map or (self.span.line,)
        line = line_map[min(row, len(line_map)) - 1]
        return Span(cell=self.cell, line=line, end_line=line)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notebook:
    """A whole notebook, lowered.

    Attributes:
        path: where it was read from, as the user gave it.
        sha256: hex digest of the file's bytes.
        cells: all cells, in order.
        statements: the code cells' top-level statements in order of execution; empty cells, dropped
            magics and comment-only cells have none.
        helpers: names of the small functions that the lowered code calls and the generated module must
            define (see `nb_to_flow.generate.helpers`): `run_shell`, `capture_shell`, ...
        requirements: what `%pip install` and its kind asked for, as written.
        secrets: environment variables that credentials were moved to: nothing in the notebook sets them.
    """

    path: str
    sha256: str
    cells: tuple[Cell, ...]
    statements: tuple[Statement, ...]
    helpers: frozenset[str] = field(default=frozenset())
    requirements: tuple[str, ...] = ()
    secrets: frozenset[str] = frozenset()

    def statements_of(self, cell: int) -> tuple[Statement, ...]:
        """The statements of one cell, in order."""
        return tuple(s for s in self.statements if s.cell == cell)
