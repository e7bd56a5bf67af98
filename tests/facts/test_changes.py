"""Which variables does the last cell change, through whatever name it goes?

Each case: the cells, and the names that the last statement may change. The two tables stand beside each other:
what looks alike but differs in its effect is in both.
"""

from __future__ import annotations

import pytest

from tests.facts.builders import facts_of

PANDAS = "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2]})"
NUMPY = "import numpy as np\na = np.zeros(4)"

CHANGES = [
    (["a = [1]", "b = a", "b.append(2)"], "a b"),
    (["inner = [1]", "outer = {'i': inner}", "outer['i'].append(2)"], "inner outer"),
    (["inner = [1]", "outer = [inner]", "inner += [2]"], "inner outer"),
    (["a = [[1]]", "for x in a:\n    x.append(1)"], "a"),
    (["a = [[1], [2]]", "first, second = a", "first.append(1)"], "a first second"),
    (["d = {}", "e = d", "e['k'] = 1"], "d e"),
    (["d = {'x': [1]}", "v = d.get('x')", "v.append(1)"], "d v"),
    (["d = {'x': [1]}", "vs = list(d.values())", "vs[0].append(1)"], "d vs"),
    (["def f(x):\n    x.append(1)", "a = []", "f(a)"], "a"),
    (["def f(x):\n    return x", "a = []", "b = f(a)", "b.append(1)"], "a b"),
    (["def f(x):\n    x['k'] = 1", "cfg = {}", "alias = cfg", "f(alias)"], "cfg alias"),
    (["log = []", "def f():\n    log.append(1)", "f()"], "log"),
    (["log = []", "def g():\n    log.append(1)", "def f():\n    g()", "f()"], "log"),
    (["log = []", "f = log.append", "f(1)"], "f log"),
    (["log = []", "list(map(log.append, [1, 2]))"], "log"),
    (["log = []", "[log.append(i) for i in range(3)]"], "log"),
    (["log = []", "def d(fn):\n    log.append(fn)\n    return fn", "@d\ndef g():\n    pass"], "log"),
    (["class P:\n    def __init__(self):\n        self.xs = []", "p = P()", "xs = p.xs", "xs.append(1)"], "p xs"),
    (["class P:\n    def add(self):\n        self.n = 1", "p = P()", "q = [p]", "p.add()"], "p q"),
    (["class P:\n    pass", "p = P()", "p.x = 1"], "p"),
    (["class A:\n    def go(self):\n        self.n = 1", "class B(A):\n    pass", "b = B()", "b.go()"], "b"),
    (["xs = [3, 1]", "ys = xs", "xs.sort()"], "xs ys"),
    (["xs = [3, 1]", "import random\nrandom.shuffle(xs)"], "xs"),
    (["g = (i for i in range(3))", "next(g)"], "g"),
    (["from sklearn.cluster import KMeans\nm = KMeans(2)", "v = m.labels_", "v[0] = 1"], "m v"),
    (["g = (i for i in range(3))", "sum(g)"], "g"),
    # what the code of an iterator looks up, it sees changed
    (["a = [1]", "def f(x):\n    return x + len(a)", "m = map(f, [1, 2])", "a.append(2)"], "a m"),
    (["g = iter([1, 2])", "for x in g:\n    break"], "g"),
    (["f = open('x.txt')", "f.read()"], "f"),
    (["x = y = []", "x.append(1)"], "x y"),
    (["x = []", "x *= 2"], "x"),
    (["s = {1}", "t = s", "t |= {2}"], "s t"),
    (["a = [1]", "del a[0]"], "a"),
    ([NUMPY, "v = a[1:]", "v[0] = 5"], "a v"),
    ([NUMPY, "b = np.minimum(a, 2, out=a)", "b.flat[0] = 5"], "a b"),
    ([NUMPY, "b = a.reshape(2, 2)", "v = b[-1][1:]", "v *= 2"], "a b v"),
    ([NUMPY, "b = a.reshape(2, 2)", "rows = [row for row in b]", "v = rows[-1][1:]", "v[0] = 5"], "a b rows v"),
    ([NUMPY, "np.nan_to_num(a, copy=False)"], "a"),
    ([NUMPY, "b = a.reshape(2, 2)", "c = np.nan_to_num(b[-1], copy=False)", "c[0] = 5"], "a b c"),
    ([NUMPY, "b = np.ones(4)", "c = a if len(a) else b", "c.flat[0] = 5"], "a b c"),
    ([NUMPY, "v = a.reshape(2, 2)", "v += 1"], "a v"),
    ([NUMPY, "b = np.asarray(a)", "b.sort()"], "a b"),
    ([NUMPY, "np.add(a, 1, out=a)"], "a"),
    ([NUMPY, "b = np.ones(4)", "np.sqrt(a, b)"], "b"),
    ([NUMPY, "b = np.ones(4)", "np.add(a, 1, b)"], "b"),
    ([NUMPY, "np.add.at(a, [0], 1)"], "a"),
    ([NUMPY, "b = a.reshape(2, 2)\ndef f(row):\n    row[0] = 1\n    return 1", "np.apply_along_axis(f, 1, b)"], "a b"),
    ([NUMPY, "b = np.einsum('i->i', a)", "b[0] = 1"], "a b"),
    ([PANDAS, "df['b'] = 1"], "df"),
    ([PANDAS, "other = df", "other['b'] = 1"], "df other"),
    ([PANDAS, "s = df['a']", "df.loc[df.a > 1, 'a'] = 0"], "df s"),
    ([PANDAS, "s = df['a']", "s.fillna(0, inplace=True)"], "df s"),
    ([PANDAS, "df.drop(columns='a', inplace=True)"], "df"),
    ([PANDAS, "df.columns = ['b']"], "df"),
    ([PANDAS, "df['l'] = [[1], [2]]", "cell = df['l'].iloc[0]", "cell.append(3)"], "cell df"),
    (["import pandas as pd\ns = pd.Series([1])", "df = pd.DataFrame({'a': s})", "df.index.name = 'i'"], "df s"),
    ([PANDAS, "t = df.T", "df.index.name = 'i'"], "df t"),
    ([PANDAS, "i = df.index", "t = df.T", "t.columns.rename('i', inplace=True)"], "df i t"),
    ([PANDAS, "t = df.T * 2", "df.index.name = 'i'"], "df t"),
    ([PANDAS, "s = pd.Series([1, 2], index=df.index)", "s.index.name = 'i'"], "df s"),
    ([PANDAS, "t = df.sort_values('a')", "df.index.name = 'i'"], "df"),
    ([PANDAS, "t = df.T", "i = df.index.rename('i')"], ""),
    ([PANDAS, "frames = [df]", "for f in frames:\n    f['b'] = 1"], "df frames"),
    ([PANDAS, "frames = {'x': df}", "frames['x'].dropna(inplace=True)"], "df frames"),
    ([PANDAS, "def clean(d):\n    d['b'] = 1\n    return d", "out = clean(df)"], "df"),
    ([PANDAS, "df['l'] = [[1], [2]]", "rows = df.to_dict('records')", "rows[0]['l'].append(3)"], "df rows"),
    ([PANDAS, "d = {1: [1], 2: [2]}", "df['l'] = df.a.map(d)", "d[1].append(3)"], "d df"),
    (["import pandas as pd\ns = pd.Series([[1], [2]])", "t = pd.concat([s, s])", "t[1].append(3)"], "s t"),
    ([PANDAS, "df.a.iloc[0] = 3"], "df"),
    ([PANDAS, "del df['a']"], "df"),
    (["from sklearn.linear_model import LinearRegression\nm = LinearRegression()", "m.fit([[1]], [1])"], "m"),
    (["from sklearn.linear_model import LinearRegression\nm = LinearRegression()", "r = m.fit([[1]], [1])"], "m"),
    (["n = 0", "xs = []", "if n:\n    xs.append(1)"], "xs"),
    (["xs = []", "try:\n    xs.append(1)\nexcept ValueError:\n    pass"], "xs"),
    (["xs = []", "f = lambda: xs.append(1)", "f()"], "xs"),
    (["def outer():\n    xs = []\n    def add():\n        xs.append(1)\n        return xs\n    return add", "h = outer()", "r = h()", "r.append(1)"], "h r"),
    (["def rec(xs, n):\n    if n:\n        xs.append(n)\n        rec(xs, n - 1)", "a = []", "rec(a, 3)"], "a"),
    (["def rec(x, n):\n    return rec([x], n - 1) if n else x.append(1)", "a = []", "rec(a, 3)"], "a"),
    (["def f(x):\n    x.append(1)\n    return 5", "xs = [1]", "xs = f(xs)"], "xs"),
    (["log = []", "def f(x):\n    log.append(1)\n    return [x]", "log = f(3)"], "log"),
    (["log = [1]", "log = [v for v in [log.append(3)]]"], "log"),
    (["a = [1]", "g = (v for v in a)", "a.append(2)"], "a g"),
    (["a = [1]", "z = zip(a, [2])", "a.append(2)"], "a z"),
    (["a = [1]", "m = map(str, a)", "a.append(2)"], "a m"),
    (["a = [1]", "i = iter(a)", "a.append(2)"], "a i"),
    (["xs = [[1]]", "for a, b in zip(xs, [1]):\n    a.append(2)"], "xs"),
    (["xs = [[1]]", "for i, a in enumerate(xs):\n    a.append(2)"], "xs"),
    (["xs = [[1]]", "for i, (a, b) in enumerate(zip(xs, xs)):\n    a.append(2)"], "xs"),
    (["xs = {'a': [1]}", "for k, a in xs.items():\n    a.append(2)"], "xs"),
    (["xs = {'a': [1]}", "dict(sorted(xs.items()))['a'].append(1)"], "xs"),
    (["xs = [[1], [2]]", "import itertools\nfor a, b in itertools.combinations(xs, 2):\n    a.append(2)"], "xs"),
    (["xs = [[1]]", "ys = dict(zip('a', xs))", "ys['a'].append(1)"], "xs ys"),
    (["class L(list):\n    pass", "xs = [[1]]", "l = L(xs)", "l[0].append(2)"], "l xs"),
    (["class D(dict):\n    def __missing__(self, k):\n        self[k] = 1\n        return 1", "d = D()", "x = d['k']"], "d"),
    (["from functools import cache\n@cache\ndef f(x):\n    return [x]", "a = f(1)", "b = f(1)", "b.append(2)"], "a b f"),
    (["from functools import cache\n@cache\ndef f(x):\n    print(x)", "f(1)"], "f"),
    (["import dataclasses\n@dataclasses.dataclass\nclass P:\n    x: list", "p = P([1])", "q = dataclasses.replace(p)", "q.x.append(2)"], "p q"),
    (["import itertools\nxs = [[1]]", "ys = list(itertools.starmap(lambda a, b: a, zip(xs, [1])))", "ys[0].append(1)"], "xs ys"),
    (["from somewhere import each\nxs = []", "each([1, 2], xs.append)"], "xs"),
    (["step = {}", "step['k'] = step", "step['k']['z'] = 7"], "step"),
    ([PANDAS, "frames = {'x': df}", "for name, f in frames.items():\n    f['b'] = 1"], "df frames"),
    ([NUMPY, "from sklearn.preprocessing import StandardScaler\ns = StandardScaler(copy=False)", "b = s.fit_transform(a)"], "a s"),
    ([NUMPY, "f = a.flat", "f[1] = 5"], "a f"),
    (["import lib\nseen = []\nclass A(lib.Base):\n    def forward(self, x):\n        seen.append(x)", "a = A()", "a(3)"], "seen"),
    (["from sklearn.pipeline import make_pipeline\nfrom sklearn.base import BaseEstimator\nseen = []\nclass A(BaseEstimator):\n    def fit(self, x, y):\n        seen.append(x)", "p = make_pipeline(A())", "p.fit([], [])"], "p seen"),
    (["import copy\nx = [[1]]", "y = copy.copy(x)", "y[0].append(2)"], "x y"),
    (["import json\nx = json.loads('{}')", "x['n'] = 3", "y = x['l']", "y.append(1)"], "x y"),
    (["import json\nx = json.loads('[]')", "y = x + [1]", "y[0].append(1)"], "x y"),
    (["import lib\nkept = []", "class A:\n    def add(self):\n        kept.append(1)", "x = lib.find()", "x.add()"], "kept x"),
]  # fmt: skip

