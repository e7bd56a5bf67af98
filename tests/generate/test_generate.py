"""Whole modules: golden files, lint, names, order, source map."""

from __future__ import annotations

import ast
import itertools
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from nb_to_flow.generate import generate
from nb_to_flow.generate.context import OWN_IMPORTS, renamed
from nb_to_flow.generate.helpers import NAMES
from nb_to_flow.ir.flow import GeneratedFlow, GenerateOptions
from nb_to_flow.ir.plan import Copy, CopyKind, FlowPlan, Parameter
from tests.generate.plans import PYPLOT, plan, result, task
from tests.generate.samples import SAMPLES

GOLDEN = Path(__file__).parent / "golden"


def generated(planned: FlowPlan, **options: object) -> GeneratedFlow:
    outcome = generate(planned, GenerateOptions(**options))  # type: ignore[arg-type]
    assert outcome.value is not None, outcome.diagnostics
    return outcome.value


def source_of(cells: list[str], **fields: object) -> str:
    """The module of one task that holds all of the cells' statements but the imports."""
    bare = plan(cells, [])
    rest = [s.index for s in bare.facts.notebook.statements if s.index not in bare.imports]
    return generated(plan(cells, [task("work", rest)], **fields)).source  # type: ignore[arg-type]


@pytest.mark.parametrize("name", SAMPLES)
def test_golden(name: str) -> None:
    source = generated(SAMPLES[name]()).source
    golden = GOLDEN / f"{name}.py.txt"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(source)
    assert source == golden.read_text()
    assert source == generated(SAMPLES[name]()).source


