"""Flow names: always safe, whatever the notebook is called."""

from __future__ import annotations

import keyword
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nb_to_flow.ir.names import flow_name, is_flow_name

CASES = [
    ("churn_report.ipynb", "churn_report"),
    ("notebooks/Churn Report (1).ipynb", "churn_report_1"),
    ("../x", "x"),
    ("C:\\data\\x.ipynb", "x"),
    ("1 2-3 été.ipynb", "flow_1_2_3_ete"),
    ("class.ipynb", "class_flow"),
    ("match.ipynb", "match_flow"),
    ("import os; os.system.ipynb", "import_os_os_system"),
    ("json.ipynb", "json_flow"),
    ("print.ipynb", "print_flow"),
    ("prefect.ipynb", "prefect_flow"),
    ("pandas.ipynb", "pandas_flow"),
    ("flow.ipynb", "flow_flow"),
    ("TrainTestSplit.ipynb", "train_test_split"),
    ("Python3Basics_Video5.ipynb", "python3basics_video5"),
    ("NumPy.ipynb", "numpy_flow"),
    ("cProfile of KMeans.ipynb", "cprofile_of_kmeans"),
    ("流れ.ipynb", "notebook"),
    ("", "notebook"),
]


@pytest.mark.parametrize(("path", "name"), CASES, ids=[c[0] for c in CASES])
def test_name_of_a_path(path: str, name: str) -> None:
    assert flow_name(path) == name


def test_names_in_use_are_left_alone() -> None:
    assert flow_name("model.ipynb", frozenset({"model"})) == "model_flow"
    assert flow_name("model.ipynb", frozenset({"model", "model_flow"})) == "model_flow_2"


@given(st.text(max_size=200), st.frozensets(st.sampled_from(["x", "x_flow", "notebook", "a"])))
def test_any_text_gives_a_safe_name(path: str, taken: frozenset[str]) -> None:
    name = flow_name(path, taken)
    assert is_flow_name(name)
    assert name not in taken
    assert not keyword.iskeyword(name)
    assert name not in sys.stdlib_module_names


@pytest.mark.parametrize("name", ["", "a b", "été", "class", "json", "__init__", "a" * 61, "Pandas", "../x"])
def test_names_that_are_refused(name: str) -> None:
    assert not is_flow_name(name)
