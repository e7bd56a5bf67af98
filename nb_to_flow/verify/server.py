"""One Prefect server for all runs of a verification: the configured one, or one of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from nb_to_flow.ir.errors import InputError
from nb_to_flow.server import answers
from nb_to_flow.verify.processes import child_environment, end_group, start_child
from nb_to_flow.verify.text import last_line

if TYPE_CHECKING:
    from typing_extensions import Self

_WAIT = 600.0
_STARTED = "Flow runs went to a Prefect server of their own, as PREFECT_API_URL names none."


class Server:
    """The server that flow runs talk to. Started when asked for, ended with the `with` block.

    Starting takes ten seconds and more, so ask early (`start`) and wait late (`environment`).
    """

    def __init__(self, home: Path) -> None:
        """`home` is a folder for its database."""
        self._home = home
        self._child: subprocess.Popen[bytes] | None = None
        self._url = ""
        self._starting: threading.Thread | None = None

    def start(self) -> None:
        """Start one, unless one is configured. Returns at once; further calls do nothing."""
        if self._starting is None:
            self._starting = threading.Thread(target=self._start, daemon=True)
            self._starting.start()

    def _start(self) -> None:
        self._url = _configured()
        if self._url:
            return
        port = _free_port()
        self._url = f"http://127.0.0.1:{port}/api"
        self._home.mkdir(parents=True, exist_ok=True)
        command = [
            sys.executable,
            "-m",
            "prefect",
            "server",
            "start",
            "--host",
            "127.0.0.1",
            "--port",
            str(port),
        ]
        env = child_environment({"PREFECT_HOME": str(self._home)})
        for name in ("PREFECT_API_URL", "PREFECT_PROFILE", "PREFECT_API_DATABASE_CONNECTION_URL"):
            env.pop(name, None)
        self._child = start_child(command, cwd=self._home, env=env, log=self._home / "server.log")

    def environment(self) -> dict[str, str]:
        """What a child process needs to find it, once it answers. Raises InputError if it doesn't."""
        self.start()
        if self._starting is not None:
            self._starting.join()
        if self._child is None:
            if not answers(self._url):
                hint = "Start it, or unset PREFECT_API_URL to have one started for the time."
                raise InputError(f"the Prefect server {self._url} doesn't answer", hint)
            return {"PREFECT_API_URL": self._url}
        deadline = time.monotonic() + _WAIT
        while not answers(self._url):
            if self._child.poll() is not None or time.monotonic() > deadline:
                raise InputError("the Prefect server doesn't start", self._complaint())
            time.sleep(0.25)
        return {"PREFECT_API_URL": self._url}

    @property
    def note(self) -> str:
        """A sentence on the server if it is one of its own, else ""."""
        return _STARTED if self._child is not None else ""

    def _complaint(self) -> str:
        text = (self._home / "server.log").read_text("utf-8", "replace")
        return last_line(text) or "It wrote nothing to its log."

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._starting is not None:
            self._starting.join()
        if self._child is not None:
            end_group(self._child)
            self._child = None


def _configured() -> str:
    """The server that the environment or Prefect's profile names; "" for none."""
    url = os.environ.get("PREFECT_API_URL", "")
    if not url:
        from prefect.settings import PREFECT_API_URL  # costs a second

        url = PREFECT_API_URL.value() or ""
    return url


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
