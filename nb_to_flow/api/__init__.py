"""What the package offers to Python programs; the command line is a thin layer over it."""

from nb_to_flow.api.batch_remote import write_batch_entry
from nb_to_flow.api.batch_results import BatchOutlook, BatchResult
from nb_to_flow.api.batching import batch, batch_outlook
from nb_to_flow.api.converting import Converted, Result, convert
from nb_to_flow.api.deploying import Deployed, Deployment, deploy
from nb_to_flow.api.problems import bug
from nb_to_flow.api.running import run_flow
from nb_to_flow.api.single import draw_graph, inspect, read_notebook
from nb_to_flow.api.verifying import (
    Verified,
    VerifyOptions,
    VerifySession,
    verify,
    verify_converted,
    write_verification_page,
)
from nb_to_flow.deployment import DeployOptions

__all__ = [
    "BatchOutlook",
    "BatchResult",
    "Converted",
    "DeployOptions",
    "Deployed",
    "Deployment",
    "Result",
    "Verified",
    "VerifyOptions",
    "VerifySession",
    "batch",
    "batch_outlook",
    "bug",
    "convert",
    "deploy",
    "draw_graph",
    "inspect",
    "read_notebook",
    "run_flow",
    "verify",
    "verify_converted",
    "write_batch_entry",
    "write_verification_page",
]
