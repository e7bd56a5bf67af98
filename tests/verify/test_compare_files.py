"""Files compare by what they hold, printed lines task by task, pictures by their pixels."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import pickle
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import openpyxl
import pandas as pd
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from nb_to_flow.ir.verification import Verdict
from nb_to_flow.verify.compare import (
    compare_files,
    compare_lines,
    compare_lines_by_task,
    compare_pictures,
    fingerprint,
    unstable_files,
    unstable_lines,
)

PRICES = pd.DataFrame({"id": [1, 2, 3], "price": [1.5, 2.25, 3.1]})
CHANGED = PRICES.assign(price=[1.5, 2.25, 3.2])
NOISE = PRICES.assign(price=[1.5, 2.25, 3.1 + 4e-16])
IN_PRICE = "column 'price': 1 of 3 values differ, first at row 2: 3.2 instead of 3.1"


class Kept:
    def __init__(self, value: int) -> None:
        self.value = value


def text(content: str) -> Callable[[Path], None]:
    return raw(content.encode())


def table(frame: pd.DataFrame, sep: str = ",") -> Callable[[Path], None]:
    return lambda path: frame.to_csv(path, index=False, sep=sep, compression="infer")


def database(frame: pd.DataFrame, name: str = "prices") -> Callable[[Path], None]:
    def write(path: Path) -> None:
        connection = sqlite3.connect(path)
        frame.to_sql(name, connection, index=False)
        connection.close()

    return write


def archive(files: dict[str, str], year: int) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with zipfile.ZipFile(path, "w") as target:
            for name, content in files.items():
                target.writestr(zipfile.ZipInfo(name, (year, 1, 1, 0, 0, 0)), content)

    return write


def tar(content: str, time: int) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        with tarfile.open(path, "w") as target:
            member = tarfile.TarInfo("a/x.txt")
            member.size, member.mtime = len(content), time
            target.addfile(member, io.BytesIO(content.encode()))

    return write


def picture(colour: int, note: str = "", size: tuple[int, int] = (20, 10)) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        info = PngInfo()
        info.add_text("Software", note)
        image = Image.new("RGB", size, (255, 255, 255))
        image.putpixel((3, 4), (colour, 0, 0))
        image.save(path, pnginfo=info)

    return write


def workbook(value: float, sheet: str = "a") -> Callable[[Path], None]:
    def write(path: Path) -> None:
        book = openpyxl.Workbook()
        book.active.title = sheet
        book.active.append(["id", "price"])
        book.active.append([1, value])
        book.save(path)

    return write


def raw(content: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(content)

    return write


def packed(pack: Callable[[bytes], bytes], content: str) -> Callable[[Path], None]:
    return raw(pack(content.encode()))


PDF = b"%PDF-1.4 \0 (hello) /CreationDate (D:2024{}) /ID [<{}>]"
Write = Callable[[Path], None]

SAME: list[tuple[str, Write, Write]] = [
    ("same.png", picture(9, "a"), picture(9, "b")),
    ("same.pdf", raw(PDF.replace(b"{}", b"1")), raw(PDF.replace(b"{}", b"2"))),
    ("same.zip", archive({"a.txt": "x", "b.txt": "y"}, 2001), archive({"b.txt": "y", "a.txt": "x"}, 2002)),
    ("same.tar", tar("x", 1), tar("x", 2)),
    (
        "same.txt.gz",
        packed(lambda d: gzip.compress(d, mtime=1), "x"),
        packed(lambda d: gzip.compress(d, mtime=2), "x"),
    ),
    ("same.json", text('{"a": [1, 2.5]}'), text('{"a":  [1, 2.5]}')),
    ("same.pkl", raw(pickle.dumps(PRICES, 2)), raw(pickle.dumps(PRICES, 4))),
    ("same.csv", text('a,b\n1,"x"\n'), text("a,b\n1,x\n")),
]

DIFFERENT: list[tuple[str, Write, Write, str]] = [
    ("a.csv", table(PRICES), table(CHANGED), IN_PRICE),
    ("a.tsv", table(PRICES, "\t"), table(CHANGED, "\t"), IN_PRICE),
    ("a.csv.gz", table(PRICES), table(CHANGED), IN_PRICE),
    ("rows.csv", table(PRICES), table(PRICES[::-1]), "the same rows in another order"),
    ("columns.csv", table(PRICES), table(PRICES[["id"]]), "missing column 'price'"),
    ("kind.csv", text("a\n1\n"), text("a\n1.0\n"), "1.0 instead of '1'"),
    ("ragged.csv", text("a\n1,2\n"), text("a\n1,3\n"), "column '(column 2)'"),
    ("a.json", text('{"a": [1, 2]}'), text('{"a": [1, 3]}'), "['a']: 1 of 2 items differ"),
    ("a.jsonl", text('{"a": 1}\n{"a": 2}\n'), text('{"a": 1}\n{"a": 3}\n'), "[1]['a']: 3 instead of 2"),
    ("broken.json", text("{"), text("{{"), "2 bytes instead of 1"),
    ("a.txt", text("one\ntwo\n"), text("one\nthree\n"), "line 2: 'three' instead of 'two'"),
    ("short.txt", text("one\ntwo\n"), text("one\n"), "1 line instead of 2: 1 missing, first 'two'"),
    ("a.bz2", packed(bz2.compress, "x"), packed(bz2.compress, "y"), "line 1: 'y' instead of 'x'"),
    ("a.png", picture(9), picture(99), "0.5 % of the pixels differ, between (3, 4) and (4, 5)"),
    ("size.png", picture(9), picture(9, size=(20, 11)), "20 × 11 pixels instead of 20 × 10"),
    ("a.db", database(PRICES), database(CHANGED), "['prices'], " + IN_PRICE),
    ("schema.db", database(PRICES), database(PRICES, "other"), "missing key 'prices'"),
    ("a.xlsx", workbook(1.5), workbook(2.5), "2.5 instead of 1.5"),
    ("sheet.xlsx", workbook(1.5), workbook(1.5, "b"), "missing key 'a'; additional key 'b'"),
    ("a.zip", archive({"a.txt": "x"}, 2001), archive({"a.txt": "y"}, 2001), "['a.txt'], line 1: 'y' instead"),
    ("a.tar", tar("x", 1), tar("y", 1), "['a/x.txt'], line 1"),
    ("a.pkl", raw(pickle.dumps(PRICES)), raw(pickle.dumps(CHANGED)), IN_PRICE),
    ("own.pickle", raw(pickle.dumps(Kept(1))), raw(pickle.dumps(Kept(2))), ".value: 2 instead of 1"),
    ("a.joblib", lambda p: joblib.dump(PRICES, p), lambda p: joblib.dump(CHANGED, p), IN_PRICE),
    (
        "a.npy",
        lambda p: np.save(p, np.arange(3)),
        lambda p: np.save(p, np.arange(3) * 2),
        "2 of 3 values differ",
    ),
    (
        "a.npz",
        lambda p: np.savez(p, u=np.arange(2)),
        lambda p: np.savez(p, u=np.ones(2)),
        "['u']: dtype float64",
    ),
    ("a.bin", raw(b"\0\1"), raw(b"\0\2"), "other bytes from number 1"),
    ("latin.txt", raw("é".encode("latin-1")), raw("è".encode("latin-1")), "other bytes"),
]


def folders(base: Path, name: str, *writers: Write) -> list[Path]:
    made = []
    for number, write in enumerate(writers):
        folder = base / str(number)
        folder.mkdir()
        write(folder / name)
        made.append(folder)
    return made


@pytest.mark.parametrize(
    "name, mine, theirs", SAME, ids=lambda value: value if isinstance(value, str) else ""
)
def test_the_same_content_in_other_bytes(tmp_path: Path, name: str, mine: Write, theirs: Write) -> None:
    sides = folders(tmp_path, name, mine, theirs)
    assert (sides[0] / name).read_bytes() != (sides[1] / name).read_bytes()
    assert compare_files(*sides, before={})[name].verdict is Verdict.SAME


@pytest.mark.parametrize("case", DIFFERENT, ids=lambda case: case[0])
def test_another_content(tmp_path: Path, case: tuple[str, Write, Write, str]) -> None:
    name, mine, theirs, reason = case
    sides = folders(tmp_path, name, mine, theirs)
    found = compare_files(*sides, before={})[name]
    assert found.verdict is Verdict.DIFFERENT
    assert reason in found.reason
    again = folders(tmp_path / "0", name + ".d", lambda p: None)[0]
    mine(again / name)
    assert compare_files(sides[0], again, before={})[name].verdict is Verdict.SAME


def test_rounding_noise_in_a_table_is_close(tmp_path: Path) -> None:
    sides = folders(tmp_path, "a.csv", table(PRICES), table(NOISE))
    assert (sides[0] / "a.csv").read_bytes() != (sides[1] / "a.csv").read_bytes()
    assert compare_files(*sides, before={})["a.csv"].verdict is Verdict.CLOSE
    assert compare_files(*sides, before={}, tolerance=0.0)["a.csv"].verdict is Verdict.DIFFERENT


def test_what_only_one_side_writes_changes_or_deletes(tmp_path: Path) -> None:
    start, mine, theirs = (tmp_path / name for name in ("start", "mine", "theirs"))
    for folder in (start, mine, theirs):
        (folder / "data").mkdir(parents=True)
        for name in ("kept", "changed", "deleted", "also_deleted"):
            (folder / "data" / name).write_text(name)
    (mine / "report.txt").write_text("x")
    (theirs / "debug.txt").write_text("x")
    (theirs / ".hidden").write_text("x")
    (theirs / "__pycache__").mkdir()
    (theirs / "__pycache__" / "m.pyc").write_text("x")
    (mine / "data" / "changed").write_text("new")
    (theirs / "data" / "deleted").unlink()
    (mine / "data" / "also_deleted").unlink()
    found = compare_files(mine, theirs, fingerprint(start))
    assert {name: compared.reason for name, compared in found.items()} == {
        "report.txt": "the flow does not write it",
        "debug.txt": "the notebook does not write it",
        "data/changed": "the flow does not change it",
        "data/deleted": "the flow deletes it",
        "data/also_deleted": "the notebook deletes it, the flow does not",
    }
    assert all(compared.verdict is Verdict.DIFFERENT for compared in found.values())


def test_files_that_the_notebook_does_not_reproduce(tmp_path: Path) -> None:
    def write(folder: Path, number: int, rows: int) -> Path:
        folder.mkdir()
        (folder / "log.txt").write_text(f"rows {rows}\ntook {number} s\n")
        (folder / "r.json").write_text(json.dumps({"at": number, "rows": rows}))
        (folder / f"report_{number}.txt").write_text("x")
        return folder

    first, second, third = (write(tmp_path / str(n), n, 10) for n in (17, 23, 42))
    loose = unstable_files(first, second, {})
    assert loose == {
        "log.txt": {"line 2"},
        "r.json": {"['at']"},
        "report_17.txt": {""},
        "report_23.txt": {""},
    }
    found = compare_files(first, third, {}, ignore=loose)
    assert {compared.verdict for compared in found.values()} == {Verdict.SAME}
    other = write(tmp_path / "other", 42, 11)
    reasons = {n: c.reason for n, c in compare_files(first, other, {}, ignore=loose).items() if c.reason}
    assert reasons == {
        "log.txt": "line 1: 'rows 11' instead of 'rows 10'",
        "r.json": "['rows']: 11 instead of 10",
    }


def test_classes_that_are_not_importable_here(tmp_path: Path) -> None:
    """A pickle of the notebook names `__main__`, one of the flow names the flow's module."""

    def write(module: str, value: int) -> Write:
        def pickled(path: Path) -> None:
            data = pickle.dumps(Kept(value), 2)
            path.write_bytes(data.replace(Kept.__module__.encode(), module.encode()))

        return pickled

    sides = folders(tmp_path, "m.pkl", write("gone.one", 1), write("gone.two", 1), write("gone.two", 2))
    assert compare_files(sides[0], sides[1], before={})["m.pkl"].verdict is Verdict.SAME
    assert compare_files(sides[0], sides[2], before={})["m.pkl"].reason == ".value: 2 instead of 1"


