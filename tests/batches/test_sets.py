"""Parameter sets: read with their places, combined, checked, each once."""

from __future__ import annotations

import datetime
import json
import math
from pathlib import Path
from typing import Any, Literal

import pytest

from nb_to_flow.batches.grid import combine, parse_grid
from nb_to_flow.batches.rows import read_rows
from nb_to_flow.batches.sets import ParameterSets, checked, combined, identity
from nb_to_flow.ir.errors import InputError
from nb_to_flow.run.parameters import ParameterChecker


def flow(
    year: int = 2024,
    region: Literal["EU", "US"] = "EU",
    share: float = 0.5,
    note: str = "",
    day: datetime.date = datetime.date(2024, 1, 1),
    layers: list[int] | None = None,
) -> None:
    """A signature with several types."""


def sets_of(path: Path, **grid: Any) -> ParameterSets:
    checker = ParameterChecker(flow)
    rows = combined(read_rows(path), grid, {})
    return checked(rows, checker.check, checker.defaults(), source=path.name)


def written(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_csv_types_by_the_signature(tmp_path: Path) -> None:
    path = written(tmp_path, "s.csv", "year,note,day\n2020,007,2024-02-29\n2021,,\n")
    first, second = sets_of(path).sets
    assert first.values == {
        "year": 2020,
        "region": "EU",
        "share": 0.5,
        "note": "007",
        "day": datetime.date(2024, 2, 29),
        "layers": None,
    }
    assert second.values["note"] == ""
    assert second.values["day"] == datetime.date(2024, 1, 1)
    assert (first.line, second.line) == (2, 3)


CSV = [
    ("crlf", "year,note\r\n1,a\r\n2,b\r\n", [(2, 1, "a"), (3, 2, "b")]),
    ("quotes", 'year,note\n1,"a ""b"", c"\n', [(2, 1, 'a "b", c')]),
    ("lines in a cell", 'year,note\n1,"a\nb"\n\n2,c\n', [(2, 1, "a\nb"), (5, 2, "c")]),
    ("semicolons", "year;note\n1;a,b\n", [(2, 1, "a,b")]),
    ("tabs", "year\tnote\n1\ta b\n", [(2, 1, "a b")]),
    ("no newline at the end", "year,note\n1,a", [(2, 1, "a")]),
    ("blank lines first", "\n\nyear,note\n1,a\n", [(4, 1, "a")]),
    ("spaces around names", " year , note\n1,a\n", [(2, 1, "a")]),
    ("UTF-8 with a mark", b"\xef\xbb\xbfyear,note\n1,\xc3\xa4\n", [(2, 1, "ä")]),
    ("UTF-16", "year,note\n1,ä\n".encode("utf-16"), [(2, 1, "ä")]),
    ("Windows", b"year,note\n1,\xe4\n", [(2, 1, "ä")]),
]


@pytest.mark.parametrize(("text", "expected"), [c[1:] for c in CSV], ids=[c[0] for c in CSV])
def test_csv_as_programs_write_it(
    tmp_path: Path, text: str | bytes, expected: list[tuple[int, int, str]]
) -> None:
    found = sets_of(written(tmp_path, "s.csv", text)).sets
    assert [(each.line, each.values["year"], each.values["note"]) for each in found] == expected


def test_bad_rows_are_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    text = 'year,note,region\n2020,"a\nb",EU\n20x0,,US\n2021,c\n2022,,XX\n2023,,US\n'
    found = sets_of(written(tmp_path, "s.csv", text))
    assert [each.index for each in found.sets] == [0, 4]
    assert [bad.index for bad in found.bad] == [1, 2, 3]
    said = [problem for bad in found.bad for problem in bad.problems]
    assert said[0].startswith("s.csv, line 4, column 1: year: Input should be a valid integer")
    assert "type int, default 2024" in said[0]
    assert said[1] == "s.csv, line 5: 2 cells, but the header has 3"
    assert said[2].startswith("s.csv, line 6, column 3: region: Input should be 'EU' or 'US'")


def test_repetitions_are_left_out(tmp_path: Path) -> None:
    found = sets_of(written(tmp_path, "s.csv", "year,region\n2024,EU\n2020,US\n,\n2020,US\n"))
    # The third line is empty but for its delimiter: no row. 2024 and EU are the defaults.
    assert [each.index for each in found.sets] == [0, 1]
    assert found.repeated == {2: 1}
    found = sets_of(written(tmp_path, "t.csv", "year,note\n2024,\n2020,x\n,x\n2024,\n"))
    assert found.repeated == {3: 0}


REFUSED = [
    ("s.csv", "year,yaer\n1,2\n", "none of 1 parameter sets.*did you mean year"),
    ("s.csv", "year,year\n1,2\n", "line 1, column 2: 'year' stands there twice"),
    ("s.csv", "year,\n1,2\n", "line 1, column 2: no name"),
    ("s.csv", 'year,note\n1,a\n2,"b\n3,c\n', "line 3: unexpected end of data"),
    ("s.csv", "year\n", "has no parameter sets"),
    ("s.csv", "", "has no parameter sets"),
    ("s.json", "{}", "holds no JSON array"),
    ("s.json", '[{"year": 1} {"year": 2}]', "no ',' or ']' after the set of line 1"),
    ("s.json", '[{"year": 1}', "is not JSON"),
    ("s.json", '[{"year": 1}] 5', "something follows the array"),
    ("s.json", "[]", "has no parameter sets"),
    ("s.txt", "year\n1", "no parameter sets are read from .txt files"),
    ("s.parquet", "nothing of the kind", "is no Parquet file"),
]


@pytest.mark.parametrize(("name", "text", "pattern"), REFUSED)
def test_files_that_are_refused(tmp_path: Path, name: str, text: str, pattern: str) -> None:
    with pytest.raises(InputError, match=f"(?s){pattern}"):
        sets_of(written(tmp_path, name, text))


def test_missing_file(tmp_path: Path) -> None:
    for name in ("s.csv", "s.parquet"):
        with pytest.raises(InputError, match="No such file"):
            read_rows(tmp_path / name)


def test_json_has_lines_and_types(tmp_path: Path) -> None:
    text = '[\n  {"year": 2020, "layers": [1, 2]},\n  {"year": "x"},\n  7,\n  {"year": 1, "year": 2}\n]\n'
    found = sets_of(written(tmp_path, "s.json", text))
    [only] = found.sets
    assert (only.line, only.values["layers"]) == (2, [1, 2])
    assert [bad.line for bad in found.bad] == [3, 4, 5]
    assert found.bad[1].problems == ("s.json, line 4: no JSON object",)
    assert found.bad[2].problems == ("s.json, line 5: 'year' stands there twice",)


def test_json_lines(tmp_path: Path) -> None:
    found = sets_of(written(tmp_path, "s.jsonl", '{"year": 1}\n\n{"year": 2\n{"layers": null}\n'))
    assert [each.line for each in found.sets] == [1, 4]
    assert found.bad[0].problems[0].startswith("s.jsonl, line 3: not JSON")


def test_parquet(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    columns = {"year": [2020, None], "day": [datetime.date(2024, 5, 1)] * 2, "layers": [[1], None]}
    parquet.write_table(pyarrow.table(columns), tmp_path / "s.parquet")
    first, second = sets_of(tmp_path / "s.parquet").sets
    assert (first.values["year"], second.values["year"]) == (2020, 2024)
    assert first.values["day"] == datetime.date(2024, 5, 1)
    assert (first.values["layers"], second.values["layers"]) == ([1], None)
    assert second.line == 2


GRID = [
    ("year=2019..2022", ["2019", "2020", "2021", "2022"]),
    ("year=3..1", ["3", "2", "1"]),
    ("year=1..9..4", ["1", "5", "9"]),
    ("year=1..8..4", ["1", "5"]),
    ("share=0..0.3..0.1", ["0", "0.1", "0.2", "0.3"]),
    ("share=1e-3..3e-3..1e-3", ["0.001", "0.002", "0.003"]),
    ("year=-1..1", ["-1", "0", "1"]),
    ("day=2024-02-28..2024-03-01", ["2024-02-28", "2024-02-29", "2024-03-01"]),
    ("day=2024-01-01..2024-01-15..7d", ["2024-01-01", "2024-01-08", "2024-01-15"]),
    ("region=EU,US", ["EU", "US"]),
    ("year=1..3,7", ["1", "2", "3", "7"]),
    ('note="a,b",c', ["a,b", "c"]),
    ('note=\'it, too\',"say \\"x\\""', ["it, too", 'say "x"']),
    ('note="1..3"', ["1..3"]),
    ('note=""', [""]),
    ("layers=[1,2],[3]", ["[1,2]", "[3]"]),
    ("note=../a,b..c", ["../a", "b..c"]),
    ("note=it's,that", ["it's", "that"]),
]


@pytest.mark.parametrize(("item", "values"), GRID, ids=[g[0] for g in GRID])
def test_grid_values(item: str, values: list[str]) -> None:
    [found] = parse_grid([item]).values()
    assert list(found) == values


BAD_GRID = [
    (["year"], "not of the form"),
    (["=1"], "not of the form"),
    (["year="], "empty value"),
    (["year=1,,2"], "empty value"),
    (["year=1", "year=2"], "twice"),
    (["share=0.1..0.5"], "needs a step"),
    (["year=1..5..-1"], "never gets"),
    (["year=1..5..0"], "never gets"),
    (["day=2024-02-28..2024-02-01"], "never gets"),
    (["day=2024-02-30..2024-03-01"], "day"),
    (["layers=[1,2"], "] is missing"),
    (['note="a'], "is missing"),
    (['note="a"b'], "follows the quoted"),
    (["year=1..100000000"], "parameter sets"),
]


@pytest.mark.parametrize(("items", "pattern"), BAD_GRID, ids=[" ".join(b[0]) for b in BAD_GRID])
def test_grids_that_are_refused(items: list[str], pattern: str) -> None:
    with pytest.raises(InputError, match=pattern):
        list(combine(parse_grid(items), pair=False))


def test_all_combinations_or_pairs() -> None:
    values = {"a": [1, 2], "b": ["x", "y"]}
    assert [tuple(v.values()) for v in combine(values, pair=False)] == [
        (1, "x"),
        (1, "y"),
        (2, "x"),
        (2, "y"),
    ]
    assert [tuple(v.values()) for v in combine(values, pair=True)] == [(1, "x"), (2, "y")]
    with pytest.raises(InputError, match="a has 2, b has 2, c has 1"):
        combine({**values, "c": [0]}, pair=True)
    with pytest.raises(InputError, match="1,001,000 parameter sets"):
        combine({"a": range(1001), "b": range(1000)}, pair=False)


def test_file_times_grid_and_fixed_values(tmp_path: Path) -> None:
    rows = read_rows(written(tmp_path, "s.csv", "year\n2020\n2021\n"))
    found = list(combined(rows, parse_grid(["share=0,1"]), {"note": "n"}))
    assert [(row.line, *row.values.values()) for row in found] == [
        (2, "2020", "n", "0"),
        (2, "2020", "n", "1"),
        (3, "2021", "n", "0"),
        (3, "2021", "n", "1"),
    ]
    for grid, fixed in (({"year": ["1"]}, {}), ({}, {"year": "1"})):
        with pytest.raises(InputError, match="year: given by the file and by"):
            combined(rows, grid, fixed)


def test_equal_sets_have_equal_identities() -> None:
    base: dict[str, Any] = {"a": 1, "b": [1.5, "x"]}
    assert identity(base) == identity({"b": [1.5, "x"], "a": 1})
    others: list[dict[str, Any]] = [{**base, "a": 1.0}, {**base, "a": True}, {**base, "b": (1.5, "x")}]
    assert len({identity(each) for each in [base, *others]}) == 4
    assert identity({"a": math.nan}) == identity({"a": math.nan})


def test_a_thousand_rows_are_checked_with_one_set_of_validators(tmp_path: Path) -> None:
    rows = [{"year": n, "share": n / 7} for n in range(1000)]
    found = sets_of(written(tmp_path, "s.json", json.dumps(rows)))
    assert len(found.sets) == 1000 and not found.bad and not found.repeated
