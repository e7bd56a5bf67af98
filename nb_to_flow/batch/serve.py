"""A worker process: takes chunks from its driver, one at a time, until that goes away."""

from __future__ import annotations

import contextlib
import os
import pickle
import sys
import threading
from multiprocessing.connection import Client, Connection
from typing import Any

# What a worker runs: nothing of the driver's main module, so a script that starts a batch needs no guard.
COMMAND = (
    "import json, sys; given = json.loads(sys.stdin.readline()); sys.path[:] = given['path'];"
    " from nb_to_flow.batch.serve import main; main(given)"
)


def main(given: dict[str, Any]) -> None:
    """Connect to the driver and serve it. `given`: its address and key."""
    _end_with_driver()
    connection = Client(given["address"], authkey=bytes.fromhex(given["key"]))
    connection.send(os.getpid())
    try:
        _serve(connection)
    except (EOFError, ConnectionError):
        return  # the driver is done


def _serve(connection: Connection) -> None:
    setup = connection.recv()
    try:
        workshop = _prepared(setup)
    except BaseException as error:  # noqa: BLE001 - the flow's own module level code
        connection.send(("broken", f"{type(error).__name__}: {error}"))
        return
    connection.send(("ready", ""))
    while True:
        chunk = pickle.loads(connection.recv_bytes())
        workshop.run(chunk, lambda ended: connection.send(("ended", ended)))
        connection.send(("idle", ""))


def _prepared(setup: Any) -> Any:
    """The workshop, in the folder where the flow runs, with its module loaded."""
    from nb_to_flow.batch.quiet import without_runs
    from nb_to_flow.batch.workshop import Workshop, load_module

    hold_lock(setup.store)
    os.chdir(setup.folder)
    sys.path[:0] = [str(setup.folder), str(setup.flow_file.parent)]
    without_runs(artifacts=setup.artifacts)
    module = load_module(setup.flow_file)
    without_runs(artifacts=setup.artifacts, names=vars(module), pictures=not setup.trusted)
    return Workshop(setup, module)


def _end_with_driver() -> None:
    """When the driver dies, however it does, standard input ends, and so does this process, at once."""
    private = os.dup(sys.stdin.fileno())
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)

    def wait() -> None:
        with contextlib.suppress(OSError):
            while os.read(private, 1):
                pass
        os._exit(1)

    threading.Thread(target=wait, name="driver-watch", daemon=True).start()


def hold_lock(store: Any) -> None:
    """Show that somebody writes to the store; the system lets go when the process ends, however it ends."""
    try:
        import fcntl
    except ImportError:  # Windows has no such locks
        return
    _HELD.append(open(store / "workers.lock", "a"))  # noqa: SIM115 - held to the end
    fcntl.flock(_HELD[-1], fcntl.LOCK_SH)


_HELD: list[Any] = []
