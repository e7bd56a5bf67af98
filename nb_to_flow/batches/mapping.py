"""What `task.map` calls the task with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nb_to_flow.batches.symbols import is_symbol


def mapped_rows(arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The arguments of each call: items of the iterables, all else in each call as it is.

    Raises ValueError if there is no iterable, if they differ in length, or if one isn't there yet.
    """
    items = {name: _items(value) for name, value in arguments.items()}
    lengths = {len(value) for value in items.values() if value is not None}
    if len(lengths) != 1:
        raise ValueError("map over lists of several lengths, or over none")
    same = {name: _unwrapped(value) for name, value in arguments.items() if items[name] is None}
    return [
        {**same, **{name: value[i] for name, value in items.items() if value is not None}}
        for i in range(lengths.pop())
    ]


def _items(value: Any) -> list[Any] | None:
    """The items that go to one call each; None if the value goes to each call as it is."""
    from prefect.utilities.annotations import unmapped

    if type(value) is unmapped:
        return None
    value = _unwrapped(value)
    if is_symbol(value):
        raise ValueError("map over what a task results in")
    if isinstance(value, (str, bytes, Mapping)) or not hasattr(value, "__iter__"):
        return None
    return list(value)


def _unwrapped(value: Any) -> Any:
    from prefect.utilities.annotations import BaseAnnotation

    if is_symbol(value):
        return value
    return value.unwrap() if isinstance(value, BaseAnnotation) else value
