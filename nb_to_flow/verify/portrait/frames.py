"""DataFrames of pandas and polars, tables of pyarrow: column by column."""

from __future__ import annotations

import sys
from typing import Any

from .arrays import array
from .painter import Painter, without_addresses


def see_pandas(painter: Painter, value: Any) -> dict[str, Any] | None:
    """The portrait of something of pandas, or None if its attributes say it all."""
    pd = sys.modules["pandas"]
    kind = type(value).__name__
    if isinstance(value, pd.DataFrame):
        return _frame(painter, value)
    if isinstance(value, pd.Series):
        node: dict[str, Any] = {"k": "series", "type": kind, "name": painter.see(value.name)}
        node.update(index=_index(painter, value.index), values=column(painter, value))
        return node
    if isinstance(value, pd.Index):
        return _index(painter, value)
    if isinstance(value, pd.api.extensions.ExtensionArray):
        return {**column(painter, value), "type": kind}
    if isinstance(value, (pd.Timestamp, pd.Timedelta)):
        return {"k": "text", "type": kind, "v": value.isoformat()}
    if isinstance(value, (pd.Period, pd.Interval, pd.offsets.BaseOffset, pd.api.extensions.ExtensionDtype)):
        return {"k": "text", "type": kind, "v": str(value)}
    if value is pd.NaT or value is getattr(pd, "NA", None):
        return {"k": "named", "type": kind, "v": str(value)}
    return _made_of_frame(painter, value, kind)


def _frame(painter: Painter, frame: Any) -> dict[str, Any]:
    columns = [column(painter, frame.iloc[:, position]) for position in range(frame.shape[1])]
    node: dict[str, Any] = {"k": "frame", "type": type(frame).__name__, "rows": len(frame)}
    node.update(columns=_index(painter, frame.columns), index=_index(painter, frame.index), data=columns)
    if getattr(frame, "attrs", None):
        node["attrs"] = painter.see(frame.attrs)
    return node


def _index(painter: Painter, index: Any) -> dict[str, Any]:
    pd = sys.modules["pandas"]
    node: dict[str, Any] = {
        "k": "index",
        "type": type(index).__name__,
        "names": painter.items(list(index.names)),
    }
    if isinstance(index, pd.MultiIndex):
        node["levels"] = [column(painter, index.get_level_values(i)) for i in range(index.nlevels)]
    elif isinstance(index, pd.RangeIndex):
        node["range"] = [int(index.start), int(index.stop), int(index.step)]
    else:
        node["values"] = column(painter, index)
        if getattr(index, "freq", None) is not None:
            node["freq"] = str(index.freqstr)
    return node


def column(painter: Painter, values: Any) -> dict[str, Any]:
    """The values of a Series, an Index or an extension array."""
    np = sys.modules["numpy"]
    if isinstance(values.dtype, np.dtype):
        return array(painter, np.asarray(values))
    held = getattr(values, "array", values)
    dtype = str(values.dtype)
    if hasattr(held, "categories") and hasattr(held, "codes"):
        node = array(painter, np.asarray(held.codes), dtype)
        return {**node, "categories": column(painter, held.categories), "ordered": bool(held.ordered)}
    numbers = getattr(held, "asi8", None)
    if numbers is not None and dtype.startswith(("datetime", "timedelta")):
        return array(painter, numbers, dtype)
    items = np.empty(len(values), dtype=object)
    items[:] = list(held)
    return array(painter, items, dtype)


def _made_of_frame(painter: Painter, value: Any, kind: str) -> dict[str, Any] | None:
    """Groups, windows and styled frames: the frame they are made of, and how it is divided."""
    frame = getattr(value, "obj", None)
    if frame is not None and hasattr(value, "ngroup"):
        state = [["obj", painter.see(frame)], ["groups", painter.see(value.ngroup())]]
    elif frame is not None and hasattr(frame, "iloc"):
        state = [["obj", painter.see(frame)], ["text", painter.text(without_addresses(repr(value)))]]
        if hasattr(value, "size"):  # a resampled frame
            state.append(["sizes", painter.see(value.size())])
    elif kind == "Styler":
        state = [["data", painter.see(value.data)]]
    else:
        return None
    return {"k": "object", "type": kind, "state": state}


def see_polars(painter: Painter, value: Any) -> dict[str, Any] | None:
    """A polars frame or series; the query of a lazy frame or expression as text."""
    kind = type(value).__name__
    if kind == "DataFrame":
        columns = [_polars_column(painter, value[name]) for name in value.columns]
        node: dict[str, Any] = {"k": "frame", "type": kind, "rows": value.height, "data": columns}
        node["columns"] = {
            "k": "index",
            "type": "list",
            "names": [None],
            "values": _texts(painter, value.columns),
        }
        node["index"] = {"k": "index", "type": "none", "names": [None], "range": [0, value.height, 1]}
        return node
    if kind == "Series":
        return {
            "k": "object",
            "type": kind,
            "state": [["name", value.name], ["values", _polars_column(painter, value)]],
        }
    if kind == "LazyFrame":
        return {"k": "text", "type": kind, "v": painter.text(value.explain(optimized=False))}
    return {"k": "text", "type": kind, "v": painter.text(str(value))} if kind in {"Expr", "Schema"} else None


def _polars_column(painter: Painter, series: Any) -> dict[str, Any]:
    numeric = series.dtype.is_numeric() and not series.dtype.is_decimal() and series.null_count() == 0
    if numeric and "numpy" in sys.modules:
        return array(painter, series.to_numpy(), str(series.dtype))
    return {
        "k": "array",
        "dtype": str(series.dtype),
        "shape": [len(series)],
        "items": painter.items(series.to_list()),
    }


def _texts(painter: Painter, texts: list[str]) -> dict[str, Any]:
    return {"k": "array", "dtype": "str", "shape": [len(texts)], "items": painter.items(texts)}


def see_pyarrow(painter: Painter, value: Any) -> dict[str, Any] | None:
    """A pyarrow table or array by its schema and values."""
    kind = type(value).__name__
    if hasattr(value, "to_pydict") and hasattr(value, "schema"):
        state = [["schema", str(value.schema)], ["values", painter.see(value.to_pydict())]]
        return {"k": "object", "type": kind, "state": state}
    if hasattr(value, "to_pylist"):
        state = [["type", str(value.type)], ["values", painter.see(value.to_pylist())]]
        return {"k": "object", "type": kind, "state": state}
    return {"k": "text", "type": kind, "v": str(value)} if kind in {"Schema", "Field", "DataType"} else None
