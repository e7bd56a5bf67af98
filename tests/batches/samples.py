"""Flows for tests of batches."""

from __future__ import annotations

import textwrap
from pathlib import Path

SMALL = '''
    """A part for all, a part for each region, a part for each set."""

    import os
    from typing import Any, Literal

    from prefect import flow, task
    from prefect.cache_policies import NO_CACHE


    def note(line: str) -> None:
        if "BATCH_LOG" in os.environ:
            with open(os.environ["BATCH_LOG"], "a") as stream:
                stream.write(line + "\\n")


    @task(cache_policy=NO_CACHE)
    def load() -> list[int]:
        note("load")
        return list(range(1000))


    @task(cache_policy=NO_CACHE)
    def by_region(rows: list[int], region: str) -> int:
        note(f"by_region {region}")
        return sum(rows) + len(region)


    @task(cache_policy=NO_CACHE)
    def score(base: int, year: int, share: float) -> float:
        note(f"score {year} {share}")
        if year == 2022:
            raise ValueError("no data for 2022")
        return base * share + year


    @flow
    def small(
        year: int = 2020, region: Literal["EU", "US", "APAC"] = "EU", share: float = 0.5
    ) -> dict[str, Any]:
        rows = load.submit()
        base = by_region.submit(rows, region)
        found = score.submit(base, year, share)
        return {"base": base.result(), "score": found.result(), "rows": rows.result()}
'''


def write_flow(folder: Path, name: str = "small", source: str = SMALL) -> Path:
    """A flow's file in `folder`."""
    path = folder / f"{name}.py"
    path.write_text(textwrap.dedent(source).lstrip())
    return path
