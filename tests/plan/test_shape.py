"""What tasks, parameters and results look like."""

from __future__ import annotations

from pathlib import Path

import pytest

from nb_to_flow.ir.plan import CopyKind, FlowPlan, PlanOptions, StepRole, TaskPlan
from nb_to_flow.plan import plan_flow
from tests.graph.cells import graph_of
from tests.plan.plans import plan_of

REPORT = (
    "# md\n# Spending\n\nWho spends what.",
    "import numpy as np\nimport pandas as pd\nnp.random.seed(0)",
    "region = 'EU'  # sales region\nlimits = [1, 2]",
    "# md\n## Load",
    "customers = pd.read_csv('customers.csv')",
    "orders = pd.read_csv('orders.csv')",
    "# md\n## Clean",
    "customers = customers[customers.region == region].dropna()",
    "orders['net'] = orders.amount.fillna(0)",
    "# md\n## Model",
    "table = customers.merge(orders, on='id')\nnoise = np.random.rand(len(table))",
    "table['noise'] = noise\ntable.to_csv('table.csv')",
)


@pytest.fixture
def report() -> FlowPlan:
    return plan_of(*REPORT, outputs="auto", tagged=2)


def _with(plan: FlowPlan, name: str) -> TaskPlan:
    return next(t for t in plan.tasks if any(o.name == name for o in t.outputs))


def test_branches_are_tasks_of_their_own(report: FlowPlan) -> None:
    assert [t.name for t in report.tasks][:4] == [
        "load_customers",
        "load_orders",
        "clean_customers",
        "clean_orders",
    ]


def test_parameters(report: FlowPlan) -> None:
    found = [(p.name, p.annotation, p.default, p.description) for p in report.parameters]
    assert found == [("region", "str", "'EU'", "sales region"), ("limits", "list[int]", "[1, 2]", "")]


def test_title_and_description(report: FlowPlan) -> None:
    assert (report.title, report.description) == ("Spending", "Who spends what.")


def test_what_changes_is_copied(report: FlowPlan) -> None:
    (made,) = report.task("clean_orders").copies
    assert (made.names, made.kind) == (("orders",), CopyKind.METHOD)
    assert report.task("clean_customers").copies == ()


def test_the_seed_moves_to_the_draw(report: FlowPlan) -> None:
    task = _with(report, "table")
    assert any("seed of cell 2" in note for note in task.notes)
    assert not any(t.returns_states for t in report.tasks)


def test_only_what_is_idempotent_is_retried(report: FlowPlan) -> None:
    assert report.task("load_orders").retry
    assert not report.task("clean_orders").retry


@pytest.mark.parametrize(
    ("code", "retried"),
    [
        ("open('log.txt', 'w').write('x')", True),
        ("open('log.txt', 'a').write('x')", False),
        ("open('log.txt', 'x').write('x')", False),
        ("import os\nos.makedirs('out', exist_ok=True)", True),
        ("import os\nos.makedirs('out')", False),
        ("import os\nos.remove('a.txt')", False),
        ("import os\nos.rename('a.txt', 'b.txt')", False),
        ("from pathlib import Path\nPath('a.txt').unlink(missing_ok=True)", True),
        ("from pathlib import Path\nPath('a.txt').unlink()", False),
        ("import os\nopen('out/a.txt', 'w').write('x')\nn = os.listdir('out')", True),
        ("import os\nn = os.listdir('out')\nopen('out/a.txt', 'w').write('x')", False),
        ("import glob\nn = glob.glob('out/*.csv')\nopen('b.csv', 'w').write('x')", True),
        ("import glob\nn = glob.glob('part*.csv')\nopen('part9.csv', 'w').write('x')", False),
    ],
)
def test_what_can_be_done_twice_is_retried(code: str, retried: bool) -> None:
    plan = plan_of(code, outputs="auto")
    assert [task.retry for task in plan.tasks] == [retried]


