"""Figures: by their pixels where they can be drawn, else by what they were made from."""

from __future__ import annotations

import base64
import io
import sys
from typing import Any

from .painter import Painter

_DPI = 72


def see_drawn(painter: Painter, value: Any) -> dict[str, Any] | None:
    """The portrait of a figure or of something drawn in one, or None if its attributes say it all."""
    kind = type(value).__name__
    library = type(value).__module__.split(".")[0]
    for method in ("to_plotly_json", "to_dict"):
        if library in {"plotly", "altair"} and hasattr(value, method):
            state = [["content", painter.see(getattr(value, method)())]]
            return {"k": "object", "type": kind, "state": state}
    if library in {"bokeh", "ipywidgets", "folium"}:
        return {"k": "unknown", "type": kind, "why": f"what {library} draws can't be compared"}
    if isinstance(value, tuple):
        # A container of artists; what else it holds counts redraws.
        return {"k": "list", "type": kind, "items": painter.items(list(value))}
    if _is_figure(value):
        return _pixels(painter, value, kind)
    figure = getattr(value, "figure", None) or getattr(value, "_figure", None)
    figure = getattr(figure, "figure", None) or figure
    if figure is not None and _is_figure(figure):
        spot = figure.axes.index(value) if value in figure.axes else None
        return {"k": "object", "type": kind, "state": [["figure", painter.see(figure)], ["axes", spot]]}
    if hasattr(value, "N") and hasattr(value, "name"):
        return {"k": "text", "type": kind, "v": str(value.name)}  # a colour map
    return None


def _is_figure(value: Any) -> bool:
    module = sys.modules.get("matplotlib.figure")
    return module is not None and isinstance(value, module.Figure)


def _pixels(painter: Painter, figure: Any, kind: str) -> dict[str, Any]:
    if painter.digest:  # drawing after each cell would take too long
        return {"k": "figure", "type": kind, "axes": [_contents(painter, axes) for axes in figure.axes]}
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png", dpi=_DPI, metadata={"Software": None})
    painter.room -= len(drawn.getvalue())
    return {"k": "figure", "type": kind, "png": base64.b64encode(drawn.getvalue()).decode()}


def _contents(painter: Painter, axes: Any) -> list[Any]:
    """What was drawn, without drawing it."""
    words = [
        axes.get_title(),
        axes.get_xlabel(),
        axes.get_ylabel(),
        *(text.get_text() for text in axes.texts),
    ]
    shapes = [patch.get_patch_transform().transform(patch.get_path().vertices) for patch in axes.patches]
    shapes += [line.get_xydata() for line in axes.lines]
    shapes += [drawn.get_offsets() for drawn in axes.collections] + [
        image.get_array() for image in axes.images
    ]
    return [painter.see(words), painter.items(shapes)]
