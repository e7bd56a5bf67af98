"""Values of every kind compare as the same as themselves, and differ from others with a reason in words."""

from __future__ import annotations

import copy
import json
import os
import pickle
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from nb_to_flow.ir.verification import Comparison, Verdict
from nb_to_flow.verify.compare import compare, summary, unstable_paths
from nb_to_flow.verify.portrait import is_data, portray, portray_all, quick
from tests.verify.pairs import EVERY, MODELS, Order, frame

BY_NAME = pytest.mark.parametrize(
    "mine, theirs, reason", [pytest.param(*pair[1:], id=pair[0]) for pair in EVERY]
)


def seen(value: Any, **options: Any) -> Any:
    """A portrait, as another process gets it."""
    return json.loads(json.dumps(portray(value, **options), allow_nan=False))


def compared(mine: Any, theirs: Any, room: int = 2**25, **options: Any) -> Comparison:
    return compare(seen(mine, room=room), seen(theirs, room=room), **options)


@BY_NAME
def test_same(mine: Any, theirs: Any, reason: str) -> None:
    assert compared(mine(), mine()) == Comparison(verdict=Verdict.SAME)
    assert compared(theirs(), theirs()) == Comparison(verdict=Verdict.SAME)
    assert quick(mine()) == quick(mine())


@BY_NAME
def test_another_one_differs(mine: Any, theirs: Any, reason: str) -> None:
    found = compared(mine(), theirs())
    assert found.verdict is Verdict.DIFFERENT
    assert reason in found.reason
    assert found.rows
    assert compared(theirs(), mine()).verdict is Verdict.DIFFERENT
    assert quick(mine()) != quick(theirs())


@BY_NAME
def test_what_crossed_a_process_is_the_same(mine: Any, theirs: Any, reason: str) -> None:
    value = mine()
    passed = pickle.loads(pickle.dumps(value))
    assert compared(value, passed).verdict is Verdict.SAME
    assert quick(value) == quick(passed)
    assert summary(seen(value)) == summary(seen(passed))


@pytest.mark.parametrize("pair", [p for p in EVERY if p not in MODELS], ids=lambda pair: pair[0])
def test_hashes_stand_for_what_does_not_fit(pair: Any) -> None:
    """With no room at all: the same stays the same, and what differs is not called the same."""
    _, mine, theirs, _ = pair
    nothing = [seen(value(), room=0) for value in (mine, mine, theirs)]
    assert compare(nothing[0], nothing[1]).verdict is Verdict.SAME
    assert compare(nothing[0], nothing[2]).verdict is Verdict.DIFFERENT


@pytest.mark.parametrize(
    "value, why",
    [
        pytest.param(lambda: (i for i in [1]), "a generator", id="generator"),
        pytest.param(lambda: iter([1]), "an iterator", id="iterator"),
        pytest.param(lambda: zip([1], strict=True), "an iterator", id="zip"),
        pytest.param(lambda: open(os.devnull), "an open file", id="file"),  # noqa: SIM115
        pytest.param(threading.Lock, "a lock", id="lock"),
        pytest.param(lambda: sqlite3.connect(":memory:"), "a connection", id="connection"),
    ],
)
def test_not_comparable(value: Any, why: str) -> None:
    held = value()
    for wrapped in (held, [1, held], {"a": held}, Order("a", held)):
        found = compared(wrapped, wrapped)
        assert found.verdict is Verdict.UNKNOWN
        assert why in found.reason
    assert compared([held, 1], [held, 2]).verdict is Verdict.DIFFERENT
    if hasattr(held, "close"):
        held.close()


def test_reading_that_fails_is_not_comparable() -> None:
    class Bad:
        def __reduce_ex__(self, protocol: Any) -> Any:
            raise TypeError

        def __getattribute__(self, name: str) -> Any:
            raise RuntimeError("no " + name)

    found = compared(Bad(), Bad())
    assert found.verdict is Verdict.UNKNOWN
    assert "RuntimeError" in found.reason


