"""Notebooks and flows that are really run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

import nb_to_flow
from nb_to_flow import InputError, VerifyOptions, VerifyResult, VerifySession
from nb_to_flow.cli import main
from nb_to_flow.ir.verification import Verdict, What

pytestmark = pytest.mark.slow
Write = Callable[..., Path]

CELLS = (
    "n = 4",
    "import random, time\nimport matplotlib.pyplot as plt",
    "numbers = [i / 3 for i in range(n)]\nprint('made', len(numbers), 'numbers')",
    "plt.plot(numbers)\nplt.title('numbers');",
    "with open('numbers.txt', 'w') as f:\n    f.write(str(numbers))",
    "total = sum(numbers)\ndraw = random.random()\nprint('total', total)\nprint('drawn', draw)\nround(total, 3)",
)


@pytest.fixture
def legacy(write: Write) -> Path:
    """A notebook with a parameter, lines, a figure, a file, a number drawn by chance, a displayed value."""
    return write(*CELLS, tags={0: ["parameters"]})


def convert(notebook: Path) -> tuple[Path, str]:
    """The notebook's flow with all outputs, written beside it, and its text."""
    options = nb_to_flow.ConvertOptions(outputs="all")
    (done,) = nb_to_flow.convert(notebook, output=notebook.parent.parent / "flows", options=options)
    assert done.flow_file is not None
    return done.flow_file, done.flow_file.read_text()


def edited(notebook: Path, before: str, after: str) -> Path:
    """The notebook's flow with something replaced by hand."""
    flow, text = convert(notebook)
    assert text.count(before) == 1, text
    flow.write_text(text.replace(before, after))
    return flow


def verdicts(result: VerifyResult) -> dict[str, Verdict]:
    return {f.name: f.verdict for f in result.findings}


def test_a_right_flow_is_the_same_in_every_way(session: VerifySession, legacy: Path) -> None:
    options = VerifyOptions(schedules=1, retries=True)
    result = session.verify(legacy, {"n": 7}, options=options)

    assert result.ok, result
    assert [run.title for run in result.runs] == [
        "as the flow says",
        "as the flow says, schedule 1",
        "as the flow says, each task failed once",
    ]
    found = verdicts(result)
    assert found["numbers"] is found["total"] is found["n"] is Verdict.SAME
    assert found["numbers.txt"] is Verdict.SAME
    assert found["draw"] is Verdict.UNSTABLE
    assert result.unstable == ("draw",)
    assert {f.what for f in result.findings} == set(What)
    assert not (legacy.parent / "numbers.txt").exists()