LEAVES = [
    (["a = [1]", "b = list(a)", "b.append(2)"], "b"),
    (["a = [1]", "a = a + [2]"], ""),
    (["lst = [[1]]", "x = lst[0]", "lst[0] = 5"], "lst"),
    (["d = {'x': [1]}", "e = dict(d)", "e['y'] = 1"], "e"),
    (["import copy\nd = {'x': [1]}", "e = copy.deepcopy(d)", "e['x'].append(1)"], "e"),
    (["x = [1]", "y = x + [1]", "z = y[0]", "z += 1"], ""),
    (["import lib\nkept = []", "class A:\n    def add(self):\n        kept.append(1)", "x = lib.find()", "x.push()"], "x"),
    (["x = 1", "y = x", "y += 1"], ""),
    (["s = 'a'", "t = s", "t += 'b'"], ""),
    (["a = (1, 2)", "b = a", "b += (3,)"], ""),
    (["def f(x):\n    x = [1]\n    return x", "a = []", "f(a)"], ""),
    (["a = []", "len(a)"], ""),
    (["a = [3, 1]", "sorted(a)"], ""),
    ([NUMPY, "v = a[[0, 1]]", "v[0] = 5"], "v"),
    ([NUMPY, "v = a[a > 0]", "v[:] = 5"], "v"),
    ([NUMPY, "v = a.copy()", "v[0] = 5"], "v"),
    ([NUMPY, "v = a + 1", "v += 5"], "v"),
    ([NUMPY, "a.sum()"], ""),
    ([NUMPY, "b = np.ones(4)", "np.add(a, b)"], ""),
    ([NUMPY, "b = np.einsum('i,i->i', a, a)", "b[0] = 1"], "b"),
    ([PANDAS, "s = df['a']", "df['a'] = 0"], "df"),
    ([PANDAS, "s = df['a']", "df.drop(columns='a', inplace=True)"], "df"),
    ([PANDAS, "part = df[df.a > 1]", "part['b'] = 1"], "part"),
    ([PANDAS, "part = df[['a']]", "part['b'] = 1"], "part"),
    ([PANDAS, "rows = df.to_dict('records')", "rows[0]['a'] = 3"], "rows"),
    ([PANDAS, "t = pd.concat([df, df])", "t['b'] = 1"], "t"),
    ([PANDAS, "df.groupby('a').sum()"], ""),
    ([PANDAS, "df.plot()"], ""),
    ([PANDAS, "df.merge(df, on='a').sort_values('a')"], ""),
    ([PANDAS, "df = df.dropna()"], ""),
    ([PANDAS, "df.query('a > 1')"], ""),
    ([PANDAS, "df.apply(lambda row: row['a'], axis=1)"], ""),
    ([NUMPY, "from sklearn.preprocessing import StandardScaler\ns = StandardScaler()", "b = s.fit_transform(a)"], "s"),
    ([PANDAS, "from sklearn.linear_model import LinearRegression\nm = LinearRegression()", "m.fit(df, df.a)"], "m"),
    ([PANDAS, "from sklearn.linear_model import LinearRegression\nm = LinearRegression().fit(df, df.a)", "m.predict(df)"], ""),
    (["n = 1", "def f():\n    n = 2", "f()"], ""),
    (["from functools import cache\n@cache\ndef f(x):\n    return x + 1", "a = f(1)", "b = f(2)"], ""),
    (["from functools import cache\n@cache\ndef f(x):\n    return open(x).read()", "a = f('a.txt')", "b = f('a.txt')"], ""),
    (["import dataclasses\n@dataclasses.dataclass\nclass P:\n    x: list", "p = P([1])", "q = dataclasses.asdict(p)", "q['x'].append(2)"], "q"),
    (["from somewhere import each\nxs = []", "each([1, 2], xs.index)"], ""),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "names"), CHANGES)