@pytest.mark.parametrize(
    "mine, theirs",
    [
        (0.1 + 0.2, 0.3),
        ([0.1 + 0.2, 1], [0.3, 1]),
        ({0.1 + 0.2}, {0.3}),
        (1e-17, -3e-17),
        (1e300, 1e300 * (1 + 1e-12)),
        (np.array([0.1 + 0.2]), np.array([0.3])),
        (np.float32(1), np.float32(1.0000002)),
        (np.float32([1]), np.float32([1.0000002])),
        (frame(price=[0.3, 1, 2, 3]), frame(price=[0.1 + 0.2, 1, 2, 3])),
        (pd.Series([0.3, 1]), pd.Series([0.1 + 0.2, 1])),
    ],
    ids=repr,
)
def test_close(mine: Any, theirs: Any) -> None:
    assert compared(mine, theirs).verdict is Verdict.CLOSE
    assert compared(mine, theirs, tolerance=0.0).verdict is Verdict.DIFFERENT


@pytest.mark.parametrize(
    "mine, theirs", [(1.0, 1.0 + 1e-6), (1e-6, 2e-6), (0.0, 1e-9), (1e300, float("inf"))]
)
def test_not_close(mine: float, theirs: float) -> None:
    assert compared(mine, theirs).verdict is Verdict.DIFFERENT


def test_where_a_class_is_defined_does_not_matter() -> None:
    def made(module: str) -> Any:
        kind = type("Margin", (), {"__module__": module})
        made_one = kind()
        made_one.column = "age"
        return made_one

    assert compared(made("__main__"), made("flows.survey")).verdict is Verdict.SAME


def test_types_of_the_same_name_from_two_libraries_differ() -> None:
    class DataFrame:
        pass

    assert "another library" in compared(frame(), DataFrame()).reason
    assert "another library" in compared(DataFrame(), frame()).reason


def test_shared_parts_compare_as_their_content() -> None:
    shared = [1, 2]
    assert compared([shared, shared], [[1, 2], [1, 2]]).verdict is Verdict.SAME
    assert compared([shared, shared], [[1, 2], [1, 3]]).verdict is Verdict.DIFFERENT
    assert quick([shared, shared]) == quick([[1, 2], [1, 2]])


def test_what_is_shared_a_thousand_times_is_looked_at_once() -> None:
    def tower(end: int) -> Any:
        value: Any = [end]
        for _ in range(60):
            value = [value, value]
        return value

    assert compared(tower(1), tower(1)).verdict is Verdict.SAME
    assert compared(tower(1), tower(2)).verdict is Verdict.DIFFERENT
    assert quick(tower(1)) != quick(tower(2))


def test_what_is_nested_too_deeply_is_not_comparable() -> None:
    def nested(levels: int) -> Any:
        value: Any = []
        for _ in range(levels):
            value = [value]
        return value

    assert compared(nested(80), nested(80)).verdict is Verdict.SAME
    found = compared(nested(5000), nested(5000))
    assert found.verdict is Verdict.UNKNOWN
    assert "100 levels" in found.reason


def test_the_working_folder_is_left_out() -> None:
    texts = ["/tmp/run-1/out/a.csv", Path("/tmp/run-1/out"), {"/tmp/run-1"}]
    others = ["/tmp/run-2/out/a.csv", Path("/tmp/run-2/out"), {"/tmp/run-2"}]
    assert compared(texts, others).verdict is Verdict.DIFFERENT
    portraits = portray(texts, folder="/tmp/run-1"), portray(others, folder="/tmp/run-2")
    assert compare(*portraits).verdict is Verdict.SAME
    assert quick(texts, folder="/tmp/run-1") == quick(others, folder="/tmp/run-2")


