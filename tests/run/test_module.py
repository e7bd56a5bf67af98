from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from nb_to_flow.run.module import inside

FLOW = "FLOW = True\n"
OTHER = "FLOW = False\n"


@pytest.mark.parametrize(
    ("beside", "found"),
    [
        ({}, {"flow_of_pairs": True}),
        ({"other.py": OTHER}, {"flow_of_pairs": True, "other": False}),
        ({"flow_of_pairs.py": OTHER}, {"flow_of_pairs": True, "other": True}),
        ({"flow_of_pairs/__init__.py": OTHER}, {"flow_of_pairs": True}),
        ({"flow_of_pairs/data.csv": ""}, {"flow_of_pairs": True}),
    ],
)
def test_worker_processes_find_the_flow_and_else_what_is_beside_the_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beside: dict[str, str], found: dict[str, bool]
) -> None:
    files = {
        "flows/flow_of_pairs.py": FLOW,
        "flows/other.py": FLOW,
        **{f"home/{k}": v for k, v in beside.items()},
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "home").mkdir(exist_ok=True)
    before = list(sys.path)
    with inside(tmp_path / "home", tmp_path / "flows" / "flow_of_pairs.py"):
        assert Path.cwd() == tmp_path / "home"
        for name, is_flow in found.items():
            monkeypatch.delitem(sys.modules, name, raising=False)
            importlib.invalidate_caches()
            assert importlib.import_module(name).FLOW is is_flow
            monkeypatch.delitem(sys.modules, name)
    assert sys.path == before
