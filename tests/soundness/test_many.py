"""Looking at many notebooks goes on whatever one of them does."""

from __future__ import annotations

import os
import time

from tests.soundness.check import Failure
from tests.soundness.executor import Schedule
from tests.soundness.many import check_many
from tests.soundness.notebooks import make_up

HANGS, DIES, FAILS = 1, 2, 3


def _check(seed: int) -> Failure | str | None:
    if seed == HANGS:
        time.sleep(600)
    if seed == DIES:
        os._exit(1)
    if seed == FAILS:
        said = ("x is too many",)
        return Failure(book=make_up(3), granularity="cell", schedule=Schedule(), problems=said, source="")
    return None


def test_a_notebook_that_hangs_or_fails_stops_nothing() -> None:
    found = {c.seed: c.problem for c in check_many(range(6), jobs=1, check=_check, seconds=5)}
    assert {seed for seed, problem in found.items() if problem} == {HANGS, DIES, FAILS}
    assert len(found) == 6
    assert "not done after" in found[HANGS]
    assert "died" in found[DIES]
    assert "x is too many" in found[FAILS]
