"""One handler per magic. `resolve` finds it; the tables of the modules here are the registry."""

from __future__ import annotations

from nb_to_flow.read.context import Context, Lowered, MagicCall
from nb_to_flow.read.findings import UNKNOWN_MAGIC, Unsupported
from nb_to_flow.read.magics import code, directives, displays, files, shell, timing
from nb_to_flow.read.magics.base import Handler

LINE_MAGICS: dict[str, Handler] = {}
CELL_MAGICS: dict[str, Handler] = {}
for _module in (directives, timing, shell, files, code, displays):
    LINE_MAGICS.update(_module.LINE_MAGICS)
    CELL_MAGICS.update(_module.CELL_MAGICS)

# What IPython runs without a percent sign when it is all that a cell holds.
BARE_MAGICS = frozenset(LINE_MAGICS) - {"time", "timeit", "run", "env", "load", "system", "reset", "file"}


def resolve(call: MagicCall, context: Context) -> Lowered:
    """Plain Python for one magic. Raises Unsupported for magics that are unknown or cannot be translated."""
    table = LINE_MAGICS if call.body is None else CELL_MAGICS
    handler = table.get(call.name)
    if handler is None:
        sign = "%" if call.body is None else "%%"
        raise Unsupported(
            UNKNOWN_MAGIC,
            f"the magic {sign}{call.name} is not supported",
            line=call.origin,
            hint="write the cell in plain Python, or pass --allow-unsupported to make it a task that fails",
        )
    return handler(call, context)
