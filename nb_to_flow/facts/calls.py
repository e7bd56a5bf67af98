"""Calls: of the notebook's own functions and classes (run in place), of libraries, and of what is unknown."""

from __future__ import annotations

import ast
import sys
from abc import abstractmethod
from dataclasses import replace

from nb_to_flow.facts import conventions
from nb_to_flow.facts.arguments import Arguments
from nb_to_flow.facts.functions import arity
from nb_to_flow.facts.heap import (
    ITEMS,
    BoundMethod,
    ClassObject,
    FunctionObject,
    Library,
    LibraryMethod,
)
from nb_to_flow.facts.identity import Identity
from nb_to_flow.facts.knowledge.model import ApiFacts
from nb_to_flow.facts.machine import MAX_TYPES
from nb_to_flow.facts.values import NOTHING, Value
from nb_to_flow.ir.facts import Access, ResourceKind

AMBIGUOUS = frozenset(
    [
        "append",
        "pop",
        "update",
        "insert",
        "clear",
        "remove",
        "add",
        "extend",
        "discard",
        "setdefault",
        "sort",
        "reverse",
        "fit",
        "set",
        "get",
        "copy",
        "put",
        "fill",
    ]
)
OF_STREAMS = frozenset({"map", "take"})  # of frames, and of datasets and RDDs
DATA = sys.stdlib_module_names | {"numpy", "pandas", "scipy"}  # whose objects don't change each other
BARRIERS = frozenset({"exec", "eval", "globals", "locals", "compile", "__import__"})