def test_local_functions_are_repeated() -> None:
    plan = plan_of(
        "k = [1]",
        "def f(v):\n    return v + k[0]",
        "# md\n## One",
        "a = f(1)",
        "k.append(2)",
        "# md\n## Two",
        "b = f(2) + a",
    )
    assert plan.definitions == ()
    roles = [s.role for t in plan.tasks for s in t.steps if s.statement == 1]
    assert roles[0] is StepRole.OWN and set(roles[1:]) <= {StepRole.REPLICA}


@pytest.mark.parametrize(
    "kept", ["kept = [f]", "kept = {'f': f}", "import functools\nkept = functools.partial(f, 1)"]
)
def test_a_function_that_is_kept_brings_what_it_looks_up(kept: str) -> None:
    plan = plan_of("k = len('abc')", "def g(v):\n    return v + k", "def f(v):\n    return g(v)", kept)
    task = next(t for t in plan.tasks if "kept" in {o.name for o in t.outputs})
    steps = {s.statement for s in task.steps}
    assert {1, 2} <= steps and (0 in steps or "k" in {i.name for i in task.inputs})


def test_a_star_import_brings_what_the_module_lists(tmp_path: Path) -> None:
    text = "import json\ndef _made():\n    return sorted('ba')\nx = _made()\ny = 1\ndef f():\n    return x\n"
    (tmp_path / "own.py").write_text(text)
    (tmp_path / "listed.py").write_text(f"{text}__all__ = ['json', 'y', 'f']\n")

    def results(module: str) -> list[str]:
        graph = graph_of(f"from {module} import *", "a = f()", folder=tmp_path)
        plan = plan_flow(graph, PlanOptions(outputs="all")).value
        assert plan is not None
        return [name for name, _ in plan.results]

    assert results("own") == ["a", "x", "y"]
    assert results("listed") == ["a", "y"]


@pytest.mark.parametrize(("formula", "tasks"), [("y ~ lg(x)", 1), ("y ~ x", 2), ("y ~ np.log(x)", 2)])
def test_models_whose_formulas_call_the_notebooks_functions_stay_where_they_are(
    formula: str, tasks: int
) -> None:
    """statsmodels evaluates the formula when it unpickles the model, and would look for `lg` in vain."""
    cells = (
        "import numpy as np\nimport statsmodels.formula.api as smf",
        "def lg(v):\n    return np.log(v)",
        "# md\n## Fit",
        f"model = smf.ols('{formula}', {{'x': [1, 2, 3], 'y': [1, 3, 4]}}).fit()",
        "# md\n## Report",
        "print(model.summary())",
    )
    assert len(plan_of(*cells, granularity="section").tasks) == tasks


def test_a_value_from_a_star_that_another_import_hides_is_no_result() -> None:
    cells = ("from math import *", "from numpy import e as pi", "x = floor(2.5)")
    assert "e" in dict(plan_of(*cells, outputs="all").results)
    assert "tau" not in dict(
        plan_of("from math import *", "from os import path as tau", "x = 1", outputs="all").results
    )


def test_a_value_that_an_import_bound_last_is_a_result() -> None:
    cells = ("pi = [3]", "n = len(pi)", "from math import pi", "x = pi + n")
    assert "pi" in dict(plan_of(*cells, outputs="all").results)
    assert "pi" not in dict(plan_of(*cells, "del pi", outputs="all").results)


def test_functions_that_are_objects_are_returned() -> None:
    cells = (
        "from functools import lru_cache",
        "@lru_cache(maxsize=None)\ndef f(n):\n    return n",
        "def g(n):\n    return n",
        "a = f(1) + g(1)",
    )
    assert [name for name, _ in plan_of(*cells, outputs="all").results] == ["a", "f"]
    assert [name for name, _ in plan_of(*cells, outputs="auto").results] == ["a"]


def test_a_callback_that_is_not_given_keeps_nothing() -> None:
    cells = ("import xgboost as xgb", "d = xgb.DMatrix([[1]], label=[1])", "watched = [(d, 'train')]")
    plan = plan_of(*cells, "model = xgb.train({'eta': 1}, d, evals=watched)", outputs="auto")
    assert [name for name, _ in plan.results] == ["model"]


