"""Expressions: what they may evaluate to, and what evaluating them does."""

from __future__ import annotations

import ast
import re
from abc import abstractmethod
from collections.abc import Callable

from nb_to_flow.facts.calls import Calls
from nb_to_flow.facts.frames import Frame
from nb_to_flow.facts.heap import (
    ITEMS,
    BoundMethod,
    ClassObject,
    FunctionObject,
    Instance,
    Library,
    LibraryMethod,
    LocalModule,
)
from nb_to_flow.facts.machine import MAX_TYPES, Arguments
from nb_to_flow.facts.scopes import Comprehension, locals_of, names_in, targets_of
from nb_to_flow.facts.values import NOTHING, Value
from nb_to_flow.ir.facts import Access, ResourceKind

SCALARS = frozenset({"int", "float", "bool", "complex", "str", "bytes", "None"})
ARRAYS = ("numpy.ndarray", "pandas.Series", "pandas.DataFrame", "pandas.Index")
OPERATORS = {
    ast.Add: "__add__", ast.Sub: "__sub__", ast.Mult: "__mul__", ast.Div: "__truediv__", ast.FloorDiv: "__floordiv__",
    ast.Mod: "__mod__", ast.Pow: "__pow__", ast.MatMult: "__matmul__", ast.BitOr: "__or__", ast.BitAnd: "__and__",
    ast.BitXor: "__xor__", ast.LShift: "__lshift__", ast.RShift: "__rshift__",
}  # fmt: skip
COMPARISONS = {
    ast.Eq: "__eq__", ast.NotEq: "__ne__", ast.Lt: "__lt__", ast.LtE: "__le__", ast.Gt: "__gt__", ast.GtE: "__ge__",
    ast.In: "__contains__", ast.NotIn: "__contains__",
}  # fmt: skip
QUOTED_NAME = re.compile(r"@(\w+)")
WORD = re.compile(r"[^\W\d]\w*")


