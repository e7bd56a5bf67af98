"""Library functions that call, take apart or put together what they are given in ways no table can say."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Callable, Hashable
from dataclasses import replace

from nb_to_flow.facts.access import CACHED
from nb_to_flow.facts.arguments import Arguments
from nb_to_flow.facts.heap import ITEMS, ClassObject, Field, Maker, Partial, TupleClass
from nb_to_flow.facts.invocation import Invocation
from nb_to_flow.facts.values import NOTHING, Value
from nb_to_flow.ir.facts import Access, ResourceKind

Special = Callable[[Arguments, ast.AST], Value]


class Callables(Invocation):
    """Calls `functools.partial`, `operator.itemgetter`, `vars` and the like."""

    @abstractmethod
    def operate(self, left: Value, right: Value, method: str, node: ast.AST) -> Value:
        """A binary operator."""

    @abstractmethod
    def set_attribute(self, value: Value, name: str, held: Value, node: ast.AST) -> None:
        """`value.name = held`."""

    def call_library(self, name: str, args: Arguments, node: ast.AST) -> Value:
        special: Special | None = getattr(self, "_special_" + name.replace(".", "_"), None)
        if special is None or args.rest and name != "functools.partial":
            return super().call_library(name, args, node)
        self.record.libraries.add(name.split(".")[0])
        return special(args, node)

    def _call_one(self, obj: int, args: Arguments, node: ast.AST) -> Value:
        payload = self.payload(obj)
        if isinstance(payload, Partial):
            return self.call(payload.function, payload.arguments.followed(args), node)
        if isinstance(payload, Maker):
            return self._use(payload, args, node)
        if isinstance(payload, TupleClass):
            return self._named_tuple(payload, args, node)
        if self.heap.types[obj] == CACHED:
            return self._cached(obj, args, node)
        return super()._call_one(obj, args, node)

    def _special_numpy_apply_along_axis(self, args: Arguments, node: ast.AST) -> Value:
        """The function is given views of lines of the array, which stands third."""
        lines = self.parts(args.get("2|arr"), node)
        returned = self.call(args.get("0|func1d"), Arguments([lines, *args.positional[3:]]), node)
        made = self.new(node, "numpy.ndarray")
        for obj in made:
            self.heap.hold(obj, ITEMS, self.mutable(returned))
        return made

    def _special_numpy_einsum(self, args: Arguments, node: ast.AST) -> Value:
        """Of one array it may give a view (`"ii->i"`), of several never."""
        if len(args.positional) != 2:
            return super().call_library("numpy.einsum", args, node)
        return super().call_library("numpy.diagonal", Arguments(args.positional[1:], args.keywords), node)

    def _special_pandas_concat(self, args: Arguments, node: ast.AST) -> Value:
        """Of columns it makes a column, unless they are to stand side by side."""
        joined = self.mutable(self.iterate(args.get("0|objs"), node))
        api = self.knowledge.function("pandas.concat")
        if api is None or "axis" in args.keywords or self.types(joined) != {"pandas.Series"}:
            return super().call_library("pandas.concat", args, node)
        return self.apply(replace(api, returns="pandas.Series"), "pandas.concat", NOTHING, args, node)

    def _method_of(self, obj: int, name: str, args: Arguments, node: ast.AST) -> Value:
        if name != "to_dict" or self.heap.types[obj] != "pandas.DataFrame":
            return super()._method_of(obj, name, args, node)
        orient = self.texts(args.get("0|orient"))
        made = self.make(node, "list" if "records" in orient else "dict", "to_dict")
        line = self.make(node, "list" if "list" in orient else "dict", "line")
        self.heap.hold(line, ITEMS, self.cells_of(frozenset((obj,))) | self.imm(""))
        self.heap.hold(made, ITEMS, (line,))
        return frozenset((made,))

    # -- functions made of others ---------------------------------------------------------------------

    def _special_functools_partial(self, args: Arguments, node: ast.AST) -> Value:
        kept = Arguments(args.positional[1:], args.keywords, args.rest)
        return self._made_function(args, Partial(args.first(), kept), node)

    def _special_operator_itemgetter(self, args: Arguments, node: ast.AST) -> Value:
        return self._made_function(args, Maker("item", args), node)

    def _special_operator_attrgetter(self, args: Arguments, node: ast.AST) -> Value:
        return self._made_function(args, Maker("attribute", args), node)

    def _special_operator_methodcaller(self, args: Arguments, node: ast.AST) -> Value:
        return self._made_function(args, Maker("method", args), node)

    def _cached(self, obj: int, args: Arguments, node: ast.AST) -> Value:
        """A function that keeps what it returned: any of its calls may give that, and do nothing else."""
        held = frozenset(self.heap.fields[obj].get(ITEMS, ()))
        with self.record.apart() as later:
            made = self.call(held, args, node)
        if any(access is not Access.READ for _, access, _ in later.effects):
            self.change((obj,))
        self.heap.hold(obj, "kept", self.mutable(made))
        return made | frozenset(self.heap.fields[obj].get("kept", ()))

    def _special_patsy_dmatrix(self, args: Arguments, node: ast.AST | Hashable) -> Value:
        return self.new(node, "pandas.DataFrame" if "return_type" in args.keywords else "patsy.DesignMatrix")

    def _special_patsy_dmatrices(self, args: Arguments, node: ast.AST) -> Value:
        made = self.make(node, "tuple")
        for k in range(2):
            self.heap.hold(made, f"[{k}]", self._special_patsy_dmatrix(args, (node, k)))
        return frozenset((made,))

    def _made_function(self, args: Arguments, payload: Partial | Maker, node: ast.AST) -> Value:
        obj = self.make(node, "function", "made")
        self.heap.payloads[obj] = payload
        self.heap.hold(obj, ITEMS, self.mutable(args.every()))
        return frozenset((obj,))

    def _use(self, maker: Maker, args: Arguments, node: ast.AST) -> Value:
        """Call what itemgetter, attrgetter or methodcaller made."""
        names = [text for value in maker.arguments.positional for text in self.texts(value)]
        if maker.kind == "method":
            given = Arguments(maker.arguments.positional[1:], maker.arguments.keywords)
            found = [self.call_method(args.first(), name, given, node) for name in names[:1]]
        elif maker.kind == "attribute":
            found = [self._dotted(args.first(), name, node) for name in names]
        else:
            found = [self.parts(args.first(), node)]
        if len(maker.arguments.positional) < 2 or maker.kind == "method":
            return frozenset().union(NOTHING, *found)
        made = self.make(node, "tuple")
        self.heap.hold(made, ITEMS, frozenset().union(*found))
        return frozenset((made,))

    def _dotted(self, value: Value, path: str, node: ast.AST) -> Value:
        for name in path.split("."):
            value = self.attribute(value, name, node)
        return value

    def _special_collections_namedtuple(self, args: Arguments, node: ast.AST) -> Value:
        words = self.texts(args.get("1|field_names"))  # a list's order is not known
        fields = tuple(words[0].replace(",", " ").split()) if len(words) == 1 else ()
        obj = self.make(node, "type")
        self.heap.payloads[obj] = TupleClass(fields)
        return frozenset((obj,))

    def _named_tuple(self, cls: TupleClass, args: Arguments, node: ast.AST) -> Value:
        obj = self.make(node, "tuple")
        if not cls.fields or args.rest:
            self.heap.hold(obj, ITEMS, args.every())
        for index, name in enumerate(cls.fields):
            value = (
                args.positional[index] if index < len(args.positional) else args.keywords.get(name, NOTHING)
            )
            self.heap.hold(obj, f"[{index}]", value)
            self.heap.hold(obj, "." + name, value)
        return frozenset((obj,))

    def _special_dataclasses_field(self, args: Arguments, node: ast.AST) -> Value:
        obj = self.make(node, "dataclasses.Field")
        factory, default = (
            args.keywords.get("default_factory", NOTHING),
            args.keywords.get("default", NOTHING),
        )
        is_passed = args.keywords.get("init", NOTHING) != self.false()
        self.heap.payloads[obj] = Field(factory, default, is_passed)
        self.heap.hold(obj, ITEMS, self.mutable(args.every()))
        return frozenset((obj,))

    def _special_object___new__(self, args: Arguments, node: ast.AST) -> Value:
        classes = ((c, p) for c in sorted(args.first()) if isinstance(p := self.payload(c), ClassObject))
        made = frozenset(self.instance(cls, payload, node) for cls, payload in classes)
        return made or super().call_library("object.__new__", args, node)

    # -- attributes by name ---------------------------------------------------------------------------

    def _special_getattr(self, args: Arguments, node: ast.AST) -> Value:
        names = self.texts(args.positional[1]) if len(args.positional) > 1 else []
        default = args.positional[2] if len(args.positional) > 2 else NOTHING
        if not names:
            return self.parts(args.first(), node) | default
        return frozenset().union(default, *(self.attribute(args.first(), name, node) for name in names))

    def _special_setattr(self, args: Arguments, node: ast.AST) -> Value:
        value = args.positional[2] if len(args.positional) > 2 else NOTHING
        names = self.texts(args.positional[1]) if len(args.positional) > 1 else []
        for name in names:
            self.set_attribute(args.first(), name, value, node)
        if not names:
            self.change(args.first())
            for obj in args.first():
                self.heap.hold(obj, ITEMS, value)
        return self.imm("None")

    def _special_type(self, args: Arguments, node: ast.AST) -> Value:
        known = frozenset().union(NOTHING, *(self.class_of(obj) for obj in args.first()))
        if len(args.positional) != 1 or not known:
            return super().call_library("type", args, node)
        return known

    def _special_id(self, args: Arguments, node: ast.AST) -> Value:
        self.compare_identity(args.first(), args.first())
        return self.imm("int")

    def _special_numpy_shares_memory(self, args: Arguments, node: ast.AST) -> Value:
        self.compare_identity(args.first(), args.get("1|b"))
        return self.imm("bool")

    _special_numpy_may_share_memory = _special_numpy_shares_memory

    def _special_vars(self, args: Arguments, node: ast.AST) -> Value:
        """An object's own dict stands for the object: see `Attributes`."""
        if not args.positional:
            self.record.effect(ResourceKind.EVERYTHING, Access.WRITE, "vars")
        self.heap.expose(self.mutable(args.first()))
        return args.first() or super().call_library("vars", args, node)

    def _method_call(self, obj: int, name: str, args: Arguments, node: ast.Call) -> Value:
        """`vars(x).update(...)`: a method of the dict that holds an object's attributes."""
        payload = self.payload(obj)
        if isinstance(payload, TupleClass) and name == "_make":
            return self._named_tuple(payload, Arguments(rest=self.iterate(args.first(), node)), node)
        assert isinstance(node.func, ast.Attribute)
        is_dict = self.is_own_dict(node.func.value)
        if not is_dict and not (self.heap.is_exposed(obj) and self.knowledge.method("dict", name)):
            return super()._method_call(obj, name, args, node)
        other = not is_dict and self.find_method(obj, name)  # of the object itself
        own = self.make(("own dict", obj), "dict")
        self.heap.hold(own, ITEMS, self.heap.inside(obj))
        found = self.call_method(frozenset((own,)), name, args, node)
        if own in self.record.changes:
            self.change((obj,))
            self.heap.hold(obj, ITEMS, self.heap.items(own))
        return found | super()._method_call(obj, name, args, node) if other else found

    def _special_types_SimpleNamespace(self, args: Arguments, node: ast.AST) -> Value:
        obj = self.make(node, "types.SimpleNamespace")
        for name, value in args.keywords.items():
            self.heap.hold(obj, "." + name, value)
        return frozenset((obj,))

    # -- sums -----------------------------------------------------------------------------------------

    def _special_sum(self, args: Arguments, node: ast.AST) -> Value:
        """Adding up: the start itself if there is nothing to add, else what the operator gives."""
        start = args.get("1|start")
        items = self.iterate(args.first(), node)
        self._use_up(args)
        if not start:
            start = self.imm("int")
        if len(self.mutable(items | start)) == 0:
            return super().call_library("sum", args, node)
        return start | self.operate(start | items, items, "__add__", node)

    def _special_functools_reduce(self, args: Arguments, node: ast.AST) -> Value:
        """The function is given what it returned before, and one item after the other."""
        if len(args.positional) < 2:
            return super().call_library("functools.reduce", args, node)
        items = self.iterate(args.positional[1], node)
        kept = args.positional[2] if len(args.positional) > 2 else items
        for _ in range(2):
            kept |= self.call(args.first(), Arguments([kept, items]), node)
        return kept

    def _special_itertools_chain_from_iterable(self, args: Arguments, node: ast.AST) -> Value:
        made = self.make(node, "iterator", "chain")
        self.heap.hold(made, ITEMS, self.iterate(self.iterate(args.first(), node), node))
        self.heap.hold(made, "frame", self.mutable(args.first()))
        return frozenset((made,))

    def _special_itertools_starmap(self, args: Arguments, node: ast.AST) -> Value:
        """The function's results; it is given what each item holds."""
        made = self.new(node, "itertools.starmap")
        given = args.get("1|iterable")
        self._use_up(args)
        with self.apart() as later:
            items = self.iterate(self.iterate(given, node), node)
            results = self.call(args.first(), Arguments(rest=items), node)
        for obj in made:
            self.heap.hold(obj, ITEMS, results)
            self.heap.hold(obj, "frame", self.mutable(args.every()))
        self.put_off(made, later)
        return made

    def _special_itertools_groupby(self, args: Arguments, node: ast.AST) -> Value:
        """Pairs of a key and an iterator over the items that have it."""
        key, none = args.get("1|key"), self.imm("None")
        self._use_up(args)
        with self.apart() as later:
            items = keys = self.iterate(args.get("0|iterable"), node)
            if key - none:
                keys = self.call(key - none, Arguments([items]), node)
        made = self.new(node, "itertools.groupby")
        group, pair = self.make(node, "iterator", "group"), self.make(node, "tuple", "pair")
        self.heap.hold(group, ITEMS, items)
        self.heap.hold(pair, "[0]", keys)
        self.heap.hold(pair, "[1]", (group,))
        for obj in made:
            self.heap.hold(obj, ITEMS, (pair,))
        for obj in {group, *made}:
            self.heap.hold(obj, "frame", self.mutable(args.every()))
        self.put_off({group, *made}, later)
        return made

    def _special_itertools_tee(self, args: Arguments, node: ast.AST) -> Value:
        """Iterators of their own over the same items."""
        items = self.iterate(args.first(), node)
        self._use_up(args)
        made = self.make(node, "tuple")
        for index in range(2):
            iterator = self.make(node, "iterator", f"tee {index}")
            self.heap.hold(iterator, ITEMS, items)
            self.heap.hold(iterator, "frame", self.mutable(args.first()))
            self.heap.hold(made, f"[{index}]", (iterator,))
        return frozenset((made,))
