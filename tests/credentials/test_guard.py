"""Credentials in notebooks: what is said of them, and the code that looks them up instead."""

from __future__ import annotations

from typing import Any

import pytest

from nb_to_flow.credentials import MASKED, guard
from nb_to_flow.ir.diagnostics import Severity
from nb_to_flow.ir.notebook import Notebook, Secrecy
from tests.read.notebooks import lowered

PASSWORD = "hunter22"
TOKEN = "k3y9f8e7d6c5b4"
URL = f"postgresql://bob:{PASSWORD}@db/shop"
PEM = "-----BEGIN " + "PRIVATE KEY-----\nMIIEow\nabcdef\n-----END PRIVATE KEY-----\n"


def notebook(*cells: str, text: str = "") -> Notebook:
    """A notebook with these code cells, and a text cell before them."""
    return lowered({"cell_type": "markdown", "metadata": {}, "source": text}, *cells)


def guarded(source: str, store: str = "env") -> Notebook:
    """The notebook without its credentials."""
    outcome = guard(notebook(source), store)
    assert outcome.value is not None
    return outcome.value.notebook


def code(found: Notebook) -> str:
    """Its code, without the import that was added."""
    return "\n".join(
        s.code for s in found.statements if s.code not in ("import os", "import os as os_module")
    )


# (source, what becomes of it with --secrets env)
CASES = [
    (f"password = '{PASSWORD}'", 'password = os.environ["PASSWORD"]'),
    (f"password: str = '{PASSWORD}'", 'password: str = os.environ["PASSWORD"]'),
    (f"password = b'{PASSWORD}'", 'password = os.environ["PASSWORD"].encode()'),
    (f"user, password = 'bob', '{PASSWORD}'", 'user, password = \'bob\', os.environ["PASSWORD"]'),
    (f"c = dict(user='bob', password='{PASSWORD}')", "c = dict(user='bob', password=os.environ[\"PASSWORD\"])"),
    (f"c = {{'x-api-key': '{TOKEN}'}}", "c = {'x-api-key': os.environ[\"X_API_KEY\"]}"),
    (f"c = {{}}\nc['db_password'] = '{PASSWORD}'", "c = {}\nc['db_password'] = os.environ[\"DB_PASSWORD\"]"),
    (f"h = {{'Authorization': 'Bearer {TOKEN}'}}", "h = {'Authorization': f'Bearer {os.environ[\"AUTHORIZATION\"]}'}"),
    (f"def f(password='{PASSWORD}'): pass", 'def f(password=os.environ["PASSWORD"]): pass'),
    (f"x = str\nx(auth=('bob', '{PASSWORD}')) if 0 else 1", "x = str\nx(auth=('bob', os.environ[\"PASSWORD\"])) if 0 else 1"),
    (f"ok = password == '{PASSWORD}' if (password := '') else 1", 'ok = password == os.environ["PASSWORD"] if (password := \'\') else 1'),
    (f"import os\nkey = os.environ.get('API_KEY', '{TOKEN}')", "key = os.environ.get('API_KEY', os.environ[\"API_KEY\"])"),
    (f"import os\ntoken = os.getenv('X') or '{TOKEN}'", "token = os.getenv('X') or os.environ[\"TOKEN\"]"),
    (f"DB_URL = '{URL}'", 'DB_URL = os.environ["DB_URL"]'),
    (f"x = len('{URL}')", 'x = len(os.environ["DATABASE_URL"])'),
    (f"host = 'db'\nx = f'postgresql://bob:{PASSWORD}@{{host}}/shop'", "host = 'db'\nx = f'postgresql://bob:{os.environ[\"PASSWORD\"]}@{host}/shop'"),
    (f'x = "curl -u bob:{PASSWORD} http://x"', "x = f\"curl -u bob:{os.environ['PASSWORD']} http://x\""),
    (f"x = '{{\"a\": 1}} -u bob:{PASSWORD} '", "x = '{\"a\": 1} -u bob:<PASSWORD> '.replace(\"<PASSWORD>\", os.environ[\"PASSWORD\"])"),
    (f"x = b'see -u bob:{PASSWORD} '", "x = b'see -u bob:<PASSWORD> '.replace(b\"<PASSWORD>\", os.environ[\"PASSWORD\"].encode())"),
    ("password = ('hun'\n  'ter22')", 'password = (os.environ["PASSWORD"])'),
    ("x = ('curl -u bob:hun'\n  'ter22 http://x')", "x = ('curl -u bob:<PASSWORD> http://x'.replace(\"<PASSWORD>\", os.environ[\"PASSWORD\"]))"),
    (f'pem = """{PEM}"""', 'pem = os.environ["PRIVATE_KEY"]'),
    (f"a_token = '{TOKEN}'\nb_token = '{TOKEN[::-1]}'\nc = ['{TOKEN}']", 'a_token = os.environ["A_TOKEN"]\nb_token = os.environ["B_TOKEN"]\nc = [os.environ["A_TOKEN"]]'),
    (f"password = '{PASSWORD}'  # {PASSWORD}!", 'password = os.environ["PASSWORD"]  # ***!'),
    (f"password = '{PASSWORD}'\nprint('it is {PASSWORD}')", "password = os.environ[\"PASSWORD\"]\nprint('it is ***')"),
    (f"password = '{PASSWORD}'\ndef f():\n    'Uses {PASSWORD}.'\n    return 1", "password = os.environ[\"PASSWORD\"]\ndef f():\n    'Uses ***.'\n    return 1"),
    (f"os = 1\npassword = '{PASSWORD}'", 'os = 1\npassword = os_module.environ["PASSWORD"]'),
    (f"# password = '{PASSWORD}'\nx = 1", "# password = '***'\nx = 1"),
    ("user = 'admin'\npassword = 'admin'", "user = 'admin'\npassword = os.environ[\"PASSWORD\"]"),
    (f"é = 'é'; password = '{PASSWORD}'; ü = 'ü'", 'é = \'é\'\npassword = os.environ["PASSWORD"]\nü = \'ü\''),
]  # fmt: skip


