"""Small plots as SVG, drawn with style classes so that they follow the page's light or dark theme."""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TypeAlias

Number: TypeAlias = int | float
Place: TypeAlias = int | float | str

WIDTH, HEIGHT = 340, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 58, 12, 14, 40
_MOST_POINTS = 800
_FEW_VALUES = 8
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One dot: `x` is a number, or a category as text."""

    x: Place
    y: Number
    series: str = ""
    title: str = ""


def scatter(points: Sequence[Point], x_label: str, y_label: str, series: Mapping[str, int]) -> str:
    """Dots of y over x, with a line through the means of each series.

    `series` gives each series the number of its colour.
    """
    categories = list(dict.fromkeys(str(p.x) for p in points if isinstance(p.x, str)))
    xs = [float(categories.index(p.x)) if isinstance(p.x, str) else float(p.x) for p in points]
    x_axis = _Axis(_band(categories) if categories else _ends(xs), _LEFT, WIDTH - _RIGHT)
    y_axis = _Axis(_ends([p.y for p in points]), HEIGHT - _BOTTOM, _TOP)
    x_ticks = list(enumerate(categories)) if categories else [(t, _short(t)) for t in _x_places(xs, x_axis)]
    parts = [
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(f"{y_label} over {x_label}")}">'
    ]
    parts += [_y_tick(y_axis, tick) for tick in _ticks(*y_axis.ends)]
    parts += [_x_tick(x_axis, tick, text, len(x_ticks)) for tick, text in x_ticks]
    parts += _mean_lines(points, xs, series, x_axis, y_axis)
    step = math.ceil(len(points) / _MOST_POINTS)
    parts += [_dot(p, x, series, x_axis, y_axis) for p, x in list(zip(points, xs, strict=True))[::step]]
    parts.append(f'<text class="axis" x="{_LEFT}" y="{HEIGHT - 6}">{escape(x_label)}</text></svg>')
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class _Axis:
    ends: tuple[float, float]
    start: float
    stop: float

    def at(self, value: float) -> float:
        low, high = self.ends
        return round(self.start + (self.stop - self.start) * (value - low) / (high - low), 1)


def _band(categories: Sequence[str]) -> tuple[float, float]:
    return -0.5, len(categories) - 0.5


def _ends(values: Sequence[Number]) -> tuple[float, float]:
    low, high = float(min(values)), float(max(values))
    margin = (high - low) * 0.05 or abs(high) * 0.05 or 1.0
    return low - margin, high + margin


def _ticks(low: float, high: float, *, whole: bool = False) -> list[float]:
    """About five round numbers between the ends; `whole` for no fractions."""
    rough = max((high - low) / 5, 1.0 if whole else 0.0)
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(s * size for s in _STEPS if s * size >= rough and not (whole and s * size % 1))
    first = math.ceil(low / step)
    return [n * step for n in range(first, math.floor(high / step) + 1)]


def _x_places(xs: Sequence[float], axis: _Axis) -> list[float]:
    """A tick at each value if they are few and far enough apart, else at round numbers."""
    places = sorted(set(xs))
    gaps = [axis.at(b) - axis.at(a) for a, b in itertools.pairwise(places)]
    if len(places) <= _FEW_VALUES and min(gaps, default=99) > 28:
        return places
    return _ticks(*axis.ends, whole=all(place.is_integer() for place in places))


def _short(value: float) -> str:
    text = f"{value:.6g}"
    if "e" in text or abs(value) < 100_000:
        return text
    return f"{value / 1e6:.4g}M" if abs(value) >= 1e6 else f"{value / 1e3:.4g}k"


def _y_tick(axis: _Axis, value: float) -> str:
    y = axis.at(value)
    line = f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'
    return f'{line}<text class="tick" x="{_LEFT - 6}" y="{y + 3.5}" text-anchor="end">{_short(value)}</text>'


def _x_tick(axis: _Axis, value: float, text: str, count: int) -> str:
    most = max(3, int(56 / max(count, 1)))
    shown = text if len(text) <= most else f"{text[: most - 1]}…"
    x = axis.at(value)
    title = f"<title>{escape(text)}</title>" if shown != text else ""
    y = HEIGHT - _BOTTOM + 15
    return f'<text class="tick" x="{x}" y="{y}" text-anchor="middle">{escape(shown)}{title}</text>'


def _mean_lines(
    points: Sequence[Point], xs: Sequence[float], series: Mapping[str, int], x_axis: _Axis, y_axis: _Axis
) -> list[str]:
    sums: dict[str, dict[float, list[float]]] = defaultdict(lambda: defaultdict(list))
    for point, x in zip(points, xs, strict=True):
        sums[point.series][x].append(point.y)
    lines = []
    for name, places in sums.items():
        if len(places) < 2:
            continue
        means = ((x_axis.at(x), y_axis.at(sum(ys) / len(ys))) for x, ys in sorted(places.items()))
        path = " ".join(f"{x},{y}" for x, y in means)
        lines.append(f'<polyline class="mean c{series.get(name, 0)}" points="{path}"/>')
    return lines


def _dot(point: Point, x: float, series: Mapping[str, int], x_axis: _Axis, y_axis: _Axis) -> str:
    place = f'cx="{x_axis.at(x)}" cy="{y_axis.at(point.y)}"'
    title = f"<title>{escape(point.title)}</title>" if point.title else ""
    return f'<circle class="dot c{series.get(point.series, 0)}" {place} r="2.6">{title}</circle>'
