"""What is read from the text of a flow."""

from __future__ import annotations

import pytest

from nb_to_flow.verify.flowfile import shape_of

TASK = "@task(cache_policy=NO_CACHE)\ndef load(path):\n    {}\n"

RETURNS = [
    ("return a, b", ("a", "b")),
    ("return a", ("a",)),
    ("return (a, b)", ("a", "b")),
    ("x = 1", ()),
    ("return", ()),
    ("return a + 1", ()),
    ("return a, b[0]", ()),
    ("if a: return a\n    return a", ("a",)),
    ("if a: return a\n    return b", ()),
    ("def inner():\n        return z\n    return a", ("a",)),
    ("f = lambda: 1\n    return f", ("f",)),
    ("for x in y:\n        return x", ("x",)),
]


@pytest.mark.parametrize(("body", "names"), RETURNS)
def test_names_that_a_task_returns(body: str, names: tuple[str, ...]) -> None:
    assert shape_of(TASK.format(body), "flow").outputs == {"load": names}


@pytest.mark.parametrize("decorator", ["@task", "@task()", "@prefect.task", "@prefect.task(retries=3)"])
def test_tasks_are_known_by_their_decorator(decorator: str) -> None:
    text = f"{decorator}\nasync def load():\n    return a\n\n\ndef helper():\n    return b\n"
    assert shape_of(text, "flow").outputs == {"load": ("a",)}


@pytest.mark.parametrize(
    ("returned", "names"),
    [("table", ("table",)), ("table.result()", ("table",)), ("{'a': a}", ()), ("f(a)", ())],
)
def test_what_a_flow_returns(returned: str, names: tuple[str, ...]) -> None:
    assert shape_of(f"@flow\ndef legacy():\n    return {returned}\n", "legacy").returns == names