class Expressions(Calls):
    """Evaluates expressions."""

    @abstractmethod
    def assign(self, target: ast.expr, value: Value) -> None:
        """Bind a target (name, tuple, attribute, item) to a value."""

    @abstractmethod
    def module_value(self, qualified: str) -> Value:
        """A module: one beside the notebook, else a library's."""

    def eval(self, node: ast.expr) -> Value:
        self.record.steps += 1
        if not self.active:
            self.record.line = node.lineno
        handler: Callable[[ast.expr], Value] | None = getattr(self, f"_eval_{type(node).__name__}", None)
        if handler is not None:
            return handler(node)
        return self._eval_children(node)

    def _eval_children(self, node: ast.AST) -> Value:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.eval(child)
        return self.new(node, "")

    # -- leaves ---------------------------------------------------------------------------------------

    def _eval_Constant(self, node: ast.Constant) -> Value:
        if isinstance(node.value, str):
            return self.text(node.value)
        if node.value is None:
            return self.imm("None")
        if node.value is False:
            return self.imm("bool", Library("False"))
        return self.imm(type(node.value).__name__)

    def _eval_Name(self, node: ast.Name) -> Value:
        return self.load(node.id)

    def _eval_JoinedStr(self, node: ast.JoinedStr) -> Value:
        text = ""
        for part in node.values:
            if isinstance(part, ast.Constant):
                text += str(part.value)
            elif isinstance(part, ast.FormattedValue):
                known = self.texts(self.eval(part.value))
                if part.format_spec is not None:
                    self.eval(part.format_spec)
                text += known[0] if len(known) == 1 else "{" + ast.unparse(part.value) + "}"
        return self.text(text)

    def _eval_Lambda(self, node: ast.Lambda) -> Value:
        return self.function(node, "<lambda>")

    def _eval_NamedExpr(self, node: ast.NamedExpr) -> Value:
        value = self.eval(node.value)
        saved = self.frame
        while self.frame.outer is not None and self.frame.own and "<comprehension>" in self.frame.own:
            self.frame = self.frame.outer
        self.bind(node.target.id, value)
        self.frame = saved
        return value

    def _eval_Await(self, node: ast.Await) -> Value:
        if not self.active:
            self.record.awaits = True
        return self.eval(node.value)

    def _eval_Yield(self, node: ast.Yield) -> Value:
        if node.value is not None:
            self.frame.returns |= self.eval(node.value)
        return self.new(node, "")

    def _eval_YieldFrom(self, node: ast.YieldFrom) -> Value:
        self.frame.returns |= self.parts(self.eval(node.value), node)
        return self.new(node, "")

    def _eval_Starred(self, node: ast.Starred) -> Value:
        return self.parts(self.eval(node.value), node)

    def _eval_IfExp(self, node: ast.IfExp) -> Value:
        self.eval(node.test)
        return self.eval(node.body) | self.eval(node.orelse)

    def _eval_BoolOp(self, node: ast.BoolOp) -> Value:
        return frozenset().union(*(self.eval(value) for value in node.values))

    # -- displays and comprehensions ------------------------------------------------------------------

    def _eval_List(self, node: ast.List | ast.Tuple | ast.Set) -> Value:
        kind = type(node).__name__.lower()
        obj = self.make(node, kind)
        values = [self.eval(element) for element in node.elts]
        if kind == "tuple" and not any(isinstance(e, ast.Starred) for e in node.elts):
            if (
                all(self.payload(o) is None and o in self.heap.frozen for value in values for o in value)
                and len(values) > 4
            ):
                return self.imm("tuple")
            for index, value in enumerate(values):
                self.heap.hold(obj, f"[{index}]", value)
        else:
            self.heap.hold(obj, ITEMS, frozenset().union(NOTHING, *values))
        return frozenset((obj,))

    _eval_Tuple = _eval_List
    _eval_Set = _eval_List

    def _eval_Dict(self, node: ast.Dict) -> Value:
        obj = self.make(node, "dict")
        for key, item in zip(node.keys, node.values, strict=False):
            value = self.eval(item)
            if key is None:
                self.heap.hold(obj, ITEMS, self.parts(value, item))
                continue
            self.heap.hold(obj, "keys", self.mutable(self.eval(key)))
            self.heap.hold(obj, item_field(key), value)
        return frozenset((obj,))

    def _eval_comprehension(self, node: Comprehension) -> Value:
        outer = self.frame
        frame = Frame(outer=outer, own={*targets_of(node), "<comprehension>"})
        kind = {ast.ListComp: "list", ast.SetComp: "set", ast.DictComp: "dict"}.get(type(node), "generator")
        obj = self.make(node, kind)
        for index, part in enumerate(node.generators):
            self.frame = outer if index == 0 else frame
            items = self.iterate(self.eval(part.iter), part.iter)
            self.frame = frame
            self.assign(part.target, items)
            for test in part.ifs:
                self.eval(test)
            if part.is_async and not self.active:
                self.record.awaits = True
        elements = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        for element in elements:
            self.heap.hold(obj, ITEMS, self.eval(element))
        self.frame = outer
        if isinstance(node, ast.GeneratorExp):
            self.heap.hold(obj, "frame", self.mutable(frozenset().union(NOTHING, *frame.values.values())))
        return frozenset((obj,))

    _eval_ListComp = _eval_SetComp = _eval_DictComp = _eval_GeneratorExp = _eval_comprehension

    # -- operators ------------------------------------------------------------------------------------

    def _eval_BinOp(self, node: ast.BinOp) -> Value:
        left, right = self.eval(node.left), self.eval(node.right)
        return self.operate(left, right, OPERATORS[type(node.op)], node)

    def operate(self, left: Value, right: Value, method: str, node: ast.AST) -> Value:
        """A binary operator: fresh, but for notebook classes that define it."""
        for obj in (*left, *right):
            own = self.find_method(obj, method)
            if own is not None:
                return self.call_function(own, Arguments([frozenset((obj,)), left | right]), node)
        texts = self.texts(left), self.texts(right)
        if method in ("__add__", "__truediv__") and len(texts[0]) == len(texts[1]) == 1:
            return self.text(texts[0][0] + ("/" if method == "__truediv__" else "") + texts[1][0])
        if method == "__add__" and (texts[0] or texts[1]):
            return self.text("".join(t[0] if len(t) == 1 else "{?}" for t in texts))
        path = self._path_join(left, texts[1], method)
        return path or self._arithmetic(left, right, method, node)

    def _path_join(self, left: Value, right: list[str], method: str) -> Value:
        paths = [o for o in left if self.heap.types[o].startswith("pathlib.")]
        if method != "__truediv__" or not paths:
            return NOTHING
        held = [t for o in paths for t in self.paths(frozenset((o,)))]
        return self._path_object("pathlib.Path", f"{held[0]}/{right[0] if right else '{?}'}", Arguments())

    def _arithmetic(self, left: Value, right: Value, method: str, node: ast.AST) -> Value:
        types = self.types(left | right)
        for kind in (ARRAYS[2], ARRAYS[1], ARRAYS[0], ARRAYS[3]):
            if kind in types:
                return self.new(node, kind)
        if types and types <= SCALARS:
            return self.imm(_scalar(types, method))
        containers = types & {"list", "tuple", "set", "dict"}
        if containers:
            made = self.new(node, min(containers))
            for obj in made:
                self.heap.hold(obj, ITEMS, frozenset(i for o in left | right for i in self.heap.items(o)))
            return made
        known = [self.knowledge.method(t, method) for t in sorted(types) if t]
        returns = next((api.returns for api in known if api and api.returns), "")
        if returns == "same":
            returns = next((t for t in sorted(types) if t and self.knowledge.method(t, method)), "")
        return self.new(node, returns)

    def _eval_UnaryOp(self, node: ast.UnaryOp) -> Value:
        value = self.eval(node.operand)
        if isinstance(node.op, ast.Not):
            return self.imm("bool")
        return self._arithmetic(value, NOTHING, "__neg__", node)

    def _eval_Compare(self, node: ast.Compare) -> Value:
        operands = [self.eval(node.left), *(self.eval(c) for c in node.comparators)]
        method = COMPARISONS.get(type(node.ops[0]))
        for obj in operands[0]:
            own = self.find_method(obj, method) if method else None
            if own is not None:
                return self.call_function(own, Arguments(operands), node)
        types = self.types(frozenset().union(*operands))
        for kind in (ARRAYS[2], ARRAYS[1], ARRAYS[0]):
            if kind in types and not isinstance(node.ops[0], (ast.In, ast.NotIn, ast.Is, ast.IsNot)):
                return self.new(node, kind)
        return self.imm("bool")

    # -- attributes and items -------------------------------------------------------------------------

    def _eval_Attribute(self, node: ast.Attribute) -> Value:
        return self.attribute(self.eval(node.value), node.attr, node)

    def attribute(self, value: Value, name: str, node: ast.AST) -> Value:
        """What `value.name` may be."""
        found: set[int] = set()
        for obj in sorted(value)[:MAX_TYPES]:
            found |= self._attribute_of(obj, name, node)
        return frozenset(found)

    def _attribute_of(self, obj: int, name: str, node: ast.AST) -> Value:
        payload = self.payload(obj)
        if isinstance(payload, Library):
            return self._library_attribute(payload.name, name, node)
        if isinstance(payload, LocalModule):
            return payload.frame.values.get(name) or self.module_value(f"{payload.name}.{name}")
        if isinstance(payload, ClassObject):
            return self._class_attribute(obj, payload, name)
        if isinstance(payload, Instance):
            found = self._instance_attribute(obj, name, node)
            if found:
                return found
        held = self.heap.fields[obj].get("." + name)
        kind = self.heap.types[obj]
        api = self.knowledge.attribute(kind, name) if kind else None
        if api is not None:
            return self.apply(api, "." + name, frozenset((obj,)), Arguments(), node) | (held or NOTHING)
        if kind and self.knowledge.method(kind, name):
            return (
                self.imm("", LibraryMethod(obj, name))
                if obj in self.heap.frozen
                else self._method_value(obj, name)
            )
        if held:
            return frozenset(held)
        if "buffer" in self.traits(obj) and not name.startswith("_"):
            column = self.knowledge.method(kind, "__getitem__:str")
            if column is not None:
                return self.apply(column, "column", frozenset((obj,)), Arguments([self.text(name)]), node)
        return self._unknown_attribute(obj, name)

    def _method_value(self, obj: int, name: str) -> Value:
        method = self.heap.at(("method", obj, name), "method")
        self.heap.payloads[method] = LibraryMethod(obj, name)
        self.heap.hold(method, "self", (obj,))
        return frozenset((method,))

    def _unknown_attribute(self, obj: int, name: str) -> Value:
        if "figure" in self.traits(obj):
            return frozenset((obj,))
        if "caches" in self.traits(obj):
            self.change((obj,), certain=False)
        if obj in self.heap.frozen:
            return self.imm("")
        part = self.heap.at(("attribute", obj, name), "")
        self.heap.hold(obj, "." + name, (part,))
        return frozenset((part,))

    def _library_attribute(self, owner: str, name: str, node: ast.AST) -> Value:
        qualified = f"{owner}.{name}"
        self.record.libraries.add(owner.split(".")[0])
        known = self.knowledge.value(qualified)
        if known is not None:
            api = known
            for effect in api.effects:
                self.run_effect(effect, NOTHING, Arguments())
            if api.returns in SCALARS:
                return self.imm(api.returns)
        return self.library(qualified)

    def _class_attribute(self, obj: int, cls: ClassObject, name: str) -> Value:
        found: set[int] = set(self.heap.fields[obj].get("." + name, ()))
        for one in self.lineage(cls):
            if name in one.namespace.values:
                return frozenset(found | one.namespace.values[name])
        return frozenset(found)

    def _instance_attribute(self, obj: int, name: str, node: ast.AST) -> Value:
        payload = self.payload(obj)
        assert isinstance(payload, Instance)
        cls = self.payload(payload.cls)
        assert isinstance(cls, ClassObject)
        found: set[int] = set(self.heap.fields[obj].get("." + name, ()))
        for value in self._class_attribute(payload.cls, cls, name):
            function = self.payload(value)
            if not isinstance(function, FunctionObject):
                found.add(value)
            elif _decorated(function, "property", "cached_property"):
                found |= self.call_function(function, Arguments([frozenset((obj,))]), node)
            elif _decorated(function, "staticmethod"):
                found.add(value)
            else:
                method = self.heap.at(("bound", obj, value), "method")
                self.heap.payloads[method] = BoundMethod(value, obj)
                self.heap.hold(method, "self", (obj,))
                found.add(method)
        return frozenset(found)

    def _eval_Subscript(self, node: ast.Subscript) -> Value:
        value, index = self.eval(node.value), self.eval(node.slice)
        found: set[int] = set()
        for obj in sorted(value)[:MAX_TYPES]:
            found |= self._item(obj, index, node)
        return frozenset(found)

    def _item(self, obj: int, index: Value, node: ast.Subscript) -> Value:
        receiver = frozenset((obj,))
        own = self.find_method(obj, "__getitem__")
        if own is not None:
            return self.call_function(own, Arguments([receiver, index]), node)
        payload = self.payload(obj)
        if isinstance(payload, Library):
            self.data_imports.add(payload.name)
            return self.imm("")
        kind = self.heap.types[obj]
        if kind in ("dict", "tuple", "list", "") or "container" in self.traits(obj):
            return self._container_item(obj, node)
        api = self.knowledge.method(kind, "__getitem__:" + self.subscript_kind(node.slice, index))
        if api is not None:
            return self.apply(api, "[]", receiver, Arguments([index], nodes=[node.slice]), node)
        return self.parts(receiver, node)

    def _container_item(self, obj: int, node: ast.Subscript) -> Value:
        if isinstance(node.slice, ast.Slice):
            made = self.new(node, self.heap.types[obj])
            for one in made:
                self.heap.hold(one, ITEMS, self.parts(frozenset((obj,)), node))
            return made
        fields = self.heap.fields[obj]
        name = item_field(node.slice)
        if obj in self.heap.spread and name != ITEMS:
            return self.spread_item(obj, name)
        if name != ITEMS and name in fields and ITEMS not in fields:
            return frozenset(fields[name])
        if name != ITEMS and name in fields and self.heap.types[obj] == "dict":
            return frozenset(fields[name] | fields[ITEMS])
        return self.parts(frozenset((obj,)), node)

    def spread_item(self, obj: int, field: str) -> Value:
        """One item of a fresh sequence whose items share nothing (`train_test_split`)."""
        item = self.new(("spread", obj, field), self.heap.spread[obj])
        self.heap.hold(obj, field, item)
        return item

    def _eval_Slice(self, node: ast.Slice) -> Value:
        for part in (node.lower, node.upper, node.step):
            if part is not None:
                self.eval(part)
        return self.imm("slice")

    def subscript_kind(self, node: ast.expr, index: Value) -> str:
        """How something is subscripted, as the knowledge tables name it; "" if that can't be told."""
        if isinstance(node, ast.Slice):
            return "slice"
        if isinstance(node, ast.Tuple):
            return ":".join(["tuple", *(self.subscript_kind(e, self._quiet(e)) for e in node.elts)])
        types = self.types(index)
        if types and types <= {"str"}:
            return "str"
        if types and types <= {"int"}:
            return "int"
        if types & {"list"} or isinstance(node, (ast.List, ast.ListComp)):
            return "list"
        if types & set(ARRAYS) or isinstance(node, (ast.Compare, ast.BoolOp)):
            return "mask"
        return "any"

    def _quiet(self, node: ast.expr) -> Value:
        """The value of a name or constant, again."""
        return self.eval(node) if isinstance(node, (ast.Name, ast.Constant, ast.List)) else NOTHING

    # -- calls ----------------------------------------------------------------------------------------

    def _eval_Call(self, node: ast.Call) -> Value:
        if isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args and self.active:
            return self._super()
        if isinstance(node.func, ast.Attribute):
            return self._eval_method_call(node, node.func)
        callee = self.eval(node.func)
        return self.call(callee, self.arguments(node), node)

    def _super(self) -> Value:
        function, frame = self.active[-1]
        spec = function.node.args
        first = next((a.arg for a in (*spec.posonlyargs, *spec.args)), "")
        proxies: set[int] = set()
        for obj in frame.values.get(first, NOTHING):
            proxy = self.heap.at(("super", obj, id(function)), "super")
            self.heap.hold(proxy, "self", (obj,))
            proxies.add(proxy)
        return frozenset(proxies)

    def _super_call(self, proxy: int, name: str, args: Arguments, node: ast.AST) -> Value:
        found: set[int] = set()
        function = self.active[-1][0] if self.active else None
        for obj in self.heap.fields[proxy].get("self", ()):
            cls = self.instance_class(obj)
            methods = [m for c in (self.lineage(cls) if cls else ()) for m in self._own_method(c, name)]
            later = methods[methods.index(function) + 1 :] if function in methods else methods
            receiver = frozenset((obj,))
            if later:
                found |= self.call_function(later[0], args.shifted(receiver), node)
            elif name == "__init__":
                self.heap.hold(obj, ITEMS, self.mutable(args.every()))
            elif self.heap.types[obj]:
                api = self.knowledge.method(self.heap.types[obj], name)
                found |= (
                    self.apply(api, name, receiver, args, node)
                    if api
                    else self._unknown_method(obj, name, args, node)
                )
        return frozenset(found)

    def _own_method(self, cls: ClassObject, name: str) -> list[FunctionObject]:
        values = sorted(cls.namespace.values.get(name, ()))
        return [p for value in values if isinstance(p := self.payload(value), FunctionObject)]

    def _eval_method_call(self, node: ast.Call, func: ast.Attribute) -> Value:
        receivers = self.eval(func.value)
        args = self.arguments(node)
        self.quoted_names(receivers, func.attr, args)
        found: set[int] = set()
        for obj in sorted(receivers)[:MAX_TYPES]:
            found |= self._method_call(obj, func.attr, args, node)
        if not receivers:
            found |= self._unknown_function(func.attr, args, node)
        return frozenset(found)

    def _method_call(self, obj: int, name: str, args: Arguments, node: ast.Call) -> Value:
        payload = self.payload(obj)
        if isinstance(payload, Library):
            return self._library_method(payload.name, name, args, node)
        if isinstance(payload, LocalModule):
            return self.call(self._attribute_of(obj, name, node), args, node)
        if self.heap.types[obj] == "super":
            return self._super_call(obj, name, args, node)
        if isinstance(payload, ClassObject):
            return self.call(
                self._class_attribute(obj, payload, name), self._class_args(obj, payload, name, args), node
            )
        held = self.heap.fields[obj].get("." + name)
        if held and not (self.heap.types[obj] and self.knowledge.method(self.heap.types[obj], name)):
            return self.call(frozenset(held), args, node) | self._property_or_method(
                obj, payload, name, args, node
            )
        return self.call_method(frozenset((obj,)), name, args, node)

    def _property_or_method(
        self, obj: int, payload: object, name: str, args: Arguments, node: ast.Call
    ) -> Value:
        own = isinstance(payload, Instance) and self.find_method(obj, name)
        return self.call_method(frozenset((obj,)), name, args, node) if own else NOTHING

    def _class_args(self, cls: int, payload: ClassObject, name: str, args: Arguments) -> Arguments:
        methods = [
            p
            for m in self._class_attribute(cls, payload, name)
            if isinstance(p := self.payload(m), FunctionObject)
        ]
        return args.shifted(frozenset((cls,))) if any(_decorated(m, "classmethod") for m in methods) else args

    def _library_method(self, owner: str, name: str, args: Arguments, node: ast.Call) -> Value:
        qualified = f"{owner}.{name}"
        root = owner.split(".")[0]
        if owner == "os.environ":
            access = Access.READ if name in ("get", "keys", "items", "copy") else Access.WRITE
            self.record.effect(ResourceKind.ENVIRONMENT, access)
            return self.imm("str")
        known = self.knowledge.function(qualified)
        value = None if known else self.knowledge.value(owner)
        if value is not None and value.returns not in ("", "same"):
            api = self.knowledge.method(value.returns, name)
            if api is not None and any(t.startswith("self") for t in (*api.changes, *api.stores)):
                self.record.effect(ResourceKind.AMBIENT, Access.WRITE, root)
                return self.imm("None")
            if api is not None:
                return self.apply(api, name, self.new(("value", owner), value.returns), args, node)
        self._formula_names(qualified, args)
        return self.call_library(qualified, args, node)

    def arguments(self, node: ast.Call) -> Arguments:
        """Evaluate a call's arguments in order."""
        positional: list[Value] = []
        keywords: dict[str, Value] = {}
        rest: set[int] = set()
        for arg in node.args:
            if isinstance(arg, ast.Starred):
                rest |= self.eval(arg)
            else:
                positional.append(self.eval(arg))
        for keyword in node.keywords:
            if keyword.arg is None:
                rest |= self.parts(self.eval(keyword.value), keyword)
            else:
                keywords[keyword.arg] = self.eval(keyword.value)
        return Arguments(
            positional,
            keywords,
            frozenset(rest),
            nodes=[a for a in node.args if not isinstance(a, ast.Starred)],
        )

    def quoted_names(self, receivers: Value, method: str, args: Arguments) -> None:
        """`df.query("x > @limit")` reads the variable `limit`."""
        if method in ("query", "eval"):
            for text in self.texts(args.first() or args.get("expr")):
                for name in QUOTED_NAME.findall(text):
                    self.load(name)

    def _formula_names(self, qualified: str, args: Arguments) -> None:
        """`smf.ols("y ~ f(x)", df)` reads the function `f` (and any variable that is no column)."""
        if not qualified.startswith(("statsmodels.formula", "patsy.", "linearmodels.", "formulaic.")):
            return
        for text in self.texts(args.first() or args.get("formula")):
            for name in WORD.findall(text):
                if name in self.module.values:
                    self.maybe_called(self.load(name), Arguments(), ast.Pass())

    # -- iteration and functions ----------------------------------------------------------------------

    def iterate(self, value: Value, node: ast.AST) -> Value:
        """What a loop over `value` binds its target to; iterators are used up by it."""
        found: set[int] = set()
        for obj in sorted(value)[:MAX_TYPES]:
            receiver = frozenset((obj,))
            own = self.find_method(obj, "__iter__")
            if own is not None:
                found |= self.parts(self.call_function(own, Arguments([receiver]), node), node)
                continue
            if "iterator" in self.traits(obj):
                self.change(receiver)
            kind = self.heap.types[obj]
            api = self.knowledge.method(kind, "__iter__") if kind else None
            if api is not None:
                made = self.apply(api, "iter", receiver, Arguments(), node)
                found |= self.parts(made, node) if made != receiver else self.parts(receiver, node)
            else:
                found |= self.parts(receiver, node)
        return frozenset(found)

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, name: str) -> Value:
        """The function object that a definition makes; evaluates its defaults."""
        spec = node.args
        obj = self.heap.at((self.context, node, "function"), "function")
        frame = self.frame
        while frame.outer is not None and "<comprehension>" in frame.own:
            frame = frame.outer if not (frame.own & names_in(node)) else frame
            if frame.own & names_in(node):
                break
        function = FunctionObject(node, frame, name)
        known = self.heap.payloads.setdefault(obj, function)
        assert isinstance(known, FunctionObject)
        known.frame, known.name = frame, name
        named = [*spec.posonlyargs, *spec.args]
        for arg, default in zip(named[len(named) - len(spec.defaults) :], spec.defaults, strict=False):
            known.defaults[arg.arg] = self.eval(default)
        for arg, value in zip(spec.kwonlyargs, spec.kw_defaults, strict=False):
            if value is not None:
                known.defaults[arg.arg] = self.eval(value)
        held = frozenset().union(NOTHING, *known.defaults.values())
        if frame is not self.module:
            held |= frozenset().union(
                NOTHING, *(frame.values.get(n, NOTHING) for n in locals_of(node) ^ names_in(node))
            )
        self.heap.hold(obj, "closure", self.mutable(held))
        return frozenset((obj,))


def item_field(key: ast.expr) -> str:
    """The field for a constant key; the field of all items otherwise."""
    return (
        f"[{key.value!r}]" if isinstance(key, ast.Constant) and isinstance(key.value, (str, int)) else ITEMS
    )


def _scalar(types: set[str], method: str) -> str:
    if types <= {"int", "bool"}:
        return "float" if method == "__truediv__" else "int"
    return "str" if "str" in types else "float"


def _decorated(function: FunctionObject, *names: str) -> bool:
    decorators = getattr(function.node, "decorator_list", [])
    return any((d.id if isinstance(d, ast.Name) else getattr(d, "attr", "")) in names for d in decorators)
