"""Values of every kind, each beside one that differs from it, and what the difference is called."""

from __future__ import annotations

import array
import collections
import datetime
import decimal
import enum
import fractions
import functools
import io
import pathlib
import random
import re
import types
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import matplotlib
import networkx
import numpy as np
import pandas as pd
import scipy.sparse
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

matplotlib.use("agg")


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Point(NamedTuple):
    x: int
    y: float


@dataclass
class Order:
    name: str
    rows: list[int]


class Slotted:
    __slots__ = ("__hidden", "x")

    def __init__(self, x: int, hidden: int) -> None:
        self.x = x
        self.__hidden = hidden


class Named(dict[str, int]):
    pass


class Node:
    def __init__(self, value: int) -> None:
        self.value = value
        self.me = self
        self.friends = [self]


def frame(**changed: Any) -> pd.DataFrame:
    columns = {
        "id": [1, 2, 3, 4],
        "price": [1.5, 2.0, float("nan"), 4.0],
        "city": ["Ulm", None, "Bonn", "Ulm"],
        "day": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03", None]),
    }
    return pd.DataFrame({**columns, **changed})


def drawn(height: float) -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2, 1))
    figure.subplots().plot([1, 2, height])
    return figure


def cyclic(end: int) -> list[Any]:
    loop: list[Any] = [1]
    loop.append({"back": loop, "end": end})
    return loop


def numbers(count: int = 60) -> tuple[Any, Any]:
    features = np.random.default_rng(0).normal(size=(count, 3))
    return features, (features[:, 0] > 0).astype(int)


# What it is; the notebook's value; another value; what its reason must say.
Pair = tuple[str, Callable[[], Any], Callable[[], Any], str]

