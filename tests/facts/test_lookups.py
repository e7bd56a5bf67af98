"""Which variables are read by name from texts, and which words are none? The two tables stand beside each other."""

from __future__ import annotations

import pytest

from nb_to_flow.ir.facts import ResourceKind
from tests.facts.builders import facts_of

SETUP = "import numpy as np\nimport pandas as pd\nimport statsmodels.formula.api as smf\nfrom statsmodels.formula.api import ols"
DATA = "df = pd.DataFrame({'x': [1], 'y': [2]})\nlimit = len(df)\nwords = limit\ndef f(v):\n    return v"

READ = [
    ("smf.ols('np.log(y) ~ x', df)", {"np"}),
    ("ols('y ~ f(x)', df)", {"f"}),
    ("ols(formula='y ~ f(x) + np.abs(x)', data=df)", {"f", "np"}),
    ("ols('y ~ ' + 'f(x)', df)", {"f"}),
    ("ols(f'y ~ f({words})', df)", {"f", "words"}),
    ("import statsmodels.api as sm\nsm.OLS.from_formula('y ~ limit', df)", {"limit"}),
    ("df.query('x > @limit')", {"limit"}),
    ("df.eval('z = x + @limit')", {"limit"}),
    ("pd.eval('limit + 1')", {"limit"}),
    ("import duckdb\nduckdb.sql('select * from df where x > 1')", {"df"}),
    ("import duckdb\nduckdb.connect().execute('select * from df')", {"df"}),
    ("from pandasql import sqldf\nsqldf('select * from df')", {"df"}),
]
NOT_READ = [
    ("smf.ols('y ~ x', df)", {"np", "f", "limit"}),
    ("ols('y ~ x.limit', df)", {"limit"}),
    ("df.query('x > limit')", {"limit"}),
    ("df.filter(like='@limit')", {"limit"}),
    ("print('limit', '@limit')", {"limit"}),
    ("df.sql('select limit from df')", {"limit"}),
]


@pytest.mark.parametrize(("code", "names"), READ, ids=lambda value: str(value))
def test_read(code: str, names: set[str]) -> None:
    assert facts_of(SETUP, DATA, code).statements[-1].reads >= names


@pytest.mark.parametrize(("code", "names"), NOT_READ, ids=lambda value: str(value))
def test_not_read(code: str, names: set[str]) -> None:
    assert not facts_of(SETUP, DATA, code).statements[-1].reads & names


@pytest.mark.parametrize(
    ("cells", "everything"),
    [
        (["limit = 2"], False),
        (["limit = 2", "limit = 3"], True),
        (["limit = len(df)"], True),
        (["def limit():\n    return 2"], False),
    ],
    ids=str,
)
def test_functions_that_look_up_variables_need_all_of_them(cells: list[str], everything: bool) -> None:
    """Only what stands at module level is found from a function whose code doesn't name it."""
    setup = (
        "import pandas as pd\ndf = pd.DataFrame({'x': [1]})",
        "def big(d):\n    return d.query('x > @limit')",
    )
    statement = facts_of(*setup, *cells, "big(df)").statements[-1]
    assert "limit" in statement.reads
    assert any(e.kind is ResourceKind.EVERYTHING for e in statement.effects) is everything


@pytest.mark.parametrize(
    ("code", "renewed"),
    [
        ("m = ols('y ~ x', df)", {"m"}),
        ("m = ols('y ~ x', df).fit()", {"m"}),
        ("m = [smf.glm('y ~ x', df)]", {"m"}),
        ("m = ols('y ~ x', df).fit().params", set()),
        ("import statsmodels.api as sm\nm = sm.OLS(df.y, df.x).fit()", set()),
    ],
    ids=str,
)
def test_models_of_formulas_are_made_anew_by_a_pickle(code: str, renewed: set[str]) -> None:
    """statsmodels evaluates the formula again when it unpickles the model."""
    assert facts_of(SETUP, DATA, code).statements[-1].renewed == renewed
