"""Child processes that leave nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# Sets of strings are walked in the same order by the notebook and the flow.
HASH_SEED = "0"
# What a shell, or the Jupyter that a verification is started from, would tell the runs: how wide its window is,
# how to draw. A kernel only displays figures if nobody has said how to draw.
_NOT_INHERITED = ("MPLBACKEND", "COLUMNS", "LINES", "JPY_PARENT_PID", "JPY_SESSION_NAME")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a child process ended.

    Attributes:
        code: its exit code; None if it took too long and was ended.
        errors: the end of what it wrote to standard error.
    """

    code: int | None
    errors: str


def run_child(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path, timeout: float | None
) -> Ended:
    """Run a command to its end, and end whatever it started too.

    `log` gets its output. It reads nothing from standard input.
    """
    child = start_child(command, cwd=cwd, env=env, log=log)
    try:
        code: int | None = child.wait(timeout)
    except subprocess.TimeoutExpired:
        code = None
    finally:
        end_group(child)
    return Ended(code=code, errors=log.read_bytes()[-4000:].decode("utf-8", "replace"))


def start_child(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path
) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own. It ends with this process, even if that is killed."""
    guard = [sys.executable, "-I", "-S", str(Path(__file__).with_name("guard.py"))]
    with log.open("wb") as stream:
        return subprocess.Popen(
            [*guard, *command],
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.PIPE,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=sys.platform != "win32",
        )


def end_group(child: subprocess.Popen[bytes]) -> None:
    """End a child and all processes of its session."""
    if sys.platform == "win32":
        child.kill()
    else:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    if child.stdin is not None:
        child.stdin.close()


def child_environment(extra: Mapping[str, str] | None = None, hash_seed: str = HASH_SEED) -> dict[str, str]:
    """The environment of a run: the user's, but for what would make two runs differ or write elsewhere."""
    env = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
    env.update(
        PYTHONHASHSEED=hash_seed,
        PYTHONDONTWRITEBYTECODE="1",
        DO_NOT_TRACK="1",
        PREFECT_SERVER_ANALYTICS_ENABLED="false",
    )
    env.update(extra or {})
    return env
