"""What is a definition, and stands at module level, and what is data? The two tables stand beside each other."""

from __future__ import annotations

import typing

import pytest

from nb_to_flow.ir.facts import ResourceKind, Role
from tests.facts.builders import facts_of

ALIASES = [
    ["Board = dict"],
    ["Point = Vector = tuple"],
    ["from typing import Dict, List\nGrid = Dict[str, List[int]]"],
    ["class Node:\n    pass", "Tree = list[Node]"],
    ["class Node:\n    pass", "Maybe = Node | None"],
    ["from collections import namedtuple", "Edge = namedtuple('Edge', 'a b')"],
    ["from collections import namedtuple", "Edge = namedtuple('Edge', ['a', 'b'], defaults=[0])"],
    ["import collections", "Edge = collections.namedtuple('Edge', 'a b')"],
    ["from typing import NewType, TypeVar", "T = TypeVar('T')"],
    ["from typing import List, Tuple\nPair = Tuple[int, int]", "Game = List[Pair]"],
    ["import math", "down = math.floor"],
    ["import typing", "Either = typing.Union"],
    ["cat = ''.join"],
    ["def f(x):\n    return x", "g = f"],
    ["from sklearn.linear_model import Ridge", "Model = Ridge"],
    ["from typing import Any\nAnswer: Any = dict"],
]

DATA = [
    ["size = 3 * 4 + len('abc')"],
    ["import math", "tau = math.pi"],
    ["import math\nmath.own = 7", "own = math.own"],
    ["import sys", "where = sys.path"],
    ["import pandas as pd", "rows = pd.options.display.max_rows"],
    ["items = [1, 2]", "put = items.append"],
    ["d = {'a': 1}", "v = d['a']"],
    ["a = {1}", "b = {2}", "c = a | b"],
    ["Point = tuple", "origin = Point([0, 0])"],
    ["Pair = tuple[int, int]", "Pair = {int: 3}", "Game = Pair[int]"],
    ["names = ['a', 'b']", "from collections import namedtuple", "Edge = namedtuple('Edge', names)"],
    ["from collections import namedtuple", "Edge = namedtuple('Edge', 'a b')", "e = Edge(1, 2)"],
    ["def f(x):\n    return x", "y = f(1)"],
    ["import os", "E = os.environ"],
]


@pytest.mark.parametrize("cells", ALIASES, ids=lambda cells: cells[-1])
def test_aliases(cells: list[str]) -> None:
    assert facts_of(*cells).statements[-1].role is Role.ALIAS


@pytest.mark.parametrize("cells", DATA, ids=lambda cells: cells[-1])
def test_data(cells: list[str]) -> None:
    assert facts_of(*cells).statements[-1].role not in (Role.ALIAS, Role.CONSTANT)


def test_annotations_are_looked_up_where_they_stand() -> None:
    lookup = facts_of("limit = make()", "def f(x: limit) -> [limit]:\n    size: other = x\n    return size")
    assert lookup.statements[-1].reads == {"limit"}


def test_annotations_that_are_texts_are_not_looked_up() -> None:
    lazy = facts_of("from __future__ import annotations", "limit = make()", "def f(x: limit):\n    return x")
    assert lazy.statements[-1].reads == frozenset()


def test_a_star_import_brings_the_forms_of_typing_that_this_python_has() -> None:
    (facts,) = facts_of("from typing import *").statements
    forms = {name for name, kind in facts.types.items() if kind == "typing.Form"}
    assert {"Dict", "Optional", "Union"} - {
        n for n in dir(typing) if isinstance(getattr(typing, n), type)
    } <= forms
    assert forms <= set(typing.__all__)


@pytest.mark.parametrize(
    ("call", "draws"),
    [
        ("f.mixture_rvs(3)", True),
        ("f.make().fit([1])", True),
        ("f.bootstrap([1], seed=1)", False),
        ("f.resampled([1])", False),
        ("f.fits([1])", False),
    ],
)
def test_unknown_functions_draw_random_numbers_if_their_names_say_so(call: str, draws: bool) -> None:
    facts = facts_of("import unknown_library as f", f"x = {call}").statements[-1]
    assert any(effect.kind is ResourceKind.RANDOM for effect in facts.effects) is draws


def test_an_imported_name_that_is_used_like_a_dict_is_data() -> None:
    facts = facts_of("from unknown_library import table, function", "for k in table.keys():\n    function(k)")
    assert facts.statements[0].types == {"table": "object", "function": ""}


@pytest.mark.parametrize(
    ("first", "call", "draws"),
    [
        ("import matplotlib.pyplot as plt", "f.model().plot()", True),
        ("import seaborn as sns", "f.model().plot_pdf(3)", True),
        ("from matplotlib import pyplot as plt", "f.model().boxplot()", True),
        ("import matplotlib.pyplot as plt", "f.model().plotting_style()", False),
        ("import matplotlib.pyplot as plt", "f.model().summary()", False),
        ("import bokeh", "f.model().plot()", False),
    ],
)
def test_unknown_methods_draw_if_their_names_say_so_where_pyplot_is_used(
    first: str, call: str, draws: bool
) -> None:
    facts = facts_of(f"{first}\nimport unknown_library as f", f"x = {call}").statements[-1]
    assert any(effect.kind is ResourceKind.PYPLOT for effect in facts.effects) is draws


@pytest.mark.parametrize(
    ("code", "role"),
    [
        ("settings['a'] = 1", Role.SETTING),
        ("settings['a'] = other", Role.SETTING),
        ("settings.a = settings.b + 1", Role.COMPUTE),
        ("settings['a'] = [v for v in settings['b']]", Role.COMPUTE),
    ],
)
def test_a_setting_that_depends_on_itself_is_none(code: str, role: Role) -> None:
    assert facts_of("from unknown_library import settings, other", code).statements[-1].role is role
