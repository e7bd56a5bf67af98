"""A batch against papermill: `python -m tests.benchmarks.batch [--sets 60 1000] [--databases ...] [--tiny 10000]`.

All side by side in one run, on Prefect servers of its own: one with SQLite, one with PostgreSQL if that is
installed. The loop of papermill is extrapolated from six sets.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import nb_to_flow
from nb_to_flow.batches.pools import cores
from tests.benchmarks.measure import Measured, measured
from tests.benchmarks.work import (
    REGION,
    SET,
    SHARED,
    distinct_work,
    write_notebook,
    write_sets,
    write_tiny_notebook,
)
from tests.servers import PrefectServer, find_postgres, start_postgres, start_prefect_server

_SAMPLE = 6
_RUNNERS = ("process", "thread")
_DATABASES = ["SQLite", *(["PostgreSQL"] if find_postgres() else [])]
# The notebook is small: by itself, the region and the score would share a task.
_SECTIONS = nb_to_flow.ConvertOptions(granularity="section")


def main() -> None:
    """Prints a table for each number of sets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, nargs="+", default=[60, 1000])
    parser.add_argument("--tiny", type=int, default=0, help="also so many sets that take no time: memory")
    parser.add_argument("--databases", nargs="+", choices=_DATABASES, default=_DATABASES)
    parser.add_argument("--batch-only", action="store_true", help="leave papermill out")
    given = parser.parse_args()
    papermill = (0.0, 0.0)
    for database in given.databases:
        with tempfile.TemporaryDirectory(prefix="nb-to-flow-benchmark-") as scratch:
            folder = Path(scratch)
            with _server(database, folder) as server:
                print(f"\nserver with {database}, {cores()} cores, load {os.getloadavg()}")
                if not given.batch_only and not any(papermill):
                    papermill = _papermill(folder, server.env)
                for count in given.sets:
                    _compare(folder, server, count, *papermill)
                if given.tiny and database == given.databases[0]:
                    _memory(folder, server.env, given.tiny)


@contextmanager
def _server(name: str, scratch: Path) -> Iterator[PrefectServer]:
    database = start_postgres() if name == "PostgreSQL" else None
    if name == "PostgreSQL" and database is None:
        raise SystemExit("no PostgreSQL is installed")
    try:
        server = start_prefect_server(scratch / "prefect", database_url=database.url if database else None)
        try:
            yield server
        finally:
            server.stop()
    finally:
        if database is not None:
            database.stop()


def _papermill(folder: Path, env: Mapping[str, str]) -> tuple[float, float]:
    """Seconds of a set, in a loop and in Prefect tasks."""
    notebook = str(write_notebook(folder))
    command = [sys.executable, "-m", "tests.benchmarks.papermill_loop", notebook, str(_SAMPLE)]
    loop, tasks = measured(command, folder, env), measured([*command, "tasks"], folder, env)
    return float(loop.output.split()[-1]) / _SAMPLE, float(tasks.output.split()[-1]) / _SAMPLE


def _compare(folder: Path, server: PrefectServer, count: int, loop: float, tasks: float) -> None:
    work = distinct_work(count)
    bound = max(work / cores(), SHARED + REGION + SET)
    alone = count * (SHARED + REGION + SET)
    print(f"\n{count} sets: {alone:,.0f} s of CPU if each ran alone, {work:.1f} s of distinct work")
    print(
        f"{'':<28}{'wall s':>9}{'start':>8}{'to loop':>9}{'to bound':>9}"
        f"{'idle':>7}{'CPU s':>8}{'server':>8}{'MB':>6}"
    )
    if loop:
        _row("papermill loop *", count * loop, count * loop, bound)
        _row("papermill in Prefect tasks *", count * tasks, count * loop, bound)
    for runner in _RUNNERS:
        before = _server_cpu(server)
        found = _batch(folder, server.env, count, runner)
        outcome = json.loads(found.output)
        # Of the cores, what pieces didn't take. What they waited for a core counts as theirs.
        idle = 1 - outcome["work_seconds"] / (outcome["seconds"] * cores())
        more = f"{idle:>7.0%}{found.cpu:>8.1f}{_server_cpu(server) - before:>8.1f}{found.megabytes:>6.0f}"
        start = found.wall - outcome["seconds"]
        _row(f"batch, {runner}", found.wall, count * loop, bound, start, more)
    print(f"{'bound: work / cores':<28}{bound:>9.1f}")
    print(
        f"* from {_SAMPLE} sets; idle: what pieces didn't take of the cores, as they wait or are orchestrated"
    )


def _row(name: str, wall: float, loop: float, bound: float, start: float = 0, more: str = "") -> None:
    print(f"{name:<28}{wall:>9.1f}{start:>8.1f}{loop / wall:>8.1f}x{wall / bound:>8.2f}x{more}", flush=True)


def _server_cpu(server: PrefectServer) -> float:
    """Seconds that the server has taken so far."""
    processes = server.process.tree() if server.process is not None else []
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def _batch(folder: Path, env: Mapping[str, str], count: int, runner: str) -> Measured:
    flow = _converted(write_notebook(folder))
    sets = write_sets(folder / "sets.csv", count)
    return _command(folder, env, flow, sets, f"results-{runner}-{count}", runner)


def _converted(notebook: Path) -> Path:
    """The notebook's flow, beside it."""
    [done] = nb_to_flow.convert(notebook, output=notebook.parent, options=_SECTIONS)
    if done.flow_file is None:
        raise RuntimeError("; ".join(diagnostic.message for diagnostic in done.diagnostics))
    return done.flow_file


def _command(
    folder: Path, env: Mapping[str, str], flow: Path, sets: Path, output: str, runner: str
) -> Measured:
    command = [sys.executable, "-m", "nb_to_flow", "batch", str(flow), "--params", str(sets), "-o", output]
    return measured([*command, "--runner", runner, "--json"], folder, env)


def _memory(folder: Path, env: Mapping[str, str], count: int) -> None:
    flow = _converted(write_tiny_notebook(folder))
    print(f"\n{'tiny sets':<28}{'wall s':>9}{'MB':>7}")
    for number in (count // 10, count):
        sets = folder / f"tiny-{number}.csv"
        sets.write_text("n\n" + "".join(f"{n}\n" for n in range(number)))
        found = _command(folder, env, flow, sets, f"tiny-{number}", "process")
        print(f"{number:<28,}{found.wall:>9.1f}{found.megabytes:>7.0f}", flush=True)


if __name__ == "__main__":
    main()