PLAIN: list[Pair] = [
    ("none", lambda: None, lambda: 0, "type int instead of NoneType"),
    ("bool", lambda: True, lambda: False, "False instead of True"),
    ("bool and int", lambda: True, lambda: 1, "type int instead of bool: the same number"),
    ("int", lambda: 4, lambda: 5, "5 instead of 4"),
    ("huge int", lambda: 7**2000, lambda: 7**2000 + 1, "instead of"),
    (
        "int and float",
        lambda: 2,
        lambda: 2.0,
        "type float instead of int: the same number, but of another kind",
    ),
    ("float", lambda: 2.0, lambda: 2.5, "2.5 instead of 2.0, a difference of 0.5"),
    ("nan", lambda: float("nan"), lambda: 0.0, "0.0 instead of nan"),
    ("infinity", lambda: float("inf"), lambda: float("-inf"), "-inf instead of inf"),
    ("complex", lambda: 1 + 2j, lambda: 1 + 3j, "1.0 + 3.0j instead of 1.0 + 2.0j"),
    ("text", lambda: "north", lambda: "south", "'south' instead of 'north'"),
    ("long text", lambda: "a" * 300 + "b", lambda: "a" * 300 + "c", "part at character 301"),
    ("odd text", lambda: "\ud800 \u0000", lambda: "\ud801 \u0000", "instead of"),
    ("bytes", lambda: b"abc", lambda: b"abd", "other bytes from number 2"),
    ("bytearray", lambda: bytearray(b"abc"), lambda: bytearray(b"abcd"), "4 bytes instead of 3"),
    ("list", lambda: [1, 2, 3], lambda: [1, 5, 3], "1 of 3 items differ, first at [1]: 5 instead of 2"),
    ("longer list", lambda: [1, 2], lambda: [1, 2, 9], "3 items instead of 2, with 9 at [2]"),
    ("reordered list", lambda: [1, 2, 3], lambda: [3, 2, 1], "the same items in another order"),
    ("nested list", lambda: [[1], [2]], lambda: [[1], [3]], "[1]: 1 of 1 items differ"),
    ("reordered nested", lambda: [[1], [2]], lambda: [[2], [1]], "the same items in another order"),
    ("list and tuple", lambda: [1], lambda: (1,), "type tuple instead of list"),
    ("dict", lambda: {"a": 1, "b": 2}, lambda: {"a": 1, "b": 3}, "['b']: 3 instead of 2"),
    ("missing key", lambda: {"a": 1, "b": 2}, lambda: {"b": 2}, "missing key 'a'"),
    ("additional keys", dict, lambda: {1: 2, 3: 4}, "additional keys 1, 3"),
    ("order of keys", lambda: {"a": 1, "b": 2}, lambda: {"b": 2, "a": 1}, "the same keys in another order"),
    ("float keys", lambda: {1.5: "x"}, lambda: {1.5: "y"}, "[1.5]: 'y' instead of 'x'"),
    ("tuple keys", lambda: {(1, "a"): 2}, lambda: {(1, "a"): 3}, "3 instead of 2"),
    ("set", lambda: {1, 2, "x"}, lambda: {1, 2, "y"}, "missing member 'x'; additional member 'y'"),
    ("frozenset", lambda: frozenset([(1, 2)]), lambda: frozenset([(1, 3)]), "additional member (1, 3)"),
    ("deque", lambda: collections.deque([1, 2], 3), lambda: collections.deque([1, 3], 3), "3 instead of 2"),
    (
        "counter",
        lambda: collections.Counter("aab"),
        lambda: collections.Counter("abb"),
        "['a']: 1 instead of 2",
    ),
    (
        "defaultdict",
        lambda: collections.defaultdict(list, a=[1]),
        lambda: collections.defaultdict(int, a=[1]),
        "another default factory",
    ),
    ("dict subclass", lambda: Named(a=1), lambda: Named(a=2), "['a']: 2 instead of 1"),
    ("namedtuple", lambda: Point(1, 2.0), lambda: Point(1, 3.0), "3.0 instead of 2.0"),
    ("enum", lambda: Colour.RED, lambda: Colour.BLUE, "BLUE instead of RED"),
    ("int enum", lambda: Level.LOW, lambda: Level.HIGH, "HIGH instead of LOW"),
    ("decimal", lambda: decimal.Decimal("1.10"), lambda: decimal.Decimal("1.1"), "1.1 instead of 1.10"),
    ("fraction", lambda: fractions.Fraction(1, 3), lambda: fractions.Fraction(1, 4), "1/4 instead of 1/3"),
    ("date", lambda: datetime.date(2024, 1, 2), lambda: datetime.date(2024, 1, 3), "2024-01-03 instead of"),
    (
        "datetime",
        lambda: datetime.datetime(2024, 1, 2, 3),
        lambda: datetime.datetime(2024, 1, 2, 4),
        "T04:00:00",
    ),
    ("timedelta", lambda: datetime.timedelta(1), lambda: datetime.timedelta(2), "2 days"),
    ("path", lambda: pathlib.Path("out/a"), lambda: pathlib.Path("out/b"), "out/b instead of out/a"),
    ("pattern", lambda: re.compile("a+"), lambda: re.compile("a+", re.IGNORECASE), "flags"),
    ("range", lambda: range(3), lambda: range(4), "range(0, 4) instead of range(0, 3)"),
    ("uuid", lambda: uuid.UUID(int=1), lambda: uuid.UUID(int=2), "instead of"),
    ("array.array", lambda: array.array("d", [1, 2]), lambda: array.array("d", [1, 3]), "instead of"),
    ("buffer", lambda: io.StringIO("a"), lambda: io.StringIO("b"), ".content: 'b' instead of 'a'"),
    ("exception", lambda: ValueError("x"), lambda: ValueError("y"), ".args"),
    ("function", lambda: len, lambda: max, "max instead of len"),
    ("class", lambda: Order, lambda: Point, "Point instead of Order"),
    ("partial", lambda: functools.partial(max, 1), lambda: functools.partial(max, 2), ".args"),
    ("method", lambda: Point(1, 2.0).count, lambda: Point(1, 2.0).index, "index instead of count"),
    (
        "namespace",
        lambda: types.SimpleNamespace(a=1),
        lambda: types.SimpleNamespace(a=2),
        ".a: 2 instead of 1",
    ),
    ("dataclass", lambda: Order("a", [1]), lambda: Order("a", [2]), ".rows: 1 of 1 items differ"),
    ("slots", lambda: Slotted(1, 2), lambda: Slotted(1, 3), ".__hidden: 3 instead of 2"),
    ("cycle", lambda: cyclic(1), lambda: cyclic(2), "[1]['end']: 2 instead of 1"),
    ("object in itself", lambda: Node(1), lambda: Node(2), ".value: 2 instead of 1"),
    ("random generator", lambda: random.Random(1), lambda: random.Random(2), "another state"),
    ("graph", lambda: networkx.path_graph(3), lambda: networkx.path_graph(4), ".nodes: 4 items instead of 3"),
]

