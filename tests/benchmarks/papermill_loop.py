"""What people do today: papermill for each set. `python -m tests.benchmarks.papermill_loop NOTEBOOK COUNT [tasks]`."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from tests.benchmarks.work import REGIONS


def run_one(notebook: str, n: int) -> None:
    """One set: a kernel, and the whole notebook."""
    import papermill

    out = Path(notebook).with_name(f"out-{n}.ipynb")
    parameters = {"region": REGIONS[n % len(REGIONS)], "n": n}
    papermill.execute_notebook(notebook, str(out), parameters, kernel_name="python3", progress_bar=False)


def in_tasks(notebook: str, count: int) -> None:
    """The same in Prefect tasks, two at a time."""
    from prefect import flow, task
    from prefect.cache_policies import NO_CACHE
    from prefect.task_runners import ThreadPoolTaskRunner

    each = task(cache_policy=NO_CACHE)(run_one)

    @flow(task_runner=ThreadPoolTaskRunner(max_workers=2))
    def loop() -> None:
        for future in [each.submit(notebook, n) for n in range(count)]:
            future.result()

    loop()


def main(notebook: str, count: int, *, tasks: bool) -> None:
    """Prints the seconds it took, imports left out."""
    import papermill  # noqa: F401
    import prefect  # noqa: F401

    began = time.perf_counter()
    if tasks:
        in_tasks(notebook, count)
    else:
        for n in range(count):
            run_one(notebook, n)
    print(time.perf_counter() - began)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), tasks="tasks" in sys.argv[3:])