@pytest.mark.parametrize("displays", ["artifact", "log", "drop"])
@pytest.mark.parametrize("name", SAMPLES)
def test_ruff_finds_nothing_with_its_default_rules(name: str, displays: str, tmp_path: Path) -> None:
    file = tmp_path / f"{name}.py"
    file.write_text(generated(SAMPLES[name](), displays=displays).source)
    for command in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", str(file)]
        done = subprocess.run(ruff, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_options_of_tasks() -> None:
    source = generated(SAMPLES["orders"](), retries=5, retry_delays=(2,), timeout_seconds=9.0).source
    assert '"retries": 5' in source and '"retry_delay_seconds": [2]' in source
    assert "@task(cache_policy=NO_CACHE, timeout_seconds=9.0, **RETRY_IO)" in source
    assert "RETRY_IO" not in generated(SAMPLES["orders"](), retries=0).source


def test_the_source_map_leads_back_to_the_cell_and_line() -> None:
    flow = generated(SAMPLES["orders"]())
    lines = flow.source.split("\n")
    where = {lines[number - 1].strip(): (span.cell, span.line) for number, span in flow.source_map.items()}
    assert where['orders["total"] = orders.amount * factor  # in place'] == (4, 1)
    assert where['names = ["a", "b"]'] == (3, 2)
    assert where['region_name = f"in {region}"'] == (5, 3)
    assert where['show(orders.head(), key="load-orders")'] == (2, 2)
    assert not any(text.startswith(("@task", "def ", "return")) for text in where)


def test_the_source_map_follows_reformatted_statements() -> None:
    cells = [
        "data = {'first': [1, 2, 3, 4, 5], 'second': [1, 2, 3, 4, 5],\n   'third': [1, 2, 3, 4, 5, 6, 7, 8, 9]}\nx = 1\ny = 2"
    ]
    flow = generated(plan(cells, [task("work", [0, 1, 2], "-> data, x, y")]))
    numbered = {text.strip(): number for number, text in enumerate(flow.source.split("\n"), 1)}
    assert flow.source_map[numbered['"third": [1, 2, 3, 4, 5, 6, 7, 8, 9],']].line == 2
    assert flow.source_map[numbered["y = 2"]].line == 4


LINT = [
    ("x = 1\nif x == None:\n    print(f'a')", "if x == None:"),
    ("l = 1\nprint(l)", "l = 1"),
    ("try:\n    print(1)\nexcept:\n    print(2)", "except:  # noqa: E722"),
    ("if 1: print(2)", "if 1:"),
    ("unused = print(1)", "unused = print(1)  # noqa: F841"),
    ("print('\\d')", 'print(r"\\d")'),
]


@pytest.mark.parametrize(("code", "line"), LINT, ids=[line for _, line in LINT])
def test_the_authors_style_is_kept_and_silenced(code: str, line: str) -> None:
    assert any(text.strip().startswith(line) for text in source_of([code]).split("\n"))


def test_a_finding_that_is_everywhere_is_silenced_once() -> None:
    source = source_of(["\n".join(f"print('%s' % {n})" for n in range(5))])
    assert "# ruff: noqa: UP031" in source
    assert source.count("noqa") == 1


def test_unused_imports_go_unless_importing_them_does_something() -> None:
    source = source_of(
        [
            "import os, json\nimport numpy as np\nimport seaborn as sns\nfrom mpl_toolkits.mplot3d import Axes3D",
            "print(os.sep)",
        ]
    )
    assert "import json" not in source and "numpy" not in source
    assert "import os\n" in source
    assert "import seaborn as sns  # noqa: F401" in source
    assert "from mpl_toolkits.mplot3d import Axes3D  # noqa: F401" in source


def test_star_imports_are_kept() -> None:
    source = source_of(["from math import *", "print(sqrt(4))"])
    assert "from math import *" in source


def test_futures_are_left_out() -> None:
    assert "__future__" not in source_of(["from __future__ import annotations", "print(1)"])


def test_paths_are_set_before_the_imports_that_need_them() -> None:
    cells = ["import sys", "sys.path.append('lib')\nimport own_module", "print(own_module.x)"]
    source = generated(plan(cells, [task("work", [3])], settings=(1,))).source
    assert source.index("import sys") < source.index("sys.path.append") < source.index("import own_module")


def test_names_of_generated_code_give_way_to_the_notebooks() -> None:
    cells = [
        "from skimage import io\nfrom invoke import task",
        "show = 1\nAny = 2\nio.imread('a.png')\nplt = 3\nprint(task)\nshow",
    ]
    source = source_of(cells, effects={2: (), 5: (PYPLOT,)})
    assert "@prefect_task(" in source
    assert "show_output(show, key=" in source
    compile(source, "flow", "exec")


# Whatever generated code may be made of.
OWN_NAMES = sorted(
    {entry.local for entry in OWN_IMPORTS} | NAMES - {"OPEN_LINES"} | {"RETRY_IO", "isolate_random"}
)


@pytest.mark.parametrize("kind", list(CopyKind))
@pytest.mark.parametrize("name", OWN_NAMES)
def test_a_variable_may_have_any_name_of_generated_code(name: str, kind: CopyKind) -> None:
    cells = [f"{name} = [1]", f"{name}.append(2)\nprint({name}, end=' ')\n{name}", f"{name}[0]"]
    copies = (Copy(names=(name,), kind=kind),)
    tasks = [
        task("load", [0], f"-> {name}: list"),
        task("use", [1, 2, 3], f"{name}: list from load -> {name}: list", copies=copies, retry=True),
        task("see", [4], f"{name}: list from use ->"),
    ]
    outcome = generate(plan(cells, tasks, effects={2: (), 3: (PYPLOT,)}, results=(result(name, "use"),)))
    assert outcome.value is not None and not outcome.diagnostics
    functions = [n for n in ast.parse(outcome.value.source).body if isinstance(n, ast.FunctionDef)]
    use = next(f for f in functions if f.name == "use")
    assert [a.arg for a in use.args.args] == [name]
    changed = [n for n in ast.walk(use) if isinstance(n, ast.Attribute) and n.attr == "append"]
    assert [ast.unparse(n.value) for n in changed] == [name]
    assert ast.unparse(use.body[-1]) == f"return {name}"


@pytest.mark.parametrize("word", ["show", "print_info", "publish_figures", "io"])
def test_a_comment_may_have_a_name_of_generated_code(word: str) -> None:
    cells = ["import pandas as pd", f"x = 1\n# {word} it\nx  # {word}"]
    outcome = generate(plan(cells, [task("work", [1, 2])]))
    assert outcome.value is not None and not outcome.diagnostics
    assert "def show(" in outcome.value.source


@pytest.mark.parametrize(
    ("cell", "body"),
    [
        ("## SVM\nimport json\n# make it\nprint(1)", ["## SVM", "# make it", "print(1)"]),
        ("# one\nimport json\n# two\nimport math\nprint(1)", ["# one", "# two", "print(1)"]),
        ("y = 2\n# one\nimport json\nprint(y)", ["y = 2", "# one", "print(y)"]),
        ("# Import the libraries\nimport json\nprint(1)", ["print(1)"]),
        ("import json  # to write\nprint(1)", ["print(1)"]),
    ],
)
def test_comments_above_hoisted_imports_stay_where_they_were(cell: str, body: list[str]) -> None:
    own = [k for k, node in enumerate(ast.parse(cell).body) if not isinstance(node, ast.Import)]
    assert body_lines(plan([cell], [task("work", own)])) == body


def test_words_in_strings_are_no_names() -> None:
    code = 'show("show", show.show, show=show)  # show'
    assert renamed(code, {"show": "show_output"}) == (
        'show_output("show", show_output.show, show=show_output)  # show'
    )
    assert renamed("print(pformat", {"print": "out", "pformat": "pprint.pformat"}) == "out(pprint.pformat"


def test_comments_and_long_strings_keep_their_text() -> None:
    cells = ['# about\ntext = """one\n  two\nthree"""\nprint(text)  # shown\n# the end']
    source = source_of(cells)
    assert '    text = """one\n  two\nthree"""\n    print(text)  # shown\n    # the end\n' in source


def test_titles_with_quotes_and_backslashes() -> None:
    odd = task("work", [0], "->", title='A "quoted\\" title"', notes=('Writes """x""".',))
    source = generated(plan(["x = 1"], [odd], title='Ends with "')).source
    assert ast.get_docstring(ast.parse(source)) is not None


def test_an_empty_notebook_gives_an_empty_flow() -> None:
    source = generated(plan([], [])).source
    assert "return {}" in source


def test_hostile_code_is_a_diagnostic() -> None:
    broken = plan(["x = 1"], [task("not a name", [0])])
    outcome = generate(broken)
    assert outcome.value is None and outcome.diagnostics[0].code == "NB501"


def test_an_undefined_name_is_reported_with_its_place() -> None:
    outcome = generate(plan(["x = 1\nprint(missing)"], [task("work", [0, 1])]))
    assert [(d.code, d.span and d.span.line) for d in outcome.diagnostics] == [("NB502", 2)]


def body_lines(planned: FlowPlan) -> list[str]:
    """The lines of the only task's body."""
    lines = generated(planned).source.split("\n")
    start = next(k for k, line in enumerate(lines) if line.startswith("def work("))
    body = itertools.takewhile(lambda line: line.startswith("    ") or not line, lines[start + 1 :])
    return [line.strip() for line in body if line.strip() and '"""' not in line]


def body_of(planned: FlowPlan) -> list[str]:
    """The statements of the flow's body, each on a line."""
    tree = ast.parse(generated(planned).source)
    function = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == planned.name)
    return [ast.unparse(node) for node in function.body[1:]]


