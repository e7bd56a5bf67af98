"""Layered drawing of a directed acyclic graph of boxes, after Sugiyama: layers, order, coordinates, routes.

Layers by longest path, at most a few boxes wide; order within a layer by barycentres; coordinates by least
squares under the order. An edge over several layers passes through a narrow lane in each of them, so that
it crosses no box.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

Point = tuple[float, float]
Size = tuple[float, float]
Key = str | int  # boxes have strings, lanes numbers

GAP_X, GAP_Y, LANE = 36.0, 64.0, 16.0
MAX_BOXES_IN_LAYER = 4
_SWEEPS = 8
_MAX_LANES = 20_000  # beyond this many, edges are drawn straight: nobody could follow them anyway


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where everything stands: top left corners of boxes, points of edges, and the size of it all."""

    boxes: Mapping[str, Point]
    routes: Mapping[tuple[str, str], tuple[Point, ...]]
    width: float
    height: float


@dataclass(slots=True)
class _Drawing:
    """Work in progress: boxes and lanes in layers, with their widths, neighbours and centres."""

    sizes: Mapping[str, Size]
    layers: list[list[Key]]
    widths: dict[Key, float]
    above: dict[Key, list[Key]] = field(default_factory=lambda: defaultdict(list))
    below: dict[Key, list[Key]] = field(default_factory=lambda: defaultdict(list))
    lanes: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    centre: dict[Key, float] = field(default_factory=dict)


def lay_out(sizes: Mapping[str, Size], edges: Sequence[tuple[str, str]], head: Sequence[str] = ()) -> Layout:
    """Place boxes of the given sizes; `sizes` is in topological order of `edges`.

    Boxes named in `head` form the first layer, by themselves. Edges that go backwards are left out.
    """
    layer_of = _layer_of(sizes, edges, set(head))
    forward = [(s, t) for s, t in dict.fromkeys(edges) if layer_of[s] < layer_of[t]]
    drawing = _with_lanes(sizes, layer_of, forward)
    _order(drawing)
    _place(drawing)
    return _finished(drawing, forward, layer_of)


def _layer_of(sizes: Mapping[str, Size], edges: Sequence[tuple[str, str]], head: set[str]) -> dict[str, int]:
    """The layer of each box: below all it depends on, and not in a full one."""
    sources: dict[str, list[str]] = defaultdict(list)
    for source, target in edges:
        sources[target].append(source)
    first, layer_of, boxes_in = int(bool(head)), dict.fromkeys(head, 0), defaultdict[int, int](int)
    for key in sizes:
        if key in head:
            continue
        layer = max((layer_of[s] + 1 for s in sources[key] if s in layer_of), default=first)
        layer = max(layer, first)
        while boxes_in[layer] >= MAX_BOXES_IN_LAYER:
            layer += 1
        layer_of[key] = layer
        boxes_in[layer] += 1
    return layer_of


def _with_lanes(
    sizes: Mapping[str, Size], layer_of: Mapping[str, int], edges: Sequence[tuple[str, str]]
) -> _Drawing:
    layers: list[list[Key]] = [[] for _ in range(max(layer_of.values(), default=-1) + 1)]
    for key in sizes:
        layers[layer_of[key]].append(key)
    drawing = _Drawing(sizes=sizes, layers=layers, widths={key: size[0] for key, size in sizes.items()})
    few = sum(layer_of[t] - layer_of[s] for s, t in edges) <= _MAX_LANES
    number = 0
    for source, target in edges:
        spans = range(layer_of[source] + 1, layer_of[target]) if few else range(0)
        lanes = list(range(number, number + len(spans)))
        number += len(lanes)
        drawing.lanes[source, target] = lanes
        for lane, layer in zip(lanes, spans, strict=True):
            layers[layer].append(lane)
            drawing.widths[lane] = LANE
        path: list[Key] = [source, *lanes, target]
        for upper, lower in pairwise(path):
            drawing.below[upper].append(lower)
            drawing.above[lower].append(upper)
    return drawing


def _order(drawing: _Drawing) -> None:
    """Sort each layer by the mean position of its neighbours, downwards and upwards in turn."""
    position: dict[Key, float] = {}
    for layer in drawing.layers:
        position.update({key: i / max(len(layer), 1) for i, key in enumerate(layer)})
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        neighbours = drawing.above if down else drawing.below
        for layer in drawing.layers if down else reversed(drawing.layers):
            means = {key: _mean([position[n] for n in neighbours[key]], position[key]) for key in layer}
            layer.sort(key=means.__getitem__)
            position.update({key: (i + 0.5) / len(layer) for i, key in enumerate(layer)})


