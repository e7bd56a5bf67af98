"""Statements: bindings, branches, loops, definitions."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from nb_to_flow.facts.access import ARRAYS
from nb_to_flow.facts.arguments import Arguments
from nb_to_flow.facts.frames import Frame, Path
from nb_to_flow.facts.heap import ITEMS, ClassObject, FunctionObject, Library, LocalModule
from nb_to_flow.facts.operators import IN_PLACE, TEXT
from nb_to_flow.facts.record import Record
from nb_to_flow.facts.scopes import Function, bound_names, locals_of
from nb_to_flow.facts.targets import Targets
from nb_to_flow.facts.values import NOTHING, Value

LOOP_ROUNDS = 4
MAX_LOOP_STEPS = 100_000  # expressions looked at for one statement before loops are followed once only
NO_ARGUMENTS = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])


SWALLOWING = frozenset({"contextlib.suppress", "pytest.raises"})


class Statements(Targets):
    """Runs statements. Every `_run_*` returns True if the path ends there."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.exits: list[list[Path]] = []  # paths that left the innermost loops by break or continue
        self.marks: list[int] = []
        self.raised: Value = NOTHING  # objects that the notebook's own code may raise
        self._locals: dict[str, LocalModule | None] = {}

    def run(self, node: ast.stmt) -> bool:
        """Run one statement."""
        self.record.steps += 1
        if not self.active:
            self.record.line = node.lineno
        handler: Callable[[ast.stmt], bool | None] | None = getattr(self, f"_run_{type(node).__name__}", None)
        if handler is None:
            self._eval_children(node)
            return False
        return bool(handler(node))

    def run_block(self, body: Sequence[ast.stmt]) -> bool:
        """Run statements in order until the path ends."""
        return any(self.run(node) for node in body)

    def run_body(self, node: Function) -> bool:
        if isinstance(node, ast.Lambda):
            self.frame.returns |= self.eval(node.body)
            return False
        saved, self.exits = self.exits, []
        try:
            path = self.branch(lambda: self.run_block(node.body))
            path.ends = False
            return self.join([path])
        finally:
            self.exits = saved

    # -- simple statements ----------------------------------------------------------------------------

    def _run_Expr(self, node: ast.Expr) -> None:
        value = self.eval(node.value)
        if self.frame is self.module:  # it may be shown
            self.implicitly(value, TEXT, node)

    def _run_Assign(self, node: ast.Assign) -> None:
        value = self.eval(node.value)
        for target in node.targets:
            self.assign(target, value)

    def _run_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.assign(node.target, self.eval(node.value))

    def _run_AugAssign(self, node: ast.AugAssign) -> None:
        target = node.target
        load: ast.expr = (
            ast.copy_location(ast.Name(target.id, ast.Load()), target)
            if isinstance(target, ast.Name)
            else target
        )
        old = self.eval(load)
        value = self.eval(node.value)
        result: set[int] = set()
        for obj in sorted(old) or [-1]:
            result |= self._augmented(obj, value, node) if obj >= 0 else self.new(node, "")
        self.assign(target, frozenset(result))

    def _augmented(self, obj: int, value: Value, node: ast.AugAssign) -> Value:
        receiver = frozenset((obj,))
        method = IN_PLACE[type(node.op)]
        own = self.find_method(obj, method)
        if own is not None:
            return self.call_function(own, Arguments([receiver, value]), node)
        if obj in self.heap.frozen or obj in self.instances:
            return self.operate(receiver, value, method.replace("__i", "__", 1), node)
        kind = self.heap.types[obj]
        api = self.knowledge.method(kind, method) if kind else None
        if api is not None:
            self.apply(api, method, receiver, Arguments([value]), node)
            return receiver
        if kind in ("list", "set", "dict") or kind in ARRAYS[:3] or not kind:
            self.change(receiver, deep=kind in ARRAYS)
            for item in self.parts(value, node) if kind in ("list", "set", "dict") else NOTHING:
                self.heap.hold(obj, ITEMS, (item,))
            return receiver if kind else receiver | self.new(node, "")
        return self.operate(receiver, value, method.replace("__i", "__", 1), node)

    def _run_Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self._delete(target)

    def _delete(self, target: ast.expr) -> None:
        if isinstance(target, ast.Name):
            self.unbind(target.id)
        elif isinstance(target, (ast.Tuple, ast.List)):
            for element in target.elts:
                self._delete(element)
        elif isinstance(target, (ast.Subscript, ast.Attribute)):
            value = self.eval(target.value)
            self.change(value)
            self.implicitly(value, ("__delitem__", "__delattr__"), target, deep=False)
            if isinstance(target, ast.Subscript):
                self.eval(target.slice)

    def _run_Assert(self, node: ast.Assert) -> None:
        self.test(node.test)
        if node.msg is not None:
            self.eval(node.msg)

    def _run_Return(self, node: ast.Return) -> bool:
        if node.value is not None:
            self.frame.returns |= self.eval(node.value)
        return True

    def _run_Raise(self, node: ast.Raise) -> bool:
        for part in (node.exc, node.cause):
            if part is not None:
                self.raised |= self.mutable(self.eval(part))
        return True

    def _run_Break(self, node: ast.stmt) -> bool:
        return self._leave()

    def _run_Continue(self, node: ast.stmt) -> bool:
        return self._leave()

    def _leave(self) -> bool:
        if self.exits:
            keys = {key: None for journal in self.journal[self.marks[-1] :] for key in journal}
            values = {key: key[0].values.get(key[1], NOTHING) for key in keys}
            self.exits[-1].append(Path(values, set(self.record.bound), False))
        return True

    def _run_Global(self, node: ast.Global) -> None:
        self.frame.own -= set(node.names) if self.frame is not self.module else set()

    def _run_Nonlocal(self, node: ast.Nonlocal) -> None:
        self.frame.own -= set(node.names)

    # -- branches and loops ---------------------------------------------------------------------------

    def _run_If(self, node: ast.If) -> bool:
        self.test(node.test)
        return self.join(
            [self.branch(lambda: self.run_block(node.body)), self.branch(lambda: self.run_block(node.orelse))]
        )

    def _run_For(self, node: ast.For) -> bool:
        items = self.iterate(self.eval(node.iter), node.iter)
        if isinstance(node, ast.AsyncFor) and not self.active:
            self.record.awaits = True

        def once() -> bool:
            self.assign(node.target, items)
            return self.run_block(node.body)

        initial = self._initial(node)
        self._loop(once, at_least_once=True)
        for name, value in initial.items():
            self.bind(name, value | self.module.values.get(name, NOTHING))
            self.record.bound.discard(name)
        return self.run_block(node.orelse)

    def _initial(self, node: ast.For | ast.AsyncFor) -> dict[str, Value]:
        """Variables that hold a constant, for the case that the loop runs never, and that the loop binds."""
        if self.frame is not self.module or not self.constants:
            return {}
        bound = bound_names([node]) & self.constants - self.record.bound
        return {name: self.module.values[name] for name in sorted(bound) if name in self.module.values}

    _run_AsyncFor = _run_For

    def _run_While(self, node: ast.While) -> bool:
        forever = isinstance(node.test, ast.Constant) and bool(node.test.value)

        def once() -> bool:
            self.test(node.test)
            return self.run_block(node.body)

        self.test(node.test)
        self._loop(once, at_least_once=forever)
        return self.run_block(node.orelse)

    def _loop(self, once: Callable[[], bool], at_least_once: bool) -> None:
        """Run a body until nothing new is found; a `for` loop is taken to run at least once."""
        for number in range(LOOP_ROUNDS):
            before = self.heap.version
            start = self.branch(lambda: False)
            self.exits.append([])
            self.marks.append(len(self.journal))
            path = self.branch(once)
            self.marks.pop()
            left = self.exits.pop()
            first = number == 0 and at_least_once
            # a path that only returns or raises never reaches the code after the loop
            paths = [path, *left, *([] if first else [start])]
            snapshot = self._snapshot(paths)
            self.join(paths if not all(p.ends for p in paths) else [start, *paths])
            if self.heap.version == before and not self._differs(snapshot) and number:
                break
            if self.record.steps > MAX_LOOP_STEPS:  # loops within loops within loops
                break

    def _snapshot(self, paths: list[Path]) -> dict[tuple[Frame, str], Value]:
        return {key: key[0].values.get(key[1], NOTHING) for path in paths for key in path.values}

    def _differs(self, snapshot: dict[tuple[Frame, str], Value]) -> bool:
        return any(key[0].values.get(key[1], NOTHING) != value for key, value in snapshot.items())

    def _run_With(self, node: ast.With) -> bool:
        if isinstance(node, ast.AsyncWith) and not self.active:
            self.record.awaits = True
        cut = False
        for item in node.items:
            manager = self.eval(item.context_expr)
            entered: set[int] = set()
            for obj in sorted(manager):
                entered |= self._enter(obj, node)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, frozenset(entered))
            if any(self._swallows(obj) for obj in manager):
                cut = True
        if not cut:
            return self.run_block(node.body)
        start = self.branch(lambda: False)
        body = self.branch(lambda: self.run_block(node.body))
        return self.join([Path(body.values, start.bound, False), start])

    _run_AsyncWith = _run_With

    def _swallows(self, obj: int) -> bool:
        """True for context managers that may end their block early without an error."""
        own = self.find_method(obj, "__exit__")
        if own is not None:
            return any(isinstance(n, ast.Return) and n.value is not None for n in ast.walk(own.node))
        return self.heap.types[obj] in SWALLOWING

    def _enter(self, obj: int, node: ast.AST) -> Value:
        receiver = frozenset((obj,))
        for name in ("__enter__", "__aenter__"):
            own = self.find_method(obj, name)
            if own is not None:
                leave = self.find_method(obj, name.replace("enter", "exit"))
                if leave is not None:
                    self.call_function(leave, Arguments([receiver, NOTHING, NOTHING, NOTHING]), node)
                return self.call_function(own, Arguments([receiver]), node)
        kind = self.heap.types[obj]
        api = self.knowledge.method(kind, "__enter__") if kind else None
        return self.apply(api, "__enter__", receiver, Arguments(), node) if api is not None else receiver

    def _run_Try(self, node: ast.Try) -> bool:
        if all(isinstance(part, ast.Delete) for part in node.body):  # gone, whether it was there or not
            self.run_block(node.body)
        start = self.branch(lambda: False)
        body = self.branch(lambda: self.run_block(node.body) or self.run_block(node.orelse))
        middle = Path(body.values, start.bound, False)
        handled = [body]
        for handler in node.handlers:
            handled.append(self.branch(lambda h=handler: self._handle(h, [start, middle])))  # type: ignore[misc]
        ends = self.join(handled)
        return self.run_block(node.finalbody) or ends

    _run_TryStar = _run_Try

    def _handle(self, handler: ast.ExceptHandler, before: list[Path]) -> bool:
        self.join(before)
        if handler.type is not None:
            self.eval(handler.type)
        if handler.name:
            self.bind(handler.name, self.new(handler, "BaseException") | self.raised)
        ends = self.run_block(handler.body)
        if handler.name:
            self.unbind(handler.name)
            self.record.deleted.discard(handler.name)
            self.record.touched.discard(handler.name)
        return ends

    def _run_Match(self, node: ast.Match) -> bool:
        subject = self.eval(node.subject)
        paths = [self.branch(lambda c=case: self._run_case(c, subject)) for case in node.cases]  # type: ignore[misc]
        last = node.cases[-1]
        if not (
            isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None and last.guard is None
        ):
            paths.append(self.branch(lambda: False))
        return self.join(paths)

    def _run_case(self, case: ast.match_case, subject: Value) -> bool:
        for pattern in ast.walk(case.pattern):
            name = getattr(pattern, "name", None) or getattr(pattern, "rest", None)
            if name:
                self.bind(name, subject | self.parts(subject, pattern))
            for child in ast.iter_child_nodes(pattern):
                if isinstance(child, ast.expr):
                    self.eval(child)
        if case.guard is not None:
            self.test(case.guard)
        return self.run_block(case.body)

    # -- definitions ----------------------------------------------------------------------------------

    def _run_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.split(".")[0]
            self.bind(name, self.module_value(alias.name if alias.asname else name))

    def _run_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        local = self.local_module(module.lstrip("."))
        for alias in node.names:
            if alias.name == "*":
                self._import_star(module, local)
            elif local is not None and alias.name in local.frame.values:
                self.bind(alias.asname or alias.name, local.frame.values[alias.name])
            else:
                self.bind(alias.asname or alias.name, self._imported(f"{module}.{alias.name}"))

    def _import_star(self, module: str, local: LocalModule | None) -> None:
        if local is None:
            self.star_modules.append(module)
            for name, type_name in self.knowledge.scalars(module).items():
                self.bind(name, self.imm(type_name, Library(f"{module}.{name}")))
            return
        listed = self.local_modules.exported(module.lstrip("."))
        for name, value in local.frame.values.items():
            if not name.startswith("_") if listed is None else name in listed:
                self.bind(name, value)

    def _imported(self, qualified: str) -> Value:
        known = self.knowledge.value(qualified)
        if known is not None and known.returns in ("int", "float", "str"):
            return self.imm(known.returns)
        return self.module_value(qualified)

    def module_value(self, qualified: str) -> Value:
        """A module: one beside the notebook, else a library's."""
        local = self.local_module(qualified)
        return self.imm("module", local) if local is not None else self.library(qualified)

    def local_module(self, name: str) -> LocalModule | None:
        """A module beside the notebook, run abstractly the first time it is imported."""
        if name not in self._locals:
            tree = self.local_modules.find(name) if name else None
            self._locals[name] = None if tree is None else LocalModule(name, Frame(outer=self.module))
            if tree is not None:
                self._load_module(tree, self._locals[name])
        return self._locals[name]

    def _load_module(self, tree: ast.Module, module: LocalModule | None) -> None:
        assert module is not None
        module.frame.own = bound_names(tree.body) | {"__name__", "__file__"} | _globals_of(tree)
        saved = self.frame, self.record, self.star_modules
        self.frame, self.record, self.star_modules = module.frame, Record(), []
        self.active.append(
            (
                FunctionObject(
                    ast.Lambda(args=NO_ARGUMENTS, body=ast.Constant(None)), module.frame, module.name
                ),
                module.frame,
            )
        )
        try:
            self.run_block(tree.body)
        finally:
            self.active.pop()
            self.frame, self.record, self.star_modules = saved

    def _run_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        value = self.function(node, node.name)
        self.wrappers.pop(node.name, None)
        accessor = _accessor(node)
        if accessor:  # of a property: under a name of its own, which no code can say
            self.frame.own.add(accessor)
            self.bind(accessor, value)
            return
        for decorator in reversed(node.decorator_list):
            if isinstance(decorator, ast.Name) and decorator.id in (
                "property",
                "staticmethod",
                "classmethod",
            ):
                continue
            value = self._wrapped(decorator, value, node.name)
        self.bind(node.name, value)

    _run_AsyncFunctionDef = _run_FunctionDef

    def _wrapped(self, decorator: ast.expr, value: Value, name: str) -> Value:
        """What a decorator makes of a function; `@jit(...)` is taken as `@jit` if a table says that it wraps."""
        factory = decorator.func if isinstance(decorator, ast.Call) else decorator
        callee = self.eval(factory)
        names = [p.name for obj in callee if isinstance(p := self.payload(obj), Library)]
        apis = [api for n in names if (api := self.knowledge.function(n)) and api.result in ("0", "holds 0")]
        if apis and self.frame is self.module and apis[0].returns not in ("", "same", "function"):
            self.wrappers[name] = apis[0].returns
        if apis and decorator is not factory:
            self.eval(decorator)
            return self._decorate(callee, value, decorator)
        return self._decorate(self.eval(decorator), value, decorator)

    def _decorate(self, decorator: Value, value: Value, node: ast.AST) -> Value:
        if any(not isinstance(self.payload(obj), Library) for obj in decorator):
            return self.call(decorator, Arguments([value]), node)
        names = [p.name for obj in decorator if isinstance(p := self.payload(obj), Library)]
        apis = [api for name in names if (api := self.knowledge.function(name)) and api.result != "fresh"]
        return self.call(decorator, Arguments([value]), node) if apis else value

    def _run_ClassDef(self, node: ast.ClassDef) -> None:
        bases = [self.eval(base) for base in node.bases]
        for keyword in node.keywords:
            self.eval(keyword.value)
        namespace = Frame(outer=self.frame, own=set(locals_of(node)), is_class=True)
        saved, self.frame = self.frame, namespace
        self.run_block(node.body)
        self.frame = saved
        obj = self.heap.at((self.context, node, "class"), "type")
        every = frozenset().union(NOTHING, *bases)
        own = tuple(o for o in sorted(every) if isinstance(self.payload(o), ClassObject))
        library = tuple(
            p.name for o in sorted(every) if isinstance(p := self.payload(o), Library) and p.name != "object"
        )
        self.heap.payloads[obj] = ClassObject(node, namespace, own, library)
        self.heap.hold(obj, "namespace", self.mutable(frozenset().union(NOTHING, *namespace.values.values())))
        value = frozenset((obj,))
        for decorator in reversed(node.decorator_list):
            value = self._decorate(self.eval(decorator), value, decorator)
        self.bind(node.name, value)


def _accessor(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """ "x.setter" for a method that is decorated so."""
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Attribute) and decorator.attr in ("setter", "deleter"):
            return f"{node.name}.{decorator.attr}"
    return ""


def _globals_of(tree: ast.Module) -> set[str]:
    return {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}
