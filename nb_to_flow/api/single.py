"""What is done with one notebook without writing a flow."""

from __future__ import annotations

import os
from pathlib import Path

from nb_to_flow import pipeline
from nb_to_flow.api.problems import writing
from nb_to_flow.files import write_atomically
from nb_to_flow.pipeline import Conversion, ConvertOptions

PathLike = str | os.PathLike[str]


def read_notebook(path: PathLike, options: ConvertOptions | None = None) -> Conversion:
    """Read and lower one notebook: cells and plain Python statements. Nothing is run."""
    return pipeline.load(Path(path), options)


def inspect(path: PathLike, options: ConvertOptions | None = None) -> Conversion:
    """Analyse one notebook: facts, edges with reasons, planned tasks, diagnostics. Nothing is run."""
    return pipeline.analyse(Path(path), options)


def draw_graph(path: PathLike, output: PathLike, *, options: ConvertOptions | None = None) -> Conversion:
    """Analyse one notebook and draw its graph to `output`: .html, .svg, .mmd, .dot or .json by its suffix.

    Nothing is written if the returned `Conversion` has no graph. Raises InputError for another suffix,
    and if the file can't be written.
    """
    from nb_to_flow.report.draw import check_suffix, draw

    target = Path(output)
    check_suffix(target.suffix)
    conversion = inspect(path, options)
    if conversion.graph is not None:
        text = draw(conversion.graph, conversion.plan, target.suffix)
        with writing(target):
            write_atomically(target, text.encode("utf-8", "backslashreplace"))
    return conversion