def test_constants_of_conditional_imports_are_returned() -> None:
    colab = "try:\n    import google.colab\n    IN_COLAB = True\nexcept ImportError:\n    IN_COLAB = False"
    cells = (colab, "try:\n    import lib\nexcept ImportError:\n    lib = None", "print(IN_COLAB, lib)")
    assert [name for name, _ in plan_of(*cells, outputs="all").results] == ["IN_COLAB", "lib"]


def test_versions_that_are_imported_are_returned() -> None:
    cells = (
        "from json import dumps\nfrom bokeh import __version__ as bokeh_version",
        "print(bokeh_version, dumps([]))",
    )
    assert [name for name, _ in plan_of(*cells, outputs="all").results] == ["bokeh_version"]


@pytest.mark.parametrize(
    ("importing", "warned"),
    [
        ("import tools", True),
        ("from tools import double", True),
        ("import json", False),
        ("import tools.parts", False),
    ],
)
def test_importing_what_the_notebook_writes_is_warned_of(importing: str, warned: bool) -> None:
    write = "with open('tools.py', 'w') as file:\n    file.write('x = 1')"
    outcome = plan_flow(graph_of(write, importing, "print(1)"), PlanOptions())
    assert ("NB412" in {d.code for d in outcome.diagnostics}) is warned


def test_a_barrier_makes_one_task() -> None:
    outcome = plan_flow(graph_of("a = 1", "exec('b = 2')", "c = b"), PlanOptions())
    assert outcome.value is not None
    (task,) = outcome.value.tasks
    assert task.uses_globals and "exec" in task.reason
    assert [d.code for d in outcome.diagnostics if d.severity.value == "warning"] == ["NB421"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        (PlanOptions(parameters=("nope",)), "NB401"),
        (PlanOptions(parameters=("b",)), "NB402"),
        (PlanOptions(parameters=("c",)), "NB403"),
        (PlanOptions(outputs="a,nope"), "NB405"),
    ],
)
def test_wrong_options(options: PlanOptions, code: str) -> None:
    outcome = plan_flow(graph_of("a = 1", "b = [a]", "c = 1\nc = 2"), options)
    assert outcome.value is None
    assert [d.code for d in outcome.diagnostics if d.severity.value == "error"] == [code]


def test_any_constant_can_be_a_parameter() -> None:
    plan = plan_of("a = -1.5", "b = a * 2", parameters=("a",))
    assert [(p.name, p.annotation, p.default) for p in plan.parameters] == [("a", "float", "-1.5")]


def test_pyplot_tasks_never_run_at_once() -> None:
    cells = [
        "import matplotlib.pyplot as plt",
        "# md\n## A",
        "a = [1]\nplt.plot(a)",
        "# md\n## B",
        "b = [2]\nplt.plot(b)",
    ]
    plan = plan_of(*cells, granularity="cell")
    assert [t.after for t in plan.tasks] == [(), (plan.tasks[0].name,)]
    assert all(t.steps[-1].publishes_figures for t in plan.tasks)


_READ = "df = pd.read_csv('a.csv')\n" + "".join(f"df['k{n}'] = df.k + {n}\n" for n in range(15))
_LOADED = ("import pandas as pd\nimport scores", "# md\n## Load", _READ)
_SUMS = "total = 0\nfor k in range(9):\n    total = total + scores.of(df, k)\nlow = total - 1\nhigh = total + 1\nmean = total / 9\n"
_LARGE = (_SUMS, "print(low, high)")
_SMALL = ("best = scores.best(df)", "print(best)")


@pytest.mark.parametrize(
    ("cells", "tasks"),
    [
        # a small step aside joins what stands before it under the same heading
        ((*_LARGE, *_SMALL), [(2,), (4, 5, 6, 7)]),
        # two large ones may run side by side
        ((*_LARGE, *_LARGE), [(2,), (4, 5), (6, 7)]),
        # another heading, another task
        ((*_LARGE, "# md\n## Best", *_SMALL), [(2,), (4, 5), (7, 8)]),
    ],
)
def test_steps_aside(cells: tuple[str, ...], tasks: list[tuple[int, ...]]) -> None:
    plan = plan_of(*_LOADED, "# md\n## Scores", *cells, outputs="df")
    assert [t.cells for t in plan.tasks] == tasks


