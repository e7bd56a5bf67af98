"""Notebooks in memory for the reader's tests."""

from __future__ import annotations

import json
from typing import Any

from nb_to_flow.ir.diagnostics import Outcome
from nb_to_flow.ir.notebook import Notebook
from nb_to_flow.read import ReadOptions, read_text


def code_cell(source: str, count: int | None = None, tags: tuple[str, ...] = ()) -> dict[str, Any]:
    metadata = {"tags": list(tags)} if tags else {}
    return {
        "cell_type": "code",
        "metadata": metadata,
        "outputs": [],
        "execution_count": count,
        "source": source,
    }


def notebook_json(*cells: str | dict[str, Any], **metadata: Any) -> str:
    """A notebook of code cells, given as their sources or as whole cells."""
    full = [code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": metadata, "cells": full})


def read(*cells: str | dict[str, Any], **options: Any) -> Outcome[Notebook]:
    return read_text(notebook_json(*cells), options=ReadOptions(**options))


def lowered(*cells: str | dict[str, Any], **options: Any) -> Notebook:
    """The notebook, which must be readable."""
    outcome = read(*cells, **options)
    assert outcome.value is not None, outcome.diagnostics
    return outcome.value


def code(*cells: str | dict[str, Any], **options: Any) -> str:
    """The code of all statements, one below the other."""
    return "\n".join(statement.code for statement in lowered(*cells, **options).statements)


def codes(outcome: Outcome[Notebook]) -> list[str]:
    return [diagnostic.code for diagnostic in outcome.diagnostics]