ARRAYS: list[Pair] = [
    (
        "array",
        lambda: np.arange(6).reshape(2, 3),
        lambda: np.array([[0, 1, 2], [3, 4, 9]]),
        "at [1, 2]: 9 instead of 5",
    ),
    ("dtype", lambda: np.arange(3), lambda: np.arange(3.0), "dtype float64 instead of int64"),
    ("shape", lambda: np.zeros((2, 3)), lambda: np.zeros((3, 2)), "shape (3, 2) instead of (2, 3)"),
    (
        "array order",
        lambda: np.array([1, 2, 3]),
        lambda: np.array([3, 2, 1]),
        "the same values in another order",
    ),
    ("bools", lambda: np.array([True, False]), lambda: np.array([True, True]), "True instead of False"),
    ("texts", lambda: np.array(["a", "b"]), lambda: np.array(["a", "c"]), "'c' instead of 'b'"),
    (
        "objects",
        lambda: np.array([1, None, "x"], object),
        lambda: np.array([1, None, "y"], object),
        "'y' instead",
    ),
    ("half floats", lambda: np.ones(3, np.float16), lambda: np.zeros(3, np.float16), "3 of 3 values differ"),
    (
        "long doubles",
        lambda: np.ones(2, np.longdouble),
        lambda: np.zeros(2, np.longdouble),
        "2 of 2 values differ",
    ),
    ("complex array", lambda: np.array([1j]), lambda: np.array([2j]), "2j instead of 1j"),
    (
        "dates",
        lambda: np.array(["2024-01-01"], "M8[D]"),
        lambda: np.array(["2024-01-02"], "M8[D]"),
        "instead of",
    ),
    ("records", lambda: np.array([(1, 2.0)], "i4,f8"), lambda: np.array([(1, 3.0)], "i4,f8"), "['f1']"),
    ("masked", lambda: np.ma.array([1, 2], mask=[0, 1]), lambda: np.ma.array([1, 2], mask=[1, 1]), ".mask"),
    ("empty", lambda: np.zeros((0, 2)), lambda: np.zeros((0, 3)), "shape (0, 3) instead of (0, 2)"),
    ("no dimension", lambda: np.array(1.0), lambda: np.array(2.0), "2.0 instead of 1.0"),
    ("numpy number", lambda: np.float64(1.5), lambda: np.float64(2.5), "2.5 instead of 1.5"),
    ("numpy and plain", lambda: np.float64(1.5), lambda: 1.5, "type float instead of float64"),
    (
        "numpy date",
        lambda: np.datetime64("2024-01-01"),
        lambda: np.datetime64("2024-01-02"),
        "'2024-01-02' instead",
    ),
    ("numpy text", lambda: np.str_("a"), lambda: np.str_("b"), "'b' instead of 'a'"),
    ("RandomState", lambda: np.random.RandomState(1), lambda: np.random.RandomState(2), "another state"),
    ("Generator", lambda: np.random.default_rng(1), lambda: np.random.default_rng(2), "another state"),
    (
        "sparse",
        lambda: scipy.sparse.csr_matrix(np.eye(2)),
        lambda: scipy.sparse.csr_matrix(2 * np.eye(2)),
        ".data",
    ),
    (
        "sparse format",
        lambda: scipy.sparse.csr_matrix(np.eye(2)),
        lambda: scipy.sparse.csc_matrix(np.eye(2)),
        "type",
    ),
]

