"""Which symbolic paths may name the same file."""

from __future__ import annotations

import pytest

from nb_to_flow.graph.paths import holes, may_be_same, normal_path, parents


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("a.csv", "b.csv", False),
        ("out/{n}.csv", "out/a.csv", True),
        ("out/{n}.csv", "out/a.png", False),
        ("out/{n}.csv", "in/a.csv", False),
        ("out/{n}.csv", "out/{m}.csv", True),
        ("a_{n}.csv", "b_{m}.csv", False),
        ("?", "anything/at/all", True),
        ("data/*.csv", "data/x.csv", True),
    ],
)
def test_may_be_same(one: str, other: str, expected: bool) -> None:
    assert may_be_same(one, other) is expected
    assert may_be_same(other, one) is expected


def test_paths_are_normalised() -> None:
    assert normal_path("./a//b.csv") == "a/b.csv"
    assert list(parents("a/b/c.csv")) == ["a/b", "a", "."]
    assert list(parents("/a/b.csv")) == ["/a"]
    assert holes("{d}/x_{n}_?.csv") == ("d", "n", "")
