"""Notebooks with something wrong with them, or only odd: bytes, JSON and code, by seed."""

from __future__ import annotations

import ast
import json
import random
import re
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from tests.fuzz.material import GROWING, MAGICS, SNIPPETS, UNICODE, Content, base

TOKEN = re.compile(r"\w+|\s+|'[^'\n]*'|\"[^\"\n]*\"|[^\w\s]")
_ALL = (
    "if else for while def class return yield await async lambda not in is and or global nonlocal del import from as with"
    " try except finally raise pass break continue None True False self x y df plt np pd print os _ __ 0 1 -1 '' () [] {}"
    " == = := += -> : , . ; @ * ** # % ! ? \\"
)
WORDS = _ALL.split()


def mutated(seed: int, start: Callable[[random.Random], Content] = base) -> bytes:
    """The file of that number: a notebook with one to six mutations."""
    rng = random.Random(seed)
    content: Any = start(rng)
    for _ in range(rng.choice((1, 1, 2, 2, 3, 4, 6))):
        level = rng.random()
        if level < 0.72:
            _mutate_source(content, rng)
        elif level < 0.97:
            content = _mutate_json(content, rng)
        else:
            _many_cells(content, rng)
    data = as_bytes(content, ascii_only=rng.random() < 0.5)
    return _mutate_bytes(data, rng) if rng.random() < 0.08 else data


def as_bytes(content: Any, *, ascii_only: bool = True) -> bytes:
    """The file with that content."""
    try:
        return json.dumps(content, ensure_ascii=ascii_only).encode("utf-8", "surrogatepass")
    except (RecursionError, ValueError):
        return b'{"cells": ' + b"[" * 5000


# -- bytes ------------------------------------------------------------------------------------------------


