"""Copies that the `copy` module and its like make: objects like the originals, of the notebook's classes too."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from nb_to_flow.facts.arguments import Arguments
from nb_to_flow.facts.callables import Callables
from nb_to_flow.facts.heap import MEMORY, BoundMethod, Instance, closure
from nb_to_flow.facts.values import NOTHING, Value

MOST = 400  # objects in a value that are copied one by one


class Copies(Callables):
    """Calls `copy.copy`, `copy.deepcopy` and their like."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self._origins: dict[int, int] = {}  # of what was made by copying: copies of copies are no news

    def _special_copy_copy(self, args: Arguments, node: ast.AST) -> Value:
        """What an object holds, its copy holds too."""
        return frozenset().union(NOTHING, *(self._shallow(obj, node) for obj in sorted(args.first())))

    def _special_copy_replace(self, args: Arguments, node: ast.AST) -> Value:
        made = self._special_copy_copy(args, node)
        for obj in self.mutable(made):
            for name, value in args.keywords.items():
                self.heap.hold(obj, "." + name, value)
        for obj in sorted(made & self.instances):
            self.special_methods(obj, node, ("__post_init__",))
        return made

    _special_dataclasses_replace = _special_copy_replace

    def _special_copy_deepcopy(self, args: Arguments, node: ast.AST) -> Value:
        """Objects of their own, as deep as the originals are known."""
        originals = closure(args.first(), self._copied_with)
        if len(originals) > MOST:
            return super().call_library("copy.deepcopy", args, node)
        copies = {obj: self._copy(obj, node, "__deepcopy__") for obj in sorted(originals)}
        for obj, made in copies.items():
            for name, held in list(self.heap.fields[obj].items()):
                for one in made - {obj}:
                    self.heap.hold(one, name, NOTHING.union(*(copies.get(o, {o}) for o in held)))
        self._bind_methods(copies)
        return NOTHING.union(*(copies[obj] for obj in args.first()))

    _special_sklearn_base_clone = _special_sklearn_clone = _special_copy_deepcopy

    def _bind_methods(self, copies: Mapping[int, Value]) -> None:
        """Copies of methods are the copied objects' methods."""
        for obj, made in copies.items():
            payload = self.payload(obj)
            if isinstance(payload, BoundMethod):
                receiver = min(copies[payload.receiver])
                self.heap.payloads.update(dict.fromkeys(made, BoundMethod(payload.function, receiver)))

    def _copied_with(self, obj: int) -> Value:
        """What is inside of an object and copied with it: not what the cells of frames hold."""
        if not self._is_copied(obj):
            return NOTHING
        inside = frozenset(self.heap.inside(obj))
        return inside - self.in_cells(inside) if self.heap.types[obj].startswith("pandas.") else inside

    def _is_copied(self, obj: int) -> bool:
        """False for what a copy shares with the original: values that can't change, functions, classes."""
        payload = self.payload(obj)
        return obj not in self.heap.frozen and (
            payload is None or isinstance(payload, Instance | BoundMethod)
        )

    def _shallow(self, obj: int, node: ast.AST) -> Value:
        if self.is_open(obj):
            self.parts(frozenset((obj,)), node)
        copies = self._copy(obj, node, "__copy__")
        for one in copies - {obj}:
            for name, held in list(self.heap.fields[obj].items()):
                if name != MEMORY:
                    self.heap.hold(one, name, held)
        return copies

    def _copy(self, obj: int, node: ast.AST, method: str) -> Value:
        """An object that is like another, with memory of its own and nothing in it yet."""
        if not self._is_copied(obj):
            return frozenset((obj,))
        own = self.find_method(obj, method)
        if own is not None:
            rest = [self.new((node, "memo"), "dict")] if method == "__deepcopy__" else []
            return self.call_function(own, Arguments([frozenset((obj,)), *rest]), node)
        origin = self._origins.get(obj, obj)
        (made,) = self.new((node, method, origin), self.heap.types[obj])
        self._origins[made] = origin
        self._resemble(made, obj)
        return frozenset((made,))

    def _resemble(self, made: int, obj: int) -> None:
        heap, payload = self.heap, self.payload(obj)
        if payload is not None:
            heap.payloads[made] = payload
        if obj in self.instances:
            self.instances.add(made)
        if heap.types[obj] == MEMORY:
            heap.memory.add(made)
        if obj in heap.open:
            heap.open.add(made)
        if obj in heap.spread:
            heap.spread[made] = heap.spread[obj]
        if obj in self.lazy:
            self.put_off((made,), self.lazy[obj])