def test_pictures_that_cannot_be_read() -> None:
    assert compare_pictures(b"x", b"x").verdict is Verdict.SAME
    assert "can't be read" in compare_pictures(b"x", b"y").reason


@pytest.mark.parametrize(
    "mine, theirs, ordered, reason",
    [
        (["a", "b"], ["a", "b"], True, ""),
        (["a", "", "b "], ["a", "b"], True, ""),
        (["<X at 0x7f0011223344>"], ["<X at 0x7f9999999999>"], True, ""),
        (["a", "b"], ["b", "a"], False, ""),
        (["a", "b"], ["b", "a"], True, "the same lines in another order, first 'b' instead of 'a'"),
        (["a"], [], True, "1 missing, first 'a'"),
        (["a"], ["a", "a"], False, "1 additional, first 'a'"),
        (["n: 4"], ["n: 5"], True, "'n: 5' instead of 'n: 4'"),
        (["a", "b", "c"], ["x", "y"], True, "3 missing, first 'a'; 2 additional, first 'x'"),
    ],
)
def test_lines(mine: list[str], theirs: list[str], ordered: bool, reason: str) -> None:
    found = compare_lines(mine, theirs, ordered=ordered)
    assert found.verdict is (Verdict.DIFFERENT if reason else Verdict.SAME)
    assert found.reason == reason


