"""`%run`: code of other files in the magic's place."""

from __future__ import annotations

from pathlib import Path

from nb_to_flow.ir.diagnostics import Outcome
from nb_to_flow.ir.notebook import Notebook
from nb_to_flow.read import read_notebook
from tests.read.notebooks import codes, notebook_json


def read_in(folder: Path, *cells: str) -> Outcome[Notebook]:
    path = folder / "main.ipynb"
    path.write_text(notebook_json(*cells))
    return read_notebook(path)


def code_in(folder: Path, *cells: str) -> list[str]:
    outcome = read_in(folder, *cells)
    assert outcome.value is not None, outcome.diagnostics
    return [statement.code for statement in outcome.value.statements]


def test_script(tmp_path: Path) -> None:
    (tmp_path / "tool.py").write_text(
        "N = 3\n\ndef f():\n    return N\n\nif __name__ == '__main__':\n    f()\nf()\n"
    )
    expected = ["N = 3", "\ndef f():\n    return N", "\nf()", "f()", "x = f()"]
    assert code_in(tmp_path, "%run tool.py\nx = f()") == expected
    assert code_in(tmp_path, "%run -i tool\nx = f()") == expected


def test_script_shows_nothing_and_stems_from_its_line(tmp_path: Path) -> None:
    (tmp_path / "tool.py").write_text("a = 1\na\n")
    outcome = read_in(tmp_path, "x = 1\n%run tool.py")
    assert outcome.value is not None
    assert [s.line_map for s in outcome.value.statements] == [(1,), (2,), (2,)]
    assert not any(s.shows for s in outcome.value.statements)
    assert codes(outcome) == ["NB151"]


def test_arguments(tmp_path: Path) -> None:
    (tmp_path / "tool.py").write_text("import sys\nprint(sys.argv)\n")
    assert code_in(tmp_path, "%run tool.py a 'b c'") == [
        'sys.argv = ["tool.py", "a", "b c"]',
        "import sys",
        "print(sys.argv)",
    ] or code_in(tmp_path, "%run tool.py a 'b c'")[:2] == ["import sys", 'sys.argv = ["tool.py", "a", "b c"]']


def test_notebook(tmp_path: Path) -> None:
    (tmp_path / "other.ipynb").write_text(notebook_json("a = 1\na", "%time b = a", "!ls"))
    assert code_in(tmp_path, "%run other.ipynb") == ["a = 1", "a", "b = a", 'run_shell("ls")']


def test_nested_runs(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.ipynb").write_text(notebook_json("%run b.py"))
    (tmp_path / "sub" / "b.py").write_text("b = 1")
    assert code_in(tmp_path, "%run sub/a.ipynb") == ["b = 1"]


def test_what_cannot_be_run(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("x = (")
    (tmp_path / "bad.ipynb").write_text("nonsense")
    (tmp_path / "bytes.py").write_bytes(b"x = '\xff'")
    (tmp_path / "self.ipynb").write_text(notebook_json("%run self.ipynb"))
    expected = {
        "bad.py": "NB111",
        "bad.ipynb": "NB124",
        "bytes.py": "NB124",
        "self.ipynb": "NB124",
        "no.py": "NB124",
    }
    for name, wanted in expected.items():
        outcome = read_in(tmp_path, f"%run {name}")
        assert outcome.value is None
        assert codes(outcome)[-1] == wanted
