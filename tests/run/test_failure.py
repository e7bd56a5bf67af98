"""From an exception back to the notebook's cell and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from nb_to_flow.ir.spans import Span
from nb_to_flow.run.failure import describe, locate
from nb_to_flow.run.module import import_module

FLOW = """
def task(function):
    return function


def helper(x):
    return 1 / x


@task
def train(x):
    y = x + 1
    return helper(y - 1)


def whole():
    return train(0)
"""
LINES = {7: Span(cell=1, line=2, end_line=2), 12: Span(cell=4, line=1), 13: Span(cell=4, line=3, end_line=3)}


@pytest.fixture
def flow_file(tmp_path: Path) -> Path:
    path = tmp_path / "sample_flow_of_failures.py"
    path.write_text(FLOW)
    return path


def raised(flow_file: Path) -> ZeroDivisionError:
    with pytest.raises(ZeroDivisionError) as caught:
        import_module(flow_file).whole()
    return caught.value


def test_deepest_mapped_line_and_the_task_around_it(flow_file: Path) -> None:
    failure = locate(raised(flow_file), flow_file, LINES)
    assert failure.task == "train"
    assert failure.span == Span(cell=1, line=2, end_line=2)
    assert failure.message == "ZeroDivisionError: division by zero"


def test_without_a_map_the_line_of_the_flow(flow_file: Path) -> None:
    failure = locate(raised(flow_file), flow_file, {})
    assert (failure.task, failure.span, failure.line) == ("train", None, 7)


def test_without_a_traceback_the_cells_of_the_task(flow_file: Path) -> None:
    failure = locate(ZeroDivisionError("x"), flow_file, LINES, "train")
    assert (failure.task, failure.cells) == ("train", (4,))


def test_the_cause_of_a_wrapped_exception(flow_file: Path) -> None:
    wrapped = RuntimeError("task failed")
    wrapped.__cause__ = raised(flow_file)
    assert locate(wrapped, flow_file, LINES).span == Span(cell=1, line=2, end_line=2)


def test_exceptions_in_words() -> None:
    assert describe(ValueError("a\n b")) == "ValueError: a b"
    assert describe(KeyError()) == "KeyError"
