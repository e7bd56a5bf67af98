"""Deployments on real Prefect servers, with SQLite and with PostgreSQL, and a real worker.

One project per server, which lies elsewhere than the worker was started. What takes long (runs of all
flows, a run that is killed) is started once, and looked at by several tests.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.read.notebooks import code_cell, notebook_json
from tests.servers import (
    PrefectServer,
    Process,
    start_postgres,
    start_prefect_server,
    start_worker,
    wait_for,
)

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
FLOWS = {path.stem for path in (ROOT / "flows").glob("*.py")}
ENDED = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
# Other parameters than the defaults, with a file that only they lead to.
OTHERS: dict[str, tuple[dict[str, Any], str]] = {
    "churn_training": ({"n_trees": 10, "min_tenure": 3, "out_dir": "other"}, "other/churn_model.joblib"),
    "demand_forecast": ({"horizon": 14, "forecast_file": "out/other.csv"}, "out/other.csv"),
    "inventory_cleanup": ({}, ""),
    "ops_report": ({"line": "B", "scrap_limit": 0.05}, ""),
    "queue_simulation": ({"counters": 2, "days": 3, "patience": 5.0}, ""),
    "sales_etl": ({"export_dir": "other", "db_path": "other/sales.db", "min_qty": 2}, "other/sales.db"),
    "survey_weights": (
        {"by": "age_group", "report_format": "json", "out_dir": "other"},
        "other/survey_report.json",
    ),
}


@dataclass(slots=True, kw_only=True)
class Site:
    """A server, a project whose flows are deployed on it, and a worker.

    Attributes:
        runs: ids of the flow runs that were started, by what they are for.
    """

    server: PrefectServer
    project: Path
    elsewhere: Path
    worker: Process
    runs: dict[str, str] = field(default_factory=dict)

    def deployments(self) -> dict[str, dict[str, Any]]:
        """The deployments on the server, by name."""
        return {each["name"]: each for each in self.server.post("/deployments/filter")}

    def start(self, deployment: str, parameters: dict[str, Any] | None = None) -> str:
        """Start a run; its id."""
        found = self.deployments()[deployment]
        body = {"parameters": parameters or {}, "state": {"type": "SCHEDULED"}}
        return str(self.server.post(f"/deployments/{found['id']}/create_flow_run", body)["id"])

    def state(self, run: str) -> str:
        """The type of a run's state."""
        return str(self.server.get(f"/flow_runs/{run}")["state_type"])

    def ended(self, run: str, seconds: float = 240) -> str:
        """How a run ended, once it has."""
        wait_for(lambda: self.state(run) in ENDED, f"the end of run {run}", seconds, every=1)
        return self.state(run)

    def about(self, what: str, run: str) -> list[dict[str, Any]]:
        """The logs, artifacts or task runs of a flow run."""
        key = {"logs": "logs", "artifacts": "artifacts", "task_runs": "flow_runs"}[what]
        wanted = {"id": {"any_": [run]}} if what == "task_runs" else {"flow_run_id": {"any_": [run]}}
        found: list[dict[str, Any]] = self.server.post(f"/{what}/filter", {key: wanted, "limit": 200})
        return found

    def said(self, run: str) -> str:
        """All log messages of a run."""
        return "\n".join(each["message"] for each in self.about("logs", run))

    def says(self, run: str, text: str) -> None:
        """Wait until the text is in a run's log: it arrives a little later than the state."""
        wait_for(lambda: text in self.said(run), f"{text!r} in the log of run {run}", 60, every=1)

    def deploy(self, *arguments: str) -> None:
        """`nb-to-flow deploy`."""
        done = self.server.run("nb_to_flow", "deploy", *arguments, cwd=self.project)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Everything deployed and started."""
    home = tmp_path_factory.mktemp(request.param)
    postgres = start_postgres() if request.param == "postgres" else None
    if request.param == "postgres" and postgres is None:
        pytest.skip("PostgreSQL's programs (initdb, postgres) are not installed")
    try:
        server = start_prefect_server(home / "server", database_url=postgres.url if postgres else None)
        try:
            with _site(server, home) as found:
                yield found
        finally:
            server.stop()
    finally:
        if postgres is not None:
            postgres.stop()


@contextmanager
def _site(server: PrefectServer, home: Path) -> Iterator[Site]:
    project, elsewhere = home / "project", home / "elsewhere"
    for folder in ("flows", "deployments"):
        shutil.copytree(ROOT / folder, project / folder, ignore=shutil.ignore_patterns("out", "__pycache__"))
    made = server.prefect("work-pool", "create", "local", "--type", "process", cwd=home)
    assert made.returncode == 0, made.stdout + made.stderr
    command = ("--no-prompt", "deploy", "--all", "--prefect-file", "deployments/prefect.yaml")
    done = server.prefect(*command, cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    worker = start_worker(server, "local", elsewhere)
    try:
        yield Site(server=server, project=project, elsewhere=elsewhere, worker=worker)
    finally:
        worker.stop()


def write_notebook(path: Path, first: str, *cells: str) -> None:
    """A notebook whose first cell has the tag `parameters`."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    tagged = code_cell(first, tags=("parameters",))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(notebook_json(tagged, *cells, kernelspec=kernel), "utf-8")


