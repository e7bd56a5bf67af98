"""A notebook's graph in the DOT language, for Graphviz."""

from __future__ import annotations

from nb_to_flow.ir.graph import EdgeKind
from nb_to_flow.report.text import shorten
from nb_to_flow.report.view import GraphView, GroupKind, Link

_COLOURS = {EdgeKind.FILE: "#c07a1c", EdgeKind.STATE: "#b1497f"}


def to_dot(view: GraphView) -> str:
    """A directed graph: a cluster for each task, a node for each cell, reasons as tooltips."""
    lines = [
        "digraph notebook {",
        f"  label={_text(view.title)};",
        '  node [shape=box, style="rounded,filled", fillcolor=white, fontname=monospace, fontsize=10];',
        "  edge [fontsize=9];",
    ]
    for group in view.groups:
        alone = group.kind is GroupKind.CELL
        lines += [] if alone else [f"  subgraph cluster_{group.key} {{", f"    label={_text(group.title)};"]
        for node in group.nodes:
            label = f"{node.cell + 1}: {shorten(node.label, 46)}"
            lines.append(f"    {node.key} [label={_text(label)}, tooltip={_text(node.code)}];")
        lines += [] if alone else ["  }"]
    lines += [f"  {link.source} -> {link.target} [{_style(link)}];" for link in view.links]
    return "\n".join([*lines, "}", ""])


def _style(link: Link) -> str:
    styles = [
        f"label={_text(shorten(', '.join(link.names), 30))}",
        f"tooltip={_text(chr(10).join(link.reasons))}",
    ]
    if not link.passes:
        colours = [_COLOURS[kind] for kind in link.kinds if kind in _COLOURS]
        styles += ["style=dashed", *(f'color="{colour}"' for colour in colours[:1])]
    return ", ".join(styles)


def _text(text: str) -> str:
    plain = "".join(c if c.isprintable() or c == "\n" else "�" for c in text)
    return '"' + plain.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\l") + '"'
