"""What a run returned, in a few words each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nb_to_flow.report.tables import plain, table_of
from nb_to_flow.report.text import shorten

if TYPE_CHECKING:
    from rich.table import Table


def values_table(values: Mapping[str, Any]) -> Table:
    """Name, type and a short form of each value."""
    table = table_of("Results", "name", "type", "value")
    for name, value in values.items():
        table.add_row(plain(str(name)), plain(type(value).__name__), plain(short_value(value)))
    return table


def short_value(value: Any, width: int = 72) -> str:
    """A value in a few characters: its shape if it has one, its length if it is long, else its text."""
    try:
        shape = getattr(value, "shape", None)
        if isinstance(shape, tuple) and len(shape) > 0:
            return " × ".join(str(side) for side in shape)
        if isinstance(value, (list, tuple, set, frozenset, dict)) and len(value) > 8:
            return f"{len(value)} items"
        return shorten(repr(value)[: 4 * width], width)
    except Exception as error:  # noqa: BLE001 - values are the notebook's, with any __repr__
        return f"(can't be shown: {type(error).__name__})"
