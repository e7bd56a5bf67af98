"""What comparing two portraits shares: tolerance, references, and the rows that say what differs where."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from nb_to_flow.ir.verification import Row, Verdict
from nb_to_flow.verify.words import describe, kind_of, shorten

# From harmless to bad: what a whole is, if its parts are these.
_ORDER = (Verdict.SAME, Verdict.CLOSE, Verdict.UNKNOWN, Verdict.DIFFERENT)
# Below this size, floats are compared as if they had it: rounding noise around zero has no relative size.
SMALLEST = 1e-3

Comparer = Callable[["Judge", str, Any, Any], Verdict]


class Judge:
    """One comparison of two portraits.

    Attributes:
        tolerance: floats a and b are close if they differ by at most tolerance * max(|a|, |b|, 0.001).
        rows: what is not the same, in the order of the walk.
    """

    def __init__(
        self,
        expected: Any,
        actual: Any,
        tolerance: float,
        ignore: Collection[str],
        comparers: Mapping[str, Comparer],
    ) -> None:
        self.tolerance = tolerance
        self.rows: list[Row] = []
        self._ignore = frozenset(ignore)
        self._comparers = comparers
        self._targets = (_targets(expected), _targets(actual))
        self._known: dict[tuple[int, int], Verdict] = {}

    def part(self, label: str, expected: Any, actual: Any) -> Verdict:
        """Compare one part of the value; what differs is added to the rows."""
        if label in self._ignore:
            return Verdict.SAME
        expected, actual = self._resolved(0, expected), self._resolved(1, actual)
        pair = (id(expected), id(actual))
        shared = (
            isinstance(expected, dict)
            and isinstance(actual, dict)
            and "n" in (expected.keys() | actual.keys())
        )
        if shared and pair in self._known:
            return self._known[pair]
        if shared:
            self._known[pair] = Verdict.SAME  # while it is being compared: a cycle adds nothing
        verdict = self._judge(label, expected, actual)
        if shared:
            self._known[pair] = verdict
        return verdict

    def ignores(self, label: str) -> bool:
        """True for a part that is left out of the comparison."""
        return label in self._ignore

    def quietly(self, expected: Any, actual: Any) -> Verdict:
        """Compare without a trace in the rows."""
        return self.closely(expected, actual)[0]

    def closely(self, expected: Any, actual: Any) -> tuple[Verdict, str]:
        """Compare without a trace in the rows; with the reason."""
        rows, self.rows = self.rows, []
        try:
            verdict = self.part("(part)", expected, actual)
            return verdict, headline(self.rows).removeprefix("(part)").lstrip(": ,")
        finally:
            self.rows = rows

    def say(self, label: str, verdict: Verdict, reason: str, expected: Any, actual: Any) -> Verdict:
        """Add a row; texts stand for themselves, portraits are described."""
        notebook, flow = (side if isinstance(side, Said) else describe(side) for side in (expected, actual))
        self.rows.append(
            Row(label=label, notebook=str(notebook), flow=str(flow), verdict=verdict, reason=reason)
        )
        return verdict

    def _judge(self, label: str, expected: Any, actual: Any) -> Verdict:
        kinds = kind_of(expected), kind_of(actual)
        if kinds[0] != kinds[1]:
            note = ""
            if isinstance(expected, (int, float)) and isinstance(actual, (int, float)) and expected == actual:
                note = ": the same number, but of another kind"
            reason = f"type {kinds[1]} instead of {kinds[0]}{note}"
            return self.say(label, Verdict.DIFFERENT, reason, expected, actual)
        sorts = [side["k"] if isinstance(side, dict) else "" for side in (expected, actual)]
        if all(sorts) and sorts[0] != sorts[1]:
            return self.say(
                label, Verdict.DIFFERENT, f"another {kinds[0]}, of another library", expected, actual
            )
        comparer = self._comparers[expected["k"] if isinstance(expected, dict) else type(expected).__name__]
        return comparer(self, label, expected, actual)

    def _resolved(self, side: int, node: Any) -> Any:
        if isinstance(node, dict) and node.get("k") == "leaf":
            return node["v"]
        if isinstance(node, dict) and node.get("k") == "ref":
            return self._targets[side].get(node["n"], node)
        return node


class Said(str):
    """A text for a row that is shown as it is."""


def names_of(parts: Mapping[Any, tuple[Any, Any]]) -> Said:
    """The names of a dict's or a frame's parts, which are name and content."""
    return Said(shorten(", ".join(describe(name) for name, _ in parts.values())))


def worst(verdicts: Collection[Verdict]) -> Verdict:
    """What a whole is whose parts are these."""
    return max(verdicts, key=_ORDER.index, default=Verdict.SAME)


def close(a: float, b: float, tolerance: float) -> bool:
    """True if two finite or infinite floats count as the same."""
    return a == b or abs(a - b) <= tolerance * max(SMALLEST, abs(a), abs(b)) < float("inf")


def headline(rows: list[Row]) -> str:
    """The first and worst of the rows in one sentence, with the number of others."""
    if not rows:
        return ""
    verdict = worst([row.verdict for row in rows])
    bad = [row for row in rows if row.verdict is verdict]
    first = f"{bad[0].label}: {bad[0].reason}" if bad[0].label else bad[0].reason
    return first + (f" (and {len(bad) - 1} more)" if len(bad) > 1 else "")


def _targets(portrait: Any) -> dict[int, Any]:
    """The nodes that others refer to, by number."""
    found: dict[int, Any] = {}
    stack = [portrait]
    while stack:
        node = stack.pop()
        if isinstance(node, dict):
            if "n" in node and node.get("k") != "ref":
                found[node["n"]] = node
            stack.extend(part for part in node.values() if isinstance(part, (dict, list)))
        elif isinstance(node, list):
            stack.extend(part for part in node if isinstance(part, (dict, list)))
    return found
