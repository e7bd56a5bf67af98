"""Headings and comments as names: what they say to do, in a few words of snake case."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from nb_to_flow.plan.words import (
    AUXILIARIES,
    COMPOUNDS,
    FILLERS,
    LABELS,
    NOUNS,
    PREPOSITIONS,
    QUESTIONS,
    RELATIVES,
    SMALL,
    VERBS,
)

LONGEST = 40
_SHORT = 32
_MOST_WORDS = 4

_LOOKING = re.compile(
    r"^(let ?s |lets )?((have|take) )?(a )?((first|quick|closer|brief|short) )?looks? (at|into|for) "
)
_BREAK = re.compile(r"[:;,.!?]\s+|\s[-\u2013\u2014]+\s")
_ASIDE = re.compile(r"\([^()]*\)|\[[^\][]*\]")


def stem(title: str, *, whole: bool = False) -> str:
    """A heading as snake case without small words, its verb first if it has one; "" if nothing is left.

    Of a long one it keeps the first clause that says something, up to where it goes into details
    ("... with k-means"), unless the `whole` is asked for.
    """
    every = _tokens(title if whole else _clause(title))
    while every and not whole and every[0] in FILLERS | QUESTIONS or _is_aside(every):
        asks = every[0] in QUESTIONS
        every = every[1:]
        while asks and every and every[0] in AUXILIARIES:
            every = every[1:]
    if not whole:
        every = _first_deed(every)
    words = [w for k, w in enumerate(every) if w not in SMALL or _joins_verbs(every, k)]
    words = words if whole and len(words) == 1 else _verb_first(words)
    if not whole:
        words = _without_details(words)
    if whole or len(words) > _MOST_WORDS:
        words = [w for w in words if w not in PREPOSITIONS | RELATIVES or w == "by"]
    while words and (words[0].isdigit() or words[0] in PREPOSITIONS):
        words.pop(0)
    return _fitting(words, LONGEST if whole else _SHORT)


def _tokens(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    plain = _LOOKING.sub("", re.sub(r"'s\b", "", plain.replace("let's", "lets")).replace("'", ""))
    return re.findall(r"[a-z0-9]+", plain)


def _clause(title: str) -> str:
    """The clause that says most: the first, unless it only numbers or is a single word of many."""
    text = re.sub(r"(?<=\w)[\u2019\u02bc](?=\w)", "'", title)
    text = _ASIDE.sub(" ", text) if re.search(r"\w", _ASIDE.sub(" ", text)) else text
    clauses = [c for c in _BREAK.split(text) if re.search(r"\w", c)]
    while len(clauses) > 1 and _is_label(clauses[0]) and len(_content(" ".join(clauses[1:]))) > 1:
        clauses.pop(0)
    if len(_content(" ".join(clauses))) <= _MOST_WORDS:
        return " ".join(clauses)
    return next((c for c in clauses if len(_content(c)) > 1), text)


def _content(text: str) -> list[str]:
    return [w for w in _tokens(text) if w not in SMALL]


def _is_label(clause: str) -> bool:
    """True for "Example 2", "Approach", "Exercise 3b"."""
    words = _tokens(clause)
    return bool(words) and words[0] in LABELS and all(re.fullmatch(r"\d*[a-z]?|[ivx]+", w) for w in words[1:])


def _is_aside(words: Sequence[str]) -> bool:
    """True for the adverb of "visually evaluate the clusters"."""
    return len(words) > 1 and words[0].endswith("ly") and bool(_as_verb(words[1]))


def _first_deed(words: list[str]) -> list[str]:
    """The words up to what else is done or what it is done for: "plot data" of "plot data to find clusters"."""
    for place in range(1, len(words) - 1):
        told = [w for w in words[:place] if w not in SMALL]
        again = words[place] in ("and", "to") and words[place + 1] in VERBS
        if again and len(told) > 1 and _as_verb(told[0]) and not _joins_verbs(words, place):
            return words[:place]
    return words


def _without_details(words: list[str]) -> list[str]:
    """The words up to a relative clause, or in a long one or after a verb up to what it is done with, on or for."""
    long = words[:1] and words[0] in VERBS or len([w for w in words if w not in PREPOSITIONS]) >= _MOST_WORDS
    for place, word in enumerate(words):
        told = [w for w in words[:place] if w not in PREPOSITIONS]
        if len(told) > 1 and (word in RELATIVES or long and word in PREPOSITIONS and word != "by"):
            return words[:place]
    return words


def _fitting(words: Sequence[str], longest: int) -> str:
    """As many of the words as are wanted in a name."""
    found = ""
    told = 0
    for word in words:
        told += word not in PREPOSITIONS | {"and", "or"}
        if found and (len(found) + len(word) + 1 > longest or longest == _SHORT and told > _MOST_WORDS):
            break
        found = f"{found}_{word}" if found else word
    while found.rpartition("_")[2] in PREPOSITIONS | {"and", "or"}:
        found = found.rpartition("_")[0]
    return found[:LONGEST]


def _joins_verbs(words: list[str], position: int) -> bool:
    """True for the "and" of "train and test" and the "or" of "remove or impute"."""
    around = words[max(position - 1, 0) : position + 2]
    return words[position] in ("and", "or") and len(around) == 3 and {around[0], around[2]} <= VERBS


def _verb_first(words: list[str]) -> list[str]:
    """["adding", "columns"] is ["add", "columns"], ["data", "cleaning"] is ["clean", "data"]."""
    if not words or tuple(words[:2]) in COMPOUNDS:
        return words
    if words[:3] == ["exploratory", "data", "analysis"]:
        return ["explore", "data", *words[3:]]
    verb = _as_verb(words[0])
    if verb and words != ["summary"]:
        return [verb, *words[1:]]
    verb = _as_verb(words[-1])
    if verb and verb != words[-1] and 1 < len(words) < 4 and not set(words) & PREPOSITIONS:
        return [verb, *words[:-1]]
    return words


def _as_verb(word: str) -> str:
    """The verb itself, or that of a gerund or noun, or ""."""
    if word in VERBS:
        return word
    if word in NOUNS:
        return NOUNS[word]
    if word.endswith("ing") and len(word) > 4:
        for verb in (word[:-3], word[:-3] + "e", word[:-4]):
            if verb in VERBS:
                return verb
    return ""


def joined(verb: str, thing: str) -> str:
    """`verb_thing` in snake case, not too long, no word said twice."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", thing).lower()
    words = re.findall(r"[a-z0-9]+", snake)
    if len(words) > 1 and words[-1] == verb:
        words.pop()  # "Scatter plot" is `plot_scatter`
    snake = "_".join(words)
    whole = snake if snake == verb or snake.startswith(f"{verb}_") else f"{verb}_{snake}"
    if len(whole) <= LONGEST:
        return whole.rstrip("_")
    return whole[:LONGEST].rstrip("_") if "_" not in whole else whole[: LONGEST + 1].rsplit("_", 1)[0]
