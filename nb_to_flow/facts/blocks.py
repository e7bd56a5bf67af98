"""Blocks of statements: the paths through branches, loops, `with`, `try` and `match`."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import replace

from nb_to_flow.facts.arguments import Arguments
from nb_to_flow.facts.frames import Frame, Path
from nb_to_flow.facts.targets import Targets
from nb_to_flow.facts.values import NOTHING, Value
from nb_to_flow.ir.scopes import Function

LOOP_ROUNDS = 4
MAX_LOOP_STEPS = 100_000  # expressions looked at for one statement before loops are followed once only
SWALLOWING = frozenset({"contextlib.suppress", "pytest.raises"})


class Blocks(Targets):
    """Runs statements. Every `_run_*` returns True if the path ends there."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self.exits: list[list[Path]] = []  # paths that left the innermost loops by break or continue
        self.marks: list[int] = []
        self.raised: Value = NOTHING  # objects that the notebook's own code may raise

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

    # -- ends of paths --------------------------------------------------------------------------------

    def _run_Return(self, node: ast.Return) -> bool:
        if node.value is not None:
            self.frame.returns |= self.eval(node.value)
        return True

    def _run_Raise(self, node: ast.Raise) -> bool:
        raised, cause = (NOTHING if p is None else self.mutable(self.eval(p)) for p in (node.exc, node.cause))
        for error in raised:
            self.heap.hold(error, ".__cause__", cause)
        self.raised |= raised
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

    # -- branches and loops ---------------------------------------------------------------------------

    def _run_If(self, node: ast.If) -> bool:
        self.test(node.test)
        return self.join(
            [self.branch(lambda: self.run_block(node.body)), self.branch(lambda: self.run_block(node.orelse))]
        )

    def _run_For(self, node: ast.For) -> bool:
        source = self.eval(node.iter)
        is_sure = self.surely_runs(node.iter)
        items = self.iterate(source, node.iter)
        if isinstance(node, ast.AsyncFor) and not self.active:
            self.record.awaits = True

        def once() -> bool:
            self.assign(node.target, items)
            return self.run_block(node.body)

        self._loop(once, at_least_once=is_sure)
        return self.run_block(node.orelse)

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
        """Run a body until nothing new is found."""
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
            cut = cut or any(self._swallows(obj) for obj in manager)
        if not cut:
            return self.run_block(node.body)
        body, middle = self.cut_short(lambda: self.run_block(node.body))
        return self.join([replace(body, ends=False), middle, self.branch(lambda: False)])

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
        if kind == "generator":  # made by a function under `contextmanager`
            return self.iterate(receiver, node)
        api = self.knowledge.method(kind, "__enter__") if kind else None
        return self.apply(api, "__enter__", receiver, Arguments(), node) if api is not None else receiver

    def _run_Try(self, node: ast.Try) -> bool:
        if all(isinstance(part, ast.Delete) for part in node.body):  # gone, whether it was there or not
            self.run_block(node.body)
        if not node.finalbody:
            return self._run_handlers(node)
        end, middle = self.cut_short(lambda: self._run_handlers(node))
        self.branch(lambda: self.join([middle, self.branch(lambda: False)]) or self.run_block(node.finalbody))
        ends = self.join([end])
        return self.run_block(node.finalbody) or ends

    _run_TryStar = _run_Try

    def _run_handlers(self, node: ast.Try) -> bool:
        start = self.branch(lambda: False)
        body, middle = self.cut_short(lambda: self.run_block(node.body) or self.run_block(node.orelse))
        handled = [body]
        for handler in node.handlers:
            handled.append(self.branch(lambda h=handler: self._handle(h, [start, middle])))  # type: ignore[misc]
        return self.join(handled)

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
