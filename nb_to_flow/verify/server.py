"""One Prefect server for all runs of a verification: the configured one, or one of its own."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from nb_to_flow.ir.errors import InputError
from nb_to_flow.verify.processes import child_environment, end_group

if TYPE_CHECKING:
    from typing_extensions import Self

_WAIT = 180.0
_STARTED = "Flow runs went to a Prefect server of their own, as PREFECT_API_URL names none."


class Server:
    """The server that flow runs talk to. Started when asked for, ended with the `with` block.

    Starting takes ten seconds and more, so ask early (`start`) and wait late (`environment`).
    """

    def __init__(self, home: Path) -> None:
        """`home` is a folder for its database."""
        self._home = home
        self._child: subprocess.Popen[bytes] | None = None
        self._url: str | None = None

    def start(self) -> None:
        """Start one, unless one is configured. Returns at once."""
        from prefect.settings import PREFECT_API_URL

        if self._url is not None:
            return
        self._url = PREFECT_API_URL.value() or None
        if self._url is not None:
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
        with (self._home / "server.log").open("wb") as log:
            self._child = subprocess.Popen(
                command,
                cwd=self._home,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=sys.platform != "win32",
            )

    def environment(self) -> dict[str, str]:
        """What a child process needs to find it, once it answers. Raises InputError if it doesn't."""
        self.start()
        if self._child is None:
            return {"PREFECT_API_URL": self._url or ""}
        deadline = time.monotonic() + _WAIT
        while not _answers(f"{self._url}/health"):
            if self._child.poll() is not None or time.monotonic() > deadline:
                raise InputError("the Prefect server doesn't start", self._complaint())
            time.sleep(0.25)
        return {"PREFECT_API_URL": self._url or "", "PREFECT_HOME": str(self._home)}

    @property
    def note(self) -> str:
        """A sentence on the server if it is one of its own, else ""."""
        return _STARTED if self._child is not None else ""

    def _complaint(self) -> str:
        text = (self._home / "server.log").read_text("utf-8", "replace").strip()
        return text.splitlines()[-1] if text else "It wrote nothing to its log."

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._child is not None:
            end_group(self._child)
            self._child = None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False
