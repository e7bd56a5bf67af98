"""Star imports: the order of imports stays where one may hide what another binds."""

from __future__ import annotations

import pytest

from nb_to_flow.generate.imports import Entry, parse_entries
from nb_to_flow.generate.stars import may_bind, runs
from tests.generate.test_generate import source_of


def _runs(code: str) -> list[list[str]]:
    return [[entry.code() for entry in run] for run in runs(parse_entries(code))]


@pytest.mark.parametrize(
    "code",
    [
        "import random\nimport numpy as np",
        "from math import floor\nfrom numpy import floor",  # `import_code` sees to that
        "from numpy import *\nimport matplotlib.pyplot as plt",
        "from math import *\nfrom random import choice",
        "from math import *\nfrom math import floor",
    ],
)
def test_order_does_not_count(code: str) -> None:
    assert len(_runs(code)) == 1


@pytest.mark.parametrize(
    ("code", "sizes"),
    [
        ("from numpy import *\nfrom math import floor", [1, 1]),
        ("from math import floor\nimport numpy as np\nfrom numpy import *", [2, 1]),
        ("from math import *\nfrom numpy import floor", [1, 1]),
        ("from typing import *\nfrom collections import Counter, deque", [1, 2]),
        ("from numpy import *\nfrom numpy.random import *\nimport os", [1, 1, 1]),
        ("from pylab import *\nimport numpy as np", [1, 1]),
    ],
)
def test_order_counts(code: str, sizes: list[int]) -> None:
    assert [len(run) for run in _runs(code)] == sizes


def test_what_a_star_may_bind() -> None:
    assert may_bind(Entry(module="math", name="*"), "pi")
    assert not may_bind(Entry(module="math", name="*"), "choice")
    assert may_bind(Entry(module="numpy", name="*"), "choice")
    assert may_bind(Entry(module="own", name="*", level=1), "np")


@pytest.mark.parametrize(
    ("imports", "order"),
    [
        ("from numpy import *\nfrom math import floor", ["numpy", "math", "prefect"]),
        ("from math import floor\nfrom numpy import *", ["math", "numpy", "prefect"]),
        ("from typing import *\nfrom math import floor", ["math", "typing", "prefect"]),
    ],
)
def test_imports_stay_in_order(imports: str, order: list[str]) -> None:
    source = source_of([imports, "x = floor(2.5)"])
    places = [source.index(f"from {module} import") for module in order]
    assert places == sorted(places)


def test_generated_code_has_its_names_whatever_a_star_brings() -> None:
    """sympy has a `re` of its own, which the notebook uses."""
    source = source_of(["from sympy import *", "z = re(symbols('z'))\nz"])
    assert source.index("from sympy import *") < source.index("import re as re_module")
    assert "re_module.sub(" in source and "z = re(symbols" in source
