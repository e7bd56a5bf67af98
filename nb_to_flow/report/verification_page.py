"""A verification as one web page that loads nothing from anywhere."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from html import escape
from importlib.resources import files
from typing import Any

from nb_to_flow.ir.verification import Finding, FlowRun, Row, Verdict, VerifyResult, What
from nb_to_flow.report.verification_words import (
    TITLES,
    first_text,
    ordered,
    run_text,
    summary_line,
    tolerance_text,
    where_text,
)

_SIGNS = {
    Verdict.SAME: "✓",
    Verdict.CLOSE: "≈",
    Verdict.DIFFERENT: "✗",
    Verdict.UNKNOWN: "?",
    Verdict.UNSTABLE: "~",
}
_ROWS = 60


def verification_page(result: VerifyResult) -> str:
    """The page: how it came out, the first difference, every compared thing, figures side by side."""
    template = files("nb_to_flow.report").joinpath("verification.html").read_text(encoding="utf-8")
    head, rest = template.split("{{title}}")
    middle, end = rest.split("{{body}}")
    return f"{head}{_text(result.notebook.name)}: verified{middle}{_body(result)}{end}"


def _body(result: VerifyResult) -> str:
    parts = [_header(result)]
    if result.first is not None:
        parts.append(f'<p class="first"><b>First difference.</b> {_text(first_text(result.first))}</p>')
    for what in What:
        found = ordered(finding for finding in result.findings if finding.what is what)
        if found:
            parts.append(f"<h2>{TITLES[what]}</h2>{_findings(found)}")
    parts.append(f"<h2>Runs</h2>{_runs(result)}")
    notes = "".join(f"<li>{_text(note)}</li>" for note in (*result.notes, tolerance_text(result.tolerance)))
    parts.append(f'<h2>Notes</h2><div class="card"><ul>{notes}</ul></div>')
    if result.flow_text:
        code = f"<summary>The flow that ran</summary><pre>{_text(result.flow_text, lines=True)}</pre>"
        parts.append(f'<h2>Flow</h2><div class="card"><details>{code}</details></div>')
    return "\n".join(parts)


def _header(result: VerifyResult) -> str:
    badge = (
        '<span class="badge good">same</span>' if result.ok else '<span class="badge bad">different</span>'
    )
    given = ", ".join(f"{name}={value!r}" for name, value in result.parameters.items())
    flow = str(result.flow) if result.flow is not None else "its flow, converted for this"
    soft = f"{result.notebook} and {flow}" + (f" · {given}" if given else "")
    return (
        f"<h1>{_text(result.notebook.name)}{badge}</h1>"
        f'<p class="lead">{_text(summary_line(result))}</p><p class="soft">{_text(soft)}</p>'
    )


def _findings(found: Iterable[Finding]) -> str:
    head = "<tr><th></th><th>name</th><th>where</th><th>notebook</th><th>flow</th><th>reason</th></tr>"
    return f'<div class="card"><table class="wide">{head}{"".join(map(_finding, found))}</table></div>'


def _finding(finding: Finding) -> str:
    cells = [
        f'<td class="v {finding.verdict.name.lower()}">{_verdict(finding.verdict)}</td>',
        f'<td class="name">{_text(finding.name)}</td>',
        f'<td class="where">{_text(where_text(finding.task, finding.cell))}</td>',
        f'<td class="value">{_text(finding.notebook)}</td><td class="value">{_text(finding.flow)}</td>',
        f"<td>{_text(finding.reason)}</td>",
    ]
    return f"<tr>{''.join(cells)}</tr>{_inner(_pictures(finding))}{_inner(_rows(finding))}"


def _inner(content: str) -> str:
    return f'<tr class="inner"><td colspan="6">{content}</td></tr>' if content else ""


def _rows(finding: Finding) -> str:
    """The parts of a value, if there is more than one to tell about."""
    rows = finding.rows
    if len(rows) < 2:
        return ""
    shown = "".join(map(_row, rows[:_ROWS]))
    if len(rows) > _ROWS:
        shown += f'<tr><td colspan="5" class="soft">and {len(rows) - _ROWS} more</td></tr>'
    return (
        f"<table><tr><th></th><th>part</th><th>notebook</th><th>flow</th><th>reason</th></tr>{shown}</table>"
    )


def _row(row: Row) -> str:
    return (
        f'<tr><td class="v {row.verdict.name.lower()}">{_SIGNS[row.verdict]}</td>'
        f'<td class="name">{_text(row.label or "(itself)")}</td><td class="value">{_text(row.notebook)}</td>'
        f'<td class="value">{_text(row.flow)}</td><td>{_text(row.reason)}</td></tr>'
    )


def _pictures(finding: Finding) -> str:
    """Both figures side by side, and what is different between them (black where nothing is)."""
    notebook, flow = finding.pictures
    if notebook is None and flow is None:
        return ""
    if notebook == flow or finding.verdict is Verdict.SAME:
        image = f'<img loading="lazy" alt="" src="{_data(notebook or flow)}">'
        return (
            f'<details><summary>show</summary><div class="pictures"><figure>{image}</figure></div></details>'
        )
    shown = [
        f'<figure><figcaption>{title}</figcaption><img alt="{title}" src="{_data(picture)}"></figure>'
        for title, picture in (("notebook", notebook), ("flow", flow))
        if picture is not None
    ]
    if notebook is not None and flow is not None:
        layers = f'<img alt="" src="{_data(notebook)}"><img alt="" src="{_data(flow)}">'
        shown.append(f'<figure><figcaption>difference</figcaption><div class="both">{layers}</div></figure>')
    return f'<div class="pictures">{"".join(shown)}</div>'


def _runs(result: VerifyResult) -> str:
    notebook = (
        f"{result.repeats} time{'s' * (result.repeats != 1)}, the first in {result.notebook_seconds:.1f} s"
    )
    rows = [f'<tr><td class="name">notebook</td><td>{notebook}</td><td></td></tr>']
    rows += [_run(run) for run in result.runs]
    head = "<tr><th>run</th><th>time</th><th>result</th></tr>"
    return f'<div class="card"><table>{head}{"".join(rows)}</table></div>'


def _run(run: FlowRun) -> str:
    trace = run.failure.traceback if run.failure is not None else ""
    verdict = Verdict.SAME if run.ok else Verdict.DIFFERENT
    row = (
        f'<tr><td class="name">flow, {_text(run.title)}</td><td>{run.seconds:.1f} s</td>'
        f'<td class="v {verdict.name.lower()}" style="white-space: normal">{_text(run_text(run))}</td></tr>'
    )
    code = f"<details><summary>traceback</summary><pre>{_text(trace, lines=True)}</pre></details>"
    return row + (f'<tr class="inner"><td colspan="3">{code}</td></tr>' if trace else "")


def _verdict(verdict: Verdict) -> str:
    return f"{_SIGNS[verdict]} {verdict.value}"


def _data(picture: bytes | None) -> str:
    return f"data:image/png;base64,{base64.b64encode(picture or b'').decode()}"


def _text(value: Any, lines: bool = False) -> str:
    """Text that may hold anything, as HTML."""
    return escape("".join(c if c.isprintable() or (lines and c in "\n\t") else "�" for c in str(value)))
