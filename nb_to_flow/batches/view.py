"""Reading a ledger while a batch writes it, or afterwards."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from nb_to_flow.batches.folder import LEDGER
from nb_to_flow.batches.scalars import decode_outputs
from nb_to_flow.ir.batch_result import BatchReport, SetRow, TaskRow
from nb_to_flow.ir.errors import InputError

_SETS = """
select number, state, parameters, line, error, seconds, outputs, flow_run from sets order by number
"""
_TASKS = """
select task, count(*), sum(sets), sum(state = 'done'), sum(seconds), sum(seconds * sets)
from pieces where position >= 0 group by task order by min(position)
"""


class LedgerView:
    """A reader's view of a ledger. Each call sees what was recorded by then."""

    def __init__(self, folder: Path) -> None:
        """Raises InputError if the folder has no ledger."""
        path = folder / LEDGER
        if not path.exists():
            raise InputError(f"{folder} holds no batch")
        self._db = sqlite3.connect(path, timeout=30, check_same_thread=False)
        self._db.execute("pragma query_only=on")

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def sets(self) -> Iterator[SetRow]:
        """All sets, by number."""
        for number, state, parameters, line, error, seconds, outputs, flow_run in self._db.execute(_SETS):
            yield SetRow(
                number=number,
                state=state,
                parameters=json.loads(parameters),
                line=line,
                error=error,
                seconds=seconds,
                outputs=decode_outputs(outputs),
                flow_run=flow_run,
            )

    def counts(self) -> dict[str, int]:
        """How many sets are in each state."""
        return dict(self._db.execute("select state, count(*) from sets group by state"))

    def tasks(self) -> tuple[TaskRow, ...]:
        """What each task cost, in the order of the flow."""
        return tuple(
            TaskRow(
                task=task,
                distinct=distinct,
                calls=calls,
                ran=ran,
                seconds=seconds,
                alone_seconds=alone,
            )
            for task, distinct, calls, ran, seconds, alone in self._db.execute(_TASKS)
        )

    def report(self) -> BatchReport:
        """Everything at once."""
        facts = dict(self._db.execute("select name, value from meta where name != 'format'"))
        title = facts.pop("flow", "")
        return BatchReport(title=title, sets=tuple(self.sets()), tasks=self.tasks(), facts=facts)
