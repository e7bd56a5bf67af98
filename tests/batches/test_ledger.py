"""The ledger: nothing lost when its process is killed, numbers that stay, folders that are held."""

from __future__ import annotations

import datetime
import json
import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from nb_to_flow.batches.folder import LEDGER, results_folder
from nb_to_flow.batches.ledger import SqliteLedger
from nb_to_flow.batches.sets import BadSet, ParameterSets
from nb_to_flow.ir.batch import (
    Expression,
    Finished,
    Output,
    ParameterSet,
    Piece,
    Program,
    SetRecord,
    State,
    TracedSet,
)
from nb_to_flow.ir.errors import InputError


def asked(*values: dict[str, Any], bad: tuple[BadSet, ...] = ()) -> ParameterSets:
    sets = tuple(ParameterSet(index=n, values=v, line=n + 2) for n, v in enumerate(values))
    return ParameterSets(sets=sets, bad=bad, repeated={})


def program(*keys: str) -> Program:
    pieces = {key: Piece(key=key, task="t", function="t", arguments=Expression(value={})) for key in keys}
    sets = [TracedSet(index=n, pieces=(keys[0], key)) for n, key in enumerate(keys[1:])]
    return Program(
        flow="f", flow_file=Path("f.py"), flow_name="f", folder=Path(), pieces=pieces, sets=sets, calls=4
    )


OUTPUTS = {
    "n": Output(value=3, kind="int"),
    "nan": Output(value=float("inf"), kind="float"),
    "day": Output(value=datetime.date(2024, 1, 2), kind="date"),
    "at": Output(value=datetime.datetime(2024, 1, 2, 3, 4, tzinfo=datetime.timezone.utc), kind="datetime"),
    "took": Output(value=datetime.timedelta(seconds=90), kind="timedelta"),
    "frame": Output(path="sets/0/frame.parquet", kind="DataFrame"),
    "nothing": Output(kind="NoneType"),
}


def test_what_is_recorded_is_read_again(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path)
    values = {"year": 2024, "day": datetime.date(2024, 5, 1), "deep": {"a": (1, 2)}}
    assert ledger.ask(asked(values, {"year": 1})) == 2
    ledger.reconcile(program("shared", "a", "b"))
    ledger.add(program("shared", "a", "b"))
    done = Finished(
        key="shared", state=State.DONE, seconds=2.5, place="p", outputs=tuple(OUTPUTS.values()), worker="w"
    )
    ledger.start(["shared", "a"])
    ledger.finish([done, Finished(key="a", state=State.FAILED, error="ValueError: no", trace="...")])
    ended = SetRecord(index=0, state=State.DONE, seconds=3, outputs=OUTPUTS)
    ledger.set_ended([ended, SetRecord(index=1, state=State.FAILED, error="a: ValueError: no")])
    ledger.close()

    again = SqliteLedger(tmp_path)
    assert [each.values for each in again.sets()] == [values, {"year": 1}]
    assert again.finished() == {"shared": done}
    assert again.known_sets()[0] == ended
    assert again.known_sets()[1].error == "a: ValueError: no"
    again.forget_failures()
    assert list(again.known_sets()) == [0]
    assert again.reconcile(program("shared", "a", "b")) == 0
    assert again.reconcile(program("shared", "other", "b")) == 1
    assert not again.known_sets()
    assert list(again.finished()) == ["shared"]


def test_sets_keep_their_numbers(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path)
    bad = BadSet(index=2, line=4, values={"year": "x"}, problems=("line 4: no",))
    ledger.ask(asked({"year": 1}, {"year": 2}, bad=(bad,)))
    # The bad row was mended, one came in front, and one is not asked for any more.
    assert ledger.ask(asked({"year": 0}, {"year": 2}, {"year": 3})) == 2
    assert {each.index: each.values["year"] for each in ledger.sets()} == {0: 1, 1: 2, 2: 0, 3: 3}


