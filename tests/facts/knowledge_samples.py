"""Sample values and arguments with which the knowledge tables are checked against the real libraries."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd


def kw(*args: Any, **kwargs: Any) -> tuple[Any, ...]:
    """Arguments of a call, some by keyword."""
    return (*args, {"**": True, **kwargs})


def frame() -> pd.DataFrame:
    return pd.DataFrame({"a": [1.0, 2.0, np.nan, 2.0], "b": [4.0, 3.0, 2.0, 1.0]})


def homogeneous() -> pd.DataFrame:
    return pd.DataFrame(np.arange(8.0).reshape(4, 2), columns=["a", "b"])


def series() -> pd.Series:
    return pd.Series([1.0, 2.0, np.nan, 2.0], name="a")


def times() -> pd.Series:
    return pd.Series(pd.date_range("2020-01-01", periods=4), name="t")


def words() -> pd.Series:
    return pd.Series(["x_y", "Ab", "c 1", ""], name="w")


def array() -> np.ndarray:
    return np.array([[3.0, 1.0, 2.0], [6.0, 5.0, 4.0], [9.0, 8.0, 7.5]])


def line() -> np.ndarray:
    return np.array([3.0, 1.0, 2.0])


def points() -> np.ndarray:
    return np.arange(24.0).reshape(12, 2)


def labels() -> np.ndarray:
    return np.arange(12) % 2


def tree() -> Any:
    from sklearn.tree import DecisionTreeClassifier

    return DecisionTreeClassifier()


class Box:
    """A plain object."""

    def __init__(self) -> None:
        self.x = [1]


def mixed() -> pd.DataFrame:
    return pd.DataFrame({"a": [1, 2, 3, 4], "b": [1, 0, 1, 0], "t": pd.date_range("2020-01-01", periods=4)})


def dated() -> pd.DataFrame:
    return pd.DataFrame(
        {"a": [1, 2], "b": [True, False]}, index=pd.date_range("2020-01-01", periods=2, freq="D")
    )


def stacked() -> pd.DataFrame:
    return pd.DataFrame({"a": [1, 2], "b": [3, 4]}, index=pd.MultiIndex.from_product([["x"], [1, 2]]))


def whole() -> pd.Series:
    return pd.Series([3, 1, 2, 2], name="a")


def dated_series() -> pd.Series:
    return dated()["a"]


def stacked_series() -> pd.Series:
    return stacked()["a"]


def texts() -> pd.Series:
    return pd.Series(["x", "y"], name="a", dtype=object)


def whole_array() -> np.ndarray:
    return np.array([2, 0, 1])


def one() -> np.ndarray:
    return np.array([1])


SAMPLES: dict[str, tuple[Callable[[], Any], ...]] = {
    "list": (lambda: [[1], [2], [3]],),
    "dict": (lambda: {"a": [1], "b": [2]},),
    "set": (lambda: {1, 2, 3},),
    "frozenset": (lambda: frozenset({1, 2}),),
    "tuple": (lambda: ([1], [2]),),
    "str": (lambda: "some text",),
    "bytes": (lambda: b"bytes",),
    "int": (lambda: 5,),
    "float": (lambda: 2.5,),
    "bool": (lambda: True,),
    "range": (lambda: range(1, 9, 2),),
    "bytearray": (lambda: bytearray(b"abc"),),
    "dict_keys": (lambda: {"a": [1]}.keys(),),
    "dict_values": (lambda: {"a": [1]}.values(),),
    "slice": (lambda: slice(1, 2),),
    "pandas.DataFrame": (homogeneous, mixed, dated, stacked),
    "pandas.Series": (series, whole, dated_series, stacked_series, texts),
    "pandas.Index": (lambda: pd.Index([3.0, 1.0, 2.0], name="i"),),
    "pandas.DatetimeIndex": (lambda: pd.date_range("2020-01-01", periods=3),),
    "pandas.Timestamp": (lambda: pd.Timestamp("2020-01-01"),),
    "pandas.Timedelta": (lambda: pd.Timedelta("1D"),),
    "pandas.StringMethods": (lambda: words().str,),
    "pandas.DatetimeProperties": (lambda: times().dt,),
    "pandas.CategoricalAccessor": (lambda: pd.Series(["x", "y", "x"], dtype="category").cat,),
    "pandas.api.typing.DataFrameGroupBy": (lambda: homogeneous().groupby([0, 0, 1, 1]),),
    "pandas.api.typing.SeriesGroupBy": (lambda: homogeneous().groupby([0, 0, 1, 1])["a"],),
    "pandas.Styler": (lambda: frame().style,),
    "pandas.Categorical": (lambda: pd.Categorical(["x", "y", "x"]),),
    "numpy.ndarray": (array, whole_array, one),
    "numpy.poly1d": (lambda: np.poly1d([1.0, 2.0]),),
    "numpy.float64": (lambda: np.float64(2.5),),
    "numpy.random.Generator": (lambda: np.random.default_rng(0),),
    "numpy.random.RandomState": (lambda: np.random.RandomState(0),),
}

# kinds of subscripts: (kind, index, value to store)
ARGUMENTS: dict[str, list[tuple[str, Callable[[], Any], Any]]] = {
    "list": [("int", lambda: 0, [9]), ("slice", lambda: slice(0, 2), [[9]])],
    "tuple": [("int", lambda: 0, None), ("slice", lambda: slice(0, 1), None)],
    "dict": [("str", lambda: "a", [9])],
    "pandas.DataFrame": [
        ("str", lambda: "a", 7.0),
        ("list", lambda: ["a", "b"], 7.0),
        ("list", lambda: ["b"], 7.0),
        ("mask", lambda: homogeneous().a > 2, 7.0),
        ("slice", lambda: slice(1, 3), 7.0),
    ],
    "pandas.Series": [
        ("int", lambda: 1, 7.0),
        ("slice", lambda: slice(1, 3), 7.0),
        ("list", lambda: [0, 1], 7.0),
        ("mask", lambda: series() > 1, 7.0),
    ],
    "pandas.Index": [
        ("int", lambda: 1, None),
        ("slice", lambda: slice(1, 3), None),
        ("list", lambda: [0, 1], None),
    ],
    "numpy.ndarray": [
        ("int", lambda: 1, 7.0),
        ("slice", lambda: slice(0, 2), 7.0),
        ("list", lambda: [0, 1], 7.0),
        ("mask", lambda: array() > 3, 7.0),
        ("tuple:int:int", lambda: (0, 1), 7.0),
        ("tuple:slice:int", lambda: (slice(None), 1), 7.0),
        ("tuple:slice:list", lambda: (slice(None), [0, 1]), 7.0),
        ("tuple:list:int", lambda: ([0, 1], 1), 7.0),
        ("tuple:mask:int", lambda: (np.array([True, False, True]), 1), 7.0),
    ],
}

FUNCTION_ARGUMENTS: dict[str, list[Callable[[], Any]]] = {
    "*": [
        lambda: (),
        lambda: ([[1], [2]],),
        lambda: (1,),
        lambda: ("a",),
        lambda: (b"a",),
        lambda: ({"a": 1},),
        lambda: ([2], [1]),
        lambda: (1, 2),
        lambda: (lambda *a: 1,),
        lambda: ("a", "b"),
        lambda: (0, [9]),
        lambda: ({3, 4},),
        lambda: ("a", [1]),
    ],
    "pandas.*": [
        lambda: (),
        lambda: (series(),),
        lambda: (frame(),),
        lambda: ("a",),
        lambda: (1,),
        lambda: (2,),
        lambda: (["a"],),
        lambda: (line(),),
        lambda: (series(), 2),
        lambda: ([1.0, 2.0],),
        lambda: (lambda x, *a: x,),
        lambda: (lambda x, *a: 1,),
        lambda: (["x"],),
        lambda: ("D",),
        lambda: (frame(), frame()),
    ],
    "numpy.*": [
        lambda: (array(),),
        lambda: (array(), array()),
        lambda: (),
        lambda: (line(),),
        lambda: (line(), line()),
        lambda: (array(), 1),
        lambda: (3,),
        lambda: (3, 2),
        lambda: ((2, 2),),
        lambda: ([array(), array()],),
        lambda: (array(), 1, 1),
        lambda: (array(), array(), array()),
        lambda: (np.arange(4), np.arange(4)),
        lambda: (np.arange(4), 1),
        lambda: (np.arange(4),),
        lambda: (line(), line(), 1),
        lambda: ("f8",),
        lambda: ("f8", "f4"),
        lambda: (line(), np.float64),
    ],
    "sklearn.*": [
        lambda: (np.array([0, 1, 1, 0]), np.array([0, 1, 0, 0])),
        lambda: (array(),),
        lambda: (array(), np.array([0, 1, 0])),
        lambda: (array(), array()),
        lambda: (),
        lambda: (np.array([0, 1, 1, 0]), np.array([0.1, 0.7, 0.3, 0.2])),
        lambda: (np.array([0.0, 0.5, 1.0]), np.array([0.0, 0.7, 1.0])),
        lambda: (3,),
    ],
}

FUNCTION_ARGUMENTS.update(
    {
        "isinstance": [lambda: (1, int)],
        "issubclass": [lambda: (bool, int)],
        "compile": [lambda: ("1", "f", "eval")],
        "delattr": [lambda: (Box(), "x")],
        "getattr": [lambda: (Box(), "x")],
        "setattr": [lambda: (Box(), "x", [3])],
        "next": [lambda: (iter([[1], [2]]),)],
        "sorted": [lambda: ([[2], [1]],)],
        "bytes.fromhex": [lambda: ("ff",)],
        "numpy.interp": [lambda: (line(), np.arange(3.0), line())],
        "numpy.select": [lambda: ([line() > 1], [line()])],
        "numpy.piecewise": [lambda: (line(), [line() > 1], [1.0, 2.0])],
        "numpy.einsum": [lambda: ("ij->i", array())],
        "numpy.reshape": [lambda: (array(), (9,))],
        "numpy.dsplit": [lambda: (np.zeros((2, 2, 2)), 2)],
        "numpy.fill_diagonal": [lambda: (array(), 0)],
        "numpy.put": [lambda: (array(), [0], [9])],
        "numpy.place": [lambda: (array(), array() > 3, [9])],
        "numpy.putmask": [lambda: (array(), array() > 3, [9])],
        "numpy.put_along_axis": [lambda: (array(), np.array([[0]]), 9, 1)],
        "numpy.take": [lambda: (array(), [0, 1])],
        "numpy.apply_along_axis": [lambda: (sorted, 0, array())],
        "numpy.fromfunction": [lambda: (lambda i: i, (3,))],
        "numpy.frompyfunc": [lambda: (abs, 1, 1)],
        "numpy.unravel_index": [lambda: (2, (2, 2))],
        "numpy.ravel_multi_index": [lambda: ((0, 1), (2, 2))],
        "numpy.typename": [lambda: ("f",)],
        "numpy.linalg.cholesky": [lambda: (np.eye(2),)],
        "numpy.linalg.multi_dot": [lambda: ([array(), array()],)],
        "numpy.random.shuffle": [lambda: (array(),)],
        "numpy.random.set_state": [lambda: (np.random.get_state(),)],
        "pandas.concat": [lambda: ([frame(), frame()],)],
        "pandas.merge": [lambda: kw(frame(), frame(), on="b")],
        "pandas.merge_asof": [lambda: kw(homogeneous(), homogeneous(), on="a")],
        "pandas.from_dummies": [lambda: (pd.DataFrame({"x": [1, 0], "y": [0, 1]}),)],
        "pandas.json_normalize": [lambda: ([{"a": 1}],)],
        "pandas.pivot": [lambda: kw(homogeneous(), columns="a", values="b", index="b")],
        "pandas.pivot_table": [lambda: kw(homogeneous(), index="a", values="b")],
        "pandas.melt": [lambda: (homogeneous(),)],
        "pandas.date_range": [lambda: kw("2020", periods=2)],
        "pandas.bdate_range": [lambda: kw("2020", periods=2)],
        "pandas.period_range": [lambda: kw("2020", periods=2, freq="D")],
        "pandas.timedelta_range": [lambda: kw("1D", periods=2)],
        "pandas.interval_range": [lambda: (0, 2)],
        "pandas.cut": [lambda: (series(), 2)],
        "pandas.qcut": [lambda: (homogeneous().a, 2)],
        "pandas.infer_freq": [lambda: (pd.date_range("2020", periods=4),)],
        "pandas.to_datetime": [lambda: (times(),), lambda: (["2020"],)],
        "pandas.to_numeric": [lambda: (series(),)],
        "pandas.read_csv": [lambda: (io.StringIO("a,b\n1,2"),)],
        "pandas.read_table": [lambda: (io.StringIO("a\tb\n1\t2"),)],
        "pandas.read_json": [lambda: (io.StringIO('{"a": {"0": 1}}'),)],
        "pandas.api.types.union_categoricals": [lambda: ([pd.Categorical(["x"]), pd.Categorical(["x"])],)],
        "pandas.DataFrame.from_records": [lambda: ([{"a": 1}],)],
        "pandas.DataFrame.from_dict": [lambda: ({"a": [1]},)],
        "pandas.MultiIndex.from_arrays": [lambda: ([[1], [2]],)],
        "pandas.MultiIndex.from_product": [lambda: ([[1], [2]],)],
        "pandas.MultiIndex.from_frame": [lambda: (frame(),)],
        "pandas.Categorical.from_codes": [lambda: (np.array([0, 1]), ["x", "y"])],
        "pandas.IntervalIndex.from_arrays": [lambda: ([0], [1])],
        "pandas.IntervalIndex.from_tuples": [lambda: ([(0, 1)],)],
        "sklearn.model_selection.train_test_split": [lambda: (array(), line())],
        "sklearn.utils.shuffle": [lambda: (array(), line()), lambda: (array(),)],
        "sklearn.utils.resample": [lambda: (array(), line())],
        "sklearn.utils.column_or_1d": [lambda: (line(),)],
        "sklearn.utils.class_weight.compute_class_weight": [
            lambda: kw("balanced", classes=np.array([0, 1]), y=[0, 1, 1])
        ],
        "sklearn.utils.class_weight.compute_sample_weight": [lambda: ("balanced", [0, 1, 1])],
        "sklearn.model_selection.cross_val_score": [lambda: kw(tree(), points(), labels(), cv=2)],
        "sklearn.model_selection.cross_val_predict": [lambda: kw(tree(), points(), labels(), cv=2)],
        "sklearn.model_selection.cross_validate": [lambda: kw(tree(), points(), labels(), cv=2)],
        "sklearn.model_selection.learning_curve": [
            lambda: kw(tree(), points(), labels(), cv=2, train_sizes=[4])
        ],
        "max": [lambda: ([[1], [2]],), lambda: ([1], [2])],
        "min": [lambda: ([[1], [2]],), lambda: ([1], [2])],
        "numpy.apply_over_axes": [lambda: (np.sum, array(), [0])],
        "numpy.unpackbits": [lambda: (np.array([1], dtype=np.uint8),)],
        "numpy.random.triangular": [lambda: (0, 1, 2)],
        "numpy.random.geometric": [lambda: (0.5,)],
        "numpy.random.hypergeometric": [lambda: (3, 3, 2)],
        "numpy.random.logseries": [lambda: (0.5,)],
        "numpy.random.multinomial": [lambda: (3, [0.5, 0.5])],
        "numpy.random.multivariate_normal": [lambda: (np.zeros(2), np.eye(2))],
        "numpy.random.choice": [lambda: (line(),), lambda: (3,)],
        "pow": [lambda: (2, 3)],
        "sklearn.clone": [lambda: (tree(),)],
        "sklearn.base.clone": [lambda: (tree(),)],
        "sklearn.base.is_classifier": [lambda: (tree(),)],
        "sklearn.base.is_regressor": [lambda: (tree(),)],
        "sklearn.pipeline.make_pipeline": [lambda: (tree(),)],
        "sklearn.inspection.permutation_importance": [
            lambda: (tree().fit(points(), labels()), points(), labels())
        ],
        "sklearn.tree.export_text": [lambda: (tree().fit(points(), labels()),)],
        "sklearn.tree.plot_tree": [lambda: (tree().fit(points(), labels()),)],
        "sklearn.metrics.fbeta_score": [lambda: kw(labels(), labels(), beta=1)],
        "sklearn.metrics.make_scorer": [lambda: (max,)],
        "sklearn.metrics.get_scorer": [lambda: ("accuracy",)],
        "sklearn.preprocessing.label_binarize": [lambda: kw([0, 1], classes=[0, 1])],
        "sklearn.preprocessing.scale": [lambda: (points(),)],
        "sklearn.feature_selection.mutual_info_regression": [lambda: (points(), labels())],
        "sklearn.feature_selection.mutual_info_classif": [lambda: (points(), labels())],
        "sklearn.cluster.k_means": [lambda: (points(), 2)],
        "sklearn.cluster.kmeans_plusplus": [lambda: (points(), 2)],
        "sklearn.datasets.load_sample_image": [lambda: ("china.jpg",)],
        "sklearn.datasets.make_biclusters": [lambda: ((4, 4), 2)],
        "sklearn.datasets.make_checkerboard": [lambda: ((4, 4), 2)],
    }
)

ARITHMETIC = (
    "add",
    "sub",
    "subtract",
    "mul",
    "multiply",
    "div",
    "divide",
    "truediv",
    "floordiv",
    "mod",
    "pow",
)
ARITHMETIC += ("radd", "rsub", "rmul", "rdiv", "rtruediv", "rfloordiv", "rmod", "rpow")
METHOD_ARGUMENTS: dict[str, list[Callable[[], Any]]] = {
    "append": [lambda: ([9],), lambda: (pd.Index([9.0]),), lambda: (series(),), lambda: (9,)],
    "extend": [lambda: ([[9]],), lambda: (b"x",)],
    "insert": [lambda: (0, "c", 1.0), lambda: (0, [9]), lambda: (0, 9.0), lambda: (0, pd.Timestamp("2020"))],
    "list.remove": [lambda: ([1],)],
    "list.index": [lambda: ([1],)],
    "list.sort": [lambda: kw(reverse=True)],
    "tuple.index": [lambda: ([1],)],
    "set.discard": [lambda: (1,)],
    "dict.update": [lambda: ({"c": [3]},)],
    "dict.pop": [lambda: ("a",)],
    "dict.get": [lambda: ("a",)],
    "dict.setdefault": [lambda: ("a", []), lambda: ("z", [])],
    "str.index": [lambda: ("s",)],
    "str.rindex": [lambda: ("s",)],
    "bytes.index": [lambda: (b"b",)],
    "bytes.rindex": [lambda: (b"b",)],
    "bytes.join": [lambda: ([b"b"],)],
    "bytes.replace": [lambda: (b"b", b"c")],
    "bytearray.join": [lambda: ([b"b"],)],
    "bytearray.replace": [lambda: (b"b", b"c")],
    "bytearray.remove": [lambda: (97,)],
    "conjugate": [lambda: ()],
    "conj": [lambda: ()],
    **{name: [lambda: (2,)] for name in ARITHMETIC},
    "set.add": [lambda: (9,)],
    "clip": [lambda: (1.5, 2.5)],
    "fillna": [lambda: (0.0,), lambda: ("x",), lambda: (pd.Timestamp("2020"),)],
    "replace": [lambda: (2.0, 9.0), lambda: ("x", "z"), lambda: kw(hour=3)],
    "where": [lambda: (lambda d: d > 2,), lambda: (np.array([True, False, True]),)],
    "mask": [lambda: (lambda d: d > 2,)],
    "drop": [lambda: (0,), lambda: (3.0,), lambda: (pd.Timestamp("2020-01-01"),)],
    "dropna": [lambda: ()],
    "drop_duplicates": [lambda: ()],
    "rename": [lambda: kw(columns={"a": "z"}), lambda: ("z",)],
    "rename_axis": [lambda: ("z",)],
    "set_index": [lambda: ("a",)],
    "set_axis": [lambda: (list("wxyz"),)],
    "reset_index": [lambda: ()],
    "sort_values": [lambda: kw(by="b", ascending=False), lambda: kw(ascending=False), lambda: ()],
    "sort_index": [lambda: kw(ascending=False)],
    "interpolate": [lambda: ()],
    "ffill": [lambda: ()],
    "bfill": [lambda: ()],
    "query": [lambda: ("a > 2",)],
    "eval": [lambda: ("c = a + b",)],
    "assign": [lambda: kw(c=1.0)],
    "apply": [lambda: (lambda x: 1.0,)],
    "map": [lambda: (str,)],
    "agg": [lambda: ("mean",)],
    "aggregate": [lambda: ("mean",)],
    "transform": [lambda: (lambda x: x,)],
    "filter": [lambda: (lambda g: True,), lambda: (["a"],), lambda: ([0],)],
    "pipe": [lambda: (lambda d: d,)],
    "groupby": [lambda: ("a",), lambda: ([0, 0, 1, 1],)],
    "rolling": [lambda: (2,)],
    "combine": [lambda: (series(), max), lambda: (frame(), lambda s, t: s)],
    "combine_first": [lambda: (series(),), lambda: (frame(),)],
    "update": [lambda: (pd.Series([8.0, 8.0, 8.0, 8.0], name="a"),), lambda: ([9],)],
    "merge": [lambda: kw(homogeneous(), on="a")],
    "join": [lambda: kw(homogeneous(), rsuffix="_r"), lambda: (["a"],), lambda: ("-",)],
    "pivot": [lambda: kw(columns="a", values="b")],
    "pivot_table": [lambda: kw(index="a", values="b")],
    "sample": [lambda: ()],
    "item": [lambda: (), lambda: (0,)],
    "__setattr__": [lambda: ("name", "z"), lambda: ("shape", (9,))],
    "numpy.ndarray.__setattr__": [lambda: ("shape", (9,))],
    "CategoricalAccessor.__setattr__": [lambda: ("categories", ["p", "q"])],
    "reorder_categories": [lambda: (["y", "x"],)],
    "rename_categories": [lambda: (["p", "q"],)],
    "add_categories": [lambda: (["z"],)],
    "remove_categories": [lambda: (["x"],)],
    "set_categories": [lambda: (["y", "x"],)],
    "unstack": [lambda: (), lambda: (0,)],
    "to_csv": [lambda: (), lambda: (io.StringIO(),)],
    "to_json": [lambda: ()],
    "to_html": [lambda: ()],
    "to_string": [lambda: ()],
    "info": [lambda: ()],
    "reshape": [lambda: ((-1,),)],
    "swapaxes": [lambda: (0, 1)],
    "searchsorted": [lambda: (2.0,), lambda: (pd.Timestamp("2020"),)],
    "choose": [lambda: ([[1, 2, 3]],)],
    "put": [lambda: ([0], [9.0])],
    "fill": [lambda: (7.0,)],
    "partition": [lambda: (1,), lambda: ("e",), lambda: (b"e",), lambda: ()],
    "resize": [lambda: ((2, 2),)],
    "take": [lambda: ([0, 1],)],
    "astype": [lambda: (float,), lambda: (object,)],
    "max": [lambda: ()],
    "min": [lambda: ()],
    "idxmax": [lambda: ()],
    "idxmin": [lambda: ()],
    "tz_localize": [lambda: ("UTC",)],
    "to_period": [lambda: ("D",)],
    "as_unit": [lambda: ("s",)],
    "extract": [lambda: ("(.)",)],
    "extractall": [lambda: ("(.)",)],
    "encode": [lambda: ("utf-8",)],
    "normalize": [lambda: ("NFC",), lambda: ()],
    "at_time": [lambda: ("00:00",)],
    "between_time": [lambda: ("00:00", "01:00")],
    "droplevel": [lambda: (0,)],
    "swaplevel": [lambda: (0, 1), lambda: ()],
    "reorder_levels": [lambda: ([1, 0],)],
    "resample": [lambda: ("D",)],
    "tz_convert": [lambda: ("UTC",)],
    "to_timestamp": [lambda: ()],
    "nlargest": [lambda: (1, "a"), lambda: (1,)],
    "nsmallest": [lambda: (1, "a"), lambda: (1,)],
    "isetitem": [lambda: (0, 1.0)],
    "get_level_values": [lambda: (0,)],
    "putmask": [lambda: (np.array([True, False, True]), 9.0)],
    "shift": [lambda: (1,), lambda: (1, "D")],
    "get_loc": [lambda: (3.0,), lambda: (pd.Timestamp("2020-01-01"),)],
    "isin": [lambda: ([1.0],)],
    "between": [lambda: (1, 2)],
    "geometric": [lambda: (0.5,)],
    "logseries": [lambda: (0.5,)],
    "hypergeometric": [lambda: (3, 3, 2)],
    "triangular": [lambda: (0, 1, 2)],
    "multinomial": [lambda: (3, [0.5, 0.5])],
    "multivariate_normal": [lambda: (np.zeros(2), np.eye(2))],
    "shuffle": [lambda: (array(),)],
    "choice": [lambda: (array(),), lambda: (3,)],
    "set_state": [lambda: (np.random.RandomState(1).get_state(),)],
}

# what constructors are given
CONSTRUCTED: dict[str, list[Callable[[], Any]]] = {
    "list": [lambda: ([[1], [2]],)],
    "tuple": [lambda: ([[1], [2]],)],
    "dict": [lambda: ({"a": [1]},)],
    "set": [lambda: ([1, 2],)],
    "frozenset": [lambda: ([1, 2],)],
    "bytearray": [lambda: (b"a",)],
    "str": [lambda: (1,)],
    "pandas.DataFrame": [lambda: (array(),), lambda: ({"a": line()},)],
    "pandas.Series": [lambda: (line(),), lambda: (series(),), lambda: ([1, 2],)],
    "pandas.Index": [lambda: (line(),)],
    "pandas.Categorical": [lambda: (["x"],)],
    "pandas.Timestamp": [lambda: ("2020",)],
    "numpy.poly1d": [lambda: ([1.0, 2.0],)],
    "numpy.vectorize": [lambda: (abs,)],
}

# types that stand for several classes of the library
NOMINAL = {"numpy.errstate", "pandas.option_context", "sklearn.config_context"} | {
    "pandas.Indexer",
    "pandas.FrameIndexer",
    "pandas.SeriesIndexer",
}

# what no guessed arguments fit: entries that are believed, not checked
NOT_CALLED: set[str] = {
    "sklearn.discriminant_analysis.QuadraticDiscriminantAnalysis.fit",
    "sklearn.discriminant_analysis.QuadraticDiscriminantAnalysis.predict",
    "sklearn.feature_extraction.DictVectorizer.transform",
    "sklearn.feature_extraction.FeatureHasher.transform",
    "sklearn.feature_extraction.text.CountVectorizer.transform",
    "sklearn.feature_extraction.text.HashingVectorizer.transform",
    "sklearn.feature_extraction.text.TfidfVectorizer.transform",
    "sklearn.feature_selection.SelectKBest.fit",
    "sklearn.feature_selection.SelectKBest.transform",
    "sklearn.isotonic.IsotonicRegression.predict",
    "sklearn.isotonic.IsotonicRegression.transform",
    "sklearn.manifold.TSNE.fit",
    "sklearn.manifold.TSNE[random_state].fit",
    "sklearn.neighbors.LocalOutlierFactor.predict",
    "sklearn.preprocessing.KernelCenterer.transform",
    "sklearn.preprocessing.LabelBinarizer.transform",
    "sklearn.preprocessing.LabelEncoder.transform",
    "sklearn.random_projection.GaussianRandomProjection.transform",
    "sklearn.random_projection.GaussianRandomProjection[random_state].transform",
    "sklearn.random_projection.SparseRandomProjection.transform",
    "sklearn.random_projection.SparseRandomProjection[random_state].transform",
    "sklearn.semi_supervised.SelfTrainingClassifier.fit",
    "sklearn.semi_supervised.SelfTrainingClassifier.predict",
    "bytearray.insert",
    "bytearray.translate",
    "bytes.translate",
    "numpy.c_",
    "numpy.fromstring",
    "numpy.mask_indices",
    "numpy.mgrid",
    "numpy.ndarray.__float__",
    "numpy.ndarray.__imatmul__",
    "numpy.ndarray.__index__",
    "numpy.ndarray.__int__",
    "numpy.ndarray.choose",
    "numpy.ndarray.resize",
    "numpy.ogrid",
    "numpy.r_",
    "numpy.s_",
    "numpy.take_along_axis",
    "pandas.Categorical.interpolate",
    "pandas.Categorical.max",
    "pandas.Categorical.min",
    "pandas.Categorical.searchsorted",
    "pandas.CategoricalAccessor.__setattr__",
    "pandas.DataFrame.__bool__",
    "pandas.DataFrame.lookup",
    "pandas.DataFrame.to_timestamp",
    "pandas.DataFrame.to_xarray",
    "pandas.DataFrame.tz_convert",
    "pandas.DatetimeIndex.__add__",
    "pandas.DatetimeIndex.__and__",
    "pandas.DatetimeIndex.__mul__",
    "pandas.DatetimeIndex.__or__",
    "pandas.DatetimeIndex.__radd__",
    "pandas.DatetimeIndex.__rmul__",
    "pandas.DatetimeIndex.__truediv__",
    "pandas.DatetimeIndex.__xor__",
    "pandas.DatetimeIndex.all",
    "pandas.DatetimeIndex.any",
    "pandas.DatetimeIndex.droplevel",
    "pandas.DatetimeIndex.item",
    "pandas.DatetimeIndex.tz_convert",
    "pandas.DatetimeProperties.tz_convert",
    "pandas.Index.__and__",
    "pandas.Index.__or__",
    "pandas.Index.__xor__",
    "pandas.Index.all",
    "pandas.Index.any",
    "pandas.Index.droplevel",
    "pandas.Index.item",
    "pandas.Index.shift",
    "pandas.Series.__bool__",
    "pandas.Series.__float__",
    "pandas.Series.__int__",
    "pandas.Series.case_when",
    "pandas.Series.item",
    "pandas.Series.swapaxes",
    "pandas.Series.to_timestamp",
    "pandas.Series.to_xarray",
    "pandas.Series.tz_convert",
    "pandas.StringMethods.decode",
    "pandas.StringMethods.index",
    "pandas.StringMethods.rindex",
    "pandas.Styler.concat",
    "pandas.Timestamp.__add__",
    "pandas.Timestamp.__radd__",
    "pandas.Timestamp.combine",
    "pandas.Timestamp.fromordinal",
    "pandas.Timestamp.strptime",
    "pandas.Timestamp.tz_convert",
    "pandas.api.typing.DataFrameGroupBy.dtypes",
    "pandas.api.typing.DataFrameGroupBy.resample",
    "pandas.api.typing.DataFrameGroupBy.tshift",
    "pandas.api.typing.SeriesGroupBy.resample",
    "pandas.api.typing.SeriesGroupBy.tshift",
    "pandas.lreshape",
    "pandas.plotting.bootstrap_plot",
    "pandas.wide_to_long",
    "sklearn.calibration.CalibrationDisplay.from_estimator",
    "sklearn.cluster.spectral_clustering",
    "sklearn.compose.make_column_transformer",
    "sklearn.datasets.make_sparse_coded_signal",
    "sklearn.inspection.DecisionBoundaryDisplay.from_estimator",
    "sklearn.inspection.PartialDependenceDisplay.from_estimator",
    "sklearn.inspection.partial_dependence",
    "sklearn.inspection.plot_partial_dependence",
    "sklearn.metrics.ConfusionMatrixDisplay.from_estimator",
    "sklearn.metrics.DetCurveDisplay.from_estimator",
    "sklearn.metrics.PrecisionRecallDisplay.from_estimator",
    "sklearn.metrics.PredictionErrorDisplay.from_estimator",
    "sklearn.metrics.RocCurveDisplay.from_cv_results",
    "sklearn.metrics.RocCurveDisplay.from_estimator",
    "sklearn.metrics.plot_confusion_matrix",
    "sklearn.metrics.plot_det_curve",
    "sklearn.metrics.plot_precision_recall_curve",
    "sklearn.metrics.plot_roc_curve",
    "sklearn.model_selection.LearningCurveDisplay.from_estimator",
    "sklearn.model_selection.ValidationCurveDisplay.from_estimator",
    "sklearn.model_selection.permutation_test_score",
    "sklearn.model_selection.validation_curve",
    "sklearn.utils.extmath.randomized_svd",
}

# what is not called here, and why
SKIPPED: dict[str, str] = {
    **dict.fromkeys(
        ["breakpoint", "input", "help", "exit", "quit", "open"], "talks to the user or opens files"
    ),
    **dict.fromkeys(["display", "get_ipython"], "exists in notebooks only"),
    **dict.fromkeys(["eval", "exec", "globals", "locals", "vars", "dir"], "about the caller's names"),
    **dict.fromkeys(
        ["pandas.show_versions", "sklearn.show_versions", "numpy.show_config", "numpy.lookfor"], "slow"
    ),
    **dict.fromkeys(["pandas.read_clipboard", "to_clipboard"], "needs a desktop"),
    **dict.fromkeys(["__build_class__", "__import__", "super", "aiter", "anext"], "not called by notebooks"),
}
