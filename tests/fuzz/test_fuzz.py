"""Whatever the file: a flow or a clear error, in bounded time and memory, with nothing run or left behind."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import nb_to_flow
from tests.fuzz.check import problem_with, watching
from tests.fuzz.material import GROWING, MAGICS, SNIPPETS, UNICODE, content_of, own_notebooks
from tests.fuzz.mutate import as_bytes, mutated

CHUNK = 10


def _check(first: int, count: int) -> None:
    for seed in range(first, first + count):
        problem = problem_with(mutated(seed), seed)
        assert problem is None, f"file {seed}\n{problem}"


@pytest.mark.parametrize("first", range(0, 40, CHUNK))
def test_mutated_notebooks(first: int) -> None:
    _check(first, CHUNK)


@pytest.mark.slow
def test_many_mutated_notebooks() -> None:
    _check(1_000, int(os.environ.get("FUZZ_EXAMPLES", "300")))


@pytest.mark.parametrize("number", range(len(own_notebooks())))
def test_the_examples_as_they_are(number: int) -> None:
    assert problem_with(own_notebooks()[number].encode(), 0) is None


@pytest.mark.slow
@pytest.mark.parametrize("size", [3, 60, 250, 1000])
def test_what_grows(size: int) -> None:
    for number, grow in enumerate(GROWING):
        problem = problem_with(as_bytes(content_of("y = 1", grow(size), "print(x)")), number)
        assert problem is None, f"number {number}\n{problem}"


def test_a_long_chain_of_branches_is_no_problem(tmp_path: Path) -> None:
    chain = "if x == 0:\n    y = 0\n" + "".join(f"elif x == {i}:\n    y = {i}\n" for i in range(1, 200))
    [done] = _converted(tmp_path, "x = 3", chain, "print(y)")
    assert done.ok


@pytest.mark.parametrize("source", ["x = " + "lambda a: " * 250 + "a", "x = " + "not " * 2000 + "y"])
def test_what_is_nested_too_deeply_is_refused_by_line(source: str, tmp_path: Path) -> None:
    [done] = _converted(tmp_path, "y = 1", f"z = y\n{source}")
    assert [(d.code, d.span and d.span.cell) for d in done.diagnostics] == [("NB113", 1)]


def _converted(folder: Path, *sources: str) -> tuple[nb_to_flow.Converted, ...]:
    path = folder / "notebook.ipynb"
    path.write_bytes(as_bytes(content_of(*sources)))
    return nb_to_flow.convert(path, output=folder / "out")


@pytest.mark.slow
@pytest.mark.parametrize("snippets", [MAGICS, SNIPPETS, UNICODE])
def test_each_snippet_in_a_notebook_of_its_own(snippets: tuple[str, ...]) -> None:
    for number, snippet in enumerate(snippets):
        problem = problem_with(as_bytes(content_of("x = y = 1", snippet, "print(x)")), number)
        assert problem is None, f"{snippet!r}\n{problem}"


@pytest.mark.parametrize(
    "action",
    [
        "os.system('true')",
        "subprocess.run(['true'])",
        "exec(compile('x = 1', '<cell>', 'exec'))",
        "open('elsewhere', 'w').close()",
        "socket.socket().connect_ex(('127.0.0.1', 9))",
        "os.chdir('.')",
    ],
)
def test_the_watch_sees_what_is_forbidden(action: str, tmp_path: Path) -> None:
    script = (
        "import os, socket, subprocess\nfrom pathlib import Path\nfrom tests.fuzz.check import watching\n"
        f"with watching(Path({str(tmp_path / 'out')!r})) as watch:\n    {action}\nassert watch.seen"
    )
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")]),
    }
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=env, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_the_watch_lets_pass_what_is_allowed(tmp_path: Path) -> None:
    with watching(tmp_path) as watch:
        (tmp_path / "flow.py").write_text("x = 1")
        compile("x = 1", "<cell>", "exec")
    assert watch.seen == []
