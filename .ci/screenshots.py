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

from tests.servers import PrefectServer, start_prefect_server, start_worker, wait_for  # noqa: E402

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
DEPLOYMENT = "churn-training"


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
    artifacts = {
        each["key"]: each["id"]
        for each in server.post("/artifacts/filter", {"artifacts": {"flow_run_id": {"any_": [run]}}})
    }
    chromium = os.environ.get("CHROMIUM", shutil.which("chromium") or "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        page = browser.new_page(viewport={"width": 1280, "height": 760}, color_scheme="light")
        page.goto(pages)
        page.wait_for_timeout(3000)
        shot(page, f"{pages}/runs/flow-run/{run}", target / "prefect_flow_run.png")
        shot(page, f"{pages}/deployments/deployment/{deployment}/run", target / "prefect_form.png")
        shot(page, f"{pages}/runs/flow-run/{run}?tab=Artifacts", target / "prefect_artifacts.png")
        for key, found in artifacts.items():
            shot(page, f"{pages}/artifacts/artifact/{found}", target / f"x_{key}.png")
        browser.close()


def shot(page: Page, url: str, file: Path) -> None:
    """Take one picture, once the page has come to rest."""
    page.goto(url)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(4000)
    page.screenshot(path=file)


if __name__ == "__main__":
    main()
