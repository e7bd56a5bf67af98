"""The flows that are checked in are what their notebooks give today."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import nb_to_flow

ROOT = Path(__file__).resolve().parents[1]
FLOWS = ROOT / "flows"
NOTEBOOKS = sorted((FLOWS / "notebooks").glob("*.ipynb"))


def test_there_are_examples() -> None:
    assert len(NOTEBOOKS) >= 6
    assert {path.stem for path in FLOWS.glob("*.py")} == {path.stem for path in NOTEBOOKS}


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_flow_is_current(notebook: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    (fresh,) = nb_to_flow.convert(notebook.relative_to(ROOT), output=tmp_path)

    assert fresh.ok, fresh.diagnostics
    assert fresh.flow_file is not None
    kept = FLOWS / fresh.flow_file.name
    assert fresh.flow_file.read_text("utf-8") == kept.read_text("utf-8")
    assert fresh.flow_file.read_bytes() == kept.read_bytes()


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_source_map_points_into_the_notebook(notebook: Path) -> None:
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    sidecar = json.loads((FLOWS / f"{notebook.stem}.map.json").read_text("utf-8"))
    flow_lines = (FLOWS / f"{notebook.stem}.py").read_text("utf-8").splitlines()

    for number, (cell, first, last) in sidecar["lines"].items():
        assert 1 <= int(number) <= len(flow_lines)
        assert cells[cell]["cell_type"] == "code"
        assert 1 <= first <= last <= len("".join(cells[cell]["source"]).splitlines())


def test_all_flows_are_current_with_their_sidecars(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    results = nb_to_flow.convert("flows/notebooks", output="flows", check=True)

    assert [str(r.path) for r in results if not r.ok] == []


def test_converting_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    notebook = FLOWS / "notebooks" / "inventory_cleanup.ipynb"
    first, second = (nb_to_flow.convert(notebook, output=tmp_path / name)[0] for name in ("a", "b"))

    assert first.flow_file is not None and second.flow_file is not None
    assert first.flow_file.read_bytes() == second.flow_file.read_bytes()


def test_the_readme_shows_the_checked_in_flow() -> None:
    readme, flow = (ROOT / "README.md").read_text("utf-8"), (FLOWS / "survey_weights.py").read_text("utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", readme, re.MULTILINE | re.DOTALL)
    shown = [block for block in blocks if block.startswith(("@task", "@flow"))]

    assert len(shown) == 2
    for block in shown:
        for part in block.strip().split("\n\n\n"):
            assert part in flow


def test_the_readmes_picture_is_current(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    picture = tmp_path / "survey_weights.svg"
    nb_to_flow.draw_graph("flows/notebooks/survey_weights.ipynb", picture)

    assert picture.read_bytes() == (ROOT / ".github" / "images" / "survey_weights.svg").read_bytes()
