"""A plan's flow gives what the notebook gives: under every granularity, in any order, values pickled on the way."""

from __future__ import annotations

import random

import pytest

from nb_to_flow.ir.facts import Role
from nb_to_flow.ir.plan import FlowPlan
from nb_to_flow.plan import check_plan
from tests.plan.execute import run_notebook, run_plan
from tests.plan.plans import plan_of

CASES: dict[str, list[str]] = {
    "alias changed later": ["a = [1, 2]", "b = a", "b.append(3)", "total = sum(a)"],
    "both names go on": [
        "a = [1]",
        "b = a",
        "x = len(a)",
        "b.append(2)",
        "y = (len(a), len(b))",
        "a.append(9)",
    ],
    "inside a container": ["inner = [1]", "outer = {'i': inner}", "outer['i'].append(2)", "n = len(inner)"],
    "two containers": [
        "inner = [1]",
        "p = {'i': inner}",
        "q = [inner]",
        "p['i'].append(2)",
        "q[0].append(3)",
        "n = (inner, p, q)",
    ],
    "an old reader": ["a = [1]", "b = list(a)", "a.append(2)", "c = len(b)", "d = a"],
    "shared by argument": ["def put(d):\n    d['k'] = 1", "cfg = {}", "put(cfg)", "out = dict(cfg)"],
    "late binding": ["rate = 1", "def f(x):\n    return x * rate", "a = f(2)", "rate = 10", "b = f(2)"],
    "types with names": [
        "from collections import namedtuple\nBoard = dict\nEdge = namedtuple('Edge', 'a b')",
        "def link(a, b) -> Edge:\n    return Edge(a, b)",
        "def board(edges: list[Edge]) -> Board:\n    return Board(edges)",
        "b = board([link(1, 2), link(3, 4)])",
        "n = len(b)",
    ],
    "a type that is computed": [
        "kinds = [list, set]",
        "Kind = kinds[1]",
        "def unique(xs) -> Kind:\n    return Kind(xs)",
        "n = len(unique([1, 1]))",
    ],
    "an alias named twice": ["T = list", "a = T('ab')", "T = set", "b = T('aa')", "n = len(b)"],
    "a lambda's name": ["k = 2", "f = lambda x: x * k", "k = 5", "r = f(1)"],
    "a global rebound": ["n = 0", "def bump():\n    global n\n    n += 1", "bump()\nbump()", "r = n"],
    "a global only functions bind": ["def start():\n    global n\n    n = 1", "start()", "r = n"],
    "a closure": [
        "def make(k):\n    def g(x):\n        return x + k\n    return g",
        "plus = make(5)",
        "r = plus(1)",
    ],
    "a class over a global": [
        "S = 3",
        "class M:\n    def p(self):\n        return S",
        "m = M()",
        "S = 4",
        "r = m.p()",
    ],
    "redefined": ["def f(v):\n    return v + 1", "x = f(1)", "def f(v):\n    return v * 10", "y = f(1)"],
    "a default": ["base = [1]", "def f(v=base):\n    return v", "base = [2]", "r = f()"],
    "a default that changes": [
        "def f(v, seen=[]):\n    seen.append(v)\n    return len(seen)",
        "a = f(1)",
        "b = f(2)",
    ],
    "a decorator's registry": [
        "reg = {}\ndef add(fn):\n    reg[fn.__name__] = fn\n    return fn",
        "@add\ndef aa():\n    return 1",
        "names = sorted(reg)",
    ],
    "swapped": ["a, b = 1, 2", "a, b = b, a", "r = (a, b)"],
    "a builtin's name": ["x = sum([1, 2])", "y = x + 1", "sum = 3", "z = sum + y"],
    "a builtin's name, deleted": [
        "a = [1, 2]",
        "b = sum(a)\nshown = set(a)\nsum = b\ndel shown, sum\nc = [b]\nsum = sum(c + a)",
    ],
    "an import's name": ["from math import floor", "x = floor(2.5)", "floor = 7", "y = floor + x"],
    "two imports of one name": [
        "import datetime",
        "a = datetime.date(2020, 1, 1)",
        "from datetime import datetime",
        "b = datetime(2020, 1, 1)",
    ],
    "loops": ["for i in range(3):\n    last = i * i", "j = 1", "r = (i, last, j)"],
    "a branch not taken": ["n = 1", "flag = False", "if flag:\n    n = 100\n    m = 1", "r = n"],
    "deleted": ["x = 1\ny = 2", "z = x + y", "del x", "x = 10", "r = (z, x)"],
    "seeded": ["import random", "random.seed(42)", "x = random.random()", "u = 1", "y = random.random()"],
    "seeded twice": [
        "import random\nrandom.seed(1)",
        "x = random.random()",
        "random.seed(2)",
        "y = random.random()",
    ],
    "a generator": ["g = (i * i for i in range(5))", "a = next(g) + next(g)", "b = list(g)"],
    "constants many use": ["k = 3", "a = k + 1", "b = k * 2", "c = [k] * 2", "d = (a, b, c)"],
    "a list many extend": [
        "found = []",
        "a = 1\nfound.append(a)",
        "b = 2\nfound.append(b)",
        "c = sum(found)",
    ],
    "old and new versions": [
        "d = [1, 2]",
        "n = len(d)",
        "d = [v * 2 for v in d]",
        "m = len(d) + n",
        "d = [0]",
    ],
    "an attribute": ["class P:\n    pass", "p = P()\np.v = 1", "q = p", "q.v = 9", "r = p.v"],
    "rows of a list": ["rows = [[1], [2]]", "first = rows[0]", "first.append(5)", "r = sum(map(len, rows))"],
    "replacing is not writing into": ["rows = [[1], [2]]", "x = rows[0]", "rows[0] = 5", "r = (x, rows)"],
    "the same object by two ways": [
        "c = [7]",
        "e = [c, c]",
        "e[0] = c",
        "c = list(c)",
        "e[0].append(1)",
        "r = e",
    ],
    "a constant in two places": [
        "d = [1, 2]",
        "a = [d, d]",
        "a[0] = d",
        "d = [7]",
        "a[1].append(7)",
        "r = a",
    ],
    "a name bound anew before its object changes": [
        "b = [[1], [2]]",
        "c = b[0]",
        "b = [4]",
        "c.append(5)",
        "r = (b, c)",
    ],
    "a module changed": ["import string", "string.mine = 7", "r = string.mine"],
}