def test_all_of_a_namespace_but_code() -> None:
    namespace = {
        "a": 1,
        "_b": 2,
        "os": os,
        "f": lambda: 1,
        "C": Order,
        "In": [],
        "exp": np.exp,
        "df": frame(),
    }
    assert list(portray_all(namespace)) == ["a", "df"]
    assert list(portray_all(namespace, ["df", "gone"])) == ["df"]
    assert not is_data("_", 1)


def test_looking_changes_nothing() -> None:
    for _, make, _, _ in EVERY:
        value = make()
        before = pickle.dumps(copy.deepcopy(value))
        quick(value)
        assert (
            pickle.dumps(copy.deepcopy(value)) == before
            or compared(value, pickle.loads(before)).verdict is Verdict.SAME
        )


def test_what_is_not_deterministic_is_left_out_and_nothing_else() -> None:
    first = {"took": 0.1, "score": 1, "table": frame()}
    second = {"took": 0.2, "score": 1, "table": frame(price=0.5)}
    loose = unstable_paths(seen(first), seen(second))
    assert loose == {"['took']", "['table'], column 'price'"}
    third = {"took": 0.3, "score": 1, "table": frame(price=0.7)}
    assert compared(first, third, ignore=loose).verdict is Verdict.SAME
    assert compared(first, {**third, "score": 2}, ignore=loose).reason == "['score']: 2 instead of 1"
    assert unstable_paths(seen(1.0), seen(2.0)) == {""}


def test_every_differing_column_has_its_row() -> None:
    found = compared(frame(), frame(id=[1, 2, 3, 9], city="Ulm"))
    assert [row.label for row in found.rows] == ["column 'id'", "column 'city'"]
    assert (found.rows[0].notebook, found.rows[0].flow) == ("4", "9")
    assert found.reason.endswith("(and 1 more)")


def test_large_values_are_described_in_bounded_space() -> None:
    large = np.arange(600_000, dtype="f8")
    portrait = portray(large, room=1_000_000)
    assert len(json.dumps(portrait)) < 1000
    other = large.copy()
    other[77] += 1
    found = compare(portrait, portray(other, room=1_000_000))
    assert found.verdict is Verdict.DIFFERENT
    assert "mean" in found.reason
    many = [[i] for i in range(20_000)]
    assert len(json.dumps(portray(many, room=100_000))) < 1000
    assert compared(many, [*many[:-1], [0]], room=100_000).verdict is Verdict.DIFFERENT


def test_a_kept_array_compares_with_a_hashed_one() -> None:
    values = np.arange(1000)
    assert compare(seen(values), seen(values, room=0)).verdict is Verdict.SAME
    assert compare(seen(values), seen(values + 1, room=0)).verdict is Verdict.DIFFERENT


@pytest.mark.slow
def test_portraits_of_two_processes_agree() -> None:
    """Hash seeds, memory addresses and import order don't show."""
    code = (
        "import json, sys; sys.path.insert(0, sys.argv[1])\n"
        "from tests.verify.pairs import EVERY\n"
        "from nb_to_flow.verify.portrait import portray, quick\n"
        "made = [(p[0], p[1]()) for p in EVERY]\n"
        "print(json.dumps([[n, portray(v), quick(v)] for n, v in made]))"
    )
    root = str(Path(__file__).parents[2])
    runs = []
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": root}
        done = subprocess.run(
            [sys.executable, "-c", code, root], capture_output=True, text=True, check=True, env=environment
        )
        runs.append(json.loads(done.stdout))
    for (name, mine, hash_), (_, theirs, other) in zip(*runs, strict=True):
        assert compare(mine, theirs).verdict is Verdict.SAME, name
        assert hash_ == other, name


