"""What a flow's body comes down to when it is run with symbols."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from textwrap import indent

import pytest

from nb_to_flow.ir.batch import BatchOptions
from tests.batches.flows import HEAD, program_of, write_flow

REGIONS = ("EU", "US", "AS", "AF")

# Bodies of a flow with the parameters region and n, and how often each task runs for
# n = 0..3 with two regions. Those of the second table need what isn't there yet.
TRACED = {
    "futures": (
        "a = load.submit()\nb = part.submit(a, region)\nreturn {'x': fit.submit(b, n).result()}",
        {"load": 1, "part": 2, "fit": 4},
    ),
    "direct calls": (
        "return {'x': fit(part(load(), region), n)}",
        {"load": 1, "part": 2, "fit": 4},
    ),
    "items": (
        "a = load.submit().result()\nreturn {'x': fit.submit(a['EU'], n=n).result()[0]}",
        {"load": 1, "fit": 4},
    ),
    "unpacking": (
        "score, details = fit.submit(1, n).result()\nreturn {'x': fit(score, details['n'])}",
        {"fit": 8},
    ),
    "nested unpacking of constants": (
        "(a, b), c = (1, 2), 3\nreturn {'x': fit(a + b + c, n)}",
        {"fit": 4},
    ),
    "spread": (
        "d = load()\nreturn {**d, 'n': n}",
        {"load": 1},
    ),
    "a spread in an argument": (
        "d = load()\nreturn {'x': part({**d, 'n': 1}, region)}",
        {"load": 1, "part": 2},
    ),
    "futures in containers": (
        "parts = [part(load(), r) for r in ('EU', 'US')]\nreturn {'x': fit.submit([*parts], n).result()}",
        {"load": 1, "part": 2, "fit": 4},
    ),
    "map": (
        "return {'x': part.map(unmapped(load.submit()), ['EU', 'US']).result()}",
        {"load": 1, "part": 2},
    ),
    "conditions on parameters": (
        "if n % 2:\n    return {'x': fit(1, n)}\nelse:\n    return {'x': None}",
        {"fit": 2},
    ),
    "is on parameters": ("x = fit(1, n) if region is not None else None\nreturn {'x': x}", {"fit": 4}),
    "a helper on parameters": ("return {'x': fit(helper(n), 1)}", {"fit": 2}),
    "quote": ("return {'x': part.submit(quote({'EU': n, 'US': 0}), region).result()}", {"part": 4}),
    "with_options": ("return {'x': fit.with_options(retries=3).submit(1, n).result()}", {"fit": 4}),
    "wait_for": (
        "a = load.submit()\nreturn {'x': fit.submit(1, n, wait_for=[a]).result()}",
        {"load": 1, "fit": 4},
    ),
    "a nested function": (
        "def step(value):\n    return part.submit(value, region)\nreturn {'x': step(load.submit()).result()}",
        {"load": 1, "part": 2},
    ),
    "logging and printing": (
        "print('n', n)\nget_run_logger().info('%s', n)\nreturn {'x': fit(1, n)}",
        {"fit": 4},
    ),
    "nothing": ("return {'x': n}", {}),
    "wait": ("a = load.submit()\na.wait()\nreturn {'x': fit(1, n)}", {"load": 1, "fit": 4}),
    "types differ": ("return {'x': fit(1, [1, 1.0, True][n % 3])}", {"fit": 3}),
    "asyncio.run": ("import asyncio\nreturn {'x': fit(asyncio.run(later(n)), 1)}", {"later": 4, "fit": 4}),
}
UNTRACEABLE = {
    "condition": ("a = load()\nif a:\n    return {}\nreturn {'x': 1}", "a condition"),
    "is": ("a = load()\nreturn {'x': 1 if a is None else 2}", "it depends on"),
    "comparison": ("score, _ = fit(1, n)\nreturn {'x': score > 3}", "a comparison"),
    "loop": ("for x in load():\n    fit(1, n)\nreturn {}", "a loop"),
    "arithmetic": ("a = part(load(), region)\nreturn {'x': a + 1}", "an operation"),
    "f-string": ("a = load()\nreturn {'x': f'{a}'}", "printing or formatting"),
    "method": ("a = load()\nreturn {'x': a.get(region)}", "a method"),
    "helper": ("a = load()\nreturn {'x': helper(a)}", "goes into helper"),
    "isinstance": ("a = load()\nreturn {'x': isinstance(a, dict)}", "the type"),
    "type": ("a = load()\nreturn {'x': type(a).__name__}", "goes into type"),
    "len": ("return {'x': len(load())}", "len()"),
    "try": (
        "try:\n    a = load()\nexcept ValueError:\n    a = None\nreturn {'x': n}",
        "a try or with block",
    ),
    "result in try": (
        "a = load.submit()\ntry:\n    a.result()\nexcept ValueError:\n    pass\nreturn {'x': n}",
        "a try or with block",
    ),
    "with": (
        "import contextlib\nwith contextlib.suppress(Exception):\n    load()\nreturn {}",
        "a try or with",
    ),
    "match": ("match load():\n    case {}:\n        return {'x': 1}\nreturn {'x': 2}", "it depends on"),
    "state": ("return {'x': load(return_state=True)}", "a state"),
    "raise_on_failure": ("return {'x': load.submit().result(raise_on_failure=False)}", "without raising"),
    "future's state": ("return {'x': load.submit().state}", "state of a future"),
    "change": ("a = load()\na['x'] = 1\nreturn {'x': a}", "a change"),
    "map over a result": ("return {'x': part.map(load(), [region]).result()}", "map over"),
    "global": ("global SEEN\nSEEN = n\nreturn {'x': fit(1, n)}", "global variables"),
    "another flow": ("return {'x': other()}", "another flow"),
    "a task behind a helper": ("return {'x': hidden(n)}", "called by a helper"),
    "a file after a task": ("load()\nreturn {'x': open('x.txt').read()}", "open is called after a task"),
    "a helper that looks at files": ("load()\nreturn {'x': looks(n)}", "looks is called after a task"),
    "chosen item": ("a = load()\nreturn {'x': [1, 2][a]}", "an operation"),
    "allow_failure": ("a = load.submit()\nreturn {'x': fit(allow_failure(a), n)}", "although another failed"),
}
EXTRA = """
import os

