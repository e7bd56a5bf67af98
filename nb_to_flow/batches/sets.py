"""Parameter sets from rows and grids: combined, checked against the signature, repetitions left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nb_to_flow.batches.canonical import digest
from nb_to_flow.batches.grid import check_count, combine
from nb_to_flow.batches.rows import Row
from nb_to_flow.ir.batch import ParameterSet
from nb_to_flow.ir.errors import InputError
from nb_to_flow.ir.parameters import ParameterProblem

Check = Callable[[Mapping[str, Any]], tuple[dict[str, Any], tuple[ParameterProblem, ...]]]
_SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class BadSet:
    """A set that the flow can't take.

    Attributes:
        index: its position among all sets, from 0.
        line: where it stands in its file, if it does.
        values: as written.
        problems: what is wrong, each with the place: "sets.csv, line 7, column 2: year: ...".
    """

    index: int
    line: int | None
    values: Mapping[str, Any]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterSets:
    """What a batch is asked to run.

    Attributes:
        sets: those that fit, with defaults filled in, each once.
        bad: those that don't.
        repeated: index of each repetition, and of the set it repeats.
    """

    sets: tuple[ParameterSet, ...]
    bad: tuple[BadSet, ...]
    repeated: Mapping[int, int]


def combined(
    rows: Sequence[Row] | None,
    grid: Mapping[str, Sequence[Any]],
    fixed: Mapping[str, Any],
    *,
    pair: bool = False,
) -> Iterator[Row]:
    """Every row with every point of the grid; `fixed` values are in all of them. Raises InputError.

    A name may come from one of the three only.
    """
    _only_once(rows or (), grid, fixed)
    if rows is None:
        return (Row(values={**fixed, **point}) for point in combine(grid, pair=pair))
    points = list(combine(grid, pair=pair)) if grid else [{}]
    check_count(len(rows) * len(points))
    return (_extended(row, {**fixed, **point}) for row in rows for point in points)


def _extended(row: Row, values: Mapping[str, Any]) -> Row:
    return Row(values={**row.values, **values}, line=row.line, columns=row.columns, problem=row.problem)


def _only_once(rows: Sequence[Row], grid: Mapping[str, Any], fixed: Mapping[str, Any]) -> None:
    in_file = {name for row in rows for name in (*row.values, *row.columns)}
    for first, second, both in (
        ("the file", "the grid", in_file & set(grid)),
        ("the file", "-p", in_file & set(fixed)),
        ("the grid", "-p", set(grid) & set(fixed)),
    ):
        if both:
            named = ", ".join(sorted(both))
            raise InputError(f"{named}: given by {first} and by {second}", "Leave it out of one of them.")


def checked(
    rows: Iterable[Row], check: Check, defaults: Mapping[str, Any], *, source: str = ""
) -> ParameterSets:
    """The sets in the types of the signature.

    Args:
        rows: as written.
        check: the values that fit the signature, and what is wrong with the others.
        defaults: of the parameters that have one.
        source: the file that problems name; "" if there is none.

    Raises InputError if not one set fits: then the signature or the file is another than the user thinks.
    """
    sets: list[ParameterSet] = []
    bad: list[BadSet] = []
    repeated: dict[int, int] = {}
    seen: dict[str, int] = {}
    for index, row in enumerate(rows):
        values, problems = check(row.values) if not row.problem else ({}, ())
        if row.problem or problems:
            said = tuple(_said(source, index, row, problem) for problem in problems or (None,))
            bad.append(BadSet(index=index, line=row.line, values=row.values, problems=said))
            continue
        values = {name: values[name] if name in values else defaults[name] for name in {**defaults, **values}}
        first = seen.setdefault(identity(values), index)
        if first == index:
            sets.append(ParameterSet(index=index, values=values, line=row.line))
        else:
            repeated[index] = first
    if not sets:
        raise InputError(*_none_fits(bad))
    return ParameterSets(sets=tuple(sets), bad=tuple(bad), repeated=repeated)


def identity(values: Mapping[str, Any]) -> str:
    """Equal for equal sets; 1, 1.0 and True differ. Raises InputError for values that can't be pickled."""
    try:
        return digest(sorted(values.items()))
    except Exception as error:
        raise InputError(f"a parameter can't be recorded: {error}") from error


def _said(source: str, index: int, row: Row, problem: ParameterProblem | None) -> str:
    place = [source] if source else []
    place.append(f"set {index}" if row.line is None else f"line {row.line}")
    if problem is not None and problem.name in row.columns:
        place.append(f"column {row.columns[problem.name]}")
    return f"{', '.join(place)}: {row.problem if problem is None else problem.message}"


def _none_fits(bad: Sequence[BadSet]) -> tuple[str, str]:
    problems = [problem for one in bad for problem in one.problems]
    if not problems:
        return "there are no parameter sets", "Give a file or a grid with at least one value for each name."
    return "\n  ".join([f"none of {len(bad)} parameter sets fits the flow:", *first_of(problems, _SHOWN)]), ""


def first_of(problems: Sequence[str], most: int) -> list[str]:
    """So many of them, and how many there are besides."""
    more = len(problems) - most
    return [*problems[:most], *([f"and {more} more"] if more > 0 else [])]
