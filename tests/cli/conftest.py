"""The command line, called as a function, in a folder of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nb_to_flow.cli import main


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a call of the command line left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """stdout, which holds nothing but JSON."""
        return json.loads(self.out)


@pytest.fixture
def say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Said]:
    """`say("convert", "x.ipynb")` runs the command in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NB_TO_FLOW_DEBUG", raising=False)

    def run(*arguments: str) -> Said:
        capsys.readouterr()
        code = main(list(arguments))
        captured = capsys.readouterr()
        return Said(code=code, out=captured.out, err=captured.err)

    return run


@pytest.fixture
def notebook(tmp_path: Path) -> Callable[..., Path]:
    """`notebook("x.ipynb", "a = 1", "b = a")` writes a notebook with these code cells."""

    def write(name: str, *cells: str, **metadata: Any) -> Path:
        content = {
            "cells": [
                {
                    "cell_type": "code",
                    "execution_count": None,
                    "id": f"c{i}",
                    "metadata": {},
                    "outputs": [],
                    "source": source,
                }
                for i, source in enumerate(cells)
            ],
            "metadata": metadata,
            "nbformat": 4,
            "nbformat_minor": 5,
        }
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content))
        return path

    return write
