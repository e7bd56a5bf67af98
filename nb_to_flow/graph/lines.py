"""Lines of the cells' own sources, for the reasons that edges give."""

from __future__ import annotations

from nb_to_flow.ir.notebook import Statement


def cell_line(statement: Statement, line: int | None = None) -> int:
    """The line in its cell of `line` of the statement's code; by default where the statement starts."""
    wanted = getattr(statement.node, "lineno", 1) if line is None else line
    if 1 <= wanted <= len(statement.line_map):
        return statement.line_map[wanted - 1]
    return statement.span.line
