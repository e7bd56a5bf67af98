"""Cutting cells into statements: comments, line maps, what is shown."""

from __future__ import annotations

import ast
import textwrap

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nb_to_flow.ir.notebook import Statement
from tests.read.notebooks import code_cell, lowered, read


def statements(*cells: str) -> list[Statement]:
    return list(lowered(*cells).statements)


CASES = [
    ("a = 1; b = 2  # both", [("a = 1", (1,)), ("b = 2  # both", (1,))]),
    (
        "# one\n\n# two\na = 1  # three\n\nb = 2\n# end",
        [("# one\n\n# two\na = 1  # three", (1, 2, 3, 4)), ("\nb = 2\n# end", (5, 6, 7))],
    ),
    (
        "@dec\n# why\ndef f():\n    return 1\nf()",
        [("@dec\n# why\ndef f():\n    return 1", (1, 2, 3, 4)), ("f()", (5,))],
    ),
    ("s = '''a\n  b'''\nt = 1", [("s = '''a\n  b'''", (1, 2)), ("t = 1", (3,))]),
    ("a = 1 + \\\n  2\nb = 1", [("a = 1 + \\\n  2", (1, 2)), ("b = 1", (3,))]),
    ("a = 1; \\\n  b = 2", [("a = 1", (1,)), ("b = 2", (2,))]),
    ("a = 1\r\nb = 2\r\n", [("a = 1", (1,)), ("b = 2", (2,))]),
    ("if x:\n\ty = 1\n\n\n# end", [("if x:\n\ty = 1\n\n\n# end", (1, 2, 3, 4, 5))]),
    ("\x0cif a: b; c", [("if a: b; c", (1,))]),
    ("é = 'ü'; ß = é", [("é = 'ü'", (1,)), ("ß = é", (1,))]),
    ("\n\nx", [("x", (3,))]),
    ("# nothing\n", []),
    ("%time a = 1\nb = 2", [("a = 1", (1,)), ("b = 2", (2,))]),
    ("!ls \\\n  x\nb = 2", [('run_shell("ls    x")', (1,)), ("b = 2", (3,))]),
    ("%%capture\n\nf()\ng()", [("with captured_output():\n    f()\n    g()", (1, 3, 4))]),
    (
        "await f()\nasync with a as b:\n    pass",
        [("await f()", (1,)), ("async with a as b:\n    pass", (2, 3))],
    ),
]


@pytest.mark.parametrize(("source", "expected"), CASES)
def test_cut(source: str, expected: list[tuple[str, tuple[int, ...]]]) -> None:
    assert [(s.code, s.line_map) for s in statements(source)] == expected


SHOWS = [
    ("x", True),
    ("x;", False),
    ("x;  # done", False),
    ("x  # done;", True),
    ("x = 1", False),
    ("x\n# below", True),
    ("x; y", True),
    ("x; y;", False),
    ("%time x", True),
    ("%time x;", False),
    ("%%time\nx", True),
    ("%%time\nx;", False),
    ("x\n%matplotlib inline", False),
    ("!ls", False),
    ("!!ls", True),
    ("%pwd", True),
    ("exec('x')", False),
    ("if __name__ == '__main__': x", False),
    ("'%%html'", True),
]


@pytest.mark.parametrize(("source", "expected"), SHOWS)
def test_shows(source: str, expected: bool) -> None:
    outcome = read(source)
    assert outcome.value is not None
    assert [s.shows for s in outcome.value.statements][-1] is expected
    assert not any(s.shows for s in outcome.value.statements[:-1])


def test_interactivity_all() -> None:
    found = statements(
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "InteractiveShell.ast_node_interactivity = 'all'\nx",
        "x\ny = 1\n!ls\nz;",
    )
    assert [(s.code, s.shows) for s in found] == [
        ("x", True),
        ("x", True),
        ("y = 1", False),
        ('run_shell("ls")', False),
        ("z", False),
    ]


HISTORY = [
    (["3 + 4", "r = _ * 2"], ["out_1 = 3 + 4", "out_1", "r = out_1 * 2"]),
    (["1", "2", "_ + __"], ["out_1 = 1", "out_1", "out_2 = 2", "out_2", "out_2 + out_1"]),
    (["1", "x = 0", "Out[1] + _1"], ["out_1 = 1", "out_1", "x = 0", "out_1 + out_1"]),
    (["out_1 = 5\nout_1", "_"], ["out_1 = 5", "out_1_2 = out_1", "out_1_2", "out_1_2"]),
    (["x = 1", "print(In[1])"], ["x = 1", 'print("x = 1")']),
    (["1;", "2", "3;", "y = _"], ["1", "out_2 = 2", "out_2", "3", "y = out_2"]),
    (["7", "print(1)", "y = _"], ["out_1 = 7", "out_1", "print(1)", "y = out_1"]),
    (["1", "for _ in x: print(_)"], ["1", "for _ in x: print(_)"]),
    (["1", "def f(_): return _"], ["1", "def f(_): return _"]),
    (["1", "[_ for _ in x]"], ["1", "[_ for _ in x]"]),
    (["1", "x = _", "for _ in x: pass"], ["out_1 = 1", "out_1", "x = out_1", "for _ in x: pass"]),
    (["1", "for _ in x: pass", "2", "y = _"], ["1", "for _ in x: pass", "2", "y = _"]),
    (["1", "a, _ = f()\nprint(_)"], ["1", "a, _ = f()", "print(_)"]),
    (["(1 +\n 2)  # sum", "y = _"], ["out_1 = (1 +\n 2)  # sum", "out_1", "y = out_1"]),
]