FRAMES: list[Pair] = [
    (
        "value",
        frame,
        lambda: frame(price=[1.5, 2.5, float("nan"), 4.0]),
        "column 'price': 1 of 4 values differ, first at row 1: 2.5 instead of 2.0; largest difference 0.5",
    ),
    (
        "missing value",
        frame,
        lambda: frame(price=[1.5, 2.0, 3.0, 4.0]),
        "column 'price': 1 of 4 values differ",
    ),
    (
        "column's dtype",
        frame,
        lambda: frame(id=[1.0, 2.0, 3.0, 4.0]),
        "column 'id': dtype float64 instead of int64",
    ),
    ("date", frame, lambda: frame(day=pd.Timestamp("2024-01-01")), "2024-01-01 instead of 2024-01-02"),
    ("missing column", frame, lambda: frame().drop(columns="city"), "missing column 'city'"),
    ("additional column", frame, lambda: frame(new=1), "additional column 'new'"),
    (
        "order of columns",
        frame,
        lambda: frame()[["price", "id", "city", "day"]],
        "the same columns in another order",
    ),
    ("row count", frame, lambda: frame().head(2), "2 rows instead of 4"),
    ("order of rows", frame, lambda: frame().iloc[::-1], "the same rows in another order"),
    ("order of rows, new index", frame, lambda: frame().iloc[::-1].reset_index(drop=True), "the same rows"),
    (
        "index",
        frame,
        lambda: frame().set_index(pd.Index([1, 2, 3, 5])),
        "Index instead of RangeIndex",
    ),
    (
        "label",
        lambda: frame().set_index("city"),
        lambda: frame().set_index(pd.Index(["Ulm", None, "Kiel", "Ulm"], name="city")).drop(columns="city"),
        "index: 1 of 4 labels differ, first at [2]: 'Kiel' instead of 'Bonn'",
    ),
    ("index name", lambda: frame().rename_axis("a"), lambda: frame().rename_axis("b"), "index, names"),
    (
        "levels",
        lambda: frame().set_index(["id", "city"]),
        lambda: frame(id=[1, 2, 3, 5]).set_index(["id", "city"]),
        "index, level 0: 1 of 4 labels differ",
    ),
    (
        "same column twice",
        lambda: pd.DataFrame([[1, 2]], columns=["a", "a"]),
        lambda: pd.DataFrame([[1, 3]], columns=["a", "a"]),
        "column 'a': 1 of 1 values differ, first at row 0: 3 instead of 2",
    ),
    (
        "column levels",
        lambda: frame().groupby("city").agg({"id": ["min"]}),
        lambda: frame().groupby("city").agg({"id": ["max"]}),
        "column",
    ),
    ("no rows", lambda: frame().head(0), lambda: frame().head(0).astype({"id": "float64"}), "dtype float64"),
    (
        "series",
        lambda: frame()["id"],
        lambda: frame()["id"] * 2,
        "4 of 4 values differ, first at row 0: 2 instead of 1",
    ),
    (
        "series' order",
        lambda: frame()["id"],
        lambda: frame()["id"].iloc[::-1],
        "the same rows in another order",
    ),
    ("series' name", lambda: frame()["id"], lambda: frame()["id"].rename("x"), "name: 'x' instead of 'id'"),
    ("frame and series", frame, lambda: frame()["id"], "type Series instead of DataFrame"),
    ("index itself", lambda: pd.Index(["a", "b"]), lambda: pd.Index(["a", "c"]), "'c' instead of 'b'"),
    (
        "days",
        lambda: pd.date_range("2024", periods=2),
        lambda: pd.date_range("2024", periods=2, freq="2D"),
        "2024-01-03",
    ),
    (
        "categories",
        lambda: pd.Categorical(["a", "b"]),
        lambda: pd.Categorical(["a", "b"], ["a", "b", "c"]),
        "other categories",
    ),
    (
        "category",
        lambda: pd.Series(pd.Categorical(["a", "b"])),
        lambda: pd.Series(pd.Categorical(["b", "a"])),
        "'b' instead of 'a'",
    ),
    ("nullable", lambda: pd.array([1, None]), lambda: pd.array([2, None]), "first at [0]: 2 instead of 1"),
    (
        "timezone",
        lambda: pd.Series(pd.to_datetime(["2024"], utc=True)),
        lambda: pd.Series(pd.to_datetime(["2025"], utc=True)),
        "2025-01-01",
    ),
    (
        "timestamp",
        lambda: pd.Timestamp("2024-01-01"),
        lambda: pd.Timestamp("2024-01-02"),
        "2024-01-02T00:00:00 instead",
    ),
    ("interval", lambda: pd.Interval(0, 1), lambda: pd.Interval(0, 2), "(0, 2] instead of (0, 1]"),
    ("not a time", lambda: pd.NaT, lambda: pd.NA, "type NAType instead of NaTType"),
    (
        "resampled",
        lambda: frame(day=pd.date_range("2024", periods=4)).resample("2D", on="day"),
        lambda: frame(day=pd.date_range("2024", periods=4)).resample("3D", on="day"),
        ".sizes",
    ),
    (
        "periods",
        lambda: pd.period_range("2024-01", periods=2, freq="M"),
        lambda: pd.period_range("2024-02", periods=2, freq="M"),
        "2024-02",
    ),
    ("groups", lambda: frame().groupby("city"), lambda: frame().groupby("id"), ".groups"),
]

