"""`inspect` and `graph` from the outside, and the help."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

import nb_to_flow
from tests.cli.conftest import Said

CELLS = (
    "import math",
    "a = [1]",
    "b = a + [2]",
    "a.append(3)",
    "open('x.txt', 'w').write('x')",
    "t = open('x.txt').read()",
)
Write = Callable[..., Path]
Say = Callable[..., Said]


def test_inspect_json_contract(say: Say, notebook: Write) -> None:
    notebook("x.ipynb", *CELLS)
    payload = say("inspect", "x.ipynb", "--json").json
    assert {"edges", "tasks", "parameters", "diagnostics"} <= payload.keys()
    edges = {(e["source"], e["target"]): e for e in payload["edges"]}
    assert edges[1, 2]["kind"] == "data"
    assert edges[1, 2]["names"] == ["a"]
    assert edges[4, 5]["kind"] == "file"
    assert all(e["source"] != 0 for e in payload["edges"])
    assert all({"name", "cells"} <= task.keys() for task in payload["tasks"])


def test_inspect_tables_say_why(say: Say, notebook: Write) -> None:
    notebook("x.ipynb", *CELLS)
    said = say("inspect", "x.ipynb")
    assert said.code == 0
    for part in ("Cells", "Edges", "Tasks", "line 1 → 1", "x.txt"):
        assert part in said.out


def test_inspect_runs_nothing(say: Say, notebook: Write, tmp_path: Path) -> None:
    notebook("x.ipynb", "open('ran', 'w')", "import sys; sys.exit(3)")
    assert say("inspect", "x.ipynb").code == 0
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("suffix", [".html", ".svg", ".mmd", ".dot", ".json", ".SVG"])
def test_graph_formats(suffix: str, say: Say, notebook: Write, tmp_path: Path) -> None:
    notebook("x.ipynb", *CELLS)
    assert say("graph", "x.ipynb", "-o", f"x{suffix}").code == 0
    text = (tmp_path / f"x{suffix}").read_text()
    assert "x.txt" in text
    if suffix.lower() == ".svg":
        assert ET.fromstring(text).tag.endswith("svg")
    if suffix == ".json":
        assert json.loads(text)["directed"] is True


def test_graph_is_the_same_twice(say: Say, notebook: Write, tmp_path: Path) -> None:
    notebook("x.ipynb", *CELLS)
    say("graph", "x.ipynb", "-o", "one.html")
    say("graph", "x.ipynb", "-o", "two.html")
    assert (tmp_path / "one.html").read_bytes() == (tmp_path / "two.html").read_bytes()


@pytest.mark.parametrize("command", ["inspect", "graph", "convert", "run"])
def test_help_teaches(command: str, say: Say) -> None:
    said = say(command, "--help")
    assert said.code == 0
    assert "Examples:" in said.out
    assert f"nb-to-flow {command} " in said.out


def test_version(say: Say) -> None:
    assert say("--version").out.strip() == f"nb-to-flow {nb_to_flow.__version__}"


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from nb_to_flow.cli import main; main(['--help']);"
        "heavy = {'prefect', 'networkx', 'nbformat', 'IPython', 'libcst', 'pydantic', 'rich', 'asyncio'};"
        "sys.exit(' '.join(heavy & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_help_is_quick() -> None:
    used = []
    for _ in range(3):
        before = time.process_time(), _children()
        subprocess.run([sys.executable, "-m", "nb_to_flow", "--help"], capture_output=True, check=True)
        used.append(_children() - before[1])
    assert min(used) < 0.4  # 0.1 s on a quiet machine


def _children() -> float:
    resource = pytest.importorskip("resource")
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return float(usage.ru_utime + usage.ru_stime)
