"""Files that are no readable Python notebook: always a diagnostic, never an exception."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from nb_to_flow.read import ReadOptions, read_notebook, read_text
from tests.read.notebooks import code_cell, codes, notebook_json, read


def with_cells(*cells: object, **more: object) -> str:
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": list(cells)} | more)


CODE = code_cell("x = 1")
R_KERNEL = {"kernelspec": {"name": "ir", "display_name": "R", "language": "R"}}
JULIA = {"language_info": {"name": "julia", "version": "1.6"}}
PYTHON_2 = {"language_info": {"name": "python", "version": "2.7.18"}}

BROKEN: list[tuple[str, str | bytes, str]] = [
    ("empty", b"", "NB102"),
    ("blank", b" \n\t", "NB102"),
    ("bom only", b"\xef\xbb\xbf", "NB105"),
    ("text", "hello", "NB105"),
    ("python", "print('hi')\n", "NB105"),
    ("cut off", notebook_json("x = 1")[:-20], "NB105"),
    ("merge conflict", "<<<<<<< HEAD\n" + notebook_json("x"), "NB105"),
    ("two documents", notebook_json("x") * 2, "NB105"),
    ("huge number", '{"nbformat": ' + "9" * 5000 + "}", "NB105"),
    ("latin-1", notebook_json("x = 'é'").replace("\\u00e9", "é").encode("latin-1"), "NB104"),
    ("utf-16", notebook_json("x").encode("utf-16"), "NB104"),
    ("binary", bytes(range(256)), "NB104"),
    ("gzip", b"\x1f\x8b\x08\x00" + bytes(20), "NB104"),
    ("nested lists", "[" * 100_000, "NB113"),
    ("nested objects", '{"a":' * 50_000, "NB113"),
    ("list", "[]", "NB106"),
    ("null", "null", "NB106"),
    ("number", "3", "NB106"),
    ("empty object", "{}", "NB106"),
    ("other json", '{"name": "package", "version": "1"}', "NB106"),
    ("version 5", with_cells(CODE, nbformat=5), "NB106"),
    ("version 0", with_cells(CODE, nbformat=0), "NB106"),
    ("version text", with_cells(CODE, nbformat="4"), "NB106"),
    ("version true", with_cells(CODE, nbformat=True), "NB106"),
    ("minor null", with_cells(CODE, nbformat_minor=None), "NB107"),
    ("cells missing", '{"nbformat": 4, "nbformat_minor": 4, "metadata": {}}', "NB107"),
    ("cells object", with_cells(cells={}), "NB107"),
    ("cells null", with_cells(cells=None), "NB107"),
    ("cell null", with_cells(None), "NB107"),
    ("cell text", with_cells("x = 1"), "NB107"),
    ("cell without type", with_cells({"source": "x", "metadata": {}}), "NB107"),
    ("cell of unknown type", with_cells({"cell_type": "sql", "source": "x", "metadata": {}}), "NB107"),
    ("source missing", with_cells({"cell_type": "code", "metadata": {}, "outputs": []}), "NB107"),
    ("source number", with_cells(CODE | {"source": 3}), "NB107"),
    ("source of numbers", with_cells(CODE | {"source": [1, 2]}), "NB107"),
    ("old version, nonsense", '{"nbformat": 3, "worksheets": 7}', "NB107"),
    (
        "old version, null cells",
        '{"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [null]}]}',
        "NB107",
    ),
    ("R", notebook_json("x <- 1", **R_KERNEL), "NB109"),
    ("Julia", notebook_json("x = 1", **JULIA), "NB109"),
    ("Julia kernel", notebook_json("x = 1", kernelspec={"name": "julia-1.9", "display_name": "J"}), "NB109"),
    ("C#", notebook_json("x", kernelspec={"name": ".net-csharp", "display_name": "C#"}), "NB109"),
    ("print statement", notebook_json("x = 1", 'print "hello"\nprint "a"', 'print "b"'), "NB110"),
    ("except comma", notebook_json("try:\n    f()\nexcept ValueError, e:\n    pass"), "NB110"),
    ("exec statement", notebook_json("exec 'x = 1'"), "NB110"),
    ("backticks", notebook_json("x = `y`"), "NB110"),
    ("syntax error", notebook_json("x = 1", "y = (1,\nz"), "NB111"),
    ("a feature that does not exist", notebook_json("from __future__ import braces"), "NB111"),
    ("unclosed string", notebook_json("x = 'a"), "NB111"),
    ("indentation", notebook_json("if x:\ny = 1"), "NB111"),
    ("return", notebook_json("return 1"), "NB111"),
    ("break", notebook_json("break"), "NB111"),
    ("prose", notebook_json("This is a sentence."), "NB111"),
    ("broken line after a magic", notebook_json("%time x = 1\ny = ("), "NB111"),
    ("broken code in a magic", notebook_json("%time x = ("), "NB111"),
    ("lone question mark", notebook_json("x = ? + 1"), "NB111"),
    ("keyword as a name", notebook_json("class = 3"), "NB111"),
    ("null character", notebook_json("x = '\0'"), "NB112"),
    ("half a surrogate pair", notebook_json("x = '\ud800'"), "NB112"),
    ("nested brackets", notebook_json("x = " + "(" * 5000 + ")" * 5000), "NB113"),
    ("nested operators", notebook_json("x = " + "-" * 50_000 + "1"), "NB113"),
]


@pytest.mark.parametrize(
    ("text", "expected"), [case[1:] for case in BROKEN], ids=[case[0] for case in BROKEN]
)
def test_broken(text: str | bytes, expected: str) -> None:
    outcome = read_text(text)
    assert outcome.value is None
    assert codes(outcome) == [expected]
    diagnostic = outcome.diagnostics[0]
    assert diagnostic.severity == "error"
    assert diagnostic.message.isprintable() and len(diagnostic.message) < 600
    if expected in ("NB110", "NB111", "NB112"):
        assert diagnostic.span is not None


def test_syntax_error_says_where() -> None:
    outcome = read("x = 1", "a = 1\n!ls \\\n   x\nb = 1 1")
    span = outcome.diagnostics[0].span
    assert span is not None and (span.cell, span.line) == (1, 4)


def test_every_broken_cell_is_reported() -> None:
    assert codes(read("x = (", "%sql x", "y = 1", "z = )")) == ["NB111", "NB120", "NB111"]


def test_missing_file(tmp_path: Path) -> None:
    outcome = read_notebook(tmp_path / "no.ipynb")
    assert codes(outcome) == ["NB101"] and "no.ipynb" in outcome.diagnostics[0].message


@pytest.mark.parametrize(
    "name", ["a\0b.ipynb", "x" * 5000 + ".ipynb", "a/b/c.ipynb", "\n.ipynb", "\ud800.ipynb", ""]
)
def test_hostile_paths(tmp_path: Path, name: str) -> None:
    outcome = read_notebook(tmp_path / name)
    assert codes(outcome) == ["NB101"]
    assert outcome.diagnostics[0].message.isprintable()


def test_folder(tmp_path: Path) -> None:
    assert codes(read_notebook(tmp_path)) == ["NB101"]


@pytest.mark.skipif(os.name != "posix", reason="named pipes")
def test_named_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.ipynb")
    assert codes(read_notebook(tmp_path / "pipe.ipynb")) == ["NB101"]


def test_dangling_link(tmp_path: Path) -> None:
    (tmp_path / "a.ipynb").symlink_to(tmp_path / "nowhere")
    assert codes(read_notebook(tmp_path / "a.ipynb")) == ["NB101"]


def test_large_file(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text(notebook_json("x = 1"))
    assert codes(read_notebook(path, ReadOptions(max_bytes=10))) == ["NB103"]
    assert codes(read_text(notebook_json("x"), options=ReadOptions(max_bytes=10))) == ["NB103"]


def test_unknown_suffix(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(notebook_json("x = 1"))
    assert codes(read_notebook(path)) == ["NB108"]


def test_unknown_order() -> None:
    assert codes(read("x", order="random")) == ["NB125"]


FINE = [
    ("byte order mark", b"\xef\xbb\xbf" + notebook_json("x = 1").encode()),
    ("byte order mark in a cell", notebook_json("\ufeffx = 1")),
    ("metadata missing", json.dumps({"nbformat": 4, "nbformat_minor": 4, "cells": [CODE]})),
    ("newer minor version", with_cells(CODE, nbformat_minor=99)),
    ("cell ids missing", with_cells(CODE, nbformat_minor=5)),
    ("invalid output", with_cells(CODE | {"outputs": [{"output_type": "nonsense"}]})),
    ("invalid count", with_cells(CODE | {"execution_count": "3"})),
    ("odd tags", with_cells(CODE | {"metadata": {"tags": ["a", 3]}})),
    ("other metadata", notebook_json("x = 1", kernelspec="python3", language_info=[])),
    ("source in lines", with_cells(CODE | {"source": ["x = ", "1"]})),
    ("surrogates in prose", with_cells({"cell_type": "markdown", "metadata": {}, "source": "\ud800"}, CODE)),
    (
        "conda kernel",
        notebook_json(
            "x = 1", kernelspec={"name": "conda-env-a-py", "display_name": "P", "language": "python"}
        ),
    ),
    ("kernel of an own name", notebook_json("x = 1", kernelspec={"name": "irina", "display_name": "P"})),
    ("Python 2, without its syntax", notebook_json("x = 1", **PYTHON_2)),
    (
        "version 3",
        json.dumps(
            {
                "nbformat": 3,
                "nbformat_minor": 0,
                "metadata": {"name": ""},
                "worksheets": [
                    {
                        "metadata": {},
                        "cells": [
                            {"cell_type": "heading", "level": 1, "metadata": {}, "source": "T"},
                            {
                                "cell_type": "code",
                                "collapsed": False,
                                "input": "x = 1",
                                "language": "python",
                                "metadata": {},
                                "outputs": [],
                                "prompt_number": 4,
                            },
                        ],
                    }
                ],
            }
        ),
    ),
]


@pytest.mark.parametrize("text", [case[1] for case in FINE], ids=[case[0] for case in FINE])
def test_readable(text: str | bytes) -> None:
    outcome = read_text(text)
    assert outcome.value is not None, outcome.diagnostics
    assert [s.code for s in outcome.value.statements] == ["x = 1"]


@pytest.mark.parametrize("cells", [(), ("",), ("# only a comment",), ("%matplotlib inline",)])
def test_nothing_to_run_is_fine(cells: tuple[str, ...]) -> None:
    outcome = read(*cells)
    assert outcome.value is not None and outcome.value.statements == ()
    assert len(outcome.value.cells) == len(cells)


def test_warnings_of_what_does_not_matter() -> None:
    assert codes(read_text(with_cells(CODE | {"outputs": [{"output_type": "nonsense"}]}))) == ["NB140"]
    assert codes(read_text(notebook_json("x = 1", **PYTHON_2))) == ["NB143"]


def test_many_magics_in_one_cell_end() -> None:
    assert codes(read("\n".join("%who" for _ in range(600)))) == ["NB121"]


def test_path_and_digest(tmp_path: Path) -> None:
    path = tmp_path / "a.ipynb"
    path.write_text(notebook_json("x = 1"))
    notebook = read_notebook(path).value
    assert notebook is not None and notebook.path == str(path) and len(notebook.sha256) == 64
