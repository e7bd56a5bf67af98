"""What a task does to files and to its process, read from its source.

Tasks may have been written or edited by hand, so this looks at the source as it is: at calls that are known to read
or write files by path, also in functions of the same module, and at names that stand for state of the process.
What it doesn't know it takes for harmless; a worker process restores the state it knows of anyway.
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from types import CodeType
from typing import Any

from nb_to_flow.batches.path_calls import PathCall, last_name, path_calls
from nb_to_flow.batches.syntax import tree_of

UNKNOWN = "?"

_JOINS = ("join", "Path", "PurePath", "str", "fspath")
_CALLS_TASK = ("submit", "map", "fn")
_CHANGES = re.compile(r"(?i)^\s*(insert|update|delete|create|drop|replace|alter)\b|^to_sql$")
_ACTS = re.compile(
    r"^(run_shell|capture_shell|run_script|capture_script|system|popen|Popen|check_call|check_output)$"
)
_CHANCE = re.compile(r"now|today|uuid|temp|Temporary|^time$|getpid|random|token_hex|strftime")
_PROCESS = re.compile(
    r"^(plt|pyplot|pylab|sns|seaborn|chdir|environ|putenv|seed|set_state|setstate|get_state|getstate|random|warnings"
    r"|filterwarnings|simplefilter|catch_warnings|redirect_stdout|redirect_stderr|captured_output|set_option"
    r"|reset_option|option_context|setlocale|seterr|set_printoptions|rcParams|publish_figures|publish_figure|stdout"
    r"|stderr|plot|hist|boxplot|getcontext|setcontext|set_config|setrecursionlimit|umask)$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PathUse:
    """A file that a task reads or writes.

    Attributes:
        text: the path as the source has it, with {name} for what isn't constant.
        depends: parameters of the task that the path depends on; `UNKNOWN` among them if it may depend on
            something else, such as the time.
        line: line of the call.
        adds: True if it adds to what is there.
        folder: True if it only makes a folder.
        below: True if it is a folder, and what lies in it counts.
    """

    text: str
    depends: frozenset[str] = frozenset()
    line: int = 0
    adds: bool = False
    folder: bool = False
    below: bool = False

    @property
    def constant(self) -> bool:
        """True if it is one and the same path in every call."""
        return not self.depends and not set("{*?") & set(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What a task does besides returning a value.

    Attributes:
        writes: files that it writes by path, and folders that it makes.
        reads: files that it reads by path.
        acts: True if it runs other programs.
        exclusive: True if it touches what belongs to the whole process.
    """

    writes: tuple[PathUse, ...] = ()
    reads: tuple[PathUse, ...] = ()
    acts: bool = False
    exclusive: bool = False

    @property
    def writes_files(self) -> bool:
        """True if it leaves more than folders behind."""
        return self.acts or any(not use.folder for use in self.writes)


def effects_of(function: Any) -> Effects:
    """Effects of a task's function; none if its source can't be read."""
    code: CodeType | None = getattr(function, "__code__", None)
    tree = tree_of(code.co_filename) if code is not None else None
    return Effects() if code is None or tree is None else _effects(tree, code.co_name)


def may_see(first: Effects, then: Effects) -> bool:
    """True if a task with the effects `then` may see what one with the effects `first` did."""
    if first.acts or then.acts:
        return True
    written = [use for use in first.writes if not use.folder]
    return any(_may_be_same(a, b) for a in written for b in then.reads)


def _may_be_same(one: PathUse, other: PathUse) -> bool:
    if not one.constant or not other.constant:
        return True
    a, b = posixpath.normpath(one.text), posixpath.normpath(other.text)
    return a == b or a.startswith(b + "/") or b.startswith(a + "/") or b == "."


@lru_cache(maxsize=256)
def _functions(tree: ast.Module) -> Mapping[str, ast.FunctionDef | ast.AsyncFunctionDef]:
    found = [n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]
    return {node.name: node for node in reversed(found)}


