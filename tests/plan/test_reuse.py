"""Cuts where a parameter comes in, so that a batch shares what doesn't depend on it."""

from __future__ import annotations

import pytest

from tests.plan.plans import plan_of

_HEAD = ("import pandas as pd\nfrom sklearn.svm import SVC", "limit = 3\nout_dir = 'out'")
_END = (
    "# md\n## End",
    "print(rows.describe())\nprint(rows.dtypes)",
    "# md\n## Last",
    "print(len(rows))\nprint(rows.index)\nprint(rows.shape)\nprint(rows.n.sum())",
)
_READ = "rows = pd.read_csv('rows.csv')"
_CUT = "rows = rows[rows.n > limit]\nrows = rows.dropna()\nrows['share'] = rows.n / rows.n.sum()"


def _cells_of_tasks(*cells: str, **options: int | None) -> list[tuple[int, ...]]:
    plan = plan_of(*_HEAD, "# md\n## Rows", *cells, *_END, outputs="rows", **options)  # type: ignore[arg-type]
    return [t.cells for t in plan.tasks]


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        # a costly start is a task of its own
        ((_READ, _CUT), (3,)),
        (("rows = pd.DataFrame({'n': [1, 2]})\nfor k in range(9):\n    rows[k] = k", _CUT), (3,)),
        (
            (
                f"{_READ}\nmodel = SVC().fit(rows, rows.n)",
                "rows['p'] = model.predict(rows)\nrows.to_csv(f'{out_dir}/p.csv')",
            ),
            (3,),
        ),
        # nothing costly, nothing of its own after it, or the parameter is needed from the start
        (("rows = pd.DataFrame({'n': [1, 2]})", _CUT), (3, 4)),
        ((_READ, "rows = rows[rows.n > limit]"), (3, 4)),
        ((f"{_READ}.head(limit)", _CUT), (3, 4)),
        # what draws would have to hand its generator over
        (
            ("import numpy as np\nnp.random.seed(0)", f"{_READ}.sample(9)", f"{_CUT}\nrows = rows.sample(4)"),
            (4, 5),
        ),
    ],
)
def test_costly_starts_are_apart(cells: tuple[str, ...], first: tuple[int, ...]) -> None:
    assert _cells_of_tasks(*cells, tagged=1)[0] == first


def test_without_parameters_nothing_is_cut() -> None:
    assert _cells_of_tasks(_READ, _CUT)[0] == (3, 4)


def test_a_part_that_depends_on_a_parameter_through_another_is_known() -> None:
    cells = (f"{_READ}.head(limit)", "rows = rows.dropna()", _CUT)
    assert _cells_of_tasks(*cells, tagged=1)[0] == (3, 4, 5)
