"""What makes a flow pleasant to read: blank lines, keys, docstrings, comments on order."""

from __future__ import annotations

import ast

import pytest

from nb_to_flow.generate import generate, text
from nb_to_flow.generate.keys import Keys, aspect, subject
from nb_to_flow.ir.plan import FlowPlan
from tests.generate.plans import PYPLOT, plan, task


def source_of(planned: FlowPlan) -> str:
    outcome = generate(planned)
    assert outcome.value is not None
    return outcome.value.source


@pytest.mark.parametrize(
    ("cells", "body"),
    [
        (["print(1)", "print(2)"], "    print(1)\n    print(2)\n"),
        (["print(1)\nprint(2)", "print(3)"], "    print(1)\n    print(2)\n\n    print(3)\n"),
        (["# why\nprint(1)", "print(2)"], "    # why\n    print(1)\n\n    print(2)\n"),
        (["print(1)", f"print({', '.join(map(str, range(40)))})"], "    print(1)\n\n    print(\n"),
    ],
)
def test_only_short_cells_stand_close(cells: list[str], body: str) -> None:
    count = sum(len(ast.parse(cell).body) for cell in cells)
    assert body in source_of(plan(cells, [task("work", list(range(count)))]))


@pytest.mark.parametrize(
    ("shown", "keys"),
    [
        (["orders.head()", "orders.dtypes"], ["load-orders", "load-orders-dtypes"]),
        (["orders.head()", "refunds"], ["load-orders", "load-orders-refunds"]),
        (
            ["refunds", "refunds.head()", "refunds['why'].head()"],
            ["load-orders", "load-orders-refunds", "load-orders-refunds-why"],
        ),
        (["orders", "len(orders)"], ["load-orders", "load-orders-len"]),
        (["orders", "orders + 1", "orders + 2"], ["load-orders", "load-orders-2", "load-orders-3"]),
    ],
)
def test_keys_say_what_is_shown(shown: list[str], keys: list[str]) -> None:
    made = Keys(name="load_orders")
    nodes = [ast.parse(code, mode="eval").body for code in shown]
    variables = frozenset({"orders", "refunds"})
    assert [made.next(subject(node, variables), aspect(node)) for node in nodes] == keys


@pytest.mark.parametrize(
    ("prose", "parts"),
    [
        ("Short. And sweet.", ("Short. And sweet.", "")),
        (
            "Who is about to cancel? Run it on the first Monday.",
            ("Who is about to cancel?", "Run it on the first Monday."),
        ),
        (
            "One sentence that is much longer than what fits.",
            ("One sentence that is much longer than what fits.", ""),
        ),
        (
            "A first sentence that is longer than what fits. And more.",
            ("A first sentence that is longer than what fits. And more.", ""),
        ),
    ],
)
def test_a_long_description_starts_with_its_first_sentence(prose: str, parts: tuple[str, str]) -> None:
    assert text.first_sentence(prose, 30) == parts


def _drawings(*, drawn: tuple[int, ...]) -> str:
    tasks = [
        task("plot_a", [1], "->", figures=(1,)),
        task("plot_b", [2], "->", figures=(2,), after=("plot_a",)),
        task("plot_c", [3], "->", figures=(3,), after=("plot_b",)),
    ]
    cells = ["import matplotlib.pyplot as plt", "plt.plot([1])", "plt.plot([2])", "plt.plot([3])"]
    return source_of(plan(cells, tasks, effects=dict.fromkeys(drawn, (PYPLOT,))))


def test_the_flow_says_once_why_drawing_tasks_wait() -> None:
    assert _drawings(drawn=(1, 2, 3)).count("# Tasks that draw wait for each other") == 1
    assert "# Tasks that draw" not in _drawings(drawn=(2,))


def test_a_retry_starts_without_old_figures_and_says_so_once() -> None:
    tasks = [
        task("plot_a", [1], "->", retry=True),
        task("plot_b", [2], "->", retry=True),
        task("read_c", [3], "->", retry=True),
    ]
    cells = ["import matplotlib.pyplot as plt", "plt.plot([1])", "plt.plot([2])", "c = 3"]
    source = source_of(plan(cells, tasks, effects={1: (PYPLOT,), 2: (PYPLOT,)}))
    assert source.count('    plt.close("all")\n    plt.plot') == 1
    assert source.count('    plt.close("all")  # what a run that failed has left\n    plt.plot') == 1
