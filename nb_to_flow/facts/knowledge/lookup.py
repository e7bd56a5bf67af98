"""Answers from the knowledge tables, each read when its library is first asked about."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from nb_to_flow.facts.knowledge.model import ApiFacts, TypeFacts
from nb_to_flow.facts.knowledge.tables import Table, folder, overlaid, read_table

# keywords of estimators that work in the data that they are given
UNCOPIED = frozenset({"no_copy", "no_copy_X", "no_copy_x"})
CONSTRUCTION = re.compile(r" (if|unless) self\.(\w+)")


class Knowledge:
    """What the tables say, by qualified name. Every lookup returns None for what no table lists.

    Names may be given as Python spells them after import aliases are resolved: re-exports
    (`pandas.core.frame.DataFrame`) and private modules (`sklearn.svm._classes.SVC`) are understood, and so
    are type names with a keyword mark (`constructed`).
    """

    def __init__(self, own: Table | None = None) -> None:
        """`own` is a table of the user's: its entries go before the packaged ones."""
        self._own = own
        self._tables: dict[str, Table | None] = {}
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
        if name.endswith(".__version__"):
            return ApiFacts(returns="str")
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
        if name.startswith("sklearn."):
            marks |= UNCOPIED & keywords
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

    def load_all(self) -> Mapping[str, Table]:
        """Every table by the name of its file. Raises `KnowledgeError` for the first wrong entry."""
        stems = sorted(f.name[: -len(".toml")] for f in folder().iterdir() if f.name.endswith(".toml"))
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

    def _table(self, name: str) -> Table | None:
        root = name.partition(".")[0]
        builtins = self._load("builtins")
        if builtins and (root in builtins.types or name in builtins.functions):
            return builtins
        return self._load("stdlib" if root in sys.stdlib_module_names else root)

    def _load(self, stem: str) -> Table | None:
        if stem not in self._tables:
            source = folder().joinpath(f"{stem}.toml")
            known = stem.isidentifier() and source.is_file()
            table = read_table(source.name, source.read_text("utf-8")) if known else None
            self._tables[stem] = table if self._own is None else overlaid(table, self._own, stem)
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
    return Knowledge(read_table(file, text))


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
