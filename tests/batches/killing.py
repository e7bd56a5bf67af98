"""A batch that is killed at many moments and resumed: what is lost, what is done twice."""

from __future__ import annotations

import csv
import os
import random
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

FLOW = '''
    """A part for all sets, a part for each of four regions, a part for each set; each leaves a line in a log."""

    import os
    import time

    from prefect import flow, task
    from prefect.cache_policies import NO_CACHE


    def note(line: str) -> None:
        with open(os.environ["BATCH_LOG"], "a") as stream:
            stream.write(line + "\\n")


    @task(cache_policy=NO_CACHE)
    def load() -> list[int]:
        time.sleep(0.2)
        note("load")
        return list(range(20_000))


    @task(cache_policy=NO_CACHE)
    def prepare(rows: list[int], region: int) -> list[int]:
        time.sleep(0.1)
        note(f"prepare {region}")
        return [row * region for row in rows]


    @task(cache_policy=NO_CACHE)
    def score(rows: list[int], n: int) -> int:
        time.sleep(0.02)
        note(f"score {n}")
        return sum(rows) + n


    @flow
    def killed(n: int, region: int = 1):
        rows = prepare.submit(load.submit(), region)
        return {"score": score.submit(rows, n).result()}
'''
REGIONS = 4
WORKERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Killing:
    """What came of it.

    Attributes:
        kills: how often the batch was killed.
        moments: how many lines the log had each time.
        lines: how often each piece ran to its end.
        table: the rows of results.csv.
        repeated_finished: pieces of sets that the ledger called done and that ran again later.
    """

    kills: int
    moments: Sequence[int]
    lines: Mapping[str, int]
    table: Sequence[Mapping[str, str]]
    repeated_finished: Sequence[str]

    def problems(self, sets: int) -> list[str]:
        """What is wrong, in words; empty if nothing is."""
        found = [f"{name} ran again" for name in self.repeated_finished]
        numbers = Counter(row["n"] for row in self.table)
        if numbers != Counter(str(n) for n in range(sets)):
            found.append(f"the table has {len(self.table)} rows, {len(numbers)} sets, not {sets}")
        for row in self.table:
            n = int(row["n"])
            if row["state"] != "done" or int(row["score"] or -1) != expected(n):
                found.append(f"set {n} is {row['state']} with {row['score']}")
        again = sum(count - 1 for count in self.lines.values())
        if again > self.kills * WORKERS:  # what ran when the batch was killed runs again, nothing else
            found.append(f"{again} pieces ran again after {self.kills} kills")
        if len(self.lines) != 1 + REGIONS + sets:
            found.append(f"{len(self.lines)} distinct pieces ran, not {1 + REGIONS + sets}")
        return found


def expected(n: int) -> int:
    """What the flow returns."""
    return sum(range(20_000)) * (n % REGIONS + 1) + n


def kill_and_resume(folder: Path, env: Mapping[str, str], *, sets: int, kills: int, seed: int = 0) -> Killing:
    """Run the batch, SIGKILL it at random moments, the workers too every other time, and resume it each time."""
    flow, params, log = folder / "killed.py", folder / "sets.csv", folder / "log.txt"
    flow.write_text(textwrap.dedent(FLOW))
    rows = "".join(f"{n},{n % REGIONS + 1}\n" for n in range(sets))
    params.write_text(f"n,region\n{rows}")
    log.touch()
    command = [
        sys.executable,
        "-m",
        "nb_to_flow",
        "batch",
        str(flow),
        "--params",
        str(params),
        "-o",
        "results",
    ]
    command += ["--max-workers", str(WORKERS)]
    env = {**env, "BATCH_LOG": str(log)}
    moments = sorted(random.Random(seed).sample(range(sets + REGIONS), kills))
    finished: set[str] = set()
    repeated: set[str] = set()
    for turn, moment in enumerate(moments):
        before = len(_lines(log))
        _run_until(command, folder, env, log, moment, whole_group=turn % 2 == 0)
        repeated |= finished.intersection(_lines(log)[before:])
        finished = _finished(folder / "results")
        command = [*command, "--resume"] if "--resume" not in command else command
    before = len(_lines(log))
    done = subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, timeout=600, check=False
    )
    if done.returncode != 0:
        raise RuntimeError(f"the last run ended with {done.returncode}: {done.stdout}{done.stderr}")
    repeated |= finished.intersection(_lines(log)[before:])
    with (folder / "results" / "results.csv").open(newline="") as stream:
        table = list(csv.DictReader(stream))
    return Killing(
        kills=kills,
        moments=moments,
        lines=Counter(_lines(log)),
        table=table,
        repeated_finished=sorted(repeated),
    )


def _run_until(
    command: Sequence[str], folder: Path, env: Mapping[str, str], log: Path, moment: int, *, whole_group: bool
) -> None:
    """Run until the log has so many lines, then SIGKILL."""
    with (folder / "output.txt").open("ab") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=dict(env), stdout=output, stderr=output, start_new_session=True
        )
    while process.poll() is None and len(_lines(log)) <= moment:
        time.sleep(0.02)
    if whole_group:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.wait()


def _lines(log: Path) -> list[str]:
    return log.read_text().splitlines()


def _finished(results: Path) -> set[str]:
    """The lines of the pieces of sets that the ledger calls done."""
    if not (results / "ledger.sqlite").exists():
        return set()
    with closing(sqlite3.connect(results / "ledger.sqlite")) as db:
        tables = db.execute("select count(*) from sqlite_master where name = 'sets'").fetchone()[0]
        rows = db.execute("select number from sets where state = 'done'").fetchall() if tables else []
    return {f"score {n}" for (n,) in rows} | ({"load"} if rows else set())