@pytest.fixture(scope="module")
def doomed(site: Site) -> str:
    """The name of a deployment with a run whose worker and process were killed while it was busy."""
    notebook = site.project / "jobs" / "nightly.ipynb"
    write_notebook(
        notebook,
        'out_dir = "nightly"',
        "import os\nimport sqlite3\nimport time\nimport pandas as pd\nos.makedirs(out_dir, exist_ok=True)",
        'orders = pd.DataFrame({"id": range(1000), "amount": 1})\n'
        'orders.to_csv(f"{out_dir}/orders.csv", index=False)\n'
        'conn = sqlite3.connect(f"{out_dir}/orders.db")\n'
        'orders.to_sql("orders", conn, if_exists="replace", index=False)\nconn.commit()\nconn.close()',
        'waited = 0\nwhile not os.path.exists("go"):\n    time.sleep(0.5)\n    waited += 1\nprint("waited")',
        'total = orders["amount"].sum() + 0 * waited\n'
        'with open(f"{out_dir}/total.txt", "w") as f:\n    f.write(str(total))',
    )
    site.deploy("jobs/nightly.ipynb", "--pool", "doomed", "--apply", "--crash-after", "60")
    worker = start_worker(site.server, "doomed", site.elsewhere / "doomed")
    try:
        site.runs["doomed"] = run = site.start("nightly")
        written = site.project / "jobs" / "nightly" / "orders.db"
        wait_for(lambda: site.state(run) == "RUNNING" and written.exists(), "the run at work")
    finally:
        worker.kill()
    assert site.state(run) == "RUNNING"
    return "nightly"


def test_every_flow_is_registered_with_its_signature(site: Site, doomed: str) -> None:
    found = site.deployments()
    entries = yaml.safe_load((site.project / "deployments" / "prefect.yaml").read_text("utf-8"))
    versions = {each["name"]: each["version"] for each in entries["deployments"]}

    assert {name.replace("-", "_") for name in found} == FLOWS | {doomed}
    assert {name: each["version"] for name, each in found.items()} == versions
    schema = found["survey-weights"]["parameter_openapi_schema"]["properties"]
    assert schema["rounds"]["type"] == "integer"
    assert schema["rounds"]["default"] == 25
    assert schema["rounds"]["description"] == "raking rounds at most"


def test_every_flow_runs_with_default_and_with_other_parameters(site: Site) -> None:
    for name, (parameters, _) in OTHERS.items():
        for what, given in (("default", {}), ("other", parameters)):
            if what == "default" or given:
                site.runs[f"{name} {what}"] = site.start(name.replace("_", "-"), given)

    assert set(OTHERS) == FLOWS
    for what, run in site.runs.items():
        if what != "doomed":
            assert site.ended(run, 600) == "COMPLETED", f"{what}: {site.said(run)[-3000:]}"
            assert site.about("task_runs", run)
            site.says(run, "Finished in state Completed()")
    notebooks = site.project / "flows" / "notebooks"
    for file in (file for _, file in OTHERS.values() if file):
        assert (notebooks / file).stat().st_size > 0
    assert not list(site.elsewhere.rglob("*.csv"))


def test_what_the_notebook_printed_and_showed_is_on_the_server(site: Site) -> None:
    run = site.runs["churn_training default"]
    site.says(run, "baseline AUC")
    artifacts = {each["key"]: each for each in site.about("artifacts", run)}
    assert artifacts["write-cancellations-by-plan"]["type"] == "markdown"
    assert "<table" in artifacts["write-cancellations-by-plan"]["data"]
    assert "<style" not in artifacts["write-cancellations-by-plan"]["data"]
    assert artifacts["write-cancellations-by-plan-figure"]["type"] == "image"


