"""The notebook's own functions and classes: their calls are followed in place."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Iterable
from contextlib import nullcontext

from nb_to_flow.facts.arguments import Arguments
from nb_to_flow.facts.frames import Frame
from nb_to_flow.facts.heap import (
    ITEMS,
    BoundMethod,
    ClassObject,
    Field,
    FunctionObject,
    Instance,
    Library,
    LibraryMethod,
)
from nb_to_flow.facts.library import LibraryCalls
from nb_to_flow.facts.record import Later
from nb_to_flow.facts.values import NOTHING, Value
from nb_to_flow.ir.scopes import Function, declared, free_names, is_generator, locals_of, names_in

MAX_DEPTH = 14  # nested calls of the notebook's functions that are followed in place
MAX_STEPS = 20_000  # expressions looked at for one statement before calls are only summarised
MAX_ALL_STEPS = 120_000  # the same for a whole notebook; then each statement gets a fortieth
MAX_ROUNDS = 5  # runs of a recursive function's body
# methods that a library may call on an object that it is given
IMPLICIT = frozenset(
    [
        "__str__",
        "__repr__",
        "__format__",
        "__len__",
        "__iter__",
        "__next__",
        "__hash__",
        "__eq__",
        "__lt__",
        "__float__",
        "__int__",
        "__index__",
        "__bool__",
        "__getitem__",
        "__array__",
        "__contains__",
        "__enter__",
        "__exit__",
        "__call__",
        "_ipython_display_",
        "_repr_html_",
        "_repr_jpeg_",
        "_repr_latex_",
        "_repr_markdown_",
        "_repr_mimebundle_",
        "_repr_png_",
        "_repr_svg_",
    ]
)


class Functions(LibraryCalls):
    """Calls functions and classes of the notebook."""

    @abstractmethod
    def call_library(self, name: str, args: Arguments, node: ast.AST) -> Value:
        """Call a library's function or class by qualified name."""

    @abstractmethod
    def run_body(self, node: Function) -> bool:
        """Run a function's body in the current frame; True if its end is never reached."""

    def call_function(self, function: FunctionObject, args: Arguments, node: ast.AST) -> Value:
        """Run a function of the notebook with these arguments; returns what it may return."""
        self._note_call(function)
        self.record.has_followed = True
        running = next((frame for known, frame in self.active if known is function), None)
        if running is not None and sum(known is function for known, _ in self.active) >= 2:
            return self._recurse(function, running, args)
        if len(self.active) >= MAX_DEPTH or self.exhausted():
            return self._summarise(function, args, node)
        frame = Frame(outer=function.frame, own=set(locals_of(function.node)))
        if self.in_notebook(function.frame):
            frame.globals_ = declared(_statements(function.node), ast.Global)
        self._pass(function, frame, args, node)
        return self._run(function, frame, node)

    def exhausted(self) -> bool:
        """True if a statement took so long to follow that its calls are now only summarised."""
        return self.spent() > (MAX_STEPS if self.steps < MAX_ALL_STEPS else MAX_STEPS // 40)

    def spent(self) -> int:
        """What the statement has cost so far, in expressions looked at; objects gone through cost a tenth."""
        return self.record.steps + self.heap.work // 10

    def _note_call(self, function: FunctionObject) -> None:
        if function.frame is self.module and not isinstance(function.node, ast.Lambda):
            self.record.calls.add(function.name)
        for name in sorted(free_names(function.node)):
            if function.is_global(name) and name in self.module.values:
                self.record.load(name)

    def _recurse(self, function: FunctionObject, frame: Frame, args: Arguments) -> Value:
        before = dict(frame.values)
        widened = Frame(outer=function.frame, own=frame.own)
        self._pass(function, widened, args, function.node)
        for name, value in widened.values.items():
            frame.values[name] = frame.values.get(name, NOTHING) | value
        frame.rerun |= frame.values != before
        if not is_generator(function.node):
            return frame.returns
        made = self.new((function.node, "inner generator"), "generator")
        for obj in made:
            self.heap.hold(obj, ITEMS, frame.returns)
        return made

    def _run(self, function: FunctionObject, frame: Frame, node: ast.AST) -> Value:
        saved = self.frame, self.context
        self.frame, self.context = (
            frame,
            (self.context, id(node)) if len(self.active) < 4 else (id(node), id(function)),
        )
        self.active.append((function, frame))
        arguments = dict(frame.values)
        later: Later | None = None
        try:
            with self.apart() if is_generator(function.node) else nullcontext() as later:
                self._run_rounds(function, frame, arguments)
        finally:
            self.active.pop()
            self.frame, self.context = saved
        return self._returned(function, frame, node, later)

    def _run_rounds(self, function: FunctionObject, frame: Frame, arguments: dict[str, Value]) -> None:
        """Run the body until a recursive function gives nothing new."""
        for _ in range(MAX_ROUNDS):
            frame.rerun, before = False, (frame.returns, self.heap.version)
            self.run_body(function.node)
            is_settled = not frame.rerun and (frame.returns, self.heap.version) == before
            if is_settled or not self._recursive(function):
                break
            for name, value in arguments.items():
                frame.values[name] = frame.values.get(name, NOTHING) | value

    def _recursive(self, function: FunctionObject) -> bool:
        return function.name in free_names(function.node) or len(self.active) > 6

    def _returned(self, function: FunctionObject, frame: Frame, node: ast.AST, later: Later | None) -> Value:
        if later is None:
            return frame.returns or (NOTHING if isinstance(function.node, ast.Lambda) else self.imm("None"))
        made = self.new((node, "generator"), "generator")
        later.names |= free_names(function.node)
        self.put_off(made, later)
        for obj in made:
            self.heap.hold(obj, ITEMS, frame.returns)
            self.heap.hold(obj, "frame", self.mutable(frozenset().union(*frame.values.values())))
        return made

    def _pass(self, function: FunctionObject, frame: Frame, args: Arguments, node: ast.AST) -> None:
        spec = function.node.args
        names = [a.arg for a in (*spec.posonlyargs, *spec.args)]
        for name, value in zip(names, args.positional, strict=False):
            frame.values[name] = value
        extra = frozenset().union(NOTHING, *args.positional[len(names) :])
        unnamed = NOTHING
        known = {*names, *(a.arg for a in spec.kwonlyargs)}
        for name, value in args.keywords.items():
            if name in known:
                frame.values[name] = frame.values.get(name, NOTHING) | value
            else:
                unnamed |= value
        for name in known - frame.values.keys():
            frame.values[name] = function.defaults.get(name, NOTHING) | args.rest
        for variable, held, kind in ((spec.vararg, extra, "tuple"), (spec.kwarg, unnamed, "dict")):
            if variable is not None:
                obj = self.make((node, variable.arg), kind)
                self.heap.hold(obj, ITEMS, held | args.rest)
                frame.values[variable.arg] = frozenset((obj,))

    def _summarise(self, function: FunctionObject, args: Arguments, node: ast.AST) -> Value:
        """Too deep to follow: assume it reads its globals, changes its arguments, and returns any of them."""
        touched = args.every()
        for name in sorted(free_names(function.node)):
            if function.is_global(name) and name in self.module.values:
                touched |= self.load_module(name)
        data = self._data_of(touched)
        self.change(data, deep=True, certain=False)
        self.record.assume(
            f"`{function.name}` is nested too deeply to follow: assumed to change what it is given"
        )
        result = self.make((node, "summary"), "")
        self.heap.hold(result, ITEMS, data)
        return frozenset((result,)) | args.every()

    def _data_of(self, value: Value) -> Value:
        """These objects, but of functions and classes what they hold."""
        code = {obj for obj in self.mutable(value) if self.is_code(obj)}
        return (self.mutable(value) - code).union(*(self.content(obj) for obj in code))

    def maybe_called(self, value: Value, args: Arguments, node: ast.AST) -> Value:
        """Functions of the notebook that are reachable from `value` may be called by whoever holds it."""
        found: set[int] = set()
        for obj in sorted(self.heap.reach(value)):
            payload = self.payload(obj)
            if isinstance(payload, FunctionObject):
                if not any(known is payload for known, _ in self.active):
                    found |= self.call_function(
                        payload, Arguments([self._any(args, node)] * arity(payload)), node
                    )
            elif isinstance(payload, BoundMethod):
                found |= self.call(frozenset((obj,)), Arguments([self._any(args, node)]), node)
            elif isinstance(payload, LibraryMethod) and (obj, "") not in self.record.implicit:
                self.record.implicit.add((obj, ""))
                found |= self.call(frozenset((obj,)), Arguments([self._any(args, node)]), node)
            elif isinstance(payload, Instance):
                self.special_methods(obj, node)
        return frozenset(found)

    def _any(self, args: Arguments, node: ast.AST) -> Value:
        data = frozenset(
            o for o in args.every() if not isinstance(self.payload(o), (FunctionObject, Library, BoundMethod))
        )
        return self.parts(data, node) | self.mutable(data) if data else self.new((node, "any"), "")

    def special_methods(
        self, obj: int, node: ast.AST, names: Iterable[str] = IMPLICIT, given: Value = NOTHING
    ) -> None:
        """Run an object's special methods of these names, once a statement; `given` is what they are passed."""
        for name in sorted(names):
            method = self.find_method(obj, name)
            if method is None or (obj, name) in self.record.implicit:
                continue
            self.record.implicit.add((obj, name))
            if not any(known is method for known, _ in self.active):
                rest = [given] * max(arity(method) - 1, 0) if given else []
                self.call_function(method, Arguments([frozenset((obj,)), *rest]), node)

    # -- the notebook's classes -----------------------------------------------------------------------

    def _construct(self, cls: int, payload: ClassObject, args: Arguments, node: ast.AST) -> Value:
        """What calling a class of the notebook gives."""
        self.record.calls.add(payload.node.name)
        meta = frozenset(self.heap.fields[cls].get("metaclass", ()))
        caller = next((m for one in sorted(meta) for m in self.methods_of(one, "__call__")), None)
        if caller is not None and not any(known is caller for known, _ in self.active):
            return self.call_function(caller, args.shifted(frozenset((cls,))), node)
        own = self.methods_of(cls, "__new__")
        if not own:
            return self._initialised(self.instance(cls, payload, node), payload, args, node)
        given = self.call_function(own[0], args.shifted(frozenset((cls,))), node)
        for obj in sorted(given & self.instances):
            method = self.find_method(obj, "__init__")
            if method is not None and self.instance_class(obj) is payload:
                self.call_function(method, args.shifted(frozenset((obj,))), node)
        return given or frozenset((self.instance(cls, payload, node),))

    def instance(self, cls: int, payload: ClassObject, node: ast.AST) -> int:
        """A new object of a class of the notebook, as `object.__new__` makes it."""
        obj = self.make((node, "instance", cls), self._library_base(payload))
        self.heap.payloads[obj] = Instance(cls)
        self.instances.add(obj)
        return obj

    def methods_of(self, cls: int, name: str) -> list[FunctionObject]:
        """The methods of a name that a class of the notebook and its bases have, nearest first."""
        payload = self.payload(cls)
        lineage = self.lineage(payload) if isinstance(payload, ClassObject) else ()
        values = (value for one in lineage for value in sorted(one.namespace.values.get(name, ())))
        return [p for value in values if isinstance(p := self.payload(value), FunctionObject)]

    def _initialised(self, obj: int, payload: ClassObject, args: Arguments, node: ast.AST) -> Value:
        made = frozenset((obj,))
        method = self.find_method(obj, "__init__")
        if method is not None:
            self.call_function(method, args.shifted(made), node)
            return made
        self._fields(obj, payload, args, node)
        after = self.find_method(obj, "__post_init__")
        if after is not None:
            self.call_function(after, Arguments([made]), node)
        return made

    def inherit(self, obj: int, cls: ClassObject, args: Arguments, node: ast.AST) -> bool:
        """Let an object hold what its library's base makes of these arguments; False if that isn't known."""
        base = self._library_base(cls)
        api = self.knowledge.function(base) if base else None
        if api is None or not api.result.startswith(("items", "view")):
            return False
        for made in self.call_library(base, args, node):
            for name, held in list(self.heap.fields[made].items()):
                self.heap.hold(obj, name, held)
        return True

    def _fields(self, obj: int, cls: ClassObject, args: Arguments, node: ast.AST) -> None:
        """No `__init__` of its own: a dataclass, a named tuple, or a library's base that keeps what it is given."""
        if self.inherit(obj, cls, args, node):
            return
        defaults = self._declared(cls)
        passed = [n for n, field in defaults.items() if field is None or field.is_passed]
        for name, value in zip(passed, args.positional, strict=False):
            self.heap.hold(obj, "." + name, value)
        for value in args.positional[len(passed) :]:
            self.heap.hold(obj, ITEMS, value)
        self.heap.hold(obj, ITEMS, args.rest)
        for name, value in args.keywords.items():
            self.heap.hold(obj, "." + name, value)
        given = {*passed[: len(args.positional)], *args.keywords}
        for name, field in defaults.items():
            if field is not None and name not in given:
                self.heap.hold(obj, "." + name, self._default(field, name, node))
        if "typing.NamedTuple" in cls.library_bases:
            for index, name in enumerate(passed):
                held = self.heap.fields[obj].get("." + name) or cls.namespace.values.get(name, NOTHING)
                self.heap.hold(obj, f"[{index}]", frozenset(held))

    def _declared(self, cls: ClassObject) -> dict[str, Field | None]:
        """The annotated names of a class and its bases, in a constructor's order, with their `field(...)`."""
        found: dict[str, Field | None] = {}
        for one in reversed(list(self.lineage(cls))):
            for part in one.node.body:
                if isinstance(part, ast.AnnAssign) and isinstance(part.target, ast.Name):
                    if "ClassVar" in names_in(part.annotation):
                        continue
                    name = part.target.id
                    payloads = map(self.payload, sorted(one.namespace.values.get(name, ())))
                    found[name] = next((p for p in payloads if isinstance(p, Field)), None)
        return found

    def _default(self, field: Field, name: str, node: ast.AST) -> Value:
        """What a field is for one instance that isn't given it."""
        if not field.factory:
            return field.default
        saved, self.context = self.context, (self.context, "field", name)
        try:
            return self.call(field.factory, Arguments(), node)
        finally:
            self.context = saved

    def _library_base(self, cls: ClassObject) -> str:
        return next((base for base in cls.library_bases if self.knowledge.type(base)), "")

    def lineage(self, cls: ClassObject) -> Iterable[ClassObject]:
        """A class and its bases among the notebook's classes, nearest first."""
        yield cls
        for base in cls.bases:
            payload = self.payload(base)
            if isinstance(payload, ClassObject):
                yield from self.lineage(payload)

    def find_method(self, obj: int, name: str) -> FunctionObject | None:
        """A method that the notebook defines for an object's class."""
        cls = self.instance_class(obj)
        for one in self.lineage(cls) if cls else ():
            for candidate in one.namespace.values.get(name, ()):
                payload = self.payload(candidate)
                if isinstance(payload, FunctionObject):
                    return payload
        return None


def _statements(node: Function) -> list[ast.stmt]:
    return [] if isinstance(node, ast.Lambda) else node.body


def arity(function: FunctionObject) -> int:
    return len(function.node.args.posonlyargs) + len(function.node.args.args)
