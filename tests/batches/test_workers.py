"""Worker processes and threads, without a server."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from nb_to_flow.batches.clusters import Ray
from nb_to_flow.batches.driver import Driver
from nb_to_flow.batches.jobs import Setup
from nb_to_flow.batches.pools import WorkerLost
from nb_to_flow.batches.run import _pool
from nb_to_flow.batches.writers import wait_for_workers
from nb_to_flow.ir.batch import BatchOptions, Finished, State
from nb_to_flow.ir.errors import InputError
from tests.batches.flows import MemoryLedger, program_of, values_of, write_flow

CODE = """
import os
import signal
import time
from pathlib import Path


@task
def base():
    return [os.getpid()]


@task
def work(pids, n):
    if n == 3 and not Path("died.txt").exists():
        Path("died.txt").write_text("x")
        os.kill(os.getpid(), signal.SIGKILL)
    return n * 2


@task(timeout_seconds=0.2)
def slow(n):
    time.sleep(30 if n == 1 else 0)
    print("awake", n)
    return os.getcwd()


@flow
def made(n: int):
    return {"x": work(base(), n), "y": slow(n)}
"""


def run_with(runner: str, folder: Path, rows: int, ledger: MemoryLedger | None = None) -> MemoryLedger:
    """A batch on real workers, one chunk at a time."""
    flow = write_flow(folder, CODE)
    options = BatchOptions(runner=runner, max_workers=2, allow_overwrites=True)
    program = program_of(flow, [{"n": n} for n in range(rows)], folder, options)
    results = folder / "res"
    (results / ".store").mkdir(parents=True, exist_ok=True)
    wait_for_workers(results / ".store")
    ledger = ledger or MemoryLedger()
    driver = Driver(program, ledger, results, options)
    with _pool(program, results, options, None) as pool:
        driver.take_over(pool.workers)
        while driver.to_run and (chunk := driver.next_chunk()):
            ended: list[Finished] = []
            lost = ""
            try:
                pool.run(chunk, ended.extend)
            except WorkerLost as problem:
                lost = str(problem)
            driver.take(ended)
            driver.chunk_ended(chunk.number, lost)
    driver.close()
    return ledger


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="signals end processes on POSIX only")
def test_a_process_that_dies_is_replaced(tmp_path: Path) -> None:
    ledger = run_with("process", tmp_path, 6)
    assert ledger.sets[3].error == "work: WorkerLost: the worker process ended with signal SIGKILL"
    assert ledger.sets[1].error == "slow: TimeoutError: the task took longer than 0.2 s"
    found = values_of(ledger, tmp_path / "res")
    assert found == {n: {"x": 2 * n, "y": str(tmp_path)} for n in (0, 2, 4, 5)}
    again = run_with("process", tmp_path, 6, ledger)
    assert again.sets[3].state is State.DONE
    assert "awake 0\n" in {f.printed for f in ledger.pieces.values()}


@pytest.mark.slow
def test_a_module_that_does_not_load_in_workers(tmp_path: Path) -> None:
    flow = write_flow(tmp_path, CODE)
    program = program_of(flow, [{"n": 0}], tmp_path)
    (tmp_path / "made.py").write_text("raise RuntimeError('not here')\n")
    results = tmp_path / "res"
    (results / ".store").mkdir(parents=True)
    driver = Driver(program, MemoryLedger(), results, BatchOptions())
    with _pool(program, results, BatchOptions(max_workers=1), None) as pool:
        driver.take_over(1)
        chunk = driver.next_chunk()
        assert chunk is not None
        with pytest.raises(
            WorkerLost, match="can't be loaded in a worker: RuntimeError: not here"
        ) as problem:
            pool.run(chunk, lambda ended: None)
        assert problem.value.for_good


def test_threads_are_alone_with_what_belongs_to_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = """
    import os
    import threading
    import time

    inside = []
    seen = []

    @task
    def alone(n):
        os.chdir(".")
        inside.append(n)
        time.sleep(0.01)
        seen.append(list(inside))
        inside.remove(n)

    @flow
    def made(n: int):
        alone(n)
    """
    flow = write_flow(tmp_path, code)
    program = program_of(flow, [{"n": n} for n in range(6)], tmp_path)
    assert all(piece.exclusive for piece in program.pieces.values())
    results = tmp_path / "res"
    (results / ".store").mkdir(parents=True)
    options = BatchOptions(runner="thread", max_workers=4)
    driver = Driver(program, MemoryLedger(), results, options)
    driver.take_over(6)
    monkeypatch.chdir(tmp_path)
    with _pool(program, results, options, None) as pool:
        chunks = [chunk for _ in range(6) if (chunk := driver.next_chunk())]
        threads = [threading.Thread(target=pool.run, args=(chunk, driver.take)) for chunk in chunks]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    seen: list[Any] = flow.fn.__globals__["seen"]
    assert sorted(seen) == [[n] for n in range(6)]
    driver.close()


class SlowRay:
    """Ray on a machine so busy that it starts only after some attempts."""

    def __init__(self, attempts: int) -> None:
        self.attempts = attempts
        self.asked: list[str] = []

    def is_initialized(self) -> bool:
        return False

    def init(self, address: str, **options: Any) -> None:
        self.asked.append(address)
        if self.asked.count(address) < self.attempts:
            raise Exception("The current node timed out during startup.")  # noqa: TRY002 - as Ray does

    def shutdown(self) -> None:
        self.asked.append("shutdown")

    def cluster_resources(self) -> dict[str, float]:
        return {"CPU": 2.0}

    def remote(self, **options: Any) -> Any:
        return lambda function: function


def test_ray_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    setup = Setup(
        flow_file=tmp_path / "f.py", flow_name="f", folder=tmp_path, store=tmp_path, results=tmp_path
    )
    for attempts, address, asked in (
        (1, "", ["local"]),
        (2, "", ["local", "shutdown", "local"]),
        (9, "", ["local", "shutdown"] * 3),
        (9, "10.0.0.1:6379", ["10.0.0.1:6379", "shutdown"]),
    ):
        ray = SlowRay(attempts)
        monkeypatch.setitem(sys.modules, "ray", ray)
        if attempts < 9:
            Ray(setup, address, 4)
        else:
            with pytest.raises(InputError, match="no Ray cluster .*: The current node timed out"):
                Ray(setup, address, 4)
        assert ray.asked == asked
