"""Replacing pieces of a statement's text: its lines stay mapped to the cell's."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Collection, Iterator

from nb_to_flow.ir.edits import Edit, Positions, apply_edits


def edited(code: str, line_map: tuple[int, ...], edits: Collection[Edit]) -> tuple[str, tuple[int, ...]]:
    """The code with the edits made, which don't overlap, and the new line map."""
    origins = list(line_map)
    for edit in sorted(edits, reverse=True):
        first, last = (code.count("\n", 0, place) for place in (edit.start, edit.end))
        old, count = origins[first : last + 1], edit.text.count("\n") + 1
        origins[first : last + 1] = [*old, *old[-1:] * count][:count]
    return apply_edits(code, edits), tuple(origins)


def comments(code: str) -> Iterator[tuple[int, Edit]]:
    """The comments of some code with their lines, from 1; each as an edit that leaves it as it is."""
    if "#" not in code:
        return
    positions = Positions(code)
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type == tokenize.COMMENT:
                row, column = token.start  # in characters, unlike those of `ast`
                start = positions.offset(row, 0) + column
                yield row, Edit(start=start, end=start + len(token.string), text=token.string)
    except (tokenize.TokenError, SyntaxError):  # the statement parses: the rest is its last line
        return
