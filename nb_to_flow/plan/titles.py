"""What the notebook's headings say of tasks and of the flow."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from nb_to_flow.ir.notebook import CellKind
from nb_to_flow.plan.assemble import Assembly, cells_of
from nb_to_flow.plan.sections import Heading, headings

_EMPTY = re.compile(r"setup|set up|imports?|libraries|introduction|overview|start|notes?|code")
# What belongs to the heading before it, whatever its level.
_ANSWER = re.compile(r"(solutions?|examples?|answers?|definitions?|computations?|implementation)[\s\d.:#-]*")
_LOOSE_END = re.compile(
    r"(\s+(a|an|the|and|or|but|of|to|in|on|at|by|for|from|with|as|is|are|be|that|which))+$"
)


def says_nothing(title: str) -> bool:
    """True for headings such as "Setup" and "Solution 2"."""
    return bool(_EMPTY.fullmatch(title.lower()) or _ANSWER.fullmatch(title.lower()))


def titles_of(assembly: Assembly) -> dict[int, str]:
    """For each group the text of the heading above most of its cells, or ""."""
    above = _headings_above(assembly)
    return {
        g: _shortened(plain_text(_best([above[c] for c in cells_of(assembly, g)]))) for g in assembly.order
    }


def _best(above: Sequence[Sequence[Heading]]) -> str:
    """The heading above most cells; if none is above half of them, the innermost above all.

    None if most stand under no heading.
    """
    texts = [chain[-1].text for chain in above if chain]
    if 2 * len(texts) < len(above) or not texts:
        return ""
    best = max(texts, key=lambda t: (texts.count(t), -texts.index(t)))
    common = [h for h in above[0] if all(h in chain for chain in above)]
    return common[-1].text if common and 2 * texts.count(best) < len(above) else best


def _headings_above(assembly: Assembly) -> dict[int, list[Heading]]:
    """The headings that each cell stands under, outermost first: those that say something if there are any."""
    notebook = assembly.draft.facts.notebook
    above: dict[int, list[Heading]] = {}
    pending = list(headings(notebook))
    first_title = (
        pending[0]
        if pending and pending[0].level == 1 and _is_first_of_notebook(assembly, pending[0])
        else None
    )
    open_ones: list[Heading] = []
    for cell in notebook.cells:
        while pending and pending[0].cell <= cell.index:
            found = pending.pop(0)
            answers = bool(_ANSWER.fullmatch(plain_text(found.text).lower()))
            open_ones = [h for h in open_ones if h.level < found.level + answers and h.text != found.text] + [
                found
            ]
        telling = [h for h in open_ones if h is not first_title and not says_nothing(plain_text(h.text))]
        under = telling or [h for h in open_ones if h is not first_title]
        above[cell.index] = under
    return above


def _shortened(text: str) -> str:
    """At most a line of it: whole words, a whole clause if there is one."""
    if len(text) <= 70:
        return text
    words = text[:71].rsplit(" ", 1)[0]
    for end in (r"[,;:.]\s", r"\s\((?![^(]*\))"):
        clause = re.split(end, words)[0]
        words = clause if len(clause) > 15 else words
    return _LOOSE_END.sub("", words).rstrip(" ,;:(.-")


def _is_first_of_notebook(assembly: Assembly, heading: Heading) -> bool:
    cells = assembly.draft.facts.notebook.cells
    return all(c.kind is CellKind.MARKDOWN for c in cells[: heading.cell])


def plain_text(markdown: str) -> str:
    """A heading without markup, numbering and trailing punctuation."""
    text = re.sub(r"<[^>]*>", " ", markdown)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"[*_`#$\\\u00b6]+", " ", text)
    text = (
        re.sub(
            r"^\s*(?:(?:step|part|section|chapter|task|question|exercise)\s*)?(?:[\dIVX]+[.):]*(?:\d+[.):]*)*)\s+",
            "",
            text.strip(),
            flags=re.IGNORECASE,
        )
        or text
    )
    return " ".join(text.split()).strip(" .:;-!?")


def flow_texts(
    notebook_path: str, found: Sequence[Heading], texts: Mapping[int, str], first_code: int
) -> tuple[str, str]:
    """Title and description of the flow: its first H1 and the paragraph under it.

    An H1 that comes after other headings and code is the title of a section.
    """
    for heading in found:
        if heading.level == 1 and (heading is found[0] or heading.cell < first_code):
            return plain_text(heading.text), _first_paragraph(texts.get(heading.cell, ""), heading)
    stem = re.split(r"[/\\]", notebook_path)[-1].rsplit(".", 1)[0]
    words = " ".join(re.sub(r"_+|(?<=\w)-+(?=\w)", " ", stem).split())
    return words[:1].upper() + words[1:], ""


def _first_paragraph(source: str, heading: Heading) -> str:
    lines = source.splitlines()
    start = next((k for k, line in enumerate(lines) if heading.text and heading.text in line), -1) + 1
    paragraph: list[str] = []
    for line in lines[start:]:
        if not line.strip():
            if paragraph:
                break
            continue
        if not re.match(r"[A-Za-z0-9\"'(*_`]", line.strip()) or line.lstrip().startswith(
            ("#", "![", "- ", "* ")
        ):
            break
        paragraph.append(line.strip())
    return _whole_sentences(_without_markup(" ".join(paragraph)))


def _without_markup(text: str) -> str:
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"`+([^`]+)`+", r"\1", text)
    text = re.sub(r"\*{1,3}(\S[^*]*)\*{1,3}", r"\1", text)
    return re.sub(r"(?<!\w)_{1,3}(\S[^_]*)_{1,3}(?!\w)", r"\1", text)


def _whole_sentences(text: str) -> str:
    """The text without a last sentence that leads to a list or a formula."""
    if re.search(r"[.!?)\"'”]$", text):
        return text
    whole = re.match(r".*[.!?](?=\s)", text)
    if whole:
        return whole[0]
    return "" if text.endswith((":", ",")) or _LOOSE_END.search(text) else text