def test_the_kernel_draws_as_jupyter_does(
    session: VerifySession, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the shell says."""
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("FORCE_COLOR", "1")
    notebook = write(
        "import shutil\nimport matplotlib\nimport matplotlib.pyplot as plt",
        "width = shutil.get_terminal_size().columns",
        "plt.plot([1, 3, 2]);",
    )
    result = session.verify(notebook)

    assert result.ok, result
    assert {f.what for f in result.findings} == {What.VARIABLE, What.FIGURE}
    assert {f.notebook for f in result.findings if f.name == "width"} == {"80"}


def test_on_processes(session: VerifySession, legacy: Path) -> None:
    result = session.verify(legacy, options=VerifyOptions(runner="process", retries=True))

    assert result.ok, result
    assert {f.what for f in result.findings} == set(What)


@pytest.mark.parametrize(
    ("before", "after", "what", "name"),
    [
        ("i / 3 for", "i / 4 for", What.VARIABLE, "numbers"),
        ("plt.title('numbers')", "plt.title('figures')", What.FIGURE, "figure 1"),
        ("f.write(str(numbers))", "f.write(str(numbers[1:]))", What.FILE, "numbers.txt"),
        ("print('total', total)", "pass", What.LINE, None),
        ("round(total, 3)", "round(total / 3, 3)", What.DISPLAY, "shown by cell 6"),
    ],
)
def test_an_edited_flow_that_does_something_else(
    session: VerifySession, legacy: Path, before: str, after: str, what: What, name: str | None
) -> None:
    quoted = before.replace("'", '"')
    flow = edited(legacy, quoted if quoted in convert(legacy)[1] else before, after)
    result = session.verify(legacy, flow=flow)

    assert not result.ok
    found = [f for f in result.differences if f.what is what]
    assert found and name in (None, found[0].name)
    assert result.first is not None
    assert result.first.task in result.flow_text


@pytest.mark.parametrize(
    ("displays", "compared", "note"),
    [
        ("log", {What.VARIABLE, What.LINE, What.FILE, What.DISPLAY}, "--displays log"),
        ("drop", {What.VARIABLE, What.LINE, What.FILE}, "--displays drop"),
    ],
)
def test_displays_are_compared_as_they_were_converted(
    session: VerifySession, legacy: Path, displays: str, compared: set[What], note: str
) -> None:
    result = session.verify(legacy, convert=nb_to_flow.ConvertOptions(displays=displays))

    assert result.ok, result
    assert {f.what for f in result.findings} == compared
    assert any(note in said for said in result.notes)


def test_a_race_is_found_by_schedules_alone(session: VerifySession, write: Write) -> None:
    notebook = write(
        "from pathlib import Path",
        "# write\nPath('state.txt').write_text('new')\nwritten = True",
        "# read\ntime_to_read = Path('state.txt').read_text()",
    )
    flow = notebook.parent / "race.py"
    flow.write_text(
        "from pathlib import Path\n"
        "from time import sleep\n"
        "from prefect import flow, task\n\n\n"
        "@task\ndef write():\n    Path('state.txt').write_text('new')\n    return True\n\n\n"
        "@task\ndef read():\n"
        "    sleep(0.5)\n"
        "    path = Path('state.txt')\n"
        "    time_to_read = path.read_text() if path.exists() else 'nothing'\n"
        "    return time_to_read\n\n\n"
        "@flow\ndef race():\n"
        "    written, seen = write.submit(), read.submit()\n"
        "    return {'written': written.result(), 'time_to_read': seen.result()}\n"
    )
    slow = flow.read_text().replace(
        "    Path('state.txt').write", "    sleep(0.6)\n    Path('state.txt').write"
    )
    assert session.verify(notebook, flow=flow).ok
    flow.write_text(slow.replace("    sleep(0.5)\n", ""))
    result = session.verify(notebook, flow=flow, options=VerifyOptions(schedules=1))

    assert not result.ok


def test_a_changed_input_is_found_by_retries_alone(session: VerifySession, write: Write) -> None:
    notebook = write("rows = [1]", "rows.append(2)\ntotal = sum(rows)")
    flow = notebook.parent / "mutates.py"
    flow.write_text(
        "from prefect import flow, task\n\n\n"
        "@task\ndef make():\n    rows = [1]\n    return rows\n\n\n"
        "@task(retries=1)\ndef add(box):\n"
        "    rows = box['rows']\n    rows.append(2)\n    total = sum(rows)\n    return rows, total\n\n\n"
        "class Box(dict):\n    pass\n\n\n"
        "@flow\ndef mutates():\n"
        "    rows, total = add(Held(make()))\n"
        "    return {'rows': rows, 'total': total}\n\n\n"
        "class Held:\n"
        "    def __init__(self, rows):\n        self.rows = rows\n\n"
        "    def __getitem__(self, name):\n        return self.rows\n"
    )
    assert session.verify(notebook, flow=flow).ok
    result = session.verify(notebook, flow=flow, options=VerifyOptions(retries=True))

    assert not result.ok
    assert result.first is not None
    assert (result.first.task, result.first.cell, result.first.name) == ("add", 1, "rows")


def test_where_a_difference_first_appears(session: VerifySession, write: Write) -> None:
    notebook = write(
        "# load\nimport json\ndata = json.loads('[1, 2, 3]')\nprint('loaded')",
        "# square\nsquares = [d * d for d in data]\nprint('squared')",
        "# total\ntotal = sum(squares)\nprint('summed')",
    )
    options = nb_to_flow.ConvertOptions(granularity="cell", outputs="all")
    (done,) = nb_to_flow.convert(notebook, output=notebook.parent, options=options)
    assert done.flow_file is not None
    done.flow_file.write_text(done.flow_file.read_text().replace("d * d", "d + d"))
    result = session.verify(notebook, flow=done.flow_file)

    assert {f.name for f in result.differences if f.what is What.VARIABLE} == {"squares", "total"}
    assert result.first is not None
    assert (result.first.cell, result.first.name) == (1, "squares")
    assert re.search(rf"def {result.first.task}\(.*?d \+ d", result.flow_text, re.DOTALL)


def test_a_flow_that_fails(session: VerifySession, legacy: Path) -> None:
    flow = edited(legacy, "total = sum(numbers)", "total = sum(numbers) / 0")
    result = session.verify(legacy, flow=flow)

    assert not result.ok
    assert result.runs[0].failure is not None
    assert "ZeroDivisionError" in result.runs[0].failure.message
    assert result.first is not None and result.first.task


def test_a_notebook_that_fails_itself(session: VerifySession, write: Write) -> None:
    with pytest.raises(InputError, match=r"itself fails in cell 2: ZeroDivisionError: division by zero"):
        session.verify(write("a = 0", "print(1 / a)"))


def test_a_notebook_that_does_not_end(session: VerifySession, write: Write) -> None:
    with pytest.raises(InputError, match="takes longer than 8 s"):
        session.verify(write("import time", "time.sleep(600)"), options=VerifyOptions(timeout=8))


def test_history_and_folders_are_as_in_jupyter(session: VerifySession, write: Write) -> None:
    notebook = write(
        "3 + 4",
        "seven = _ + Out[1]",
        "import os\nfolder = os.path.basename(os.getcwd())\nplace = os.getcwd()",
        "import helper\nanswer = helper.answer()",
    )
    (notebook.parent / "helper.py").write_text("def answer():\n    return 42\n")
    result = session.verify(notebook)

    assert result.ok, result
    assert {n: v for n, v in verdicts(result).items() if n in ("seven", "place", "answer")} == {
        "seven": Verdict.SAME,
        "place": Verdict.SAME,
        "answer": Verdict.SAME,
    }


def test_the_command(
    legacy: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    page = tmp_path / "report.html"
    code = main(
        ["verify", str(legacy), "-p", "n=3", "--json", "--html", str(page), "--keep", str(tmp_path / "kept")]
    )
    said = capsys.readouterr()

    assert code == 0, said.err
    assert json.loads(said.out)["ok"] is True
    assert "numbers" in page.read_text()
    assert list((tmp_path / "kept").glob("notebook-1/folder/numbers.txt"))


def test_convert_and_verify_at_once(
    legacy: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    broken = legacy.with_name("broken.ipynb")
    broken.write_text(legacy.read_text().replace("total = sum(numbers)", "total = numbers / 2"))
    code = main(["convert", str(legacy.parent), "--verify"])
    said = capsys.readouterr()

    assert code == 2
    assert (tmp_path / "flows" / "legacy.py").exists()
    assert re.search(r"legacy.ipynb: .*: all the same", said.out)
    assert "broken.ipynb: not verified" in said.out


def test_stored_results_of_one_run_are_not_found_by_the_next(session: VerifySession, write: Write) -> None:
    notebook = write("rows = [1, 2]\nprint('made rows')")
    flow = notebook.parent / "cached.py"
    flow.write_text(
        "from prefect import flow, task\nfrom prefect.cache_policies import INPUTS, TASK_SOURCE\n\n\n"
        "@task(cache_policy=INPUTS + TASK_SOURCE, persist_result=True)\n"
        "def make():\n    rows = [1, 2]\n    print('made rows')\n    return rows\n\n\n"
        "@flow\ndef cached():\n    rows = make()\n    return rows\n"
    )
    result = session.verify(notebook, flow=flow, options=VerifyOptions(repeat=1, schedules=1))

    assert result.ok, result.differences
    assert verdicts(result)["rows"] is Verdict.SAME


def test_cells_that_run_cells(session: VerifySession, write: Write) -> None:
    """What a cell runs is no cell of its own, not even in the last one."""
    notebook = write(
        "get_ipython().run_cell('inner = 1')\nlate = 2", "get_ipython().run_cell('b = 2')\nlast = 3"
    )
    result = session.verify(notebook, options=VerifyOptions(repeat=1))

    assert result.ok, result.differences
    assert {"inner", "late", "b", "last"} <= set(verdicts(result))


def test_a_notebook_without_code(session: VerifySession, write: Write) -> None:
    result = session.verify(write(), options=VerifyOptions(repeat=1))

    assert result.ok
    assert result.findings == ()
