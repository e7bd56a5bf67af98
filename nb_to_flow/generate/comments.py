"""Comments that would be lost with the import that they stand above."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nb_to_flow.generate.context import Context
from nb_to_flow.generate.imports import entries_of
from nb_to_flow.generate.lines import Line, copied
from nb_to_flow.ir.notebook import Statement

_OF_IMPORTS = re.compile(
    r"\b(imports?|imported|importing|librar(y|ies)|packages?|modules?|dependenc(y|ies)|requirements?|install\w*|colab|pypi)\b",
    re.IGNORECASE,
)


def comments_above(statement: Statement, context: Context) -> list[Line]:
    """The comments of the imports that stand between the statement and the one before it in its cell.

    The imports have gone to the top of the module. A comment that speaks of importing is left out.
    """
    found: list[Line] = []
    for other in _imports_before(statement, context):
        comment = "\n".join(_leading_comments(other.code))
        if comment and not _OF_IMPORTS.search(comment):
            found += copied(other, comment)
    return found


def _imports_before(statement: Statement, context: Context) -> list[Statement]:
    plan = context.plan
    statements = plan.facts.notebook.statements
    found: list[Statement] = []
    index = statement.index - 1
    while (
        index >= 0 and statements[index].cell == statement.cell and entries_of(statements[index]) is not None
    ):
        if index in plan.imports or index in plan.dropped:
            found.insert(0, statements[index])
        index -= 1
    return found


def _leading_comments(code: str) -> Iterator[str]:
    for line in code.split("\n"):
        if not line.startswith("#"):
            return
        yield line
