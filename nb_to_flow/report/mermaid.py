"""A notebook's graph in Mermaid, for Markdown pages."""

from __future__ import annotations

from nb_to_flow.ir.graph import EdgeKind
from nb_to_flow.report.text import shorten
from nb_to_flow.report.view import GraphView, GroupKind, Link


def to_mermaid(view: GraphView) -> str:
    """A flowchart: a subgraph for each task, a node for each cell."""
    lines = ["flowchart TD"]
    for group in view.groups:
        alone = group.kind is GroupKind.CELL
        lines += [] if alone else [f'  subgraph {group.key}["{_text(group.title)}"]']
        lines += [
            f'    {node.key}["{node.cell + 1}: {_text(shorten(node.label, 40))}"]' for node in group.nodes
        ]
        lines += [] if alone else ["  end"]
    lines += [f"  {link.source} {_arrow(link)} {link.target}" for link in view.links]
    return "\n".join(lines) + "\n"


def _arrow(link: Link) -> str:
    """Solid where a value flows, dotted where only the order matters."""
    words = _text(shorten(", ".join(link.names), 40))
    if not link.passes and EdgeKind.FILE not in link.kinds:
        return f'-. "{words}" .->' if words else "-.->"
    return f'-- "{words}" -->' if words else "-->"


def _text(text: str) -> str:
    """Text as Mermaid takes it between quotes: what could end them, or be markup, as entities."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    return "".join(f"#{ord(c)};" if c in '"#<>&`\\[]{}|;' else c for c in plain)