from prefect import allow_failure, get_run_logger, unmapped
from prefect.utilities.annotations import quote


@task
async def later(n):
    return n


def helper(x):
    return x if isinstance(x, dict) else x % 2


def looks(x):
    return os.path.exists(str(x))


def hidden(x):
    return fit(1, x)


@flow
def other():
    return load()


"""


def flow_with(body: str, folder: Path):
    code = f"{EXTRA}@flow\ndef made(region: str, n: int):\n{indent(body, '    ')}\n"
    return write_flow(folder, code)


ROWS = [{"region": REGIONS[n // 2], "n": n} for n in range(4)]


@pytest.mark.parametrize("name", TRACED)
def test_traced(name: str, tmp_path: Path) -> None:
    body, expected = TRACED[name]
    program = program_of(flow_with(body, tmp_path), ROWS, tmp_path)
    assert [s.untraceable or s.error for s in program.sets] == [""] * 4
    assert Counter(piece.task for piece in program.pieces.values()) == expected


@pytest.mark.parametrize("name", UNTRACEABLE)
def test_untraceable(name: str, tmp_path: Path) -> None:
    body, reason = UNTRACEABLE[name]
    program = program_of(flow_with(body, tmp_path), ROWS, tmp_path)
    for traced in program.sets:
        assert reason in traced.untraceable
        [key] = traced.pieces
        assert program.pieces[key].task == ""
    assert len(program.pieces) >= 4


def test_async_flow(tmp_path: Path) -> None:
    code = f"{EXTRA}@flow\nasync def made(region: str, n: int):\n    a = await later(n % 2)\n    return {{'x': a}}\n"
    program = program_of(write_flow(tmp_path, code), ROWS, tmp_path)
    assert [p.task for p in program.pieces.values()] == ["later", "later"]


def test_shared_region_and_set_parts(tmp_path: Path) -> None:
    body = "b = part.submit(load.submit(), region)\nreturn {'x': fit.submit(b, n).result()}"
    rows = [{"region": REGIONS[n % 4], "n": n} for n in range(60)]
    program = program_of(flow_with(body, tmp_path), rows, tmp_path)
    assert len(program.pieces) == 1 + 4 + 60
    assert program.calls == 180
    labels = {p.task: p.label for p in program.pieces.values() if p.first_set == 1}
    assert labels == {"part": "region=US", "fit": "region=US, n=1"}
    assert list(program.pieces) == sorted(program.pieces, key=list(program.pieces).index)
    seen: set[str] = set()
    for key, piece in program.pieces.items():
        assert seen.issuperset(piece.upstream)
        seen.add(key)


def test_some_sets_only_are_run_whole(tmp_path: Path) -> None:
    body = "a = load()\nif n > 2 and a:\n    return {'x': 0}\nreturn {'x': a}"
    program = program_of(flow_with(body, tmp_path), ROWS, tmp_path)
    assert [bool(s.untraceable) for s in program.sets] == [False, False, False, True]
    assert "line" in program.sets[3].untraceable


def test_error_on_parameters_fails_that_set(tmp_path: Path) -> None:
    body = "if n == 2:\n    raise ValueError('two')\nreturn {'x': load()}"
    program = program_of(flow_with(body, tmp_path), ROWS, tmp_path)
    assert [s.error for s in program.sets] == ["", "", "ValueError: two", ""]


def test_keys_follow_the_code(tmp_path: Path) -> None:
    body = "return {'x': fit(part(load(), region), n)}"
    before = list(program_of(flow_with(body, tmp_path), ROWS[:1], tmp_path).pieces)
    same = list(program_of(flow_with(f"# said again\n{body}", tmp_path), ROWS[:1], tmp_path).pieces)
    assert same == before
    path = tmp_path / "other"
    path.mkdir()
    head = HEAD.replace("* 100", "* 10")
    changed = write_flow(path, f"{EXTRA}@flow\ndef made(region: str, n: int):\n    {body}\n", head=head)
    after = list(program_of(changed, ROWS[:1], path).pieces)
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, False]


def test_keys_follow_a_file_that_is_edited(tmp_path: Path) -> None:
    """Within one process too."""
    code = "@flow\ndef made(region: str, n: int):\n    return {'x': fit(part(load(), region), n)}\n"
    before = list(program_of(write_flow(tmp_path, code), ROWS[:1], tmp_path).pieces)
    edited = write_flow(tmp_path, code, head=HEAD.replace("* 100", "* 10"))
    after = list(program_of(edited, ROWS[:1], tmp_path).pieces)
    assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, False]


def test_own_folders_share_only_what_comes_before_files(tmp_path: Path) -> None:
    code = """
    @task
    def save(x):
        with open("x.txt", "w") as f:
            f.write(str(x))

    @task
    def after():
        return open("x.txt").read()

    @flow
    def made(region: str, n: int):
        saved = save.submit(load.submit())
        return {"x": after.submit(wait_for=[saved]).result()}
    """
    flow = write_flow(tmp_path, code)
    program = program_of(flow, ROWS, tmp_path)
    assert len(program.pieces) == 3
    program = program_of(flow, ROWS, tmp_path, BatchOptions(own_folders=True))
    owners = Counter((p.task, p.own_folder) for p in program.pieces.values())
    assert owners == {("load", None): 1, **{(t, i): 1 for t in ("save", "after") for i in range(4)}}
