"""Running a flow in this process: parameters checked first, tasks shown as they go, failures led back to cells.

This and the generated flows are the only places that import prefect.
"""

from nb_to_flow.run.execute import RunRequest, RunResult, run_module
from nb_to_flow.run.failure import Failure

__all__ = ["Failure", "RunRequest", "RunResult", "run_module"]
