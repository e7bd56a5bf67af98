from __future__ import annotations

import base64
import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from nb_to_flow.verify import probe


def figure() -> bytes:
    pyplot = pytest.importorskip("matplotlib.pyplot")
    png = io.BytesIO()
    pyplot.figure(figsize=(1, 1)).savefig(png, format="png")
    pyplot.close("all")
    return png.getvalue()


def image() -> bytes:
    images = pytest.importorskip("PIL.Image")
    png = io.BytesIO()
    images.new("L", (2, 2)).save(png, format="png")
    return png.getvalue()


def kept(data: str, kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[str | None]]:
    """How many figures, and which displays, an artifact counts as."""
    found = SimpleNamespace(figures=[], displays=[])
    monkeypatch.setattr(probe, "record", lambda: found)
    monkeypatch.setattr(probe, "_WATCHING", [folder])
    probe._keep(SimpleNamespace(data=data, type=kind))
    return len(found.figures), found.displays


def test_artifacts_are_figures_texts_or_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "data:image/png;base64,"
    drawn, other = (url + base64.b64encode(png).decode() for png in (figure(), image()))
    assert kept(drawn, "image", tmp_path, monkeypatch) == (1, [])
    assert kept(other, "image", tmp_path, monkeypatch) == (0, [None])
    assert kept("data:image/svg+xml;base64,AA==", "image", tmp_path, monkeypatch) == (0, [None])
    assert kept("| a |", "markdown", tmp_path, monkeypatch) == (0, ["| a |"])
    assert kept("50", "progress", tmp_path, monkeypatch) == (0, [])
