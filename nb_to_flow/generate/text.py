"""Small pieces of generated text."""

from __future__ import annotations

import builtins
import re
import textwrap
from collections.abc import Iterable

WIDTH = 88


def docstring(paragraphs: Iterable[str], indent: int = 0) -> str:
    """A docstring of the paragraphs (lines within one are kept), to stand at `indent` columns."""
    texts = [_escaped(p) for p in paragraphs if p.strip()]
    if len(texts) == 1 and "\n" not in texts[0] and len(texts[0]) + indent + 6 <= WIDTH:
        return f'"""{_closable(texts[0])}"""'
    return '"""' + "\n\n".join(texts) + '\n"""'


def filled(text: str, indent: int = 0) -> str:
    """Prose wrapped to the line width at `indent` columns."""
    return "\n".join(
        textwrap.wrap(" ".join(text.split()), WIDTH - indent, break_long_words=False, break_on_hyphens=False)
    )


def sentence(text: str) -> str:
    """The text as one line that ends like a sentence."""
    text = " ".join(text.split()).strip()
    return text if not text or text[-1] in ".!?:" else text + "."


def first_sentence(text: str, longest: int) -> tuple[str, str]:
    """The first sentence and the rest, if together they are longer than that and the first alone is not."""
    match = re.match(r"(.{12,}?[.!?])\s+(?=[A-Z\"'(])", text)
    if len(text) <= longest or match is None or len(match[1]) > longest:
        return text, ""
    return match[1], text[match.end() :]


def numbers(positions: Iterable[int]) -> str:
    """Cell positions as people count cells, from 1: "cell 3", "cells 3-5, 8"."""
    ranges: list[list[int]] = []
    for number in sorted({p + 1 for p in positions}):
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    listed = ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in ranges)
    several = len(ranges) > 1 or any(a != b for a, b in ranges)
    return f"cell{'s' if several else ''} {listed}" if listed else ""


def unbound(names: Iterable[str]) -> str:
    """Code for variables that aren't bound where a function needs them to be: what looking them up gives, or None."""
    names = tuple(names)
    again = [name for name in names if hasattr(builtins, name)]
    empty = [name for name in names if name not in again]
    lines = [" = ".join([*empty, "None"])] if empty else []
    return "; ".join([*lines, f"from builtins import {', '.join(again)}"] if again else lines)


def _escaped(text: str) -> str:
    return text.strip().replace("\\", "\\\\").replace('"""', '\\"\\"\\"').replace("\x00", "")


def _closable(text: str) -> str:
    return text[:-1] + '\\"' if text.endswith('"') else text
