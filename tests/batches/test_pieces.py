"""Pieces run, fail, are tried again and taken up later; without Prefect."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import pytest

from nb_to_flow.batches.eager import run_whole
from nb_to_flow.batches.store import Store, recorded
from nb_to_flow.ir.batch import BatchOptions, Finished, State
from tests.batches.flows import MemoryLedger, program_of, run_here, values_of, write_flow

ROWS = [{"region": "EU" if n % 2 else "US", "n": n} for n in range(6)]
SHARED = """
from pathlib import Path


def note(what):
    with open("ran.txt", "a") as f:
        f.write(what + "\\n")


@task
def read():
    note("read")
    return {"EU": 10, "US": 20}


@task
def region_part(data, region):
    note(region)
    return data[region], [region]


@task
def set_part(base, n):
    note(f"set {n}")
    if n == bad:
        raise ValueError(f"no {n}")
    return base / (n + 1)


@task
def after(value):
    note("after")
    return {"half": value / 2, "twice": value * 2}


@flow
def made(region: str, n: int):
    data = read.submit()
    base, names = region_part.submit(data, region).result()
    value = set_part.submit(base, n)
    halves = after.submit(value).result()
    return {"value": value.result(), "names": names, **halves, "n": n, "both": [base, n]}


"""


def shared(folder: Path, bad: object = None):
    return write_flow(folder, SHARED + f"bad = {bad!r}\n")


def ran(folder: Path) -> list[str]:
    return (folder / "ran.txt").read_text().split("\n")[:-1]


def test_sets_have_what_the_flow_alone_returns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flow = shared(tmp_path)
    ledger = run_here(program_of(flow, ROWS, tmp_path), tmp_path / "res")
    assert sorted(ran(tmp_path)) == sorted(
        ["read", "EU", "US", *["after"] * 6, *[f"set {n}" for n in range(6)]]
    )
    monkeypatch.chdir(tmp_path)
    for index, found in values_of(ledger, tmp_path / "res").items():
        alone = run_whole(flow, ROWS[index])
        base, n = alone.pop("both")
        assert found == {**alone, "both.0": base, "both.1": n}


def test_a_failure_fails_the_sets_that_need_it(tmp_path: Path) -> None:
    ledger = run_here(program_of(shared(tmp_path, bad=3), ROWS, tmp_path), tmp_path / "res")
    states = [ledger.sets[i].state for i in range(6)]
    assert states == [State.DONE] * 3 + [State.FAILED] + [State.DONE] * 2
    assert ledger.sets[3].error == "set_part: ValueError: no 3"
    assert [f.state for f in ledger.pieces.values()].count(State.SKIPPED) == 1
    [failed] = [f for f in ledger.pieces.values() if f.state is State.FAILED]
    assert "raise ValueError" in failed.trace
    assert "nb_to_flow" not in failed.trace
    assert (tmp_path / "res" / ".store").exists()


def test_what_failed_runs_again_and_nothing_else(tmp_path: Path) -> None:
    ledger = run_here(program_of(shared(tmp_path, bad=3), ROWS, tmp_path), tmp_path / "res")
    first = ran(tmp_path)
    # The same code, and nothing bad in it that isn't asked for: the key is the code's and the inputs'.
    again = run_here(program_of(shared(tmp_path, bad=3), ROWS, tmp_path), tmp_path / "res", ledger)
    assert ran(tmp_path)[len(first) :] == ["set 3"]
    assert again.sets[3].state is State.FAILED


def test_stop_at_the_first_failure(tmp_path: Path) -> None:
    program = program_of(shared(tmp_path, bad=0), ROWS, tmp_path)
    ledger = run_here(program, tmp_path / "res", options=BatchOptions(on_error="stop"))
    assert ledger.sets[0].state is State.FAILED
    assert len(ledger.sets) < 6


@pytest.mark.parametrize("chunks", range(1, 8))
def test_an_interrupted_batch_goes_on_where_it_was(tmp_path: Path, chunks: int) -> None:
    """What the driver never heard of counts too: a new ledger finds it in the store."""
    flow = shared(tmp_path)
    keep = BatchOptions(keep_intermediates=True)
    run_here(program_of(flow, ROWS, tmp_path), tmp_path / "res", options=keep, most_chunks=chunks)
    ledger = run_here(program_of(flow, ROWS, tmp_path), tmp_path / "res", MemoryLedger())
    assert sorted(ran(tmp_path)) == sorted(
        ["read", "EU", "US", *["after"] * 6, *[f"set {n}" for n in range(6)]]
    )
    assert len(values_of(ledger, tmp_path / "res")) == 6
    assert not list((tmp_path / "res" / ".store").glob("*.seg"))


def test_more_outputs_of_a_finished_piece(tmp_path: Path) -> None:
    code = SHARED.replace('"names": names,', '"names": names if n > 3 else None,')
    flow = write_flow(tmp_path, code + "bad = None\n")
    rows = [{"region": "EU", "n": 1}]
    keep = BatchOptions(keep_intermediates=True)
    ledger = run_here(program_of(flow, rows, tmp_path), tmp_path / "res", options=keep)
    more = [{"region": "EU", "n": 5}]
    ledger.sets.clear()
    run_here(program_of(flow, more, tmp_path), tmp_path / "res", ledger)
    assert values_of(ledger, tmp_path / "res")[0]["names"] == ["EU"]


def test_retries(tmp_path: Path) -> None:
    code = """
    from pathlib import Path

    def no_key_errors(task, run, state):
        return not isinstance(state.data, KeyError)

    @task(retries=2, retry_delay_seconds=[0, 0.01])
    def shaky(n):
        with open(f"{n}.txt", "a") as f:
            f.write("x")
        if len(Path(f"{n}.txt").read_text()) < 3:
            raise OSError("not yet")
        return n

    @task(retries=5, retry_condition_fn=no_key_errors)
    def picky(n):
        with open(f"picky{n}.txt", "a") as f:
            f.write("x")
        raise KeyError(n)

    @flow
    def made(n: int):
        return {"x": shaky(n), "y": picky(n) if n == 2 else None}
    """
    flow = write_flow(tmp_path, code)
    ledger = run_here(program_of(flow, [{"n": 1}, {"n": 2}], tmp_path), tmp_path / "res")
    assert ledger.sets[0].state is State.DONE
    assert ledger.sets[1].error == "picky: KeyError: 2"
    assert (tmp_path / "picky2.txt").read_text() == "x"
    assert {f.attempts for f in ledger.pieces.values()} == {1, 3}


def test_settings_do_not_leak(tmp_path: Path) -> None:
    code = """
    import decimal
    import os
    import random
    import sys
    import warnings

    import numpy as np

    level = 1

    @task
    def change(n):
        global level
        seen = [
            os.environ.get("NB_LEAK"), os.getcwd(), level, len(warnings.filters), np.geterr()["all" if 0 else "divide"],
            decimal.getcontext().prec, "leak" in sys.path, np.get_printoptions()["precision"], sys.getrecursionlimit(),
        ]
        drawn = random.random(), float(np.random.random())
        os.environ["NB_LEAK"] = "1"
        os.makedirs("sub", exist_ok=True)
        os.chdir("sub")
        level = 2
        warnings.simplefilter("error")
        np.seterr(all="raise")
        np.set_printoptions(precision=2)
        decimal.getcontext().prec = 3
        sys.path.append("leak")
        sys.setrecursionlimit(5000)
        random.seed(1)
        np.random.seed(1)
        print("changed", n)
        return seen, drawn

    @flow
    def made(n: int):
        return {"x": change(n)}
    """
    pytest.importorskip("numpy")
    filters = list(warnings.filters)
    flow = write_flow(tmp_path, code)
    ledger = run_here(program_of(flow, [{"n": n} for n in range(3)], tmp_path), tmp_path / "res")
    assert [ledger.sets[i].error for i in range(3)] == ["", "", ""]
    seen = [values_of(ledger, tmp_path / "res")[i]["x"] for i in range(3)]
    assert seen[0][0] == seen[1][0] == seen[2][0]
    assert len({drawn for _, drawn in seen}) == 3
    assert "NB_LEAK" not in os.environ
    assert warnings.filters == filters
    assert [f.printed for f in ledger.pieces.values()] == [f"changed {n}\n" for n in range(3)]


def test_what_cannot_be_pickled(tmp_path: Path) -> None:
    code = """
    @task
    def make(n):
        return lambda: n

    @task
    def use(f):
        return f()

    @flow
    def made(n: int):
        f = make(n)
        return {"f": f, "x": use(f) if n else n}
    """
    flow = write_flow(tmp_path, code)
    ledger = run_here(program_of(flow, [{"n": 0}, {"n": 1}], tmp_path), tmp_path / "res")
    assert ledger.sets[0].outputs["f"].kind == "function"
    assert "what make returns can't be pickled" in ledger.sets[1].error


def test_whole_flows(tmp_path: Path) -> None:
    code = """
    @task(retries=1)
    def double(x):
        return 2 * x

    @task
    def fail():
        raise ValueError("always")

    @flow
    def inner(x):
        return double(x)

    @flow
    def made(n: int):
        first = double.submit(n)
        if first.result() > 2:
            try:
                fail()
            except ValueError as error:
                return {"x": str(error), "y": inner(n), "z": double.map([1, n]).result()}
        return {"x": sum(double.submit(f) for f in []) + double.submit(first).result(), "y": 0}
    """
    flow = write_flow(tmp_path, code)
    program = program_of(flow, [{"n": n} for n in range(3)], tmp_path)
    assert all(s.untraceable for s in program.sets)
    ledger = run_here(program, tmp_path / "res")
    found = values_of(ledger, tmp_path / "res")
    assert found == {
        0: {"x": 0, "y": 0},
        1: {"x": 4, "y": 0},
        2: {"x": "always", "y": 4, "z": [2, 4]},
    }


def test_flow_returns_a_future_or_a_plain_value(tmp_path: Path) -> None:
    code = """
    @task
    def both(n):
        return {"a": n, "b": [n]} if n else n

    @flow
    def made(n: int):
        return both.submit(n)
    """
    ledger = run_here(
        program_of(write_flow(tmp_path, code), [{"n": 0}, {"n": 1}], tmp_path), tmp_path / "res"
    )
    assert values_of(ledger, tmp_path / "res") == {0: {"result": 0}, 1: {"a": 1, "b": [1]}}


def test_frames_are_kept_as_they_are(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    code = """
    import pandas as pd

    @task
    def frame(n):
        return pd.DataFrame({"a": [n, 2], "b": pd.to_datetime(["2024-01-01", None])}), pd.Series([n])

    @flow
    def made(n: int):
        df, series = frame(n)
        return {"df": df, "series": series, "column": df["a"]}
    """
    ledger = run_here(program_of(write_flow(tmp_path, code), [{"n": 3}], tmp_path), tmp_path / "res")
    [found] = values_of(ledger, tmp_path / "res").values()
    expected = pandas.DataFrame({"a": [3, 2], "b": pandas.to_datetime(["2024-01-01", None])})
    pandas.testing.assert_frame_equal(found["df"], expected)
    assert list(found["series"]) == [3]
    assert list(found["column"]) == [3, 2]


def test_a_torn_segment_ends_where_it_is_torn(tmp_path: Path) -> None:
    store = Store(tmp_path)
    places = [store.put([i], Finished(key=str(i), state=State.DONE)).place for i in range(3)]
    big = store.put(b"x" * 600_000, Finished(key="big", state=State.DONE)).place
    assert [store.get(place) for place in places] == [[0], [1], [2]]
    assert len(store.get(big)) == 600_000
    store.close()
    [segment] = tmp_path.glob("*.seg")
    data = segment.read_bytes()
    for cut in range(len(data)):
        segment.write_bytes(data[:cut])
        found = [finished.key for finished in recorded(tmp_path)]
        assert found == ["0", "1", "2"][: len(found)]
    segment.write_bytes(data)
    assert [finished.key for finished in recorded(tmp_path)] == ["0", "1", "2", "big"]
