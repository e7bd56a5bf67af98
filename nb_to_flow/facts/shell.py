"""Which files a shell command names, as far as its text tells."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise

from nb_to_flow.facts import conventions
from nb_to_flow.ir.facts import Access

MAKERS = frozenset(
    {
        "mkdir",
        "touch",
        "rm",
        "rmdir",
        "mv",
        "cp",
        "tee",
        "unzip",
        "tar",
        "wget",
        "curl",
        "sed",
        "gzip",
        "gunzip",
    }
)
REDIRECTION = re.compile(r"\d?(>>|>|<)\|?")


def named_files(command: str) -> Iterator[tuple[Access, str]]:
    """The files that a command may read or write, by name; wildcards become `{*}`.

    Commands that make or remove files write every path they are given; others read the ones that look like
    files. What a program opens without being told is not seen.
    """
    for part in re.split(r"[;|&\n]+(?![^\"']*[\"'](?:\s|$))", command):
        words = _words(part)
        makes = bool(words) and words[0] in MAKERS
        if words[:1] == ["sed"]:
            words, makes = _without_script(words), any(w.startswith(("-i", "--in-place")) for w in words)
        expect: Access | None = None
        for word in words:
            match = REDIRECTION.match(word)
            if match:
                expect = {">": Access.WRITE, ">>": Access.APPEND, "<": Access.READ}[match[1]]
                word = word[match.end() :]
            if expect is not None and word:
                yield expect, _pattern(word)
                expect = None
            elif word and not match and not word.startswith("-") and word is not words[0]:
                if makes:
                    yield Access.WRITE, _pattern(word)
                if conventions.looks_like_file(_pattern(word)) or "{" in _pattern(word):
                    yield Access.READ, _pattern(word)


def _without_script(words: list[str]) -> list[str]:
    """The words of a call of `sed` without what it is to do."""
    told = any(word.startswith(("-e", "-f", "--expression", "--file")) for word in words)
    plain = [word for word in words[1:] if not word.startswith("-")]
    given = [w for before, w in pairwise(words) if before in ("-e", "-f")] if told else plain[:1]
    return [word for word in words if word not in given]


def _words(part: str) -> list[str]:
    spaced = re.sub(r"(?<![\d&])(\d?>>|\d?>(?!&)|<)", r" \1 ", part)
    try:
        words = shlex.split(spaced)
    except ValueError:
        words = spaced.split()
    named = [w for before, w in zip(["", *words], words, strict=False) if before not in ("-u", "--user")]
    return [word for word in named if ("=" not in word[:20] or "/" in word) and "://" not in word]


def _pattern(word: str) -> str:
    """The path with symbols for wildcards and variables of the shell."""
    return re.sub(r"\*+|\?|\$\{\w+\}|\$\w+", "{*}", word)
