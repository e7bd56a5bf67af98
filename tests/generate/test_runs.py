"""Generated modules run by Prefect, on threads and on processes."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nb_to_flow.generate import generate
from nb_to_flow.ir.plan import FlowPlan
from tests.generate.samples import SAMPLES

pytestmark = pytest.mark.slow
pytest.importorskip("pandas")


@pytest.fixture(scope="module", autouse=True)
def server() -> Iterator[None]:
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture(params=["thread", "process"])
def runner(request: pytest.FixtureRequest) -> Any:
    from prefect.task_runners import ProcessPoolTaskRunner, ThreadPoolTaskRunner

    return {"thread": ThreadPoolTaskRunner, "process": ProcessPoolTaskRunner}[request.param](max_workers=2)


def run(
    planned: FlowPlan, folder: Path, monkeypatch: pytest.MonkeyPatch, runner: Any, **parameters: Any
) -> Any:
    """The results of the plan's flow; worker processes import it from the folder."""
    outcome = generate(planned)
    assert outcome.value is not None
    (folder / f"{planned.name}.py").write_text(outcome.value.source)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, planned.name, raising=False)
    module = importlib.import_module(planned.name)
    return getattr(module, planned.name).with_options(task_runner=runner)(**parameters)


def artifacts(key: str) -> list[Any]:
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter

    with get_client(sync_client=True) as client:
        return client.read_artifacts(artifact_filter=ArtifactFilter(key={"like_": key}))  # type: ignore[arg-type]


def test_orders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runner: Any) -> None:
    results = run(SAMPLES["orders"](), tmp_path, monkeypatch, runner, factor=3)
    assert list(results["orders"].total) == [3, 6, 9]
    assert (results["low"], results["top"], results["region_name"]) == (1, "b", "in EU")
    assert "<table" in artifacts("load-orders")[0].data


def test_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runner: Any) -> None:
    pytest.importorskip("matplotlib")
    results = run(SAMPLES["figures"](), tmp_path, monkeypatch, runner)
    assert results == {"first": 5}
    for key in ("draw", "draw-values", "plot-first", "plot-first-figure"):
        assert artifacts(key)[0].data.startswith("data:image/png;base64,"), key


def test_partial_lines_are_logged_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pytest.importorskip("matplotlib")
    from prefect.task_runners import ThreadPoolTaskRunner

    with caplog.at_level("INFO", logger="prefect.task_runs"):
        run(SAMPLES["figures"](), tmp_path, monkeypatch, ThreadPoolTaskRunner(max_workers=2))
    messages = [record.getMessage() for record in caplog.records]
    assert "0 1 2" in messages and "drawn" in messages


def test_states(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runner: Any) -> None:
    import random

    before = sys.getrecursionlimit()
    try:
        results = run(SAMPLES["states"](), tmp_path, monkeypatch, runner)
    finally:
        sys.setrecursionlimit(before)
    expected = random.Random(7)
    assert (results["a"], results["b"]) == (expected.random(), expected.random())
    assert (results["count"], results["seen"], results["limit"]) == (1, 3, 2345)


def test_a_failing_leaf_fails_the_flow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runner: Any) -> None:
    from tests.generate.plans import plan, task

    planned = plan(["print(1)", "1 / 0"], [task("say", [0]), task("fail", [1])], name="failing")
    with pytest.raises(ZeroDivisionError):
        run(planned, tmp_path, monkeypatch, runner)
