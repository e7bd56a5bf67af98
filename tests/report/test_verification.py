"""What `verify` shows: complete, in words, and safe whatever the notebook holds."""

from __future__ import annotations

import io
import json
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from nb_to_flow.ir.verification import (
    Breakdown,
    Finding,
    First,
    FlowRun,
    Row,
    Verdict,
    VerifyResult,
    What,
)
from nb_to_flow.report.verification import verification_page, verification_payload, verification_table
from nb_to_flow.report.verification_words import summary_line

ROWS = tuple(
    Row(
        label=f"column 'c{i}'",
        notebook=str(i),
        flow=str(i + 1),
        verdict=Verdict.DIFFERENT,
        reason="1 of 9 differ",
    )
    for i in range(3)
)
WRONG = Finding(
    what=What.VARIABLE,
    name="orders",
    verdict=Verdict.DIFFERENT,
    notebook="DataFrame 9 × 4",
    flow="DataFrame 9 × 4",
    reason="column 'c0': 1 of 9 differ (and 2 more)",
    rows=ROWS,
    cell=4,
    task="load_orders",
)
FINE = Finding(
    what=What.VARIABLE, name="total", verdict=Verdict.SAME, notebook="4", flow="4", cell=5, task="sum"
)
LINES = Finding(
    what=What.LINE, name="printed by sum", verdict=Verdict.SAME, notebook="2 lines", flow="2 lines"
)
NEAR = Finding(
    what=What.VARIABLE, name="mean", verdict=Verdict.CLOSE, notebook="0.3", flow="0.30000000000000004"
)
OPEN = Finding(
    what=What.VARIABLE, name="log", verdict=Verdict.UNKNOWN, reason="an open file can't be compared"
)
LOST = Finding(
    what=What.LINE, name="printed by sum", verdict=Verdict.DIFFERENT, reason="1 missing, first 'x'"
)
GONE = Finding(what=What.FILE, name="a.csv", verdict=Verdict.DIFFERENT, reason="the flow does not write it")
FIRST = First(task="load_orders", cell=4, name="orders", reason=WRONG.reason)
BROKEN = Breakdown(
    message="KeyError: 'x'", task="sum", cell=5, traceback="Traceback <most recent>\nKeyError: 'x'"
)


def result(*findings: Finding, runs: int = 1, failure: Breakdown | None = None, **more: Any) -> VerifyResult:
    wrong = any(f.verdict is Verdict.DIFFERENT for f in findings)
    first = FIRST if wrong else First(task="sum", cell=5, reason="KeyError: 'x'") if failure else None
    made = tuple(FlowRun(findings=findings, failure=failure, first=first, seconds=1.5) for _ in range(runs))
    return VerifyResult(notebook=Path("nb/sales.ipynb"), runs=made, findings=findings, tolerance=1e-9, **more)


def printed(shown: VerifyResult, width: int = 200) -> str:
    from rich.console import Console

    stream = io.StringIO()
    Console(file=stream, width=width, markup=False).print(verification_table(shown))
    return stream.getvalue()


@pytest.mark.parametrize(
    "shown, words",
    [
        (result(FINE), "1 value: all the same"),
        (result(FINE, LINES, runs=3), "1 value, the lines of 1 task: all the same in 3 runs"),
        (
            result(FINE, NEAR, unstable=("took",)),
            "2 values: all the same (1 within the tolerance; 1 not deterministic: took)",
        ),
        (result(FINE, OPEN), "2 values: all the same (1 not comparable: log)"),
        (result(FINE, WRONG), "1 of 2 values differs"),
        (result(FINE, WRONG, LOST, GONE), "1 of 2 values, the lines of 1 of 1 task and 1 of 1 file differ"),
        (result(failure=BROKEN), "the flow failed"),
        (result(FINE, failure=BROKEN, runs=2), "the flow failed in 2 of 2 runs"),
        (result(), "nothing to compare"),
    ],
)
def test_summary(shown: VerifyResult, words: str) -> None:
    assert words in summary_line(shown)
    assert printed(shown).rstrip().endswith(summary_line(shown))
    assert verification_payload(shown)["summary"] == summary_line(shown)


