"""How a notebook is prepared to be the reference."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nb_to_flow import ConvertOptions, InputError, pipeline
from nb_to_flow.api.references import _literal, notebook_job, reference_root, typed_parameters
from nb_to_flow.api.verifiable import (
    displays_note,
    libraries_note,
    origins_of,
    read_shape,
    with_all_outputs,
)
from nb_to_flow.ir.verification import Breakdown, Displayed, FlowRun, Observation, Picture
from nb_to_flow.run.parameters import parse_pairs
from nb_to_flow.verify.kernels import Kernel

Write = Callable[..., Path]
KERNEL = Kernel(command=("python",), env={})


def job(path: Path, values: dict[str, Any], options: ConvertOptions | None = None, **outputs: Any) -> Any:
    conversion = pipeline.convert(path, options)
    return notebook_job(conversion, KERNEL, typed_parameters(conversion, values), outputs, None)


def test_parameters_are_typed_as_the_notebook_has_them(write: Write) -> None:
    path = write("n = 3\nname = 'x'\nshares = [0.5]", "print(n, name, shares)", tags={0: ["parameters"]})
    conversion = pipeline.convert(path)

    assert typed_parameters(conversion, parse_pairs(["n=5", "name=7", "shares=[1]"])) == {
        "n": 5,
        "name": "7",
        "shares": [1.0],
    }
    with pytest.raises(InputError, match="did you mean name"):
        typed_parameters(conversion, {"nam": "y"})


def test_tagged_parameters_are_set_at_the_end_of_their_cell(write: Write) -> None:
    path = write("n = 3\nm = 4", "k = 5\nprint(n, m, k)", tags={0: ["parameters"]})
    prepared = job(path, {"n": 1, "k": 2}, ConvertOptions(parameters=("k",)))

    assert prepared.places == {0: ((0, ("n",)),), 1: ((1, ("k",)),)}
    assert prepared.parameters == {"n": "1", "k": "2"}


@pytest.mark.parametrize(
    "value", [1, -2.5, "a'b\n", None, True, [1, "x"], {"a": [1.0]}, (1,), (), {"deep": {"x": (1, 2)}}]
)
def test_values_survive_as_python_text(value: Any) -> None:
    assert ast.literal_eval(_literal(value)) == value


def test_infinite_values_survive_too() -> None:
    assert eval(_literal([float("inf"), float("-inf")])) == [float("inf"), float("-inf")]


def test_what_tasks_return_is_looked_at_after_their_cells(write: Write) -> None:
    path = write("a = input()", "b = [a]", "b.append(2)\nprint(b)")
    prepared = job(path, {}, ConvertOptions(outputs="all", granularity="cell"), renamed=("b",))

    assert prepared.wanted["a"] == (0,)
    assert prepared.wanted["b"] is None


@pytest.mark.parametrize(
    ("source", "up"),
    [
        ("open('data/x.csv')", 0),
        ("open('../data/x.csv')", 1),
        ("import sys\nsys.path.append('..')", 1),
        ('folder = "./../../raw"', 2),
        ("text = 'to be continued...'", 0),
        ("text = 'a/../b'", 0),
    ],
)
def test_root_is_as_far_up_as_paths_reach(write: Write, source: str, up: int) -> None:
    path = write(source)
    folder = path.parent.resolve()
    assert reference_root(pipeline.convert(path)) == [folder, *folder.parents][up]


def test_order_of_execution(write: Write, tmp_path: Path) -> None:
    path = write("b = a + 1", "a = 1")
    text = path.read_text().replace('"execution_count": null', '"execution_count": 2', 1)
    path.write_text(text.replace('"execution_count": null', '"execution_count": 1', 1))

    assert job(path, {}, ConvertOptions(order="execution")).order == (1, 0)
    assert job(path, {}).order is None


def test_displays_that_are_not_compared_are_noted(tmp_path: Path) -> None:
    seen = Observation(
        folder=tmp_path, displays=(Displayed(forms=("1",), cell=0),), figures=(Picture(path=tmp_path),)
    )

    assert displays_note(seen, "artifact") == []
    assert "--displays drop" in displays_note(seen, "drop")[0]
    assert "figures" in displays_note(seen, "log")[0]
    assert displays_note(Observation(folder=tmp_path), "drop") == []


@pytest.mark.parametrize(
    ("here", "there", "failure", "words"),
    [
        ({"pandas": "1.5.3"}, {"pandas": "1.5.3", "prefect": "3.8.8"}, "", ""),
        ({"pandas": "1.5.3"}, {"pandas": "3.1.1"}, "", "pandas 1.5.3 in the notebook, 3.1.1 in the flow"),
        ({}, {}, "ModuleNotFoundError: No module named 'pandas'", "must be installed there"),
    ],
)
def test_other_libraries_are_noted(
    tmp_path: Path, here: dict[str, str], there: dict[str, str], failure: str, words: str
) -> None:
    run = FlowRun(versions=there, failure=Breakdown(message=failure) if failure else None)
    notes = libraries_note(Observation(folder=tmp_path, versions=here), (run,))

    assert words in "".join(notes)
    assert bool(notes) == bool(words)


def test_values_that_are_mere_drawings_or_settings_are_known(write: Write) -> None:
    notebook = write(
        "import matplotlib.pyplot as plt\nimport numpy as np",
        "heights = [1, 2]\nheights",
        "plt.hist(heights)",
        "np.seterr(all='ignore')",
    )
    conversion = with_all_outputs(notebook, ConvertOptions())
    assert conversion.flow is not None
    shape = read_shape(conversion.flow.source, "legacy")
    origins = origins_of(conversion.flow, shape, complete=True, shows="artifact", module="legacy")

    assert origins.silent == {2, 3}