@pytest.mark.parametrize("granularity", ["auto", "cell", "section"])
@pytest.mark.parametrize("name", CASES)
def test_same_values(name: str, granularity: str) -> None:
    plan = plan_of(*CASES[name], granularity=granularity)
    assert check_plan(plan) == []
    want = _plain(run_notebook(plan))
    for seed in (None, 1, 2, 3):
        got = _plain(run_plan(plan, random.Random(seed) if seed else None))
        assert got == {n: want.get(n) for n in got}
    assert {n for n, v in want.items() if not n.startswith("_") and _is_data(v)} - _functions(plan) <= set(
        got
    )


def _plain(values: dict[str, object]) -> dict[str, object]:
    """Values in a form that compares across pickling."""
    return {
        n: (type(v).__name__, getattr(v, "__dict__", {})) if _is_object(v) else v for n, v in values.items()
    }


def _functions(plan: FlowPlan) -> set[str]:
    roles = (Role.FUNCTION, Role.CLASS, Role.IMPORT)
    return {n for s in plan.facts.statements if s.role in roles for n in s.binds}


def _is_object(value: object) -> bool:
    return " at 0x" in repr(value)


def _is_data(value: object) -> bool:
    return isinstance(value, (int, float, str, list, dict, tuple)) and not _is_object(value)
