"""Notebooks and flows on disk: finding the former, writing the latter without losing anyone's work."""

from nb_to_flow.files.atomic import write_atomically
from nb_to_flow.files.discover import find_notebooks
from nb_to_flow.files.sidecar import Sidecar, digest, is_untouched, load_sidecar
from nb_to_flow.files.store import FlowFiles, Status, plan_files, relative, state_of, write_files

__all__ = [
    "FlowFiles",
    "Sidecar",
    "Status",
    "digest",
    "find_notebooks",
    "is_untouched",
    "load_sidecar",
    "plan_files",
    "relative",
    "state_of",
    "write_atomically",
    "write_files",
]
