"""Values as text: what sets return, and parameters as people read them."""

from __future__ import annotations

import datetime
import enum
import json
from collections.abc import Iterable, Mapping
from typing import Any

from nb_to_flow.ir.batch import Output

_TIMES: dict[str, Any] = {
    "datetime": datetime.datetime,
    "date": datetime.date,
    "time": datetime.time,
}
# By the name of the type, or of NumPy's without its size.
_READ: dict[str, Any] = {
    **dict.fromkeys(("int", "uint"), int),
    "float": float,
    "bool": lambda text: text == "True",
    "Timestamp": datetime.datetime.fromisoformat,
    **{kind: each.fromisoformat for kind, each in _TIMES.items()},
}


def encode_outputs(outputs: Mapping[str, Output] | Iterable[Output]) -> str:
    """Outputs as JSON that `decode_outputs` reads."""
    if isinstance(outputs, Mapping):
        return json.dumps({name: _encoded(output) for name, output in outputs.items()})
    return json.dumps([_encoded(output) for output in outputs])


def decode_outputs(text: str) -> dict[str, Output]:
    """The outputs by name as they were encoded."""
    return {name: _decoded(item) for name, item in json.loads(text).items()}


def decode_output_list(text: str) -> tuple[Output, ...]:
    """The outputs in order as they were encoded."""
    return tuple(_decoded(item) for item in json.loads(text))


def _encoded(output: Output) -> list[Any]:
    value, coded = output.value, ""
    if isinstance(value, (datetime.date, datetime.time)):
        value, coded = value.isoformat(), type(value).__name__
    elif isinstance(value, datetime.timedelta):
        value, coded = [value.days, value.seconds, value.microseconds], "timedelta"
    item = [output.kind, output.path, coded, value]
    if output.parts is not None:
        item.append({name: _encoded(part) for name, part in output.parts.items()})
    return item


def _decoded(item: list[Any]) -> Output:
    kind, path, coded, value, *parts = item
    if coded == "timedelta":
        value = datetime.timedelta(*value)
    elif coded:
        value = _TIMES.get(coded, datetime.datetime).fromisoformat(value)
    found = {name: _decoded(part) for name, part in parts[0].items()} if parts else None
    return Output(kind=kind, path=path, value=value, parts=found)


def from_text(kind: str, text: str | None) -> Output:
    """The output of a value of this type that was sent as text; None stands for what is none."""
    plain = kind.rstrip("_0123456789")
    read = _READ.get(plain)
    if text is None or (read is None and plain != "str"):
        return Output(kind=kind)
    try:
        return Output(kind=kind, value=read(text) if read is not None else text)
    except ValueError:
        return Output(kind=kind, value=text)


def readable(value: Any) -> Any:
    """A value as tables show it: scalars as they are, everything else as text."""
    if isinstance(value, enum.Enum):
        return readable(value.value)
    if isinstance(value, str):
        return str(value)
    if value is None or isinstance(value, (bool, int, float, datetime.date, datetime.time)):
        return value
    if isinstance(value, datetime.timedelta):
        return str(value)
    try:
        return json.dumps(_jsonable(value), ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return repr(value)[:1000]


def readable_json(values: Mapping[str, Any]) -> str:
    """Parameters as a JSON object for people: what isn't JSON is text."""
    shown = {name: readable(value) for name, value in values.items()}
    return json.dumps(shown, ensure_ascii=False, default=str)


def _jsonable(value: Any) -> Any:
    dump = getattr(value, "model_dump", None)
    if callable(dump):
        return dump(mode="json")
    if isinstance(value, (set, frozenset)):
        return sorted(value, key=repr)
    if isinstance(value, Mapping):
        return {str(key): _jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_jsonable(item) for item in value]
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return value