@pytest.mark.parametrize(
    ("second", "late", "hoisted"),
    [
        ("def f(v):\n    return v + 2", "print(f(5))", [0]),
        # a task that uses both needs both
        ("x = f(7)\ndef f(v):\n    return v + 2\nprint(f(x))", "print(x)", []),
        # another kind of thing under the same name
        ("f = [2]", "print(f)", [0]),
        # nothing else: a definition like any other
        ("def g(v):\n    return v + 2", "print(g(5))", [0, 4]),
    ],
)
def test_one_of_several_functions_of_a_name_stands_at_module_level(
    second: str, late: str, hoisted: list[int]
) -> None:
    cells = ("def f(v):\n    return v + 1", "# md\n## One", "a = f(1)\nprint(a)", "# md\n## Two", "b = f(2)")
    plan = plan_of(*cells[:3], *cells[3:], second, late, granularity="cell", outputs="a,b")
    assert list(plan.definitions) == hoisted


def test_a_first_sketch_that_nothing_uses_is_no_function_of_the_name() -> None:
    cells = ("def f(v):\n    pass", "k = max([1, 2])", "def f(v):\n    return v + 1", "a = f(k)", "b = f(a)")
    assert list(plan_of(*cells, granularity="cell", outputs="a,b").definitions) == [2]


def test_a_function_that_remembers_is_not_shared() -> None:
    cells = (
        "def f(v, seen=[]):\n    seen.append(v)\n    return len(seen)",
        "a = f(1)",
        "b = f(2)",
        "def f(v):\n    return v",
    )
    assert plan_of(*cells, "c = f(1)", granularity="cell").definitions == ()


_SCALED = "def scaled(v):\n    return v * n"


@pytest.mark.parametrize(
    ("cells", "hoisted"),
    [
        (("k = 2", "n = 1 + k * 3", _SCALED), [0, 1, 2]),
        (("k = 2", "m = -k", "n = m ** 2 / 3", _SCALED), [0, 1, 2, 3]),
        (("k = 2", _SCALED, "n = k + 1"), [0, 1, 2]),
        (("k = 2", "m, n = k / 4, (k, 1)", _SCALED), [0, 1, 2]),
        (("import math", "n = 2 * math.pi", _SCALED), [1, 2]),
        (("import math", "n = 2 * math.factorial(3)", _SCALED), []),
        (("math = max([1, 2])", "n = 2 * math.e", _SCALED), []),
        # nothing at module level needs it
        (("k = 2", "n = 1 + k * 3", "def scaled(v):\n    return v"), [2]),
        # not surely the same number wherever it is looked up
        (("k = 2", "n = 1 + k", _SCALED, "n = 5"), []),
        (("k = 2", "n = 1 + k", _SCALED, "k = 5"), []),
        (("k = 2", "n = 1 + k", _SCALED, "n += 1"), []),
        (("k = 2", "n = 1 + k", _SCALED, "print(scaled(2))\ndel n"), []),
        # not a number
        (("k = [2]", "n = k * 2", _SCALED), []),
        (("k = 2", "n = max(k, 3)", _SCALED), []),
    ],
)
def test_numbers_computed_of_constants_are_constants(cells: tuple[str, ...], hoisted: list[int]) -> None:
    plan = plan_of(*cells, "# md\n## Use", "print(scaled(1))", "# md\n## More", "y = scaled(3)\nprint(y)")
    assert list(plan.definitions) == hoisted


def test_a_number_computed_of_a_parameter_is_none() -> None:
    cells = ("k = 2", "n = 1 + k", _SCALED, "print(scaled(1))")
    plan = plan_of(*cells, parameters=("k",))
    assert plan.definitions == () and [p.name for p in plan.parameters] == ["k"]


@pytest.mark.parametrize(
    ("over", "tasks"),
    [("df", [(2,), (6, 8, 10, 12)]), ("[1]", [(2,), (6,), (8,), (10,), (12,)])],
)
def test_small_steps_aside_share_their_copy_of_a_function_over_data(
    over: str, tasks: list[tuple[int, ...]]
) -> None:
    function = f"def best(n):\n    return scores.best({over}, n)"
    cells = [f for n in range(4) for f in (f"# md\n### Best {n}", f"top = best({n})\nprint(top)")]
    plan = plan_of(*_LOADED, "# md\n## Bests", function, *cells, outputs="df")
    assert [t.cells for t in plan.tasks] == tasks
    if len(tasks) == 2:
        assert (plan.tasks[-1].title, plan.tasks[-1].name) == ("Bests", "compute_bests")


