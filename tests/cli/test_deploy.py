"""`deploy`: what it writes, what it refuses, and what it says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from nb_to_flow.api import deploying
from tests.cli.conftest import Said

Write = Callable[..., Path]
Say = Callable[..., Said]
FILE = "deployments/prefect.yaml"
CELLS = ("region = 'EU'\nyear = 2024", "total = len(region) * year\nprint(total)")


@pytest.fixture
def flow(say: Say, notebook: Write) -> str:
    """A flow whose notebook lies in a folder of its own."""
    Path("notebooks").mkdir()
    notebook("notebooks/legacy.ipynb", *CELLS)
    assert say("convert", "notebooks/legacy.ipynb", "--parameter", "region", "--parameter", "year").code == 0
    return "flows/legacy.py"


def entry() -> dict[str, Any]:
    """The only entry of the file."""
    [found] = yaml.safe_load(Path(FILE).read_text("utf-8"))["deployments"]
    return dict(found)


def test_an_entry_is_written_once(say: Say, flow: str) -> None:
    said = say("deploy", flow, "--cron", "0 6 * * 1", "-p", "region=US", "-p", "year=2025")
    assert (said.code, said.err) == (0, "")
    assert f"written: {FILE}" in said.out and "runs in notebooks" in said.out
    assert entry()["parameters"] == {"region": "US", "year": 2025}
    before = Path(FILE).read_bytes()
    again = say("deploy", flow, "--cron", "0 6 * * 1", "-p", "region=US", "-p", "year=2025")
    assert "unchanged" in again.out
    assert Path(FILE).read_bytes() == before
    assert str(Path.cwd()) not in before.decode()


def test_a_notebook_is_converted_as_it_was_before(say: Say, flow: str) -> None:
    Path("flows/legacy.py").unlink()
    assert say("deploy", "notebooks/legacy.ipynb", "-p", "region=US").code == 0
    assert "region" in Path("flows/legacy.py").read_text("utf-8").partition("def legacy(")[2]


def test_the_version_is_the_files_digest(say: Say, flow: str) -> None:
    say("deploy", flow)
    first = entry()["version"]
    Path(flow).write_text(Path(flow).read_text("utf-8") + "\n# mine\n", "utf-8")
    say("deploy", flow)
    assert entry()["version"] != first


def test_wrong_parameters_are_refused(say: Say, flow: str) -> None:
    said = say("deploy", flow, "-p", "year=soon", "-p", "rgion=US")
    assert said.code == 2
    assert "year" in said.err and "did you mean region" in said.err
    assert not Path(FILE).exists()


def test_choices_are_kept_to(say: Say, notebook: Write) -> None:
    notebook("sales.ipynb", 'region = "EU"  #@param ["EU", "US"]', "n = len(region)\nprint(n)")
    said = say("deploy", "sales.ipynb", "-p", "region=FR")
    assert said.code == 2
    assert "'EU' or 'US'" in said.err
    assert say("deploy", "sales.ipynb", "-p", "region=US").code == 0


def test_bounds_are_kept_to(say: Say, notebook: Write) -> None:
    slider = '#@param {type:"slider", min:1, max:1234567, step:1}'
    notebook("sales.ipynb", f"n = 3  {slider}\nbad = 0  {slider}", "print(n, bad)")
    said = say("deploy", "sales.ipynb", "-p", "n=0")
    assert said.code == 2
    assert "greater than or equal to 1" in said.err
    assert say("deploy", "sales.ipynb", "-p", "n=1234567").code == 0
    flow = Path("flows/sales.py").read_text("utf-8")
    assert "n: Annotated[int, Field(ge=1, le=1234567)] = 3" in flow
    assert "bad: int = 0" in flow


def test_what_the_entry_has_must_fit_too(say: Say, flow: str) -> None:
    say("deploy", flow, "-p", "year=2025")
    Path(FILE).write_text(Path(FILE).read_text("utf-8").replace("year: 2025", "month: 5"), "utf-8")
    said = say("deploy", flow)
    assert said.code == 2
    assert f"{FILE}: the entry's parameters don't fit the flow: 'month' is not a parameter" in said.err


def test_credentials_are_never_written(say: Say, flow: str) -> None:
    said = say("deploy", flow, "-p", "region=postgresql://me:hunter2secret@db.example.com/x")
    assert said.code == 2
    assert "looks like a credential" in said.err and "hunter2" not in said.err
    assert not Path(FILE).exists()


def test_a_default_that_is_a_credential_is_refused(say: Say, notebook: Write) -> None:
    notebook("legacy.ipynb", "db_password = 'Tr0ub4dor&3'", "n = len(db_password)\nprint(n)")
    assert say("convert", "legacy.ipynb", "--parameter", "db_password").code == 0
    said = say("deploy", "flows/legacy.py")
    assert said.code == 2
    assert "db_password looks like a credential" in said.err and "Tr0ub" not in said.err


def test_the_command_for_a_run_gives_what_it_needs(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("flows").mkdir()
    Path("flows/job.py").write_text(
        "from prefect import flow\n\n\n@flow\ndef job(year: int):\n    pass\n", "utf-8"
    )
    monkeypatch.setattr(deploying, "api_url", lambda: "http://127.0.0.1:1/api")
    monkeypatch.setattr(deploying, "await_server", lambda url, say: None)
    monkeypatch.setattr(deploying, "register", lambda registered, *rest: {"job/job": "1"})
    said = say("deploy", "flows/job.py", "--apply")
    assert said.code == 0
    assert "prefect deployment run job/job -p year=VALUE\n" in said.out


def test_a_schedule_needs_all_parameters(say: Say) -> None:
    Path("flows").mkdir()
    text = (
        "from prefect import flow\n\n\n@flow\ndef job(year: int, n: int = 3) -> int:\n    return year * n\n"
    )
    Path("flows/job.py").write_text(text, "utf-8")
    assert "every run must be given year" in say("deploy", "flows/job.py").err
    said = say("deploy", "flows/job.py", "--interval", "1h")
    assert said.code == 2
    assert "would lack year" in said.err
    assert say("deploy", "flows/job.py", "--interval", "1h", "-p", "year=2024").code == 0
    assert entry()["entrypoint"] == "flows/job.py:job"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nothing.py",), "no Python file"),
        (("flows/legacy.py:other",), "no flow called 'other'"),
        (("flows/legacy.py", "--cron", "monday"), "is no schedule"),
        (("flows/legacy.py", "--folder", "nowhere"), "no folder to run in"),
        (("flows/legacy.py", "--prefect-file", "x.json"), "no YAML file"),
        (("flows/legacy.py", "--crash-after", "90"), "goes with --apply"),
        (("flows/legacy.py", "flows/legacy.py", "--image", "x"), "goes with one flow"),
        (("/etc/hostname",), "no Python file"),
    ],
)
def test_bad_input(say: Say, flow: str, arguments: tuple[str, ...], message: str) -> None:
    said = say("deploy", *arguments)
    assert said.code == 2
    assert message in said.err
    assert "Traceback" not in said.err
    assert not Path(FILE).exists()


def test_a_flow_that_cant_be_imported(say: Say) -> None:
    Path("bad.py").write_text("from prefect import flow\n\n1 / 0\n", "utf-8")
    said = say("deploy", "bad.py")
    assert said.code == 2
    assert "bad.py can't be imported: ZeroDivisionError" in said.err


def test_a_package_that_isnt_here_is_no_obstacle(say: Say) -> None:
    text = "import not_installed_here\nfrom prefect import flow\n\n\n@flow\ndef job(n: int = 3) -> int:\n    return n\n"
    Path("job.py").write_text(text, "utf-8")
    said = say("deploy", "job.py", "--pool", "d", "--pool-type", "docker", "-p", "n=4")
    assert said.code == 0, said.err
    assert "no installed package provides not_installed_here" in said.err
    assert entry()["parameters"] == {"n": 4}


def test_outside_of_the_project(say: Say, flow: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("inner").mkdir()
    monkeypatch.chdir("inner")
    said = say("deploy", "../flows/legacy.py")
    assert said.code == 2
    assert "Call deploy from the project's folder" in said.err


def test_images_bring_their_files_and_edits_are_kept(say: Say, flow: str) -> None:
    said = say("deploy", flow, "--pool", "d", "--image", "registry.example.com/legacy")
    assert said.code == 0, said.err
    dockerfile = Path("deployments/legacy.Dockerfile")
    assert Path("deployments/legacy.requirements.txt").exists()
    dockerfile.write_text(dockerfile.read_text("utf-8") + "RUN true\n", "utf-8")
    said = say("deploy", flow)
    assert "edited by hand and is kept" in said.err
    assert dockerfile.read_text("utf-8").endswith("RUN true\n")


def test_apply_says_how_to_start_a_server(say: Say, flow: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with temporary_settings(restore_defaults={PREFECT_API_URL}):
        said = say("deploy", flow, "--apply")
    assert said.code == 2
    assert "prefect server start" in said.err and "PREFECT_API_URL" in said.err
    assert not Path(FILE).exists()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nb_to_flow.run.server._PATIENCE", 0.1)


@pytest.mark.usefixtures("impatient")
def test_apply_with_a_server_that_doesnt_answer(say: Say, flow: str) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        said = say("deploy", flow, "--apply")
    assert said.code == 2
    assert "can't be reached" in said.err
    assert "Traceback" not in said.err
    assert not Path(FILE).exists()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("command", [("run",), ("batch", "--grid", "year=1,2", "-o", "results")])
def test_runs_with_a_server_that_doesnt_answer(say: Say, flow: str, command: tuple[str, ...]) -> None:
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        said = say(command[0], flow, *command[1:])
    assert said.code == 2
    assert "http://127.0.0.1:9/api can't be reached" in said.err


def test_json(say: Say, flow: str) -> None:
    payload = say("deploy", flow, "--json").json
    assert payload["written"] == [FILE]
    [found] = payload["deployments"]
    assert found["name"] == "legacy/legacy"
    assert found["entry"] == entry()
