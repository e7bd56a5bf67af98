"""`nb-to-flow batch` as users call it."""

from __future__ import annotations

import csv
import json
import os
import pickle
import signal
import subprocess
import sys
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import pytest

from nb_to_flow.batches.view import LedgerView
from nb_to_flow.cli import main
from nb_to_flow.cli.batch import sorted_out
from tests.batches.killing import kill_and_resume
from tests.batches.samples import SMALL, write_flow
from tests.servers import PrefectServer, start_worker, wait_for

WORDS = [
    (("f.py",), ("a=1",), ("f.py", ("a=1",))),
    (("b=2", "f.py"), ("a=1",), ("f.py", ("a=1", "b=2"))),
    (("f.py", "b=2", "c=3"), ("a=1",), ("f.py", ("a=1", "b=2", "c=3"))),
    (("a=1",), ("f.py",), ("f.py", ("a=1",))),
    (("dir=x/f.py", "f.py"), ("a=1",), ("f.py", ("a=1", "dir=x/f.py"))),
]


@pytest.mark.parametrize(("words", "grid", "expected"), WORDS)
def test_grids_take_several_words(words: Any, grid: Any, expected: Any) -> None:
    assert sorted_out(words, grid) == expected


@pytest.mark.parametrize(("words", "grid"), [((), ()), (("f.py", "a=1"), ()), (("f.py", "g.py"), ("a=1",))])
def test_words_that_are_no_call(words: Any, grid: Any) -> None:
    with pytest.raises(click.UsageError):
        sorted_out(words, grid)


def test_dry_run_says_what_is_shared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    flow = str(write_flow(tmp_path))
    (tmp_path / "sets.csv").write_text("year,region\n2020,EU\n2021,US\n2021,US\nnext,EU\n")
    common = ["batch", flow, "--params", "sets.csv", "--grid", "share=0.1..0.3..0.1"]
    assert main([*common, "--dry-run", "--json"]) == 0
    said = capsys.readouterr()
    outlook = json.loads(said.out)
    assert {task["task"]: (task["runs"], task["calls"]) for task in outlook["tasks"]} == {
        "load": (1, 6),
        "by_region": (2, 6),
        "score": (6, 6),
    }
    assert (outlook["sets"], outlook["invalid"], outlook["repeated"]) == (6, 3, 3)
    assert "left out: sets.csv, line 5, column 1: year" in said.err
    assert "left out: set 6 repeats set 3 and 2 more repetitions" in said.err
    assert main([*common, "--dry-run"]) == 0
    assert "6 sets, 9 pieces of work for 18 calls; 9 calls are shared" in capsys.readouterr().out
    assert sorted(p.name for p in tmp_path.iterdir() if p.name != "__pycache__") == ["sets.csv", "small.py"]


def test_credentials_are_pointed_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    source = SMALL.replace("year: int = 2020", "year: int = 2020, api_key: str = ''")
    write_flow(tmp_path, source=source)
    assert main(["batch", "small.py", "--grid", "year=1", "-p", "api_key=k3yOf9Secrets", "--dry-run"]) == 0
    said = capsys.readouterr().err
    assert "api_key looks like a credential" in said and "k3yOf9" not in said


REFUSED = [
    (["--params", "none.csv", "-o", "r"], "none.csv: No such file"),
    (["--grid", "yaer=1", "-o", "r"], "did you mean year"),
    (["--grid", "year=a,1", "--strict", "-o", "r"], "1 parameter set can't be run"),
    (["-o", "r"], "no parameter sets are given"),
    (["--resume", "-o", "r"], "no batch to go on with"),
    (["--grid", "year=1"], "-o is missing"),
    (["--grid", "year=1", "-o", "taken"], "holds other files"),
]


@pytest.mark.parametrize(("arguments", "said"), REFUSED, ids=[" ".join(r[0]) for r in REFUSED])
def test_refused_before_anything_is_written(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    write_flow(tmp_path)
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "thesis.tex").touch()
    assert main(["batch", "small.py", *arguments]) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "r" / "results.csv").exists()
    assert [p.name for p in (tmp_path / "taken").iterdir()] == ["thesis.tex"]


