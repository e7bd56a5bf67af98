"""Drawings: complete, safe whatever the notebook holds, and laid out without collisions."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nb_to_flow.ir.errors import InputError
from nb_to_flow.ir.graph import EdgeKind
from nb_to_flow.report.draw import FORMATS, draw
from nb_to_flow.report.layout import MAX_BOXES_IN_LAYER, lay_out
from nb_to_flow.report.view import GroupKind, graph_view
from tests.report.samples import churn, graph_of, notebook_of, plan_of

HOSTILE = ["x = '</script><!--'", "y = x + '\"];\\n}-->]]>&'", "z = y + '\x1b[31m\u202e'  # <b>"]


def test_view_groups_cells_by_task() -> None:
    view = graph_view(*churn())
    assert [g.kind for g in view.groups][:3] == [GroupKind.MODULE, GroupKind.PARAMETERS, GroupKind.TASK]
    titles = {g.title: [n.cell for n in g.nodes] for g in view.groups}
    assert titles["train_model"] == [1, 10, 11]
    assert titles["parameters"] == [2]


def test_view_without_a_plan_has_a_group_for_each_cell() -> None:
    graph, _ = churn()
    view = graph_view(graph, None)
    assert {g.kind for g in view.groups} == {GroupKind.CELL}
    assert len(view.groups) == 15


def test_a_cell_in_two_tasks_is_drawn_twice_with_its_parts() -> None:
    graph = graph_of(notebook_of(["a = 1\nb = 2", "c = a + b"]), [(0, 2, "a", EdgeKind.DATA)])
    view = graph_view(graph, plan_of(graph, {"first": [0], "second": [1, 2]}))
    codes = {g.title: [n.code for n in g.nodes] for g in view.groups}
    assert codes == {"first": ["a = 1"], "second": ["b = 2", "c = a + b"]}


def test_reasons_name_cells_and_lines() -> None:
    view = graph_view(*churn())
    reasons = [reason for link in view.links for reason in link.reasons]
    assert "table (data): cell 9 line 2 → cell 10 line 2" in reasons
    assert "risk.csv (file, order only): cell 14 line 1 → cell 15 line 1" in reasons


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("planned", [True, False])
def test_every_format_names_everything(suffix: str, planned: bool) -> None:
    graph, plan = churn()
    text = draw(graph, plan if planned else None, suffix)
    for word in ("by_plan", "per_customer", *(["build_features", "write_risk"] if planned else [])):
        assert word in text


@pytest.mark.parametrize("suffix", FORMATS)
def test_code_stays_text(suffix: str) -> None:
    graph = graph_of(notebook_of(HOSTILE), [(0, 1, "x", EdgeKind.DATA), (1, 2, "y", EdgeKind.DATA)])
    text = draw(graph, plan_of(graph, {"a": [0], "b": [1, 2]}), suffix)
    assert "\x1b" not in text
    if suffix == ".svg":
        assert ET.fromstring(text) is not None
    if suffix == ".json":
        assert len(json.loads(text)["nodes"]) == 3
    if suffix == ".html":
        assert text.count("</script>") == 2
        data = text.split('type="application/json">')[1].split("</script>")[0]
        assert json.loads(data)["nodes"][0]["source"] == HOSTILE[0]


def test_page_loads_nothing() -> None:
    text = draw(*churn(), ".html")
    assert not re.findall(r"(?:src|href)\s*=|@import|url\((?!#)", text)
    assert set(re.findall(r"https?://[^\s\"']+", text)) == {"http://www.w3.org/2000/svg"}


def test_other_suffixes_are_refused() -> None:
    with pytest.raises(InputError, match="png"):
        draw(*churn(), ".png")


def test_empty_notebook() -> None:
    graph = graph_of(notebook_of([]), [])
    for suffix in FORMATS:
        assert draw(graph, plan_of(graph, {}), suffix)


GRAPHS = st.integers(1, 14).flatmap(
    lambda n: st.tuples(
        st.lists(st.tuples(st.integers(20, 300), st.integers(20, 120)), min_size=n, max_size=n),
        st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=30),
    )
)


@settings(max_examples=60, deadline=None)
@given(GRAPHS)
def test_layout_keeps_boxes_apart_and_edges_downward(
    case: tuple[list[tuple[int, int]], list[tuple[int, int]]],
) -> None:
    sizes = {f"b{i}": (float(w), float(h)) for i, (w, h) in enumerate(case[0])}
    edges = [(f"b{a}", f"b{b}") for a, b in case[1] if a < b]
    layout = lay_out(sizes, edges)
    spots = [(*layout.boxes[k], *sizes[k]) for k in sizes]
    for (x1, y1, w1, h1), (x2, y2, w2, h2) in combinations(spots, 2):
        assert x1 + w1 <= x2 or x2 + w2 <= x1 or y1 + h1 <= y2 or y2 + h2 <= y1
    for x, y, w, h in spots:
        assert x >= -1e-6
        assert x + w <= layout.width + 1e-6
        assert y + h <= layout.height + 1e-6
    assert set(layout.routes) == set(edges)
    for points in layout.routes.values():
        assert all(a[1] <= b[1] for a, b in pairwise(points))


def test_layers_are_not_too_wide() -> None:
    sizes = {f"b{i}": (100.0, 50.0) for i in range(10)}
    rows = [y for _, y in lay_out(sizes, []).boxes.values()]
    assert max(rows.count(y) for y in rows) == MAX_BOXES_IN_LAYER


def test_large_graphs_are_drawn_in_reasonable_time() -> None:
    cells = [f"v{i} = {'v' + str(i - 1) if i else 0}" for i in range(1500)]
    edges = [(i - 1, i, f"v{i - 1}", EdgeKind.DATA) for i in range(1, 1500)]
    edges += [(i, i + 200, f"v{i}", EdgeKind.DATA) for i in range(0, 1200, 7)]
    graph = graph_of(notebook_of(cells), edges)
    assert draw(graph, None, ".svg").count("<path") > 1500
