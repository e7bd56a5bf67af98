"""Reads the knowledge tables, one TOML file per library, each when its library is first asked about."""

from __future__ import annotations

import functools
import importlib
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
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
CONSTRUCTION = re.compile(r" (if|unless) self\.(\w+)")
TARGET = re.compile(r"(self|\*|\*\*|\*\*kw|\d+|[A-Za-z_]\w*)(\|[A-Za-z_]\w*)*(\.content)?(\.[a-z_]\w*)?\Z")


class KnowledgeError(ValueError):
    """A table says something that the vocabulary does not know; names the file and the entry."""


class _Table:
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


class Knowledge:
    """What the tables say, by qualified name. Every lookup returns None for what no table lists.

    Names may be given as Python spells them after import aliases are resolved: re-exports
    (`pandas.core.frame.DataFrame`) and private modules (`sklearn.svm._classes.SVC`) are understood, and so
    are type names with a keyword mark (`constructed`).
    """

    def __init__(self, own: _Table | None = None) -> None:
        """`own` is a table of the user's: its entries go before the packaged ones."""
        self._own = own
        self._tables: dict[str, _Table | None] = {}
        self._names: dict[str, str] = {}
        self._apis: dict[tuple[str, str, str], ApiFacts | None] = {}

    def canonical(self, qualified: str) -> str:
        """The name under which the tables list `qualified`; itself if nothing better is known."""
        if (name := self._names.get(qualified)) is None:
            name = self._names[qualified] = self._resolve(qualified)
        return name

    def function(self, qualified: str, first: str = "") -> ApiFacts | None:
        """What calling `qualified` does. For a class: its constructor, `returns` being the class.

        `first` is the type of the first argument ("" unknown), on which what it does may depend. A method
        named through its class (`str.lower`, `pandas.DataFrame.merge`) is given as a function whose first
        argument is the receiver.
        """
        name = self.canonical(qualified)
        table = self._table(name)
        if table is None:
            return None
        if name in table.functions:
            return self._elementwise(table.functions[name], first)
        if name in table.types:
            return replace(self._constructor(name, first) or ApiFacts(), returns=name)
        owner, _, method = name.rpartition(".")
        if owner in table.types:
            api = self.method(owner, method)
            return _unbound(api) if api else None
        return table.functions.get(f"{owner}.*")

    def lists(self, qualified: str) -> bool:
        """True for a function or class that a table names; one that only falls under a `*` may be anything."""
        name = self.canonical(qualified)
        table = self._table(name)
        return table is not None and (name in table.functions or name in table.types)

    def value(self, qualified: str) -> ApiFacts | None:
        """What a module's attribute is (`numpy.pi`, `sys.path`, `matplotlib.pyplot.rcParams`)."""
        name = self.canonical(qualified)
        table = self._table(name)
        if table is None or name in table.values:
            return table.values.get(name) if table else None
        return None if name in table.functions else table.values.get(f"{name.rpartition('.')[0]}.*")

    def scalars(self, module: str) -> Mapping[str, str]:
        """The data in a module (`math.pi`) by name, with its types: what a star import of it leaves."""
        prefix = self.canonical(module) + "."
        table = self._table(prefix + "x")
        listed = table.values.items() if table else ()
        return {
            name[len(prefix) :]: api.returns
            for name, api in listed
            if name.startswith(prefix) and "." not in name[len(prefix) :] and api.returns
        }

    def type(self, qualified: str) -> TypeFacts | None:
        """What values of a type are like, without what its bases add."""
        name = self.canonical(base_name(qualified))
        table = self._table(name)
        return table.types.get(name) if table else None

    def method(self, type_name: str, name: str) -> ApiFacts | None:
        """What `value.name(...)` does, looked for in the type and its bases.

        `name` may carry the kind of subscript (`__getitem__:slice`, `__setitem__:mask`, and for a tuple and
        its items `__getitem__:tuple:mask:str`): the entry that fits most of it counts, at last the plain one.
        """
        key = ("method", type_name, name)
        if key not in self._apis:
            api = self._inherited(type_name, name, "methods")
            self._apis[key] = _settled(api, keyword_marks(type_name)) if api else None
        return self._apis[key]

    def attribute(self, type_name: str, name: str) -> ApiFacts | None:
        """What `value.name` gives, looked for in the type and its bases."""
        key = ("attribute", type_name, name)
        if key not in self._apis:
            self._apis[key] = self._inherited(type_name, name, "attributes")
        return self._apis[key]

    def traits(self, type_name: str) -> frozenset[str]:
        """All traits of a type, its bases' included; empty for an unknown type."""
        return frozenset(trait for t in self.lineage(type_name) for trait in t.traits)

    def copy_kind(self, type_name: str) -> str:
        """ "method" if `x.copy()` makes an independent copy, else "deep"."""
        return next((t.copy for t in self.lineage(type_name) if t.copy), "deep")

    def is_a(self, type_name: str, base: str) -> bool:
        """True if `type_name` is `base` or inherits from it."""
        wanted = self.canonical(base)
        return any(t.name == wanted for t in self.lineage(type_name))

    def is_module(self, qualified: str) -> bool:
        """True if the tables list something under `qualified.` and it is no type."""
        name = self.canonical(qualified)
        table = self._table(name)
        if table is None or name in table.types or name in table.functions:
            return False
        prefix = name + "."
        return any(
            n.startswith(prefix) for part in (table.functions, table.types, table.values) for n in part
        )

    def constructed(self, qualified: str, keywords: frozenset[str]) -> str:
        """The type of `qualified(...)` called with these keywords ("no_x" for `x=False`; none for `x=None`).

        It carries a mark for each keyword that decides what the object's methods do later:
        `sklearn.svm.SVC[random_state]` draws no random numbers when fitted. Marks that the name has stay.
        """
        name = self.canonical(base_name(qualified))
        texts = (e for t in self.lineage(name) for m in t.methods.values() for e in (m.returns, *m.effects))
        marks = {keyword for text in texts for _, keyword in CONSTRUCTION.findall(text)} & keywords
        marks |= keyword_marks(qualified)
        return f"{name}[{','.join(sorted(marks))}]" if marks else name

    def lineage(self, type_name: str) -> tuple[TypeFacts, ...]:
        """The type and its bases, nearest first; empty if unknown."""
        found: dict[str, TypeFacts] = {}
        waiting = [type_name]
        while waiting:
            facts = self.type(waiting.pop(0))
            if facts is not None and facts.name not in found:
                found[facts.name] = facts
                waiting.extend(facts.bases)
        return tuple(found.values())

    def load_all(self) -> Mapping[str, _Table]:
        """Every table by the name of its file. Raises `KnowledgeError` for the first wrong entry."""
        stems = sorted(f.name[: -len(".toml")] for f in _folder().iterdir() if f.name.endswith(".toml"))
        return {stem: table for stem in stems if (table := self._load(stem)) is not None}

    def _elementwise(self, api: ApiFacts, first: str) -> ApiFacts:
        if api.returns != "elementwise":
            return api
        if self.is_a(first, "pandas.NDFrame"):
            return replace(api, returns=first)
        scalar = self.is_a(first, "number")
        return replace(api, returns="float" if scalar else "numpy.ndarray")

    def _constructor(self, name: str, first: str) -> ApiFacts | None:
        for facts in self.lineage(first) if first else ():
            if (api := self.method(name, f"__init__:{facts.name}")) is not self.method(name, "__init__"):
                return api
        return self.method(name, "__init__")

    def _inherited(self, type_name: str, name: str, part: str) -> ApiFacts | None:
        for facts in self.lineage(type_name):
            entries: dict[str, ApiFacts] = getattr(facts, part)
            kind = name
            while kind:
                if (api := entries.get(kind)) is not None:
                    return api
                kind = kind.rpartition(":")[0]
        return None

    def _resolve(self, qualified: str) -> str:
        first, *rest = qualified.split(".")
        if rest:
            rest = [p for p in rest[:-1] if not p.startswith("_") or p.endswith("__")] + rest[-1:]
        name = ".".join([first, *rest])
        for _ in range(4):
            renamed = self._rename(name)
            if renamed == name:
                break
            name = renamed
        return name

    def _rename(self, name: str) -> str:
        table = self._table(name)
        head, tail = name, ""
        while table and head:
            if head in table.aliases:
                target = table.aliases[head]
                return f"{target}.{tail}" if tail else target
            head, _, last = head.rpartition(".")
            tail = f"{last}.{tail}" if tail else last
        return name

    def _table(self, name: str) -> _Table | None:
        root = name.partition(".")[0]
        builtins = self._load("builtins")
        if builtins and (root in builtins.types or name in builtins.functions):
            return builtins
        return self._load("stdlib" if root in sys.stdlib_module_names else root)

    def _load(self, stem: str) -> _Table | None:
        if stem not in self._tables:
            source = _folder().joinpath(f"{stem}.toml")
            known = stem.isidentifier() and source.is_file()
            table = _read(source.name, source.read_text("utf-8")) if known else None
            self._tables[stem] = table if self._own is None else _overlaid(table, self._own, stem)
        return self._tables[stem]


