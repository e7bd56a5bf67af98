"""Whole runs, with Prefect's embedded server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

CELLS = [
    ("n = 3", ["parameters"]),
    ("numbers = list(range(n))\nprint('counted', len(numbers))", []),
    ("# halves\nhalves = [\n    6 / (2 - x if n > 3 else x + 1)\n    for x in numbers\n]", []),
    ("open('sum.txt', 'w').write(str(sum(halves)))", []),
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a notebook below it."""
    root = tmp_path_factory.mktemp("run")
    cells = [
        {
            "cell_type": "code",
            "execution_count": None,
            "id": f"c{i}",
            "metadata": {"tags": tags},
            "outputs": [],
            "source": source,
        }
        for i, (source, tags) in enumerate(CELLS)
    ]
    (root / "nb").mkdir()
    content = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (root / "nb" / "legacy.ipynb").write_text(json.dumps(content))
    return root


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, with its own Prefect home and no server configured."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    env["PREFECT_HOME"] = str(home / "prefect")
    command = [sys.executable, "-m", "nb_to_flow", "run", *arguments]
    return subprocess.run(
        command, cwd=home, env=env, check=False, capture_output=True, text=True, timeout=300
    )


def test_notebook_runs_in_its_folder(home: Path) -> None:
    done = run(home, "nb/legacy.ipynb", "--outputs", "all", "-p", "n=2")
    assert done.returncode == 0, done.stderr
    assert "No Prefect server is configured" in done.stderr
    assert "counted 2" in done.stderr
    assert "[0, 1]" in done.stdout
    assert (home / "nb" / "sum.txt").read_text() == "9.0"
    assert not (home / "flows").exists()


@pytest.mark.parametrize(
    ("runner", "place"),
    # A worker process keeps its traceback to itself: then all cells of the task are named.
    [("thread", "nb/legacy.ipynb, cell 3, line"), ("process", "(nb/legacy.ipynb, cells 2, 3, 4)")],
)
def test_failure_names_task_and_cell(home: Path, runner: str, place: str) -> None:
    done = run(home, "nb/legacy.ipynb", "-p", "n=5", "--runner", runner, "-o", f"flows_{runner}")
    assert done.returncode == 1
    last = done.stderr[done.stderr.index("task ") :]
    assert place in last
    assert "ZeroDivisionError: division by zero" in last


def test_parameters_are_checked_first(home: Path) -> None:
    done = run(home, "nb/legacy.ipynb", "-p", "n=many")
    assert done.returncode == 2
    assert "type int, default 3" in done.stderr
    assert "server" not in done.stderr