def _mutate_bytes(data: bytes, rng: random.Random) -> bytes:
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(data) + 1)
        to = min(len(data), at + rng.choice((1, 3, 30, 1000)))
        piece = data[at:to]
        change = rng.randrange(6)
        if change == 0:
            piece = bytes(b ^ (1 << rng.randrange(8)) for b in piece)
        elif change == 1:
            return data[:at]
        elif change == 2:
            piece = piece * rng.choice((2, 3, 50))
        elif change == 3:
            piece = rng.randbytes(len(piece))
        elif change == 4:
            piece = rng.choice(
                (b"", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\xed\xa0\x80", b'"', b"\\", b"}", b"]")
            )
        else:
            other = rng.randrange(len(data) + 1)
            piece = data[other : other + 200]
        data = data[:at] + piece + data[to:]
    return data


# -- JSON -------------------------------------------------------------------------------------------------


def _nested(rng: random.Random) -> Any:
    value: Any = "x"
    for _ in range(rng.choice((10, 300, 900))):
        value = [value] if rng.random() < 0.5 else {"a": value}
    return value


def _odd(rng: random.Random) -> Any:
    """A value of any other type."""
    simple = (
        None,
        True,
        0,
        -1,
        2**70,
        1e308,
        float("nan"),
        float("inf"),
        "",
        "x",
        "code",
        "\0",
        "\ud800",
        [],
        {},
        [[]],
        [None],
        {"": None},
    )
    change = rng.randrange(len(simple) + 3)
    if change < len(simple):
        return simple[change]
    if change == len(simple):
        return _nested(rng)
    if change == len(simple) + 1:
        return "x" * 200_000
    return [rng.choice(simple) for _ in range(20)]


def _nodes(value: Any, depth: int = 0) -> Iterator[tuple[Any, Any]]:
    """Containers and their keys, not too deep down."""
    if depth > 8:
        return
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _nodes(value[key], depth + 1)


KNOWN: tuple[tuple[str, tuple[Any, ...]], ...] = (
    ("metadata", ({"kernelspec": {"name": "ir"}}, {"kernelspec": []}, {"language_info": {"name": 3}}, {"tags": "x"}, {"tags": [1, None, "parameters"]}, {"tags": ["parameters"]}, {"tags": ["raises-exception", "skip-execution"]}, {"kernelspec": {"name": "python2"}})),
    ("nbformat", (1, 2, 3, 5, 99, "4", 4.0, None)),
    ("nbformat_minor", (0, 1, 2, 4, 6, 99, -1, "x")),
    ("cell_type", ("markdown", "raw", "heading", "code", "CODE", 4)),
    ("execution_count", (0, 1, 1, 2, -3, 10**30, "5", 1.5)),
    ("source", ([], ["a\n", "b"], ["a", "b"], [1], {"a": 1}, "x = 1\r\ny = 2\r", "\ufeffx = 1")),
    ("outputs", ([{}], [{"output_type": "x"}], None, [{"output_type": "stream", "name": "stdout", "text": 3}])),
    ("attachments", ({"a.png": {"image/png": "x"}}, [])),
    ("id", ("", "a b", 3, "x" * 100, "same", "same")),
    ("worksheets", ([{"cells": []}], [], None)),
)  # fmt: skip


def _mutate_json(content: Any, rng: random.Random) -> Any:
    places = list(_nodes(content))
    if not places or rng.random() < 0.01:
        return _odd(rng)
    if rng.random() < 0.5:
        name, values = rng.choice(KNOWN)
        owners = [c for c, _ in places if isinstance(c, dict) and name in c] or [
            c for c, _ in places if isinstance(c, dict)
        ]
        rng.choice(owners or [{}])[name] = rng.choice(values)
        return content
    owner, key = rng.choice(places)
    change = rng.randrange(5)
    if change <= 1:
        owner[key] = _odd(rng)
    elif change == 2:
        del owner[key]
    elif change == 3 and isinstance(owner, list):
        owner.insert(rng.randrange(len(owner) + 1), owner[key])
    else:
        other_owner, other_key = rng.choice(places)
        if other_owner[other_key] is not content:
            owner[key] = json.loads(json.dumps(other_owner[other_key]))
    return content


def _many_cells(content: Any, rng: random.Random) -> None:
    cells = content.get("cells") if isinstance(content, dict) else None
    if isinstance(cells, list):
        count = rng.choice((100, 500, 2000))
        kind = rng.randrange(4)
        texts = ("x = {i}", "x{i} = x{j}", "print(x{j})\nx{i} = [x{j}]", "# {i}")
        cells += [_code_cell(texts[kind].format(i=i, j=max(i - 1, 0)), i) for i in range(count)]


def _code_cell(source: str, number: int) -> Content:
    kept: Content = {"cell_type": "code", "id": f"n{number}", "metadata": {}, "source": source}
    return kept | {"execution_count": None, "outputs": []}


# -- code -------------------------------------------------------------------------------------------------


def _mutate_source(content: Any, rng: random.Random) -> None:
    cells = content.get("cells") if isinstance(content, dict) else None
    code = [c for c in cells if isinstance(c, dict) and "source" in c] if isinstance(cells, list) else []
    if not code:
        return
    cell = rng.choice(code)
    text = _text(cell)
    change = rng.choice(
        (_tokens, _tokens, _tokens, _lines, _lines, _spliced, _inserted, _odd_characters, _grown)
    )
    after = change(text, rng, code)
    for _ in range(4):
        # What doesn't parse is refused early: mostly look further.
        if rng.random() < 0.2 or change is _grown or _parses(after):
            break
        after = change(text, rng, code)
    cell["source"] = after


def _text(cell: Content) -> str:
    source = cell["source"]
    if isinstance(source, list):
        return "".join(part for part in source if isinstance(part, str))
    return source if isinstance(source, str) else ""


def _parses(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _tokens(text: str, rng: random.Random, cells: list[Content]) -> str:
    tokens = TOKEN.findall(text)
    for _ in range(rng.randrange(1, 4)):
        if not tokens:
            break
        at, change = rng.randrange(len(tokens)), rng.randrange(6)
        if change == 0:
            del tokens[at]
        elif change == 1:
            tokens.insert(at, tokens[rng.randrange(len(tokens))])
        elif change == 2:
            other = rng.randrange(len(tokens))
            tokens[at], tokens[other] = tokens[other], tokens[at]
        elif change == 3:
            tokens[at] = rng.choice(WORDS)
        elif change == 4:
            words = [t for t in tokens if t[:1].isalpha()] or tokens
            tokens[at] = rng.choice(words)
        else:
            tokens[at] = rng.choice(TOKEN.findall(_text(rng.choice(cells))) or [""])
    return "".join(tokens)


def _lines(text: str, rng: random.Random, cells: list[Content]) -> str:
    lines = text.split("\n")
    for _ in range(rng.randrange(1, 4)):
        at, change = rng.randrange(len(lines) + 1), rng.randrange(6)
        here = lines[at] if at < len(lines) else ""
        if change == 0:
            lines[at : at + 1] = []
        elif change == 1:
            lines.insert(at, here)
        elif change == 2:
            rng.shuffle(lines)
        elif change == 3:
            lines[at : at + 1] = ["    " + here]
        elif change == 4:
            lines[at : at + 1] = [here.lstrip()]
        else:
            lines.insert(at, rng.choice(_text(rng.choice(cells)).split("\n")))
    return "\n".join(lines)


def _spliced(text: str, rng: random.Random, cells: list[Content]) -> str:
    other = _text(rng.choice(cells))
    lines = text.split("\n")
    cut = rng.randrange(len(lines) + 1)
    if rng.random() < 0.3:
        other = "if x:\n" + "\n".join(f"    {line}" for line in other.split("\n"))
    elif rng.random() < 0.3:
        other = "def spliced():\n" + "\n".join(f"    {line}" for line in other.split("\n")) + "\nspliced()"
    return "\n".join([*lines[:cut], other, *lines[cut:]])


def _inserted(text: str, rng: random.Random, cells: list[Content]) -> str:
    lines = text.split("\n")
    lines.insert(rng.randrange(len(lines) + 1), rng.choice(SNIPPETS + MAGICS))
    return "\n".join(lines)


def _odd_characters(text: str, rng: random.Random, cells: list[Content]) -> str:
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(UNICODE) + text[at:]
    return text


def _grown(text: str, rng: random.Random, cells: list[Content]) -> str:
    grown = rng.choice(GROWING)(rng.choice((1, 5, 15, 40, 90, 150, 400, 1000)))
    return f"{text}\n{grown}" if rng.random() < 0.5 else f"{grown}\n{text}"