def base_name(type_name: str) -> str:
    """A type's name without keyword marks."""
    return type_name.partition("[")[0]


def keyword_marks(type_name: str) -> frozenset[str]:
    """The keyword marks of a type's name (see `Knowledge.constructed`)."""
    return frozenset(filter(None, type_name.partition("[")[2].rstrip("]").split(",")))


@functools.cache
def load_knowledge() -> Knowledge:
    """The packaged tables. A table is read when its library is first asked about.

    Raises:
        KnowledgeError: then, if the table is wrong.
    """
    return Knowledge()


def read_knowledge(file: str, text: str) -> Knowledge:
    """The packaged tables with a user's own table, `text`, before them.

    Raises:
        KnowledgeError: if the user's table is wrong.
    """
    return Knowledge(_read(file, text))


def _overlaid(base: _Table | None, own: _Table, stem: str) -> _Table:
    """A library's table with the user's entries for that library in it."""

    def concerns(name: str) -> bool:
        root = name.partition(".")[0]
        return stem == ("stdlib" if root in sys.stdlib_module_names else root if "." in name else "builtins")

    merged = base or _Table(own.file, {})
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


def _read(file: str, text: str) -> _Table:
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise KnowledgeError(f"{file}: {error}") from error
    return _Table(file, data)


