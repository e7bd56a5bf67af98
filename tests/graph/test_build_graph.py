"""Which cells depend on which, and why."""

from __future__ import annotations

import pytest

from nb_to_flow.ir.graph import EdgeKind
from tests.graph.cells import graph_of

# cells, edges between cells as (source, target); anything not listed must not be there
VARIABLES = {
    "use": (["a = 1", "b = a"], {(0, 1)}),
    "the last binding counts": (["a = 1", "a = 2", "b = a"], {(1, 2)}),
    "a later binding waits for nothing": (["a = 1", "b = a", "a = 3"], {(0, 1)}),
    "augmented assignment chains": (["a = 1", "a += 1", "b = a"], {(0, 1), (1, 2)}),
    "a change is a new version": (["a = []", "a.append(1)", "b = len(a)"], {(0, 1), (1, 2)}),
    "a change through an alias": (
        ["a = []", "b = a", "b.append(1)", "c = len(a)"],
        {(0, 1), (0, 2), (1, 2), (2, 3)},
    ),
    "a binding on some paths": (["n = 1", "f = 0", "if f:\n    n = 2", "b = n"], {(0, 2), (1, 2), (2, 3)}),
    "deleted and bound again": (["a = 1", "del a", "a = 2", "b = a"], {(2, 3)}),
    "imports make no edge": (["import math", "a = math.pi"], set()),
    "functions make no edge": (["def f():\n    return 1", "a = f()"], set()),
    "globals are looked up when called": (["k = 1", "def f():\n    return k", "k = 2", "a = f()"], {(2, 3)}),
    "a function rebinds a global": (
        ["n = 0", "def f():\n    global n\n    n += 1", "f()", "a = n"],
        {(0, 2), (2, 3)},
    ),
}

FILES = {
    "read after write": (["open('a.txt', 'w').write('1')", "v = open('a.txt').read()"], {(0, 1)}),
    "other files don't matter": (["open('a.txt', 'w').write('1')", "v = open('b.txt').read()"], set()),
    "write after read": (["v = open('a.txt').read()", "open('a.txt', 'w').write('1')"], {(0, 1)}),
    "two readers": (["v = open('a.txt').read()", "w = open('a.txt').read()"], set()),
    "a folder before what is in it": (
        ["import os\nos.makedirs('out')", "open('out/a.txt', 'w').write('1')"],
        {(0, 1)},
    ),
}

STATE = {
    "seed, draw, draw": (
        ["import random\nrandom.seed(1)", "a = random.random()", "b = random.random()"],
        {(0, 1), (1, 2)},
    ),
    "draws without a seed": (["import random", "a = random.random()", "b = random.random()"], set()),
    "what is sent, and what is asked for before and after": (
        [
            "import requests",
            "a = requests.get('https://a.org/x')",
            "b = requests.get('https://a.org/y')",
            "requests.post('https://a.org/y', json={})",
            "c = requests.get('https://a.org/y')",
        ],
        {(1, 3), (2, 3), (3, 4)},
    ),
    "what is only asked for": (["import requests", "requests.get(a)", "requests.get(b)"], set()),
    "settings at the top": (
        ["import pandas as pd\npd.set_option('display.max_rows', 3)", "pd.DataFrame({'a': [1]})"],
        set(),
    ),
    "a setting waits for nobody who looked before": (
        [
            "import pandas as pd\nn = [3]",
            "pd.DataFrame({'a': [1]})",
            "pd.options.display.max_rows = n[0]",
            "pd.DataFrame({})",
        ],
        {(0, 2), (2, 3)},
    ),
    "distributions hold the generator that others draw from": (
        [
            "from scipy.stats import norm\nimport numpy as np",
            "held = {'a': norm(0, 1)}",
            "x = np.random.rand(2)",
            "y = held['a'].cdf(0)",
        ],
        {(0, 1), (0, 2), (1, 2), (1, 3), (2, 3)},
    ),
    "seaborn draws only to jitter": (
        [
            "import numpy as np, seaborn as sns",
            "np.random.seed(1)",
            "sns.barplot(x=[1], y=[2])",
            "sns.stripplot(x=[1], y=[2])",
            "sns.catplot(kind='box', x=[1])",
            "sns.catplot(kind='strip', x=[1])",
            "x = np.random.rand()",
        ],
        {(0, 1), (1, 3), (3, 5), (5, 6)},
    ),
    "environment variables": (
        [
            "import os\nn = [3]",
            "os.environ['N'] = str(n[0])",
            "a = os.environ['N']",
            "b = 'N' in os.environ",
            "c = dict(os.environ)",
            "d = [k for k in os.environ]",
            "e = {**os.environ}",
            "f = os.getenv('N')",
        ],
        {(0, 1), (1, 2), (1, 3), (1, 4), (1, 5), (1, 6), (1, 7)},
    ),
    "a barrier": (["a = 1", "exec('q = 2')", "b = 3"], {(0, 1), (1, 2)}),
}

