"""Parameters: read as the signature wants them, refused with what would be right."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any, Literal

import pytest

from nb_to_flow.ir.errors import InputError
from nb_to_flow.run.parameters import check_parameters, parse_pairs, read_parameters


def flow(
    region: str = "EU",
    n: int = 2,
    share: float = 0.5,
    names: list[str] | None = None,
    mode: Literal["a", "b"] = "a",
    day: datetime.date = datetime.date(2024, 1, 1),
    deep: dict[str, Any] | None = None,
    on: bool = False,
    anything=None,
) -> None:
    """A signature with all kinds of types."""


READ = [
    ("region=US", "US"),
    ("region=3", "3"),
    ("region=null", "null"),
    ("region=a=b", "a=b"),
    ("region=", ""),
    ("n=3", 3),
    ("share=1e-3", 0.001),
    ('names=["a", "b"]', ["a", "b"]),
    ("names=null", None),
    ("mode=b", "b"),
    ("day=2024-02-29", datetime.date(2024, 2, 29)),
    ('deep={"k": [1]}', {"k": [1]}),
    ("on=true", True),
    ("on=no", False),
    ("anything=5", 5),
    ("anything=text", "text"),
]


@pytest.mark.parametrize(("pair", "value"), READ, ids=[r[0] for r in READ])
def test_read_as_the_signature_wants(pair: str, value: object) -> None:
    name = pair.split("=")[0]
    assert check_parameters(flow, parse_pairs([pair])) == {name: value}


REFUSED = [
    ("n=many", "n: .*integer.*'many'.*type int.*default 2"),
    ("n=2.5", "n: .*2.5"),
    ("mode=c", "mode: .*'a' or 'b'"),
    ("names=a", "names: .*list"),
    ("day=tomorrow", "day: .*date"),
    ("regon=US", "did you mean region"),
    ("zzz=1", "'zzz' is not a parameter"),
]


@pytest.mark.parametrize(("pair", "pattern"), REFUSED, ids=[r[0] for r in REFUSED])
def test_refused_with_the_type_and_the_default(pair: str, pattern: str) -> None:
    with pytest.raises(InputError, match=pattern):
        check_parameters(flow, parse_pairs([pair]))


def test_all_problems_at_once() -> None:
    with pytest.raises(InputError, match=r"n: .*share: "):
        check_parameters(flow, parse_pairs(["n=x", "share=y"]))


def test_missing_ones() -> None:
    def needy(a: int, b: int = 1) -> None: ...

    with pytest.raises(InputError, match="a is missing"):
        check_parameters(needy, {})


def test_values_from_python_are_checked_too() -> None:
    assert check_parameters(flow, {"n": 4}) == {"n": 4}
    with pytest.raises(InputError, match="region"):
        check_parameters(flow, {"region": 3})


def test_annotations_that_cannot_be_resolved() -> None:
    def odd(a: Nowhere = 1) -> None: ...  # type: ignore[name-defined] # noqa: F821

    assert check_parameters(odd, parse_pairs(["a=2"])) == {"a": 2}


def test_file(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text('{"n": 3}')
    assert read_parameters(tmp_path / "p.json") == {"n": 3}
