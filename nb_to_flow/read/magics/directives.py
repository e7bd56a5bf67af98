"""Magics that steer the interactive session: left out, or turned into what they do to the program."""

from __future__ import annotations

import re

from nb_to_flow.read.context import Context, Lowered, MagicCall
from nb_to_flow.read.findings import DROPPED_MAGIC
from nb_to_flow.read.magics.base import Handler, drop, python, unsupported

DROPPED = [
    "alias_magic",
    "autoawait",
    "autocall",
    "autoindent",
    "automagic",
    "autoreload",
    "autosave",
    "bookmark",
    "clear",
    "cls",
    "code_wrap",
    "colors",
    "colours",
    "config",
    "connect_info",
    "debug",
    "dhist",
    "doctest_mode",
    "edit",
    "gui",
    "hist",
    "history",
    "killbgscripts",
    "load",
    "load_ext",
    "loadpy",
    "logoff",
    "logon",
    "logstart",
    "logstate",
    "logstop",
    "lsmagic",
    "magic",
    "matplotlib",
    "notebook",
    "page",
    "pastebin",
    "pdb",
    "pdef",
    "pdoc",
    "pfile",
    "pinfo",
    "pinfo2",
    "popup",
    "precision",
    "profile",
    "psearch",
    "psource",
    "pycat",
    "qtconsole",
    "quickref",
    "recall",
    "rehashx",
    "reload_ext",
    "subplots",
    "tb",
    "tensorflow_version",
    "unload_ext",
    "watermark",
    "who",
    "who_ls",
    "whos",
    "xmode",
]

PYLAB = """\
import matplotlib
import numpy
from matplotlib import mlab, pylab, pyplot
import numpy as np
import matplotlib.pyplot as plt"""
PYLAB_STARS = """
from matplotlib.pylab import *
from numpy import *"""


def _pylab(call: MagicCall, context: Context) -> Lowered:
    stars = "" if "--no-import-all" in call.args else PYLAB_STARS
    context.bound.update({"matplotlib", "numpy", "np", "mlab", "pylab", "pyplot", "plt"})
    return python(PYLAB + stars, call)


def _aimport(call: MagicCall, context: Context) -> Lowered:
    """`%aimport a, b` imports; `%aimport -a` and `%aimport` alone only steer reloading."""
    names = [name.strip() for name in call.args.split(",")]
    names = [name for name in names if re.fullmatch(r"[A-Za-z_][\w.]*", name)]
    if not names:
        return drop(call, context)
    context.bound.update(name.split(".")[0] for name in names)
    return python("\n".join(f"import {name}" for name in names), call)


def _config(call: MagicCall, context: Context) -> Lowered:
    match = re.search(r"ast_node_interactivity\s*=\s*['\"](\w+)['\"]", call.args)
    if match:
        context.interactivity = match[1]
    return drop(call, context)


def _reset(call: MagicCall, context: Context) -> Lowered:
    """Names of a notebook that runs top to bottom are bound again before they are used."""
    context.note(
        DROPPED_MAGIC,
        f"%{call.name} was left out: a flow starts with no variables, and later cells bind their own",
        line=call.origin,
    )
    return Lowered()


def _xdel(call: MagicCall, context: Context) -> Lowered:
    name = call.args.replace("-n", "").strip()
    if not name.isidentifier():
        raise unsupported(call, f"{name!r} is not a variable")
    return python(f"del {name}", call)


LINE_MAGICS: dict[str, Handler] = {
    **dict.fromkeys(DROPPED, drop),
    "config": _config,
    "pylab": _pylab,
    "aimport": _aimport,
    "reset": _reset,
    "reset_selective": _reset,
    "xdel": _xdel,
}
CELL_MAGICS: dict[str, Handler] = {}