MODELS: list[Pair] = [
    (
        "parameter",
        lambda: LogisticRegression(C=1.0),
        lambda: LogisticRegression(C=0.5),
        ".C: 0.5 instead of 1.0",
    ),
    (
        "fit",
        lambda: LinearRegression().fit(*numbers()),
        lambda: LinearRegression().fit(*numbers(50)),
        ".coef_",
    ),
    ("not fitted", lambda: LinearRegression().fit(*numbers()), LinearRegression, "missing attributes"),
    (
        "forest",
        lambda: RandomForestClassifier(3, random_state=1).fit(*numbers()),
        lambda: RandomForestClassifier(3, random_state=2).fit(*numbers()),
        ".estimators_[0].random_state",
    ),
    (
        "boosting",
        lambda: GradientBoostingRegressor(n_estimators=3, random_state=0).fit(*numbers()),
        lambda: GradientBoostingRegressor(n_estimators=3, random_state=0, max_depth=2).fit(*numbers()),
        ".max_depth: 2 instead of 3",
    ),
    (
        "neighbours",
        lambda: KNeighborsClassifier().fit(*numbers()),
        lambda: KNeighborsClassifier().fit(*numbers(50)),
        "instead of",
    ),
    (
        "pipeline",
        lambda: make_pipeline(StandardScaler(), LinearRegression()).fit(*numbers()),
        lambda: make_pipeline(StandardScaler(), LinearRegression()).fit(*numbers(50)),
        ".steps[0][1].mean_",
    ),
    (
        "encoder",
        lambda: OneHotEncoder().fit([["a"], ["b"]]),
        lambda: OneHotEncoder().fit([["a"], ["c"]]),
        "'c' instead of 'b'",
    ),
    ("figure", lambda: drawn(3), lambda: drawn(4), "of the pixels differ"),
    ("axes", lambda: drawn(3).axes[0], lambda: drawn(4).axes[0], ".figure"),
    (
        "bars",
        lambda: drawn(3).axes[0].bar([1], [2]),
        lambda: drawn(3).axes[0].bar([1], [3]),
        "[0].figure: ",
    ),
    (
        "axes in an array",
        lambda: np.array([drawn(3).axes[0]]),
        lambda: np.array([drawn(4).axes[0]]),
        "of the pixels differ",
    ),
    (
        "a drawn line",
        lambda: drawn(3).axes[0].lines[0],
        lambda: drawn(4).axes[0].lines[0],
        "of the pixels differ",
    ),
]

EVERY = [*PLAIN, *ARRAYS, *FRAMES, *MODELS]
