"""Comparing what the notebook left with what the flow left, in the user's words."""

from __future__ import annotations

from collections.abc import Collection

from nb_to_flow.ir.verification import Comparison, Portrait, Verdict
from nb_to_flow.verify.arrays import compare_arrays
from nb_to_flow.verify.containers import (
    compare_attributes,
    compare_dicts,
    compare_lists,
    compare_scalars,
    compare_sets,
)
from nb_to_flow.verify.frames import compare_frames, compare_indexes, compare_series
from nb_to_flow.verify.judge import Judge, headline
from nb_to_flow.verify.leaves import (
    compare_bytes,
    compare_complex,
    compare_exactly,
    compare_floats,
    compare_named,
    compare_random,
    compare_texts,
    compare_unknown,
)
from nb_to_flow.verify.lines import compare_text_lines
from nb_to_flow.verify.pictures import compare_figures
from nb_to_flow.verify.words import describe

DEFAULT_TOLERANCE = 1e-9

_COMPARERS = {
    "NoneType": compare_exactly,
    "bool": compare_exactly,
    "int": compare_exactly,
    "float": compare_floats,
    "str": compare_texts,
    "bytes": compare_bytes,
    "complex": compare_complex,
    "scalar": compare_scalars,
    "text": compare_named,
    "named": compare_named,
    "list": compare_lists,
    "dict": compare_dicts,
    "set": compare_sets,
    "object": compare_attributes,
    "array": compare_arrays,
    "index": compare_indexes,
    "series": compare_series,
    "frame": compare_frames,
    "figure": compare_figures,
    "picture": compare_figures,
    "lines": compare_text_lines,
    "random": compare_random,
    "unknown": compare_unknown,
}


def compare(
    expected: Portrait, actual: Portrait, tolerance: float = DEFAULT_TOLERANCE, ignore: Collection[str] = ()
) -> Comparison:
    """Compare two portraits.

    Args:
        expected: the notebook's value.
        actual: the flow's value.
        tolerance: floats a and b are within it if they differ by at most tolerance * max(|a|, |b|, 0.001);
            32-bit floats get at least 1e-6, 16-bit floats 1e-3. With 0, floats are compared exactly.
        ignore: labels of parts that are left out, as `unstable_paths` gives them.

    Returns:
        The verdict, the first difference in words, and a row for each part that is not the same.
    """
    judge = Judge(expected, actual, tolerance, ignore, _COMPARERS)
    verdict = judge.part("", expected, actual)
    return Comparison(verdict=verdict, reason=headline(judge.rows), rows=tuple(judge.rows))


def unstable_paths(first: Portrait, second: Portrait, tolerance: float = DEFAULT_TOLERANCE) -> frozenset[str]:
    """The labels of what differs between two runs of the notebook itself; "" is the value as a whole."""
    rows = compare(first, second, tolerance).rows
    return frozenset(row.label for row in rows if row.verdict is Verdict.DIFFERENT)


def summary(portrait: Portrait) -> str:
    """A value in a few words: itself if it is small, else its type and size."""
    return describe(portrait)