@lru_cache(maxsize=256)
def _constants(tree: ast.Module) -> Mapping[str, ast.expr]:
    """What names of the module are bound to, once, where that is text, a number or a path."""
    bound: dict[str, list[ast.expr]] = {}
    for statement in tree.body:
        for name, value, whole in _bindings(statement):
            bound.setdefault(name, []).append(value if whole else ast.Name(id=name))
    plain = (ast.Constant, ast.JoinedStr, ast.BinOp, ast.Call)
    found = {name: values[0] for name, values in bound.items() if len(values) == 1}
    return {
        name: value
        for name, value in found.items()
        if isinstance(value, plain)
        and not (isinstance(value, ast.Call) and last_name(value.func) not in _JOINS)
    }


@lru_cache(maxsize=1024)
def _effects(tree: ast.Module, name: str) -> Effects:
    functions = _functions(tree)
    node = functions.get(name)
    if node is None:
        return Effects()
    scan = _Scan(functions=functions, constants=_constants(tree))
    uses = list(scan.uses(node, 0))
    names = scan.names
    changes = any(map(_CHANGES.search, (*names, *scan.texts)))
    writing = ("write", "database") if changes else ("write",)
    return Effects(
        writes=tuple(dict.fromkeys(use for use, kind in uses if kind in writing)),
        reads=tuple(dict.fromkeys(use for use, kind in uses if kind == "read")),
        acts=any(_ACTS.match(n) for n in names) or "subprocess" in names,
        exclusive=any(_PROCESS.match(n) for n in names),
    )


@dataclass(slots=True, kw_only=True)
class _Scan:
    """A walk through a function and those it calls; `names` and `texts` get the names and texts in them."""

    functions: Mapping[str, Any]
    constants: Mapping[str, ast.expr]
    names: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)

    def uses(self, node: Any, depth: int) -> Iterator[tuple[PathUse, str]]:
        """Files that the function uses, each with "read", "write" or "database" (read, maybe written).

        Paths are in terms of the function's parameters.
        """
        flow = _Dependencies(node, self.constants)
        for inner in ast.walk(node):
            if isinstance(inner, ast.Name):
                self.names.add(inner.id)
            elif isinstance(inner, ast.Attribute):
                self.names.add(inner.attr)
            elif isinstance(inner, ast.Global):
                self.names.add("environ")
            elif isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                self.texts.add(inner.value)
            if isinstance(inner, ast.Call):
                yield from self._call(inner, flow, depth)

    def _call(self, call: ast.Call, flow: _Dependencies, depth: int) -> Iterator[tuple[PathUse, str]]:
        name = last_name(call.func)
        helper = self._helper(call)
        if helper is not None and depth < 4:
            passed = _passed(call, helper)
            for use, kind in self.uses(helper, depth + 1):
                yield flow.through(use, passed), kind
            return
        for found in path_calls(call, name):
            if not flow.is_memory(found.path):
                yield flow.use(found, call.lineno), found.kind

    def _helper(self, call: ast.Call) -> Any:
        """The function of the module that is called, as it is or as a task; None for others."""
        called = call.func
        if isinstance(called, ast.Attribute) and called.attr in _CALLS_TASK:
            called = called.value
        named = isinstance(called, ast.Name) and called.id != "write_file"
        return self.functions.get(last_name(called)) if named else None


