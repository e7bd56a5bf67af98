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
from dataclasses import dataclass, field
from functools import lru_cache
from types import CodeType
from typing import Any

from nb_to_flow.batches.syntax import tree_of

UNKNOWN = "?"

# By the last name of what is called: the position of the path among the arguments, and its keyword.
_WRITERS: Mapping[str, tuple[int, tuple[str, ...]]] = {
    **{
        f"to_{form}": (0, ("path_or_buf", "path", "excel_writer", "buf", "fname"))
        for form in [
            "csv",
            "excel",
            "parquet",
            "json",
            "pickle",
            "feather",
            "html",
            "latex",
            "stata",
            "hdf",
            "markdown",
            "xml",
            "orc",
            "netcdf",
        ]
    },
    **{f"write_{form}": (0, ("file", "path")) for form in ["csv", "parquet", "json", "ipc", "html", "image"]},
    **dict.fromkeys(
        ("savefig", "save", "savez", "savez_compressed", "savetxt"), (0, ("fname", "file", "fp"))
    ),
    **dict.fromkeys(("imsave", "imwrite", "ExcelWriter", "PdfPages", "write_file"), (0, ("path", "fname"))),
    **dict.fromkeys(
        ("copy2", "copyfile", "copytree", "move", "rename", "urlretrieve"), (1, ("dst", "filename"))
    ),
    "dump": (1, ("filename",)),
}
_ON_RECEIVER = ("write_text", "write_bytes", "touch")
_OPENERS = ("open", "ZipFile", "TarFile")
_FOLDERS = ("mkdir", "makedirs")
_JOINS = ("join", "Path", "PurePath", "str", "fspath")
_DATABASES = ("connect", "create_engine")
_CHANGES = re.compile(r"(?i)^\s*(insert|update|delete|create|drop|replace|alter)\b|^to_sql$")
_READERS = re.compile(
    r"^(read_\w+|load\w*|from_file|imread|i?glob|rglob|listdir|scandir|walk|exists|is_?file|is_?dir|stat|genfromtxt"
    r"|fromfile|connect|create_engine|read_text|read_bytes|iterdir|copy2?|copyfile|copytree|move|rename|replace_file)$"
)
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
    """

    text: str
    depends: frozenset[str] = frozenset()
    line: int = 0
    adds: bool = False
    folder: bool = False

    @property
    def constant(self) -> bool:
        """True if it is one and the same path in every call."""
        return not self.depends and "{" not in self.text


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


@lru_cache(maxsize=1024)
def _effects(tree: ast.Module, name: str) -> Effects:
    functions = _functions(tree)
    node = functions.get(name)
    if node is None:
        return Effects()
    scan = _Scan(functions=functions)
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
    names: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)

    def uses(self, node: Any, depth: int) -> Iterator[tuple[PathUse, str]]:
        """Files that the function uses, each with "read", "write" or "database" (read, maybe written).

        Paths are in terms of the function's parameters.
        """
        flow = _Dependencies(node)
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
        name = _last_name(call.func)
        helper = self.functions.get(name) if isinstance(call.func, ast.Name) else None
        if helper is not None and name not in ("write_file",) and depth < 4:
            passed = _passed(call, helper)
            for use, kind in self.uses(helper, depth + 1):
                yield flow.through(use, passed), kind
            return
        for path, kind, adds, folder in _paths(call, name):
            if not flow.is_memory(path):
                yield flow.use(path, call.lineno, adds=adds, folder=folder), kind


class _Dependencies:
    """On which parameters each name of a function depends."""

    def __init__(self, node: Any) -> None:
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
            if isinstance(inner, ast.Call) and _CHANCE.search(_last_name(inner.func)):
                found.add(UNKNOWN)
        return frozenset(found)

    def is_memory(self, path: ast.expr) -> bool:
        """True for what is a file in memory."""
        values = self.values.get(path.id, []) if isinstance(path, ast.Name) else [path]
        return any(isinstance(v, ast.Call) and _last_name(v.func) in ("BytesIO", "StringIO") for v in values)

    def use(self, path: ast.expr, line: int, *, adds: bool, folder: bool) -> PathUse:
        """The use of a path that an expression gives."""
        return PathUse(text=self._text(path, 0), depends=self.of(path), line=line, adds=adds, folder=folder)

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
        return PathUse(text=text, depends=frozenset(depends), line=use.line, adds=use.adds, folder=use.folder)

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
        if isinstance(node, ast.Call) and _last_name(node.func) in _JOINS and node.args:
            return "/".join(self._text(a, depth) for a in node.args)
        if isinstance(node, ast.Name):
            values = self.values.get(node.id, [])
            named = len(values) == 1 and not (isinstance(values[0], ast.Name) and values[0].id == node.id)
            if named and node.id not in self.parameters and depth < 8:
                return self._text(values[0], depth + 1)
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
    names = [a.arg for a in (*helper.args.posonlyargs, *helper.args.args)]
    found: dict[str, ast.expr] = dict(zip(names, call.args, strict=False))
    found.update({k.arg: k.value for k in call.keywords if k.arg})
    return found


def _paths(call: ast.Call, name: str) -> Iterator[tuple[ast.expr, str, bool, bool]]:
    """The paths that a call uses: expression, "read" or "write", whether it adds, whether a folder."""
    if name in _OPENERS:
        yield from _opened(call, name)
        return
    if name in _ON_RECEIVER and isinstance(call.func, ast.Attribute):
        yield call.func.value, "write", False, False
    elif name in _FOLDERS:
        path = _argument(call, 0, ("name", "path"))
        if path is None and isinstance(call.func, ast.Attribute):
            path = call.func.value
        if path is not None:
            yield path, "write", False, True
    elif name in _WRITERS:
        position, keywords = _WRITERS[name]
        path = _argument(call, position, keywords)
        if path is not None and not _is_handle(path):
            yield path, "write", _adds(call), False
    elif name in _DATABASES:
        path = _argument(call, 0, ("database", "url"))
        if path is not None:
            yield path, "database", False, False
    if _READERS.match(name):
        fallback = call.func.value if isinstance(call.func, ast.Attribute) else ast.Constant(value=".")
        yield _argument(call, 0, ("path", "io", "filepath_or_buffer")) or fallback, "read", False, False


def _opened(call: ast.Call, name: str) -> Iterator[tuple[ast.expr, str, bool, bool]]:
    """open(path, mode), path.open(mode), and what takes the same arguments."""
    on_path = isinstance(call.func, ast.Attribute) and not (
        isinstance(call.func.value, ast.Name)
        and call.func.value.id in ("io", "gzip", "bz2", "lzma", "codecs", "tarfile", "Image", "zipfile")
    )
    receiver = call.func.value if on_path and isinstance(call.func, ast.Attribute) else None
    path = receiver if receiver is not None and name == "open" else _argument(call, 0, ("file", "filename"))
    mode = _argument(call, 0 if receiver is not None and name == "open" else 1, ("mode",))
    if path is None:
        return
    letters = str(mode.value) if isinstance(mode, ast.Constant) else "r" if mode is None else "r+"
    if set(letters) & set("wxa+"):
        yield path, "write", "a" in letters, False
    if set(letters) & set("ra+") or letters == "b":
        yield path, "read", False, False


def _adds(call: ast.Call) -> bool:
    """to_csv(mode="a") and the like."""
    return any(
        k.arg == "mode" and isinstance(k.value, ast.Constant) and k.value.value == "a" for k in call.keywords
    )


def _is_handle(path: ast.expr) -> bool:
    """json.dump(x, f): a short name of an open file, seen already where it was opened."""
    return isinstance(path, ast.Name) and path.id in (
        "f",
        "fh",
        "fp",
        "file",
        "out",
        "stream",
        "handle",
        "buf",
    )


def _argument(call: ast.Call, position: int, keywords: tuple[str, ...]) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg in keywords:
            return keyword.value
    plain = [a for a in call.args if not isinstance(a, ast.Starred)]
    return plain[position] if len(plain) > position else None


def _last_name(func: ast.expr) -> str:
    if isinstance(func, ast.Attribute):
        return func.attr
    return func.id if isinstance(func, ast.Name) else ""
