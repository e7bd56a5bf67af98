"""Everything that compares what the notebook left with what the flow left."""

from nb_to_flow.verify.files import compare_files, fingerprint, unstable_files
from nb_to_flow.verify.lines import compare_lines, compare_lines_by_task, unstable_lines
from nb_to_flow.verify.pictures import compare_pictures
from nb_to_flow.verify.portraits import DEFAULT_TOLERANCE, compare, summary, unstable_paths

__all__ = [
    "DEFAULT_TOLERANCE",
    "compare",
    "compare_files",
    "compare_lines",
    "compare_lines_by_task",
    "compare_pictures",
    "fingerprint",
    "summary",
    "unstable_files",
    "unstable_lines",
    "unstable_paths",
]
