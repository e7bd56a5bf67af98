"""Sets that touch the same files: they take turns, and nothing that they change is shared."""

from __future__ import annotations

import queue
import threading
from pathlib import Path

import pytest

from nb_to_flow.batches.driver import Driver
from nb_to_flow.batches.run import _pool
from nb_to_flow.ir.batch import BatchOptions, Finished, Program, State
from nb_to_flow.ir.errors import InputError
from tests.batches.flows import MemoryLedger, program_of, run_here, values_of, write_flow

HEAD = """
import glob, os, time
from pathlib import Path
from prefect import flow, task
from prefect.cache_policies import NO_CACHE

@task
def number(n: int) -> int:
    return n

@task
def store(n: int, path: str = "x.txt") -> None:
    Path(path).write_text("")
    time.sleep(0.02)
    Path(path).write_text(str(n))

@task
def header() -> None:
    Path("x.txt").write_text("header")

@task
def add(n: int) -> None:
    with open("x.txt", "a") as stream:
        stream.write(str(n))

@task
def read(path: str = "x.txt") -> str:
    time.sleep(0.01)
    return Path(path).read_text()

@task
def read_but_1() -> str:
    text = Path("x.txt").read_text()
    if text == "1" and os.path.exists("bad"):
        raise ValueError(text)
    return text

@task
def names(n: int) -> list:
    return sorted(glob.glob("out/*.txt"))

@task
def log(n: int) -> None:
    with open("log.txt", "a") as stream:
        stream.write("x")

"""
ALLOW = BatchOptions(allow_overwrites=True)
BODIES = {
    # body: tasks that take turns, with how often each runs for three sets
    "store(number(n)); return {'x': number(n)}": [("store", 3)],
    "s = store.submit(number(n)); return {'x': read.submit(wait_for=[s])}": [("store", 3), ("read", 3)],
    "h = header.submit(); return {'x': read.submit(wait_for=[h]), 'n': number(n)}": [],
    "h = header.submit(); a = add.submit(n, wait_for=[h]); return {'x': read.submit(wait_for=[a])}": [
        ("header", 3),
        ("add", 3),
        ("read", 3),
    ],
    "a = read(); return {'x': a, 'y': store(number(n))}": [("read", 3), ("store", 3)],
    "log(n); return {'x': number(n)}": [],
    "add(n); return {'x': number(n)}": [],
    "s = store.submit(n, f'out/{n}.txt'); return {'x': read.submit(f'out/{n}.txt', wait_for=[s])}": [],
    "s = store.submit(n, f'out/{n}.txt'); return {'x': names.submit(n, wait_for=[s])}": [
        ("store", 3),
        ("names", 3),
    ],
    "s = store.submit(n, f'data/{n}.txt'); return {'x': names.submit(n, wait_for=[s])}": [],
}


def made(
    folder: Path, body: str, rows: int = 3, options: BatchOptions = ALLOW, *, shared: bool = True
) -> Program:
    text = "\n    ".join(part.strip() for part in body.split(";"))
    flow = write_flow(folder, f"\n@flow\ndef made(n: int):\n    {text}\n", head=HEAD)
    (folder / "out").mkdir(exist_ok=True)
    return program_of(flow, [{"n": n} for n in range(rows)], folder, options, shared=shared)


@pytest.mark.parametrize("body", BODIES)
def test_who_takes_turns(body: str, tmp_path: Path) -> None:
    program = made(tmp_path, body)
    found = [
        (task, sum(piece.task == task for piece in program.pieces.values()))
        for turn in program.turns
        for task in turn.tasks
    ]
    assert found == BODIES[body]


def test_different_tasks_of_different_sets(tmp_path: Path) -> None:
    body = "header() if n == 1 else store(n); return {'x': number(n)}"
    with pytest.raises(InputError, match=r"store \(line 15\) and header \(line 19\) write \{path\}, for d"):
        made(tmp_path, body, 2, BatchOptions())
    assert made(tmp_path, body, 2).turns[0].tasks == ("store", "header")


def test_sets_that_run_whole_are_looked_at_too(tmp_path: Path) -> None:
    body = "x = number(n) + 1; store.submit(x, f'{n}.txt').result(); return {'x': x}"
    assert made(tmp_path, body, options=BatchOptions()).turns == ()
    body = "x = number(n) + 1; store.submit(x).result(); return {'x': x}"
    with pytest.raises(InputError, match="made runs 3 times and writes x.txt"):
        made(tmp_path, body, options=BatchOptions())
    [turn] = made(tmp_path, body).turns
    assert str(turn) == "made runs for one set after the other (3 sets): they would share x.txt"


