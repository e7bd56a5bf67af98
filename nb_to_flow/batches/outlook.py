"""Whether plain code in a flow's body may notice what tasks have done, or when.

While a body is traced, no task has run yet. A call on plain values is made all the same, which is wrong if it
reads a file that a task writes, or removes one that a task needs. What only computes may be called.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable
from functools import lru_cache
from types import CodeType, FunctionType
from typing import Any

_OUTWARD = re.compile(
    r"(?i)open|read|load|save|write|dump$|exist|glob|listdir|scandir|walk|stat$|is_?file|is_?dir|getsize"
    r"|remove|unlink|rmtree|rmdir|mkdir|makedirs|rename|replace_file|copy2?$|copyfile|copytree|move|touch|chdir"
    r"|connect|request|urlopen|^(get|post|put|delete)$|query|execute|system|popen|subprocess|^run$|^call$|check_"
    r"|random|^now$|today|^time$|environ|getenv|getcwd|^input$|^eval$|^exec$|to_(csv|excel|parquet|sql|json|pickle)"
    r"|^os$|shutil|socket|sqlite|import_module|__import__"
)
_TIMELESS = (
    str,
    bytes,
    int,
    float,
    complex,
    bool,
    list,
    tuple,
    dict,
    set,
    frozenset,
    range,
    slice,
)


def looks_out(called: Callable[..., Any]) -> bool:
    """True if calling it may depend on, or change, anything but its arguments."""
    if isinstance(getattr(called, "__self__", None), _TIMELESS) or called in _TIMELESS:
        return False
    if isinstance(called, FunctionType):
        return _code_looks_out(called.__code__, frozenset(_functions_named(called)))
    name = getattr(called, "__name__", type(called).__name__)
    if getattr(builtins, name, None) is called:
        return name in ("open", "input", "eval", "exec", "compile", "__import__", "locals", "vars", "globals")
    if isinstance(called, type):
        return called.__module__ not in _PLAIN_MODULES and bool(_OUTWARD.search(name))
    return bool(_OUTWARD.search(name))


_PLAIN_MODULES = ("datetime", "decimal", "fractions", "pathlib", "collections", "itertools", "functools")


def _functions_named(function: FunctionType) -> set[CodeType]:
    """Code of the functions of the same globals that a function names, and of those that these name."""
    found: set[CodeType] = set()
    stack = [function]
    while stack:
        current = stack.pop()
        for name in current.__code__.co_names:
            other = current.__globals__.get(name)
            if isinstance(other, FunctionType) and other.__code__ not in found:
                found.add(other.__code__)
                stack.append(other)
    return found


@lru_cache(maxsize=1024)
def _code_looks_out(code: CodeType, others: frozenset[CodeType]) -> bool:
    return any(_OUTWARD.search(name) for each in (code, *others) for name in _names(each))


def _names(code: CodeType) -> list[str]:
    inner = [c for c in code.co_consts if isinstance(c, CodeType)]
    return [*code.co_names, *(name for each in inner for name in _names(each))]
