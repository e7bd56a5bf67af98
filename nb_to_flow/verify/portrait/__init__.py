"""Values described so that another process can compare them.

This package stands alone: nothing but the standard library, Python 3.7 or later, and it never imports what
the notebook has not imported. It is loaded into the notebook's kernel by its path, whatever is installed there.

A portrait is data that JSON holds. None, booleans, texts, integers and finite floats stand for themselves;
everything else is a dict whose `k` says its kind.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from typing import Any

from .arrays import see_numpy, see_scipy
from .drawn import see_drawn
from .frames import see_pandas, see_polars, see_pyarrow
from .models import see_networkx, see_statsmodels, see_torch
from .objects import see_other
from .painter import Painter

__all__ = ["is_data", "portray", "portray_all", "quick"]

# What one value's portrait, and all portraits of a namespace, may hold in bytes. Beyond, hashes stand for contents.
VALUE_ROOM = 32 * 2**20
NAMESPACE_ROOM = 256 * 2**20

_SEERS = {
    "": see_other,
    "numpy": see_numpy,
    "scipy": see_scipy,
    "pandas": see_pandas,
    "polars": see_polars,
    "pyarrow": see_pyarrow,
    "statsmodels": see_statsmodels,
    "networkx": see_networkx,
    "torch": see_torch,
    **dict.fromkeys(("matplotlib", "mpl_toolkits", "seaborn", "plotly", "altair"), see_drawn),
    **dict.fromkeys(("bokeh", "ipywidgets", "folium"), see_drawn),
}
_SHELL = {"In", "Out", "exit", "quit", "get_ipython", "open", "display"}
_CODE = (types.ModuleType, type, types.FunctionType, types.BuiltinFunctionType)
_CODE_TYPES = {"ufunc", "_lru_cache_wrapper"}


def portray(value: Any, folder: str = "", room: int = VALUE_ROOM) -> dict[str, Any]:
    """The portrait of `value`, always a dict.

    Args:
        value: anything; it is not changed.
        folder: the run's working folder, which stands as `<folder>` in texts and paths, because the runs that
            are compared work in different copies.
        room: bytes the portrait may hold; contents beyond are hashed.
    """
    seen = Painter(room=room, seers=_SEERS, folder=folder).see(value)
    return seen if isinstance(seen, dict) else {"k": "leaf", "v": seen}


def portray_all(
    namespace: Mapping[str, Any],
    names: Iterable[str] | None = None,
    folder: str = "",
) -> dict[str, dict[str, Any]]:
    """The portraits of a namespace's data variables, or of those in `names`."""
    wanted = list(namespace) if names is None else [name for name in names if name in namespace]
    portraits: dict[str, dict[str, Any]] = {}
    left = NAMESPACE_ROOM
    for name in wanted:
        if not is_data(name, namespace[name]):
            continue
        painter = Painter(room=max(0, min(VALUE_ROOM, left)), seers=_SEERS, folder=folder)
        before = painter.room
        seen = painter.see(namespace[name])
        portraits[name] = seen if isinstance(seen, dict) else {"k": "leaf", "v": seen}
        left -= before - painter.room
    return portraits


def quick(value: Any, folder: str = "") -> str:
    """A hash of the content: equal values have the same, whatever objects they share.

    Floats count to the last bit, arrays over 64 MB are sampled, and figures count by what they consist of.
    """
    return Painter(room=0, seers=_SEERS, folder=folder, digest=True).hashed(value)


def is_data(name: str, value: Any) -> bool:
    """True for a variable; False for modules, functions, classes, private names and what IPython adds."""
    if not isinstance(name, str) or name.startswith("_") or name in _SHELL:
        return False
    kind = type(value).__name__
    return (
        not isinstance(value, _CODE) and kind not in _CODE_TYPES and not kind.endswith("FunctionDispatcher")
    )
