"""Whole notebooks made up at random, from a seed."""

from __future__ import annotations

import json
import os
import random
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.soundness import definitions as d
from tests.soundness import phrases as p
from tests.soundness.author import NAMES, TAKEN_NAMES, Author
from tests.soundness.idioms import THEMES
from tests.soundness.templates import fill

HEADINGS = ("Load", "Clean", "Model", "Report", "Explore")

PHRASES: tuple[tuple[p.Phrase, int], ...] = (
    (p.bind, 8), (p.alias, 8), (p.mutate, 10), (p.compute, 5), (p.augment, 4), (p.view, 3), (p.take, 1), (p.walrus, 1),
    (p.branch, 4), (p.loop, 4), (p.say, 3), (p.show, 2), (p.forget, 2), (p.iterate, 2), (p.draw, 3), (p.store, 4),
    (d.function, 8), (d.call, 8), (d.stored_call, 1), (d.decorated, 1), (d.cls, 2), (d.subclass, 1), (d.method, 5),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell: a heading, or statements; the last may be shown."""

    statements: tuple[str, ...]
    heading: bool = False
    parameters: bool = False

    @property
    def source(self) -> str:
        """Its text."""
        return "\n".join(self.statements)


Book = tuple[Cell, ...]


def make_up(seed: int) -> Book:
    """The notebook of that number. It runs from top to bottom, as far as its author could see."""
    rng = random.Random(seed)
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            return _cut(_statements(Author(rng, TAKEN_NAMES if seed % 4 == 3 else NAMES)), rng)
        finally:
            os.chdir(before)


def _statements(me: Author) -> list[str]:
    rng = me.rng
    # Few kinds of phrases a notebook: so that they meet.
    chosen = [(f, w) for f, w in PHRASES if rng.random() < 0.6] or list(PHRASES)
    for starts, theme in rng.sample(THEMES, rng.choice([0, 1, 1, 2])):
        chosen += theme
        for start in starts:
            if rng.random() < 0.7:
                me.write((fill(me, start) if isinstance(start, str) else start(me)) or "pass")
    functions, weights = [f for f, _ in chosen], [w for _, w in chosen]
    for _ in range(rng.randrange(1, 4)):
        me.write(p.bind(me))
    wanted = rng.randrange(4, 28)
    for _ in range(4 * wanted):
        if len(me.written) >= wanted:
            break
        phrase = rng.choices(functions, weights)[0](me)
        if phrase:
            me.write(phrase)
    return me.written


def _cut(statements: Sequence[str], rng: random.Random) -> Book:
    cells: list[Cell] = []
    tagged, size = rng.random() < 0.2, rng.choice([1, 1, 2, 3])
    i = 0
    while i < len(statements):
        n = rng.randrange(1, size + 1)
        if rng.random() < 0.15:
            cells.append(Cell(statements=(f"# {rng.choice(HEADINGS)}",), heading=True))
        simple = all(s.split(" = ")[-1].isdigit() for s in statements[i : i + n])
        before = "\n".join(statements[:i])
        simple = simple and not any(s.split(" = ")[0] in before for s in statements[i : i + n])
        cells.append(Cell(statements=tuple(statements[i : i + n]), parameters=tagged and simple))
        i += n
    return tuple(cells)


def write(book: Book, path: Path) -> None:
    """Write it as an `.ipynb` file (by hand: nbformat's checks take a tenth of a soak's time)."""
    cells: list[dict[str, object]] = []
    for number, cell in enumerate(book):
        metadata = {"tags": ["parameters"]} if cell.parameters else {}
        made = {"id": f"c{number}", "metadata": metadata, "source": cell.source}
        if cell.heading:
            cells.append({**made, "cell_type": "markdown"})
        else:
            cells.append({**made, "cell_type": "code", "outputs": [], "execution_count": None})
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), encoding="utf-8")


def text(book: Book) -> str:
    """The notebook for people to read."""
    return "\n".join(
        f"# %%{' [markdown]' * c.heading}{' parameters' * c.parameters}\n{c.source}" for c in book
    )


def without(book: Book, cell: int, statement: int) -> Book:
    """The notebook less one statement."""
    kept = book[cell].statements[:statement] + book[cell].statements[statement + 1 :]
    middle = (replace(book[cell], statements=kept),) if kept else ()
    return book[:cell] + middle + book[cell + 1 :]


def from_text(source: str) -> Book:
    """A notebook written by hand, its cells set apart by `# %%`, headings by `# %% [markdown]`."""
    mark = " [markdown]\n"
    return tuple(
        Cell(statements=(part.removeprefix(mark).strip(),), heading=part.startswith(mark))
        for part in source.split("# %%")
        if part.strip()
    )
