"""Credentials never show: not in what commands print, and with --secrets not in what they write."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Said

PASSWORD, TOKEN = "hunter22", "k3y9f8e7d6c5b4"
VALUES = (PASSWORD, TOKEN)
CELLS = (
    f"# the password is {PASSWORD}\nimport os\nregion = 'eu'\napi_key = '{TOKEN}'  # {TOKEN}",
    f"""class Service:
    token = '{TOKEN}'

    def ask(self, question, password='{PASSWORD}'):
        return len(self.token + password + question)""",
    "def sign(text):\n    return f'{api_key}:{text}'",
    "first = len(sign('a')) + Service().ask('b')",
    f"second = len('postgresql://bob:{PASSWORD}@db/' + region)",
    f"os.environ['SHOP_TOKEN'] = '{TOKEN}'\n%env SHOP_PASSWORD={PASSWORD}",
    "third = len(os.environ['SHOP_TOKEN'] + os.environ['SHOP_PASSWORD'])",
    "total = first + second + third\nprint('total', total)",
)


@pytest.fixture
def shop(notebook: Callable[..., Path]) -> Path:
    """A notebook with credentials of several kinds."""
    return notebook("shop.ipynb", *CELLS)


def holds_value(folder: Path) -> list[str]:
    """The files below a folder, but the notebook, that hold one of the values."""
    files = [f for f in folder.rglob("*") if f.is_file() and f.suffix != ".ipynb"]
    return [f.name for f in files if any(value.encode() in f.read_bytes() for value in VALUES)]


def test_without_the_option_the_flow_has_them_and_a_warning_says_so(
    shop: Path, say: Callable[..., Said], tmp_path: Path
) -> None:
    said = say("convert", "shop.ipynb")
    assert said.code == 0
    assert said.err.count("NB160") >= 4
    assert "cell 1, line 4" in said.err
    assert "the flow contains it" in said.err
    assert not any(value in said.out + said.err for value in VALUES)
    assert holds_value(tmp_path) == ["shop.py"]


@pytest.mark.parametrize("store", ["env", "block"])
@pytest.mark.parametrize("granularity", ["auto", "cell"])
def test_with_the_option_no_file_has_them(
    store: str, granularity: str, shop: Path, say: Callable[..., Said], tmp_path: Path
) -> None:
    said = say("convert", "shop.ipynb", "--secrets", store, "--granularity", granularity)
    assert said.code == 0
    assert not any(value in said.out + said.err for value in VALUES)
    assert holds_value(tmp_path) == []
    assert ("API_KEY" if store == "env" else "api-key") in said.err
    assert say("convert", "shop.ipynb", "--secrets", store, "--granularity", granularity, "--check").code == 0


@pytest.mark.parametrize("store", ["env", "block"])
def test_they_are_looked_up_in_tasks_only(
    store: str, shop: Path, say: Callable[..., Said], tmp_path: Path
) -> None:
    say("convert", "shop.ipynb", "--secrets", store)
    tree = ast.parse((tmp_path / "flows/shop.py").read_text())
    lookup = 'os.environ["' if store == "env" else "Secret.load("
    for node in tree.body:
        decorated = isinstance(node, ast.FunctionDef) and "task" in ast.dump(node.decorator_list[0])
        if not decorated:
            assert lookup not in ast.unparse(node).replace("'", '"')


def test_a_tagged_credential_is_no_parameter(notebook: Callable[..., Path], say: Callable[..., Said]) -> None:
    path = notebook("tagged.ipynb", f"api_key = '{TOKEN}'\nregion = 'eu'", "n = len(api_key + region)")
    path.write_text(path.read_text().replace('"metadata": {}', '"metadata": {"tags": ["parameters"]}', 1))
    plain, secret = (
        say("inspect", path.name, "--json"),
        say("inspect", path.name, "--json", "--secrets", "env"),
    )
    assert [(p["name"], p["default"]) for p in plain.json["parameters"]] == [
        ("api_key", "'***'"),
        ("region", "'eu'"),
    ]
    assert [p["name"] for p in secret.json["parameters"]] == ["region"]


@pytest.mark.parametrize(
    "arguments", [("inspect",), ("inspect", "--json"), ("inspect", "--secrets", "block")]
)
def test_nothing_that_is_shown_has_them(
    arguments: tuple[str, ...], shop: Path, say: Callable[..., Said]
) -> None:
    said = say(arguments[0], "shop.ipynb", *arguments[1:])
    assert "NB16" in said.out
    assert not any(value in said.out + said.err for value in VALUES)


@pytest.mark.parametrize("suffix", ["html", "svg", "json", "dot", "mmd"])
def test_no_drawing_has_them(suffix: str, shop: Path, say: Callable[..., Said], tmp_path: Path) -> None:
    assert say("graph", "shop.ipynb", "-o", f"shop.{suffix}").code == 0
    assert holds_value(tmp_path) == []


def test_what_is_returned_holds_none(shop: Path, say: Callable[..., Said], tmp_path: Path) -> None:
    say("convert", "shop.ipynb", "--secrets", "env", "--outputs", "all")
    text = (tmp_path / "flows/shop.py").read_text()
    assert '"total"' in text
    assert '"api_key":' not in text


@pytest.mark.slow
@pytest.mark.parametrize(("store", "runner"), [("env", "process"), ("block", "thread")])
def test_the_flow_finds_them(
    store: str, runner: str, shop: Path, say: Callable[..., Said], tmp_path: Path
) -> None:
    said = say("convert", "shop.ipynb", "--secrets", store)
    url = f"postgresql://bob:{PASSWORD}@db/"
    kept = {"API_KEY": TOKEN, "PASSWORD": PASSWORD, "SHOP_TOKEN": TOKEN, "SHOP_PASSWORD": PASSWORD}
    kept |= {"DATABASE_URL": url, "TOKEN": TOKEN}
    env = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    env |= {"PREFECT_HOME": str(tmp_path / "prefect"), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    env["PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"] = "120"
    if store == "env":
        env |= kept
    else:
        blocks = {n.lower().replace("_", "-"): v for n, v in kept.items()}
        names = re.findall(r"Secret block ([\w-]+)", said.err)
        lines = [f"Secret(value={blocks[name]!r}).save({name!r})" for name in sorted(set(names))]
        _python(env, "-c", "\n".join(["from prefect.blocks.system import Secret", *lines]))
    done = _python(env, "-m", "nb_to_flow", "run", "flows/shop.py", "--runner", runner)
    expected = len(f"{TOKEN}:a{TOKEN}{PASSWORD}b{url}eu{TOKEN}{PASSWORD}")
    assert f"total {expected}" in done.stdout + done.stderr
    assert not any(value in done.stdout + done.stderr for value in VALUES)


def _python(env: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Python in the current folder; it must succeed."""
    command = [sys.executable, *arguments]
    done = subprocess.run(command, env=env, check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done
