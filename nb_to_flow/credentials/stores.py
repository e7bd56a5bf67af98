"""Where credentials are kept instead, and the expressions that look them up there."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from nb_to_flow.credentials.names import NameKind, block_name, name_kind, variable_name
from nb_to_flow.credentials.values import Match
from nb_to_flow.ir.notebook import Notebook


class Store(str, Enum):
    """Where a flow finds its credentials."""

    ENV = "env"  # environment variables of the process that runs the flow
    BLOCK = "block"  # Secret blocks on the Prefect server


_KNOWN_KINDS = {
    "AWS Access Key": "AWS_ACCESS_KEY_ID",
    "Azure Storage Account access key": "AZURE_STORAGE_CONNECTION_STRING",
    "token in a URL": "SERVICE_URL",
    "password in a connection string": "CONNECTION_STRING",
    "password option": "PASSWORD",
}
_DATABASES = ("postgres", "mysql", "mssql", "oracle", "mongodb", "redis", "sqlite", "snowflake", "redshift")


def wished_name(name: str, match: Match) -> str:
    """The environment variable for a credential that stands under `name` ("" for none)."""
    whole_url = "://" in match.value
    if (name_kind(name) is not NameKind.PLAIN or whole_url and len(name) > 2) and variable_name(name):
        return variable_name(name)
    if whole_url:
        return "DATABASE_URL" if match.value.startswith(_DATABASES) else "SERVICE_URL"
    if match.kind == "password in a URL":
        return "PASSWORD"
    return _KNOWN_KINDS.get(match.kind) or "_".join(match.kind.upper().replace("-", " ").split())


@dataclass(slots=True, kw_only=True)
class Lookups:
    """Names for credentials, one each, and the expressions that look them up.

    Attributes:
        store: where they are kept.
        imported: the import statement that the expressions need.
        module: the name it binds, which the expressions start with.
        in_loop: True if the notebook's code may run in an event loop.
        wishes: the name wished for each value.
        names: the environment variable of each value that was looked up so far.
    """

    store: Store
    imported: str
    module: str
    in_loop: bool
    wishes: Mapping[str, str]
    names: dict[str, str] = field(default_factory=dict)

    def name(self, value: str) -> str:
        """The environment variable for a value."""
        if value not in self.names:
            wish = self.wishes[value]
            taken, name, number = set(self.names.values()), wish, 1
            while name in taken:
                number += 1
                name = f"{wish}_{number}"
            self.names[value] = name
        return self.names[value]

    def expression(self, value: str) -> str:
        """Python for the value."""
        name = self.name(value)
        if self.store is Store.ENV:
            return f'{self.module}.environ["{name}"]'
        sync = ", _sync=True" if self.in_loop else ""
        # `get()` takes texts for JSON: what is digits alone would come back as a number
        get = "value.get_secret_value()" if _is_json(value) else "get()"
        return f'{self.module}.load("{block_name(name)}"{sync}).{get}'

    def where(self, value: str) -> str:
        """Where it is looked up, for people."""
        name = self.name(value)
        if self.store is Store.ENV:
            return f"environment variable {name}"
        return f"Secret block {block_name(name)}"

    def advice(self, value: str) -> str:
        """How to put it there."""
        name = self.name(value)
        if self.store is Store.ENV:
            return f"set {name} where the flow runs; a work pool has job_variables.env for it"
        return f'create it once: Secret(value=...).save("{block_name(name)}"), or in Prefect\'s UI'


def make_lookups(notebook: Notebook, store: Store, wishes: Mapping[str, str]) -> Lookups:
    """The lookups for a notebook, by the names wished for its credentials."""
    nodes = [inner for statement in notebook.statements for inner in ast.walk(statement.node)]
    asynchronous = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
    module, target = ("os", "import os")
    if store is Store.BLOCK:
        module, target = "Secret", "from prefect.blocks.system import Secret"
    if _means_something_else(nodes, module, target):
        alias = "os_module" if store is Store.ENV else "PrefectSecret"
        module, target = alias, f"{target} as {alias}"
    in_loop = any(isinstance(node, asynchronous) for node in nodes)
    return Lookups(store=store, imported=target, module=module, in_loop=in_loop, wishes=wishes)


def _means_something_else(nodes: Iterable[ast.AST], name: str, statement: str) -> bool:
    """True if anything but that import binds the name anywhere in the notebook."""
    same = ast.parse(statement).body[0]
    for node in nodes:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            alone = [a for a in node.names if (a.asname or a.name.partition(".")[0]) == name]
            if alone and not all(_imports_the_same(node, a, same) for a in alone):
                return True
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load) and node.id == name:
            return True
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler)):
            if node.name == name:
                return True
        elif isinstance(node, ast.arg) and node.arg == name:
            return True
    return False


def _imports_the_same(node: ast.Import | ast.ImportFrom, alias: ast.alias, wanted: ast.stmt) -> bool:
    if isinstance(node, ast.ImportFrom):
        return isinstance(wanted, ast.ImportFrom) and (node.module, alias.name) == (
            wanted.module,
            wanted.names[0].name,
        )
    return isinstance(wanted, ast.Import) and alias.name.partition(".")[0] == wanted.names[0].name


def _is_json(text: str) -> bool:
    try:
        return bool(json.loads(text) != text)
    except (ValueError, RecursionError):
        return False
