"""What a batch leaves: tables, the page, the artifact."""

from __future__ import annotations

import csv
import dataclasses
import datetime
import io
import json
import math
import re
import threading
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console

from nb_to_flow.batches.artifact import MOST_ROWS, artifact_data, artifact_description
from nb_to_flow.batches.current import kept_current
from nb_to_flow.batches.ledger import SqliteLedger
from nb_to_flow.batches.tables import CSV, PARQUET, column_values, result_table, write_tables
from nb_to_flow.batches.view import LedgerView
from nb_to_flow.ir.batch import Finished, Output, Progress, SetRecord, State
from nb_to_flow.ir.batch_result import BatchReport, SetRow, TaskRow
from nb_to_flow.report.batch_page import batch_page
from nb_to_flow.report.batch_progress import bar, progress_line
from nb_to_flow.report.plots import Point, scatter
from tests.batches.test_ledger import asked, program

ROWS = [
    SetRow(
        number=0,
        line=2,
        state="done",
        parameters={"year": 2024, "state": "CA", "note": 'a, "b"\n<i>'},
        seconds=1.5,
        outputs={
            "auc": Output(value=0.5, kind="float"),
            "year": Output(value=7, kind="int"),
            "day": Output(value=datetime.date(2024, 1, 2), kind="date"),
            "table": Output(path="sets/0/table.parquet", kind="DataFrame"),
        },
    ),
    SetRow(number=1, line=3, state="failed", parameters={"year": 2025}, error="t: ValueError: <no>"),
    SetRow(
        number=2,
        state="done",
        parameters={"year": 2026, "state": "CA", "note": 'a, "b"\n<i>'},
        outputs={"auc": Output(value=1, kind="int"), "year": Output(value=8, kind="int")},
    ),
]


def test_columns_keep_apart(tmp_path: Path) -> None:
    columns, rows = result_table(ROWS)
    assert columns == [
        "set", "line", "year", "param_state", "note",
        "auc", "result_year", "day", "table",
        "state", "seconds", "error",
    ]  # fmt: skip
    assert rows[0]["param_state"] == "CA"
    assert rows[0]["state"] == "done"
    assert rows[0]["result_year"] == 7