def run(folder: Path, env: Mapping[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own; pieces leave lines in log.txt."""
    return subprocess.run(
        [sys.executable, "-m", "nb_to_flow", "batch", *arguments],
        cwd=folder,
        env={**env, "BATCH_LOG": str(folder / "log.txt")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def table(folder: Path) -> list[dict[str, str]]:
    with (folder / "results.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.slow
def test_batch_resumed_extended_and_changed(server: PrefectServer, tmp_path: Path) -> None:
    flow = write_flow(tmp_path)
    grid = ["--grid", "year=2020..2022", "region=EU,US", "-p", "share=0.1"]
    done = run(tmp_path, server.env, "small.py", *grid, "-o", "r")
    assert done.returncode == 1, done.stderr
    assert "4 of 6 sets done, 2 failed" in done.stdout
    rows = table(tmp_path / "r")
    assert [row["state"] for row in rows] == ["done"] * 4 + ["failed"] * 2
    assert rows[4]["error"] == "score: ValueError: no data for 2022"
    assert float(rows[1]["score"]) == 499502 * 0.1 + 2020
    assert pickle.loads((tmp_path / "r" / rows[0]["rows"]).read_bytes()) == list(range(1000))
    log = (tmp_path / "log.txt").read_text().splitlines()
    assert Counter(line.split()[0] for line in log) == {"load": 1, "by_region": 2, "score": 6}
    page = (tmp_path / "r" / "summary.html").read_text()
    assert "1 for 6 calls" in page and "<svg" in page

    refused = run(tmp_path, server.env, "small.py", *grid, "-o", "r")
    assert refused.returncode == 2 and "--resume goes on with it" in refused.stderr

    again = run(tmp_path, server.env, "small.py", "--resume", "-o", "r", "--json")
    assert again.returncode == 1
    assert json.loads(again.stdout)["pieces_run"] == 0
    more = run(tmp_path, server.env, "small.py", "--grid", "year=2022,2023", "--resume", "-o", "r")
    assert "2 parameter sets are new, 6 were there" in more.stderr
    assert [(row["set"], row["state"]) for row in table(tmp_path / "r")][6:] == [
        ("6", "failed"),
        ("7", "done"),
    ]

    flow.write_text(flow.read_text().replace("year == 2022", "year == 2000"))
    changed = run(tmp_path, server.env, "small.py", "--retry-failed", "-o", "r")
    assert changed.returncode == 0, changed.stdout + changed.stderr
    assert "the flow has changed" in changed.stderr
    assert {row["state"] for row in table(tmp_path / "r")} == {"done"}


@pytest.mark.slow
def test_artifact_of_the_flow_run_shows_the_sets(server: PrefectServer, tmp_path: Path) -> None:
    write_flow(tmp_path)
    done = run(tmp_path, server.env, "small.py", "--grid", "year=2021,2022", "-o", "r", "--json")
    outcome = json.loads(done.stdout)
    assert outcome["failures"] == [{"set": 1, "line": None, "error": "score: ValueError: no data for 2022"}]
    flow_run = server.get(f"/flow_runs/{outcome['flow_run']}")
    assert flow_run["state"]["type"] == "FAILED"
    wanted = {"artifacts": {"flow_run_id": {"any_": [outcome["flow_run"]]}}}
    [artifact] = server.post("/artifacts/filter", wanted)
    assert (artifact["type"], artifact["key"]) == ("table", "batch-small")
    assert [(row["set"], row["state"]) for row in json.loads(artifact["data"])] == [
        (1, "failed"),
        (0, "done"),
    ]
    assert artifact["description"] == "2 parameter sets: 1 done, 1 failed."


@pytest.mark.slow
def test_nothing_is_lost_or_done_twice_when_killed(server: PrefectServer, tmp_path: Path) -> None:
    assert kill_and_resume(tmp_path, server.env, sets=60, kills=5).problems(60) == []


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="no process groups")
def test_ctrl_c_ends_it_and_says_how_to_go_on(server: PrefectServer, tmp_path: Path) -> None:
    write_flow(
        tmp_path,
        source=SMALL.replace('note(f"score', 'time.sleep(0.3); note(f"score').replace(
            "import os", "import os, time"
        ),
    )
    log = tmp_path / "log.txt"
    log.touch()
    # What runs in the background may have been told to ignore the signal.
    start = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from nb_to_flow.cli import main; sys.exit(main())"
    )
    arguments = ["batch", "small.py", "--grid", "year=1000..1300", "-o", "r"]
    with subprocess.Popen(
        [sys.executable, "-c", start, *arguments],
        cwd=tmp_path,
        env={**server.env, "BATCH_LOG": str(log)},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        wait_for(lambda: len(log.read_text().splitlines()) > 5, "some pieces")
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does, to the workers too
        said = process.communicate(timeout=300)[1]
    assert process.returncode == 130
    assert "--resume -o r goes on from here" in said
    assert "Traceback" not in said
    assert Counter(row["state"] for row in table(tmp_path / "r"))["pending"] > 100


@pytest.mark.slow
def test_the_function_does_what_the_command_does(server: PrefectServer, tmp_path: Path) -> None:
    write_flow(tmp_path, source=SMALL.replace("year == 2022", "year == 2000"))
    program = """
        import nb_to_flow
        sets = [{"year": 2020 + n, "region": "US"} for n in range(3)]
        found = nb_to_flow.batch("small.py", sets, output="r", fixed={"share": 1.0})
        print(found.ok, [row.outputs["score"].value for row in found.report.sets])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        cwd=tmp_path,
        env=server.env,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.stdout.strip() == "True [501522.0, 501523.0, 501524.0]", done.stderr
    assert [row.line for row in LedgerView(tmp_path / "r").sets()] == [None] * 3


@pytest.fixture(scope="module")
def deployed(server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the flow, it and its entry deployed to a pool with a worker."""
    folder = tmp_path_factory.mktemp("deployed")
    flow = write_flow(folder)
    done = run(folder, server.env, flow.name, "--write-entry")
    assert "deploy it: nb-to-flow deploy small_batch.py --folder . --apply" in done.stdout, done.stderr
    made = server.prefect("work-pool", "create", "hands", "--type", "process", cwd=folder)
    assert made.returncode == 0, made.stderr
    for name in ("small.py", "small_batch.py"):
        target = ["deploy", name, "--name", "d", "--pool", "hands", "--folder", ".", "--apply"]
        registered = server.run("nb_to_flow", *target, cwd=folder)
        assert registered.returncode == 0, registered.stderr
    worker = start_worker(server, "hands", folder / "worker")
    yield folder
    worker.stop()


@pytest.mark.slow
def test_one_flow_run_for_each_set(server: PrefectServer, deployed: Path) -> None:
    arguments = ["small.py", "--grid", "year=2021,2022", "--deployment", "small/d", "-o", "one", "--json"]
    done = run(deployed, server.env, *arguments)
    outcome = json.loads(done.stdout)
    assert done.returncode == 1, done.stderr
    assert (outcome["done"], outcome["failed"]) == (1, 1)
    first, second = LedgerView(deployed / "one").sets()
    assert server.get(f"/flow_runs/{first.flow_run}")["parameters"]["year"] == 2021
    assert "no data for 2022" in second.error
    again = run(deployed, server.env, *arguments, "--resume")
    assert json.loads(again.stdout)["done"] == 1
    assert len(_runs_of(server, "small")) == 2


@pytest.mark.slow
def test_chunks_of_sets_survive_a_killed_driver(server: PrefectServer, deployed: Path) -> None:
    grid = ["--grid", "year=2010..2015", "region=EU", "share=0.25"]
    command = ["small.py", *grid, "--deployment", "small-batch/d", "--chunk", "3", "-o", "chunks"]
    driver = subprocess.Popen(
        [sys.executable, "-m", "nb_to_flow", "batch", *command], cwd=deployed, env=server.env, text=True
    )
    wait_for(lambda: len(_runs_of(server, "small-batch")) == 2, "two flow runs")
    driver.kill()
    driver.wait()
    done = run(deployed, server.env, *command, "--resume")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "6 of 6 sets done" in done.stdout
    assert len(_runs_of(server, "small-batch")) == 2
    names = [run["name"] for run in _runs_of(server, "small") if run["parameters"]["share"] == 0.25]
    assert sorted(names) == [f"set {n}" for n in range(6)]
    rows = table(deployed / "chunks")
    assert [float(row["score"]) for row in rows] == [499502 * 0.25 + year for year in range(2010, 2016)]
    assert {row["base"] for row in rows} == {"499502"} and {row["rows"] for row in rows} == {""}


@pytest.mark.slow
def test_deployments_that_cannot_take_it(server: PrefectServer, deployed: Path) -> None:
    for name, chunk, said in [
        ("small/d", "2", "takes one set at a time, not 2"),
        ("small/none", "1", "the server has no deployment small/none"),
        ("small", "1", "'small' is no deployment"),
    ]:
        arguments = [
            "small.py",
            "--grid",
            "year=1",
            "--deployment",
            name,
            "--chunk",
            chunk,
            "-o",
            f"no{len(said)}",
        ]
        done = run(deployed, server.env, *arguments)
        assert done.returncode == 2
        assert said in done.stderr


def _runs_of(server: PrefectServer, flow: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.post("/flow_runs/filter", {"flows": {"name": {"any_": [flow]}}})
    return [run for run in found if run["deployment_id"] or run["parent_task_run_id"]]
