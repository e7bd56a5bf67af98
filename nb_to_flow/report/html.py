"""A notebook's graph as one interactive page: the picture, with what lies behind it on hover and click."""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files

from nb_to_flow.report.nodelink import to_node_link
from nb_to_flow.report.svg import to_svg
from nb_to_flow.report.view import GraphView


def to_html(view: GraphView) -> str:
    """The page, all in one file: it loads nothing from anywhere."""
    template = files("nb_to_flow.report").joinpath("graph.html").read_text(encoding="utf-8")
    # "</script>" in the notebook's code would end the element; "<!--" would change how it is read.
    data = json.dumps(to_node_link(view)).replace("<", "\\u003c")
    title = escape("".join(c for c in view.title if c.isprintable()))
    page, rest = template.replace("{{title}}", title).split("{{drawing}}")
    middle, end = rest.split("{{data}}")
    return f"{page}{to_svg(view)}{middle}{data}{end}"
