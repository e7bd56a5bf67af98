"""Drawings by file suffix."""

from __future__ import annotations

from nb_to_flow.ir.errors import InputError
from nb_to_flow.ir.graph import NotebookGraph
from nb_to_flow.ir.plan import FlowPlan

FORMATS = (".html", ".svg", ".mmd", ".dot", ".json")


def check_suffix(suffix: str) -> None:
    """Raises InputError if no format has that suffix."""
    if suffix.lower() not in FORMATS:
        raise InputError(
            f"{suffix or 'no suffix'} is no format to draw in", f"Choose one of {' '.join(FORMATS)}"
        )


def draw(graph: NotebookGraph, plan: FlowPlan | None, suffix: str) -> str:
    """The drawing in the format of that suffix. Raises InputError for another suffix."""
    from nb_to_flow.report.view import graph_view

    check_suffix(suffix)
    view = graph_view(graph, plan)
    match suffix.lower():
        case ".html":
            from nb_to_flow.report.html import to_html

            return to_html(view)
        case ".svg":
            from nb_to_flow.report.svg import to_svg

            return to_svg(view)
        case ".mmd":
            from nb_to_flow.report.mermaid import to_mermaid

            return to_mermaid(view)
        case ".dot":
            from nb_to_flow.report.dot import to_dot

            return to_dot(view)
        case _:
            from nb_to_flow.report.nodelink import to_node_link
            from nb_to_flow.report.payload import to_json

            return to_json(to_node_link(view)) + "\n"
