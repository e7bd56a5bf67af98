"""Whatever is wrong with the input: exit code 2, one clear message on stderr, no traceback, nothing written."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Said

Setup = Callable[[Path], None]
GOOD = (
    '{"cells": [{"cell_type": "code", "id": "a", "execution_count": null, "metadata": {}, "outputs": [],'
    ' "source": "a = 1"}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
)


def file(name: str, content: str | bytes) -> Setup:
    """Sets a file up."""

    def write(folder: Path) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    return write


def folder(name: str) -> Setup:
    """Sets an empty folder up."""
    return lambda root: (root / name).mkdir(parents=True)


def cell(source: str) -> str:
    """A notebook with one code cell; `source` is JSON text without quotes."""
    return GOOD.replace("a = 1", source)


def nothing(root: Path) -> None:
    """Sets nothing up."""


# (what is wrong, set-up, arguments, what the message must name)
BROKEN: list[tuple[str, Setup, list[str], str]] = [
    ("missing file", nothing, ["convert", "no.ipynb"], "no.ipynb"),
    ("missing file, inspect", nothing, ["inspect", "no.ipynb"], "no.ipynb"),
    ("missing file, graph", nothing, ["graph", "no.ipynb", "-o", "x.svg"], "no.ipynb"),
    ("missing notebook, run", nothing, ["run", "no.ipynb"], "no.ipynb"),
    ("missing flow, run", nothing, ["run", "flows/no.py"], "no.py"),
    ("folder without notebooks", folder("empty"), ["convert", "empty"], "empty"),
    ("folder to inspect", folder("empty"), ["inspect", "empty"], "empty"),
    ("folder to run", folder("empty"), ["run", "empty"], "empty"),
    ("empty file", file("x.ipynb", ""), ["convert", "x.ipynb"], "x.ipynb"),
    ("not JSON", file("x.ipynb", "hello"), ["convert", "x.ipynb"], "x.ipynb"),
    ("JSON cut short", file("x.ipynb", GOOD[:60]), ["convert", "x.ipynb"], "x.ipynb"),
    ("JSON but a list", file("x.ipynb", "[1, 2]"), ["convert", "x.ipynb"], "x.ipynb"),
    ("JSON but a number", file("x.ipynb", "7"), ["inspect", "x.ipynb"], "x.ipynb"),
    ("cells is a string", file("x.ipynb", GOOD.replace('"cells": [', '"cells": "", "x": [')), ["convert", "x.ipynb"], "x"),
    ("cell without a type", file("x.ipynb", GOOD.replace('"cell_type": "code", ', "")), ["convert", "x.ipynb"], "x"),
    ("not UTF-8", file("x.ipynb", b"\xff\xfe\x00\x01"), ["convert", "x.ipynb"], "x.ipynb"),
    ("deep nesting", file("x.ipynb", "[" * 100_000), ["convert", "x.ipynb"], "x.ipynb"),
    ("future format", file("x.ipynb", GOOD.replace('"nbformat": 4', '"nbformat": 99')), ["convert", "x.ipynb"], "x"),
    ("syntax error", file("x.ipynb", cell("a = (")), ["convert", "x.ipynb"], "cell 1"),
    ("bad indent", file("x.ipynb", cell("if a:\\nb")), ["inspect", "x.ipynb"], "cell 1"),
    ("Python 2", file("x.ipynb", cell("print 'a'")), ["convert", "x.ipynb"], "cell 1"),
    ("null byte", file("x.ipynb", cell("a = 1\\u0000")), ["convert", "x.ipynb"], "cell 1"),
    ("lone surrogate", file("x.ipynb", cell("a = '\\ud800'")), ["convert", "x.ipynb"], "cell 1"),
    ("unknown magic", file("x.ipynb", cell("%%frobnicate\\nx")), ["convert", "x.ipynb"], "frobnicate"),
    ("deep expression", file("x.ipynb", cell("(" * 5000 + ")" * 5000)), ["convert", "x.ipynb"], "cell 1"),
    ("another language", file("x.ipynb", GOOD.replace('"metadata": {}, "nbformat"', '"metadata": {"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}}, "nbformat"')), ["convert", "x.ipynb"], "R"),
    ("output is a file", lambda r: (file("x.ipynb", GOOD)(r), file("flows", "")(r), None)[-1], ["convert", "x.ipynb"], "flows"),
    ("output below a file", lambda r: (file("x.ipynb", GOOD)(r), file("f", "")(r), None)[-1], ["convert", "x.ipynb", "-o", "f/flows"], "f"),
    ("output name too long", file("x.ipynb", GOOD), ["convert", "x.ipynb", "-o", "n" * 300], "n" * 20),
    ("notebook name too long", nothing, ["convert", "n" * 300 + ".ipynb"], "n" * 20),
    ("null byte in a path", nothing, ["convert", "a\0b.ipynb"], "b.ipynb"),
    ("flow name is a keyword", file("x.ipynb", GOOD), ["convert", "x.ipynb", "--name", "class"], "class_flow"),
    ("flow name is a path", file("x.ipynb", GOOD), ["convert", "x.ipynb", "--name", "../up"], "../up"),
    ("one name for two", lambda r: (file("x.ipynb", GOOD)(r), file("y.ipynb", GOOD)(r), None)[-1], ["convert", "x.ipynb", "y.ipynb", "--name", "z"], "--name"),
    ("same flow name twice", lambda r: (file("a/x.ipynb", GOOD)(r), file("b/x.ipynb", GOOD)(r), None)[-1], ["convert", "a", "b"], "same name"),
    ("flow is somebody's file", lambda r: (file("x.ipynb", GOOD)(r), file("flows/x.py", "mine")(r), None)[-1], ["convert", "x.ipynb"], "by hand"),
    ("flow's place is a folder", lambda r: (file("x.ipynb", GOOD)(r), folder("flows/x.py")(r), None)[-1], ["convert", "x.ipynb"], "x.py"),
    ("parameter is no name", file("x.ipynb", GOOD), ["convert", "x.ipynb", "--parameter", "a b"], "a b"),
    ("parameter doesn't exist", file("x.ipynb", GOOD), ["convert", "x.ipynb", "--parameter", "zzz"], "zzz"),
    ("output doesn't exist", file("x.ipynb", GOOD), ["convert", "x.ipynb", "--outputs", "zzz"], "zzz"),
    ("no notebook named", nothing, ["convert"], "NOTEBOOK"),
    ("unknown command", nothing, ["konvert", "x.ipynb"], "konvert"),
    ("unknown option", nothing, ["convert", "--frob"], "--frob"),
    ("unknown granularity", file("x.ipynb", GOOD), ["convert", "x.ipynb", "--granularity", "line"], "line"),
    ("negative retries", file("x.ipynb", GOOD), ["convert", "x.ipynb", "--retries", "-1"], "-1"),
    ("timeout of nothing", file("x.ipynb", GOOD), ["convert", "x.ipynb", "--timeout", "0"], "0"),
    ("drawing without suffix", file("x.ipynb", GOOD), ["graph", "x.ipynb", "-o", "x"], "no suffix"),
    ("drawing as PDF", file("x.ipynb", GOOD), ["graph", "x.ipynb", "-o", "x.pdf"], ".pdf"),
    ("drawing into no folder", file("x.ipynb", GOOD), ["graph", "x.ipynb", "-o", "no/x.svg"], "no"),
    ("-p without value", file("x.ipynb", GOOD), ["run", "x.ipynb", "-p", "a"], "name=value"),
    ("parameter file missing", file("x.ipynb", GOOD), ["run", "x.ipynb", "--params", "p.json"], "p.json"),
    ("parameter file no JSON", lambda r: (file("x.ipynb", GOOD)(r), file("p.json", "{")(r), None)[-1], ["run", "x.ipynb", "--params", "p.json"], "p.json"),
    ("parameter file a list", lambda r: (file("x.ipynb", GOOD)(r), file("p.json", "[]")(r), None)[-1], ["run", "x.ipynb", "--params", "p.json"], "p.json"),
    ("flow with a syntax error", file("f.py", "def"), ["run", "f.py"], "line 1"),
    ("flow's package missing", file("f.py", "import no_such_package_at_all"), ["run", "f.py"], "no_such_package_at_all"),
    ("file without a flow", file("f.py", "a = 1"), ["run", "f.py"], "no flow"),
    ("folder to run in missing", file("f.py", "a = 1"), ["run", "f.py", "--folder", "no"], "no"),
]  # fmt: skip


@pytest.mark.parametrize(("setup", "arguments", "named"), [b[1:] for b in BROKEN], ids=[b[0] for b in BROKEN])
def test_one_message_and_exit_code_2(
    setup: Setup, arguments: list[str], named: str, say: Callable[..., Said], tmp_path: Path
) -> None:
    setup(tmp_path)
    before = {p for p in tmp_path.rglob("*") if "__pycache__" not in p.parts}
    said = say(*arguments)
    assert said.code == 2
    assert named in said.err
    assert "Traceback" not in said.err + said.out
    assert "internal error" not in said.err
    assert {p for p in tmp_path.rglob("*") if p.is_file() and "__pycache__" not in p.parts} <= before


def test_json_stays_json_when_the_input_is_broken(say: Callable[..., Said], tmp_path: Path) -> None:
    file("x.ipynb", "hello")(tmp_path)
    converted, inspected = say("convert", "x.ipynb", "--json"), say("inspect", "x.ipynb", "--json")
    assert converted.code == inspected.code == 2
    assert converted.json["entrypoint"] is None
    assert inspected.json["edges"] == []
    assert converted.json["diagnostics"][0]["severity"] == "error"


@pytest.mark.parametrize("locked", ["x.ipynb", "flows"])
def test_no_permission(locked: str, say: Callable[..., Said], tmp_path: Path) -> None:
    file("x.ipynb", GOOD)(tmp_path)
    folder("flows")(tmp_path)
    (tmp_path / locked).chmod(0)
    if os.access(tmp_path / locked, os.R_OK):
        pytest.skip("this user may read and write everything")
    said = say("convert", "x.ipynb")
    (tmp_path / locked).chmod(0o700)
    assert said.code == 2
    assert locked in said.err
    assert "Traceback" not in said.err


def test_reader_of_the_pipe_goes_away(tmp_path: Path) -> None:
    file("x.ipynb", GOOD)(tmp_path)
    command = [sys.executable, "-m", "nb_to_flow", "inspect", "x.ipynb"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert b"Traceback" not in process.stderr.read()