def test_changes(cells: list[str], names: str) -> None:
    assert facts_of(*cells).statements[-1].changes == frozenset(names.split())


@pytest.mark.parametrize(("cells", "names"), LEAVES)
def test_leaves_alone(cells: list[str], names: str) -> None:
    assert facts_of(*cells).statements[-1].changes == frozenset(names.split())


COMPARES = [
    (["a = [1]", "b = a", "a is b"], "a b"),
    (["a = [1]", "b = [1]", "a is b"], ""),
    (["a = [1]", "b = a", "a == b"], ""),
    (["a = None", "b = a", "a is b"], ""),
    (["a = [1]", "b = [a]", "id(a) == id(b[0])"], "a b"),
    ([NUMPY, "b = a[1:]", "np.shares_memory(a, b)"], "a b"),
    (["class A:\n    pass", "a = A()", "b = [a]", "a in b"], "a b"),
    (["class A:\n    pass", "a = A()", "b = {a: 1}", "b[a]"], "a b"),
    (["class A:\n    pass", "a = A()", "b = {a}", "b.add(a)"], "a b"),
    (["class A:\n    def __eq__(self, other):\n        return True", "a = A()", "b = [a]", "a in b"], ""),
    (["from dataclasses import dataclass\n@dataclass\nclass A:\n    n: int", "a = A(1)", "b = [a]", "a in b"], ""),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "names"), COMPARES)
def test_compares_by_identity(cells: list[str], names: str) -> None:
    comparisons = facts_of(*cells).statements[-1].comparisons
    assert frozenset().union(*(c.names for c in comparisons)) == frozenset(names.split())
