"""What is made of two observations, without running anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nb_to_flow.ir.verification import (
    Breakdown,
    Finding,
    Observation,
    Picture,
    Printed,
    Snapshot,
    Verdict,
    What,
)
from nb_to_flow.verify.findings import judge
from nb_to_flow.verify.first import first_difference
from nb_to_flow.verify.portrait import portray
from nb_to_flow.verify.reference import Origins, make_reference

ORIGINS = Origins(
    cells={"load": (1, 2), "clean": (3,), "report": (4,)},
    makers={"rows": "clean", "total": "report"},
    order=("load", "clean", "report"),
    complete=True,
)

# One white pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c63f80f00010101005a4d6f350000000049454e44ae426082"
)


def seen(folder: Path, variables: dict[str, Any], **other: Any) -> Observation:
    folder.mkdir(exist_ok=True)
    portraits = {name: portray(value) for name, value in variables.items()}
    return Observation(folder=folder, variables=portraits, **other)


def after(cell: int, **values: Any) -> Snapshot:
    return Snapshot(cell=cell, values={name: portray(value) for name, value in values.items()})


def returned(task: str, **values: Any) -> Snapshot:
    return Snapshot(task=task, values={name: portray(value) for name, value in values.items()})


def findings(
    tmp_path: Path, notebook: Observation, flow: Observation, *others: Observation, origins: Origins = ORIGINS
) -> dict[str, Finding]:
    (tmp_path / "before").mkdir(exist_ok=True)
    reference = make_reference((notebook, *others), tmp_path / "before", 1e-9)
    return {f.name: f for f in judge(reference, flow, origins)}


@pytest.mark.parametrize(
    ("notebook", "flow", "verdict"),
    [
        ({"a": 1}, {"a": 1}, Verdict.SAME),
        ({"a": 0.1 + 0.2}, {"a": 0.3}, Verdict.CLOSE),
        ({"a": 1}, {"a": 2}, Verdict.DIFFERENT),
        ({"a": 1}, {}, Verdict.DIFFERENT),
        ({}, {"a": 1}, Verdict.UNKNOWN),
    ],
)
def test_variables(tmp_path: Path, notebook: dict[str, Any], flow: dict[str, Any], verdict: Verdict) -> None:
    found = findings(tmp_path, seen(tmp_path / "n", notebook), seen(tmp_path / "f", flow))
    assert found["a"].verdict is verdict


def test_what_an_edited_flow_keeps_to_itself_is_not_held_against_it(tmp_path: Path) -> None:
    edited = Origins(order=ORIGINS.order)
    left = seen(tmp_path / "n", {"a": 1, "b": 2})
    assert set(findings(tmp_path, left, seen(tmp_path / "f", {"a": 1}), origins=edited)) == {"a"}


def test_what_the_notebook_does_not_reproduce_is_not_held_against_the_flow(tmp_path: Path) -> None:
    lines = (Printed(text="took 3 s", cell=3), Printed(text="ready", cell=3))
    other_lines = (Printed(text="took 4 s", cell=3), Printed(text="ready", cell=3))
    flow_lines = (Printed(text="took 9 s", task="clean"), Printed(text="ready", task="clean"))
    first = seen(tmp_path / "n", {"draw": 0.1, "sure": 1}, lines=lines)
    second = seen(tmp_path / "m", {"draw": 0.2, "sure": 1}, lines=other_lines)
    flow = seen(tmp_path / "f", {"draw": 0.3, "sure": 1}, lines=flow_lines)
    for run, text in ((first, "x"), (second, "y"), (flow, "z")):
        (run.folder / "stamp.txt").write_text(text)
    found = findings(tmp_path, first, flow, second)

    assert found["draw"].verdict is Verdict.UNSTABLE
    assert found["sure"].verdict is Verdict.SAME
    assert found["stamp.txt"].verdict is not Verdict.DIFFERENT
    assert found["printed by clean"].verdict is not Verdict.DIFFERENT


def test_lines_are_held_against_those_of_the_tasks_cells(tmp_path: Path) -> None:
    lines = (Printed(text="one", cell=1), Printed(text="two", cell=2), Printed(text="three", cell=3))
    swapped = (
        Printed(text="three", task="clean"),
        Printed(text="two", task="load"),
        Printed(text="one", task="load"),
    )
    found = findings(tmp_path, seen(tmp_path / "n", {}, lines=lines), seen(tmp_path / "f", {}, lines=swapped))

    assert found["printed by clean"].verdict is Verdict.SAME
    assert found["printed by load"].verdict is Verdict.DIFFERENT
    assert (found["printed by load"].task, found["printed by load"].cell) == ("load", 2)


def test_writefile_may_say_that_it_overwrites_when_tasks_run_twice(tmp_path: Path) -> None:
    notebook = seen(tmp_path / "n", {}, lines=(Printed(text="Writing x.py", cell=3),))
    flow = seen(tmp_path / "f", {}, lines=(Printed(text="Overwriting x.py", task="clean"),))
    (tmp_path / "before").mkdir()
    reference = make_reference((notebook,), tmp_path / "before", 1e-9)

    assert [f.verdict for f in judge(reference, flow, ORIGINS)] == [Verdict.DIFFERENT]
    assert [f.verdict for f in judge(reference, flow, ORIGINS, retried=True)] == [Verdict.SAME]


def test_files_name_who_wrote_them(tmp_path: Path) -> None:
    notebook = seen(tmp_path / "n", {}, writers={"out.txt": (4,)})
    flow = seen(tmp_path / "f", {}, writers={"out.txt": ("report",)})
    (notebook.folder / "out.txt").write_text("right")
    (flow.folder / "out.txt").write_text("wrong")
    found = findings(tmp_path, notebook, flow)["out.txt"]

    assert (found.what, found.verdict, found.task, found.cell) == (
        What.FILE,
        Verdict.DIFFERENT,
        "report",
        4,
    )


@pytest.mark.parametrize(
    ("shown", "verdicts"),
    [(0, [Verdict.UNKNOWN]), (1, [Verdict.SAME]), (2, [Verdict.SAME, Verdict.DIFFERENT])],
)
def test_figures(tmp_path: Path, shown: int, verdicts: list[Verdict]) -> None:
    path = tmp_path / "figure.png"
    path.write_bytes(PNG)
    pictures = tuple(Picture(path=path, cell=4) for _ in range(shown))
    notebook = seen(tmp_path / "n", {}, figures=pictures)
    flow = seen(tmp_path / "f", {}, figures=(Picture(path=path, task="report"),))
    found = findings(tmp_path, notebook, flow)

    assert [f.verdict for f in found.values()] == verdicts
    assert {f.task for f in found.values()} == {"report"}


def first_of(tmp_path: Path, notebook: Observation, flow: Observation, origins: Origins = ORIGINS) -> Any:
    (tmp_path / "before").mkdir()
    reference = make_reference((notebook,), tmp_path / "before", 1e-9)
    return first_difference(reference, flow, judge(reference, flow, origins), origins)


def test_first_difference_is_in_the_first_task_of_the_file(tmp_path: Path) -> None:
    notebook = seen(
        tmp_path / "n", {"rows": [2], "total": 2}, snapshots=(after(2, rows=[1]), after(3, rows=[2]))
    )
    outputs = (returned("report", total=6), returned("clean", rows=[6]), returned("load", rows=[1]))
    flow = seen(tmp_path / "f", {"rows": [6], "total": 6}, snapshots=outputs)
    first = first_of(tmp_path, notebook, flow)

    assert (first.task, first.cell, first.name) == ("clean", 3, "rows")


def test_a_value_is_that_of_the_tasks_last_cell(tmp_path: Path) -> None:
    """What it had after an earlier cell is stale."""
    notebook = seen(tmp_path / "n", {"rows": [2]}, snapshots=(after(1, rows=[1]), after(2, rows=[2])))
    flow = seen(tmp_path / "f", {"rows": [1]}, snapshots=(returned("load", rows=[1]),))

    assert first_of(tmp_path, notebook, flow).task == "load"


def test_a_value_that_another_task_changes_in_between_may_be_any(tmp_path: Path) -> None:
    origins = Origins(
        cells={"load": (1, 3), "clean": (2,)},
        makers={"rows": "clean"},
        order=("load", "clean"),
        complete=True,
    )
    snapshots = (after(1, rows=[1]), after(2, rows=[2]), after(3, rows=[2]))
    notebook = seen(tmp_path / "n", {"rows": [2]}, snapshots=snapshots)
    flow = seen(
        tmp_path / "f",
        {"rows": [3]},
        snapshots=(returned("load", rows=[1]), returned("clean", rows=[3])),
    )

    assert first_of(tmp_path, notebook, flow, origins).task == "clean"


def test_a_failure_is_the_first_difference(tmp_path: Path) -> None:
    notebook = seen(tmp_path / "n", {"rows": [2]})
    flow = seen(tmp_path / "f", {}, failure=Breakdown(message="KeyError: 'x'", task="clean", cell=3))
    first = first_of(tmp_path, notebook, flow)

    assert (first.task, first.cell, first.reason) == ("clean", 3, "KeyError: 'x'")


def test_nothing_differs(tmp_path: Path) -> None:
    notebook, flow = seen(tmp_path / "n", {"a": 1}), seen(tmp_path / "f", {"a": 1})
    assert first_of(tmp_path, notebook, flow) is None


@pytest.mark.parametrize(
    ("task", "name", "cell"),
    [("load", "rows", 1), ("load", "other", 2), ("clean", "rows", 3), ("new", "rows", None)],
)
def test_the_cell_that_makes_a_variable(task: str, name: str, cell: int | None) -> None:
    origins = Origins(cells=ORIGINS.cells, places={("load", "rows"): 1})
    assert origins.cell_of(task, name) == cell


def test_what_the_flow_does_not_write_belongs_to_the_task_of_the_notebooks_cell() -> None:
    assert [ORIGINS.owner(cell) for cell in (2, 4, 9, None)] == ["load", "report", "", ""]
