"""What the author's comments say a task does."""

from __future__ import annotations

import re
from collections.abc import Iterable

from nb_to_flow.plan.phrases import stem
from nb_to_flow.plan.words import VERBS

_PROSE = re.compile(r"[A-Za-z][A-Za-z0-9 ,'’()/-]*[.:!]?")
_REST = re.compile(
    r"\s(?:with|using|for|so|because|if|when|where|that|which|while|by|on|in|from|into|via|after|before|until"
    r"|based|given)\s|[,.:;(!]"
)
_MOST_WORDS = 4
_VAGUE = frozenset({"get", "import", "make", "set", "use"})


def named_by(codes: Iterable[str]) -> str:
    """A name in snake case from the first comment that leads one of the statements and starts with a verb, or "".

    Args:
        codes: the statements' text, with the comments that lead them.
    """
    for code in codes:
        for line in _leading(code):
            name = _as_name(line)
            if name:
                return name
    return ""


def _leading(code: str) -> Iterable[str]:
    """The text of the comment lines above the statement."""
    for line in code.splitlines():
        text = line.strip()
        if text and not text.startswith("#"):
            return
        if text.strip("#-= "):
            yield text.strip("#-= ")


def _as_name(comment: str) -> str:
    """`train_model` of "Training the model with all rows"; "" if it isn't said as something to do."""
    if not _PROSE.fullmatch(comment):
        return ""
    words = stem(_REST.split(comment, maxsplit=1)[0], whole=True).split("_")
    return "_".join(words) if 2 <= len(words) <= _MOST_WORDS and words[0] in VERBS - _VAGUE else ""
