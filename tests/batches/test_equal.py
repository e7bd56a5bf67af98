"""Each set of a batch has what the flow alone has, for the flows of this repository."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.batches.equal import ROWS
from tests.servers import PrefectServer

pytestmark = pytest.mark.slow

FLOWS = Path(__file__).resolve().parents[2] / "flows"


@pytest.mark.parametrize("runner", ["process", "thread"])
@pytest.mark.parametrize("name", ROWS)
def test_batch_is_equal_to_single_runs(name: str, runner: str, server: PrefectServer, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.batches.equal", str(FLOWS / f"{name}.py"), runner, str(tmp_path)],
        env=server.env, capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    if "ModuleNotFoundError" in done.stderr:
        pytest.skip(done.stderr.strip().splitlines()[-1])
    assert done.returncode == 0, done.stderr[-3000:]
    [line] = [line for line in done.stdout.splitlines() if line.startswith("DIFFERENCES ")]
    said = json.loads(line.removeprefix("DIFFERENCES "))
    assert said["found"] == []
    assert len(ROWS[name]) == 1 or said["pieces"] < said["calls"]
