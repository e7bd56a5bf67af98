"""What a batch left, as tables and pages show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nb_to_flow.ir.batch import Output

# How a set came out, in words, and the states that count as that.
OUTCOMES: Mapping[str, tuple[str, ...]] = {
    "done": ("done",),
    "failed": ("failed", "skipped"),
    "invalid": ("invalid",),
    "not run": ("pending", "running"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRow:
    """One set with its outcome.

    Attributes:
        number: of the set, from 0.
        state: "done", "failed", "skipped", "pending", "running", or "invalid" if the flow can't take it.
        parameters: by name; scalars, or text of what is none.
        line: where the set stands in its file; None if it doesn't.
        error: why it failed; "" if it didn't.
        seconds: wall time of its pieces, shared ones in full.
        outputs: what the flow returned for it.
        flow_run: id of its own Prefect flow run; "" if it had none.
    """

    number: int
    state: str
    parameters: Mapping[str, Any]
    line: int | None = None
    error: str = ""
    seconds: float = 0.0
    outputs: Mapping[str, Output] = field(default_factory=dict)
    flow_run: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskRow:
    """What a task cost.

    Attributes:
        task: its name; "" for whole flows.
        distinct: calls that differ.
        calls: calls that the sets make, equal ones counted for each.
        ran: distinct calls that ended.
        seconds: what those took.
        alone_seconds: what they would have taken if each set had made its own.
    """

    task: str
    distinct: int
    calls: int
    ran: int
    seconds: float
    alone_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchReport:
    """A batch as it stands.

    Attributes:
        title: name of the flow.
        sets: all of them, by number.
        tasks: in the order of the flow.
        facts: more that people may want to know, by what it is called.
    """

    title: str
    sets: Sequence[SetRow]
    tasks: Sequence[TaskRow] = ()
    facts: Mapping[str, str] = field(default_factory=dict)

    def outcomes(self) -> dict[str, int]:
        """How many sets came out how, by the words of `OUTCOMES`."""
        return {words: sum(row.state in states for row in self.sets) for words, states in OUTCOMES.items()}
