"""The package as others install it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import nb_to_flow

ROOT = Path(__file__).resolve().parents[2]


def test_every_public_name_loads() -> None:
    for name in nb_to_flow.__all__:
        assert getattr(nb_to_flow, name) is not None
    with pytest.raises(AttributeError, match="nothing_like_that"):
        _ = nb_to_flow.nothing_like_that


def test_public_names_are_listed() -> None:
    assert set(nb_to_flow.__all__) <= set(dir(nb_to_flow))


def test_importing_the_package_loads_nothing() -> None:
    code = "import sys, nb_to_flow; print(sum(m.startswith('nb_to_flow') for m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "1"


def test_changelog_knows_the_version() -> None:
    assert f"## {nb_to_flow.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_lock_file_names_only_public_hosts() -> None:
    hosts = set(re.findall(r"https?://([^/\"]+)", (ROOT / "uv.lock").read_text()))
    assert hosts == {"pypi.org", "files.pythonhosted.org"}


def test_lock_file_has_every_dependency() -> None:
    project = re.search(
        r"^dependencies = \[(.*?)^\]", (ROOT / "pyproject.toml").read_text(), re.DOTALL | re.MULTILINE
    )
    assert project is not None
    wanted = {
        name.replace(".", "-") for name in re.findall(r'^ +"([A-Za-z0-9._-]+)', project[1], re.MULTILINE)
    }
    own = re.search(
        r'name = "nb-to-flow".*?^dependencies = \[(.*?)^\]',
        (ROOT / "uv.lock").read_text(),
        re.DOTALL | re.MULTILINE,
    )
    assert own is not None
    assert wanted == set(re.findall(r'name = "([^"]+)"', own[1]))


@pytest.mark.slow
def test_wheel_is_complete(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    check = [sys.executable, str(ROOT / ".ci" / "check_wheel.py"), str(wheel)]
    done = subprocess.run(check, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