def test_portraits_need_nothing_but_the_standard_library() -> None:
    """The package is loaded by its path, into any kernel."""
    path = Path(portray.__code__.co_filename)
    code = (
        "import importlib.util, sys\n"
        "spec = importlib.util.spec_from_file_location('_portrait', sys.argv[1])\n"
        "module = importlib.util.module_from_spec(spec)\n"
        "sys.modules['_portrait'] = module\n"
        "spec.loader.exec_module(module)\n"
        "import json; print(json.dumps(module.portray({'a': [1, 2.5, {3}]})))\n"
    )
    command = [sys.executable, "-I", "-S", "-c", code, str(path)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert compare(json.loads(done.stdout), portray({"a": [1, 2.5, {3}]})).verdict is Verdict.SAME


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.binary(max_size=20),
    st.complex_numbers(),
    st.dates(),
    st.decimals(allow_nan=False),
    st.builds(np.float64, st.floats()),
    st.builds(lambda xs: np.array(xs, dtype=float), st.lists(st.floats(), max_size=5)),
    st.builds(lambda xs: pd.Series(xs, dtype=object), st.lists(st.text(max_size=3), max_size=5)),
)
KEYS = st.one_of(st.text(max_size=5), st.integers(), st.tuples(st.integers(), st.text(max_size=2)))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5),
        st.tuples(inner, inner),
        st.dictionaries(KEYS, inner, max_size=4),
        st.sets(KEYS, max_size=4),
        st.builds(Order, st.text(max_size=5), inner),
        st.builds(lambda x: [x, x], inner),
    ),
    max_leaves=12,
)


@given(VALUES)
@settings(deadline=None)
def test_any_value_survives_a_pickle(value: Any) -> None:
    passed = pickle.loads(pickle.dumps(value))
    assert compared(value, passed).verdict is Verdict.SAME
    assert quick(value) == quick(passed)


def with_changed_leaf(value: Any, draw: Any) -> Any:
    """`value` with one of its leaves replaced by another one that is not equal to it."""
    if isinstance(value, (list, tuple)) and value:
        position = draw(st.integers(0, len(value) - 1))
        parts = [with_changed_leaf(v, draw) if i == position else v for i, v in enumerate(value)]
        return type(value)(parts)
    if isinstance(value, dict) and value:
        chosen = draw(st.sampled_from(list(value)))
        return {k: with_changed_leaf(v, draw) if k == chosen else v for k, v in value.items()}
    if isinstance(value, Order):
        return Order(value.name, with_changed_leaf(value.rows, draw))
    return "a leaf that no strategy makes: \x00\x01"


@given(st.data())
@settings(deadline=None)
def test_any_changed_leaf_is_found(data: Any) -> None:
    value = data.draw(VALUES)
    other = with_changed_leaf(value, data.draw)
    found = compared(value, other)
    assert found.verdict is Verdict.DIFFERENT
    assert found.reason
    assert quick(value) != quick(other)


@given(VALUES, VALUES)
@settings(deadline=None)
def test_any_two_values_can_be_compared(mine: Any, theirs: Any) -> None:
    found, back = compared(mine, theirs), compared(theirs, mine)
    assert found.verdict is back.verdict
    assert (found.verdict is Verdict.SAME) is (found.rows == ())
    if found.verdict is Verdict.SAME and "0.0" not in repr(mine):  # -0.0 is 0.0, but for hashes
        assert quick(mine) == quick(theirs)
    if quick(mine) == quick(theirs):
        assert found.verdict is Verdict.SAME


@given(VALUES, st.sampled_from([0, 50, 500]))
@settings(deadline=None)
def test_what_is_hashed_on_one_side_only_never_differs_from_itself(value: Any, room: int) -> None:
    whole, hashed = seen(value), seen(value, room=room)
    assert compare(whole, hashed).verdict in (Verdict.SAME, Verdict.UNKNOWN)
    assert compare(hashed, whole).verdict in (Verdict.SAME, Verdict.UNKNOWN)
    assert compare(hashed, seen(value, room=room)).verdict is Verdict.SAME


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_comparing_floats_is_symmetric(a: float, b: float) -> None:
    assert compared(a, b).verdict is compared(b, a).verdict
