"""A notebook's graph as JSON, in the node-link form that networkx, d3 and others read."""

from __future__ import annotations

from typing import Any

from nb_to_flow.report.view import GraphView, Link


def to_node_link(view: GraphView) -> dict[str, Any]:
    """Nodes are cells (or the parts of a cell that went to different tasks); edges carry their reasons."""
    return {
        "directed": True,
        "multigraph": False,
        "graph": {"title": view.title},
        "nodes": [
            {
                "id": node.key,
                "cell": node.cell,
                "group": group.kind.value,
                "task": group.title,
                "label": node.label,
                "source": node.code,
            }
            for group in view.groups
            for node in group.nodes
        ],
        "edges": [_edge(link) for link in view.links],
    }


def _edge(link: Link) -> dict[str, Any]:
    return {
        "source": link.source,
        "target": link.target,
        "kinds": [kind.value for kind in link.kinds],
        "names": list(link.names),
        "passes": link.passes,
        "certain": link.certain,
        "reasons": list(link.reasons),
    }