def _place(drawing: _Drawing) -> None:
    """Centres: first packed, then drawn towards their neighbours as far as the order allows."""
    for layer in drawing.layers:
        total = sum(drawing.widths[k] for k in layer) + GAP_X * max(len(layer) - 1, 0)
        x = -total / 2
        for key in layer:
            drawing.centre[key] = x + drawing.widths[key] / 2
            x += drawing.widths[key] + GAP_X
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        neighbours = drawing.above if down else drawing.below
        for layer in drawing.layers if down else reversed(drawing.layers):
            wanted = [_mean([drawing.centre[n] for n in neighbours[k]], drawing.centre[k]) for k in layer]
            drawing.centre.update(zip(layer, _spread(layer, wanted, drawing.widths), strict=True))
    _centre_head(drawing)


def _centre_head(drawing: _Drawing) -> None:
    """Nothing holds a first layer without edges: put it above the middle of the rest."""
    first, rest = drawing.layers[:1], [key for layer in drawing.layers[1:] for key in layer]
    if not rest or any(drawing.below[key] for layer in first for key in layer):
        return
    middle = (min(map(drawing.centre.__getitem__, rest)) + max(map(drawing.centre.__getitem__, rest))) / 2
    ends = [drawing.centre[key] for key in first[0]]
    for key in first[0]:
        drawing.centre[key] += middle - (min(ends) + max(ends)) / 2


def _spread(layer: Sequence[Key], wanted: Sequence[float], widths: Mapping[Key, float]) -> list[float]:
    """The centres nearest to `wanted` that keep the order and the gaps (pool adjacent violators)."""
    offsets, total = [0.0], 0.0
    for left, right in pairwise(layer):
        gap = GAP_X if isinstance(left, str) or isinstance(right, str) else LANE / 2
        total += (widths[left] + widths[right]) / 2 + gap
        offsets.append(total)
    blocks: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=False):
        block = (want - offset, 1)
        while blocks and blocks[-1][0] > block[0]:
            value, count = blocks.pop()
            size = count + block[1]
            block = ((value * count + block[0] * block[1]) / size, size)
        blocks.append(block)
    flat = [value for value, count in blocks for _ in range(count)]
    return [value + offset for value, offset in zip(flat, offsets, strict=False)]


def _finished(drawing: _Drawing, edges: Sequence[tuple[str, str]], layer_of: Mapping[str, int]) -> Layout:
    """Shift everything to positive coordinates, add heights, and draw the routes."""
    left = min((c - drawing.widths[k] / 2 for k, c in drawing.centre.items()), default=0.0)
    right = max((c + drawing.widths[k] / 2 for k, c in drawing.centre.items()), default=0.0)
    for key in drawing.centre:
        drawing.centre[key] -= left
    tops, bottoms, y = [], [], 0.0
    for layer in drawing.layers:
        height = max((drawing.sizes[k][1] for k in layer if isinstance(k, str)), default=0.0)
        tops.append(y)
        bottoms.append(y + height)
        y += height + (GAP_Y if any(drawing.below[k] for k in layer) else GAP_X)
    boxes = {
        key: (drawing.centre[key] - drawing.widths[key] / 2, tops[layer_of[key]]) for key in drawing.sizes
    }
    leaving = _ports(drawing, edges, 0)
    arriving = _ports(drawing, edges, 1)
    routes = {}
    for edge in edges:
        source, target = edge
        points = [(leaving[edge], boxes[source][1] + drawing.sizes[source][1])]
        if points[0][1] < bottoms[layer_of[source]]:
            points.append((leaving[edge], bottoms[layer_of[source]]))
        for number, lane in enumerate(drawing.lanes[edge], layer_of[source] + 1):
            points += [(drawing.centre[lane], tops[number]), (drawing.centre[lane], bottoms[number])]
        routes[edge] = (*points, (arriving[edge], boxes[target][1]))
    return Layout(boxes=boxes, routes=routes, width=right - left, height=max(bottoms, default=0.0))


def _ports(drawing: _Drawing, edges: Sequence[tuple[str, str]], end: int) -> dict[tuple[str, str], float]:
    """Where edges leave (`end` 0) or arrive at (1) their boxes: side by side, in the order they come from."""
    at: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for edge in edges:
        at[edge[end]].append(edge)
    ports = {}
    for key, mine in at.items():
        mine.sort(key=lambda e: _next_x(drawing, e, end))
        width = drawing.widths[key]
        step = min(28.0, width * 0.8 / len(mine))
        start = drawing.centre[key] - step * (len(mine) - 1) / 2
        ports.update({edge: start + step * i for i, edge in enumerate(mine)})
    return ports


def _next_x(drawing: _Drawing, edge: tuple[str, str], end: int) -> float:
    lanes = drawing.lanes[edge]
    other: Key = edge[1 - end]
    if lanes:
        other = lanes[0] if end == 0 else lanes[-1]
    return drawing.centre[other]


def _mean(values: Sequence[float], default: float) -> float:
    return sum(values) / len(values) if values else default
