"""Prefect's log records as short lines: which task, and what happened."""

from __future__ import annotations

import contextvars
import logging
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_STATE = re.compile(r"Finished in state (\w+)")
_NOISE = re.compile(r"Beginning (flow|subflow) run|View at |Created task run|Submitted task run|Executing ")
_LOGGERS = ("prefect.flow_runs", "prefect.task_runs")


class Lines(logging.Handler):
    """Hands each record on as one line; the API's own handlers still get it whole."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(logging.INFO)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        """Say the record, unless it is noise. A traceback is left out: the end of the run tells the place."""
        message = record.getMessage()
        if _NOISE.match(message):
            return
        task = re.sub(r"-[0-9a-f]{3}$", "", str(getattr(record, "task_run_name", "") or "flow"))
        state = _STATE.match(message)
        if state:
            message = state.group(1).lower()
        elif record.levelno >= logging.ERROR:
            message = message.split("\n", 1)[0]
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        for line in message.splitlines() or [""]:
            # In a context of its own: within a run, Prefect turns print into log records, endlessly.
            contextvars.Context().run(self._say, f"{clock}  {task:<24} {line}")


@contextmanager
def shown(say: Callable[[str], None]) -> Iterator[None]:
    """While open, `say` gets a line for each thing that happens in flow and task runs of this process."""
    handler = Lines(say)
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    before = [(logger.propagate, logger.level) for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.propagate = False
        logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        for logger, (propagate, level) in zip(loggers, before, strict=True):
            logger.removeHandler(handler)
            logger.propagate = propagate
            logger.setLevel(level)