def test_the_table_names_the_first_difference_and_every_column() -> None:
    text = printed(result(FINE, WRONG))
    assert "First difference: task load_orders, cell 5, variable orders: column 'c0'" in text
    assert all(row.label in text for row in ROWS)
    assert text.index("orders") < text.index("total")


def test_many_rows_are_cut_and_counted() -> None:
    rows = tuple(Row(label=f"[{i}]", notebook="1", flow="2", verdict=Verdict.DIFFERENT) for i in range(500))
    many = Finding(what=What.VARIABLE, name="x", verdict=Verdict.DIFFERENT, rows=rows)
    assert "... and 488 more" in printed(result(many))
    assert "and 440 more" in verification_page(result(many))


def test_a_failed_run_says_where() -> None:
    text = printed(result(failure=BROKEN))
    assert "failed in task sum, cell 6: KeyError: 'x'" in text
    assert "First difference: task sum, cell 6: KeyError: 'x'" in text
    assert "KeyError" in verification_page(result(failure=BROKEN))


def test_the_payload_is_json() -> None:
    shown = result(FINE, WRONG, parameters={"day": Path("x"), "n": [1, {"a": None}]}, unstable=("took",))
    payload = json.loads(json.dumps(verification_payload(shown), allow_nan=False))
    assert payload["ok"] is False
    assert payload["first"] == {
        "task": "load_orders",
        "cell": 4,
        "what": "variable",
        "name": "orders",
        "reason": WRONG.reason,
    }
    assert payload["findings"][1]["rows"][0] == {
        "part": "column 'c0'",
        "notebook": "0",
        "flow": "1",
        "verdict": "different",
        "reason": "1 of 9 differ",
    }
    assert payload["parameters"] == {"day": "x", "n": [1, {"a": None}]}
    assert payload["runs"][0]["different"] == ["variable orders"]


class Checked(HTMLParser):
    """Whether all elements are closed, and what the page would load."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.sources: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.sources += [value or "" for name, value in attrs if name in {"src", "href"}]
        if tag not in {"meta", "img", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_the_page_is_whole_and_loads_nothing() -> None:
    figure = Finding(
        what=What.FIGURE,
        name="figure 1",
        verdict=Verdict.DIFFERENT,
        reason="2 % differ",
        pictures=(b"one", b"two"),
    )
    lost = Finding(what=What.FIGURE, name="figure 2", verdict=Verdict.DIFFERENT, pictures=(b"one", None))
    same = Finding(what=What.FIGURE, name="figure 3", verdict=Verdict.SAME, pictures=(b"one", b"one"))
    shown = result(
        FINE, WRONG, LINES, NEAR, OPEN, figure, lost, same, runs=2, failure=BROKEN, flow_text="a = 1\nb = 2\n"
    )
    page = verification_page(shown)
    checked = Checked()
    checked.feed(page)
    assert checked.open == []
    assert all(source.startswith("data:image/png;base64,") for source in checked.sources)
    assert len(checked.sources) == 2 + 2 + 1 + 1
    for words in (
        summary_line(shown),
        "First difference.",
        "figure 1",
        "a = 1\nb = 2",
        "Traceback <most recent>",
    ):
        assert words in checked.text


def test_nothing_of_the_notebook_becomes_markup() -> None:
    evil = "<script>alert(1)</script>\x1b[31m[bold]{{body}}"
    bad = Finding(
        what=What.VARIABLE,
        name=evil,
        verdict=Verdict.DIFFERENT,
        notebook=evil,
        flow=evil,
        reason=evil,
        rows=(Row(label=evil, notebook=evil, flow=evil, verdict=Verdict.DIFFERENT, reason=evil),) * 2,
        task=evil,
    )
    shown = result(bad, parameters={evil: evil}, notes=(evil,), unstable=(evil,), flow_text=evil)
    page = verification_page(shown)
    assert "<script" not in page
    assert "\x1b" not in page + printed(shown)
    assert "[bold]" in printed(shown)
    ET.fromstring(page[page.index("<main>") : page.index("</main>")].replace("&nbsp;", " ") + "</main>")