def test_csv_and_parquet_agree(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    assert [path.name for path in write_tables(tmp_path, ROWS)] == [CSV, PARQUET]
    with open(tmp_path / CSV, newline="", encoding="utf-8") as stream:
        read = list(csv.DictReader(stream))
    table = parquet.read_table(tmp_path / PARQUET).to_pylist()
    assert [row["note"] for row in read] == ['a, "b"\n<i>', "", 'a, "b"\n<i>']
    assert table[0]["note"] == 'a, "b"\n<i>' and table[1]["note"] is None
    assert [row["auc"] for row in table] == [0.5, None, 1.0]
    assert table[0]["day"] == datetime.date(2024, 1, 2)
    assert read[0]["table"] == table[0]["table"] == "sets/0/table.parquet"
    assert table[1]["error"] == "t: ValueError: <no>"
    assert not [path for path in tmp_path.iterdir() if path.name not in (CSV, PARQUET)]


MIXED = [
    ([1, None, 2], [1, None, 2]),
    ([1, 2.5], [1.0, 2.5]),
    ([True, 1], ["true", "1"]),
    (["a", 1, None], ["a", "1", None]),
    ([2**70], [str(2**70)]),
    ([None, None], [None, None]),
]


@pytest.mark.parametrize(("values", "expected"), MIXED)
def test_a_column_has_one_type(values: list[object], expected: list[object]) -> None:
    found = column_values("x", [{"x": value} for value in values])
    assert found == expected
    assert [type(value) for value in found] == [type(value) for value in expected]


def test_view_reads_what_the_ledger_wrote(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path)
    ledger.describe({"flow": "f"})
    ledger.ask(asked({"year": 1}, {"year": 2}))
    ledger.add(program("shared", "a", "b"))
    view = LedgerView(tmp_path)
    assert view.counts() == {"pending": 2}
    ledger.finish([Finished(key=k, state=State.DONE, seconds=2) for k in ("shared", "a")])
    ledger.set_ended([SetRecord(index=0, state=State.DONE, outputs={"x": Output(value=1)})])
    report = view.report()
    assert report.title == "f"
    assert [row.state for row in report.sets] == ["done", "pending"]
    [task] = report.tasks
    assert (task.distinct, task.calls, task.ran) == (3, 4, 2)
    assert (task.seconds, task.alone_seconds) == (4, 6)


def test_page_is_well_formed_and_loads_nothing() -> None:
    tasks = (TaskRow(task="load", distinct=1, calls=3, ran=1, seconds=2, alone_seconds=6),)
    page = batch_page(BatchReport(title="<x>", sets=ROWS, tasks=tasks, facts={"runner": "a & b"}))
    body = page[page.index("<body>") : page.index("</html>")]
    tree = ElementTree.fromstring(body)
    assert not [e for e in tree.iter() if e.tag in ("script", "img", "link", "iframe")]
    assert "http" not in page
    assert "3.0 times as much" in page
    assert "1 for 3 calls" in page
    assert "&lt;no&gt;" in page and "<no>" not in page
    # auc and year over the one parameter that is a number and varies
    assert len(tree.findall(".//figure")) == 2


def test_page_of_a_batch_that_has_not_begun() -> None:
    rows = [SetRow(number=0, state="pending", parameters={})]
    assert "1 not run" in batch_page(BatchReport(title="f", sets=rows))


def test_plot_of_one_point_and_of_huge_values() -> None:
    for ys in ([3.0], [1e300, -1e300], [0, 0], [5_000_000, 5_100_000]):
        points = [Point(x=n, y=y) for n, y in enumerate(ys)]
        svg = ElementTree.fromstring(scatter(points, "x", "y", {"": 0}))
        assert len(svg.findall("circle")) == len(ys)
        assert all(-1 <= float(c.get("cy", "nan")) <= 221 for c in svg.findall("circle"))


def test_ticks_of_whole_numbers_are_whole() -> None:
    for first, last in ((2014, 2024), (0, 9), (1, 12), (-3, 40)):
        points = [Point(x=x, y=x) for x in range(first, last + 1)]
        svg = ElementTree.fromstring(scatter(points, "year", "y", {"": 0}))
        ticks = [t.text or "" for t in svg.iter("text") if t.get("text-anchor") == "middle"]
        assert len(ticks) >= 2 and not any("." in text for text in ticks)


def test_artifact_shows_failures_first_and_is_json() -> None:
    many = [
        SetRow(
            number=n,
            state="failed" if n == 900 else "done",
            error="no" if n == 900 else "",
            parameters={"x": math.nan},
        )
        for n in range(1000)
    ]
    data = json.loads(artifact_data(many), parse_constant=lambda name: pytest.fail(name))
    assert len(data) == MOST_ROWS
    assert [row["set"] for row in data[:2]] == [900, 0]
    said = artifact_description({"done": 999, "failed": 1})
    assert said.startswith("1,000 parameter sets: 999 done, 1 failed.")


def test_kept_current_stops_with_its_block() -> None:
    seen = threading.Event()
    with kept_current(seen.set, every=0.001):
        assert seen.wait(20)
    assert not [thread for thread in threading.enumerate() if thread.name == "kept-current"]


def test_progress_in_words() -> None:
    now = Progress(
        sets=1000, done=118, failed=2, pieces=2004, pieces_ended=410, seconds=100, seconds_left=290
    )
    line = "120 of 1,000 sets, 2 failed; 410 of 2,004 pieces; 4.1 pieces/s, 4 min 50 s left"
    assert progress_line(now) == line
    assert "3.1 pieces/s" in progress_line(now, before=100)
    begun = Progress(sets=2, done=0, failed=0, pieces=3, pieces_ended=0, seconds=0)
    assert progress_line(begun) == "0 of 2 sets; 0 of 3 pieces"


def test_the_bar_has_rate_and_time_left_on_a_narrow_terminal() -> None:
    out = io.StringIO()
    now = Progress(
        sets=1000, done=118, failed=2, pieces=2004, pieces_ended=410, seconds=100, seconds_left=290,
        running=("score × 20: region=EU, n=3 … region=US, n=4", "load [1]"),
    )  # fmt: skip
    with bar(Console(file=out, width=80, force_terminal=True, color_system=None)) as show:
        show(dataclasses.replace(now, pieces_ended=0))
        show(now)
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "\n", out.getvalue()).splitlines()
    [line, *_] = [line for line in lines if "pieces/s" in line]
    assert "120 of 1,000 sets, 2 failed; 4.1 pieces/s, 4 min 50 s left score" in line
    assert line.startswith("━━") and len(line) <= 80
