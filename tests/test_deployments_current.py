"""The deployments that are checked in are those of the flows that are checked in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

import nb_to_flow

ROOT = Path(__file__).resolve().parents[1]
FILE = Path("deployments/prefect.yaml")
FLOWS = sorted(path.relative_to(ROOT) for path in (ROOT / "flows").glob("*.py"))


def test_every_flow_is_deployed() -> None:
    entries = yaml.safe_load((ROOT / FILE).read_text("utf-8"))["deployments"]
    assert {e["entrypoint"] for e in entries} == {f"flows.{path.stem}:{path.stem}" for path in FLOWS}
    assert len(entries) == len(FLOWS)


def test_the_entries_are_current(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "flows", tmp_path / "flows")
    (tmp_path / "deployments").mkdir()
    kept = shutil.copy(ROOT / FILE, tmp_path / FILE)
    monkeypatch.chdir(tmp_path)
    written = nb_to_flow.deploy(*FLOWS).written
    assert written == (), "a flow changed: call `nb-to-flow deploy flows/*.py`"

    Path(kept).unlink()
    nb_to_flow.deploy(*FLOWS)
    assert Path(kept).read_text("utf-8") == (ROOT / FILE).read_text("utf-8")


def test_nothing_of_a_machine_is_in_it() -> None:
    text = (ROOT / FILE).read_text("utf-8")
    for entry in yaml.safe_load(text)["deployments"]:
        for step in [*entry["build"], *entry["pull"]]:
            for inputs in step.values():
                assert not inputs["directory"].startswith("/")