@functools.cache
def _folder() -> Any:
    return files("nb_to_flow.facts.knowledge")


def _settled(api: ApiFacts, marks: frozenset[str]) -> ApiFacts:
    """Effects and results that hang on keywords of the constructor, decided."""
    if not CONSTRUCTION.search(" ".join((api.returns, *api.effects))):
        return api
    returns = " | ".join(_decided(api.returns.split(" | "), marks))
    return replace(api, effects=tuple(_decided(api.effects, marks)), returns=returns)


def _decided(texts: Iterable[str], marks: frozenset[str]) -> list[str]:
    return [
        CONSTRUCTION.sub("", text)
        for text in texts
        if all((word == "if") == (keyword in marks) for word, keyword in CONSTRUCTION.findall(text))
    ]


def _unbound(api: ApiFacts) -> ApiFacts:
    shifted: dict[str, Any] = {
        f: tuple(map(_shift, getattr(api, f)))
        for f in ("changes", "inplace", "stores", "calls", "effects_of")
    }
    return replace(api, result=" | ".join(map(_shift_result, api.result.split(" | "))), **shifted)


def _shift(target: str) -> str:
    if target.startswith("self"):
        return "0" + target[len("self") :]
    number, rest = re.match(r"(\d*)(.*)", target).groups()  # type: ignore[union-attr]
    return f"{int(number) + 1}{rest}" if number else target


def _shift_result(result: str) -> str:
    word, space, target = result.partition(" ")
    return f"{word} {_shift(target)}" if space else _shift(word)
