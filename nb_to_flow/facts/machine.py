"""The state of an abstract run, and what every kind of evaluation needs of it."""

from __future__ import annotations

import ast
import builtins
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager

from nb_to_flow.facts.arguments import Arguments
from nb_to_flow.facts.emptiness import Emptiness
from nb_to_flow.facts.frames import Frame, Path
from nb_to_flow.facts.heap import (
    ITEMS,
    MEMORY,
    ClassObject,
    FunctionObject,
    Heap,
    Instance,
    Library,
    Payload,
    Text,
)
from nb_to_flow.facts.knowledge.lookup import Knowledge
from nb_to_flow.facts.modules import LocalModules
from nb_to_flow.facts.record import Record
from nb_to_flow.facts.values import NOTHING, Value
from nb_to_flow.ir.facts import Access, ResourceKind

BUILTINS = frozenset(dir(builtins)) | {"display", "get_ipython", "__name__", "__file__"}
MAX_TYPES = 12  # more possible objects than this for one name are looked at without their methods' details
CONTAINERS = frozenset({"dict", "list", "set", "tuple"})


class Machine(ABC):
    """Runs a notebook on abstract values. Subclasses add libraries, calls, expressions and statements."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.heap = Heap()
        self.filled = Emptiness(self.heap)
        self.is_filling = False  # what changes now loses nothing that it holds
        self.module = Frame()
        self.frame = self.module
        self.record = Record()
        self.context: Hashable = ()
        self.journal: list[dict[tuple[Frame, str], Value | None]] = []
        self.passing: list[dict[tuple[Frame, str], Value]] = []  # what blocks that may end early bind, ever
        self._unseen: dict[int, int] = {}  # container -> the part that stands for items nobody has seen
        self.roots: dict[int, set[str]] = {}  # object -> module variables that are bound to it
        self.classes: list[int] = []  # the notebook's, in order of definition
        self.instances: set[int] = set()  # objects of the notebook's classes
        self.star_modules: list[str] = []
        self.active: list[tuple[FunctionObject, Frame]] = []
        self.steps = 0  # expressions looked at so far, the running statement's left out
        self.local_modules = LocalModules(None)
        self.helpers: frozenset[str] = frozenset()
        self.secrets: frozenset[str] = frozenset()  # environment variables that nothing sets
        self.uses_pyplot = False
        self.imported: set[str] = set()  # libraries
        self.data_imports: set[str] = set()  # things of libraries that are used as data are (subscripted)
        self.aliases: set[str] = set()  # variables that name types made of others (`list[int]`)
        self.settled: frozenset[str] = frozenset()  # variables that can stand at module level
        self.models: set[int] = set()  # models that evaluate their formula again when they are unpickled
        self.formulas: set[int] = set()  # those whose formula looks up what no library's module has
        self.wrappers: dict[str, str] = {}  # what a decorator made of functions: types
        self.kept: dict[int, set[str]] = {}  # what objects that cache have surely computed so far
        self.taken: dict[
            int, tuple[int, str]
        ] = {}  # attributes of unknown make: methods, when they are called
        self._traits: dict[str, frozenset[str]] = {}

    @abstractmethod
    def eval(self, node: ast.expr) -> Value:
        """The objects an expression may give; notes what evaluating it does."""

    @abstractmethod
    def call(self, callee: Value, args: Arguments, node: ast.AST) -> Value:
        """Call any of `callee` with evaluated arguments."""

    @abstractmethod
    def go_on(self, obj: int, certain: bool) -> None:
        """An object that changes may be an iterator that runs on."""

    # -- values ---------------------------------------------------------------------------------------

    def imm(self, type_name: str, payload: Payload | None = None) -> Value:
        """An immutable value of that type."""
        return frozenset((self.heap.immutable(type_name, payload),))

    def text(self, text: str) -> Value:
        """A string with a known text."""
        return self.imm("str", Text(text[:400]))

    def library(self, name: str) -> Value:
        """A library's module, function, class or constant."""
        return self.imm("", Library(name))

    def false(self) -> Value:
        """The value of `False`."""
        return self.imm("bool", Library("False"))

    def new(self, node: ast.AST | Hashable, type_name: str = "", tag: str = "") -> Value:
        """A fresh object made at `node`; immutable if its type is, with memory of its own if it is a buffer."""
        if "immutable" in self.type_traits(type_name):
            return self.imm(type_name)
        obj = self.make(node, type_name, tag)
        if "buffer" in self.type_traits(type_name):
            self.heap.hold(obj, MEMORY, (self.own_memory(node, tag),))
        return frozenset((obj,))

    def own_memory(self, node: ast.AST | Hashable, tag: str) -> int:
        """The memory that a buffer has which `new` makes there."""
        return self.heap.buffer((self.context, node, tag))

    def make(self, node: ast.AST | Hashable, type_name: str = "", tag: str = "") -> int:
        """Like `new`, for types that are surely mutable."""
        return self.heap.at((self.context, node, tag, type_name), type_name)

    def types(self, value: Value) -> set[str]:
        """The types that a value may have ("" for unknown)."""
        return {self.heap.types[obj] for obj in value}

    def traits(self, obj: int) -> frozenset[str]:
        """The traits of an object's type."""
        return self.type_traits(self.heap.types[obj])

    def type_traits(self, type_name: str) -> frozenset[str]:
        """The traits of a type, looked up once."""
        found = self._traits.get(type_name)
        if found is None:
            found = self._traits[type_name] = self.knowledge.traits(type_name) if type_name else frozenset()
        return found

    def texts(self, value: Value) -> list[str]:
        """The texts that a value may be, if it is a known string or path."""
        return [p.text for obj in sorted(value) if isinstance(p := self.heap.payloads.get(obj), Text)]

    def payload(self, obj: int) -> Payload | None:
        """What is known of an object besides its type."""
        return self.heap.payloads.get(obj)

    def looks_into(self, value: Value) -> Value:
        """The value, whose content is used: that of `os.environ` is state outside the notebook."""
        for obj in value:
            payload = self.heap.payloads.get(obj)
            if isinstance(payload, Library) and payload.name == "os.environ":
                self.record.effect(ResourceKind.ENVIRONMENT, Access.READ)
        return value

    def mutable(self, value: Iterable[int]) -> Value:
        """Without values that can't change."""
        return frozenset(obj for obj in value if obj not in self.heap.frozen)

    def objects(self, name: str) -> Value:
        """What a module variable may be, values that can't change left out."""
        return self.mutable(self.module.values.get(name, NOTHING))

    def instance_class(self, obj: int) -> ClassObject | None:
        """The notebook's class of an object, if it has one."""
        payload = self.heap.payloads.get(obj)
        found = self.heap.payloads.get(payload.cls) if isinstance(payload, Instance) else None
        return found if isinstance(found, ClassObject) else None

    def parts(self, value: Value, node: ast.AST | Hashable) -> Value:
        """Objects that may be inside: items of containers; for objects of unknown make a part that stands for any."""
        found: set[int] = set()
        for obj in value:
            if obj in self.heap.frozen:
                found |= self.imm("str") if self.heap.types[obj] in ("str", "bytes") else self.imm("")
                continue
            items, traits = self.heap.items(obj), self.traits(obj)
            found |= items
            if "figure" in traits:
                found.add(obj)
                continue
            is_buffer = "buffer" in traits
            if not items or self.is_open(obj) or is_buffer and all(self.heap.types[i] for i in items):
                found.add(self._any_part(obj))
        return frozenset(found)

    def is_open(self, obj: int) -> bool:
        """True if an object may have had items before the notebook put any into it."""
        return obj in self.heap.open or not self.heap.types[obj] and obj not in self.heap.payloads

    def _any_part(self, obj: int) -> int:
        """The part that stands for all that nobody has seen."""
        known = self._unseen.get(obj)
        memory = self.heap.fields[obj].get(MEMORY, ())
        if known is None or memory:
            known = self._unseen[obj] = self.heap.at(("part", obj), "")
            self.heap.hold(known, MEMORY, memory)
            self.heap.hold(obj, ITEMS, (known,))
        return known

    # -- changes --------------------------------------------------------------------------------------

    def change(self, value: Iterable[int], deep: bool = False, certain: bool = True) -> None:
        """Note that objects may change: their own slots, or (`deep`) also their memory and what they hold."""
        changed = [obj for obj in value if obj not in self.heap.frozen]
        content = self.content(*changed) if deep else set()
        if not self.is_filling:
            self.filled.lose(content.union(changed))
        for obj in changed:
            self.record.change(obj, deep, certain, cached=not deep and "caches" in self.traits(obj))
            self.go_on(obj, certain)
            if not self.heap.types[obj] and not deep:
                # It may be a row of an array, or what a cell of a frame holds.
                for inner in self.heap.fields[obj].get(MEMORY, ()):
                    self.record.change(inner, True, certain)
                    for cell in self.in_cells(self.heap.items(obj)):
                        self.record.change(cell, False, certain)
        for inner in content:
            self.record.change(inner, True, certain)
            self.go_on(inner, certain)

    def fill(self, value: Value, keys: tuple[str, ...], attribute: str = "") -> None:
        """Objects that keep what they compute change only the first time it is asked for.

        `keys` is what they keep of this; if empty, an `attribute` is kept where the type has the trait "caches".
        """
        for obj in sorted(value):
            if not keys and "caches" not in self.traits(obj):
                self.change((obj,))
                continue
            wanted = set(keys) or {attribute}
            new = wanted - self.kept.get(obj, set())
            changed = {obj} if new else set()
            if any(key.startswith("model.") for key in new):
                changed |= {one for one in self._held_twice(obj) if self._is_model(one)}
            for one in sorted(changed - self.heap.frozen):
                self.record.change(one, deep=False, cached=True)
            if len(value) == 1 and not self.journal:
                self.kept.setdefault(obj, set()).update(wanted)

    def _held_twice(self, obj: int) -> Value:
        """What it holds, and what that holds: what is made of results holds these, and they their model."""
        items = self.mutable(self.heap.items(obj))
        return items.union(*(self.mutable(self.heap.items(one)) for one in items))

    def _is_model(self, obj: int) -> bool:
        return self.knowledge.is_a(self.heap.types[obj], "statsmodels.base.model.Model")

    @contextmanager
    def filling(self) -> Iterator[None]:
        """What changes meanwhile is only added to or replaced."""
        saved, self.is_filling = self.is_filling, True
        try:
            yield
        finally:
            self.is_filling = saved

    def containers(self, value: Value) -> Value:
        """Python's own containers among these."""
        return frozenset(obj for obj in value if self.heap.types[obj] in CONTAINERS)

    def in_cells(self, value: Iterable[int]) -> Value:
        """What stays the same object in a frame's cell, and can change: containers, the notebook's own objects."""
        return frozenset(o for o in value if self.heap.types[o] in CONTAINERS or o in self.instances)

    def content(self, *objs: int) -> set[int]:
        """The memory of buffers; else the mutable objects inside, down to data that it was only lent."""
        buffers = [obj for obj in objs if "buffer" in self.traits(obj)]
        found = {inner for obj in buffers for inner in self.heap.fields[obj].get(MEMORY, ())}
        stack = [obj for obj in objs if obj not in buffers]
        while stack:
            for inner in self.heap.inside(stack.pop()):
                if inner in found or inner in self.heap.frozen or self.is_code(inner):
                    continue
                found.add(inner)
                stack.append(inner)
        self.heap.work += len(found)
        return found

    def is_code(self, obj: int) -> bool:
        """True for functions and classes of the notebook."""
        return isinstance(self.heap.payloads.get(obj), (FunctionObject, ClassObject))

    def in_notebook(self, frame: Frame | None) -> bool:
        """False for frames of modules beside the notebook."""
        while frame is not None and "__name__" not in frame.own:
            frame = frame.outer
        return frame is None

    # -- variables ------------------------------------------------------------------------------------

    def bind(self, name: str, value: Value) -> None:
        """Bind a name in the running scope."""
        frame = self.frame
        if frame.outer is not None:
            owner = frame if name in frame.own and name not in frame.globals_ else frame.find(name)
            frame = owner or self.module
        self.bind_in(frame, name, value)

    def bind_in(self, frame: Frame, name: str, value: Value) -> None:
        """Bind a name in a given frame; module variables are noted."""
        if self.journal:
            self.journal[-1].setdefault((frame, name), frame.values.get(name))
        if frame is self.module:
            self.record.replaced.setdefault(name, frame.values.get(name, NOTHING))
            self.record.bound.add(name)
            self.record.touched.add(name)
            self.record.deleted.discard(name)
        self.store(frame, name, value)

    def unbind(self, name: str) -> None:
        """`del name`."""
        frame = self.frame.find(name) if self.frame.outer is not None else self.module
        frame = frame or self.module
        if frame is self.module:
            self.record.deleted.add(name)
            self.record.bound.discard(name)
        if name in frame.values:
            if self.journal:
                self.journal[-1].setdefault((frame, name), frame.values.get(name))
            self.store(frame, name, None)

    def store(self, frame: Frame, name: str, value: Value | None) -> None:
        """Set a variable, or unset it, without noting that."""
        if frame is self.module:
            for obj in frame.values.get(name, NOTHING):
                if obj not in self.heap.frozen:
                    self.roots.get(obj, set()).discard(name)
            for obj in value or NOTHING:
                if obj not in self.heap.frozen:
                    self.roots.setdefault(obj, set()).add(name)
        if value is None:
            frame.values.pop(name, None)
            return
        frame.values[name] = value
        for held in self.passing:
            held[frame, name] = held.get((frame, name), NOTHING) | value

    def load(self, name: str) -> Value:
        """The value of a name as the running scope sees it; reading a module variable is noted."""
        frame = self.frame.find(name) if self.frame.outer is not None else None
        if frame is not None:
            return frame.values.get(name, NOTHING)
        return self.load_module(name)

    def load_module(self, name: str) -> Value:
        """The value of a module variable, of a builtin, or of something a star import brought."""
        value = self.module.values.get(name)
        if value is not None:
            self.record.load(name)
            if self.frame is not self.module:
                self.record.late.add(name)
            return value
        return self.unbound(name)

    def unbound(self, name: str) -> Value:
        """What a name stands for that the notebook binds nowhere by itself."""
        if name in self.helpers:
            return self.library(f"notebook_helpers.{name}")
        if name in BUILTINS:
            return self.library(name)
        for module in reversed(self.star_modules):
            qualified = f"{module}.{name}"
            if (
                self.knowledge.function(qualified)
                or self.knowledge.type(qualified)
                or self.knowledge.value(qualified)
            ):
                return self.library(qualified)
        return self.library(f"{self.star_modules[-1]}.{name}") if self.star_modules else NOTHING

    # -- branches -------------------------------------------------------------------------------------

    def branch(self, run: Callable[[], bool]) -> Path:
        """Run one path and take its bindings back; `run` says whether the path ends early."""
        with self.aside() as path:
            path.ends = run()
        return path

    @contextmanager
    def aside(self) -> Iterator[Path]:
        """What is bound meanwhile is on this path only, and taken back afterwards."""
        path, before = Path({}, set(), False), set(self.record.bound)
        self.journal.append({})
        yield path
        changed = self.journal.pop()
        path.values = {key: key[0].values.get(key[1], NOTHING) for key in changed}
        path.bound, self.record.bound = self.record.bound, before
        for (frame, name), old in changed.items():
            self.store(frame, name, old)

    def cut_short(self, run: Callable[[], bool]) -> tuple[Path, Path]:
        """Run a path that may end anywhere: as it is at its end, and as it may be anywhere in it."""
        start = self.branch(lambda: False)
        self.passing.append({})
        end = self.branch(run)
        return end, Path(self.passing.pop(), start.bound, False)

    def join(self, paths: list[Path]) -> bool:
        """Go on with what any of these paths left. Returns True if none of them goes on."""
        alive = [path for path in paths if not path.ends]
        going = alive or paths
        keys = {key: None for path in going for key in path.values}
        for key in keys:
            frame, name = key
            old = frame.values.get(name, NOTHING)
            joined = frozenset().union(*(path.values.get(key, old) for path in going))
            if self.journal:
                self.journal[-1].setdefault(key, frame.values.get(name))
            self.store(frame, name, joined)
        if going:
            self.record.bound = set.intersection(*(path.bound for path in going))
        return not alive
