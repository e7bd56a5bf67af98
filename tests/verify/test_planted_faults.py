"""Faults planted in generated flows: `verify` finds each of them, and names the task where it begins."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import nb_to_flow
from nb_to_flow import ConvertOptions, VerifyOptions, VerifyResult, VerifySession
from nb_to_flow.ir.verification import Verdict
from nb_to_flow.report.verification import verification_table
from tests.verify.planted import IN_ROWS, IN_SHOP, ROWS, ROWS_FILES, SHOP, SHOP_FILES, Fault

pytestmark = pytest.mark.slow

CELLS = ConvertOptions(outputs="all", granularity="cell")


class Patient:
    """A notebook that has been run, whose flow can be verified again and again with faults in it."""

    def __init__(self, session: VerifySession, notebook: Path, convert: ConvertOptions) -> None:
        self.session = session
        self.notebook = notebook
        self.convert = convert
        (done,) = nb_to_flow.convert(notebook, output=notebook.parent.parent / "flows", options=convert)
        assert done.flow_file is not None
        self.flow = done.flow_file
        self.text = self.flow.read_text()
        self.observed: dict[str, Any] = {}

    def with_edits(self, edits: tuple[tuple[str, str], ...]) -> str:
        """The flow's text with something replaced. Each text must occur once, or the test says nothing."""
        text = self.text
        for before, after in edits:
            assert text.count(before) == 1, f"{before!r} occurs {text.count(before)} times in\n{text}"
            text = text.replace(before, after)
        return text

    def verify(
        self, text: str, options: VerifyOptions, parameters: dict[str, Any] | None = None
    ) -> VerifyResult:
        key = json.dumps(parameters)
        if key not in self.observed:
            self.observed[key] = self.session.observe(self.notebook, parameters, convert=self.convert)
        self.flow.write_text(text)
        return self.session.check(self.observed[key], flow=self.flow, options=options)


def cell(number: int, source: str) -> dict[str, Any]:
    common = {"id": f"c{number}", "source": source, "metadata": {}}
    if source.startswith("## "):
        return {**common, "cell_type": "markdown"}
    tags = {"tags": ["parameters"]} if number == 0 and "seed = " in source else {}
    return {**common, "cell_type": "code", "execution_count": None, "outputs": [], "metadata": tags}


def made(
    folder: Path,
    session: VerifySession,
    cells: tuple[str, ...],
    files: dict[str, str],
    convert: ConvertOptions,
) -> Patient:
    work = folder / "work"
    work.mkdir()
    for name, content in files.items():
        (work / name).write_text(content)
    sources = [cell(number, source) for number, source in enumerate(cells)]
    notebook = work / f"{folder.name.rstrip('0123456789')}.ipynb"
    notebook.write_text(json.dumps({"cells": sources, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return Patient(session, notebook, convert)


@pytest.fixture(scope="module")
def rows(session: VerifySession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Patient]:
    yield made(tmp_path_factory.mktemp("rows"), session, ROWS, ROWS_FILES, CELLS)


@pytest.fixture(scope="module")
def shop(session: VerifySession, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Patient]:
    yield made(tmp_path_factory.mktemp("shop"), session, SHOP, SHOP_FILES, replace(CELLS, granularity="auto"))


def check(patient: Patient, fault: Fault) -> None:
    result = patient.verify(patient.with_edits(fault.edits), fault.options, fault.parameters or None)
    assert not result.ok
    differences = {(finding.what, finding.name) for finding in result.differences}
    assert (fault.what, fault.found) in differences, differences
    assert all(finding.reason for finding in result.differences)
    assert result.first is not None and result.first.reason
    assert result.first.task == fault.task, result.first
    if fault.cell is not None:
        assert result.first.cell == fault.cell, result.first
    if fault.variable is not None:
        assert result.first.name == fault.variable, result.first
    if fault.only:
        assert result.runs[0].ok
        assert not result.runs[-1].ok


def test_without_a_fault_nothing_is_found(rows: Patient, shop: Patient) -> None:
    thorough = VerifyOptions(schedules=1, retries=True)
    for patient, options in ((rows, thorough), (shop, VerifyOptions())):
        result = patient.verify(patient.text, options)
        assert result.ok, [(f.name, f.reason) for f in result.differences]
        found = {finding.verdict for finding in result.findings}
        assert Verdict.SAME in found and Verdict.DIFFERENT not in found


@pytest.mark.parametrize("fault", IN_ROWS, ids=lambda fault: fault.name)
def test_in_plain_python(rows: Patient, fault: Fault) -> None:
    check(rows, fault)


@pytest.mark.parametrize("fault", IN_SHOP, ids=lambda fault: fault.name)
def test_in_data_science(shop: Patient, fault: Fault) -> None:
    check(shop, fault)


def test_what_only_threads_share_is_found_on_processes(rows: Patient) -> None:
    text = rows.with_edits(
        (
            (
                "\n\n@task(cache_policy=NO_CACHE)\ndef collect_rows",
                "\nSEEN = []\n\n\n@task(cache_policy=NO_CACHE)\ndef collect_rows",
            ),
            ("    rows[0].append(9)\n", "    rows[0].append(9)\n    SEEN[:] = [9]\n"),
            ("longer = [len(row) for row in rows]", "longer = [len(row) for row in rows if SEEN]"),
        )
    )
    assert rows.verify(text, VerifyOptions()).ok
    result = rows.verify(text, VerifyOptions(runner="process"))
    assert not result.ok
    assert result.first is not None
    assert (result.first.task, result.first.cell, result.first.name) == ("compute_longer", 7, "longer")
    assert "0 items instead of 2" in result.first.reason


def test_a_fault_is_named_in_what_is_printed(rows: Patient) -> None:
    stream = io.StringIO()
    result = rows.verify(rows.with_edits(((".append(9)", ".append(8)"),)), VerifyOptions())
    Console(file=stream, width=300).print(verification_table(result))
    shown = stream.getvalue()
    assert "First difference: task compute_total, cell 4, variable rows: [0]: 1 of 3 items differ" in shown
    assert "3 of 7 values, the lines of 1 of 3 tasks and 2 of 2 files differ" in shown
