"""The notebook that is measured: a part for all sets, one for each region, one for each set; all of it CPU."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import nbformat

REGIONS = ("EU", "US", "APAC", "LATAM")
SHARED, REGION, SET = 2.0, 0.3, 0.05  # seconds of CPU

_PREPARE = f"""\
burn({SHARED})
rows = np.arange(20_000)
orders = pd.DataFrame({{"region": np.take(["EU", "US", "APAC", "LATAM"], rows % 4), "value": rows % 97}})"""
_BURN = '''\
def burn(seconds):
    """So much CPU of this thread, whatever else the machine does."""
    end = time.thread_time() + seconds
    total = 0
    while time.thread_time() < end:
        total += sum(n * n for n in range(500))
    return total > 0'''
_CELLS = (
    ("import time\nimport numpy as np\nimport pandas as pd", ()),
    ("region = 'EU'\nn: int = 0", ("parameters",)),
    (_BURN, ()),
    ("## Orders", None),
    (_PREPARE, ()),
    ("## One region", None),
    (f"burn({REGION})\nchosen = orders[orders['region'] == region]", ()),
    ("## Score", None),
    (f"burn({SET})\nscore = float((chosen['value'] * (n + 1)).sum())", ()),
)
_TINY = (
    ("n: int = 0", ("parameters",)),
    ("base = list(range(100))", ()),
    ("# Score\nscore = sum(base) * n", ()),
)


def write_notebook(folder: Path) -> Path:
    """The notebook, in `folder`."""
    return _write(folder / "work.ipynb", _CELLS)


def write_tiny_notebook(folder: Path) -> Path:
    """A notebook that takes no time."""
    return _write(folder / "tiny.ipynb", _TINY)


def _write(path: Path, cells: Sequence[tuple[str, tuple[str, ...] | None]]) -> Path:
    """Code cells with their tags; a cell without tags is text."""
    notebook = nbformat.v4.new_notebook()
    for source, tags in cells:
        if tags is None:
            notebook.cells.append(nbformat.v4.new_markdown_cell(source))
            continue
        cell = nbformat.v4.new_code_cell(source)
        cell.metadata["tags"] = list(tags)
        notebook.cells.append(cell)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)
    return path


def write_sets(path: Path, count: int) -> Path:
    """A CSV of sets, the regions in turn."""
    rows = "".join(f"{REGIONS[n % len(REGIONS)]},{n}\n" for n in range(count))
    path.write_text(f"region,n\n{rows}")
    return path


def distinct_work(count: int) -> float:
    """Seconds of CPU of all that differs."""
    return SHARED + min(count, len(REGIONS)) * REGION + count * SET
