"""The knowledge tables, one TOML file per library: read and checked."""

from __future__ import annotations

import functools
import importlib
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from importlib.resources import files
from typing import Any

from nb_to_flow.facts.knowledge.model import ApiFacts, TypeFacts
from nb_to_flow.ir.facts import Access, ResourceKind

tomllib: Any = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")

TRAITS = frozenset(
    {
        "immutable",
        "buffer",
        "container",
        "handle",
        "lossy",
        "figure",
        "iterator",
        "indexer",
        "opaque",
        "reader",
        "caches",
        "lazy",
    }
)
ACCESSES = frozenset({*(access.value for access in Access), "mode"})
KINDS = frozenset(kind.value for kind in ResourceKind)
SECTIONS = frozenset({"aliases", "functions", "values", "classes", "types"})
TYPE_KEYS = frozenset({"bases", "traits", "copy", "attributes", "methods"})
TEXT_FIELDS = frozenset({"returns", "result", "elements"})
API_FIELDS = frozenset(f.name for f in fields(ApiFacts))
RESULTS = frozenset({"fresh", "self", "view", "part", "items", "holds", "halves"})
TARGET = re.compile(r"(self|\*|\*\*|\*\*kw|\d+|[A-Za-z_]\w*)(\|[A-Za-z_]\w*)*(\.content)?(\.[a-z_]\w*)?\Z")


class KnowledgeError(ValueError):
    """A table says something that the vocabulary does not know; names the file and the entry."""


class Table:
    """One library's entries under their qualified names; all fields are filled on construction."""

    def __init__(self, file: str, data: Mapping[str, Any]) -> None:
        self.file = file
        self.aliases: dict[str, str] = {}
        self.functions: dict[str, ApiFacts] = {}
        self.values: dict[str, ApiFacts] = {}
        self.types: dict[str, TypeFacts] = {}
        for section in data:
            if section not in SECTIONS:
                raise self._error(section, "unknown section")
        self.aliases.update(data.get("aliases", {}))
        for module, entries in data.get("functions", {}).items():
            self.functions.update(self._apis(module, entries, prefix=module))
        for module, entries in data.get("values", {}).items():
            self.values.update(self._apis(module, entries, prefix=module))
        for module, classes in data.get("classes", {}).items():
            self._add_classes(module, classes)
        for name, entry in data.get("types", {}).items():
            self.types[name] = self._type(name, entry)

    def _error(self, entry: str, problem: str) -> KnowledgeError:
        return KnowledgeError(f"{self.file}: {entry}: {problem}")

    def _add_classes(self, module: str, classes: Mapping[str, Any]) -> None:
        for names, value in classes.items():
            entry = {"bases": value.split()} if isinstance(value, str) else value
            for name in names.split():
                qualified = _join(module, name)
                self.types[qualified] = self._type(qualified, entry)

    def _type(self, name: str, entry: Mapping[str, Any]) -> TypeFacts:
        unknown = set(entry) - TYPE_KEYS or set(entry.get("traits", ())) - TRAITS
        if unknown:
            raise self._error(name, f"unknown {sorted(unknown)}")
        return TypeFacts(
            name=name,
            bases=tuple(entry.get("bases", ())),
            traits=frozenset(entry.get("traits", ())),
            attributes=self._apis(name, entry.get("attributes", {})),
            methods=self._apis(name, entry.get("methods", {})),
            copy=entry.get("copy", ""),
        )

    def _apis(self, where: str, entries: Mapping[str, Any], prefix: str = "") -> dict[str, ApiFacts]:
        found: dict[str, ApiFacts] = {}
        for names, value in entries.items():
            api = self._api(f"{where}: {names}", value)
            for name in names.split():
                qualified = _join(prefix, name)
                if qualified in found:
                    raise self._error(f"{where}: {name}", "listed twice")
                found[qualified] = api
        return found

    def _api(self, where: str, value: Any) -> ApiFacts:
        if isinstance(value, str):
            return ApiFacts(returns=value)
        if unknown := set(value) - API_FIELDS:
            raise self._error(where, f"unknown {sorted(unknown)}")
        read: dict[str, Any] = {}
        for key, item in value.items():
            many = key not in TEXT_FIELDS and isinstance(item, str)
            read[key] = item if key in TEXT_FIELDS else (item,) if many else tuple(item)
        api = ApiFacts(**read)
        for problem in _problems(api):
            raise self._error(where, problem)
        return api


def _join(module: str, name: str) -> str:
    return name if module in ("", "builtins") else f"{module}.{name}"


def _problems(api: ApiFacts) -> Iterator[str]:
    for result in api.result.split(" | "):
        word, _, target = result.partition(" ")
        if not (word in RESULTS or (word[:1].isdigit() and TARGET.match(word) and not target)):
            yield f"unknown result {result!r}"
        if target and not TARGET.match(target):
            yield f"unknown target {target!r}"
    for target in (*api.changes, *api.inplace, *api.stores, *api.calls, *api.effects_of):
        if not TARGET.match(target):
            yield f"unknown target {target!r}"
    for effect in api.effects:
        access, _, rest = effect.partition(" ")
        if access not in ACCESSES or rest.split(" ")[0] not in KINDS:
            yield f"unknown effect {effect!r}"


def overlaid(base: Table | None, own: Table, stem: str) -> Table:
    """A library's table with the user's entries for that library in it."""

    def concerns(name: str) -> bool:
        root = name.partition(".")[0]
        return stem == ("stdlib" if root in sys.stdlib_module_names else root if "." in name else "builtins")

    merged = base or Table(own.file, {})
    merged.functions.update((n, api) for n, api in own.functions.items() if concerns(n))
    merged.values.update((n, api) for n, api in own.values.items() if concerns(n))
    for name, facts in own.types.items():
        if concerns(name):
            merged.types[name] = _merged(merged.types.get(name), facts)
    return merged


def _merged(base: TypeFacts | None, own: TypeFacts) -> TypeFacts:
    if base is None:
        return own
    return replace(
        base,
        bases=own.bases or base.bases,
        traits=own.traits or base.traits,
        attributes={**base.attributes, **own.attributes},
        methods={**base.methods, **own.methods},
    )


def read_table(file: str, text: str) -> Table:
    """A table's entries; `file` is for messages.

    Raises:
        KnowledgeError: if it is no TOML or says what the vocabulary does not know.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise KnowledgeError(f"{file}: {error}") from error
    return Table(file, data)


@functools.cache
def folder() -> Any:
    """Where the packaged tables lie."""
    return files("nb_to_flow.facts.knowledge")
