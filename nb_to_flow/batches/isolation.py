"""Settings of the process as they were, whatever a piece did to them.

Pieces of many sets run one after the other in a worker; in the notebook each set would have had a process of its
own. Only libraries that are loaded are looked at. What module level containers hold is not undone.
"""

from __future__ import annotations

import contextlib
import decimal
import locale
import os
import random
import socket
import sys
import warnings
from collections.abc import Callable, Iterator
from typing import Any

Undo = Callable[[], None]


@contextlib.contextmanager
def isolated(names: dict[str, Any]) -> Iterator[None]:
    """What happens inside leaves no trace in the process' settings, nor in `names`, a module's globals.

    Global random generators start from fresh entropy, as in a new process.
    """
    _fresh_chance()
    undo = [save() for save in _SAVERS]
    globals_before = dict(names)
    try:
        yield
    finally:
        for one in undo:
            one()
        _put_back(names, globals_before)


def _put_back(names: dict[str, Any], before: dict[str, Any]) -> None:
    for name in [n for n in names if n not in before]:
        del names[name]
    for name, value in before.items():
        if names.get(name) is not value:
            names[name] = value


def _fresh_chance() -> None:
    random.seed()
    numpy = sys.modules.get("numpy.random")
    if numpy is not None:
        numpy.seed()


def _environment() -> Undo:
    before = dict(os.environ)

    def undo() -> None:
        if dict(os.environ) != before:
            for name in set(os.environ) - set(before):
                del os.environ[name]
            os.environ.update(before)

    return undo


def _place() -> Undo:
    folder, path = os.getcwd(), list(sys.path)
    out, err, limit = sys.stdout, sys.stderr, sys.getrecursionlimit()

    def undo() -> None:
        with contextlib.suppress(FileNotFoundError):
            gone = not os.path.isdir(".") or os.getcwd() != folder
            if gone:
                os.chdir(folder)
        if sys.path != path:
            sys.path[:] = path
        sys.stdout, sys.stderr = out, err
        if sys.getrecursionlimit() != limit:
            sys.setrecursionlimit(limit)

    return undo


def _warnings() -> Undo:
    filters, show = list(warnings.filters), warnings.showwarning

    def undo() -> None:
        if list(warnings.filters) != filters:
            warnings.filters[:] = filters  # type: ignore[index]
            getattr(warnings, "_filters_mutated", lambda: None)()
        warnings.showwarning = show

    return undo


def _small() -> Undo:
    context, places, timeout = (
        decimal.getcontext().copy(),
        locale.setlocale(locale.LC_ALL),
        socket.getdefaulttimeout(),
    )

    def undo() -> None:
        decimal.setcontext(context)
        if locale.setlocale(locale.LC_ALL) != places:
            locale.setlocale(locale.LC_ALL, places)
        socket.setdefaulttimeout(timeout)

    return undo


def _numpy() -> Undo:
    numpy = sys.modules.get("numpy")
    if numpy is None or not hasattr(numpy, "geterr"):
        return _nothing
    errors, printing = numpy.geterr(), numpy.get_printoptions()

    def undo() -> None:
        numpy.seterr(**errors)
        if numpy.get_printoptions() != printing:
            numpy.set_printoptions(**{k: v for k, v in printing.items() if k != "override_repr"})

    return undo


def _pandas() -> Undo:
    config = sys.modules.get("pandas._config.config")
    options = getattr(config, "_global_config", None)
    if not isinstance(options, dict):
        return _nothing
    before = _flat(options)

    def undo() -> None:
        for name, value in _flat(options).items():
            if name in before and value is not before[name] and value != before[name]:
                sys.modules["pandas"].set_option(name, before[name])

    return undo


def _flat(options: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in options.items():
        if isinstance(value, dict):
            found.update(_flat(value, f"{prefix}{name}."))
        else:
            found[prefix + name] = value
    return found


def _matplotlib() -> Undo:
    matplotlib, pyplot = sys.modules.get("matplotlib"), sys.modules.get("matplotlib.pyplot")
    parameters = getattr(matplotlib, "rcParams", None)
    if parameters is None:
        return _nothing
    before = dict.copy(parameters)

    def undo() -> None:
        if dict.copy(parameters) != before:
            dict.clear(parameters)
            dict.update(parameters, before)
        if pyplot is not None and hasattr(pyplot, "get_fignums") and pyplot.get_fignums():
            pyplot.close("all")

    return undo


def _sklearn() -> Undo:
    sklearn = sys.modules.get("sklearn")
    if sklearn is None or not hasattr(sklearn, "get_config"):
        return _nothing
    before = sklearn.get_config()

    def undo() -> None:
        if sklearn.get_config() != before:
            sklearn.set_config(**before)

    return undo


def _nothing() -> None:
    """There is nothing to undo."""


_SAVERS: tuple[Callable[[], Undo], ...] = (
    _environment,
    _place,
    _warnings,
    _small,
    _numpy,
    _pandas,
    _matplotlib,
    _sklearn,
)
