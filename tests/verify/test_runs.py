"""The small parts of running: lines, delays, kernels, orders."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nb_to_flow.ir.errors import InputError
from nb_to_flow.verify import kernels
from nb_to_flow.verify.flow import delays
from nb_to_flow.verify.kernel import written_path
from nb_to_flow.verify.kernels import Kernel, choose_kernel, write_specification
from nb_to_flow.verify.probe import Orders
from nb_to_flow.verify.processes import child_environment, run_child
from nb_to_flow.verify.text import printed_lines, relative_writers

LINES = [
    ("", []),
    ("a", ["a"]),
    ("a\n", ["a"]),
    ("a\nb", ["a", "b"]),
    ("a\n\n", ["a", ""]),
    ("10%\r20%\r30%\n", ["30%"]),
    ("a\r\nb\r\n", ["a", "b"]),
    ("form\x0cfeed\n", ["form\x0cfeed"]),
]


@pytest.mark.parametrize(("text", "lines"), LINES)
def test_lines_are_what_a_terminal_shows(text: str, lines: list[str]) -> None:
    assert printed_lines(text) == lines


def test_only_files_of_the_run_have_writers(tmp_path: Path) -> None:
    inside, outside = tmp_path / "work" / "out" / "a.csv", tmp_path / "worker.csv"
    found = relative_writers({str(inside): [3], str(outside): [4]}, tmp_path / "work")
    assert found == {"out/a.csv": (3,)}


def test_first_schedule_turns_the_order_round_and_others_shuffle() -> None:
    tasks = [f"t{n}" for n in range(8)]
    turned = delays(tasks, 1)
    orders = {tuple(sorted(tasks, key=delays(tasks, n).__getitem__)) for n in range(1, 8)}

    assert sorted(tasks, key=turned.__getitem__) == tasks[::-1]
    assert len(orders) > 5
    assert delays(tasks, 3) == delays(tasks, 3)
    assert max(delays([f"t{n}" for n in range(500)], 1).values()) <= 2


@pytest.mark.parametrize(
    ("task", "declared", "fails"),
    [
        ("safe", None, True),
        ("appends", 3, True),
        ("appends", None, False),
        ("new", 2, True),
        ("new", 0, False),
        ("new", None, False),
    ],
)
def test_what_fails_once(task: str, declared: object, fails: bool) -> None:
    orders = Orders(records="", root="", retried=["safe"], fail_once=True)
    assert orders.fails(task, declared) is fails
    assert not Orders(records="", root="").fails(task, declared)


@pytest.mark.parametrize("name", ["", "python3", "python"])
def test_generic_kernels_are_the_running_python(name: str) -> None:
    kernel = choose_kernel(name)
    assert kernel.command == (sys.executable,)
    assert kernel.note == ""


def test_an_installed_kernel_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    argv = ["/opt/old/bin/python", "-X", "dev", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    monkeypatch.setattr(kernels, "_specification", lambda name: {"argv": argv, "env": {"A": "1"}})
    kernel = choose_kernel("legacy")

    assert kernel.command == ("/opt/old/bin/python", "-X", "dev")
    assert kernel.env == {"A": "1"}
    assert "'legacy'" in kernel.note


def test_a_kernel_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "_specification", lambda name: None)
    monkeypatch.setattr(kernels, "_installed", lambda: "python3, other")

    assert "isn't installed" in choose_kernel("legacy").note
    assert choose_kernel("legacy").command == (sys.executable,)
    with pytest.raises(InputError) as refused:
        choose_kernel("legacy", required=True)
    assert "python3, other" in refused.value.hint


def test_specification_starts_the_watched_kernel(tmp_path: Path) -> None:
    kernel = Kernel(command=("/opt/python", "-X", "dev"), env={"A": "1"})
    folder = write_specification(tmp_path, kernel, Path("kernel.py"), Path("watch.json"))
    written = json.loads((folder / "kernels" / kernels.NAME / "kernel.json").read_text())

    assert written["argv"][:5] == ["/opt/python", "-X", "dev", "kernel.py", "watch.json"]
    assert written["env"] == {"A": "1"}


def test_runs_see_nothing_of_the_users_window(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MPLBACKEND", "COLUMNS", "LINES", "JPY_PARENT_PID", "MINE"):
        monkeypatch.setenv(name, "7")
    environment = child_environment({"OTHER": "8"})

    assert environment.keys().isdisjoint({"MPLBACKEND", "COLUMNS", "LINES", "JPY_PARENT_PID"})
    assert (environment["MINE"], environment["OTHER"], environment["PYTHONHASHSEED"]) == ("7", "8", "0")


def test_a_child_that_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys, time\n"
        "code = 'import time, pathlib; time.sleep(2); pathlib.Path(\"late\").touch()'\n"
        "subprocess.Popen([sys.executable, '-c', code])\n"
        "time.sleep(60)\n"
    )
    command = [sys.executable, "-c", script]
    ended = run_child(command, cwd=tmp_path, env=child_environment(), log=tmp_path / "log", timeout=1)
    time.sleep(2)

    assert ended.code is None
    assert not (tmp_path / "late").exists()


def test_children_end_with_the_process_that_started_them(tmp_path: Path) -> None:
    """Even if it is killed."""
    late = "import time, pathlib; time.sleep(2); pathlib.Path('late').touch()"
    script = (
        "import os, pathlib, signal, sys, time\n"
        "from nb_to_flow.verify.processes import child_environment, start_child\n"
        f"start_child([sys.executable, '-c', {late!r}], cwd=pathlib.Path(), env=child_environment(),"
        " log=pathlib.Path('log'))\n"
        "time.sleep(0.5)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = Path(kernels.__file__).parents[2]
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, env={"PYTHONPATH": str(root)}, check=False)
    time.sleep(2.5)

    assert (tmp_path / "log").exists()
    assert not (tmp_path / "late").exists()


def test_the_exit_code_is_the_childs(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "print('said'); raise SystemExit(7)"]
    ended = run_child(command, cwd=tmp_path, env=child_environment(), log=tmp_path / "log", timeout=60)

    assert (ended.code, ended.errors) == (7, "said\n")


@pytest.mark.parametrize(
    ("event", "arguments", "name"),
    [
        ("open", ("a.txt", "w", 0), "a.txt"),
        ("open", (b"a.txt", "r+", 0), "a.txt"),
        ("open", ("a.txt", None, os.O_WRONLY), "a.txt"),
        ("open", ("a.txt", "r", os.O_RDONLY), None),
        ("open", (7, "w", 0), None),
        ("sqlite3.connect", (Path("a.db"),), "a.db"),
        ("socket.connect", ("a",), None),
    ],
)
def test_which_events_write_files(event: str, arguments: tuple[object, ...], name: str | None) -> None:
    assert written_path(event, arguments) == (None if name is None else os.path.abspath(name))
