"""Types in signatures: what is clear is said, what isn't is left open."""

from __future__ import annotations

import ast

import pytest

from nb_to_flow.generate.annotations import annotation
from nb_to_flow.plan.expressions import Lookup, type_of_expression
from tests.plan.plans import plan_of

FRAME, SERIES, ARRAY = "pandas.DataFrame", "pandas.Series", "numpy.ndarray"
VARIABLES = {
    "df": FRAME,
    "s": SERIES,
    "a": ARRAY,
    "n": "int",
    "x": "float",
    "t": "str",
    "names": "list[str]",
    "model": "sklearn.svm.SVC",
    "ols": "statsmodels.api.OLS",
    "iris": "sklearn.utils.Bunch",
}
IMPORTS = {
    "np": "numpy",
    "svm": "sklearn.svm",
    "KMeans": "sklearn.cluster.KMeans",
    "first": "first",
    "load_iris": "sklearn.datasets.load_iris",
    "r2_score": "sklearn.metrics.r2_score",
}
LOOKUP = Lookup(variable=lambda name: VARIABLES.get(name, ""), imports=IMPORTS)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("[1, 2]", "list[int]"),
        ("['a', 1]", "list"),
        ("{'a': 1}", "dict[str, int]"),
        ("{'a': f}", "dict"),
        ("f'{x}'", "str"),
        ("n / 2", "float"),
        ("n * 2", "int"),
        ("unknown * 2", ""),
        ("s * unknown", SERIES),
        ("a * unknown", ""),  # times a frame it is one
        ("a * 2", ARRAY),
        ("a > 0", ARRAY),
        ("n > 0", "bool"),
        ("unknown > 0", ""),
        ("not unknown", "bool"),
        ("df['k']", SERIES),
        ("df[['k', 'l']]", FRAME),
        ("df[df.k > 0]", FRAME),
        ("df[~unknown]", FRAME),
        ("df[unknown]", ""),
        ("df.loc[:, ['k']]", FRAME),
        ("df.loc[:, 'k']", SERIES),
        ("df.loc[3]", ""),
        ("df.k", ""),  # a column, or a method
        ("df.values", ARRAY),
        ("a[1:]", ARRAY),
        ("a[:, 0]", ARRAY),
        ("a[0]", ""),
        ("a.shape[0]", "int"),
        ("a.T", ARRAY),
        ("names[:2]", "list[str]"),
        ("len(unknown)", "int"),
        ("round(x, 2)", "float"),
        ("max(names)", "str"),
        ("max(unknown)", ""),
        ("np.zeros(3)", ARRAY),
        ("np.random.normal(size=3)", ARRAY),
        ("np.random.normal()", ""),
        ("np.mean(a)", "float"),
        ("np.mean(a, axis=0)", ""),
        ("np.exp(x)", "float"),
        ("np.exp(unknown)", ""),
        ("s.mean()", "float"),
        ("df.mean()", ""),
        ("KMeans(3)", "sklearn.cluster.KMeans"),
        ("KMeans(3).fit(df)", "sklearn.cluster.KMeans"),
        ("svm.SVC()", "sklearn.svm.SVC"),
        ("first.MakeFrames()", ""),  # a function by another style
        ("ols.fit()", ""),  # gives a result, not the model
        ("model.predict(df)", ARRAY),
        ("model.score(df, s)", "float"),
        ("unknown.score(df, s)", ""),
        ("load_iris()", "sklearn.utils.Bunch"),
        ("load_iris(return_X_y=True)", ""),
        ("iris.target", ARRAY),
        ("r2_score(s, s)", "float"),
        ("t.upper()", "str"),
        ("x if n else 1.5", "float"),
        ("x if n else t", ""),
    ],
)
def test_expressions(code: str, kind: str) -> None:
    assert type_of_expression(ast.parse(code, mode="eval").body, LOOKUP) == kind


_HEAD = (
    "import pandas as pd\nimport matplotlib.pyplot as plt\n"
    "from sklearn.model_selection import train_test_split\nfrom sklearn.svm import SVC"
)


@pytest.mark.parametrize(
    ("code", "name", "kind"),
    [
        ("X = pd.DataFrame({'k': [1]})\ny = X['k']\nA, B, c, d = train_test_split(X, y)", "c", SERIES),
        ("X = pd.DataFrame({'k': [1]})\ny = X['k']\nA, B, c, d = train_test_split(X, y)", "B", FRAME),
        ("low, high = len(z), f'{z}'", "high", "str"),
        ("low, *high = len(z), len(z)", "high", "list"),
        # what is added may be anything
        ("names = ['a', 'b']\nnames.append(3)", "names", "list"),
        ("total = 0\nfor k in z:\n    total += 1.5", "total", ""),  # it may not run
        ("v = 0\nif z:\n    v = 'a'", "v", ""),
        ("v = 0\nif z:\n    v = 1", "v", "int"),
        ("total = 0\nfor k in [1.5]:\n    total += k", "total", "float"),
        ("total = 1\ntotal += 1.5", "total", "float"),
        ("if len(z):\n    v = 1\nelse:\n    v = 'a'", "v", ""),
        ("if len(z):\n    v = 1\nelse:\n    v = 2", "v", "int"),
        ("s = pd.DataFrame({'k': [1]}).groupby('k')['k'].sum()", "s", SERIES),
        ("s = pd.DataFrame({'k': [1]}).groupby('k', as_index=True)['k'].sum()", "s", SERIES),
        ("s = pd.DataFrame({'k': [1]}).groupby('k', as_index=False)['k'].sum()", "s", FRAME),
        ("s = pd.DataFrame({'k': [1]}).groupby('k', as_index=False).size()", "s", FRAME),
        ("model = SVC()\nmodel.fit([[1], [2]], [0, 1])", "model", "sklearn.svm.SVC"),
    ],
)
def test_variables(code: str, name: str, kind: str) -> None:
    plan = plan_of(_HEAD, "z = input()\nboth = (z, z)", code, outputs="all")
    found = [o.type for t in plan.tasks for o in t.outputs if o.name == name]
    assert found[-1:] == [kind]


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("list[str]", "list[str]"),
        ("list[Thing]", "list"),
        ("dict[str, int]", "dict[str, int]"),
        ("sklearn.svm.SVC", "svm.SVC"),
        ("sklearn.svm.NuSVC", "Any"),  # not seen in the code: it may not be there
        ("sklearn.cluster.KMeans", "KMeans"),
        (FRAME, "pd.DataFrame"),  # brought in
        ("pandas.core.Odd", "Any"),
        ("", "Any"),
    ],
)
def test_annotations(kind: str, written: str) -> None:
    assert annotation(kind, IMPORTS, frozenset(), frozenset({"svm.SVC"})) == written


def test_what_an_annotation_brings_in_gives_way_to_the_notebooks_names() -> None:
    assert annotation(FRAME, {}, frozenset({"pd"})) == "Any"
