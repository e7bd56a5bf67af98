"""The author's statements as they stand in a task: what changes, and what must not."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from nb_to_flow.generate.context import make_context
from nb_to_flow.generate.helpers import NAMES
from nb_to_flow.generate.keys import Keys
from nb_to_flow.generate.rewrite import Scope, rewrite
from nb_to_flow.ir.facts import Access, Effect, ResourceKind
from nb_to_flow.ir.flow import GenerateOptions
from tests.generate.plans import PYPLOT, RAW, plan

IMPORTS = """\
import sys, pprint
import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import display as d"""


def rewritten(
    code: str, displays: str = "artifact", effects: tuple[Effect, ...] = (), **scope: object
) -> str:
    book = plan([IMPORTS, code], [], effects={4: effects})
    context = make_context(book, GenerateOptions(displays=displays), NAMES)
    return rewrite(context.statement(4), context, Scope(keys=Keys(name="load_it"), **scope))  # type: ignore[arg-type]


SHOWN = [
    ("df", 'show(df, key="load-it")'),
    ("df  # all of it", 'show(df, key="load-it")  # all of it'),
    ("# look\ndf.head()", '# look\nshow(df.head(), key="load-it")'),
    ("(df\n .head()  # five\n)", 'show(df\n .head()  # five\n, key="load-it")'),
    ("a, b", 'show((a, b), key="load-it")'),
    ("(a), b", 'show(((a), b), key="load-it")'),
    ("(a, b)", 'show((a, b), key="load-it")'),
    ("(x for x in y)", 'show((x for x in y), key="load-it")'),
    ("(n := 3)", 'show(n := 3, key="load-it")'),
    ("'été'", "show('été', key=\"load-it\")"),
    ("d(df)", 'show(df, key="load-it")'),
    ("display(df)", 'show(df, key="load-it")'),
    ("display(df, raw=True)", 'show(df, key="load-it")'),
    ("display(a, *b,)", 'show(a, *b, key="load-it")'),
    ("list(map(display, xs))", 'show(list(map(partial(show, key="load-it"), xs)), key="load-it-list")'),
    ("for x in xs: display(x)", 'for x in xs: show(x, key="load-it")'),
    ("display(a); ", 'show(a, key="load-it"); '),
]


@pytest.mark.parametrize(("code", "expected"), SHOWN, ids=[code for code, _ in SHOWN])
def test_what_the_cell_shows_is_published(code: str, expected: str) -> None:
    assert rewritten(code) == expected
    ast.parse(expected)


@pytest.mark.parametrize(
    "code", ["print(df)", "df.drop(columns='a', inplace=True)", "x = df.head()", "x += 1"]
)
def test_what_shows_nothing_stays(code: str) -> None:
    assert rewritten(code) == code


DISPLAYED = Effect(kind=ResourceKind.DISPLAY, access=Access.WRITE)
STORED = Effect(kind=ResourceKind.FILE, access=Access.WRITE, name="a.csv")


@pytest.mark.parametrize("code", ["df.to_dict()", "df.a.to_list()", "df.to_numpy()", "df.to_csv()"])
def test_what_is_converted_is_shown_and_what_is_stored_is_not(code: str) -> None:
    assert rewritten(code, effects=(DISPLAYED,)).startswith(f"show({code}, ")
    assert rewritten(code, effects=(DISPLAYED, STORED)) == code


def test_a_drawing_is_shown_by_its_figure_alone() -> None:
    assert rewritten("df.plot()", effects=(PYPLOT,)) == "df.plot()"
    assert rewritten("plt.gca().set_title('a')", effects=(PYPLOT,)) == "plt.gca().set_title('a')"


DROPPED = [
    ("df", ""),
    ("df.shape", ""),
    ("df.head()", "df.head()"),
    ("display(df)", ""),
    ("display(load())", "load()"),
    ("for x in xs: display(x)", "for x in xs: pass"),
    ("for x in xs: display(f(x))", "for x in xs: f(x)"),
    ("plt.show()", 'plt.close("all")'),
]


@pytest.mark.parametrize(("code", "expected"), DROPPED, ids=[code for code, _ in DROPPED])
def test_dropped_displays_leave_what_has_effects(code: str, expected: str) -> None:
    assert rewritten(code, displays="drop") == expected


LOGGED = [("df", "show(df)"), ("display(a, b)", "show(a, b)"), ("plt.show()", 'plt.close("all")')]


@pytest.mark.parametrize(("code", "expected"), LOGGED, ids=[code for code, _ in LOGGED])
def test_logged_displays(code: str, expected: str) -> None:
    assert rewritten(code, displays="log") == expected


FIGURES = [
    ("plt.show()", 'publish_figures("load-it")'),
    ("plt.show(block=False)", 'publish_figures("load-it")'),
    (
        "for c in cs:\n    plt.plot(c)\n    plt.show()",
        'for c in cs:\n    plt.plot(c)\n    publish_figures("load-it")',
    ),
    ("def f():\n    plt.show()", 'def f():\n    publish_figures("load-it")'),
    ("plt.show(fig)", 'publish_figures("load-it")'),
    ("plt.show(draw(x))", 'draw(x); publish_figures("load-it")'),
    ("for x in xs: plt.show(draw(x))", 'for x in xs: draw(x); publish_figures("load-it")'),
    ("xs = [plt.show(draw(x)) for x in xs]", 'xs = [(draw(x), publish_figures("load-it")) for x in xs]'),
    ("plt.show(draw(display(x)))", 'draw(show(x, key="load-it")); publish_figures("load-it-figure")'),
]


@pytest.mark.parametrize(("code", "expected"), FIGURES, ids=[code for code, _ in FIGURES])
def test_pyplot_shows_by_publishing(code: str, expected: str) -> None:
    assert rewritten(code) == expected


STDOUT = [
    ("df.info()", "print_info(df)"),
    ("df.dropna().info(memory_usage='deep')", "print_info(df.dropna(), memory_usage='deep')"),
    ("df.info(buf=text)", 'show(df.info(buf=text), key="load-it")'),
    ("pprint.pprint(x, width=9)", "print(pformat(x, width=9))"),
    ("help(len)", "print(pydoc.plain(pydoc.render_doc(len, 'Help on %s:')))"),
    ("sys.stdout.write(text)", 'print(text, end="")'),
    ("if x: sys.stdout.write(text,)", 'if x: print(text,end="")'),
]


@pytest.mark.parametrize(("code", "expected"), STDOUT, ids=[code for code, _ in STDOUT])
def test_output_past_print_is_printed(code: str, expected: str) -> None:
    assert rewritten(code, effects=(RAW,)) == expected


def test_a_logger_is_no_frame() -> None:
    assert rewritten("logger.info('x')\n", effects=()).startswith("show(logger.info(")
    assert rewritten("for x in y: logger.info('x')") == "for x in y: logger.info('x')"


def test_global_becomes_nonlocal_inside_functions() -> None:
    code = "def f():\n    global a, b\n    a = b = 1"
    assert rewritten(code, nonlocals=frozenset({"a"})) == "def f():\n    nonlocal a; global b\n    a = b = 1"
    assert rewritten(code, nonlocals=frozenset({"a", "b"})) == "def f():\n    nonlocal a, b\n    a = b = 1"
    assert rewritten(code) == code


def test_global_at_top_level_means_nothing_in_a_task() -> None:
    assert rewritten("global a") == ""
    assert rewritten("if x:\n    global a") == "if x:\n    pass"


def test_exec_sees_the_globals_that_the_task_declares() -> None:
    assert rewritten("exec(code)", uses_globals=True) == "exec(code, globals())"
    assert rewritten("exec(code, ns)", uses_globals=True) == "exec(code, ns)"
    assert rewritten("x = eval('1')") == "x = eval('1')"


def test_a_notebook_that_defines_display_keeps_it() -> None:
    code = dedent("""\
        def display(x):
            return x""")
    book = plan([IMPORTS, code, "display(1)"], [])
    context = make_context(book, GenerateOptions(), NAMES)
    shown = rewrite(context.statement(5), context, Scope(keys=Keys(name="t")))
    assert shown == 'show(display(1), key="t")'


def test_idle_names_vanish_but_attributes_stay() -> None:
    book = plan([IMPORTS, "x\nx.size\nprint(1)"], [])
    context = make_context(book, GenerateOptions(), NAMES)
    scope = Scope(keys=Keys(name="t"))
    assert [rewrite(context.statement(i), context, scope) for i in (4, 5)] == ["", "x.size"]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("x: int = 1", "x = 1"),
        ("x: int = (\n    1 + 2)", "x = (\n    1 + 2)"),
        ("x: (int) = 1", "x = 1"),
        ("if x:\n    y: list[int] = [x]", "if x:\n    y = [x]"),
        ("x: int", "pass"),
        # what is no global keeps its annotation
        ("def f():\n    x: int = 1", "def f():\n    x: int = 1"),
        ("a.x: int = 1", "a.x: int = 1"),
    ],
)
def test_what_is_declared_global_is_not_annotated(code: str, expected: str) -> None:
    assert rewritten(code, uses_globals=True) == expected
    assert rewritten(code) == code
