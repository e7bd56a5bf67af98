"""Lines, tables and JSON for people and programs."""

from __future__ import annotations

import io

import pytest
from rich.console import Console, RenderableType

from nb_to_flow.ir.diagnostics import Diagnostic, Severity
from nb_to_flow.ir.spans import Span
from nb_to_flow.report import tables
from nb_to_flow.report.payload import convert_payload, inspect_payload
from nb_to_flow.report.text import diagnostic_line, failure_text, first_line, shorten
from nb_to_flow.report.values import short_value, values_table
from tests.report.samples import churn

DIAGNOSTIC = Diagnostic(
    code="NB201",
    severity=Severity.WARNING,
    message="exec reads\nand writes everything",
    hint="Replace it.",
    span=Span(cell=2, line=4, end_line=4),
)


def printed(table: RenderableType) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_diagnostic_on_one_line() -> None:
    assert diagnostic_line(DIAGNOSTIC, "x.ipynb") == (
        "x.ipynb, cell 3, line 4: warning NB201: exec reads and writes everything (Replace it.)"
    )


@pytest.mark.parametrize(
    ("task", "span", "cells", "line", "notebook", "expected"),
    [
        ("train", Span(cell=4, line=2), (), 9, "x.ipynb", "task train failed at x.ipynb, cell 5, line 2: E"),
        (
            "t",
            Span(cell=4, line=2, end_line=5),
            (),
            9,
            "x.ipynb",
            "task t failed at x.ipynb, cell 5, lines 2-5: E",
        ),
        ("train", None, (4, 5), 9, "x.ipynb", "task train failed (x.ipynb, cells 5, 6): E"),
        ("", None, (), 9, "", "the flow failed at f.py, line 9: E"),
        ("", None, (), None, "", "the flow failed: E"),
    ],
)
def test_failures(
    task: str, span: Span | None, cells: tuple[int, ...], line: int | None, notebook: str, expected: str
) -> None:
    assert failure_text("E", task, span, cells, line, notebook, "f.py") == expected


@pytest.mark.parametrize(
    ("source", "line"),
    [("# load\nimport x\ndf = 1", "df = 1"), ("import x", "import x"), ("", ""), ("# only\n\n", "# only")],
)
def test_the_line_that_says_most(source: str, line: str) -> None:
    assert first_line(source) == line


def test_shorten() -> None:
    assert shorten("a  b\nc", 10) == "a b c"
    assert shorten("abcdef", 4) == "abc…"


def test_tables_hold_names_lines_and_notes() -> None:
    graph, plan = churn()
    assert "line 1 → 1" in printed(tables.edges_table(graph))
    assert "build_features" in printed(tables.cells_table(graph.facts.notebook, plan))
    assert "Reads data.csv." in printed(tables.tasks_table(plan))
    assert "how many" in printed(tables.parameters_table(plan))
    assert "NB201" in printed(tables.diagnostics_table([DIAGNOSTIC]))


def test_tables_take_no_markup_and_no_control_characters() -> None:
    text = printed(tables.summary_table([("[bold]x[/]", "failed", "", "", "a\x1b[31mb")]))
    assert "[bold]x[/]" in text
    assert "\x1b[31mb" not in text


def test_payloads() -> None:
    graph, plan = churn()
    payload = inspect_payload(graph, plan, [DIAGNOSTIC])
    assert payload["edges"][0] == {
        "source": 2,
        "target": 5,
        "kind": "data",
        "names": ["region"],
        "certain": True,
    }
    assert payload["parameters"][0]["cell"] == 2
    assert payload["diagnostics"][0]["cell"] == 2
    assert convert_payload("f.py:f", plan, [])["tasks"][0] == {
        "name": "load_customers",
        "inputs": ["df"],
        "outputs": ["df"],
        "cells": [3],
    }


class Shapeless:
    """A value that can't be shown."""

    def __repr__(self) -> str:
        raise ValueError


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        ("a\nb", "'a\\nb'"),
        (list(range(9)), "9 items"),
        (Shapeless(), "(can't be shown: ValueError)"),
    ],
)
def test_values_in_short(value: object, text: str) -> None:
    assert short_value(value) == text
    assert text in printed(values_table({"x": value}))