@pytest.mark.parametrize(("source", "expected"), CASES)
def test_code_that_looks_it_up(source: str, expected: str) -> None:
    assert code(guarded(source)).replace("import os\n", "") == expected.replace("import os\n", "")


@pytest.mark.parametrize(("source", "expected"), CASES)
def test_the_values_are_the_same(source: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "PASSWORD": PASSWORD,
        "DB_PASSWORD": PASSWORD,
        "TOKEN": TOKEN,
        "X_API_KEY": TOKEN,
        "A_TOKEN": TOKEN,
    }
    values |= {
        "AUTHORIZATION": TOKEN,
        "DB_URL": URL,
        "DATABASE_URL": URL,
        "PRIVATE_KEY": PEM,
        "API_KEY": TOKEN,
    }
    values |= {"B_TOKEN": TOKEN[::-1]}
    if "admin" in source:
        values["PASSWORD"] = "admin"
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    before, after = _run(source), _run("\n".join(s.code for s in guarded(source).statements))
    assert before == after


def _run(text: str) -> dict[str, Any]:
    space: dict[str, Any] = {}
    exec(compile(text, "<cell>", "exec"), space)  # noqa: S102 (the cases above)
    kept = (str, int, dict, list, tuple, bytes)
    return {k: v for k, v in space.items() if isinstance(v, kept) and not k.startswith("__") and k != "os"}


@pytest.mark.parametrize(("source", "expected"), CASES)
@pytest.mark.parametrize("store", ["env", "block", MASKED])
def test_no_value_is_left_and_lines_still_match(source: str, expected: str, store: str) -> None:
    found = guarded(source, store)
    shown = repr(found).replace("user = 'admin'", "").replace("'bob'", "")
    for value in (PASSWORD, TOKEN, TOKEN[::-1], "MIIEow"):
        assert value not in shown
    for statement in found.statements:
        assert len(statement.line_map) == len(statement.code.split("\n"))
        assert statement.index == found.statements.index(statement)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (f"password = '{PASSWORD}'", 'password = Secret.load("password").get()'),
        ("password = '12345678'", 'password = Secret.load("password").value.get_secret_value()'),
        (f"import asyncio\nawait asyncio.sleep(0)\npassword = '{PASSWORD}'", 'password = Secret.load("password", _sync=True).get()'),
        (f"class Secret: ...\npassword = '{PASSWORD}'", 'password = PrefectSecret.load("password").get()'),
        (f"import os\nos.environ['API_KEY'] = '{TOKEN}'", "os.environ['API_KEY'] = Secret.load(\"api-key\").get()"),
    ],
)  # fmt: skip
def test_blocks(source: str, expected: str) -> None:
    assert guarded(source, "block").statements[-1].code == expected


def test_setting_a_variable_to_itself_is_left_out() -> None:
    found = guarded(f"import os\nos.environ['API_KEY'] = '{TOKEN}'\nx = 1")
    assert [s.code for s in found.statements] == ["import os", "x = 1"]


@pytest.mark.parametrize(
    ("source", "secrecy"),
    [
        (f"password = '{PASSWORD}'", Secrecy.VALUE),
        (f"c = {{'password': '{PASSWORD}', 'port': 1}}", Secrecy.VALUE),
        (f"c = dict(password='{PASSWORD}')", Secrecy.INSIDE),
        (f"def f(password='{PASSWORD}'): ...", Secrecy.INSIDE),
        (f"class A:\n    password = '{PASSWORD}'", Secrecy.INSIDE),
        (f"def f():\n    password = '{PASSWORD}'", Secrecy.NONE),
        (f"print('{URL}')", Secrecy.NONE),
    ],
)
def test_when_it_is_looked_up(source: str, secrecy: Secrecy) -> None:
    assert guarded(source).statements[-1].secrecy is secrecy


def test_the_warning_says_where_and_never_what() -> None:
    outcome = guard(notebook("x = 1", f"x = 2\napi_key = '{TOKEN}'", text=f"Log in with {URL}"))
    assert outcome.value is not None
    found = {
        (d.code, d.severity, d.span.cell, d.span.line) for d in outcome.diagnostics if d.span is not None
    }
    assert found == {("NB160", Severity.WARNING, 2, 2), ("NB162", Severity.WARNING, 0, 1)}
    assert TOKEN not in repr(outcome.diagnostics)
    assert "`api_key`" in outcome.diagnostics[0].message


def test_a_pattern_cannot_be_looked_up() -> None:
    source = f"password = '{PASSWORD}'\nmatch password:\n    case '{PASSWORD}':\n        x = 1"
    outcome = guard(notebook(source), "env")
    assert outcome.value is None
    assert [(d.code, d.span and d.span.line) for d in outcome.diagnostics] == [("NB163", 3)]


def test_a_notebook_without_any_is_left_alone() -> None:
    plain = notebook("x = 'data.csv'", "# nothing here\ny = f'{x} is it'")
    outcome = guard(plain, "env")
    assert outcome.value is not None
    assert outcome.value.notebook is plain
    assert outcome.diagnostics == ()


def test_text_cells_are_cleared() -> None:
    outcome = guard(notebook("x = 1", text=f"# Login\npassword: '{PASSWORD}'"), "env")
    assert outcome.value is not None
    assert outcome.value.notebook.cells[0].source == "# Login\npassword: '(secret)'"
