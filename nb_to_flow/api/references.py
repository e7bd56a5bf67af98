"""How a notebook is to be run as the reference of a verification."""

from __future__ import annotations

import inspect
import json
import math
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from nb_to_flow.ir.errors import InputError
from nb_to_flow.ir.notebook import CellKind
from nb_to_flow.ir.plan import FlowPlan
from nb_to_flow.pipeline import Conversion

if TYPE_CHECKING:
    from nb_to_flow.verify.kernels import Kernel
    from nb_to_flow.verify.notebook import NotebookJob

_UPWARDS = re.compile(r"""["']\.?/?((?:\.\./)*\.\.)(?:/|["'])""")


def typed_parameters(conversion: Conversion, given: Mapping[str, Any]) -> dict[str, Any]:
    """The given parameters in the types that the notebook's own values have. Raises InputError."""
    if not given or conversion.plan is None:
        return {}
    from nb_to_flow.run.parameters import check_parameters

    values = check_parameters(_as_function(conversion.plan), given)
    try:
        json.dumps(values)
    except (TypeError, ValueError) as error:
        raise InputError(f"the parameters can't be passed on: {error}") from error
    return values


def _as_function(plan: FlowPlan) -> Any:
    """A function with the flow's signature; annotations and defaults are literals of the plan's own making."""

    from pydantic import Field

    def flow() -> None: ...

    scope = {"Annotated": Annotated, "Any": Any, "Field": Field, "Literal": Literal}
    parameters = [
        inspect.Parameter(
            p.name,
            inspect.Parameter.KEYWORD_ONLY,
            annotation=eval(p.annotation, scope),
            default=eval(p.default, {}),
        )
        for p in plan.parameters
    ]
    flow.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    flow.__annotations__ = {p.name: p.annotation for p in parameters}
    return flow


def notebook_job(
    conversion: Conversion,
    kernel: Kernel,
    parameters: Mapping[str, Any],
    outputs: Mapping[str, tuple[str, ...]],
    timeout: float | None,
) -> NotebookJob:
    """What to run; `outputs` are the variables that the tasks of an edited flow return."""
    from nb_to_flow.verify.notebook import NotebookJob

    plan = conversion.plan
    if plan is None:
        raise InputError(f"{conversion.path} has no plan")
    return NotebookJob(
        notebook=conversion.path,
        kernel=kernel,
        order=_order(conversion),
        parameters={name: _literal(value) for name, value in parameters.items()},
        places=_places(plan, parameters),
        wanted=_wanted(plan, outputs),
        timeout=timeout,
    )


def _order(conversion: Conversion) -> tuple[int, ...] | None:
    """The cells as they are to be run, if that isn't from top to bottom.

    Cells without statements, magics that a flow doesn't need among them, come first.
    """
    notebook = conversion.notebook
    if notebook is None:
        return None
    order = list(dict.fromkeys(s.cell for s in notebook.statements))
    if order == sorted(order):
        return None
    silent = [c.index for c in notebook.cells if c.kind is CellKind.CODE and c.index not in order]
    return (*silent, *order)


def _places(
    plan: FlowPlan, parameters: Mapping[str, Any]
) -> dict[int, tuple[tuple[int, tuple[str, ...]], ...]]:
    """Behind which lines the parameters are set: at the end of a tagged cell, as papermill has it."""
    notebook = plan.facts.notebook
    places: dict[int, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for parameter in plan.parameters:
        if parameter.name in parameters:
            span = notebook.statements[parameter.statement].span
            tagged = "parameters" in notebook.cells[span.cell].tags
            places[span.cell][0 if tagged else span.end_line].append(parameter.name)
    return {
        cell: tuple((line, tuple(names)) for line, names in lines.items()) for cell, lines in places.items()
    }


def _wanted(plan: FlowPlan, outputs: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[int, ...] | None]:
    """The variables that tasks return, each with the cells of those tasks; None if they aren't known."""
    known = {task.name: task for task in plan.tasks}
    cells: dict[str, set[int]] = defaultdict(set)
    anywhere = {name for task, names in outputs.items() if task not in known for name in names}
    for task in plan.tasks:
        for name in [*(o.name for o in task.outputs), *outputs.get(task.name, ())]:
            cells[name].update(task.cells)
    found: dict[str, tuple[int, ...] | None] = {name: tuple(sorted(c)) for name, c in cells.items()}
    return {**found, **dict.fromkeys(anywhere)}


def _literal(value: Any) -> str:
    """Python text for a value that JSON can hold."""
    if isinstance(value, float) and not math.isfinite(value):
        return f"float({str(value)!r})"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k!r}: {_literal(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        inner = ", ".join(_literal(v) for v in value)
        return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' * (len(value) == 1)})"
    return repr(value)


def reference_root(conversion: Conversion) -> Path:
    """The folder to copy: the notebook's, or the one above it that its relative paths reach."""
    folder = conversion.path.resolve().parent
    cells = conversion.notebook.cells if conversion.notebook else ()
    code = (cell.source for cell in cells if cell.kind is CellKind.CODE)
    steps = max((m[1].count("..") for source in code for m in _UPWARDS.finditer(source)), default=0)
    return folder.parents[steps - 1] if 0 < steps <= len(folder.parents) - 1 else folder
