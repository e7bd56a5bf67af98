"""`convert`: what it writes, what it refuses to write, and what it says."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import nb_to_flow
from nb_to_flow import pipeline
from tests.cli.conftest import Said

CELLS = (
    "import math",
    "n = 3",
    "roots = [math.sqrt(i) for i in range(n)]",
    "total = sum(roots)\nprint(total)",
)
Write = Callable[..., Path]
Say = Callable[..., Said]


def test_json_contract(say: Say, notebook: Write) -> None:
    notebook("legacy.ipynb", *CELLS)
    payload = say("convert", "legacy.ipynb", "--json").json
    assert payload["entrypoint"] == "flows/legacy.py:legacy"
    assert payload["tasks"]
    assert all({"name", "inputs", "outputs", "cells"} <= task.keys() for task in payload["tasks"])
    assert all(
        {"code", "severity", "cell", "line", "message", "hint"} <= d.keys() for d in payload["diagnostics"]
    )


def test_json_is_a_list_for_several(say: Say, notebook: Write) -> None:
    notebook("a.ipynb", *CELLS)
    notebook("in/b.ipynb", *CELLS)
    assert [p["entrypoint"] for p in say("convert", "a.ipynb", "in", "--json").json] == [
        "flows/a.py:a",
        "flows/b.py:b",
    ]


def test_entrypoint_is_absolute_if_the_folder_is(say: Say, notebook: Write, tmp_path: Path) -> None:
    notebook("a.ipynb", *CELLS)
    payload = say("convert", "a.ipynb", "-o", str(tmp_path / "out"), "--json").json
    assert payload["entrypoint"] == f"{(tmp_path / 'out' / 'a.py').as_posix()}:a"


def test_flow_and_sidecar(say: Say, notebook: Write, tmp_path: Path) -> None:
    notebook("in/a.ipynb", *CELLS)
    assert say("convert", "in/a.ipynb", "--outputs", "all").code == 0
    source = (tmp_path / "flows/a.py").read_text()
    sidecar = json.loads((tmp_path / "flows/a.map.json").read_text())
    assert "a" in [node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    assert sidecar["version"] == 1
    assert sidecar["notebook"] == "../in/a.ipynb"
    assert sidecar["options"] == {"outputs": "all"}
    lines = source.splitlines()
    [root] = [n for n, line in enumerate(lines, 1) if "math.sqrt" in line]
    assert sidecar["lines"][str(root)] == [2, 1, 1]


def test_same_bytes_twice_and_in_another_process(say: Say, notebook: Write, tmp_path: Path) -> None:
    notebook("a.ipynb", *CELLS)
    say("convert", "a.ipynb", "-o", "one")
    command = [sys.executable, "-m", "nb_to_flow", "convert", "a.ipynb", "-o", "two"]
    subprocess.run(command, cwd=tmp_path, env={**os.environ, "PYTHONHASHSEED": "7"}, check=True)
    assert (tmp_path / "one/a.py").read_bytes() == (tmp_path / "two/a.py").read_bytes()
    assert (tmp_path / "one/a.map.json").read_bytes() == (tmp_path / "two/a.map.json").read_bytes()


def test_second_time_writes_nothing(say: Say, notebook: Write, tmp_path: Path) -> None:
    notebook("a.ipynb", *CELLS)
    say("convert", "a.ipynb")
    before = (tmp_path / "flows/a.py").stat().st_mtime_ns
    assert "unchanged" in say("convert", "a.ipynb").out
    assert (tmp_path / "flows/a.py").stat().st_mtime_ns == before


class TestCheck:
    """`--check` writes nothing and says whether flows are current."""

    def test_missing_then_current_then_stale(self, say: Say, notebook: Write, tmp_path: Path) -> None:
        notebook("a.ipynb", *CELLS)
        assert say("convert", "a.ipynb", "--check").code == 1
        assert not (tmp_path / "flows").exists()
        say("convert", "a.ipynb")
        assert say("convert", "a.ipynb", "--check").code == 0
        assert say("convert", "a.ipynb", "--check", "--displays", "log", "--outputs", "all").code == 1
        notebook("a.ipynb", *CELLS, "last = total + 1")
        said = say("convert", "a.ipynb", "--check")
        assert said.code == 1
        assert "not current" in said.err
        assert "last" not in (tmp_path / "flows/a.py").read_text()

    def test_edited(self, say: Say, notebook: Write, tmp_path: Path) -> None:
        notebook("a.ipynb", *CELLS)
        say("convert", "a.ipynb")
        with (tmp_path / "flows/a.py").open("a") as stream:
            stream.write("# mine\n")
        assert say("convert", "a.ipynb", "--check").code == 1


class TestOverwriting:
    """Nobody's work is lost without --force."""

    def test_edited_flow(self, say: Say, notebook: Write, tmp_path: Path) -> None:
        notebook("a.ipynb", *CELLS)
        say("convert", "a.ipynb")
        flow = tmp_path / "flows/a.py"
        flow.write_text(flow.read_text() + "# mine\n")
        said = say("convert", "a.ipynb")
        assert (said.code, "# mine" in flow.read_text()) == (2, True)
        assert "--force" in said.err
        assert say("convert", "a.ipynb", "--force").code == 0
        assert "# mine" not in flow.read_text()

    def test_generated_flow_follows_its_notebook(self, say: Say, notebook: Write, tmp_path: Path) -> None:
        notebook("a.ipynb", *CELLS)
        say("convert", "a.ipynb")
        notebook("a.ipynb", *CELLS, "final = total * 2")
        assert say("convert", "a.ipynb").code == 0
        assert "final" in (tmp_path / "flows/a.py").read_text()

    def test_flow_of_another_notebook(self, say: Say, notebook: Write) -> None:
        notebook("one/a.ipynb", *CELLS)
        notebook("two/a.ipynb", *CELLS)
        assert say("convert", "one/a.ipynb").code == 0
        said = say("convert", "two/a.ipynb")
        assert said.code == 2
        assert "another notebook" in said.err

    def test_flow_of_a_notebook_that_moved(self, say: Say, notebook: Write) -> None:
        path = notebook("one/a.ipynb", *CELLS)
        say("convert", "one/a.ipynb")
        path.rename(path.parent.parent / "a.ipynb")
        assert say("convert", "a.ipynb").code == 0

    def test_lost_sidecar(self, say: Say, notebook: Write, tmp_path: Path) -> None:
        notebook("a.ipynb", *CELLS)
        say("convert", "a.ipynb")
        (tmp_path / "flows/a.map.json").unlink()
        assert say("convert", "a.ipynb").code == 0
        assert (tmp_path / "flows/a.map.json").exists()

    def test_broken_sidecar_counts_as_none(self, say: Say, notebook: Write, tmp_path: Path) -> None:
        notebook("a.ipynb", *CELLS)
        say("convert", "a.ipynb")
        (tmp_path / "flows/a.map.json").write_text("[]")
        notebook("a.ipynb", *CELLS, "final = total * 2")
        assert say("convert", "a.ipynb").code == 2

    def test_cut_short(
        self, say: Say, notebook: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        notebook("a.ipynb", *CELLS)

        def fail(*_: object) -> None:
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", fail)
            said = say("convert", "a.ipynb")
        assert said.code == 2
        assert "No space left" in said.err
        assert list((tmp_path / "flows").iterdir()) == []


class TestMany:
    """Folders and several notebooks."""

    def test_one_that_fails_stops_no_other(self, say: Say, notebook: Write, tmp_path: Path) -> None:
        notebook("nb/a.ipynb", *CELLS)
        notebook("nb/b.ipynb", "a = (")
        notebook("nb/deep/c.ipynb", *CELLS)
        notebook("nb/.ipynb_checkpoints/a-checkpoint.ipynb", *CELLS)
        said = say("convert", "nb", "missing")
        assert said.code == 2
        assert sorted(p.name for p in (tmp_path / "flows").glob("*.py")) == ["a.py", "c.py"]
        assert "2 of 4 flows are current" in said.out
        assert "b.ipynb" in said.err

    def test_a_bug_stops_no_other(self, say: Say, notebook: Write, monkeypatch: pytest.MonkeyPatch) -> None:
        notebook("nb/a.ipynb", *CELLS)
        notebook("nb/b.ipynb", *CELLS)
        right = pipeline.convert

        def convert(path: Path, options: nb_to_flow.ConvertOptions) -> nb_to_flow.Conversion:
            if path.name == "a.ipynb":
                raise RuntimeError("boom\nbang")
            return right(path, options)

        monkeypatch.setattr(pipeline, "convert", convert)
        said = say("convert", "nb")
        assert said.code == 2
        assert "internal error: RuntimeError: boom bang" in said.err
        assert "Traceback" not in said.err
        assert "1 of 2" in said.out

    def test_same_notebook_twice(self, say: Say, notebook: Write) -> None:
        notebook("a.ipynb", *CELLS)
        assert len(say("convert", "a.ipynb", "./a.ipynb", "--json").json) == 1


def test_hostile_names_give_safe_flows(say: Say, notebook: Write, tmp_path: Path) -> None:
    for name in (
        "1 2-3 été.ipynb",
        "class.ipynb",
        "json.ipynb",
        "import os; os.system.ipynb",
        "[red]x.ipynb",
    ):
        notebook(f"nb/{name}", *CELLS)
    assert say("convert", "nb").code == 0
    assert sorted(p.stem for p in (tmp_path / "flows").glob("*.py")) == [
        "class_flow",
        "flow_1_2_3_ete",
        "import_os_os_system",
        "json_flow",
        "red_x",
    ]


def test_debug_shows_the_traceback(say: Say, notebook: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    notebook("a.ipynb", *CELLS)

    def convert(*_: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(pipeline, "convert", convert)
    said = say("--debug", "convert", "a.ipynb")
    monkeypatch.delenv("NB_TO_FLOW_DEBUG", raising=False)
    assert said.code == 2
    assert "Traceback" in said.err


def test_as_a_function(notebook: Write, tmp_path: Path) -> None:
    path = notebook("a.ipynb", *CELLS)
    [done] = nb_to_flow.convert(path, output=tmp_path / "out")
    assert done.ok
    assert done.result is nb_to_flow.Result.WRITTEN
    assert done.flow_file == tmp_path / "out" / "a.py"
    assert nb_to_flow.inspect(path).graph is not None
    assert nb_to_flow.read_notebook(path).facts is None
    with pytest.raises(nb_to_flow.InputError, match="class"):
        nb_to_flow.convert(path, options=nb_to_flow.ConvertOptions(name="class"))
