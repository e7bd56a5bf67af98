"""Retries as a task asks for them."""

from __future__ import annotations

import random
from typing import Any

from nb_to_flow.ir.batch import Policy


def policy_of(task: Any) -> Policy:
    """Retries and limits of a task. A function for the delays is asked for all of them."""
    delays = task.retry_delay_seconds
    if callable(delays):
        delays = delays(task.retries)
    several = isinstance(delays, (list, tuple))
    return Policy(
        retries=task.retries or 0,
        delays=tuple(float(d) for d in (delays if several else [delays or 0])),
        jitter=float(task.retry_jitter_factor or 0),
        timeout=float(task.timeout_seconds) if task.timeout_seconds else None,
    )


def delay(policy: Policy, attempt: int) -> float:
    """Seconds to wait after an attempt that failed; the first one is 1."""
    if not policy.delays:
        return 0.0
    seconds = policy.delays[min(attempt, len(policy.delays)) - 1]
    # A generator of its own: the task may have seeded the global one.
    return seconds * random.Random().uniform(1 / (1 + policy.jitter), 1 + policy.jitter)


def may_retry(task: Any, error: Exception) -> bool:
    """What the task's retry condition says about an exception; True if it has none."""
    condition = getattr(task, "retry_condition_fn", None)
    if condition is None:
        return True
    from prefect.client.schemas.objects import TaskRun
    from prefect.states import Failed

    run = TaskRun(name=task.name, task_key=task.task_key, dynamic_key="0", flow_run_id=None)
    state: Any = Failed(message=str(error), data=error)
    try:
        return bool(condition(task, run, state))
    except Exception:  # noqa: BLE001 - Prefect takes a condition that fails for a no
        return False
