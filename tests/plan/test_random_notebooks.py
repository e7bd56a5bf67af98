"""Random small notebooks full of aliases: whatever the grouping and the order, the values are the notebook's."""

from __future__ import annotations

import random

import pytest

from nb_to_flow.plan import check_plan
from tests.plan.execute import run_notebook, run_plan
from tests.plan.plans import plan_of

FUNCTIONS = (
    "def grow(v):\n    v.append(len(v))",
    "def pick(v):\n    return v[0]",
    "k = 1",
    "def peek(v):\n    return len(v) + k",
    "n = 0\ndef bump():\n    global n\n    n += 1",
)
NAMES = "abcde"


def random_cells(seed: int) -> list[str]:
    """Cells that make lists and lists of lists, share them, change them, and look at them."""
    pick = random.Random(seed)
    cells = ["import random\nrandom.seed(3)", *FUNCTIONS, "a = [1]", "b = [a, a]"]
    kinds = {"a": "list", "b": "nest"}
    for number in range(pick.randint(5, 12)):
        lists = [n for n, kind in kinds.items() if kind == "list"] or ["[5]"]
        nests = [n for n, kind in kinds.items() if kind == "nest"] or ["[[5], [6]]"]
        name, one, other, nest = (
            pick.choice(NAMES),
            pick.choice(lists),
            pick.choice(lists),
            pick.choice(nests),
        )
        cell, kind = pick.choice(
            [
                (f"{name} = [{number}, 9]", "list"),
                (f"{name} = {one}", "list"),
                (f"{name} = [{one}, {other}]", "nest"),
                (f"{name} = {nest}[0]", "list"),
                (f"{name} = list({one})", "list"),
                (f"{one}.append({number})", ""),
                (f"{nest}[1].append(7)", ""),
                (f"{nest}[0] = {one}", ""),
                (f"grow({one})", ""),
                (f"grow(pick({nest}))", ""),
                (f"if len({one}) > 2:\n    {other}.append(0)", ""),
                (f"x{number} = peek({one})", ""),
                (f"x{number} = random.random()", ""),
                (f"k = {number}", ""),
                ("bump()", ""),
            ]
        )
        cells.append(cell)
        if kind:
            kinds[name] = kind
    return cells


@pytest.mark.parametrize("granularity", ["auto", "cell"])
@pytest.mark.parametrize("seed", range(40))
def test_values_are_the_notebooks(seed: int, granularity: str) -> None:
    plan = plan_of(*random_cells(seed), granularity=granularity)
    assert check_plan(plan) == []
    assert not any(task.uses_globals for task in plan.tasks)
    want = run_notebook(plan)
    for order in (None, random.Random(1), random.Random(2)):
        got = run_plan(plan, order)
        assert got == {name: want[name] for name in got}
