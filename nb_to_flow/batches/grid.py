"""Parameter sets from a few words: `year=2019..2024 region=EU,US`."""

from __future__ import annotations

import datetime
import itertools
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from nb_to_flow.ir.errors import InputError
from nb_to_flow.ir.parameters import Raw

MOST_SETS = 1_000_000
HINT = "For example: year=2019..2024 share=0..1..0.25 region=EU,US day=2024-01-01..2024-01-31"

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_NUMBERS = re.compile(rf"({_NUMBER})\.\.({_NUMBER})(?:\.\.({_NUMBER}))?")
_DAY = r"\d{4}-\d\d-\d\d"
_DAYS = re.compile(rf"({_DAY})\.\.({_DAY})(?:\.\.(\d+)d?)?")
_CLOSING = {"[": "]", "{": "}", "(": ")"}


def parse_grid(items: Iterable[str]) -> dict[str, tuple[Any, ...]]:
    """The values of each name in `name=values` items. Raises InputError.

    Values are separated by commas. `a..b` and `a..b..step` are ranges of numbers or days with both ends in
    them. Quotes keep text as it is; JSON lists and objects are values.
    """
    found: dict[str, tuple[Any, ...]] = {}
    for item in items:
        name, equals, text = item.partition("=")
        name = name.strip()
        if not equals or not name:
            raise InputError(f"{item!r} in the grid is not of the form name=values", HINT)
        if name in found:
            raise InputError(f"{name!r} stands in the grid twice", f"Give all values at once: {name}=a,b")
        found[name] = tuple(_values(item, text))
    return found


def combine(values: Mapping[str, Sequence[Any]], *, pair: bool) -> Iterator[dict[str, Any]]:
    """Every combination, the last name varying fastest; with `pair`, the first values, the second, ...

    Raises InputError if there are too many, or lists to be paired differ in length.
    """
    lengths = {name: len(items) for name, items in values.items()}
    if pair and len(set(lengths.values())) > 1:
        listed = ", ".join(f"{name} has {count}" for name, count in lengths.items())
        raise InputError(f"the lists can't be paired: {listed}", "Without --zip all combinations are made.")
    total = max(lengths.values(), default=0) if pair else math.prod(lengths.values())
    check_count(total)
    rows = zip(*values.values(), strict=True) if pair else itertools.product(*values.values())
    return (dict(zip(values, row, strict=True)) for row in rows)


def check_count(total: int) -> None:
    """Raise InputError if so many sets must be a slip."""
    if total > MOST_SETS:
        raise InputError(f"that makes {total:,} parameter sets", f"{MOST_SETS:,} is the most in one batch.")


def _values(item: str, text: str) -> Iterator[Any]:
    for part, quoted in _parts(item, text):
        if quoted:
            yield part
            continue
        span = _range(item, part)
        if span is None:
            yield Raw(part)
        else:
            yield from span


def _parts(item: str, text: str) -> Iterator[tuple[str, bool]]:
    """The text between commas, and whether it was quoted; commas in quotes and brackets separate nothing."""
    start, open_brackets, quote = 0, list[str](), ""
    for position, char in enumerate(text):
        if quote:
            quote = "" if char == quote and text[position - 1] != "\\" else quote
        elif char in "\"'" and (open_brackets or not text[start:position].strip()):
            quote = char
        elif char in _CLOSING:
            open_brackets.append(_CLOSING[char])
        elif open_brackets and char == open_brackets[-1]:
            open_brackets.pop()
        elif char == "," and not open_brackets:
            yield _unquoted(item, text[start:position])
            start = position + 1
    if quote or open_brackets:
        missing = quote or open_brackets[-1]
        raise InputError(f"{item!r} in the grid: {missing} is missing at the end", HINT)
    yield _unquoted(item, text[start:])


def _unquoted(item: str, part: str) -> tuple[str, bool]:
    part = part.strip()
    if not part:
        raise InputError(f"{item!r} in the grid has an empty value", 'An empty text is written "".')
    if part[0] not in "\"'":
        return part, False
    if len(part) < 2 or part[-1] != part[0]:
        raise InputError(f"{item!r} in the grid: something follows the quoted text", HINT)
    inner = part[1:-1]
    if part[0] == '"':
        try:
            return str(json.loads(part)), True
        except ValueError:
            return inner, True
    return inner.replace("\\'", "'"), True


def _range(item: str, part: str) -> Iterator[Raw] | None:
    """The values of a range; None if the text is none."""
    days = _DAYS.fullmatch(part)
    if days:
        return _days(item, *days.groups())
    numbers = _NUMBERS.fullmatch(part)
    if numbers:
        return _numbers(item, *numbers.groups())
    return None


def _numbers(item: str, first: str, last: str, step: str | None) -> Iterator[Raw]:
    """Counted in decimals: 0..1..0.1 has eleven values, and each is what one would type."""
    start, end = Decimal(first), Decimal(last)
    whole = start == start.to_integral_value() and end == end.to_integral_value()
    if step is None and not whole:
        raise InputError(f"{item!r} in the grid needs a step", f"For example: {first}..{last}..0.1")
    by = Decimal(step) if step is not None else Decimal(1 if end >= start else -1)
    if by == 0 or (end - start) * by < 0:
        raise InputError(f"{item!r} in the grid never gets from {first} to {last} by {by}", HINT)
    count = int((end - start) / by) + 1
    check_count(count)
    return (Raw(_plain(start + by * n)) for n in range(count))


def _plain(number: Decimal) -> str:
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _days(item: str, first: str, last: str, step: str | None) -> Iterator[Raw]:
    try:
        start, end = datetime.date.fromisoformat(first), datetime.date.fromisoformat(last)
    except ValueError as error:
        raise InputError(f"{item!r} in the grid: {error}", HINT) from error
    by = int(step or 1)
    if by == 0 or end < start:
        raise InputError(f"{item!r} in the grid never gets from {first} to {last}", HINT)
    count = (end - start).days // by + 1
    check_count(count)
    return (Raw((start + datetime.timedelta(days=by * n)).isoformat()) for n in range(count))