@pytest.mark.parametrize(("cells", "expected"), HISTORY)
def test_history(cells: list[str], expected: list[str]) -> None:
    found = statements(*cells)
    assert [s.code for s in found] == expected
    for statement in found:
        assert statement.synthetic == {n for n in ("out_1", "out_2", "out_1_2") if n in statement.code} - (
            {"out_1"} if "out_1 = 5\nout_1" in cells else set()
        )


def test_numbers_of_skipped_cells() -> None:
    assert [s.code for s in statements("", "# only\n", "5", "Out[2]")] == ["out_2 = 5", "out_2", "out_2"]


def test_spans_and_indexes() -> None:
    found = statements("x = 1", "# c\ny = (1,\n  2)\nz")
    assert [(s.index, s.cell, s.span.line, s.span.end_line) for s in found] == [
        (0, 0, 1, 1),
        (1, 1, 2, 3),
        (2, 1, 4, 4),
    ]


def test_execution_order() -> None:
    cells = [code_cell("b", 2), code_cell("never"), code_cell("a", 1)]
    outcome = read(*cells, order="execution")
    assert outcome.value is not None
    assert [s.code for s in outcome.value.statements] == ["a", "b"]
    assert [d.code for d in outcome.diagnostics] == ["NB141"]


def test_skip_execution() -> None:
    outcome = read(code_cell("1 / 0", tags=("skip-execution",)), "x")
    assert outcome.value is not None
    assert [s.code for s in outcome.value.statements] == ["x"]
    assert [d.code for d in outcome.diagnostics] == ["NB142"]


def test_raises_exception() -> None:
    notebook = lowered(code_cell("x = 1\n1 / 0", tags=("raises-exception",)))
    assert [s.code for s in notebook.statements] == [
        "try:\n    x = 1\n    1 / 0\nexcept Exception as error:\n    print(repr(error))"
    ]


SIMPLE = st.sampled_from(
    [
        "a = 1",
        "b = a + 1  # sum",
        "# comment",
        "",
        "f(a)",
        "a",
        "a;",
        "x = 1; y = 2",
        "x = 1; y = 2;  # both",
        "if a:\n    b = 1\nelse:\n    b = 2",
        "for i in range(3):\n\n    # inner\n    print(i)",
        "def f(x):\n    '''Doc\n  string.'''\n    return x % 2  # !",
        "@d\n@e(1,\n   2)\nclass A:\n    pass",
        "s = '''a\n# no comment\n%time x\n  b'''",
        "t = (1,\n\n  2)",
        "u = 'é' \\\n    'ü'",
        "try:\n    a()\nfinally:\n    b()",
        "pass",
        "await g()",
        "lambda x: x ; z = 1",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(SIMPLE, max_size=8))
def test_statements_of_plain_python_are_the_cell(parts: list[str]) -> None:
    source = "\n".join(parts)
    found = lowered(source).statements
    joined = "\n".join(s.code for s in found)
    assert ast.dump(ast.parse(joined)) == ast.dump(ast.parse(source))
    lines = source.split("\n")
    for statement in found:
        text = statement.code.split("\n")
        assert len(text) == len(statement.line_map)
        assert all(
            line.strip(" ;") in lines[number - 1]
            for line, number in zip(text, statement.line_map, strict=True)
            if "  #" not in line
        )
        assert ast.dump(ast.parse(statement.code).body[0]) == ast.dump(statement.node)
    kept = sum(s.code.count("#") for s in found)
    assert kept == source.count("#") or not found


def test_indentation_of_a_whole_cell_is_forgiven() -> None:
    source = textwrap.indent("def f():\n    return 1\nf()", "  ")
    assert [s.code for s in statements(source)] == ["def f():\n    return 1", "f()"]


@pytest.mark.parametrize("above", range(30, 45))
def test_long_cells(above: int) -> None:
    """IPython's syntax is found window by window: nothing may get lost where one ends."""
    plain = [f"x{number} = {number}" for number in range(above)]
    rest = [
        "s = '''",
        "%time no",
        "!no",
        "'''",
        "!ls \\",
        "  -l",
        "t = (1,",
        "  2)",
        "if x1:",
        "    !a",
        "    y = 1",
        "z = 1",
    ]
    found = statements("\n".join([*plain, *rest, "!b", *plain]))[above:]
    assert [(s.code, s.line_map[0] - above) for s in found[:6]] == [
        ("s = '''\n%time no\n!no\n'''", 1),
        ('run_shell("ls    -l")', 5),
        ("t = (1,\n  2)", 7),
        ('if x1:\n    run_shell("a")\n    y = 1', 9),
        ("z = 1", 12),
        ('run_shell("b")', 13),
    ]
    assert len(found) == 6 + above


@pytest.mark.parametrize(
    ("cell", "codes"),
    [
        (
            "def f(a):\n    print(a)\n    # plt.show()\nx = 1",
            ["def f(a):\n    print(a)\n    # plt.show()", "x = 1"],
        ),
        ("if x:\n    y = 1  # one\n\n# two\nz = 2", ["if x:\n    y = 1  # one", "\n# two\nz = 2"]),
        ("for x in y:\n    z(x)\n\t# last", ["for x in y:\n    z(x)\n\t# last"]),
        ("x = 1\n    # odd\ny = 2", ["x = 1", "# odd\ny = 2"]),
    ],
)
def test_indented_comments_stay_in_their_block(cell: str, codes: list[str]) -> None:
    assert [s.code for s in statements(cell)] == codes
