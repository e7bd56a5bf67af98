"""The helper functions of generated flows do what the notebook's magics did."""

from __future__ import annotations

import pickle
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from nb_to_flow.ir.helpers import HELPERS, with_requirements


@pytest.fixture(scope="module")
def helpers() -> dict[str, Any]:
    needed = with_requirements(HELPERS)
    imports = sorted({statement for helper in needed for statement in helper.imports})
    namespace: dict[str, Any] = {"__name__": "helpers_under_test"}
    exec("\n".join(imports), namespace)  # noqa: S102
    for helper in needed:
        exec(helper.source, namespace)  # noqa: S102
    return namespace


def test_each_helper_declares_its_imports() -> None:
    for name in HELPERS:
        needed = with_requirements([name])
        namespace: dict[str, Any] = {}
        for statement in (s for helper in needed for s in helper.imports):
            exec(statement, namespace)  # noqa: S102
        for helper in needed:
            exec(helper.source, namespace)  # noqa: S102
        assert name in namespace


def test_run_shell(helpers: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert helpers["run_shell"]("echo a; echo b >&2; exit 3") == 3
    assert capsys.readouterr().out == "a\nb\n"


def test_capture_shell(helpers: dict[str, Any], tmp_path: Path) -> None:
    lines = helpers["capture_shell"]("printf 'a 1\\nb 2\\n'")
    assert lines == ["a 1", "b 2"] and lines.l is lines
    assert (lines.s, lines.n) == ("a 1 b 2", "a 1\nb 2")
    assert lines.grep("A") == ["a 1"] and lines.grep("a", prune=True) == ["b 2"]
    assert lines.grep("1", field=1) == ["a 1"]
    assert lines.fields(1, 0) == ["1 a", "2 b"] and lines.fields() == [["a", "1"], ["b", "2"]]
    assert helpers["capture_shell"](f"echo {tmp_path}").p == [tmp_path]


def test_scripts(helpers: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    helpers["run_script"](["sh"], "echo a\n")
    assert capsys.readouterr().out == "a\n"
    assert helpers["capture_script"](["sh"], "echo a; echo b >&2\n") == ("a\n", "b\n")
    with pytest.raises(Exception, match="exit status 2"):
        helpers["run_script"](["sh"], "exit 2\n")
    helpers["run_script"](["sh"], "exit 2\n", check=False)


def test_write_file(helpers: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "a.txt")
    helpers["write_file"](path, "1\n")
    helpers["write_file"](path, "2\n", mode="a")
    assert Path(path).read_text() == "1\n2\n"
    helpers["write_file"](path, "3\n")
    assert Path(path).read_text() == "3\n"
    verbs = [line.split(" /")[0] for line in capsys.readouterr().out.splitlines()]
    assert verbs == ["Writing", "Appending to", "Overwriting"]


def test_captured_output(helpers: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    with helpers["captured_output"]() as captured:
        print("a")
        print("b", file=sys.stderr)
    assert capsys.readouterr() == ("", "")
    assert (captured.stdout, captured.stderr, str(captured)) == ("a\n", "b\n", "a\n")
    assert not hasattr(captured, "nothing")
    assert captured.outputs == []
    captured.show()
    assert capsys.readouterr() == ("a\n", "b\n")


def test_captured_output_is_that_of_its_own_task(
    helpers: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    before, captured = sys.stdout, {}
    started, printed = threading.Event(), threading.Event()

    def capture(name: str) -> None:
        with helpers["captured_output"]() as output:
            print(name)
            started.set()
            assert printed.wait(timeout=10)
        captured[name] = output.stdout

    tasks = [threading.Thread(target=capture, args=(name,)) for name in ("a", "b")]
    for task in tasks:
        task.start()
    assert started.wait(timeout=10)
    print("loud")
    printed.set()
    for task in tasks:
        task.join(timeout=10)
    assert captured == {"a": "a\n", "b": "b\n"}
    assert (capsys.readouterr().out, sys.stdout) == ("loud\n", before)


def test_captured_output_can_be_pickled(helpers: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    module = type(sys)("helpers_under_test")
    module.__dict__.update(helpers)
    monkeypatch.setitem(sys.modules, "helpers_under_test", module)
    with helpers["captured_output"]() as captured:
        print("a")
    assert pickle.loads(pickle.dumps(captured)).stdout == "a\n"
