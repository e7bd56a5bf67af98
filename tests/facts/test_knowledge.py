"""Looking things up in the knowledge tables."""

from __future__ import annotations

import time

import pytest

from nb_to_flow.facts.knowledge.lookup import Knowledge, load_knowledge
from nb_to_flow.facts.knowledge.model import ApiFacts
from nb_to_flow.facts.knowledge.tables import KnowledgeError, read_table


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load_knowledge()


def test_every_table_loads(knowledge: Knowledge) -> None:
    assert {"builtins", "stdlib", "pandas", "numpy", "sklearn", "matplotlib"} <= set(knowledge.load_all())


def test_named_types_are_listed(knowledge: Knowledge) -> None:
    """A base that no table lists would silently add nothing."""
    missing = [
        (facts.name, base)
        for table in knowledge.load_all().values()
        for facts in table.types.values()
        for base in facts.bases
        if knowledge.type(base) is None
    ]
    assert not missing


def test_loading_is_fast() -> None:
    fresh = Knowledge()
    start = time.process_time()
    for name in (
        "print",
        "os.getcwd",
        "pandas.read_csv",
        "numpy.sum",
        "sklearn.svm.SVC",
        "matplotlib.pyplot.plot",
    ):
        assert fresh.function(name)
    assert time.process_time() - start < 0.3  # about 0.03 on an idle machine


@pytest.mark.parametrize(
    ("spelled", "listed"),
    [
        ("pandas.core.frame.DataFrame", "pandas.DataFrame"),
        ("numpy.random.mtrand.RandomState", "numpy.random.RandomState"),
        ("pylab.plot", "matplotlib.pyplot.plot"),
        ("sklearn.model_selection._split.train_test_split", "sklearn.model_selection.train_test_split"),
        ("sklearn.ensemble._forest.RandomForestClassifier", "sklearn.ensemble.RandomForestClassifier"),
        ("posixpath.join", "os.path.join"),
        ("nothing.known.about_this", "nothing.known.about_this"),
    ],
)
def test_canonical(knowledge: Knowledge, spelled: str, listed: str) -> None:
    assert knowledge.canonical(spelled) == listed


def test_a_class_is_its_constructor(knowledge: Knowledge) -> None:
    assert knowledge.function("list") == ApiFacts(returns="list", result="items 0")
    made = knowledge.function("pandas.core.frame.DataFrame")
    assert made is not None and (made.returns, made.result) == ("pandas.DataFrame", "view 0|data")
    again = knowledge.function("pandas.DataFrame", first="pandas.DataFrame")
    assert again is not None and again.result == "0 | view"


def test_a_method_named_through_its_class_is_a_function(knowledge: Knowledge) -> None:
    append = knowledge.function("list.append")
    assert append is not None and (append.changes, append.stores) == (("0",), ("1",))


def test_wildcards(knowledge: Knowledge) -> None:
    drawing = knowledge.function("matplotlib.pyplot.whatever")
    assert drawing is not None and drawing.effects == ("write pyplot",)
    assert knowledge.function("pandas.whatever") is None


@pytest.mark.parametrize(
    ("first", "returns"),
    [("", "numpy.ndarray"), ("pandas.Series", "pandas.Series"), ("int", "float"), ("list", "numpy.ndarray")],
)
def test_elementwise(knowledge: Knowledge, first: str, returns: str) -> None:
    log = knowledge.function("numpy.log", first)
    assert log is not None and log.returns == returns


@pytest.mark.parametrize(
    ("type_name", "name", "result"),
    [
        ("pandas.DataFrame", "__getitem__:str", "view"),
        ("pandas.DataFrame", "__getitem__:mask", "fresh"),
        ("pandas.DataFrame", "__getitem__:unheard_of", "view"),
        ("pandas.FrameIndexer", "__getitem__:tuple:mask:str", "fresh"),
        ("pandas.FrameIndexer", "__getitem__:tuple:slice:str", "view"),
        ("pandas.SeriesIndexer", "__getitem__:unheard_of", "view"),
        ("numpy.ndarray", "__getitem__:tuple:slice:int", "view"),
        ("collections.Counter", "__getitem__", "fresh"),
        ("collections.defaultdict", "get", "part | 1"),
    ],
)
def test_methods(knowledge: Knowledge, type_name: str, name: str, result: str) -> None:
    api = knowledge.method(type_name, name)
    assert api is not None and api.result == result


@pytest.mark.parametrize(
    ("qualified", "keywords", "method", "draws"),
    [
        ("sklearn.ensemble.RandomForestClassifier", set(), "fit", True),
        ("sklearn.ensemble.RandomForestClassifier", {"random_state"}, "fit", False),
        ("sklearn.linear_model.LogisticRegression", set(), "fit", False),
        ("sklearn.linear_model.LogisticRegression", {"solver"}, "fit", True),
        ("sklearn.linear_model.LogisticRegression", {"solver", "random_state"}, "fit", False),
        ("sklearn.model_selection.KFold", {"n_splits"}, "split", False),
        ("sklearn.model_selection.KFold", {"shuffle"}, "split", True),
    ],
)
def test_seeds(knowledge: Knowledge, qualified: str, keywords: set[str], method: str, draws: bool) -> None:
    api = knowledge.method(knowledge.constructed(qualified, frozenset(keywords)), method)
    assert api is not None and bool(api.effects) is draws


def test_traits_and_kinds(knowledge: Knowledge) -> None:
    assert "buffer" in knowledge.traits("pandas.Series")
    assert "immutable" in knowledge.traits("numpy.float64")
    assert knowledge.traits("unheard.of") == frozenset()
    assert knowledge.copy_kind("pandas.Series") == "method"
    assert knowledge.copy_kind("sklearn.svm.SVC") == "deep"
    assert knowledge.is_module("os.path") and not knowledge.is_module("pandas.DataFrame")
    assert knowledge.is_a("sklearn.svm.SVC[random_state]", "sklearn.base.BaseEstimator")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[functions.m]\nf = {retuns = 'int'}", "retuns"),
        ("[functions.m]\nf = {result = 'stolen'}", "stolen"),
        ("[functions.m]\nf = {changes = '0 1'}", "0 1"),
        ("[functions.m]\nf = {effects = 'eat file x'}", "eat file x"),
        ("[functions.m]\n'f g' = 'int'\n'g h' = 'str'", "listed twice"),
        ("[types.T]\ntraits = ['soft']", "soft"),
        ("[typos]\n", "typos"),
        ("[functions", "m.toml"),
    ],
)
def test_wrong_tables_are_refused(text: str, message: str) -> None:
    with pytest.raises(KnowledgeError, match="m.toml") as refusal:
        read_table("m.toml", text)
    assert message in str(refusal.value)
