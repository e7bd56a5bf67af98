"""The Prefect server a run talks to: the configured one, or one that Prefect starts for the run."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from nb_to_flow.ir.errors import InputError
from nb_to_flow.server import answers

STARTING = (
    "No Prefect server is configured (PREFECT_API_URL), so one is started for this run."
    " Its very first start takes 10 to 20 s."
)

# Set before prefect is imported, and only where the user said nothing else.
_EMBEDDED = {
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
}
_PATIENCE = 20.0  # seconds: what a server that was just started may take
_STEP = 0.5


def prepare_server(say: Callable[[str], None]) -> None:
    """Make sure that a flow run finds a server; tell the user if one has to be started.

    Raises InputError if the configured one doesn't answer.
    """
    for name, value in _EMBEDDED.items():
        os.environ.setdefault(name, value)
    if not await_configured_server(say):
        say(STARTING)


def await_configured_server(say: Callable[[str], None]) -> bool:
    """Wait for the server that PREFECT_API_URL names; False if it names none. Raises InputError."""
    from prefect.settings import PREFECT_API_URL

    url = PREFECT_API_URL.value()
    if url:
        await_server(str(url), say)
    return bool(url)


def await_server(url: str, say: Callable[[str], None]) -> None:
    """Wait for a server that may have been started a moment ago. Raises InputError if it doesn't answer."""
    deadline = time.monotonic() + _PATIENCE
    waiting = False
    while not answers(url):
        if time.monotonic() > deadline:
            hint = "Start it (prefect server start), or correct PREFECT_API_URL."
            raise InputError(f"the Prefect server {url} can't be reached", hint)
        if not waiting:
            say(f"Waiting for the Prefect server {url}.")
            waiting = True
        time.sleep(_STEP)
