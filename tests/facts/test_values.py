"""What statements do to things outside, and what their values are."""

from __future__ import annotations

from pathlib import Path

import pytest

from nb_to_flow.facts import FactsOptions, analyse
from nb_to_flow.facts.conventions import looks_like_file
from nb_to_flow.facts.shell import named_files
from nb_to_flow.ir.facts import Access, ResourceKind, Role
from tests.facts.builders import facts_of, notebook

FUNCTIONS = "def f(x):\n    print(x)\ndef g(x):\n    if x:\n        return x\ndef h(x):\n    if x:\n        return\n    x = 3"
NONE = [
    ["s = {1}", "s.add(2)"],
    ["s = {1}", "s.difference_update(s)"],
    ["d = {}", "d.update(a=1)"],
    [FUNCTIONS, "f(1)"],
    [FUNCTIONS, "h(1)"],
    ["class A:\n    def run(self):\n        self.x = 1", "a = A()", "a.run()"],
    ["import random", "random.shuffle([1, 2])"],
]
NOT_NONE = [
    ["d = {}", "d.setdefault('a', 1)"],
    ["d = {}", "d.get('a')"],
    [FUNCTIONS, "g(0)"],
    ["import functools\n@functools.cache\ndef f(x):\n    print(x)", "f(1)"],
    ["def f(x):\n    yield x", "f(1)"],
    ["class A:\n    def run(self):\n        return self", "a = A()", "a.run()"],
    ["def f(x):\n    return nowhere_bound", "f(1)"],
    ["[print(i) for i in range(2)]"],
    ["import os", "os.getcwd()"],
]


@pytest.mark.parametrize("cells", NONE, ids=lambda cells: cells[-1])
def test_surely_none(cells: list[str]) -> None:
    assert facts_of(*cells).statements[-1].is_none


@pytest.mark.parametrize("cells", NOT_NONE, ids=lambda cells: cells[-1])
def test_not_surely_none(cells: list[str]) -> None:
    assert not facts_of(*cells).statements[-1].is_none


@pytest.mark.parametrize(
    ("cells", "effect"),
    [
        (["a = input('name: ')"], (ResourceKind.STDIN, Access.READ, "")),
        (["from getpass import getpass", "a = getpass()"], (ResourceKind.STDIN, Access.READ, "")),
        (
            ["import smtplib", "s = smtplib.SMTP('host')", "s.quit()"],
            (ResourceKind.NETWORK, Access.WRITE, ""),
        ),
        (
            ["import nltk", "nltk.download('stopwords')"],
            (ResourceKind.FILE, Access.WRITE, "nltk_data"),
        ),
        (
            ["from nltk.corpus import stopwords", "w = stopwords.words('english')"],
            (ResourceKind.FILE, Access.READ, "nltk_data"),
        ),
        (
            ["from logging.handlers import RotatingFileHandler", "h = RotatingFileHandler('a.log')"],
            (ResourceKind.FILE, Access.APPEND, "a.log"),
        ),
        (["import shutil", "shutil.make_archive('a', 'zip', 'b')"], (ResourceKind.FILE, Access.WRITE, "?")),
    ],
    ids=str,
)
def test_effects(cells: list[str], effect: tuple[ResourceKind, Access, str]) -> None:
    found = facts_of(*cells).statements[-1].effects
    assert effect in {(e.kind, e.access, e.name) for e in found}


def test_connections_stay_where_they_are() -> None:
    last = facts_of("import smtplib", "s = smtplib.SMTP('host')").statements[-1]
    assert "s" in last.unpicklable


@pytest.mark.parametrize(
    ("command", "files"),
    [
        (
            "sed -i 's/theano/tensorflow/g' keras.json",
            [(Access.WRITE, "keras.json"), (Access.READ, "keras.json")],
        ),
        ("sed 's/a.b/c.d/' in.txt", [(Access.READ, "in.txt")]),
        ("sed -e 's/a.b/c/' -e s/d.e/f/ in.txt", [(Access.READ, "in.txt")]),
        ("mkdir -p $HOME/data", [(Access.WRITE, "{*}/data"), (Access.READ, "{*}/data")]),
        ("cat ${DATA}/a.csv", [(Access.READ, "{*}/a.csv")]),
    ],
)
def test_files_that_commands_name(command: str, files: list[tuple[Access, str]]) -> None:
    assert list(named_files(command)) == files


