"""A notebook's graph as a picture: a card for each task with its cells, drawn here, without Graphviz."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from nb_to_flow.ir.graph import EdgeKind
from nb_to_flow.report.layout import Layout, Point, lay_out
from nb_to_flow.report.text import shorten
from nb_to_flow.report.view import GraphView, Group, GroupKind, Link, Node

HEADER, ROW, GUTTER, PAD, MARGIN = 32.0, 22.0, 26.0, 10.0, 28.0
TITLE_CHAR, CODE_CHAR = 7.9, 6.65  # widths of a letter at 13 px bold sans and 11 px monospace
MIN_WIDTH, LABEL_CHARS, HEAD_ROWS, MAX_ROWS = 190.0, 46, 6, 16

STYLE = """
.page{fill:#fbfbfa}.card{fill:#fff;stroke:#d5d7dc}.title{font:600 13px system-ui,sans-serif;fill:#1c2430}
.chips{font:11px system-ui,sans-serif;fill:#7b5ea7}.code{font:11px ui-monospace,Menlo,Consolas,monospace;fill:#3a4454}
.cell{font:10px system-ui,sans-serif;fill:#8b93a1;text-anchor:end}.more{font:italic 11px system-ui,sans-serif;fill:#8b93a1}
.head{font:600 17px system-ui,sans-serif;fill:#1c2430}.legend{font:11px system-ui,sans-serif;fill:#5b6472}
.edge{fill:none;stroke:#7d8899;stroke-width:1.5}.tip{fill:#7d8899}.order{stroke-dasharray:5 4}
.assumed{opacity:.6}.file{stroke:#c07a1c}.file-tip{fill:#c07a1c}.state{stroke:#b1497f}.state-tip{fill:#b1497f}
.arc{fill:none;stroke:#b9c0cb;stroke-width:1.1}
.name{font:10.5px system-ui,sans-serif;fill:#3f4a5a;text-anchor:middle}.plate{opacity:.88}
.row{fill:transparent}
@media (prefers-color-scheme:dark){
.page{fill:#14171c}.card{fill:#1d2128;stroke:#363c47}.title,.head{fill:#eceff4}.code{fill:#c4cbd6}
.chips{fill:#b79be6}.cell,.more{fill:#7f8896}.legend{fill:#9aa3b0}.edge{stroke:#7f8a9b}.tip{fill:#7f8a9b}
.arc{stroke:#4a5260}.file{stroke:#d99a45}.file-tip{fill:#d99a45}.state{stroke:#d3709f}.state-tip{fill:#d3709f}
.name{fill:#c4cbd6}}
"""

# Hues that can be told apart by most people, also in a grey print: neighbours differ in lightness.
_HUES = ("#4e79a7", "#59a14f", "#e39a3b", "#b07aa1", "#76b7b2", "#d5676a", "#8c7355", "#6b8fd6")
_FIXED = {GroupKind.MODULE: "#8b93a1", GroupKind.PARAMETERS: "#7b5ea7", GroupKind.CELL: "#8b93a1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrow:
    """All links from one group to another."""

    source: str
    target: str
    links: tuple[Link, ...]

    @property
    def style(self) -> str:
        """The CSS classes that say what kind of link it is."""
        classes = ["edge"]
        if not any(link.passes for link in self.links):
            kinds = {kind for link in self.links for kind in link.kinds}
            classes += ["order", *(["file"] if EdgeKind.FILE in kinds else [])]
            classes += ["state"] if EdgeKind.STATE in kinds and EdgeKind.FILE not in kinds else []
        if not any(link.certain for link in self.links):
            classes.append("assumed")
        return " ".join(classes)


def to_svg(view: GraphView) -> str:
    """The whole picture as one file; follows the reader's light or dark scheme."""
    cards = {group.key: group for group in view.groups}
    group_of = {node.key: group.key for group in view.groups for node in group.nodes}
    chips = _chips(view, group_of, cards)
    head = [g.key for g in view.groups if g.kind in (GroupKind.MODULE, GroupKind.PARAMETERS)]
    arrows = _arrows(view, group_of, set(head))
    sizes = {key: _size(group, chips.get(key, "")) for key, group in cards.items()}
    layout = lay_out(sizes, [(a.source, a.target) for a in arrows], head)
    drawn = [arrow for arrow in arrows if (arrow.source, arrow.target) in layout.routes]
    width = max(layout.width, 620.0) + 2 * MARGIN
    height = layout.height + 2 * MARGIN + 58
    parts = [_opening(view.title, width, height)]
    parts.append(f'<g transform="translate({MARGIN:g} {MARGIN + 58:g})">')
    parts += [_arrow(arrow, layout) for arrow in drawn]
    for number, (key, group) in enumerate(cards.items()):
        inner = [link for link in view.links if group_of[link.source] == group_of[link.target] == key]
        colour = _FIXED.get(group.kind, _HUES[(number - len(head)) % len(_HUES)])
        parts.append(_card(group, layout.boxes[key], sizes[key], colour, chips.get(key, ""), inner))
    parts += _names(drawn, layout)
    parts.append("</g></svg>\n")
    return "\n".join(parts)


def _chips(view: GraphView, group_of: dict[str, str], cards: dict[str, Group]) -> dict[str, str]:
    """For each group the parameters it uses: shown in its title, as lines to all of them would hide the rest."""
    used: dict[str, list[str]] = defaultdict(list)
    for link in view.links:
        if cards[group_of[link.source]].kind is GroupKind.PARAMETERS:
            used[group_of[link.target]] += link.names
    return {key: shorten(", ".join(dict.fromkeys(names)), 40) for key, names in used.items()}


def _arrows(view: GraphView, group_of: dict[str, str], head: set[str]) -> list[_Arrow]:
    between: dict[tuple[str, str], list[Link]] = defaultdict(list)
    for link in view.links:
        source, target = group_of[link.source], group_of[link.target]
        if source != target and not {source, target} & head:
            between[source, target].append(link)
    return [_Arrow(source=s, target=t, links=tuple(links)) for (s, t), links in between.items()]


def _rows(group: Group) -> tuple[Node, ...]:
    """The nodes that get a line of their own."""
    most = MAX_ROWS if group.kind in (GroupKind.TASK, GroupKind.CELL) else HEAD_ROWS
    return group.nodes if len(group.nodes) <= most + 1 else group.nodes[:most]


def _size(group: Group, chips: str) -> tuple[float, float]:
    rows = _rows(group)
    code = max((len(shorten(n.label, LABEL_CHARS)) for n in rows), default=0) * CODE_CHAR
    title = len(group.title) * TITLE_CHAR + (len(chips) * 6.2 + 18 if chips else 0)
    count = len(rows) + (len(rows) < len(group.nodes))
    return max(MIN_WIDTH, code + GUTTER + 44, title + 2 * PAD + 12), HEADER + count * ROW + PAD


def _opening(title: str, width: float, height: float) -> str:
    tips = "".join(
        f'<marker id="tip{kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"'
        f' orient="auto"><path class="{kind.strip("-") + "-" if kind else ""}tip" d="M0 .6 8 4 0 7.4z"/></marker>'
        for kind in ("", "-file", "-state")
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}"'
        f' viewBox="0 0 {width:.0f} {height:.0f}" role="img">'
        f"<title>{_text(title)}</title><style>{STYLE}</style><defs>{tips}</defs>"
        f'<rect class="page" width="100%" height="100%"/>'
        f'<text class="head" x="{MARGIN:g}" y="{MARGIN + 8:g}">{_text(shorten(title, 90))}</text>'
        f"{_legend(MARGIN + 32)}"
    )


def _legend(y: float) -> str:
    """What the kinds of arrows mean."""
    parts, x = [], MARGIN
    rows = (
        ("", "a value is passed on"),
        ("order", "order only"),
        ("order file", "a file"),
        ("order state", "shared state"),
        ("assumed", "assumed"),
    )
    for style, words in rows:
        parts.append(f'<path class="edge {style}" d="M{x:g} {y - 4:g}h26"/>')
        parts.append(f'<text class="legend" x="{x + 32:g}" y="{y:g}">{words}</text>')
        x += 32 + len(words) * 5.8 + 22
    return "".join(parts)


def _arrow(arrow: _Arrow, layout: Layout) -> str:
    style = arrow.style
    tip = next((f"-{kind}" for kind in ("file", "state") if kind in style.split()), "")
    reasons = [reason for link in arrow.links for reason in link.reasons]
    more = f"\n{len(reasons) - 12} more" if len(reasons) > 12 else ""
    path = _curve(layout.routes[arrow.source, arrow.target])
    return (
        f'<path class="{style}" data-source="{arrow.source}" data-target="{arrow.target}" d="{path}"'
        f' marker-end="url(#tip{tip})"><title>{_text(chr(10).join(reasons[:12]) + more)}</title></path>'
    )


def _curve(points: Sequence[Point]) -> str:
    """A line through the points that runs straight where they are above each other, and bends between."""
    (x, y), *rest = points
    path = [f"M{x:.1f} {y:.1f}"]
    for next_x, next_y in rest:
        if abs(next_x - x) < 0.5:
            path.append(f"L{next_x:.1f} {next_y:.1f}")
        else:
            bend = max((next_y - y) * 0.55, 12.0)
            path.append(f"C{x:.1f} {y + bend:.1f} {next_x:.1f} {next_y - bend:.1f} {next_x:.1f} {next_y:.1f}")
        x, y = next_x, next_y
    return "".join(path)


def _names(arrows: Sequence[_Arrow], layout: Layout) -> list[str]:
    """What each arrow carries, on its last stretch, where there is room for the words."""
    taken: list[tuple[float, float, float]] = []
    parts = []
    for arrow in arrows:
        names = list(dict.fromkeys(name for link in arrow.links for name in link.names))
        words = ", ".join(names[:2]) + (f" +{len(names) - 2}" if len(names) > 2 else "")
        words = shorten(words, 34)
        width = len(words) * 5.9 + 8
        x, y = _free_spot(layout.routes[arrow.source, arrow.target][-2:], width, taken)
        taken.append((x, y, width))
        parts.append(
            f'<rect class="page plate" x="{x - width / 2:.1f}" y="{y - 10:.1f}" width="{width:.1f}" height="14" rx="3"/>'
            f'<text class="name" x="{x:.1f}" y="{y:.1f}">{_text(words)}</text>'
        )
    return parts


def _free_spot(ends: Sequence[Point], width: float, taken: Sequence[tuple[float, float, float]]) -> Point:
    """A point of the curve between `ends` where words of that width cover no others, if there is one."""
    spots = [_on_curve(ends[0], ends[1], t) for t in (0.62, 0.5, 0.74, 0.38, 0.26)]
    for x, y in spots:
        if all(abs(y - ty) > 14 or abs(x - tx) > (width + tw) / 2 for tx, ty, tw in taken[-400:]):
            return x, y
    return spots[0]


def _on_curve(start: Point, end: Point, t: float) -> Point:
    """A point of the curve that `_curve` draws, a little below it, as text stands on its base line."""
    (x1, y1), (x2, y2) = start, end
    bend = max((y2 - y1) * 0.55, 12.0)
    near, far = (1 - t) ** 3 + 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t) + t**3
    y = (1 - t) ** 3 * y1 + 3 * t * (1 - t) ** 2 * (y1 + bend) + 3 * t * t * (1 - t) * (y2 - bend) + t**3 * y2
    return near * x1 + far * x2, y + 4


def _card(
    group: Group, corner: Point, size: tuple[float, float], colour: str, chips: str, inner: list[Link]
) -> str:
    (x, y), (width, height) = corner, size
    beside = f'<tspan class="chips" dx="12">{_text(chips)}</tspan>' if chips else ""
    parts = [
        f'<g class="group" data-group="{group.key}" transform="translate({x:.1f} {y:.1f})">',
        f'<rect class="card" width="{width:.1f}" height="{height:.1f}" rx="8"/>',
        f'<path d="M0 8a8 8 0 0 1 8-8H{width - 8:.1f}a8 8 0 0 1 8 8V{HEADER - 6:g}H0Z" fill="{colour}" opacity=".18"/>',
        f'<rect width="4" height="{HEADER - 12:g}" x="0" y="3" rx="2" fill="{colour}"/>',
        f'<text class="title" x="{PAD + 2:g}" y="18"><title>{_text(group.detail)}</title>{_text(group.title)}{beside}</text>',
    ]
    rows = _rows(group)
    places = {node.key: HEADER + i * ROW for i, node in enumerate(rows)}
    parts += [_row(node, places[node.key], width) for node in rows]
    if len(rows) < len(group.nodes):
        y_more = HEADER + len(rows) * ROW + 15
        parts.append(
            f'<text class="more" x="{GUTTER + 26:g}" y="{y_more:g}">{len(group.nodes) - len(rows)} more</text>'
        )
    parts += [_arc(link, places) for link in inner if link.source in places and link.target in places]
    parts.append("</g>")
    return "".join(parts)


def _row(node: Node, y: float, width: float) -> str:
    return (
        f'<g class="node" data-node="{node.key}">'
        f'<rect class="row" x="4" y="{y:g}" width="{width - 8:.1f}" height="{ROW - 2:g}" rx="4"/>'
        f'<text class="cell" x="{GUTTER + 18:g}" y="{y + 14:g}">{node.cell + 1}</text>'
        f'<text class="code" x="{GUTTER + 26:g}" y="{y + 14:g}">{_text(shorten(node.label, LABEL_CHARS))}</text></g>'
    )


def _arc(link: Link, places: dict[str, float]) -> str:
    """A link between two cells of one card, in its left margin."""
    start, end = places[link.source] + 13, places[link.target] + 7
    bulge = min(6 + abs(end - start) / ROW * 2.5, GUTTER - 8)
    x = GUTTER - 1
    return (
        f'<path class="arc" d="M{x:g} {start:g}C{x - bulge:.1f} {start:g} {x - bulge:.1f} {end:g} {x:g} {end:g}">'
        f"<title>{_text(chr(10).join(link.reasons[:12]))}</title></path>"
    )


def _text(text: str) -> str:
    """Text that XML can hold."""
    return escape("".join(c if c.isprintable() or c == "\n" else "�" for c in text))
