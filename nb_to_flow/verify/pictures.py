"""Comparing pictures pixel by pixel."""

from __future__ import annotations

import base64
import io
import struct
from typing import Any

from nb_to_flow.ir.verification import Comparison, Verdict
from nb_to_flow.verify.judge import Judge


def compare_figures(judge: Judge, label: str, expected: Any, actual: Any) -> Verdict:
    """Figures, by how they look when drawn."""
    compared = compare_pictures(*(base64.b64decode(side["png"]) for side in (expected, actual)))
    if compared.verdict is Verdict.SAME:
        return Verdict.SAME
    return judge.say(label, compared.verdict, compared.reason, expected, actual)


def compare_pictures(expected: bytes, actual: bytes) -> Comparison:
    """Two PNG or JPEG files by size and pixels; what else they hold (dates, software) doesn't matter."""
    if expected == actual:
        return Comparison(verdict=Verdict.SAME)
    if picture_size(expected) != picture_size(actual):
        sizes = [" × ".join(map(str, picture_size(side))) or "unreadable" for side in (expected, actual)]
        reason = f"{sizes[1]} pixels instead of {sizes[0]}"
        return Comparison(verdict=Verdict.DIFFERENT, reason=reason)
    try:
        from PIL import Image, ImageChops
    except ImportError:
        reason = "the bytes differ; to compare pixels, Pillow must be installed"
        return Comparison(verdict=Verdict.DIFFERENT, reason=reason)
    try:
        sides = [Image.open(io.BytesIO(side)).convert("RGBA") for side in (expected, actual)]
    except Exception as error:  # noqa: BLE001 - Pillow raises many types for what it can't read
        return Comparison(verdict=Verdict.DIFFERENT, reason=f"the bytes differ, and can't be read: {error}")
    if sides[0].size != sides[1].size:
        reason = (
            f"{sides[1].width} × {sides[1].height} pixels instead of {sides[0].width} × {sides[0].height}"
        )
        return Comparison(verdict=Verdict.DIFFERENT, reason=reason)
    bands = ImageChops.difference(*sides).split()
    strongest = bands[0]
    for band in bands[1:]:
        strongest = ImageChops.lighter(strongest, band)
    area = strongest.getbbox()
    if area is None:
        return Comparison(verdict=Verdict.SAME)
    return Comparison(verdict=Verdict.DIFFERENT, reason=_in_words(strongest.histogram(), area, sides[0].size))


def _in_words(histogram: list[int], area: tuple[int, int, int, int], size: tuple[int, int]) -> str:
    count = sum(histogram[1:])
    share = 100 * count / (size[0] * size[1])
    percent = f"{share:.1f} %" if share >= 0.05 else f"{count}"
    return f"{percent} of the pixels differ, between ({area[0]}, {area[1]}) and ({area[2]}, {area[3]})"


def picture_size(data: bytes) -> tuple[int, ...]:
    """Width and height of a PNG file; () for anything else."""
    if data[:8] != b"\x89PNG\r\n\x1a\n" or len(data) < 24:
        return ()
    return struct.unpack(">II", data[16:24])