# functions and imports that are objects, not code
OBJECTS = {
    "a cached function": (
        ["from functools import lru_cache", "@lru_cache(maxsize=9)\ndef f(n):\n    return n", "a = f(1)"],
        {(1, 2)},
    ),
    "a compiled function": (["import numba", "@numba.njit\ndef f(n):\n    return n", "a = f(1)"], {(1, 2)}),
    "a function in an object of the notebook": (
        [
            "class Counted:\n    n = 0\n    def __init__(self, f):\n        self.f = f\n    def __call__(self, a):\n        self.n += 1",
            "@Counted\ndef f(n):\n    return n",
            "f(1)",
            "a = f.n",
        ],
        {(1, 2), (2, 3)},
    ),
    "a class method": (["from statsmodels.formula.api import ols", "a = ols"], {(0, 1)}),
    "a palette": (
        ["from bokeh.palettes import Spectral6, viridis", "a = Spectral6", "b = viridis(3)"],
        {(0, 1)},
    ),
    "sample data": (["from bokeh.sampledata.iris import flowers", "a = flowers.describe()"], {(0, 1)}),
}

# what looks like reading: the first look loads or indexes, a missing key is put in
LOOKS = {
    "a graph keeps its views": (
        [
            "import networkx as nx",
            "g = nx.Graph()",
            "g.add_edge(1, 2)",
            "len(g.nodes)",
            "len(g.nodes)",
            "g.nodes[1]['x'] = 3",
            "n = g.number_of_nodes()",
        ],
        {(1, 2), (2, 3), (3, 4), (3, 5), (5, 6)},
    ),
    "an image is loaded": (
        [
            "from PIL import Image",
            "i = Image.open('a.png')",
            "i.size",
            "a = i.convert('L')",
            "b = i.convert('L')",
        ],
        {(1, 2), (1, 3), (3, 4)},
    ),
    "a default is put in": (
        ["from collections import defaultdict", "d = defaultdict(int)", "d['a']", "n = len(d)"],
        {(1, 2), (2, 3)},
    ),
    "found in a page": (
        ["import bs4", "s = bs4.BeautifulSoup('<a/>')", "t = s.find('a')", "t['k'] = 'v'", "s.prettify()"],
        {(1, 2), (1, 3), (2, 3), (3, 4)},
    ),
}


@pytest.mark.parametrize(
    "table",
    [VARIABLES, FILES, STATE, OBJECTS, LOOKS],
    ids=["variables", "files", "state", "objects", "looks"],
)
def test_cell_edges(table: dict[str, tuple[list[str], set[tuple[int, int]]]]) -> None:
    found = {
        name: {(e.source, e.target) for e in graph_of(*cells).cell_edges}
        for name, (cells, _) in table.items()
    }
    assert found == {name: edges for name, (_, edges) in table.items()}


def test_an_edge_says_why() -> None:
    edge = graph_of("x = 0\nrows = [1]", "print(x)\ntotal = sum(rows)").edges[1]
    assert (edge.kind, edge.names, edge.source_line, edge.target_line) == (EdgeKind.DATA, ("rows",), 2, 2)
    assert edge.certain and edge.passes


def test_definitions_are_edges_of_statements_only() -> None:
    graph = graph_of("def f():\n    return 1", "a = f()")
    assert [e.kind for e in graph.edges] == [EdgeKind.DEFINITION]
    assert graph.cell_edges == ()


def test_symbolic_paths_of_one_version_are_one_file() -> None:
    graph = graph_of("n = 'x'", "open(f'{n}.txt', 'w').write('1')", "v = open(f'{n}.txt').read()")
    edge = next(e for e in graph.edges if e.kind is EdgeKind.FILE)
    assert (edge.source, edge.target, edge.certain) == (1, 2, True)


def test_the_graph_is_a_networkx_graph() -> None:
    graph = graph_of("a = 1", "b = a").to_networkx()
    assert list(graph.nodes) == [0, 1]
    assert graph.edges[0, 1, 0]["edge"].names == ("a",)


def test_results_change_only_when_they_compute_something_new() -> None:
    cells = [
        "import statsmodels.api as sm",
        "m = sm.OLS([1, 2, 4], [1, 2, 3])",
        "r = m.fit()",
        "r.summary()",
        "r.rsquared, r.pvalues",
        "r.resid",
        "r.resid",
        "r.predict()",
    ]
    found = {(e.source, e.target) for e in graph_of(*cells).cell_edges}
    assert found == {(1, 2), (2, 3), (3, 4), (3, 5), (5, 6), (5, 7)}
