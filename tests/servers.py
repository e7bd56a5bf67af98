"""Real servers for slow tests: Prefect's, its workers, PostgreSQL. Each is stopped by whoever started it."""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

_QUIET = {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1", "MPLBACKEND": "agg"}


def free_port() -> int:
    """A port that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(done: Callable[[], Any], what: str, seconds: float = 180, every: float = 0.5) -> Any:
    """What `done` returns as soon as that is true. Raises TimeoutError."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := done():
            return found
        time.sleep(every)
    raise TimeoutError(f"{what}: not within {seconds} s")


@dataclass(slots=True, kw_only=True)
class Process:
    """A process in a session of its own, with all it starts."""

    popen: subprocess.Popen[bytes]
    log: Path

    def stop(self) -> None:
        """Ask it to end; whatever is left after a while is killed."""
        tree = self.tree()
        if self.popen.poll() is None:
            self.popen.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.popen.wait(20)
        _kill(tree)
        self.popen.wait()

    def kill(self) -> None:
        """SIGKILL to it and to everything it started."""
        _kill(self.tree())
        self.popen.wait()

    def tree(self) -> list[psutil.Process]:
        """The process, with everything it started."""
        try:
            process = psutil.Process(self.popen.pid)
            return [*process.children(recursive=True), process]
        except psutil.NoSuchProcess:
            return []


def _kill(processes: Sequence[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)


def start(command: Sequence[str], log: Path, *, cwd: Path, env: Mapping[str, str], user: str = "") -> Process:
    """Start a command; what it prints goes to a file."""
    options: dict[str, Any] = {}
    if user:
        account = pwd.getpwnam(user)
        options = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    with log.open("ab") as stream:
        popen = subprocess.Popen(
            list(command),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            start_new_session=True,
            **options,
        )
    return Process(popen=popen, log=log)


@dataclass(slots=True, kw_only=True)
class PrefectServer:
    """A Prefect server. It can be stopped and started again: its database stays.

    Attributes:
        url: of its API.
        home: its folder: settings, the SQLite database, logs.
        env: for its clients.
    """

    url: str
    home: Path
    port: int
    env: dict[str, str]
    process: Process | None = field(default=None)

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1"]
        env = {key: value for key, value in self.env.items() if key != "PREFECT_API_URL"}
        log = self.home / "server.log"
        self.process = start([*command, "--port", str(self.port)], log, cwd=self.home, env=env)
        try:
            wait_for(self._answers, f"Prefect server ({log})", 300)
        except BaseException:
            self.stop()
            raise

    def _answers(self) -> bool:
        if self.process is not None and self.process.popen.poll() is not None:
            raise RuntimeError(f"the Prefect server ended: {self.process.log.read_text('utf-8')[-2000:]}")
        try:
            return bool(self.get("/health"))
        except OSError:
            return False

    def stop(self) -> None:
        """Stop it."""
        if self.process is not None:
            self.process.stop()
            self.process = None

    def get(self, path: str) -> Any:
        """What the API answers. Raises HTTPError (an OSError) if it refuses."""
        return self._answer(urllib.request.Request(self.url + path))

    def post(self, path: str, body: Any = None) -> Any:
        """What the API answers to a body. Raises HTTPError (an OSError) if it refuses."""
        data = json.dumps(body or {}).encode()
        headers = {"Content-Type": "application/json"}
        return self._answer(urllib.request.Request(self.url + path, data, headers))

    def _answer(self, request: urllib.request.Request, attempts: int = 10) -> Any:
        """The answer's JSON. Like Prefect's client, it asks again if a busy SQLite answers 503."""
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            if error.code != 503 or attempts == 1:
                raise
            time.sleep(1)
            return self._answer(request, attempts - 1)
        return json.loads(text) if text else None

    def prefect(self, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run Prefect's own command line against it."""
        return self.run("prefect", *arguments, cwd=cwd)

    def run(self, module: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run a module's command line against it."""
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=cwd,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )


def start_prefect_server(
    home: Path, port: int | None = None, database_url: str | None = None
) -> PrefectServer:
    """Start a Prefect server with its own home; SQLite unless the database's URL is given."""
    home.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    url = f"http://127.0.0.1:{port}/api"
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PREFECT_")}
    root = str(Path(__file__).resolve().parents[1])
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, [root, kept.get("PYTHONPATH", "")]))
    env = {**kept, **_QUIET, "PREFECT_HOME": str(home), "PREFECT_API_URL": url, "PREFECT_UI_API_URL": url}
    if database_url:
        env["PREFECT_API_DATABASE_CONNECTION_URL"] = database_url
    server = PrefectServer(url=url, home=home, port=port, env=env)
    server.start()
    return server


def start_worker(server: PrefectServer, pool: str, cwd: Path, *, limit: int = 2) -> Process:
    """Start a worker of a pool in a folder of its own."""
    cwd.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", pool, "--limit", str(limit)]
    env = {**server.env, "PREFECT_WORKER_QUERY_SECONDS": "2"}
    return start([*command, "--install-policy", "never"], cwd / "worker.log", cwd=cwd, env=env)


@dataclass(slots=True, kw_only=True)
class Postgres:
    """A PostgreSQL server of our own; `url` is for Prefect."""

    url: str
    folder: Path
    process: Process

    def stop(self) -> None:
        """Stop it and remove its data."""
        self.process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def find_postgres() -> Path | None:
    """The folder of PostgreSQL's programs; None if they aren't installed."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    folders += sorted(Path("/opt/homebrew/opt").glob("postgresql*/bin"), reverse=True)
    return next((f for f in folders if (f / "initdb").exists() and (f / "postgres").exists()), None)


def start_postgres() -> Postgres | None:
    """Start a PostgreSQL server with an empty database; None if none is installed."""
    programs = find_postgres()
    if programs is None:
        return None
    # It refuses to run as root, and its user must get at the data: not below a private folder of tests.
    folder = Path(tempfile.mkdtemp(prefix="nb-to-flow-postgres-"))
    user = _other_user() if os.geteuid() == 0 else ""
    if user:
        shutil.chown(folder, user, pwd.getpwnam(user).pw_gid)
    log, data, env = folder / "log", folder / "data", {**os.environ, "LC_ALL": "C"}
    init = [str(programs / "initdb"), "-D", str(data), "-U", "prefect", "-A", "trust", "-E", "UTF8", "-N"]
    made = start([*init, "--no-locale"], log, cwd=folder, env=env, user=user)
    if made.popen.wait(120) != 0:
        raise RuntimeError(f"initdb failed: {log.read_text('utf-8')[-2000:]}")
    port = free_port()
    chosen = {
        "listen_addresses": "127.0.0.1",
        "port": port,
        "unix_socket_directories": folder,
        "fsync": "off",
        "max_connections": 200,
    }
    settings = [part for name, value in chosen.items() for part in ("-c", f"{name}={value}")]
    command = [str(programs / "postgres"), "-D", str(data), *settings]
    process = start(command, log, cwd=folder, env=env, user=user)
    ready = [str(programs / "pg_isready"), "-h", "127.0.0.1", "-p", str(port), "-q"]
    try:
        wait_for(lambda: subprocess.run(ready, check=False).returncode == 0, f"PostgreSQL ({log})", 60)
    except BaseException:
        process.stop()
        raise
    url = f"postgresql+asyncpg://prefect@127.0.0.1:{port}/postgres"
    return Postgres(url=url, folder=folder, process=process)


def _other_user() -> str:
    """An account without rights."""
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name).pw_name
    raise RuntimeError("no account to run PostgreSQL as")
