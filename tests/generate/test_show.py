"""What the `show` of generated modules publishes."""

from __future__ import annotations

import ast
import base64
import logging
import re
from typing import Any

import pytest

from nb_to_flow.generate import generate
from nb_to_flow.generate.helpers import helper_sources
from tests.generate.plans import plan, task
from tests.generate.samples import SAMPLES


class Html:
    def _repr_html_(self) -> str:
        return "<b>html</b>"

    def _repr_markdown_(self) -> str:
        return "*markdown*"


class HtmlByProperty:
    @property
    def _repr_html_(self) -> Any:
        return lambda: "<b>html</b>"


class NoHtmlByProperty:
    @property
    def _repr_html_(self) -> Any:
        raise AttributeError("not as it is configured")

    def __repr__(self) -> str:
        return "text"


class NoHtml:
    def _repr_html_(self) -> None:
        return None

    def __repr__(self) -> str:
        return "text"


class Markdown:
    def _repr_markdown_(self) -> str:
        return "*markdown*"


class Anything:
    def __getattr__(self, name: str) -> Any:
        return lambda: f"called {name}"

    def __repr__(self) -> str:
        return "text"


def show(value: object) -> list[str]:
    """The artifacts that a generated module's `show` makes of a value."""
    generated = generate(SAMPLES["orders"]()).value
    assert generated is not None
    functions = [n for n in ast.parse(generated.source).body if isinstance(n, ast.FunctionDef)]
    module = ast.Module(body=[f for f in functions if f.name == "show"], type_ignores=[])
    made: list[str] = []
    space: dict[str, Any] = {
        "Any": Any,
        "re": re,
        "logging": logging,
        "create_markdown_artifact": lambda markdown, key: made.append(markdown),
    }
    exec(compile(module, "show", "exec"), space)  # noqa: S102
    space["show"](value, key="k")
    return made


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Html(), "<b>html</b>"),
        (HtmlByProperty(), "<b>html</b>"),
        (Markdown(), "*markdown*"),
        (NoHtml(), "```\ntext\n```"),
        (NoHtmlByProperty(), "```\ntext\n```"),
        (Anything(), "```\ntext\n```"),
        (Html, f"```\n{Html!r}\n```"),
        (3, "```\n3\n```"),
    ],
)
def test_show_publishes_what_a_notebook_displays(value: object, text: str) -> None:
    assert show(value) == [text]


class Bundle:
    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        return {"image/svg+xml": "<svg/>", "text/plain": "x"}


class BundleAndMetadata:
    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> Any:
        return {"image/png": "QUJD"}, {}


class Png:
    def _repr_png_(self) -> bytes:
        return b"ABC"


class NoPng:
    def _repr_png_(self) -> None:
        return None


@pytest.mark.parametrize(
    ("value", "url"),
    [
        (Bundle(), "data:image/svg+xml;base64,PHN2Zy8+"),
        (BundleAndMetadata(), "data:image/png;base64,QUJD"),
        (Png(), "data:image/png;base64,QUJD"),
        (NoPng(), ""),
        (Html(), ""),
        (Png, ""),
        (3, ""),
    ],
)
def test_pictures_are_published_as_images(value: object, url: str) -> None:
    sources = helper_sources(frozenset({"show"}), displays="artifact", figures=False, images=True)
    space: dict[str, Any] = {"Any": Any, "base64": base64}
    exec(sources["picture_url"], space)  # noqa: S102
    assert space["picture_url"](value) == url


@pytest.mark.parametrize(
    ("imports", "has"),
    [
        ("from IPython.display import Image", True),
        ("import graphviz as g", True),
        ("from PIL import Image", True),
        ("from IPython.display import display, HTML", False),
        ("import PILasOther", False),
    ],
)
def test_only_notebooks_with_images_look_for_them(imports: str, has: bool) -> None:
    flow = generate(plan([f"{imports}\nx = 1", "x"], [task("work", [1, 2])])).value
    assert flow is not None and ("picture_url(value)" in flow.source) is has


def test_show_leaves_out_none() -> None:
    assert show(None) == []
