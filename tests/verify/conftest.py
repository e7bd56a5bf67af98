"""Notebooks made for the tests, and one session that they share: its Prefect server starts once."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nb_to_flow import VerifySession


@pytest.fixture(scope="session")
def session() -> Iterator[VerifySession]:
    """A session with a server of its own, whatever the environment configures."""
    configured = os.environ.pop("PREFECT_API_URL", None)
    with VerifySession() as opened:
        yield opened
    if configured is not None:
        os.environ["PREFECT_API_URL"] = configured


Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """`write("a = 1", "b = a", tags={0: ["parameters"]})` writes work/legacy.ipynb and returns its path."""

    def make(*sources: str, tags: dict[int, list[str]] | None = None, **metadata: Any) -> Path:
        cells = [
            {
                "cell_type": "code",
                "execution_count": None,
                "id": f"c{number}",
                "metadata": {"tags": (tags or {}).get(number, [])},
                "outputs": [],
                "source": source,
            }
            for number, source in enumerate(sources)
        ]
        content = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
        path = tmp_path / "work" / "legacy.ipynb"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")
        return path

    return make
