"""Comparing what a cell displayed with what a task published: tables by cell, texts by line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from html import unescape
from html.parser import HTMLParser

from nb_to_flow.ir.verification import Comparison, Displayed, Row, Verdict
from nb_to_flow.verify.leaves import text_difference
from nb_to_flow.verify.lines import normal
from nb_to_flow.verify.words import shorten

# Flows publish 500,000 characters of a display.
_LONGEST = 490_000
_ROWS = 20
_STYLE = re.compile(r"<style.*?</style>", re.DOTALL)
_FENCE = re.compile(r"```\n(.*)\n```", re.DOTALL)
_HTML = re.compile(r"\s*<[a-zA-Z!][^<>]*>.*</[a-zA-Z]", re.DOTALL)
# Ids that libraries make up for the elements of a page: by chance, or by counting them.
_IDS = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}"
    r"|\bT_[0-9a-f]{5,}(?=[_\"])|\bsk-(?:container|estimator)-id-\d+"
)
_SCRIPT = re.compile(r"<script.*?</script>", re.DOTALL)
_TAG = re.compile(r"<[^<>]{0,2000}>")
_LOCALS = re.compile(r"(?<![\w.])[\w.]+\.(?:<|&lt;)locals(?:>|&gt;)\.")


def plain_form(text: str, module: str = "") -> str:
    """A displayed text without what is different in each run or belongs to the place of its code.

    Those are addresses, made-up ids, styles, and the module and function in which a class is defined; `module` is
    the flow's.
    """
    text = _LOCALS.sub("", _replaced(_STYLE, "</style>", "", text)[:_LONGEST])
    if _HTML.match(text):
        text = _TAG.sub(_without_ids, _replaced(_SCRIPT, "</script>", _without_ids, text))
    text = re.sub(
        rf"\b(?:__main__|{re.escape(module)})\.(?=[A-Za-z_])" if module else r"\b__main__\.", "", text
    )
    return "\n".join(map(normal, text.strip().splitlines()))


def _without_ids(found: re.Match[str]) -> str:
    return _IDS.sub("#", found[0])


def _replaced(pattern: re.Pattern[str], end: str, by: str | Callable[[re.Match[str]], str], text: str) -> str:
    """`text` with elements replaced; what comes after the last `end` isn't searched, however often one begins."""
    head, last, tail = text.rpartition(end)
    return pattern.sub(by, head + last) + tail


def published_form(text: str, module: str = "") -> str:
    """The same of the text of an artifact: what stands between backquotes is meant as it is."""
    fenced = _FENCE.fullmatch(text if text.endswith("```") else f"{text}\n```")  # long ones are cut
    return plain_form(fenced[1] if fenced else text, module)


def difference(expected: Displayed, actual: Displayed, module: str = "") -> Comparison:
    """Why a task's text is none of the forms of what the cell displayed."""
    if not actual.forms:
        reason = "the flow publishes it as something else than text"
        return Comparison(verdict=Verdict.UNKNOWN, reason=reason)
    theirs = published_form(actual.forms[0], module)
    forms = [plain_form(form, module) for form in expected.forms]
    alike = [form for form in forms if bool(_HTML.match(form)) == bool(_HTML.match(theirs))]
    mine = (alike or forms or [""])[-1]
    rows = _differing_cells(mine, theirs) if alike and _HTML.match(theirs) else []
    rows = rows or _differing_lines(visible(mine), visible(theirs))
    reason = f"{rows[0].label}: {rows[0].reason}" if rows else text_difference(mine, theirs)
    more = f" (and {len(rows) - 1} more)" if len(rows) > 1 else ""
    return Comparison(verdict=Verdict.DIFFERENT, reason=reason + more, rows=tuple(rows[:_ROWS]))


def headline(display: Displayed, module: str = "") -> str:
    """A display in a few words: its first lines."""
    if not display.forms:
        return "something else than text"
    text = display.forms[-1] if display.cell is not None else display.forms[0]
    return shorten(" ".join(visible(published_form(text, module)).split()))


def visible(form: str) -> str:
    """What a reader sees of a form."""
    if not _HTML.match(form):
        return form
    rows = table_rows(form)
    if rows:
        return "\n".join("  ".join(row) for row in rows)
    return unescape(_TAG.sub(" ", _replaced(_SCRIPT, "</script>", " ", form))).strip()


def _differing_cells(mine: str, theirs: str) -> list[Row]:
    """The cells that differ of two tables of the same size."""
    a, b = table_rows(mine), table_rows(theirs)
    if not a or [len(row) for row in a] != [len(row) for row in b]:
        return []
    head = a[0]
    return [
        _row(_place(head, i, j, row), x, y)
        for i, (row, other) in enumerate(zip(a, b, strict=True))
        for j, (x, y) in enumerate(zip(row, other, strict=True))
        if x != y
    ]


def _place(head: Sequence[str], i: int, j: int, row: Sequence[str]) -> str:
    column = head[j] if j < len(head) else ""
    named = f"column {column!r}" if column and i else f"column {j + 1}"
    return (
        f"row {row[0]!r}, {named}" if i and j and row[0] else f"row {i}, {named}" if i else f"header, {named}"
    )


def _differing_lines(mine: str, theirs: str) -> list[Row]:
    a, b = mine.splitlines(), theirs.splitlines()
    rows = [_row(f"line {i + 1}", x, y) for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y]
    rows += [_row(f"line {i + 1}", x, "") for i, x in enumerate(a) if i >= len(b)]
    return rows + [_row(f"line {i + 1}", "", y) for i, y in enumerate(b) if i >= len(a)]


def _row(label: str, mine: str, theirs: str) -> Row:
    reason = text_difference(mine, theirs)
    sides = (shorten(mine, 120), shorten(theirs, 120))
    return Row(label=label, notebook=sides[0], flow=sides[1], verdict=Verdict.DIFFERENT, reason=reason)


class _Cells(HTMLParser):
    """The texts of a table's cells, row by row."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self._inside = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self._inside = True
            if not self.rows:
                self.rows.append([])
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._inside = False

    def handle_data(self, data: str) -> None:
        if self._inside:
            self.rows[-1][-1] = f"{self.rows[-1][-1]} {data.strip()}".strip()


def table_rows(form: str) -> list[list[str]]:
    """The texts of the cells of HTML tables; none if there is no table."""
    cells = _Cells()
    cells.feed(form)
    return [row for row in cells.rows if row]
