"""Batches on deployments, with a server that forgets nothing and creates nothing twice."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from nb_to_flow.api import write_batch_entry
from nb_to_flow.batches.entry import entry_source
from nb_to_flow.batches.ledger import SqliteLedger
from nb_to_flow.batches.remote import RemoteBatch, RunState, Target, plain_parameters
from nb_to_flow.batches.scalars import from_text
from nb_to_flow.ir.batch import Output
from nb_to_flow.ir.errors import InputError
from tests.batches.samples import write_flow
from tests.batches.test_ledger import asked


class Killed(BaseException):
    """The driver's process ended here."""


class FakeServer:
    """Runs end at the second look; sets whose `n` is in `bad` fail."""

    def __init__(self, *, bad: Iterable[int] = (), entry: bool = False, unheard: Iterable[int] = ()) -> None:
        self.bad, self.unheard = set(bad), set(unheard)
        self.target = Target(id="1", name="f/d", parameters=frozenset({"sets"} if entry else {"n"}))
        self.by_key: dict[str, str] = {}
        self.given: dict[str, Mapping[str, Any]] = {}
        self.looks: dict[str, int] = {}
        self.late: set[int] = set()
        self.silent: set[int] = set()
        self.most_open = 0
        self.kill_in_create_of = -1

    def create(self, target: Target, parameters: Mapping[str, Any], *, key: str, name: str, tag: str) -> str:
        assert tag == "batch-b"
        flow_run = self.by_key.setdefault(key, f"run-{len(self.by_key)}")
        self.given[flow_run] = parameters
        self.looks.setdefault(flow_run, 0)
        if len(self.by_key) - 1 == self.kill_in_create_of:
            self.kill_in_create_of = -1
            raise Killed
        self.most_open = max(self.most_open, sum(looks < 2 for looks in self.looks.values()))
        return flow_run

    def _numbers(self, flow_run: str) -> list[int]:
        given = self.given[flow_run]
        return [each["parameters"]["n"] for each in given["sets"]] if "sets" in given else [given["n"]]

    def runs(self, ids: Iterable[str]) -> Mapping[str, RunState]:
        found = {}
        for flow_run in ids:
            self.looks[flow_run] += 1
            ok = not self.bad.intersection(self._numbers(flow_run))
            found[flow_run] = self._state("", ok, flow_run, ended=self.looks[flow_run] >= 2)
        return found

    def children(self, ids: Iterable[str]) -> Sequence[RunState]:
        return [
            self._state(f"set {n}", n not in self.bad, f"child-{n}")
            for flow_run in ids
            for n in self._numbers(flow_run)
            if n not in self.unheard
        ]

    def results(self, ids: Iterable[str]) -> Mapping[int, Mapping[str, Output]]:
        """A set says at its run's first look what it returned, if it isn't late."""
        return {
            n: {"x": Output(value=n * 2, kind="int")}
            for flow_run in ids
            for n in self._numbers(flow_run)
            if n not in self.unheard
            and n not in self.silent
            and (n not in self.late or self.looks[flow_run] > 1)
        }

    def _state(self, name: str, ok: bool, flow_run: str, *, ended: bool = True) -> RunState:
        message = "Completed" if ok else "Failed: no"
        return RunState(name=name, ended=ended, ok=ok, message=message, seconds=1.0, flow_run=flow_run)


def ledger_of(folder: Path, count: int) -> SqliteLedger:
    ledger = SqliteLedger(folder)
    ledger.ask(asked(*({"n": n} for n in range(count))))
    return ledger


def batch(server: FakeServer, ledger: SqliteLedger, **options: Any) -> RemoteBatch:
    chosen: dict[str, Any] = {"batch": "b", "chunk": 1, "at_once": 3, "stop_on_error": False, **options}
    return RemoteBatch(
        server,
        ledger,
        server.target,
        ledger.sets(),
        show=lambda now: None,
        pause=lambda seconds: None,
        **chosen,
    )


def states(ledger: SqliteLedger) -> dict[int, str]:
    return {n: record.state.value for n, record in ledger.known_sets().items()}


def test_one_run_a_set_so_many_at_a_time(tmp_path: Path) -> None:
    server, ledger = FakeServer(bad=[3]), ledger_of(tmp_path, 8)
    totals = batch(server, ledger).run()
    assert (totals.done, totals.failed, totals.left) == (7, 1, 0)
    assert len(server.by_key) == 8
    assert server.most_open == 3
    assert states(ledger)[3] == "failed"
    assert ledger.known_sets()[3].error == "Failed: no"


