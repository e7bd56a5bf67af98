"""The `.ipynb` format, every version of it, through nbformat."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nb_to_flow.ir.diagnostics import Diagnostic, Severity
from nb_to_flow.ir.notebook import Cell, CellKind
from nb_to_flow.read.findings import (
    INVALID_NOTEBOOK,
    NOT_A_NOTEBOOK,
    NOT_JSON,
    OTHER_LANGUAGE,
    SAVED_BY_PYTHON_2,
    TOO_DEEP,
    UNNEEDED_PART_INVALID,
    Refused,
    finding,
    refuse,
)

# What nbformat raises for data of the wrong shape.
MALFORMED = (AttributeError, LookupError, NameError, TypeError, ValueError, RuntimeError, AssertionError)
PYTHON_NAMES = ("python", "ipython", "pyspark", "pysparkkernel", "xpython", "pyodide", "conda", "")
KERNEL_LANGUAGES = {
    "ir": "R",
    "julia": "Julia",
    "bash": "Bash",
    "javascript": "JavaScript",
    "deno": "TypeScript",
    "scala": "Scala",
    "spylon": "Scala",
    "ruby": "Ruby",
    "matlab": "MATLAB",
    "octave": "Octave",
    "sagemath": "Sage",
    "xcpp": "C++",
    "gophernotes": "Go",
    "rust": "Rust",
    "sas": "SAS",
    "stata": "Stata",
    "sos": "SoS",
    ".net": "C#",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RawNotebook:
    """The parts of a notebook file that are read.

    Attributes:
        cells: all cells.
        counts: for each code cell (by position) its saved execution count, if it has one.
        python_2: True if it was saved by a Python 2 kernel.
        diagnostics: what was noticed.
    """

    cells: tuple[Cell, ...]
    counts: Mapping[int, int]
    python_2: bool
    diagnostics: tuple[Diagnostic, ...]


def parse_ipynb(text: str) -> RawNotebook:
    """Parse, upgrade to version 4 and validate a notebook. Raises Refused with the diagnostic why not."""
    data = _load_json(text)
    _check_is_notebook(data)
    notebook = _upgrade(data)
    diagnostics = _validate(notebook)
    metadata = notebook.get("metadata", {})
    language, version = _language(metadata)
    if language:
        raise refuse(
            OTHER_LANGUAGE,
            f"this is a notebook in {language}, not in Python",
            "only Python notebooks are converted",
        )
    python_2 = version.startswith("2.") or _kernel(metadata).startswith("python2")
    if python_2:
        message = "the notebook was saved by Python 2; it is read as Python 3, where `/` and more differ"
        diagnostics.append(
            finding(SAVED_BY_PYTHON_2, Severity.WARNING, message, "check divisions and text handling")
        )
    cells = tuple(_cell(index, cell) for index, cell in enumerate(notebook["cells"]))
    counts = {
        index: cell["execution_count"]
        for index, cell in enumerate(notebook["cells"])
        if cell["cell_type"] == "code" and isinstance(cell.get("execution_count"), int)
    }
    return RawNotebook(cells=cells, counts=counts, python_2=python_2, diagnostics=tuple(diagnostics))


def code_sources(text: str) -> list[str]:
    """The sources of a notebook's code cells. Raises ValueError if it is no readable notebook."""
    try:
        raw = parse_ipynb(text)
    except Refused as error:
        raise ValueError(error.diagnostic.message) from None
    return [cell.source for cell in raw.cells if cell.kind is CellKind.CODE]


def _load_json(text: str) -> Any:
    try:
        return json.loads(text)
    except RecursionError:
        raise refuse(TOO_DEEP, "the file's JSON is nested too deeply") from None
    except ValueError as error:
        hint = "is it a notebook? Opening and saving it in Jupyter may repair it"
        raise refuse(NOT_JSON, f"the file is not JSON: {error}", hint) from None


def _check_is_notebook(data: Any) -> None:
    hint = "a notebook is a JSON object with nbformat, metadata and cells"
    if not isinstance(data, dict):
        raise refuse(NOT_A_NOTEBOOK, "the file is JSON but no notebook: it holds no object", hint)
    if "nbformat" not in data and "cells" not in data and "worksheets" not in data:
        raise refuse(NOT_A_NOTEBOOK, "the file is JSON but no notebook: it has no cells", hint)
    major = data.get("nbformat", 4)
    if not isinstance(major, int) or isinstance(major, bool) or not 1 <= major <= 4:
        raise refuse(NOT_A_NOTEBOOK, f"notebook format {major!r} is unknown", "versions 1 to 4 are read")
    minor = data.get("nbformat_minor", 0)
    if not isinstance(minor, int) or isinstance(minor, bool):
        raise refuse(INVALID_NOTEBOOK, f"the notebook is not valid: nbformat_minor is {minor!r}")


