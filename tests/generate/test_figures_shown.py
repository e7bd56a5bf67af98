"""Figures that open themselves in a browser are published like what a cell displays."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.generate.test_stateful import flow_of

SETUP = (
    "import plotly.express as px\nimport plotly.io as pio\nimport matplotlib.pyplot as plt\n"
    "from plotly.offline import init_notebook_mode, iplot"
)

SHOWN = [
    ("fig = px.bar(x=[1], y=[2])\nfig.show()", 'show(fig, key="'),
    ("px.bar(x=[1], y=[2]).show()", 'show(px.bar(x=[1], y=[2]), key="'),
    ("fig = px.bar(x=[1], y=[2])\niplot(fig, filename='a')", 'show(fig, key="'),
    ("fig = px.bar(x=[1], y=[2])\npio.show(fig)", 'show(fig, key="'),
    ("for k in range(2):\n    px.bar(x=[k], y=[2]).show()", 'show(px.bar(x=[k], y=[2]), key="'),
    ("def f(v):\n    px.bar(x=v, y=v).show()\nf([1])", 'show(px.bar(x=v, y=v), key="'),
]
AS_IT_IS = [
    ("class Tv:\n    def show(self):\n        return 3\nn = Tv().show()", "n = Tv().show()"),
    ("from rich_frames import frame\ntable = frame()\ntable.show(5)", "table.show(5)"),
]


@pytest.mark.parametrize(("code", "expected"), [*SHOWN, *AS_IT_IS])
def test_show(code: str, expected: str, tmp_path: Path) -> None:
    source = flow_of(tmp_path, SETUP, code)
    assert expected in source
    if (code, expected) in SHOWN:
        assert ".show(" not in source and "iplot" not in source


def test_scripts_for_the_page_are_left_out(tmp_path: Path) -> None:
    source = flow_of(tmp_path, SETUP, "init_notebook_mode(connected=True)\nn = len('abc')\nprint(n)")
    assert "init_notebook_mode" not in source
