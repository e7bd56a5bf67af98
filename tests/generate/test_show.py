"""What the `show` of generated modules publishes."""

from __future__ import annotations

import ast
import logging
import re
from typing import Any

import pytest

from nb_to_flow.generate import generate
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


def test_show_leaves_out_none() -> None:
    assert show(None) == []