def test_parameters_reach_the_flow(site: Site) -> None:
    assert (
        site.server.get(f"/flow_runs/{site.runs['survey_weights other']}")["parameters"]["by"] == "age_group"
    )
    report = json.loads((site.project / "flows/notebooks/other/survey_report.json").read_text("utf-8"))
    assert "18-29" in report["satisfaction"]


def test_wrong_parameters_are_refused(site: Site) -> None:
    runs = len(site.server.post("/flow_runs/filter", {"limit": 200}))
    with pytest.raises(urllib.error.HTTPError) as refused:
        site.start("survey-weights", {"rounds": "many"})
    assert refused.value.code in (409, 422)
    assert "'many' is not of type 'integer'" in json.loads(refused.value.read())["detail"]
    assert len(site.server.post("/flow_runs/filter", {"limit": 200})) == runs


class _Late(BaseHTTPRequestHandler):
    """Serves a table from the third request on."""

    asked = 0

    def do_GET(self) -> None:
        """Answer."""
        type(self).asked += 1
        ready = type(self).asked > 2
        self.send_response(200 if ready else 503)
        self.end_headers()
        if ready:
            self.wfile.write(b"region,amount\nEU,1\nUS,2\n")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_task_that_fails_twice_is_retried_to_success(site: Site) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Late)
    _Late.asked = 0
    threading.Thread(target=server.serve_forever, daemon=True).start()
    write_notebook(
        site.project / "rates.ipynb",
        'url = ""  #@param {type:"string"}\nregion = "EU"  #@param ["EU", "US"]',
        "import pandas as pd\nrates = pd.read_csv(url)",
        'amount = int(rates.loc[rates["region"] == region, "amount"].sum())\nprint("amount", amount)',
    )
    try:
        url = f"http://127.0.0.1:{server.server_port}/rates.csv"
        site.deploy("rates.ipynb", "-p", f"url={url}", "--apply")
        schema = site.deployments()["rates-flow"]["parameter_openapi_schema"]["properties"]
        assert schema["region"]["enum"] == ["EU", "US"]
        run = site.start("rates-flow", {"region": "US"})
        assert site.ended(run) == "COMPLETED", site.said(run)
    finally:
        server.shutdown()
    assert _Late.asked == 3
    assert max(each["run_count"] for each in site.about("task_runs", run)) == 3
    site.says(run, "amount 2")


def test_nothing_is_lost_when_the_server_is_restarted(site: Site) -> None:
    before = {run: site.state(run) for what, run in site.runs.items() if what != "doomed"}
    logs = site.said(site.runs["sales_etl default"])
    names = set(site.deployments())
    waiting = site.start("queue-simulation", {"days": 2})
    site.server.stop()
    site.server.start()

    assert set(site.deployments()) == names
    assert {run: site.state(run) for run in before} == before
    assert site.said(site.runs["sales_etl default"]) == logs
    assert site.ended(waiting) == "COMPLETED", site.said(waiting)


def test_a_killed_run_is_seen_as_crashed_and_runs_again(site: Site, doomed: str) -> None:
    run = site.runs["doomed"]
    assert site.ended(run, 180) == "CRASHED"
    assert "No sign of life for 60 s" in site.server.get(f"/flow_runs/{run}")["state"]["message"]

    results = site.project / "jobs" / "nightly"
    assert not (results / "total.txt").exists()
    (site.project / "jobs" / "go").touch()
    worker = start_worker(site.server, "doomed", site.elsewhere / "again")
    try:
        again = site.server.post(
            f"/flow_runs/{run}/set_state",
            {"state": {"type": "SCHEDULED", "name": "AwaitingRetry"}, "force": True},
        )
        assert again["status"] == "ACCEPT"
        wait_for(lambda: site.state(run) != "CRASHED", "the run to be taken up")
        assert site.ended(run) == "COMPLETED", site.said(run)
    finally:
        worker.stop()
    assert (results / "total.txt").read_text("utf-8") == "1000"
    assert len((results / "orders.csv").read_text("utf-8").splitlines()) == 1001
    with sqlite3.connect(results / "orders.db") as conn:
        assert conn.execute("SELECT COUNT(*), COUNT(DISTINCT id) FROM orders").fetchone() == (1000, 1000)


def test_applying_again_changes_nothing_on_the_server(site: Site) -> None:
    before = {name: each["id"] for name, each in site.deployments().items()}
    automations = site.server.post("/automations/filter")
    site.deploy("jobs/nightly.ipynb", "--apply", "--crash-after", "60")
    assert {name: each["id"] for name, each in site.deployments().items()} == before
    assert [a["id"] for a in site.server.post("/automations/filter")] == [a["id"] for a in automations]
