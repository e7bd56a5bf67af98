"""IPython's input syntax turned into calls of `get_ipython()` by IPython's own transformer, line by line."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, cast

from nb_to_flow.read.findings import UNSUPPORTED_MAGIC, Unsupported
from nb_to_flow.read.text import Line, join, strip_blank

MAX_TRANSFORMS = 500  # IPython's own limit for one cell
WINDOW = 40  # lines looked at together: tokens are found anew after each replacement
CELL_MAGIC = re.compile(r"%%(\S+)[ \t]*(.*)", re.DOTALL)
PROMPT = re.compile(r"\s*(>>>|In \[\d+\]:)")


@lru_cache(maxsize=1)
def _manager() -> Any:
    """IPython's transformer, made once: its parts are untyped."""
    from IPython.core import inputtransformer2

    return cast(Any, inputtransformer2).TransformerManager()


def clean(lines: Sequence[Line]) -> list[Line]:
    """Take away what IPython forgives: blank lines above, common indentation, pasted prompts."""
    lines = strip_blank(lines)
    texts = textwrap.dedent(join(lines)).split("\n")
    if any(PROMPT.match(text) for text in texts):
        texts = _without_prompts(texts)
    return [Line(text, line.origin) for text, line in zip(texts, lines, strict=True)]


def _without_prompts(texts: list[str]) -> list[str]:
    from IPython.core.inputtransformer2 import classic_prompt, ipython_prompt

    stripped = ipython_prompt(classic_prompt([text + "\n" for text in texts]))
    if len(stripped) != len(texts):
        return texts
    return [text.rstrip("\n") for text in stripped]


def split_cell_magic(lines: Sequence[Line]) -> tuple[str, str, Line, list[Line]] | None:
    """Name, arguments, first line and body of a cell magic; None if the lines are no cell magic.

    Comments above the magic are forgiven.
    """
    for number, line in enumerate(lines):
        text = line.text.strip()
        if not text or text.startswith("#"):
            continue
        match = CELL_MAGIC.fullmatch(text)
        if match is None or match[1].endswith("?"):
            return None
        return match[1], match[2], line, list(lines[number + 1 :])
    return None


def transform(lines: Sequence[Line]) -> list[Line]:
    """Replace every magic, shell command and help request by a call of `get_ipython()`.

    Text that IPython cannot transform comes back as it is, for the parser to complain about. As in IPython,
    there is a limit for one cell: Unsupported is raised.
    """
    texts = [line.text + "\n" for line in lines]
    origins = [line.origin for line in lines]
    start, width, count = 0, WINDOW, 0
    while start < len(texts):
        window = texts[start : start + width]
        after = _transform_one(window)
        row = _first_difference(window, after) if after is not None else len(window)
        below = (
            len(after) - row - 1 if after is not None else 0
        )  # lines of the window that stayed as they were
        if start + width < len(texts) and (after is None or below < 2):
            width *= 2  # what was found, if anything, may go on below the window
            continue
        if after is None:
            break
        count += 1
        if count > MAX_TRANSFORMS:
            raise Unsupported(UNSUPPORTED_MAGIC, f"the cell holds more than {MAX_TRANSFORMS} magics", line=1)
        end = start + len(window) - below
        origins[start + row : end] = origins[start + row : start + row + 1]
        texts[start : start + len(window)] = after
        following = texts[start + row + 1 : start + row + 2]
        if following and following[0].strip() and not following[0][0].isspace():
            start, width = start + row + 1, WINDOW
    return [Line(text.rstrip("\n"), origin) for text, origin in zip(texts, origins, strict=True)]


def _transform_one(texts: list[str]) -> list[str] | None:
    """The lines with their first magic replaced, which becomes one line; None if there is none."""
    try:
        changed, after = _manager().do_one_token_transform(texts)
    except (SyntaxError, ValueError, IndexError, AssertionError, RecursionError):
        return None
    return list(after) if changed and after != texts else None


def _first_difference(before: list[str], after: list[str]) -> int:
    row = 0
    while row < min(len(before), len(after)) and before[row] == after[row]:
        row += 1
    return row
