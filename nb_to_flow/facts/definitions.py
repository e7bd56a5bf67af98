"""Imports, functions and classes."""

from __future__ import annotations

import ast
import typing

from nb_to_flow.facts.arguments import Arguments
from nb_to_flow.facts.blocks import Blocks
from nb_to_flow.facts.conventions import PLOTTERS
from nb_to_flow.facts.frames import Frame
from nb_to_flow.facts.heap import ClassObject, FunctionObject, Library, LocalModule
from nb_to_flow.facts.record import Record
from nb_to_flow.facts.values import NOTHING, Value
from nb_to_flow.ir.scopes import annotations_of, bound_names, locals_of

NO_ARGUMENTS = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
# which there are depends on Python's version
_FORMS = frozenset(name for name in typing.__all__ if not isinstance(getattr(typing, name), type))
# numpy 2 has them no more
_GONE = frozenset({"Inf", "Infinity", "NAN", "NINF", "NaN", "PINF", "infty"})


class Definitions(Blocks):
    """Runs statements that define."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        self._locals: dict[str, LocalModule | None] = {}
        self._package = ""  # of the local module that is being loaded
        self.lazy_annotations = False

    def _run_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.asname or alias.name.split(".")[0]
            self.bind(name, self.module_value(alias.name if alias.asname else name))

    def _run_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = self._absolute(node)
        local = self.local_module(module)
        self.lazy_annotations |= module == "__future__" and node.names[0].name == "annotations"
        for alias in node.names:
            if alias.name == "*":
                self._import_star(module, local)
            elif local is not None and alias.name in local.frame.values:
                self.bind(alias.asname or alias.name, local.frame.values[alias.name])
            else:
                self.bind(alias.asname or alias.name, self._imported(f"{module}.{alias.name}"))

    def _absolute(self, node: ast.ImportFrom) -> str:
        """The module's whole name, that of a relative import in a package beside the notebook too."""
        package = self._package.split(".") if node.level and self._package else []
        above = package[: len(package) - node.level + 1]
        return ".".join([*above, *([node.module] if node.module else [])])

    def _import_star(self, module: str, local: LocalModule | None) -> None:
        if local is None:
            self.star_modules.append(module)
            for name, type_name in self.knowledge.scalars(module).items():
                if (type_name != "typing.Form" or name in _FORMS) and name not in _GONE:
                    self.bind(name, self.imm(type_name, Library(f"{module}.{name}")))
            return
        listed = self.local_modules.exported(module)
        for name, value in local.frame.values.items():
            if not name.startswith("_") if listed is None else name in listed:
                self.frame.own.add(name)
                self.bind(name, value)

    def _imported(self, qualified: str) -> Value:
        known = self.knowledge.value(qualified)
        if known is not None and known.returns in ("int", "float", "str"):
            return self.imm(known.returns)
        return self.module_value(qualified)

    def module_value(self, qualified: str) -> Value:
        """A module: one beside the notebook, else a library's."""
        library = qualified.partition(".")[0]
        self.imported.add(library)
        self.uses_pyplot = self.uses_pyplot or library in PLOTTERS
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
        saved = self.frame, self.record, self.star_modules, self._package
        self.frame, self.record, self.star_modules = module.frame, Record(), []
        self._package = self.local_modules.package_of(module.name)
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
            self.frame, self.record, self.star_modules, self._package = saved

    def _run_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        value = self.function(node, node.name)
        for annotation in annotations_of(node):
            self.annotation(annotation)
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

    def annotation(self, node: ast.expr) -> None:
        """Annotations are looked up where they stand, unless the notebook asks for texts."""
        if not self.lazy_annotations:
            self.eval(node)

    def _wrapped(self, decorator: ast.expr, value: Value, name: str) -> Value:
        """What a decorator makes of a function; `@jit(...)` is taken as `@jit` if a table says that it wraps."""
        factory = decorator.func if isinstance(decorator, ast.Call) else decorator
        callee = self.eval(factory)
        names = [p.name for obj in callee if isinstance(p := self.payload(obj), Library)]
        apis = [api for n in names if (api := self.knowledge.function(n)) and api.result in ("0", "holds 0")]
        if apis and self.frame is self.module and apis[0].returns not in ("", "same", "function"):
            self.wrappers[name] = apis[0].returns
        given = callee if decorator is factory else self.eval(decorator)
        return self._decorate(callee if apis else given, value, decorator)

    def _decorate(self, decorator: Value, value: Value, node: ast.AST) -> Value:
        if any(not isinstance(self.payload(obj), Library) for obj in decorator):
            return self.call(decorator, Arguments([value]), node)
        names = [p.name for obj in decorator if isinstance(p := self.payload(obj), Library)]
        apis = [api for name in names if (api := self.knowledge.function(name)) and api.result != "fresh"]
        return self.call(decorator, Arguments([value]), node) if apis else value

    def _run_ClassDef(self, node: ast.ClassDef) -> None:
        bases = [self.eval(base) for base in node.bases]
        keywords = {k.arg or "": self.eval(k.value) for k in node.keywords}
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
        self.classes.append(obj)
        self.heap.hold(obj, "namespace", self.mutable(frozenset().union(NOTHING, *namespace.values.values())))
        value = frozenset((obj,))
        self._class_made(obj, own, keywords)
        for decorator in reversed(node.decorator_list):
            value = self._decorate(self.eval(decorator), value, decorator)
        self.bind(node.name, value)

    def _class_made(self, obj: int, bases: tuple[int, ...], keywords: dict[str, Value]) -> None:
        """Run what the notebook's own metaclass and bases do when a class is made."""
        cls = self.payload(obj)
        assert isinstance(cls, ClassObject)
        metas = keywords.pop("metaclass", NOTHING).union(
            *(self.heap.fields[base].get("metaclass", ()) for base in bases)
        )
        self.heap.hold(obj, "metaclass", metas)
        for meta in sorted(metas):
            made = Arguments(
                [self.text(cls.node.name), self.imm("tuple"), self.new(cls.node, "dict")], keywords
            )
            for name, first in (("__new__", meta), ("__init__", obj)):
                for method in self.methods_of(meta, name)[:1]:
                    self.call_function(method, made.shifted(frozenset((first,))), cls.node)
        for base in bases:
            for method in self.methods_of(base, "__init_subclass__")[:1]:
                self.call_function(method, Arguments([frozenset((obj,))], keywords), cls.node)


def _accessor(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """ "x.setter" for a method that is decorated so."""
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Attribute) and decorator.attr in ("setter", "deleter"):
            return f"{node.name}.{decorator.attr}"
    return ""


def _globals_of(tree: ast.Module) -> set[str]:
    return {name for node in ast.walk(tree) if isinstance(node, ast.Global) for name in node.names}