def test_sets_that_share_nothing_write_what_would_be_written_once(tmp_path: Path) -> None:
    body = "h = header.submit(); return {'x': read.submit(wait_for=[h]), 'n': number(n)}"
    assert len(made(tmp_path, body, options=BatchOptions()).pieces) == 5
    with pytest.raises(InputError, match="header runs 3 times and writes x.txt"):
        made(tmp_path, body, options=BatchOptions(), shared=False)
    assert len(made(tmp_path, body, shared=False).pieces) == 9


FOLLOWED = "s = store.submit(number(n)); return {'x': read.submit(wait_for=[s])}"


def test_what_a_set_did_to_the_files_is_done_again_with_the_rest(tmp_path: Path) -> None:
    program = made(tmp_path, FOLLOWED.replace("read", "read_but_1"), 4)
    results = tmp_path / "res"
    (tmp_path / "bad").touch()
    whole = run_here(program, results)
    assert sorted(values_of(whole, results)) == [0, 2, 3]
    # Set 1 has stored, but not read: since then the others have stored.
    (tmp_path / "bad").unlink()
    whole.started.clear()
    again = run_here(program, results, whole)
    assert [program.pieces[key].task for key in again.started] == ["store", "read_but_1"]
    assert values_of(again, results)[1] == {"x": "1"}


def side_by_side(program: Program, folder: Path, options: BatchOptions) -> MemoryLedger:
    """Run a program on as many workers as the options say, all of them at once."""
    results, ledger = folder / "res", MemoryLedger()
    (results / ".store").mkdir(parents=True)
    driver = Driver(program, ledger, results, options)
    ended: queue.Queue[tuple[int, list[Finished]]] = queue.Queue()

    def run(number: int) -> None:
        found: list[Finished] = []
        pool.run(driver.in_flight[number], found.extend)
        ended.put((number, found))

    with _pool(program, results, options, None) as pool:
        driver.take_over(pool.workers)
        while driver.to_run:
            while len(driver.in_flight) < pool.workers and (chunk := driver.next_chunk()):
                threading.Thread(target=run, args=(chunk.number,)).start()
            number, found = ended.get(timeout=60)
            driver.take(found)
            driver.chunk_ended(number, "")
    driver.close()
    return ledger


@pytest.mark.parametrize("runner", ["thread", pytest.param("process", marks=pytest.mark.slow)])
def test_no_set_sees_another_ones_file(runner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = BatchOptions(runner=runner, max_workers=4, allow_overwrites=True)
    program = made(tmp_path, FOLLOWED, 12)
    monkeypatch.chdir(tmp_path)
    ledger = side_by_side(program, tmp_path, options)
    assert values_of(ledger, tmp_path / "res") == {n: {"x": str(n)} for n in range(12)}
    assert (tmp_path / "x.txt").read_text() == "11"


@pytest.mark.parametrize("runner", ["thread", pytest.param("process", marks=pytest.mark.slow)])
def test_each_set_in_its_own_folder(runner: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = BatchOptions(runner=runner, max_workers=4, own_folders=True)
    program = made(tmp_path, FOLLOWED, 8, options)
    assert program.turns == ()
    monkeypatch.chdir(tmp_path)
    ledger = side_by_side(program, tmp_path, options)
    assert values_of(ledger, tmp_path / "res") == {n: {"x": str(n)} for n in range(8)}
    assert [(tmp_path / "res" / "sets" / str(n) / "x.txt").read_text() for n in range(8)] == list("01234567")
    assert not (tmp_path / "x.txt").exists()
    assert Path.cwd() == tmp_path


def test_a_set_that_fails_gives_the_turn_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = "m = fail(n); s = store.submit(m); return {'x': read.submit(wait_for=[s])}"
    fail = (
        "\n@task\ndef fail(n: int) -> int:\n    time.sleep(0.05 * (n % 2))\n    return 6 // (n % 3) * 0 + n\n"
    )
    monkeypatch.setitem(globals(), "HEAD", HEAD + fail)
    program = made(tmp_path, body, 12)
    monkeypatch.chdir(tmp_path)
    options = BatchOptions(runner="thread", max_workers=4, allow_overwrites=True)
    ledger = side_by_side(program, tmp_path, options)
    assert {n for n, record in ledger.sets.items() if record.state is State.FAILED} == {0, 3, 6, 9}
    assert values_of(ledger, tmp_path / "res") == {n: {"x": str(n)} for n in range(12) if n % 3}
