"""Applies what the knowledge tables say about a library call."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Hashable, Iterable
from contextlib import nullcontext

from nb_to_flow.facts.arguments import Arguments
from nb_to_flow.facts.heap import ITEMS, MEMORY, FunctionObject
from nb_to_flow.facts.knowledge.lookup import UNCOPIED, keyword_marks
from nb_to_flow.facts.knowledge.model import ApiFacts
from nb_to_flow.facts.library_effects import LibraryEffects
from nb_to_flow.facts.parts import INDEX
from nb_to_flow.facts.values import NOTHING, Value

# methods of containers after which they hold no less
FILLING = frozenset(
    {"append", "appendleft", "add", "insert", "extend", "update", "setdefault", "sort", "reverse"}
)
# what writes its result into what it is told not to copy
_WRITING_UNCOPIED = ("sklearn.", "numpy.nan_to_num")
# what gives the rows of a table new labels, or a copy of the labels it has
_RELABELLING = frozenset(
    {"assign", "copy", "crosstab", "describe", "drop_duplicates", "dropna", "explode", "get_dummies", "head"}
    | {"melt", "nlargest", "nsmallest", "pivot", "pivot_table", "query", "reindex", "rename", "reset_index"}
    | {"sample", "set_index", "sort_index", "sort_values", "stack", "tail", "unstack", "value_counts"}
)
_MAPPINGS = frozenset({"dict", "collections.defaultdict", "collections.OrderedDict"})


_Taking = tuple[ApiFacts, Value, Arguments, ast.AST]


class LibraryCalls(LibraryEffects):
    """Library functions and methods, by their tables."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self._takes_from: dict[int, _Taking] = {}  # iterators, and what they take their items from

    def apply(self, api: ApiFacts, name: str, receiver: Value, args: Arguments, node: ast.AST) -> Value:
        """Do what `api` says; the receiver is NOTHING for functions."""
        with self.filling() if name in FILLING else nullcontext():
            self._change_targets(api, name, receiver, args)
        in_place = bool(api.inplace) and self._flag(args, "inplace")
        for target in api.inplace if in_place else ():
            self._change_target(target, receiver, args)
        for index in receiver if in_place and api.returns == INDEX else ():
            self.relabel(index)
        keeper = receiver or args.first()
        for target in api.stores:
            self._store_target(target, keeper, receiver, args)
        for effect in api.effects:
            self.run_effect(effect, receiver, args)
        if "write subprocess" in api.effects:
            self._command_files(args)
        for target in api.effects_of:
            self._effects_of(target, receiver, args)
        in_data = self._in_given_data(receiver)
        if in_data or name.startswith(_WRITING_UNCOPIED) and self._is_uncopied(args.first(), args):
            self.change(args.first(), deep=True)
        with self.apart() if api.calls else nullcontext() as later:
            passed = self._call_targets(api, receiver, args, node)
        if in_place:  # pandas 3 returns the object from some of these
            return self.imm("None") | frozenset(
                o for o in receiver if self.heap.types[o].startswith("pandas.")
            )
        result = self._result(api, name, receiver, args, node, passed)
        if later is not None:
            self.put_off((obj for obj in result if "iterator" in self.traits(obj)), later)
        return result | self._filled(args) | (args.first() if in_data else NOTHING)

    def _in_given_data(self, receiver: Value) -> bool:
        """True for what was told when it was made not to copy the data that it is given."""
        return any(keyword_marks(self.heap.types[obj]) & UNCOPIED for obj in receiver)

    def _change_targets(self, api: ApiFacts, name: str, receiver: Value, args: Arguments) -> None:
        for target in api.changes:
            if target == "self" and (api.fills or name.startswith(".")):
                self.fill(receiver, api.fills, name[1:])
            else:
                self._change_target(target, receiver, args)

    def _filled(self, args: Arguments) -> Value:
        """The arrays that a call is told to put its result into, and returns."""
        given = args.keywords.get("out", NOTHING)
        out = frozenset(o for o in given if "buffer" in self.traits(o) or not self.heap.types[o])
        self.change(out, deep=True)
        return out

    @abstractmethod
    def iterate(self, value: Value, node: ast.AST) -> Value:
        """What a loop over `value` binds its target to."""

    @abstractmethod
    def find_method(self, obj: int, name: str) -> FunctionObject | None:
        """A method that the notebook defines for an object's class."""

    # -- targets --------------------------------------------------------------------------------------

    def _change_target(self, target: str, receiver: Value, args: Arguments) -> None:
        deep = target.endswith(".content")
        self.change(self.target(target.removesuffix(".content"), receiver, args), deep)

    def _store_target(self, target: str, keeper: Value, receiver: Value, args: Arguments) -> None:
        content = target.endswith(".content")
        value = self.target(target.removesuffix(".content"), receiver, args)
        if content:
            value = frozenset(i for obj in value for i in self.heap.items(obj))
        for obj in keeper:
            self.heap.hold(obj, ITEMS, value)

    def _effects_of(self, target: str, receiver: Value, args: Arguments) -> None:
        base, _, method = target.rpartition(".")
        content = base.endswith(".content")
        objs = self.target(base.removesuffix(".content"), receiver, args)
        for obj in self.heap.reach(objs) if content else objs:
            api = self.knowledge.method(self.heap.types[obj], method)
            for effect in api.effects if api else ():
                self.run_effect(effect, frozenset((obj,)), args)

    def _call_targets(self, api: ApiFacts, receiver: Value, args: Arguments, node: ast.AST) -> Value:
        """Call callbacks with what they may be given; returns what they may return."""
        returned: set[int] = set()
        for target in api.calls:
            callee = self.target(target, receiver, args)
            if not callee:
                continue  # it isn't given
            others = Arguments(
                [
                    self._given_out(value, node) | self._lent(value)
                    for value in self._data(callee, receiver, args)
                ]
            )
            returned |= self.call(callee, others, node)
        return frozenset(returned)

    def _data(self, callee: Value, receiver: Value, args: Arguments) -> list[Value]:
        return [v for v in (receiver, *args.positional, *args.keywords.values()) if v and v != callee] or [
            NOTHING
        ]

    def _lent(self, value: Value) -> Value:
        """Buffers are handed to callbacks as they are (rows, groups and columns may be views of them)."""
        return frozenset(obj for obj in value if "buffer" in self.traits(obj))

    def _flag(self, args: Arguments, keyword: str) -> bool:
        value = args.keywords.get(keyword)
        return value is not None and value != self.false()

    # -- results --------------------------------------------------------------------------------------

    def _result(
        self, api: ApiFacts, name: str, receiver: Value, args: Arguments, node: ast.AST, passed: Value
    ) -> Value:
        found: set[int] = set()
        first = receiver or args.first()
        for kind in api.result.split(" | "):
            found |= self._result_of(kind, api, name, first, receiver, args, node)
        result = frozenset(found)
        if passed and api.result == "fresh" and not api.returns:
            result |= passed
        elif self.mutable(passed):
            for obj in self.mutable(result):
                self.heap.hold(obj, ITEMS, passed)
        for obj in result:
            # It looks into what it goes through only when it is used.
            if "iterator" in self.traits(obj) or self.heap.types[obj].startswith("dict_"):
                self.heap.hold(obj, "frame", self.mutable(args.every() | receiver))
        return result

    def _is_uncopied(self, first: Value, args: Arguments) -> bool:
        """True if a call is told not to copy (or to copy only if it must) memory that it is given."""
        told = args.keywords.get("copy", args.keywords.get("deep"))
        if told not in (self.imm("None"), self.false()):
            return False
        return any(
            "buffer" in self.traits(obj) or not self.heap.types[obj] or self.heap.fields[obj].get(MEMORY)
            for obj in first
        )

    def _give_memory(self, value: Iterable[int]) -> None:
        """Objects of unknown make may have memory to share."""
        for obj in value:
            if obj not in self.heap.frozen and not self.heap.fields[obj].get(MEMORY):
                self.heap.hold(obj, MEMORY, (self.heap.buffer(("own", obj)),))

    def _result_of(
        self,
        kind: str,
        api: ApiFacts,
        name: str,
        first: Value,
        receiver: Value,
        args: Arguments,
        node: ast.AST,
    ) -> Value:
        word, _, target = kind.partition(" ")
        source = self.target(target, receiver, args) if target else first
        if word == "fresh" and self._is_uncopied(first, args):
            word = "view"
            self._give_memory(obj for obj in first if not self.heap.types[obj])
        if word == "self":
            return receiver or first
        if word not in ("fresh", "view", "part", "items", "holds", "halves"):
            return self.target(word, receiver, args)
        if word == "part":
            own = source & self.instances if not receiver else NOTHING
            return self.part(source - own, api, name, node) | (self.iterate(own, node) if own else NOTHING)
        made = self._made(api, name, first, args, node, view=source if word == "view" else NOTHING)
        if word == "fresh" and not api.elements:
            self.heap.open.update(self.containers(made))
        if word == "fresh":
            self._keep_cells(made, first | args.every())
        if name not in _RELABELLING:
            self.label_alike(made, first | args.every())
        if word == "items":
            self._hold_items(made, api, source, args, node)
        elif word == "halves":
            self._hold_halves(made, args, node)
        elif word == "holds":
            self._hold(made, source if target else args.every() | receiver)
        return made

    def _keep_cells(self, made: Value, sources: Value) -> None:
        """Frames made of others have the lists in their cells."""
        frames = [obj for obj in self.mutable(made) if self.heap.types[obj].startswith("pandas.")]
        if frames:
            held = frozenset(i for lists in self.containers(sources) for i in self.heap.items(lists))
            cells = self.cells_of(sources | held)
            for obj in frames:
                self.heap.hold(obj, ITEMS, cells)
                if self.heap.types[obj] == "pandas.Series":  # `s.map(names)`
                    self.heap.hold(obj, ITEMS, self.in_cells(held))

    def _hold_halves(self, made: Value, args: Arguments, node: ast.AST) -> None:
        """Put two parts of each argument, of its type, into what was made; items that aren't data are shared."""
        if args.rest:
            self._hold(made, self._items_of(args.every(), node))
            return
        for index in range(2 * len(args.positional)):
            source = args.positional[index // 2]
            kinds = {self.heap.types[obj] for obj in source}
            kind = kinds.pop() if len(kinds) == 1 else ""
            same = kind == "list" or kind.startswith(("pandas.", "numpy."))
            part = self.new((node, "half", index), kind if same else "")
            self._hold(self.mutable(part), self._items_of(source, node))
            for obj in made:
                self.heap.hold(obj, f"[{index}]", part)

    def _hold_items(self, made: Value, api: ApiFacts, source: Value, args: Arguments, node: ast.AST) -> None:
        """Put the items of `source` into what was made of them; into the tuples that it gives, if it does so."""
        inner = self._items_of(source, node)
        if {self.heap.types[obj] for obj in source} & _MAPPINGS:
            inner |= self.imm("")  # keys
        for obj in self.mutable(made):
            pairs = [i for i in self.heap.items(obj) if self.heap.types[i] == "tuple"]
            kind = self.heap.types[obj]
            if kind in _MAPPINGS and not {self.heap.types[o] for o in source} <= _MAPPINGS:
                self.heap.hold(obj, ITEMS, self._items_of(self.mutable(inner), node))  # made of pairs
            if api.elements != "tuple" or not pairs:
                self.heap.hold(obj, ITEMS, inner)
            elif kind in ("enumerate", "dict_items"):
                self._hold_places(pairs, [self.imm(""), inner])
            elif kind == "zip" and not args.rest:
                self._hold_places(pairs, [self._items_of(value, node) for value in args.positional])
            else:
                self._hold(frozenset(pairs), inner)
            if "iterator" in self.traits(obj):
                self._takes_from[obj] = api, source, args, node

    def parts(self, value: Value, node: ast.AST | Hashable) -> Value:
        """Objects that may be inside; iterators give what their sources have by now."""
        for obj in value & self._takes_from.keys():
            self._hold_items(frozenset((obj,)), *self._takes_from.pop(obj))
        return super().parts(value, node)

    def _hold_places(self, pairs: list[int], values: list[Value]) -> None:
        for pair in pairs:
            for index, value in enumerate(values):
                self.heap.hold(pair, f"[{index}]", value)

    def _items_of(self, source: Value, node: ast.AST) -> Value:
        return frozenset().union(NOTHING, *(self._items(obj, node) for obj in source))

    def _hold(self, made: Value, inner: Value) -> None:
        for obj in made:
            self.heap.hold(obj, ITEMS, inner)

    def _items(self, obj: int, node: ast.AST) -> Value:
        if "buffer" in self.traits(obj) and not self.heap.types[obj].startswith("numpy."):
            return self.imm("") | frozenset(self.heap.items(obj))  # cells
        return self._given_out(frozenset((obj,)), node)

    def _given_out(self, value: Value, node: ast.AST) -> Value:
        """What going through values gives: objects of the notebook's classes say so themselves."""
        says = ("__iter__", "__getitem__")
        own = frozenset(o for o in value & self.instances if any(self.find_method(o, m) for m in says))
        return self.parts(value - own, node) | (self.iterate(own, node) if own else NOTHING)

    def _made(
        self, api: ApiFacts, name: str, first: Value, args: Arguments, node: ast.AST, view: Value
    ) -> Value:
        memory = {m for obj in view for m in self.heap.fields[obj].get(MEMORY, ())}
        keywords = frozenset(
            f"no_{k}" if v == self.false() else k for k, v in args.keywords.items() if v != self.imm("None")
        )
        found: set[int] = set()
        for type_name in self._returned_types(api, first):
            if type_name and self.knowledge.type(type_name):
                type_name = self.knowledge.constructed(type_name, keywords)
            if memory and type_name in ("int", "float", "str", "bool"):
                type_name = ""
            made = self.new((node, name), type_name, "view" if view else "")
            for obj in self.mutable(made):
                if memory:
                    self.heap.fields[obj].get(MEMORY, set()).discard(self.own_memory((node, name), "view"))
                    self.heap.hold(obj, MEMORY, memory)
                    self.heap.hold(obj, ITEMS, self.cells_of(view))
                elif view:
                    self.heap.hold(obj, ITEMS, self._viewed(obj, view, node))
                if api.elements:
                    self._add_elements(obj, api, node, memory, first)
            found |= made
        return frozenset(found)

    def _viewed(self, obj: int, view: Value, node: ast.AST) -> Value:
        """What something made of these holds: a frame not a list, but what is in it."""
        kind = self.heap.types[obj]
        if not kind.startswith("pandas."):
            return view
        lists = self.containers(view)
        inside = self._items_of(lists, node)
        if kind == "pandas.DataFrame":  # of columns or rows, which it takes apart too
            lines = self.containers(inside)
            inside = (inside - lines) | self.in_cells(self._items_of(lines, node))
        return (view - lists) | inside

    def _add_elements(self, obj: int, api: ApiFacts, node: ast.AST, memory: set[int], first: Value) -> None:
        elements = api.elements.split(" | ")
        if api.result == "fresh" and len(elements) == 1 and not memory:
            self.heap.spread[obj] = (
                self.heap.types[min(first)] if elements == ["same"] and first else elements[0]
            )
        by_place = len(elements) > 1 and api.returns == "tuple"
        for index, element in enumerate(elements):
            if element == "same":
                element = self.heap.types[min(first)] if first else ""
            element, _, places = element.partition(":")
            inner = self.new(("element", node, index), element)
            if places:
                kinds = [self.new(("place", node, i), k) for i, k in enumerate(places.split(","))]
                self._hold_places(sorted(inner), kinds)
            self.heap.hold(obj, f"[{index}]" if by_place else ITEMS, inner)
            for one in self.mutable(inner) if memory else ():
                self.heap.hold(one, MEMORY, memory)

    def _returned_types(self, api: ApiFacts, first: Value) -> list[str]:
        if api.returns == "same":
            return sorted({self.heap.types[obj] for obj in first}) or [""]
        return api.returns.split(" | ")
