"""Tasks outside of Prefect runs: their loggers print, and their artifacts are left out.

In a worker process a piece is plain Python. The Prefect run that it belongs to is its chunk's, in the driver, which
logs what it printed. One artifact for each display of each set would cost the server more than the work.
"""

from __future__ import annotations

import logging
import sys
from typing import Any


def without_runs(*, artifacts: bool, names: dict[str, Any] | None = None, pictures: bool = True) -> None:
    """Replace what needs a run, in Prefect's modules or in `names`, a flow module's globals.

    Args:
        artifacts: True to leave the functions that publish artifacts as they are.
        names: the globals to change; None for Prefect's own modules, before a flow imports from them.
        pictures: False if figures needn't be drawn only to be published: `names` are a generated module's.
    """
    homes = [names] if names is not None else _prefect_modules()
    for home in homes:
        if "get_run_logger" in home:
            home["get_run_logger"] = _logger
        if artifacts:
            continue
        for name in list(home):
            if name.startswith(("create_", "acreate_", "update_")) and name.endswith("_artifact"):
                home[name] = _published_async if name.startswith("a") else _published
    if names is not None and not artifacts and not pictures and "publish_figure" in names:
        names["publish_figure"] = _published


def _prefect_modules() -> list[dict[str, Any]]:
    import prefect
    import prefect.artifacts
    import prefect.logging
    import prefect.logging.loggers

    return [vars(m) for m in (prefect, prefect.artifacts, prefect.logging, prefect.logging.loggers)]


def _logger(context: Any = None, **extra: Any) -> Any:
    """A logger that prints: what is printed gets into the chunk's log."""
    logger = logging.getLogger("nb_to_flow.piece")
    if not logger.handlers:
        logger.addHandler(_Printing())
        logger.setLevel(logging.INFO)
        logger.propagate = False
    return logging.LoggerAdapter(logger, extra)


class _Printing(logging.Handler):
    """Prints to what standard output is at the time."""

    def emit(self, record: logging.LogRecord) -> None:
        sys.stdout.write(self.format(record) + "\n")


def _published(*values: Any, **options: Any) -> None:
    """In place of what publishes an artifact."""


async def _published_async(*values: Any, **options: Any) -> None:
    """In place of what publishes an artifact, in async code."""
