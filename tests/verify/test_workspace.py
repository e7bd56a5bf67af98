"""Copies of the working folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from nb_to_flow.ir.errors import InputError
from nb_to_flow.verify import workspace as module
from nb_to_flow.verify.workspace import open_workspace


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project: data beside a folder with notebooks, and what needn't be copied."""
    for name in ("data/a.csv", "notebooks/x.ipynb", ".git/config", "notebooks/.venv/python", "big.bin"):
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path / "project"


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    (tmp_path / "scratch").mkdir()
    return tmp_path / "scratch"


def test_copies_what_is_needed_and_says_what_is_not(root: Path, scratch: Path) -> None:
    space = open_workspace(scratch, root, root / "notebooks", ("*.bin",))
    cwd = space.fresh()

    assert cwd == space.live / "notebooks"
    assert (cwd / "../data/a.csv").read_text() == "data/a.csv"
    assert not (space.live / "big.bin").exists()
    assert space.skipped == (".git", "big.bin", "notebooks/.venv")


def test_each_run_starts_from_the_same_at_the_same_place(root: Path, scratch: Path) -> None:
    space = open_workspace(scratch, root, root)
    first = space.fresh()
    (first / "data/a.csv").write_text("changed")
    (first / "new.txt").write_text("new")
    kept = space.put_away("one")
    second = space.fresh()

    assert first == second
    assert (second / "data/a.csv").read_text() == "data/a.csv"
    assert not (second / "new.txt").exists()
    assert (kept / "data/a.csv").read_text() == "changed"
    assert (root / "data/a.csv").read_text() == "data/a.csv"


def test_links_are_copied_as_files_and_lead_into_no_folder_twice(
    root: Path, scratch: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere.csv").write_text("far")
    (root / "link.csv").symlink_to(tmp_path / "elsewhere.csv")
    (root / "loop").symlink_to(root)
    (root / "nowhere").symlink_to(tmp_path / "missing")
    space = open_workspace(scratch, root, root)
    cwd = space.fresh()
    (cwd / "link.csv").write_text("written by a run")

    assert (tmp_path / "elsewhere.csv").read_text() == "far"
    assert not list(cwd.glob("loop/*"))
    assert not (cwd / "nowhere").exists()


def test_too_much_is_refused_with_the_largest_part(
    root: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "data/b.csv").write_text("0" * 2000)
    monkeypatch.setattr(module, "LIMIT", 1000)

    with pytest.raises(InputError) as refused:
        open_workspace(scratch, root, root)
    assert "the largest part is data" in refused.value.hint
    assert not any(scratch.iterdir())


def test_root_must_hold_the_notebook(root: Path, scratch: Path) -> None:
    with pytest.raises(InputError, match="is not inside"):
        open_workspace(scratch, root / "data", root / "notebooks")
