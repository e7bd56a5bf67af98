"""Takes the README's pictures of Prefect's pages: python .ci/screenshots.py [FOLDER]

Starts a server and a worker of its own, deploys the example flows, runs one, and looks at it with Chromium.
Needs `pip install playwright` and a Chromium (Debian: apt-get install chromium; CHROMIUM names another).
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.servers import PrefectServer, start_prefect_server, start_worker, wait_for

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
DEPLOYMENT = "churn-training"
FIGURE = "write-cancellations-by-plan-figure"


def main() -> None:
    """Deploy, run, look."""
    target = Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / ".github" / "images").resolve()
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        for folder in ("flows", "deployments"):
            shutil.copytree(ROOT / folder, home / "project" / folder)
        server = start_prefect_server(home / "server")
        worker = None
        try:
            deploy(server, home / "project")
            worker = start_worker(server, "local", home / "worker")
            online = "/work_pools/local/workers/filter"
            wait_for(lambda: server.post(online), "the worker", 300)
            deployment, run = run_once(server)
            look(server, deployment, run, target)
        finally:
            if worker is not None:
                worker.stop()
            server.stop()


def deploy(server: PrefectServer, project: Path) -> None:
    """Register all flows, one of them on a schedule."""
    flows = sorted(str(path.relative_to(project)) for path in (project / "flows").glob("*.py"))
    for arguments in (
        (*flows, "--apply"),
        (f"flows/{DEPLOYMENT.replace('-', '_')}.py", "--cron", "0 6 * * 1"),
    ):
        done = server.run("nb_to_flow", "deploy", *arguments, cwd=project)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)


def run_once(server: PrefectServer) -> tuple[str, str]:
    """The ids of the deployment and of a finished run of it."""
    path = f"/deployments/name/{DEPLOYMENT}/{DEPLOYMENT}"
    deployment = server.get(path)["id"]
    body = {"name": "first-monday", "parameters": {"n_trees": 200}, "state": {"type": "SCHEDULED"}}
    run = server.post(f"/deployments/{deployment}/create_flow_run", body)["id"]
    wait_for(lambda: server.get(f"/flow_runs/{run}")["state_type"] == "COMPLETED", "the run", 300)
    return str(deployment), str(run)


def look(server: PrefectServer, deployment: str, run: str, target: Path) -> None:
    """Take the pictures."""
    pages = server.url.removesuffix("/api")
    wanted = {"artifacts": {"flow_run_id": {"any_": [run]}}}
    artifacts = {each["key"]: each["id"] for each in server.post("/artifacts/filter", wanted)}
    chromium = os.environ.get("CHROMIUM", shutil.which("chromium") or "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(180_000)
        shot(page, f"{pages}/runs/flow-run/{run}", "Task runs", target / "prefect_flow_run.png", 505)
        form = f"{pages}/deployments/deployment/{deployment}/run"
        shot(page, form, "Validate parameters", target / "prefect_form.png", 730)
        for key, name, height in (("predict-at-risk", "table", 440), (FIGURE, "figure", 580)):
            url = f"{pages}/artifacts/artifact/{artifacts[key]}"
            shot(page, url, "Show raw data", target / f"prefect_{name}.png", height)
        browser.close()


def shot(page: Page, url: str, text: str, file: Path, height: int) -> None:
    """Take a picture of the upper part of a page, once that text is there and the page has come to rest."""
    page.goto(url)
    page.get_by_text(text).first.wait_for()
    page.wait_for_timeout(8000)
    page.screenshot(path=file, clip={"x": 0, "y": 0, "width": 1280, "height": height})


if __name__ == "__main__":
    main()
