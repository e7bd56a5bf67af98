"""What cells display held against what tasks publish, without running anything."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from nb_to_flow.ir.verification import Displayed, Finding, Observation, Printed, Verdict, What
from nb_to_flow.verify.displays import headline, plain_form, published_form, table_rows
from nb_to_flow.verify.findings import judge
from nb_to_flow.verify.pairing import pairs
from nb_to_flow.verify.reference import Origins, make_reference

CELLS = {"load": (1, 2), "clean": (3,), "report": (4,)}
SAME, DIFFERENT = Verdict.SAME, Verdict.DIFFERENT


def table(*rows: tuple[object, ...], style: str = "") -> str:
    cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<div>\n{style}<table>{cells}</table>\n</div>"


def shown(cell: int, *forms: str, result: bool = True, optional: bool = False) -> Displayed:
    return Displayed(forms=forms, cell=cell, result=result, optional=optional)


def fenced(task: str, text: str) -> Displayed:
    return Displayed(forms=(f"```\n{text}\n```",), task=task)


def published(task: str, text: str) -> Displayed:
    return Displayed(forms=(text,), task=task)


def found(
    tmp_path: Path,
    notebook: list[Displayed],
    flow: list[Displayed],
    *,
    again: list[Displayed] | None = None,
    lines: tuple[Printed, ...] = (),
    printed: tuple[Printed, ...] = (),
    **origins: object,
) -> list[Finding]:
    """What differs in displays and lines, and what is the same."""
    first = Observation(folder=tmp_path, displays=tuple(notebook), lines=lines)
    second = Observation(folder=tmp_path, displays=tuple(notebook if again is None else again), lines=lines)
    reference = make_reference((first, second), tmp_path, 1e-9)
    seen = Observation(folder=tmp_path, displays=tuple(flow), lines=printed)
    places = Origins(cells=CELLS, order=tuple(CELLS), module="shop", **origins)  # type: ignore[arg-type]
    return list(judge(reference, seen, places))


@pytest.mark.parametrize(
    ("notebook", "flow"),
    [
        ("0.5", "```\n0.5\n```"),
        ("<X at 0x7f0011223344>", "```\n<X at 0x7f9911223344>\n```"),
        ("[<__main__.Shop object at 0x7f0011223344>]", "```\n[<shop.Shop object at 0x7f9911223344>]\n```"),
        ("[Margin(column='age')]", "```\n[rake_survey.<locals>.Margin(column='age')]\n```"),
        (table(("a", 1), style="<style>td {}</style>"), table(("a", 1))),
        (
            '<div id="sk-container-id-1"><pre>Tree()</pre></div>',
            '<div id="sk-container-id-4"><pre>Tree()</pre></div>',
        ),
        ('<td id="T_0a1b2_row0">1</td>', '<td id="T_f1e2d_row0">1</td>'),
        ("&lt;__main__.X object at 0x7f0011223344&gt;", "&lt;shop.X object at 0x7f9911223344&gt;"),
        ("line  \nother", "```\nline\nother\n```"),
        ("x" * 600_000, ("```\n" + "x" * 600_000 + "\n```")[:500_000]),
    ],
)
def test_noise_does_not_count(notebook: str, flow: str) -> None:
    assert plain_form(notebook, "shop") == published_form(flow, "shop")


@pytest.mark.parametrize(
    ("notebook", "flow"),
    [
        ("0.5", "```\n0.51\n```"),
        (table(("a", 1)), table(("a", 2))),
        ("<X at 0x7f0011223344>", "<Y at 0x7f0011223344>"),
        (f"<p>{'0' * 32}</p>", f"<p>{'1' * 32}</p>"),
    ],
)
def test_contents_do(notebook: str, flow: str) -> None:
    assert plain_form(notebook, "shop") != published_form(flow, "shop")


def test_any_form_of_the_display_will_do(tmp_path: Path) -> None:
    notebook = [shown(1, table(("a", 1)), "   a\n1"), shown(3, "{'a',\n 'b'}", "{'a', 'b'}")]
    flow = [published("load", table(("a", 1))), fenced("clean", "{'a', 'b'}")]

    assert [(f.name, f.verdict) for f in found(tmp_path, notebook, flow)] == [
        ("shown by cell 2", SAME),
        ("shown by cell 4", SAME),
    ]


def test_a_table_differs_in_a_cell(tmp_path: Path) -> None:
    mine = table(("", "price", "net"), (0, 5, 4.2), (1, 7, 5.9))
    theirs = table(("", "price", "net"), (0, 5, 4.2), (1, 7, 6.0))
    (finding,) = found(tmp_path, [shown(3, mine, "text")], [published("clean", theirs)])

    assert (finding.what, finding.verdict, finding.task, finding.cell) == (
        What.DISPLAY,
        DIFFERENT,
        "clean",
        3,
    )
    assert finding.reason == "row '1', column 'net': '6.0' instead of '5.9'"
    assert (finding.rows[0].notebook, finding.rows[0].flow) == ("5.9", "6.0")


def test_a_text_differs_in_a_line(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, [shown(3, "a\nb\nc")], [fenced("clean", "a\nB\nc")])
    assert finding.reason == "line 2: 'B' instead of 'b'"


def test_a_table_with_fewer_rows(tmp_path: Path) -> None:
    mine, theirs = table(("a",), (1,), (2,)), table(("a",), (1,))
    (finding,) = found(tmp_path, [shown(3, mine)], [published("clean", theirs)])
    assert finding.reason == "line 3: '' instead of '2'"


def test_lost_new_and_moved(tmp_path: Path) -> None:
    notebook = [shown(1, "one"), shown(1, "two"), shown(3, "three"), shown(4, "four")]
    flow = [fenced("load", "two"), fenced("load", "one"), fenced("report", "four"), fenced("report", "five")]
    differing = {
        f.name: (f.reason, f.task) for f in found(tmp_path, notebook, flow) if f.verdict is DIFFERENT
    }

    assert differing.pop("shown by cell 4") == ("the flow doesn't show it", "clean")
    assert differing.pop("shown by report") == ("the notebook shows no such thing there", "report")
    assert [reason for reason, _ in differing.values()] == ["the task shows its displays in another order"]


def test_what_stands_in_its_place_is_named(tmp_path: Path) -> None:
    notebook = [shown(1, "one"), shown(1, "two"), shown(2, "three")]
    flow = [fenced("load", "one"), fenced("load", "2"), fenced("load", "three")]
    verdicts = {f.name: f.reason for f in found(tmp_path, notebook, flow)}

    assert verdicts == {
        "shown by cell 2 (1)": "",
        "shown by cell 2 (2)": "line 1: '2' instead of 'two'",
        "shown by cell 3": "",
    }


def test_what_the_notebook_shows_otherwise_each_time(tmp_path: Path) -> None:
    notebook, again = [shown(1, "0.17"), shown(3, "same")], [shown(1, "0.93"), shown(3, "same")]
    flow = [fenced("load", "0.5"), fenced("clean", "other")]
    verdicts = [f.verdict for f in found(tmp_path, notebook, flow, again=again)]
    lost = found(tmp_path, notebook, flow[1:], again=again)[0]

    assert verdicts == [Verdict.UNSTABLE, DIFFERENT]
    assert lost.reason == "the flow doesn't show it"


def test_drawings_may_be_left_out(tmp_path: Path) -> None:
    notebook = [shown(1, "(array([1]), <BarContainer>)", optional=True), shown(3, "{'over': 'warn'}")]

    assert found(tmp_path, notebook, [], silent=frozenset({3})) == []
    widget = found(tmp_path, notebook[:1], [fenced("load", "IntSlider()")])
    assert [f.verdict for f in widget] == [Verdict.UNKNOWN]


def test_an_artifact_of_another_kind_is_not_compared(tmp_path: Path) -> None:
    (finding,) = found(tmp_path, [shown(1, table((1,)))], [Displayed(forms=(), task="load")])
    assert (finding.verdict, finding.reason) == (
        Verdict.UNKNOWN,
        "the flow publishes it as something else than text",
    )


def test_displays_that_are_logged_are_found_among_the_lines(tmp_path: Path) -> None:
    notebook = [shown(1, table((1,)), "   0\n0  1"), shown(2, "5"), shown(3, "lost")]
    lines = (Printed(text="5", cell=1), Printed(text="done", cell=3))
    texts = ("5", "   0", "0  1", "5")
    printed = (*(Printed(text=t, task="load") for t in texts), Printed(text="done", task="clean"))
    all_found = found(tmp_path, notebook, [], lines=lines, printed=printed, shows="log")

    assert {f.name: f.verdict for f in all_found} == {
        "printed by load": SAME,
        "printed by clean": SAME,
        "shown by cell 2": SAME,
        "shown by cell 3": SAME,
        "shown by cell 4": DIFFERENT,
    }


def test_displays_that_are_dropped_are_not_compared(tmp_path: Path) -> None:
    assert found(tmp_path, [shown(1, "one")], [], shows="drop") == []


def test_tasks_that_share_a_cell_may_show_in_any_order() -> None:
    assert all(p.same for p in pairs(["a", "b", "c"], ["c", "a", "b"], ordered=False))
    moved = pairs(["a", "b", "c"], ["c", "a", "b"], ordered=True)
    assert [p.moved for p in moved] == [False, False, True]


def test_a_display_in_a_few_words() -> None:
    assert headline(shown(1, table(("", "net"), (0, 4.5)), "   net\n0  4.5")) == "net 0 4.5"
    assert headline(published("load", table(("", "net"), (0, 4.5)))) == "net 0 4.5"
    assert headline(fenced("load", "x" * 100)).endswith("…")
    assert headline(fenced("load", "<function f at 0x7f0011223344>")) == "<function f at 0x…>"


def test_cells_of_tables() -> None:
    assert table_rows("<table><tr><th>a</th><td>1 &lt; <b>2</b></td></tr></table>") == [["a", "1 < 2"]]
    assert table_rows("<p>none</p>") == []


@pytest.mark.parametrize("part", ["<style", "<script", "<", "a.", "0-", "</"])
def test_long_texts_take_no_time(part: str) -> None:
    """Whatever begins in them and never ends."""
    begin = time.process_time()
    plain_form("<div>" + part * (400_000 // len(part)) + "</div>", "shop")

    assert time.process_time() - begin < 5
