"""State of modules is named by its module, so that a pickled task draws where it is seeded, and sets what is looked at."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import cloudpickle
import pytest

from nb_to_flow.pipeline import ConvertOptions, convert
from tests.read.notebooks import code_cell, notebook_json

DRAW = "from random import random, seed"

BY_MODULE = {
    "a function": (["from random import random"], "a = random()", "a = random.random()"),
    "under another name": (["from random import random as draw"], "a = draw()", "a = random.random()"),
    "of numpy": (["from numpy.random import randn"], "a = randn(2)", "a = np.random.randn(2)"),
    "numpy under another name": (
        ["import numpy as num\nfrom numpy.random import randn"],
        "a = randn(2)",
        "a = num.random.randn(2)",
    ),
    "a distribution": (["from scipy.stats import norm"], "a = norm(2).rvs(3)", "a = stats.norm(2).rvs(3)"),
    "beside a variable of the module's name": (
        ["from scipy.stats import norm", "stats = 1"],
        "a = norm.rvs(3)",
        "a = scipy_stats.norm.rvs(3)",
    ),
    "settings": (
        ["from matplotlib import rcParams\nimport matplotlib.pyplot as plt"],
        'plt.plot([1, 2])\nrcParams["lines.linewidth"] = 3\nplt.plot([3, 2])',
        'matplotlib.rcParams["lines.linewidth"] = 3',
    ),
    "the environment": (["from os import environ"], "a = dict(environ)", "a = dict(os.environ)"),
    "in a function": (
        [DRAW],
        "def f(seed=3):\n    return [random() for _ in range(seed)]\na = f()",
        "return [random.random() for _ in range(seed)]",
    ),
    "in a class that has the name too": (
        [DRAW],
        "class A:\n    seed = 1\n\n    def go(self, n=seed):\n        return seed(n)\na = A()",
        "def go(self, n=seed):\n        return random.seed(n)",
    ),
    "where a comprehension's own name hides it": (
        [DRAW],
        "a = [seed for seed in [seed]]",
        "a = [seed for seed in [random.seed]]",
    ),
}

AS_IT_IS = {
    "a class": (["from random import Random"], "a = Random(3)", "a = Random(3)"),
    "what holds no state": (["from numpy.random import default_rng"], "a = default_rng(3)", "default_rng(3)"),
    "a distribution that draws nothing": (["from scipy.stats import norm"], "a = norm.cdf(0)", "norm.cdf(0)"),
    "a module's function": (["from os import getcwd"], "a = getcwd()", "a = getcwd()"),
    "names that are bound again": ([DRAW, "seed = 3"], "a = random() + seed", "a = random() + seed"),
    "among those that a star brings": (
        ["from random import *", "from random import random"],
        "a = random() + uniform(0, 1)",
        "a = random() + uniform(0, 1)",
    ),
    "a method of the same name": ([DRAW, "box = []"], "a = box.random", "a = box.random"),
}


def flow_of(folder: Path, *cells: str) -> str:
    """The flow of a notebook with such cells."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = folder / "draws.ipynb"
    notebook.write_text(notebook_json(*map(code_cell, cells), kernelspec=kernel), "utf-8")
    flow = convert(notebook, ConvertOptions(outputs="all")).flow
    assert flow is not None
    return flow.source


@pytest.mark.parametrize("case", {**BY_MODULE, **AS_IT_IS})
def test_spelling(case: str, tmp_path: Path) -> None:
    first, code, expected = {**BY_MODULE, **AS_IT_IS}[case]
    assert expected in flow_of(tmp_path, *first, code)


def test_a_pickled_task_draws_from_the_generator_it_seeds(tmp_path: Path) -> None:
    source = flow_of(tmp_path, DRAW, "seed(3)\na = [random(), random()]")
    module: dict[str, Any] = {"__name__": "elsewhere"}
    exec(compile(source, "flow.py", "exec"), module)  # noqa: S102
    work = cloudpickle.loads(cloudpickle.dumps(module["simulate_a"].fn))
    before = random.getstate()
    try:
        work()
        drawn = random.getstate()
        random.seed(3)
        assert [random.random(), random.random()]
        assert random.getstate() == drawn
    finally:
        random.setstate(before)
