"""Which files tasks use, when sets would overwrite each other's, and folders of the sets' own."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from nb_to_flow.batches.effects import UNKNOWN, effects_of, may_see
from nb_to_flow.batches.workdirs import prepare, remove_links
from nb_to_flow.ir.batch import BatchOptions
from nb_to_flow.ir.errors import InputError
from tests.batches.flows import program_of, run_here, values_of, write_flow

HEAD = """
import json, os, io, shutil, sqlite3, tempfile
from pathlib import Path
from prefect import flow, task

OUT = "out"


def save(value, path, mode="w"):
    with open(path, mode) as f:
        json.dump(value, f)


"""
# Body of a task with the arguments a and b; what it writes: path and what that depends on.
WRITES = {
    "open(f'{a}.txt', 'w').write('x')": [("{a}.txt", {"a"})],
    "open('x.txt').read()": [],
    "open(a, mode='wb')": [("{a}", {"a"})],
    "Path('out', 'x').write_text('y')": [("out/x", set())],
    "p = Path('out') / f'{b}.csv'\na.to_csv(p)": [("out/{b}.csv", {"b"})],
    "name = f'{b}-1'\na.to_csv(os.path.join('out', name + '.csv'))": [("out/{b}-1.csv", {"b"})],
    "save(a, 'x.json')": [("x.json", set())],
    "save(a, path=f'{OUT}/{b}.json')": [("out/{b}.json", {"b"})],
    "for k in b:\n    OUT = k\n    save(a, OUT + '.json')": [("{k}.json", {"b"})],
    "sqlite3.connect(':memory:').execute('DROP TABLE t')": [],
    "os.remove(f'{a}.txt'); b.remove(a); Path(b).unlink()": [("{a}.txt", {"a"}), ("{b}", {"b"})],
    "a.savefig(io.BytesIO())": [],
    "buffer = io.BytesIO()\na.savefig(buffer)": [],
    "a.to_csv()": [],
    "for k in b:\n    a.to_csv(f'{k}.csv')": [("{k}.csv", {"b"})],
    "d = tempfile.mkdtemp()\na.to_csv(d + '/x.csv')": [("{tempfile.mkdtemp()}/x.csv", {UNKNOWN})],
    "shutil.copyfile('a', 'b')": [("b", set())],
    "sqlite3.connect('x.db').execute('INSERT INTO t VALUES (1)')": [("x.db", set())],
    "sqlite3.connect('x.db').execute('SELECT 1')": [],
}


@pytest.mark.parametrize("body", WRITES)
def test_writes(body: str, tmp_path: Path) -> None:
    code = f"@task\ndef work(a, b):\n{indent(body, '    ')}\n\n\n@flow\ndef made(a, b):\n    work(a, b)\n"
    flow = write_flow(tmp_path, code, head=HEAD)
    found = effects_of(flow.fn.__globals__["work"].fn).writes
    assert [(use.text, set(use.depends)) for use in found if not use.folder] == WRITES[body]


def test_what_may_be_seen(tmp_path: Path) -> None:
    code = """
    @task
    def writer(): open("out/x.csv", "w")
    @task
    def reader(): open("out/x.csv")
    @task
    def other(): open("data/y.csv")
    @task
    def lister(): os.listdir("out")
    @task
    def folder(): os.makedirs("out")
    @task
    def shell(): os.system("ls")
    @task
    def plain(): return 1
    @flow
    def made(): pass
    """
    names = write_flow(tmp_path, code, head=HEAD).fn.__globals__
    effects = {
        n: effects_of(names[n].fn)
        for n in ["writer", "reader", "other", "lister", "folder", "shell", "plain"]
    }
    seen = {name for name, found in effects.items() if may_see(effects["writer"], found)}
    assert seen == {"reader", "lister", "shell"}
    assert not any(may_see(effects["folder"], effects[n]) for n in ("reader", "lister", "plain"))


CONFLICTS = """
@task
def shared():
    open("always.txt", "w").write("x")
    return 1


@task
def store(value, region, out_dir):
    os.makedirs(out_dir, exist_ok=True)
    open(f"{out_dir}/{region}.txt", "w").write(str(value))
    with open("log.txt", "a") as f:
        f.write("added\\n")
    return region


