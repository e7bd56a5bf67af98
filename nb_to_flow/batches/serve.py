"""A worker process: takes chunks from its driver, one at a time, until that goes away.

The first process loads the flow's module. On Linux it then forks the workers, unless the module has started threads
or loaded a library that is known not to survive a fork: so the imports are paid once, and a worker that dies is
replaced at once. Elsewhere every worker is started, and loads the module, for itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import signal
import sys
import threading
import warnings
from multiprocessing.connection import Client, Connection
from pathlib import Path
from types import ModuleType
from typing import Any

# What a process runs: nothing of the driver's main module, so a script that starts a batch needs no guard.
COMMAND = (
    "import json, sys; given = json.loads(sys.argv[1]); sys.path[:] = given['path'];"
    " from nb_to_flow.batches.serve import main; main(given)"
)
_NOT_FORKED = ("tensorflow", "jax", "torch", "polars", "ray", "distributed", "pyspark", "grpc", "cupy", "h2o")


def command(path: list[str], address: str, flow_file: Path, folder: Path) -> list[str]:
    """The command line of a process that will connect to `address`; its key comes on standard input."""
    given = {"path": path, "address": address, "flow_file": str(flow_file), "folder": str(folder)}
    return [sys.executable, "-X", "faulthandler", "-c", COMMAND, json.dumps(given)]


def main(given: dict[str, Any]) -> None:
    """Load the flow's module, then do as the driver says."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the driver's business, and it ends its workers
    key = bytes.fromhex(os.read(0, 64).decode())
    try:
        module, problem = _loaded(Path(given["flow_file"]), Path(given["folder"])), ""
    except BaseException as error:  # noqa: BLE001 - the flow's own module level code
        module, problem = None, f"{type(error).__name__}: {error}"
    with contextlib.suppress(EOFError, ConnectionError):
        connection = Client(given["address"], authkey=key)
        connection.send((os.getpid(), _can_fork(), problem))
        while module is not None:
            order, content = connection.recv()
            if order == "serve":
                _serve(connection, content, module)
            elif order == "fork" and _forked(content):
                connection.close()
                connection = Client(given["address"], authkey=key)
                connection.send((os.getpid(), False, ""))
            elif order == "status":
                connection.send(os.waitpid(content, 0)[1])


def _forked(count: int) -> bool:
    """Fork so many times; True in the children."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # native threads of libraries
        return any(os.fork() == 0 for _ in range(count))


def _can_fork() -> bool:
    if not sys.platform.startswith("linux") or threading.active_count() > 1:
        return False
    return not any(name in sys.modules for name in _NOT_FORKED)


def _serve(connection: Connection, setup: Any, module: ModuleType) -> None:
    """Run chunks until the driver goes away."""
    from nb_to_flow.batches.quiet import without_runs
    from nb_to_flow.batches.workshop import Workshop
    from nb_to_flow.batches.writers import writing

    _end_with_driver()
    with writing(setup.store):
        without_runs(module, artifacts=setup.artifacts, generated=setup.trusted)
        workshop = Workshop(setup, module)
        while True:
            chunk = pickle.loads(connection.recv_bytes())
            workshop.run(chunk, lambda ended: connection.send(("ended", ended)))
            connection.send(("idle", ""))


def _loaded(flow_file: Path, folder: Path) -> ModuleType:
    """The flow's module, loaded where the flow runs."""
    from nb_to_flow.batches.workshop import load_module

    os.chdir(folder)
    sys.path[:0] = [str(folder), str(flow_file.parent)]
    return load_module(flow_file)


def _end_with_driver() -> None:
    """When the driver dies, however it does, standard input ends, and so does this process, at once."""
    private = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)

    def wait() -> None:
        with contextlib.suppress(OSError):
            while os.read(private, 1):
                pass
        os._exit(1)

    threading.Thread(target=wait, name="driver-watch", daemon=True).start()
