"""The Prefect server a run talks to: the configured one, or one that Prefect starts for the run."""

from __future__ import annotations

import os
from collections.abc import Callable

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


def prepare_server(say: Callable[[str], None]) -> None:
    """Make sure that a flow run finds a server; tell the user if one has to be started."""
    for name, value in _EMBEDDED.items():
        os.environ.setdefault(name, value)
    from prefect.settings import PREFECT_API_URL

    if not PREFECT_API_URL.value():
        say(STARTING)
