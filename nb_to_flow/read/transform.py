"""IPython's input syntax turned into calls of `get_ipython()` by IPython's own transformer, line by line."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from nb_to_flow.read.text import Line, join, strip_blank

if TYPE_CHECKING:
    from IPython.core.inputtransformer2 import TransformerManager

MAX_TRANSFORMS = 2000
CELL_MAGIC = re.compile(r"%%(\S+)[ \t]*(.*)", re.DOTALL)
PROMPT = re.compile(r"\s*(>>>|In \[\d+\]:)")


@lru_cache(maxsize=1)
def _manager() -> TransformerManager:
    from IPython.core.inputtransformer2 import TransformerManager

    return TransformerManager()


def clean(lines: Sequence[Line]) -> list[Line]:
    """Take away what IPython forgives: blank lines above, common indentation, pasted prompts."""
    lines = strip_blank(lines)
    texts = textwrap.dedent(join(lines)).split("\n")
    if any(PROMPT.match(text) for text in texts):
        texts = _without_prompts(texts)
    return [Line(text, line.origin) for text, line in zip(texts, lines)]


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

    Text that IPython cannot transform comes back as it is, for the parser to complain about.
    """
    manager = _manager()
    texts = [line.text + "\n" for line in lines]
    origins = [line.origin for line in lines]
    for _ in range(MAX_TRANSFORMS):
        try:
            changed, after = manager.do_one_token_transform(texts)
        except (SyntaxError, ValueError, IndexError, AssertionError, RecursionError):
            break
        if not changed:
            break
        origins = _move_origins(texts, after, origins)
        texts = after
    return [Line(text.rstrip("\n"), origin) for text, origin in zip(texts, origins)]


def _move_origins(before: list[str], after: list[str], origins: list[int]) -> list[int]:
    """One transformation replaces some neighbouring lines by a single one."""
    same = 0
    while same < min(len(before), len(after)) and before[same] == after[same]:
        same += 1
    below = len(after) - same - 1
    return origins[: same + 1] + (origins[len(origins) - below :] if below > 0 else [])