@flow
def made(region: str, n: int = 1, out_dir: str = "out"):
    return {"x": store(shared() if n == 1 else n, region, out_dir)}
"""


def test_paths_must_tell_sets_apart(tmp_path: Path) -> None:
    flow = write_flow(tmp_path, CONFLICTS, head=HEAD)
    program_of(flow, [{"region": r} for r in ("EU", "US")], tmp_path)
    program_of(flow, [{"region": "EU", "n": n, "out_dir": f"out{n}"} for n in (2, 3)], tmp_path)
    clash = [{"region": "EU", "n": n} for n in (2, 3)]
    with pytest.raises(InputError, match=r"store runs 2 times and writes \{out_dir\}/\{region\}.txt"):
        program_of(flow, clash, tmp_path)
    program_of(flow, clash, tmp_path, BatchOptions(allow_overwrites=True))
    program_of(flow, clash, tmp_path, BatchOptions(own_folders=True))
    outside = [{**row, "out_dir": str(tmp_path)} for row in clash]
    with pytest.raises(InputError, match="overwrite"):
        program_of(flow, outside, tmp_path, BatchOptions(own_folders=True))


def test_own_folders(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "EU.txt").write_text("before")
    (tmp_path / "data").mkdir()
    flow = write_flow(tmp_path, CONFLICTS, head=HEAD)
    options = BatchOptions(own_folders=True)
    rows = [{"region": "EU", "n": n} for n in (2, 3)]
    run_here(program_of(flow, rows, tmp_path, options), tmp_path / "res", options=options)
    texts = [(tmp_path / "res" / "sets" / str(i) / "out" / "EU.txt").read_text() for i in range(2)]
    assert texts == ["2", "3"]
    assert (tmp_path / "out" / "EU.txt").read_text() == "before"
    assert not (tmp_path / "res" / "sets" / "0" / "data").exists()


ABOVE = """
@task
def count(n: int):
    with open("../out/n.txt", "w") as f:
        f.write(str(n))
    return len(open("../data/rows.txt").read()) + len(open("../out/n.txt").read()) + len(open("own.txt").read())


@flow
def made(n: int):
    return {"x": count(n)}
"""


def test_own_folders_have_what_lies_above(tmp_path: Path) -> None:
    for name in ("data/rows.txt", "out/old.txt", "books/own.txt", "books/deep/x.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("abc")
    flow = write_flow(tmp_path, ABOVE, head=HEAD)
    options, home, results = BatchOptions(own_folders=True), tmp_path / "books", tmp_path / "books" / "res"
    program = program_of(flow, [{"n": 1}, {"n": 20}], home, options)
    assert (program.up, program.turns) == (1, ())
    ledger = run_here(program, results, options=options)
    assert values_of(ledger, results) == {0: {"x": 7}, 1: {"x": 8}}
    left = sorted(p.relative_to(results).as_posix() for p in (results / "sets").rglob("*.txt"))
    assert left == [f"sets/{i}/out/{name}.txt" for i in (0, 1) for name in ("n", "old")]
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["old.txt"]


def test_only_what_may_be_written_is_copied(tmp_path: Path) -> None:
    source = tmp_path / "home"
    for name in (
        "a.csv",
        "b.db",
        "data/big.bin",
        "out/old.txt",
        "out/deep/x.txt",
        ".git/config",
        "res/sets/0/y",
    ):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(name)
    target = source / "res" / "sets" / "0"
    for _ in range(2):
        prepare(target, source, ["out/{name}.txt", "b.db"], source / "res")
    links = {p.relative_to(target).as_posix() for p in target.rglob("*") if p.is_symlink()}
    assert links == {"a.csv", "data", "out/deep"}
    assert {p.name for p in target.iterdir()} == {"a.csv", "b.db", "data", "out", "y"}
    (target / "out" / "old.txt").write_text("new")
    prepare(target, source, ["out/{name}.txt", "b.db"], source / "res")
    assert (target / "out" / "old.txt").read_text() == "new"
    assert (source / "out" / "old.txt").read_text() == "out/old.txt"
    remove_links(target)
    assert {p.name for p in target.rglob("*")} == {"b.db", "out", "old.txt", "y"}
