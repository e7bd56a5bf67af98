"""Phrases written as templates: statements with holes for names and values.

A hole is `<kind>`: any expression of that kind (see `Author.a`). `<=kind>` is an existing value of the kind, by
whatever path, `<@kind>` the same by a variable's own name; without one the phrase can't be used. `<any>` is any
value, `<mutable>` one that can be changed, `<target>` a name to bind, `<new>` a free name, `<cond>` a condition,
`<function>` a function of the notebook that takes a number, `<simple>` a short statement.
"""

from __future__ import annotations

import re

from tests.soundness import phrases as p
from tests.soundness.author import Author

HOLE = re.compile(r"<([=@]?)([a-z]+)>")
TRIES = 8
IMPORTS = {
    "np.": "import numpy as np",
    "pd.": "import pandas as pd",
    "random.": "import random",
    "copy.": "import copy",
    "operator.": "import operator",
    "functools.": "import functools",
    "itertools.": "import itertools",
    "heapq.": "import heapq",
    "bisect.": "import bisect",
    "io.": "import io",
    "contextlib.": "import contextlib",
    "partial(": "from functools import partial",
    "itemgetter(": "from operator import itemgetter",
    "deque(": "from collections import deque",
    "Counter(": "from collections import Counter",
    "defaultdict(": "from collections import defaultdict",
    "namedtuple(": "from collections import namedtuple",
    "OrderedDict(": "from collections import OrderedDict",
    "SimpleNamespace(": "from types import SimpleNamespace",
    "@dataclass": "from dataclasses import dataclass, field",
    "@contextmanager": "from contextlib import contextmanager",
}


class NoSuch(Exception):
    """There is nothing yet to fill a hole with."""


def fill(me: Author, template: str) -> str | None:
    """The statement for a template; None if something it needs isn't there."""
    for word, statement in IMPORTS.items():
        if re.search(rf"(?<![\w.]){re.escape(word)}", template):
            me.have(statement)
    try:
        return HOLE.sub(lambda hole: _filling(me, hole[1], hole[2]), template)
    except NoSuch:
        return None


def _filling(me: Author, sign: str, kind: str) -> str:
    if sign:
        kinds = p.MUTABLE if kind == "mutable" else () if kind == "any" else (kind,)
        found = me.path(*kinds, names_only=sign == "@")
        if found is None:
            raise NoSuch
        return found
    if kind in ("target", "new", "any", "mutable"):
        return str(getattr(me, kind)())
    if kind == "cond":
        return me.condition()
    if kind == "simple":
        return p.simple(me)
    if kind == "function":
        named = [name for name, kinds in me.functions.items() if kinds == ("int",)]
        if not named:
            raise NoSuch
        return me.pick(named)
    return me.a(kind)


def phrase(*templates: str) -> p.Phrase:
    """One phrase of several templates."""

    def write(me: Author) -> str | None:
        for _ in range(TRIES):
            text = fill(me, me.pick(templates))
            if text is not None:
                return text
        return None

    return write