@pytest.mark.parametrize(
    "theirs, same",
    [
        (["start", "took 3", "end"], True),
        (["start", "end"], False),  # the unsteady line is gone altogether
        (["start", "took 3", "took 4", "end"], False),
        (["start", "took 3", "END"], False),
        (["end", "took 3", "start"], False),
    ],
)
def test_unsteady_lines_leave_the_others_in_place(theirs: list[str], same: bool) -> None:
    mine = ["start", "took 1", "end"]
    loose = unstable_lines(mine, ["start", "took 2", "end"])
    assert loose == {"took 1", "took 2"}
    assert (compare_lines(mine, theirs, unstable=loose).verdict is Verdict.SAME) is same


CELLS = [(1, "load"), (2, "fit"), (3, "fit again"), (4, "plot"), (4, "save")]
OF = {"load": [1], "fit": [2, 3], "plot": [4], "save": [4]}


@pytest.mark.parametrize(
    "printed, different",
    [
        ([("load", "load"), ("fit", "fit"), ("fit", "fit again"), ("plot", "plot"), ("save", "save")], []),
        ([("save", "save"), ("fit", "fit"), ("plot", "plot"), ("fit", "fit again"), ("load", "load")], []),
        (
            [("load", "load"), ("fit", "fit again"), ("fit", "fit"), ("plot", "plot"), ("save", "save")],
            ["fit"],
        ),
        (
            [("load", "fit"), ("fit", "load"), ("fit", "fit again"), ("plot", "plot"), ("save", "save")],
            ["load", "fit"],
        ),
        ([("load", "load"), ("fit", "fit"), ("fit", "fit again"), ("plot", "plot")], ["plot, save"]),
        (
            [
                *(
                    (t, x)
                    for t, x in zip(
                        ["load", "fit", "fit", "plot", "save", ""],
                        ["load", "fit", "fit again", "plot", "save", "hi"],
                        strict=True,
                    )
                )
            ],
            [""],
        ),
    ],
)
def test_lines_by_task(printed: list[tuple[str, str]], different: list[str]) -> None:
    found: Any = compare_lines_by_task(CELLS, printed, OF)
    assert [names for names, compared in found if compared.verdict is Verdict.DIFFERENT] == different