@pytest.mark.parametrize(
    ("text", "is_file"),
    [
        ("data.csv", True),
        ("../data/a.tar.gz", True),
        ("./a.txt", True),
        (".star-rating.Three", False),
        ("someone@example.org", False),
    ],
)
def test_file_names(text: str, is_file: bool) -> None:
    assert looks_like_file(text) is is_file


def test_layers_are_changed_by_the_model_that_trains_them() -> None:
    setup = "from tensorflow import keras\nfrom tensorflow.keras.layers import Dense, Embedding"
    cells = (setup, "x = [1, 2]", "layer = Embedding(20, 4)")
    facts = facts_of(*cells, "m = keras.Sequential([layer, Dense(1)])", "m.fit(x)").statements
    assert {"layer", "m"} <= facts[-1].changes and "x" not in facts[-1].changes
    added = facts_of(*cells, "m = keras.Sequential()", "m.add(layer)", "m.fit(x)").statements
    assert "layer" in added[-1].changes


def test_a_groups_frame_shares_its_index_with_what_is_made_of_it() -> None:
    cells = (
        "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2]})",
        "for key, group in df.groupby('a'):\n    pass",
    )
    last = facts_of(*cells, "rows = group.T", "group.index.name = 'i'").statements[-1]
    assert "rows" in last.changes
    assert facts_of(*cells).statements[-1].types["group"] == "pandas.DataFrame"


def test_packages_beside_the_notebook_may_import_from_themselves(tmp_path: Path) -> None:
    package = tmp_path / "figures"
    package.mkdir()
    (package / "__init__.py").write_text("from .drawing import *\nfrom . import shapes\n")
    (package / "drawing.py").write_text(
        "import matplotlib.pyplot as plt\ndef draw():\n    plt.plot([1, 2])\n"
    )
    (package / "shapes.py").write_text("from .drawing import draw as redraw\n")
    cells = ("from figures import draw, shapes", "draw()", "shapes.redraw()")
    outcome = analyse(notebook(*cells), FactsOptions(folder=tmp_path))
    assert outcome.value is not None
    for statement in outcome.value.statements[1:]:
        assert any(e.kind is ResourceKind.PYPLOT for e in statement.effects)


@pytest.mark.parametrize(
    ("code", "role"),
    [
        ("hv.extension('bokeh')", Role.SETTING),
        ("opts.defaults(opts.Points(width=640))", Role.SETTING),
        ("hv.Points([(0, 0)])", Role.COMPUTE),
        ("hv.set_random_seed(1)", Role.COMPUTE),
        ("hv.extension(df)", Role.COMPUTE),
    ],
)
def test_libraries_are_set_up_at_module_level(code: str, role: Role) -> None:
    cells = ("import holoviews as hv\nfrom holoviews import opts", "df = [1]\ndf.append(len(df))", code)
    facts = facts_of(*cells, "p = hv.Points([(0, 0)])").statements
    assert facts[-2].role is role
    if role is Role.SETTING:
        assert any(e.kind is ResourceKind.AMBIENT and e.name == "holoviews" for e in facts[-1].effects)


def test_elements_of_pages_act_on_their_page() -> None:
    cells = (
        "from unheard_of import Page",
        "page = Page()",
        "box = page.find_element('a')",
        "box.send_keys('x')",
    )
    assert "page" in facts_of(*cells).statements[-1].changes
    browser = facts_of("from selenium import webdriver", "driver = webdriver.Chrome()").statements[-1]
    assert "driver" in browser.unpicklable


def test_tables_put_together_share_their_columns() -> None:
    cells = (
        "import pandas as pd\na = pd.DataFrame({'x': [1]})\nb = a * 2",
        "both = pd.concat([a, b])",
        "t = a.T",
    )
    assert "both" in facts_of(*cells, "t.index.name = 'i'").statements[-1].changes


def test_arrays_that_are_not_copied_share_what_is_unknown() -> None:
    cells = ("import numpy as np\nfrom somewhere import load", "box = load().astype(int)")
    shared = facts_of(*cells, "items = np.array(box, copy=None)", "items[0] = 9").statements
    assert "box" in shared[-1].changes
    copied = facts_of(*cells, "items = np.array(box)", "items[0] = 9").statements
    assert "box" not in copied[-1].changes
