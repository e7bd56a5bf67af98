"""Models of formulas: what their texts name is there, and they stay in the flow's process."""

from __future__ import annotations

from pathlib import Path

from tests.generate.test_stateful import flow_of

CELLS = (
    "import math\nimport numpy as np\nimport pandas as pd\nfrom statsmodels.formula.api import ols",
    "df = pd.read_csv('people.csv')\ndf['z'] = df.x * 2\nprint(df.describe())\nprint(df.head())",
    "model = ols('np.log(y) ~ x', df)\nfit = model.fit()\nprint(fit.summary())",
    "sums = df.groupby('z').sum()\nprint(sums)\nprint(sums.describe())",
    "slope = fit.params['x']\nprint(slope)\nprint(round(slope))",
)


def test_imports_that_only_texts_name_stay(tmp_path: Path) -> None:
    source = flow_of(tmp_path, *CELLS)
    assert "import numpy as np  # noqa: F401" in source and "import math" not in source


def test_models_are_fitted_in_the_flows_own_process(tmp_path: Path) -> None:
    source = flow_of(tmp_path, *CELLS)
    said = source.index("# Called, not submitted")
    assert said < source.index("fit_sums(df)")
    assert "fit_sums.submit" not in source and ".submit(" in source
