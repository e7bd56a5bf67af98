"""Prefect's task runners by the names that the command line knows."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from nb_to_flow.ir.errors import InputError

if TYPE_CHECKING:
    from prefect import Flow

RUNNERS = ("thread", "process", "dask", "ray")
_MAX_WORKERS = 4


def check_runner(name: str | None) -> None:
    """Raises InputError for a name that is none, and for a runner whose package isn't installed."""
    if name not in (None, *RUNNERS):
        raise InputError(f"{name!r} is no runner", f"Choose {', '.join(RUNNERS[:-1])} or {RUNNERS[-1]}.")
    if name in ("dask", "ray"):
        from importlib.util import find_spec

        if find_spec(f"prefect_{name}") is None:
            hint = f"Install it: pip install 'nb-to-flow[{name}]' or pip install prefect-{name}"
            raise InputError(f"the {name} runner needs the package prefect-{name}", hint)


def with_runner(flow: Flow[..., Any], name: str | None, workers: int | None = None) -> Flow[..., Any]:
    """The flow with that task runner; None keeps its own.

    `workers` bounds a pool of threads; None for as many as the flow's own runner has.
    """
    from prefect.task_runners import ThreadPoolTaskRunner

    if name is None and (workers is None or not isinstance(flow.task_runner, ThreadPoolTaskRunner)):
        return flow
    own = getattr(flow.task_runner, "_max_workers", None)
    count = own if isinstance(own, int) and own < 1000 else _MAX_WORKERS
    runner: Any  # Prefect declares them with different kinds of futures
    if name == "process":
        from prefect.task_runners import ProcessPoolTaskRunner

        runner = ProcessPoolTaskRunner(max_workers=count)
    elif name == "dask":
        cluster = {"n_workers": min(count, 2), "threads_per_worker": 1, "dashboard_address": None}
        runner = import_module("prefect_dask").DaskTaskRunner(cluster_kwargs=cluster)
    elif name == "ray":
        # Ray's workers know nothing of what this process has put on its import path.
        env = {"PYTHONPATH": os.pathsep.join(folder for folder in sys.path if folder)}
        settings = {"include_dashboard": False, "runtime_env": {"env_vars": env}}
        runner = import_module("prefect_ray").RayTaskRunner(init_kwargs=settings)
    else:
        runner = ThreadPoolTaskRunner(max_workers=workers or count)
    return flow.with_options(task_runner=runner)