def _upgrade(data: dict[str, Any]) -> dict[str, Any]:
    """The notebook in format 4, its texts joined."""
    import nbformat

    data.setdefault("nbformat", 4)
    data.setdefault("nbformat_minor", 0)
    data.setdefault("metadata", {})
    convert: Any = nbformat.convert  # untyped
    major = data["nbformat"]
    if major == 4 and data["nbformat_minor"] > 5:
        data["nbformat_minor"] = 5  # newer minor versions only add
    try:
        notebook = nbformat.versions[major].to_notebook_json(data, minor=data["nbformat_minor"])
        upgraded: dict[str, Any] = convert(notebook, 4) if major < 4 else notebook
    except RecursionError:
        raise refuse(TOO_DEEP, "the file's JSON is nested too deeply") from None
    except (nbformat.ValidationError, *MALFORMED) as error:
        detail = f"{type(error).__name__}: {error}"
        raise refuse(INVALID_NOTEBOOK, f"the notebook is not valid: {detail[:300]}") from None
    return upgraded


def _validate(notebook: dict[str, Any]) -> list[Diagnostic]:
    """Refuse what breaks the schema in the parts that are read; warn of the rest."""
    problem = _schema_problem(notebook)
    if problem is None:
        return []
    skeleton = _skeleton(notebook)
    serious = "it has no list of cells" if skeleton is None else _schema_problem(skeleton)
    if serious is not None:
        hint = "opening and saving it in Jupyter may repair it"
        raise refuse(INVALID_NOTEBOOK, f"the notebook is not valid: {serious}", hint)
    message = f"the notebook breaks its format where it does not matter here: {problem}"
    return [finding(UNNEEDED_PART_INVALID, Severity.WARNING, message)]


def _schema_problem(notebook: Any) -> str | None:
    import nbformat

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        return str(error).strip().split("\n")[0][:300]
    except RecursionError:
        raise refuse(TOO_DEEP, "the file's JSON is nested too deeply") from None
    except MALFORMED as error:
        return f"{type(error).__name__}: {error}"[:300]
    return None


def _skeleton(notebook: dict[str, Any]) -> dict[str, Any] | None:
    """The notebook reduced to what is read: cell types and sources."""
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        return None
    return {
        "nbformat": 4,
        "nbformat_minor": 4,
        "metadata": {},
        "cells": [_skeleton_cell(cell) for cell in cells],
    }


def _skeleton_cell(cell: Any) -> Any:
    if not isinstance(cell, dict):
        return cell
    kept = {name: cell[name] for name in ("cell_type", "source") if name in cell}
    code: dict[str, Any] = {"outputs": [], "execution_count": None} if cell.get("cell_type") == "code" else {}
    return {**kept, **code, "metadata": {}}


def _cell(index: int, cell: Mapping[str, Any]) -> Cell:
    source = cell["source"]
    text = "".join(source) if isinstance(source, list) else source
    text = text.replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
    kind = CellKind(cell["cell_type"])
    if kind is not CellKind.CODE:
        text = text.encode("utf-8", "replace").decode("utf-8")
    metadata = cell.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, Mapping) else None
    names = frozenset(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else frozenset()
    return Cell(index=index, kind=kind, source=text, tags=names)


def _kernel(metadata: Any) -> str:
    spec = metadata.get("kernelspec") if isinstance(metadata, Mapping) else None
    name = spec.get("name") if isinstance(spec, Mapping) else None
    return name.lower() if isinstance(name, str) else ""


def _language(metadata: Any) -> tuple[str, str]:
    """The language if it is not Python ("" if it is), and the version that is noted."""
    if not isinstance(metadata, Mapping):
        return "", ""
    info, spec = metadata.get("language_info"), metadata.get("kernelspec")
    info = info if isinstance(info, Mapping) else {}
    spec = spec if isinstance(spec, Mapping) else {}
    version = info.get("version")
    version = version if isinstance(version, str) else ""
    kernel = _kernel(metadata)
    for prefix, language in KERNEL_LANGUAGES.items():
        if kernel == prefix or (len(prefix) > 2 and kernel.startswith(prefix)):
            return language, version
    noted = info.get("name") or spec.get("language") or ""
    name = noted.lower() if isinstance(noted, str) else ""
    if name.startswith("python") or name in PYTHON_NAMES:
        return "", version
    return str(noted), version