def test_chunks_tell_of_each_set(tmp_path: Path) -> None:
    server, ledger = FakeServer(bad=[3], entry=True), ledger_of(tmp_path, 8)
    totals = batch(server, ledger, chunk=3).run()
    assert [server._numbers(run) for run in server.by_key.values()] == [[0, 1, 2], [3, 4, 5], [6, 7]]
    assert (totals.done, totals.failed) == (7, 1)


def test_what_sets_returned_is_waited_for(tmp_path: Path) -> None:
    server, ledger = FakeServer(bad=[3], entry=True), ledger_of(tmp_path, 6)
    server.late, server.silent = {1}, {4}
    assert batch(server, ledger, chunk=6).run().done == 5
    found = {n: {k: o.value for k, o in r.outputs.items()} for n, r in ledger.known_sets().items()}
    assert found == {0: {"x": 0}, 1: {"x": 2}, 2: {"x": 4}, 3: {}, 4: {}, 5: {"x": 10}}


def test_results_come_back_from_text() -> None:
    import datetime

    sent = [
        ("int64", "7"),
        ("float", "nan"),
        ("bool", "False"),
        ("str", "7"),
        ("date", "2024-01-02"),
        ("list", None),
    ]
    found = [from_text(kind, text) for kind, text in sent]
    assert [str(output.value) for output in found] == ["7", "nan", "False", "7", "2024-01-02", "None"]
    assert found[4].value == datetime.date(2024, 1, 2)
    assert from_text("NaTType", "NaT") == Output(kind="NaTType")


def test_sets_of_a_chunk_that_ended_before_their_turn(tmp_path: Path) -> None:
    server, ledger = FakeServer(unheard=[4, 5], entry=True), ledger_of(tmp_path, 6)
    batch(server, ledger, chunk=6).run()
    assert [n for n, state in states(ledger).items() if state == "failed"] == [4, 5]
    assert "ended before its turn" in ledger.known_sets()[4].error


@pytest.mark.parametrize("moment", range(6))
def test_killed_while_a_run_is_created(tmp_path: Path, moment: int) -> None:
    server, ledger = FakeServer(), ledger_of(tmp_path, 6)
    server.kill_in_create_of = moment
    with pytest.raises(Killed):
        batch(server, ledger).run()
    ledger.close()
    again = SqliteLedger(tmp_path)
    assert batch(server, again).run().done == 6
    # The run that the server made, and whose id was never heard, was found again by its key.
    assert len(server.by_key) == 6
    assert not again.open_runs()


def test_failed_sets_get_new_runs(tmp_path: Path) -> None:
    server, ledger = FakeServer(bad=[1]), ledger_of(tmp_path, 3)
    batch(server, ledger).run()
    assert batch(server, ledger).run().failed == 1
    assert len(server.by_key) == 3
    ledger.forget_failures()
    server.bad = set()
    assert batch(server, ledger).run().done == 3
    assert len(server.by_key) == 4


def test_stop_on_error_creates_no_more(tmp_path: Path) -> None:
    server, ledger = FakeServer(bad=[0]), ledger_of(tmp_path, 20)
    totals = batch(server, ledger, stop_on_error=True, at_once=2).run()
    assert totals.failed == 1
    assert totals.left >= 15
    assert len(server.by_key) == totals.done + totals.failed


def test_chunks_need_an_entry(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="takes one set at a time, not 5"):
        batch(FakeServer(), ledger_of(tmp_path, 8), chunk=5)


def test_parameters_go_as_json() -> None:
    import datetime
    import enum

    colour = enum.Enum("colour", {"RED": "red"})
    values = {"day": datetime.date(2024, 1, 2), "c": colour("red"), "x": float("inf"), "deep": {"a": (1,)}}
    plain = {"day": "2024-01-02", "c": "red", "x": "Infinity", "deep": {"a": [1]}}
    assert plain_parameters(values) == plain
    with pytest.raises(InputError, match="can't be sent"):
        plain_parameters({"x": object()})


def test_entry_is_written_once_and_overwrites_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    flow = write_flow(tmp_path)
    path = write_batch_entry(flow)
    assert path == tmp_path / "small_batch.py"
    tree = ast.parse(path.read_text())
    assert [node.name for node in tree.body if isinstance(node, ast.FunctionDef)] == [
        "publish_results",
        "small_batch",
    ]
    assert "nb_to_flow" not in path.read_text().replace("nb-to-flow", "")
    assert write_batch_entry(flow) == path
    path.write_text("mine = 1\n")
    with pytest.raises(InputError, match="something else"):
        write_batch_entry(flow)
    assert path.read_text() == "mine = 1\n"
    assert entry_source("a", "b", "c").count("from a import b") == 1
