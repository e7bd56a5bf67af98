"""Tasks outside of Prefect runs: their loggers print, and their artifacts are left out.

In a worker process a piece is plain Python. The Prefect run that it belongs to is its chunk's, in the driver, which
logs what it printed. One artifact for each display of each set would cost the server more than the work.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any


def without_runs(
    module: ModuleType, *, artifacts: bool, generated: bool, loggers: bool = True
) -> Callable[[], None]:
    """Replace what needs a run, wherever the flow's module and those beside it have it.

    Args:
        module: the flow's module.
        artifacts: True to leave the functions that publish artifacts as they are.
        generated: True if the module is as it was generated: then figures aren't drawn only to be published.
        loggers: False to leave `get_run_logger` as it is, and Prefect's own modules, which others use too.

    Returns what puts everything back.
    """
    instead = _replacements(artifacts=artifacts, loggers=loggers)
    changed: list[tuple[dict[str, Any], str, Any]] = []
    for names in _homes(module, prefects=loggers):
        for name, value in list(names.items()):
            if callable(value) and id(value) in instead:
                changed.append((names, name, value))
                names[name] = instead[id(value)]
    own = vars(module)
    if generated and not artifacts and "publish_figure" in own:
        changed.append((own, "publish_figure", own["publish_figure"]))
        own["publish_figure"] = _published

    def undo() -> None:
        for names, name, value in reversed(changed):
            names[name] = value

    return undo


@contextmanager
def artifacts_left_out(module: ModuleType, *, artifacts: bool, generated: bool) -> Iterator[None]:
    """For workers in this process, whose pieces run inside of task runs."""
    undo = without_runs(module, artifacts=artifacts, generated=generated, loggers=False)
    try:
        yield
    finally:
        undo()


def _homes(module: ModuleType, *, prefects: bool) -> list[dict[str, Any]]:
    """The globals of the user's modules, and of Prefect's that hand the functions out."""
    names = ("prefect", "prefect.artifacts", "prefect.logging", "prefect.logging.loggers")
    theirs = [vars(sys.modules[name]) for name in names if prefects and name in sys.modules]
    beside = [
        vars(other)
        for other in list(sys.modules.values())
        if isinstance(other, ModuleType) and _is_users(getattr(other, "__file__", None))
    ]
    return [*theirs, *beside, vars(module)]


def _is_users(file: str | None) -> bool:
    path = str(file or "")
    ours = path.startswith(os.path.dirname(os.path.dirname(__file__)))
    return bool(path) and not ours and "site-packages" not in path and not path.startswith(sys.base_prefix)


def _replacements(*, artifacts: bool, loggers: bool) -> dict[int, Any]:
    import prefect.artifacts
    from prefect.logging import get_run_logger

    found: dict[int, Any] = {id(get_run_logger): _logger} if loggers else {}
    if artifacts:
        return found
    for name, value in vars(prefect.artifacts).items():
        if name.endswith("_artifact") and name.startswith(("create_", "acreate_", "update_", "aupdate_")):
            found[id(value)] = _published_async if name.startswith("a") else _published
    return found


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
        """Print a record."""
        sys.stdout.write(self.format(record) + "\n")


def _published(*values: Any, **options: Any) -> None:
    """In place of what publishes an artifact."""


async def _published_async(*values: Any, **options: Any) -> None:
    """In place of what publishes an artifact, in async code."""