def test_pieces_recorded_before_keep_their_state(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path)
    ledger.ask(asked({"year": 1}, {"year": 2}))
    ledger.add(program("shared", "a"))
    ledger.finish([Finished(key="shared", state=State.DONE)])
    ledger.add(program("shared", "a", "b"))
    assert list(ledger.finished()) == ["shared"]


def test_parameters_that_cannot_be_recorded(tmp_path: Path) -> None:
    ledger = SqliteLedger(tmp_path)
    with pytest.raises(InputError, match="a parameter can't be recorded"):
        ledger.ask(asked({"f": lambda: 1}))


def test_a_file_that_is_no_ledger(tmp_path: Path) -> None:
    (tmp_path / LEDGER).write_bytes(b"something else" * 100)
    with pytest.raises(InputError, match="is no ledger"):
        SqliteLedger(tmp_path)


def test_a_ledger_of_another_format(tmp_path: Path) -> None:
    SqliteLedger(tmp_path).close()
    with sqlite3.connect(tmp_path / LEDGER) as db:
        db.execute("update meta set value = '99' where name = 'format'")
    with pytest.raises(InputError, match="another version"):
        SqliteLedger(tmp_path)


KILLED = """
    import sys
    from pathlib import Path
    from nb_to_flow.batches.folder import results_folder
    from nb_to_flow.batches.ledger import SqliteLedger
    from nb_to_flow.ir.batch import Finished, State
    from tests.batches.test_ledger import asked, program

    with results_folder(Path(sys.argv[1]), resume=True) as folder:
        ledger = SqliteLedger(folder)
        keys = [str(n) for n in range(100_000)]
        ledger.add(program(*keys))
        for key in keys:
            ledger.finish([Finished(key=key, state=State.DONE, seconds=1)])
            print(key, flush=True)
"""


def test_sigkill_loses_nothing_that_was_reported(tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path / "results")]
    root = Path(__file__).parents[2]
    env = {**os.environ, "PYTHONPATH": str(root)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=env, cwd=root) as process:
        assert process.stdout is not None
        for _ in range(500):
            process.stdout.readline()
        held = f"in use by another batch .process {process.pid} on"
        with pytest.raises(InputError, match=held), results_folder(tmp_path / "results", resume=True):
            pass
        process.send_signal(signal.SIGKILL)
        last = max([499, *(int(line) for line in process.stdout if line.endswith(b"\n"))])
    with results_folder(tmp_path / "results", resume=True) as folder:
        finished = SqliteLedger(folder).finished()
    # One more may have been recorded than was reported.
    assert len(finished) in (last + 1, last + 2)
    assert all(str(n) in finished for n in range(last + 1))


def test_two_batches_of_one_process(tmp_path: Path) -> None:
    held = pytest.raises(InputError, match="another batch of this process")
    with results_folder(tmp_path / "r", resume=False), held, results_folder(tmp_path / "r", resume=True):
        pass
    with results_folder(tmp_path / "r", resume=True):
        pass


def test_folders_that_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").touch()
    with results_folder(tmp_path / "batch", resume=False) as folder:
        SqliteLedger(folder).close()
    for name, resume, pattern in [
        ("file", False, "is a file"),
        ("other", False, "holds other files .thesis.tex"),
        ("other", True, "holds other files"),
        ("batch", False, "holds the results of a batch already"),
    ]:
        with pytest.raises(InputError, match=pattern), results_folder(tmp_path / name, resume=resume):
            pass
    assert json.dumps(sorted(os.listdir(tmp_path / "other"))) == '["thesis.tex"]'


def test_a_batch_that_is_refused_leaves_no_folder(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    for _ in range(2):
        with pytest.raises(InputError, match="sets collide"), results_folder(folder, resume=False):
            SqliteLedger(folder).close()
            raise InputError("sets collide")
        assert not folder.exists()


def test_a_batch_that_is_resumed_keeps_its_ledger(tmp_path: Path) -> None:
    with results_folder(tmp_path, resume=False):
        SqliteLedger(tmp_path).close()
    with pytest.raises(InputError), results_folder(tmp_path, resume=True):
        raise InputError("the flow has no such parameter")
    assert (tmp_path / LEDGER).exists()
