"""The generated module and its map back to the notebook."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nb_to_flow.ir.plan import FlowPlan
from nb_to_flow.ir.spans import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class GeneratedFlow:
    """A flow as text, nothing written yet.

    Attributes:
        plan: what it was generated from.
        source: the module's text.
        source_map: for each line of the module (from 1) that came from the notebook, where it came from.
    """

    plan: FlowPlan
    source: str
    source_map: Mapping[int, Span] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerateOptions:
    """What a user may ask of the generated module.

    Attributes:
        displays: "artifact" publishes what cells displayed as Prefect artifacts, "log" prints its text,
            "drop" leaves it out.
        retries: how often a task that may be retried is retried.
        retry_delays: seconds to wait before each retry.
        timeout_seconds: per task, or None.
    """

    displays: str = "artifact"
    retries: int = 3
    retry_delays: tuple[int, ...] = (1, 10, 60)
    timeout_seconds: float | None = None
