"""The author's own division of the notebook: markdown headings."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nb_to_flow.ir.notebook import CellKind, Notebook

_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_UNDERLINE = re.compile(r"^ {0,3}(={3,}|-{3,})[ \t]*$")
_HTML = re.compile(r"<h([1-6])\b[^>]*>(.*?)</h\1>", re.IGNORECASE | re.DOTALL)
_FENCE = re.compile(r"^ {0,3}(```|~~~)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A markdown heading: the cell it stands in, its level (1 to 6) and its text."""

    cell: int
    level: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Consecutive cells that belong together, with the heading above them (None before the first)."""

    heading: Heading | None
    cells: tuple[int, ...]


def headings(notebook: Notebook) -> Iterator[Heading]:
    """All headings of the markdown cells, in order."""
    for cell in notebook.cells:
        if cell.kind is CellKind.MARKDOWN:
            found = sorted([*_in_markdown(cell.source.splitlines()), *_in_html(cell.source)])
            yield from (Heading(cell=cell.index, level=level, text=text) for _, level, text in found)


def _in_markdown(lines: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Line, level and text of headings that start with # or are underlined."""
    fenced = False
    for number, line in enumerate(lines):
        if _FENCE.match(line):
            fenced = not fenced
        if fenced:
            continue
        if match := _HEADING.match(line):
            yield number, len(match[1]), match[2]
        elif number and _UNDERLINE.match(line) and _is_alone(lines, number - 1):
            yield number - 1, 1 if "=" in line else 2, lines[number - 1].strip()


def _is_alone(lines: Sequence[str], number: int) -> bool:
    """True for a line of text that is a paragraph."""
    text = lines[number].strip()
    return bool(re.match(r"\w", text)) and (number == 0 or not lines[number - 1].strip())


def _in_html(source: str) -> Iterator[tuple[int, int, str]]:
    for match in _HTML.finditer(source):
        text = " ".join(re.sub(r"<[^>]*>", " ", match[2]).split())
        if text:
            yield source.count("\n", 0, match.start()), int(match[1]), text


def finest_sections(notebook: Notebook, cells: Sequence[int]) -> list[Section]:
    """One section per heading, for the given code cells in order."""
    above = list(headings(notebook))
    found: list[tuple[Heading | None, list[int]]] = []
    position = 0
    current: Heading | None = None
    for cell in cells:
        while position < len(above) and above[position].cell < cell:
            current = above[position]
            position += 1
        if not found or found[-1][0] is not current:
            found.append((current, []))
        found[-1][1].append(cell)
    return [Section(heading=h, cells=tuple(c)) for h, c in found]


def sections(notebook: Notebook, cells: Sequence[int]) -> list[Section]:
    """Sections of sensible size: the finest ones, joined under their parent while together they are small."""
    enough = max(2, min(6, len(cells) // 4))
    fine = finest_sections(notebook, cells)
    while True:
        deepest = _deepest_joinable(fine, enough)
        if deepest is None:
            return fine
        fine = deepest


def _deepest_joinable(fine: list[Section], enough: int) -> list[Section] | None:
    """Join the first run of subsections that is small enough, deepest level first; None if there is none."""
    for level in range(6, 1, -1):
        for start, section in enumerate(fine):
            if section.heading is None or section.heading.level != level:
                continue
            first = _parent(fine, start, level)
            last = start
            while last + 1 < len(fine) and _level(fine[last + 1]) >= level:
                last += 1
            joined = [c for s in fine[first : last + 1] for c in s.cells]
            if first < last and len(joined) <= enough:
                whole = Section(heading=fine[first].heading, cells=tuple(joined))
                return [*fine[:first], whole, *fine[last + 1 :]]
    return None


def _parent(fine: list[Section], start: int, level: int) -> int:
    """Where the section that a subsection belongs to starts."""
    first = start
    while first > 0 and _level(fine[first]) >= level:
        first -= 1
    return first if _level(fine[first]) < level and fine[first].heading is not None else start


def _level(section: Section) -> int:
    return section.heading.level if section.heading is not None else 0
