"""Where a run failed: the task, and the notebook's cell and line."""

from __future__ import annotations

import ast
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from nb_to_flow.ir.spans import Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a run failed.

    Attributes:
        message: the exception, as `ValueError: ...`.
        task: name of the task that raised it; "" if it was the flow or the module itself.
        line: line of the flow's file, or None if it isn't known.
        span: where that line comes from in the notebook, or None.
        cells: the cells that the task came from, from 0.
    """

    message: str
    task: str = ""
    line: int | None = None
    span: Span | None = None
    cells: tuple[int, ...] = ()


def locate(error: BaseException, flow_file: Path, lines: Mapping[int, Span], task: str = "") -> Failure:
    """Lead an exception back through the flow's file to the notebook.

    Args:
        error: what was raised.
        flow_file: the flow's file.
        lines: its source map; may be empty.
        task: the task that failed, if it is known from elsewhere (a worker process keeps the traceback).
    """
    functions = _functions(flow_file)
    found = [line for each in _chain(error) for line in _lines_in(each.__traceback__, flow_file)]
    owners = [name for name in (_owner(functions, line) for line in found) if name]
    task = task or (owners[-1] if owners else "")
    mapped = [line for line in found if line in lines]
    if mapped:
        line = mapped[-1]
        return Failure(message=describe(error), task=task, line=line, span=lines[line])
    inside = range(*functions.get(task, (0, 0)))
    cells = tuple(sorted({lines[line].cell for line in inside if line in lines}))
    return Failure(message=describe(error), task=task, line=found[-1] if found else None, cells=cells)


def describe(error: BaseException) -> str:
    """Type and message of an exception, on one line."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:600] if text else type(error).__name__


def _chain(error: BaseException) -> list[BaseException]:
    """The exception and what it was raised from, the deepest cause last if the others tell no place."""
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__
    return chain[::-1]


def _lines_in(trace: TracebackType | None, flow_file: Path) -> list[int]:
    """The lines of the flow's file that a traceback passes through, outermost first."""
    wanted, found = os.path.realpath(flow_file), []
    while trace is not None:
        if os.path.realpath(trace.tb_frame.f_code.co_filename) == wanted:
            found.append(trace.tb_lineno)
        trace = trace.tb_next
    return found


def _functions(flow_file: Path) -> dict[str, tuple[int, int]]:
    """The tasks of a flow's file, each with its first line and the one after its last."""
    try:
        tree = ast.parse(flow_file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return {}
    return {
        node.name: (node.lineno, (node.end_lineno or node.lineno) + 1)
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and _is_task(node)
    }


def _is_task(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    plain = [d.func if isinstance(d, ast.Call) else d for d in node.decorator_list]
    return any(isinstance(d, ast.Name) and d.id == "task" for d in plain)


def _owner(functions: Mapping[str, tuple[int, int]], line: int) -> str:
    return next((name for name, (first, after) in functions.items() if first <= line < after), "")
