"""nb_to_flow turns Jupyter notebooks into Prefect flows.

    import nb_to_flow

    [done] = nb_to_flow.convert("legacy.ipynb", output="flows")
    print(done.entrypoint, [task.name for task in done.conversion.plan.tasks])

Everything the command line does is a function here: `read_notebook`, `inspect`, `draw_graph`, `convert`,
`run_flow`, `verify`, `batch`, `deploy`. They load what they need when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nb_to_flow.api import (
        BatchOutlook,
        BatchResult,
        Converted,
        Deployed,
        Deployment,
        DeployOptions,
        Result,
        VerifyOptions,
        VerifySession,
        batch,
        batch_outlook,
        convert,
        deploy,
        draw_graph,
        inspect,
        read_notebook,
        run_flow,
        verify,
        write_batch_entry,
    )
    from nb_to_flow.ir.batch import BatchOptions
    from nb_to_flow.ir.diagnostics import Diagnostic, Severity
    from nb_to_flow.ir.errors import InputError
    from nb_to_flow.ir.verification import VerifyResult
    from nb_to_flow.pipeline import Conversion, ConvertOptions
    from nb_to_flow.run import RunResult

__version__ = "0.1.0"

__all__ = [
    "BatchOptions",
    "BatchOutlook",
    "BatchResult",
    "Conversion",
    "ConvertOptions",
    "Converted",
    "DeployOptions",
    "Deployed",
    "Deployment",
    "Diagnostic",
    "InputError",
    "Result",
    "RunResult",
    "Severity",
    "VerifyOptions",
    "VerifyResult",
    "VerifySession",
    "__version__",
    "batch",
    "batch_outlook",
    "convert",
    "deploy",
    "draw_graph",
    "inspect",
    "read_notebook",
    "run_flow",
    "verify",
    "write_batch_entry",
]

_HOMES = {
    "BatchOptions": "ir.batch",
    "Conversion": "pipeline",
    "ConvertOptions": "pipeline",
    "Diagnostic": "ir.diagnostics",
    "InputError": "ir.errors",
    "RunResult": "run",
    "Severity": "ir.diagnostics",
    "VerifyResult": "ir.verification",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOMES.get(name, 'api')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
