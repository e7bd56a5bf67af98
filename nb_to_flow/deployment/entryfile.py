"""A prefect.yaml with entries that can be found, written and updated."""

from __future__ import annotations

import copy
from typing import Any

from nb_to_flow.deployment.entry import fill
from nb_to_flow.deployment.model import Change, FlowSource
from nb_to_flow.deployment.yamltext import as_yaml, dump, load, plain
from nb_to_flow.ir.errors import InputError

HEADER = """\
# Deployments, in Prefect's own schema. From the project's folder:
#   prefect --no-prompt deploy --all --prefect-file {path}
# `nb-to-flow deploy FLOW` changes what it is asked to change and keeps the rest.

"""


class EntryFile:
    """Entries are changed in memory; `text` is what is to be written."""

    def __init__(self, path: str, text: str) -> None:
        """`path` is for messages. Raises InputError if the text is no prefect.yaml."""
        self._path, self._before = path, text
        data = load(text, path) if text.strip() else None
        self._data = as_yaml({}) if data is None else data
        if not isinstance(self._data, dict):
            raise InputError(f"{path} holds no mapping", "A prefect.yaml has a list called deployments.")
        if self._data.get("deployments") is None:
            self._data["deployments"] = as_yaml([])
        self._entries = self._data["deployments"]
        if not isinstance(self._entries, list) or not all(isinstance(e, dict) for e in self._entries):
            raise InputError(f"{path}: deployments is no list of entries")
        self._first = plain(self._data)

    @property
    def text(self) -> str:
        """The file's text: the very same if no entry changed."""
        if not self._before.strip():
            return HEADER.format(path=self._path) + dump(self._data, "")
        same = plain(self._data) == self._first
        return self._before if same else dump(self._data, self._before)

    def parameters(self, source: FlowSource, name: str | None) -> dict[str, Any]:
        """The defaults that the flow's entry has now. Raises InputError if there is no telling which one."""
        number = self._find(source, name)
        found = None if number is None else plain(self._entries[number].get("parameters"))
        return found if isinstance(found, dict) else {}

    def apply(self, change: Change) -> dict[str, Any]:
        """Write or update one flow's entry; it is returned as plain data.

        Raises InputError if what was asked for can't be done; nothing is changed then.
        """
        number = self._find(change.source, change.options.name)
        entry = as_yaml({}) if number is None else copy.deepcopy(self._entries[number])
        fill(entry, change, own_pull="pull" not in self._data)
        if number is None:
            self._entries.append(entry)
        elif plain(entry) != plain(self._entries[number]):
            self._entries[number] = entry
        found: dict[str, Any] = plain(entry)
        return found

    def _find(self, source: FlowSource, name: str | None) -> int | None:
        """The number of the flow's entry."""
        wanted = _identity(source.entrypoint)
        mine = [n for n, e in enumerate(self._entries) if _identity(e.get("entrypoint")) == wanted]
        if name is not None:
            mine = [n for n in mine if self._entries[n].get("name") == name]
        if len(mine) > 1:
            names = ", ".join(str(self._entries[n].get("name")) for n in mine)
            message = f"{self._path} has several deployments of {source.file}: {names}"
            raise InputError(message, "Choose one with --name.")
        return mine[0] if mine else None


def _identity(entrypoint: Any) -> tuple[str, str]:
    """The flow that an entry point names: as a file or as a module, it is the same."""
    text = str(entrypoint)
    if ":" in text:
        where, _, function = text.rpartition(":")
    else:
        where, _, function = text.rpartition(".")
    if where.endswith(".py"):
        return where.removesuffix(".py").removeprefix("./"), function
    return where.replace(".", "/"), function
