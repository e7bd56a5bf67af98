"""Magics that measure: the code stays, the measuring goes."""

from __future__ import annotations

import ast

from nb_to_flow.read.context import Context, Lowered, MagicCall
from nb_to_flow.read.findings import DROPPED_MAGIC
from nb_to_flow.read.magics.base import Handler, code_of, take_options, unsupported
from nb_to_flow.read.text import Line, indent, join, strip_blank

# Calls that leave everything as it was, whatever their arguments are.
HARMLESS_CALLS = frozenset(
    [
        "abs",
        "all",
        "any",
        "bool",
        "bytes",
        "chr",
        "complex",
        "dict",
        "divmod",
        "enumerate",
        "float",
        "frozenset",
        "hash",
        "hex",
        "id",
        "int",
        "isinstance",
        "len",
        "list",
        "max",
        "min",
        "oct",
        "ord",
        "pow",
        "range",
        "repr",
        "reversed",
        "round",
        "set",
        "slice",
        "sorted",
        "str",
        "sum",
        "tuple",
        "type",
        "zip",
    ]
)
EFFECTS = (
    ast.Await,
    ast.Yield,
    ast.YieldFrom,
    ast.NamedExpr,
    ast.Import,
    ast.ImportFrom,
    ast.Raise,
    ast.Global,
)


def _time(call: MagicCall, context: Context) -> Lowered:
    rest = call.args.replace("--no-raise-error", "", 1).strip()
    if call.body is not None and rest:
        raise unsupported(call, "code on the magic's own line is not allowed")
    return context.lower(code_of(call, rest), context)


def _prun(call: MagicCall, context: Context) -> Lowered:
    options, rest = take_options(call.args, "DlsTfmu")
    if "r" in options or "T" in options or "D" in options:
        raise unsupported(call, "its statistics cannot be kept", "take the option out")
    lines = code_of(call, rest)
    if call.body is not None and rest:
        lines = [Line(rest, call.origin), *lines]
    lowered = context.lower(lines, context)
    return Lowered(lines=lowered.lines, imports=lowered.imports)


def _timeit(call: MagicCall, context: Context) -> Lowered:
    """Run once what was timed: what it binds stays inside, as in IPython; without effect it goes."""
    options, rest = take_options(call.args, "nrpiI")
    if "o" in options:
        raise unsupported(
            call, "the measured times (-o) cannot be kept", "time the code with time.perf_counter"
        )
    lines = code_of(call, rest)
    if call.body is not None and rest:
        lines = [Line(rest, call.origin), *lines]
    lowered = context.lower(lines, context)
    code = strip_blank(lowered.lines)
    tree = ast.parse(join(code))
    if not _has_effects(tree):
        context.note(DROPPED_MAGIC, "timed code without effect was left out", line=call.origin)
        return Lowered()
    if not _binds(tree):
        return Lowered(lines=tuple(code), imports=lowered.imports)
    name = context.fresh("timed")
    body = [Line(f"def {name}():", call.origin), *indent(code, "    "), Line(f"{name}()", call.origin)]
    return Lowered(lines=tuple(body), imports=lowered.imports)


def _has_effects(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if not (isinstance(node.func, ast.Name) and node.func.id in HARMLESS_CALLS):
                return True
        elif isinstance(node, (ast.Attribute, ast.Subscript)):
            if not isinstance(node.ctx, ast.Load):
                return True
        elif isinstance(node, EFFECTS):
            return True
    return False


def _binds(tree: ast.Module) -> bool:
    comprehended = {
        id(name)
        for node in ast.walk(tree)
        if isinstance(node, ast.comprehension)
        for name in ast.walk(node.target)
    }
    return any(
        (isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load) and id(node) not in comprehended)
        or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom))
        for node in ast.walk(tree)
    )


LINE_MAGICS: dict[str, Handler] = {
    "time": _time,
    "timeit": _timeit,
    "prun": _prun,
    "lprun": _prun,
    "mprun": _prun,
    "memit": _timeit,
}
CELL_MAGICS: dict[str, Handler] = {"time": _time, "timeit": _timeit, "prun": _prun, "memit": _timeit}
