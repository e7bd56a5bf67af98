"""Flows do what their notebooks do: made-up notebooks, in random orders, on threads and processes, with retries.

`SOUNDNESS_EXAMPLES` sets how many notebooks the slow test looks at; `python -m tests.soundness.soak N` looks for
new failures.
"""

from __future__ import annotations

import os

import pytest

from tests.soundness.cases import CASES
from tests.soundness.check import converted, find_failure, reduced
from tests.soundness.many import check_many
from tests.soundness.notebooks import from_text, make_up

CHUNK = 25


def _check(first: int, count: int) -> None:
    for seed in range(first, first + count):
        failure = find_failure(make_up(seed))
        assert failure is None, f"notebook {seed}\n{reduced(failure)}"


@pytest.mark.parametrize("first", range(0, 300, CHUNK))
def test_flows_do_what_their_notebooks_do(first: int) -> None:
    _check(first, CHUNK)


@pytest.mark.slow
def test_many_flows_do_what_their_notebooks_do() -> None:
    count, jobs = int(os.environ.get("SOUNDNESS_EXAMPLES", "5000")), min(os.cpu_count() or 1, 4)
    failed = [checked for checked in check_many(range(10_000, 10_000 + count), jobs) if checked.problem]
    assert not failed, "\n\n".join(f"notebook {checked.seed}\n{checked.problem}" for checked in failed[:5])


@pytest.mark.parametrize("name", CASES)
def test_what_once_went_wrong(name: str) -> None:
    failure = find_failure(from_text(CASES[name]), orders=8)
    assert failure is None, str(failure)


def test_notebooks_are_worth_checking() -> None:
    """They run, and give flows of several tasks."""
    plans = [converted(make_up(seed), "cell").plan for seed in range(30)]
    tasks = [len(plan.tasks) for plan in plans if plan is not None]
    assert len(tasks) == 30
    assert sum(tasks) >= 3 * 30