class _Dependencies:
    """On which parameters each name of a function depends."""

    def __init__(self, node: Any, constants: Mapping[str, ast.expr]) -> None:
        self._constants = constants
        arguments = node.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        extra = [a for a in (arguments.vararg, arguments.kwarg) if a is not None]
        self.parameters = frozenset(a.arg for a in (*named, *extra))
        self.known: dict[str, frozenset[str]] = {name: frozenset({name}) for name in self.parameters}
        self.values: dict[str, list[ast.expr]] = {}
        bindings = list(_bindings(node))
        for target, value, whole in bindings:
            self.values.setdefault(target, []).append(value if whole else ast.Name(id=target))
        for _ in range(len(bindings) + 1):
            before = dict(self.known)
            for target, value, _ in bindings:
                self.known[target] = self.known.get(target, frozenset()) | self.of(value)
            if before == self.known:
                break

    def of(self, expression: ast.AST) -> frozenset[str]:
        """The parameters that an expression depends on."""
        found: set[str] = set()
        for inner in ast.walk(expression):
            if isinstance(inner, ast.Name):
                found |= self.known.get(inner.id, frozenset())
            if isinstance(inner, ast.Call) and _CHANCE.search(last_name(inner.func)):
                found.add(UNKNOWN)
        return frozenset(found)

    def is_memory(self, path: ast.expr) -> bool:
        """True for what is a file in memory."""
        values = self.values.get(path.id, []) if isinstance(path, ast.Name) else [path]
        return any(isinstance(v, ast.Call) and last_name(v.func) in ("BytesIO", "StringIO") for v in values)

    def use(self, found: PathCall, line: int) -> PathUse:
        """The use of a path by a call in this line."""
        return PathUse(
            text=self._text(found.path, 0),
            depends=self.of(found.path),
            line=line,
            adds=found.adds,
            folder=found.folder,
            below=found.below,
        )

    def through(self, use: PathUse, passed: Mapping[str, ast.expr]) -> PathUse:
        """A helper's use in terms of this function, which calls it with `passed`."""
        depends: set[str] = set()
        text = use.text
        for name in use.depends:
            if name in passed:
                depends |= self.of(passed[name])
                text = text.replace("{" + name + "}", self._text(passed[name], 0))
            elif name == UNKNOWN:
                depends.add(UNKNOWN)
        return replace(use, text=text, depends=frozenset(depends))

    def _text(self, node: ast.expr, depth: int) -> str:
        if isinstance(node, ast.Constant):
            return str(node.value)
        if isinstance(node, ast.JoinedStr):
            return "".join(self._text(part, depth) for part in node.values)
        if isinstance(node, ast.FormattedValue):
            return self._text(node.value, depth)
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Div, ast.Add)):
            middle = "/" if isinstance(node.op, ast.Div) else ""
            return self._text(node.left, depth) + middle + self._text(node.right, depth)
        if isinstance(node, ast.Call) and last_name(node.func) in _JOINS and node.args:
            return "/".join(self._text(a, depth) for a in node.args)
        if isinstance(node, ast.Name):
            values = self.values.get(node.id, [])
            named = len(values) == 1 and not (isinstance(values[0], ast.Name) and values[0].id == node.id)
            if named and node.id not in self.parameters and depth < 8:
                return self._text(values[0], depth + 1)
            if not values and node.id in self._constants and node.id not in self.parameters and depth < 8:
                return self._text(self._constants[node.id], depth + 1)
            return "{" + node.id + "}"
        return "{" + ast.unparse(node) + "}"


_PARTS = (ast.AugAssign, ast.For, ast.AsyncFor, ast.comprehension)


def _bindings(node: ast.AST) -> Iterator[tuple[str, ast.expr, bool]]:
    """Names, what they are bound to, and whether to that as a whole."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Assign):
            pairs: list[tuple[ast.expr, ast.expr]] = [(t, inner.value) for t in inner.targets]
        elif isinstance(inner, (ast.AnnAssign, ast.AugAssign, ast.NamedExpr)) and inner.value is not None:
            pairs = [(inner.target, inner.value)]
        elif isinstance(inner, (ast.For, ast.AsyncFor, ast.comprehension)):
            pairs = [(inner.target, inner.iter)]
        elif isinstance(inner, ast.withitem) and inner.optional_vars is not None:
            pairs = [(inner.optional_vars, inner.context_expr)]
        else:
            continue
        for target, value in pairs:
            for name in ast.walk(target):
                if isinstance(name, ast.Name):
                    yield name.id, value, name is target and not isinstance(inner, _PARTS)


def _passed(call: ast.Call, helper: Any) -> dict[str, ast.expr]:
    """What the helper's parameters get: the call's arguments, else the defaults."""
    given = helper.args
    names = [a.arg for a in (*given.posonlyargs, *given.args)]
    found: dict[str, ast.expr] = dict(zip(reversed(names), reversed(given.defaults), strict=False))
    found.update(
        (a.arg, d) for a, d in zip(given.kwonlyargs, given.kw_defaults, strict=True) if d is not None
    )
    found.update(zip(names, call.args, strict=False))
    found.update({k.arg: k.value for k in call.keywords if k.arg})
    return found