class Calls(Identity):
    """Calls anything."""

    @abstractmethod
    def attribute(self, value: Value, name: str, node: ast.AST) -> Value:
        """What `value.name` may be."""

    def call(self, callee: Value, args: Arguments, node: ast.AST) -> Value:
        found: set[int] = set()
        for obj in sorted(callee)[: MAX_TYPES * 2]:
            found |= self._call_one(obj, args, node)
        return frozenset(found) if callee else self._unknown_function("", args, node)

    def _call_one(self, obj: int, args: Arguments, node: ast.AST) -> Value:
        payload = self.payload(obj)
        if isinstance(payload, FunctionObject):
            return self.call_function(payload, args, node)
        if isinstance(payload, ClassObject):
            return self._construct(obj, payload, args, node)
        if isinstance(payload, BoundMethod):
            function = self.payload(payload.function)
            assert isinstance(function, FunctionObject)
            return self.call_function(function, args.shifted(frozenset((payload.receiver,))), node)
        if isinstance(payload, LibraryMethod):
            return self.call_method(frozenset((payload.receiver,)), payload.name, args, node)
        if isinstance(payload, Library):
            return self.call_library(payload.name, args, node)
        return self._call_object(obj, args, node)

    def _call_object(self, obj: int, args: Arguments, node: ast.AST) -> Value:
        method = self.find_method(obj, "__call__")
        if method is not None:
            return self.call_function(method, args.shifted(frozenset((obj,))), node)
        self.maybe_called(frozenset((obj,)), args, node)
        cls = self.instance_class(obj)
        if cls is not None and self._has_library_base(cls):
            return self._inherited_call(obj, cls, args, node) | self.new(node, "")
        if obj in self.taken:
            receiver, name = self.taken[obj]
            return self.call_method(frozenset((receiver,)), name, args, node)
        if self.heap.types[obj]:
            return self.call_method(frozenset((obj,)), "__call__", args, node)
        return self._unknown_function("", args, node)

    # -- libraries and the unknown --------------------------------------------------------------------

    def call_library(self, name: str, args: Arguments, node: ast.AST) -> Value:
        """Call a library's function or class by qualified name."""
        self.record.libraries.add(name.split(".")[0])
        self._use_up(args)
        self.change(args.keywords.get("out", NOTHING), deep=True)
        if name in BARRIERS:
            self.record.effect(ResourceKind.EVERYTHING, Access.WRITE, name)
        first = args.first()
        api = self.knowledge.function(name, self.heap.types[min(first)] if first else "")
        if api is None and (value := self.knowledge.value(name)) is not None and value.returns:
            return self.call_method(self.new(("value", name), value.returns), "__call__", args, node)
        if api is None:
            return self._unknown_function(name, args, node)
        path = self.joined_path(name, args)
        result = self.apply(api, name, NOTHING, args, node)
        if path is not None:
            result = frozenset(o for o in result if o not in self.heap.frozen) | path
        self._consider_instances(args, node)
        if "." in name and not name.endswith(".__init__"):
            self._make_use(args.every(), args, node)
        return result

    def _use_up(self, args: Arguments) -> None:
        """Whoever is given an iterator or an open file reads on in it; what is lazy loads itself."""
        given = sorted(args.every())
        self.change(obj for obj in given if self.traits(obj) & {"iterator", "handle"})
        for obj in given:
            if "lazy" in self.traits(obj):
                self.fill(frozenset((obj,)), ("loaded",))

    def joined_path(self, name: str, args: Arguments) -> Value | None:
        """The text of a path put together by `os.path.join`, `Path` and the like."""
        base = name.rsplit(".", 1)[-1]
        if name not in (
            "os.path.join",
            "str",
            "os.fspath",
            "os.path.abspath",
            "os.path.expanduser",
            "sqlite3.connect",
        ) and (not name.startswith("pathlib.") or base not in ("Path", "PurePath", "joinpath")):
            return None
        parts = [self.texts(value)[:1] or ["?"] for value in args.positional]
        text = "/".join(part for (part,) in parts)
        if name.startswith("pathlib.") or name == "sqlite3.connect":
            return NOTHING if not text else self._path_object(name, text, args)
        return self.text(text) if text and text != "?" else None

    def _path_object(self, name: str, text: str, args: Arguments) -> Value:
        type_name = "sqlite3.Connection" if name == "sqlite3.connect" else "pathlib.Path"
        obj = self.make(("path", text, type_name), type_name)
        self.heap.hold(obj, ITEMS, self.text(text))
        return frozenset((obj,))

    def _consider_instances(self, args: Arguments, node: ast.AST) -> None:
        """Special methods of what a library is given may be called, and all of classes that it is to use itself."""
        for obj in sorted(NOTHING.union(*args.keywords.values())):
            cls = self.payload(obj)
            if isinstance(cls, ClassObject) and cls.library_bases:
                for made in sorted(self._construct(obj, cls, Arguments(), node)):
                    self._inherited_call(made, cls, args, node)
        if self.instances:
            for obj in sorted(self.heap.reach(args.every()) & self.instances):
                self.special_methods(obj, node)

    def _make_use(self, value: Value, args: Arguments, node: ast.AST) -> None:
        """A library calls what it asks objects of its own kind to have: `Pipeline.fit` an estimator's `fit`."""
        for obj in sorted(self.heap.reach(value) & self.instances) if self.instances else ():
            cls = self.instance_class(obj)
            is_used = cls is not None and self._has_library_base(cls) and "buffer" not in self.traits(obj)
            if cls is not None and is_used and (obj, "") not in self.record.implicit:
                self.record.implicit.add((obj, ""))
                self._inherited_call(obj, cls, args, node)

    def _unknown_function(self, name: str, args: Arguments, node: ast.AST) -> Value:
        """Assumed to leave its arguments alone and to keep hold of them; callbacks may be called."""
        self.maybe_called(args.every(), args, node)
        self._use_up(args)
        self._unknown_files(name, args)
        self._unknown_draws(name, args)
        self._unknown_settings(name)
        base = name.rsplit(".", 1)[-1]
        if base[:1].isupper() or not name:
            obj = self.make((node, name), name)
            self.heap.hold(obj, ITEMS, self.mutable(args.every()))
            return frozenset((obj,))
        return self.new((node, name), "")

    def _unknown_draws(self, name: str, args: Arguments) -> None:
        if conventions.draws(name.rsplit(".", 1)[-1]) and not conventions.SEEDS & args.keywords.keys():
            self.record.effect(ResourceKind.RANDOM, Access.DRAW, "numpy.random", certain=False)

    def _unknown_settings(self, name: str) -> None:
        """`hv.extension("bokeh")` comes before all that the library does later."""
        root, _, base = name.rpartition(".")
        if root and conventions.sets_up(base):
            self.record.effect(ResourceKind.AMBIENT, Access.WRITE, root.partition(".")[0], certain=False)

    def _unknown_files(self, name: str, args: Arguments) -> None:
        base = name.rsplit(".", 1)[-1]
        for path in {t for v in (*args.positional, *args.keywords.values()) for t in self.texts(v)}:
            if conventions.looks_like_file(path):
                access = Access.WRITE if conventions.writes(base) else Access.READ
                self.record.effect(ResourceKind.FILE, access, path, certain=False)

    def call_method(self, receivers: Value, name: str, args: Arguments, node: ast.AST) -> Value:
        """Call `receiver.name(...)` for every possible receiver."""
        found: set[int] = set()
        for obj in sorted(receivers)[:MAX_TYPES]:
            found |= self._method_of(obj, name, args, node)
        return frozenset(found)

    def _method_of(self, obj: int, name: str, args: Arguments, node: ast.AST) -> Value:
        receiver = frozenset((obj,))
        own = self.find_method(obj, name)
        if own is not None:
            return self.call_function(own, args.shifted(receiver), node)
        self.compare(args.every(), receiver)
        type_name = self.heap.types[obj]
        root = type_name.split(".")[0]
        if "." in type_name:
            self.record.libraries.add(root)
        api = self.knowledge.method(type_name, name) if type_name else None
        if api is not None:
            api = self._without_own_changes(obj, api)
            self._consider_instances(args, node)
            if "." in type_name:
                self._make_use(receiver | args.every(), args, node)
            return self.apply(api, name, receiver, args, node)
        if type_name and self.knowledge.attribute(type_name, name) is not None:
            return self.call(self.attribute(receiver, name, node), args, node)
        return self._unknown_method(obj, name, args, node)

    def _without_own_changes(self, obj: int, api: ApiFacts) -> ApiFacts:
        return replace(api, changes=(), inplace=()) if obj in self.heap.frozen else api

    def _unknown_method(self, obj: int, name: str, args: Arguments, node: ast.AST) -> Value:
        self.maybe_called(args.every(), args, node)
        self._unknown_files(name, args)
        if obj not in self.heap.frozen:
            self._unknown_draws(name, args)
        cls = self.instance_class(obj)
        given = self._methods_called(obj, name, args, node)
        if cls is not None:
            given |= self._inherited_call(obj, cls, args, node)
        if obj in self.heap.frozen:
            return self.new((node, name), "")
        traits = self.traits(obj)
        if "figure" in traits:
            self.change((obj,))
            return frozenset((obj,))
        like = self._looks_like(obj, name, traits)
        if like is not None:
            if "view" in like.result.split(" | "):
                self._give_memory((obj,))
            return self.apply(like, name, frozenset((obj,)), args, node) | given
        if self.uses_pyplot and cls is None and conventions.plots(name):
            self.record.effect(ResourceKind.PYPLOT, Access.WRITE, "", certain=False)
        result = self.new((node, name), "")
        if "reader" in traits or conventions.reads(name):
            if conventions.gives_handle(name) and self._is_machinery(obj):
                for made in result:
                    self.heap.hold(made, ITEMS, (obj,))
            return result | given
        kind = self.heap.types[obj]
        self.record.assume(
            f"`{kind + '.' if kind else ''}{name}()` is unknown: assumed to change the object it is called on"
        )
        self.change((obj,), certain=False)
        if "buffer" in traits:
            return result | given
        self._keep_parts(obj, args)
        for made in result:
            self.heap.hold(made, ITEMS, (obj,))
        return result | given | ({obj} if conventions.returns_self(name) else NOTHING)

    def _keep_parts(self, obj: int, args: Arguments) -> None:
        """An object of a library may keep others of the library that it is given, and change those that it has."""
        if "." in self.heap.types[obj]:
            self.heap.hold(obj, ITEMS, frozenset(filter(self._is_machinery, args.every())))
        self.change(filter(self._is_machinery, self.heap.reach((obj,))), certain=False)

    def _is_machinery(self, obj: int) -> bool:
        """True for a model, a layer and the like: of a library's class, and no data."""
        kind = self.heap.types[obj]
        return "." in kind and obj not in self.heap.frozen and kind.partition(".")[0] not in DATA

    def _methods_called(self, obj: int, name: str, args: Arguments, node: ast.AST) -> Value:
        """An object of unknown make may be of one of the notebook's classes."""
        found: set[int] = set()
        if self.heap.types[obj] or self.payload(obj) is not None:
            return NOTHING
        for cls in self.classes:
            payload = self.payload(cls)
            for method in self._own_method(payload, name) if isinstance(payload, ClassObject) else ():
                if not any(known is method for known, _ in self.active):
                    found |= self.call_function(method, args.shifted(frozenset((obj,))), node)
        return frozenset(found)

    def _own_method(self, cls: ClassObject, name: str) -> list[FunctionObject]:
        values = sorted(cls.namespace.values.get(name, ()))
        return [p for value in values if isinstance(p := self.payload(value), FunctionObject)]

    def _looks_like(self, obj: int, name: str, traits: frozenset[str]) -> ApiFacts | None:
        """What the method of that name does where only frames, arrays or axes have one."""
        if self.heap.types[obj] and not traits & {"opaque", "buffer"} or name in AMBIGUOUS:
            return None
        likely = conventions.LIKELY_TYPES[
            : 2 if "buffer" in traits else 3 if conventions.reads(name) else None
        ]
        if "pandas" not in self.imported and name in OF_STREAMS:
            return None
        apis = (self.knowledge.method(kind, name) for kind in likely)
        return next((api for api in apis if api is not None), None)

    def _has_library_base(self, cls: ClassObject) -> bool:
        return any(one.library_bases for one in self.lineage(cls))

    def _inherited_call(self, obj: int, cls: ClassObject, args: Arguments, node: ast.AST) -> Value:
        """A library base's method may call any method that the notebook's class defines, and return what that does."""
        found: set[int] = set()
        for one in self.lineage(cls) if self._has_library_base(cls) else ():
            for value in list(one.namespace.values.values()):
                for method in value:
                    payload = self.payload(method)
                    if isinstance(payload, FunctionObject) and not any(k is payload for k, _ in self.active):
                        rest = [self._any(args, node)] * max(arity(payload) - 1, 0)
                        found |= self.call_function(payload, Arguments([frozenset((obj,)), *rest]), node)
        return frozenset(found)