def test_too_many_small_sections_join_the_ones_beside_them() -> None:
    """Not the task that made their data: it would be the section of all."""
    sections = []
    for n in range(16):
        look = f"\nprint(df.x.quantile({n} / 16))" if n % 2 else ""
        sections += [
            f"# md\n## Look {n}",
            f"part = df[df.x > {n}]\nprint(part.mean())\nprint(part.std()){look}",
        ]
    plan = plan_of(*_LOADED, *sections, outputs="df")
    assert len(plan.tasks) < 17 and plan.tasks[0].cells == (2,)
    for task in plan.tasks[1:]:
        assert list(task.cells) == list(range(task.cells[0], task.cells[-1] + 1, 2))


def test_an_empty_container_is_no_task() -> None:
    cells = ("from collections import deque", "# md\n## Queue", "waiting = deque()", "# md\n## Work")
    work = "for k in range(9):\n    waiting.append(k)\nfirst = waiting.popleft()\nprint(first)"
    rest = (
        "# md\n## Sum",
        "total = sum(range(10))\nprint(total)",
        "# md\n## Mean",
        "mean = sum([1, 2]) / 2\nprint(mean)",
    )
    plan = plan_of(*cells, work, *rest, outputs="first,total,mean")
    assert [t.cells for t in plan.tasks] == [(2, 4), (6,), (8,)]


def test_pictures_under_one_heading_stay_together() -> None:
    pictures = [f"plt.plot(rows.n + {k})\nplt.show()" for k in range(8)]
    cells = (
        "import pandas as pd\nimport matplotlib.pyplot as plt",
        "# md\n## Rows",
        "rows = pd.read_csv('rows.csv')",
    )
    work = [f"rows['k{k}'] = rows.n * {k}" for k in range(20)]
    plan = plan_of(*cells, "\n".join(work), "# md\n## Pictures", *pictures, outputs="rows")
    assert [t.cells for t in plan.tasks][-1] == tuple(range(5, 13))


def test_what_pyplot_gives_is_no_result() -> None:
    cells = (
        "import matplotlib.pyplot as plt",
        "fig = plt.hist([1, 2])\ncounts = plt.hist([2, 3])\nplt.show()",
    )
    assert [name for name, _ in plan_of(*cells, outputs="auto").results] == ["counts"]


@pytest.mark.parametrize(("second", "left"), [("'white'", ["'white'"]), ("'dark'", ["'white'", "'dark'"])])
def test_a_setting_that_is_repeated_word_for_word_is_repeated_once(second: str, left: list[str]) -> None:
    cells = (
        "import seaborn as sns",
        "# md\n## Start",
        "total = sum(range(10))\nsns.lineplot(x=[total], y=[1])",
        f"sns.set_style('white')\nsns.set_style({second})",
        "# md\n## End",
        "sns.lineplot(x=[total], y=[1])",
    )
    plan = plan_of(*cells, granularity="section")
    statements = plan.facts.notebook.statements
    codes = [statements[s.statement].code for s in plan.tasks[-1].steps]
    assert codes[:-1] == [f"sns.set_style({style})" for style in left]


@pytest.mark.parametrize(("option", "tasks"), [("", 1), (", return_type='dataframe'", 2)])
def test_design_matrices_that_refuse_to_be_pickled_stay_where_they_are(option: str, tasks: int) -> None:
    cells = (
        "import patsy\ntable = {'x': [1, 2, 3], 'y': [1, 3, 4]}",
        "# md\n## Design",
        f"y, X = patsy.dmatrices('y ~ x', table{option})",
        "# md\n## Shape",
        "rows = X.shape[0] + y.shape[0]",
    )
    assert len(plan_of(*cells, granularity="section").tasks) == tasks