def test_what_is_ready_is_submitted_before_anything_is_waited_for() -> None:
    cells = ["a, b = 1, 2", "c = 3", "d = a + b", "e = c", "f = d + e"]
    tasks = [
        task("load_pair", [0], "-> a: int, b: int"),
        task("load_one", [1], "-> c: int"),
        task("add_pair", [2], "a: int from load_pair, b: int from load_pair -> d: int"),
        task("copy_one", [3], "c: int from load_one -> e: int"),
        task("add_all", [4], "d: int from add_pair, e: int from copy_one -> f: int"),
    ]
    assert body_of(plan(cells, tasks, results=(result("f", "add_all"),))) == [
        "pair_loaded = load_pair.submit()",
        "c = load_one.submit()",
        "e = copy_one.submit(c)",
        "a, b = pair_loaded.result()",
        "d = add_pair.submit(a, b)",
        "f = add_all.submit(d, e)",
        "return {'f': f.result()}",
    ]


def test_order_without_values_and_leaves() -> None:
    tasks = [
        task("write_file", [0], "->"),
        task("read_file", [1], "-> x: int", after=("write_file",)),
        task("print_it", [2], "->", after=("read_file",)),
    ]
    assert body_of(plan(["print(1)", "x = 1", "print(2)"], tasks)) == [
        "file_written = write_file.submit()",
        "x = read_file.submit(wait_for=[file_written])",
        "it_printed = print_it.submit(wait_for=[x])",
        "it_printed.result()",
        "return {}",
    ]


def test_versions_of_a_variable_and_parameters_of_its_name() -> None:
    tasks = [
        task("load_x", [0], "-> x: int"),
        task("clean_x", [1], "x: int from load_x -> x: int"),
        task("scale_n", [2], "n -> n: int"),
    ]
    planned = plan(
        ["x = 1", "x = x + 1", "n = n + 1"], tasks, results=(result("x", "clean_x"), result("n", "scale_n"))
    )
    planned = replace(planned, parameters=(Parameter(name="n", annotation="int", default="1"),))
    assert body_of(planned) == [
        "x_loaded = load_x.submit()",
        "x = clean_x.submit(x_loaded)",
        "n_scaled = scale_n.submit(n)",
        "return {'x': x.result(), 'n': n_scaled.result()}",
    ]
