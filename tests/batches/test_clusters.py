"""Batches on Dask and Ray: on a cluster of their own, and on one that is there already."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nb_to_flow.batches.clusters import Dask, Ray
from nb_to_flow.batches.jobs import Setup
from nb_to_flow.ir.batch import BatchOptions, State
from nb_to_flow.ir.errors import InputError
from tests.batches.flows import values_of
from tests.batches.samples import write_flow
from tests.batches.test_command import run, table
from tests.batches.test_turns import FOLLOWED, made, side_by_side
from tests.batches.test_workers import run_with
from tests.servers import PrefectServer

pytestmark = pytest.mark.slow

PACKAGES = {"dask": "distributed", "ray": "ray"}
RUNNERS = pytest.mark.parametrize("runner", PACKAGES)
# Prints its address and lives until its input ends.
CLUSTERS = {
    "dask": """
import sys, distributed
if __name__ == "__main__":
    cluster = distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    print("AT", cluster.scheduler_address, flush=True)
    sys.stdin.read()
    cluster.close()
""",
    "ray": """
import sys, ray
for turn in range(3):
    try:
        context = ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False)
        break
    except Exception:
        ray.shutdown()
print("AT", context.address_info["gcs_address"], flush=True)
sys.stdin.read()
ray.shutdown()
""",
}


@pytest.fixture(scope="module", params=PACKAGES)
def cluster(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """The runner and the address of a cluster in processes that know nothing of the test."""
    runner: str = request.param
    pytest.importorskip(PACKAGES[runner])
    folder = tmp_path_factory.mktemp(runner)
    program = folder / "cluster.py"
    program.write_text(CLUSTERS[runner])
    with subprocess.Popen(
        [sys.executable, str(program)], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        line = next((line for line in process.stdout if line.startswith("AT ")), "")
        assert line, "the cluster did not start"
        yield runner, line.split()[1]
        process.stdin.close()
        process.wait(60)


@RUNNERS
def test_a_worker_that_dies_fails_one_set(runner: str, tmp_path: Path) -> None:
    pytest.importorskip(PACKAGES[runner])
    ledger = run_with(runner, tmp_path, 6)
    assert ledger.sets[3].state is State.FAILED
    assert "WorkerLost" in ledger.sets[3].error
    found = values_of(ledger, tmp_path / "res")
    assert {n: found[n]["x"] for n in (0, 2, 4, 5)} == {0: 0, 2: 4, 4: 8, 5: 10}


def test_sets_take_turns_and_have_folders(cluster: tuple[str, str], tmp_path: Path) -> None:
    runner, address = cluster
    for own in (False, True):
        folder = tmp_path / str(own)
        folder.mkdir()
        options = BatchOptions(
            runner=runner, address=address, max_workers=2, own_folders=own, allow_overwrites=not own
        )
        program = made(folder, FOLLOWED, 6, options)
        ledger = side_by_side(program, folder, options)
        assert values_of(ledger, folder / "res") == {n: {"x": str(n)} for n in range(6)}
        assert (folder / "x.txt").exists() is not own


def test_the_command_on_a_cluster(cluster: tuple[str, str], server: PrefectServer, tmp_path: Path) -> None:
    runner, address = cluster
    write_flow(tmp_path)
    grid = ["--grid", "year=2021..2023", "region=EU,US", "-p", "share=1.0"]
    where = ["--runner", runner, "--address", address]
    done = run(tmp_path, server.env, "small.py", *grid, *where, "-o", "r", "--json")
    assert done.returncode == 1, done.stderr
    outcome = json.loads(done.stdout)
    assert (outcome["done"], outcome["failed"], outcome["pieces_run"]) == (4, 2, 9)
    rows = table(tmp_path / "r")
    assert [row["score"] for row in rows] == ["501523.0", "501523.0", "", "", "501525.0", "501525.0"]
    assert rows[2]["error"] == "score: ValueError: no data for 2022"
    again = run(tmp_path, server.env, "small.py", *where, "--resume", "-o", "r", "--json")
    assert json.loads(again.stdout)["pieces_run"] == 0, again.stderr


def test_a_module_that_does_not_load_on_the_cluster(
    cluster: tuple[str, str], server: PrefectServer, tmp_path: Path
) -> None:
    runner, address = cluster
    flow = write_flow(tmp_path)
    flow.write_text(f"import os\nif os.getpid() != int(os.environ['HERE']):\n    1 / 0\n{flow.read_text()}")
    start = "import os, sys; os.environ['HERE'] = str(os.getpid()); from nb_to_flow.cli import main; sys.exit(main())"
    arguments = [
        "batch",
        "small.py",
        "--grid",
        "year=1..9",
        "--runner",
        runner,
        "--address",
        address,
        "-o",
        "r",
    ]
    done = subprocess.run(
        [sys.executable, "-c", start, *arguments],
        cwd=tmp_path, env=server.env, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 2, done.stdout + done.stderr
    assert "the flow's module can't be loaded in a worker on" in " ".join(done.stderr.split())


def test_nobody_at_the_address(tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    setup = Setup(
        flow_file=tmp_path / "f.py", flow_name="f", folder=tmp_path, store=tmp_path, results=tmp_path
    )
    with pytest.raises(InputError, match="no Dask scheduler answers at tcp://127.0.0.1:9"):
        Dask(setup, "tcp://127.0.0.1:9", 1)
    pytest.importorskip("ray")
    with pytest.raises(InputError, match=r"no Ray cluster answers at 127\.0\.0\.1:9"):
        Ray(setup, "127.0.0.1:9", 1)
