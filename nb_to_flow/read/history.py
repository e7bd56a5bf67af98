"""`_`, `__`, `_3`, `Out[3]`, `In[3]`: what earlier cells showed, bound to names where they showed it."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from nb_to_flow.ir.scopes import GlobalLoad, bound_names, declared_global, global_loads
from nb_to_flow.read.context import Context
from nb_to_flow.read.cutting import cut
from nb_to_flow.read.findings import OUTPUT_HISTORY, Unsupported
from nb_to_flow.read.text import Line, column, join, lines_at, quote

HISTORY_NAME = re.compile(r"(?<![\w.])(_{1,3}|_\d+|Out|In|_oh|_ih|_dh|_i{1,3}|_i\d+)(?!\w)")
WITHOUT_VALUE = frozenset(
    [
        "append",
        "extend",
        "insert",
        "sort",
        "reverse",
        "clear",
        "update",
        "remove",
        "add",
        "discard",
        "show",
        "info",
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoweredCell:
    """A code cell after lowering: its number when run from top to bottom, its source and its code.

    `shows_all` is True if not only its last expression is displayed.
    """

    cell: int
    number: int
    source: str
    lines: tuple[Line, ...]
    shows: bool
    shows_all: bool = False


def resolve_history(cells: Sequence[LoweredCell], context: Context) -> list[LoweredCell | Unsupported]:
    """Replace references to earlier outputs and inputs. A cell where that fails becomes the exception."""
    if not any(HISTORY_NAME.search(join(cell.lines)) for cell in cells):
        return list(cells)
    trees = [ast.parse(join(cell.lines)) for cell in cells]
    bound: set[str] = set()
    history = _History(context)
    result: list[LoweredCell | Unsupported] = []
    for position, (cell, tree) in enumerate(zip(cells, trees, strict=True)):
        bound |= bound_names(tree.body) | declared_global(tree)  # from here on they are the notebook's own
        loads = [load for load in global_loads(tree) if HISTORY_NAME.fullmatch(load.node.id)]
        loads = [load for load in loads if load.node.id not in bound]
        try:
            result.append(_replace(cell, tree, loads, history))
        except Unsupported as error:
            result.append(error)
        history.add(position, cell, tree)
    for position, name in history.names.items():
        cell_or_error = result[position]
        if isinstance(cell_or_error, LoweredCell):
            result[position] = _bind_output(cell_or_error, trees[position], name)
    return result


class _History:
    """The cells before the current one, and the names that their outputs get."""

    def __init__(self, context: Context) -> None:
        self.names: dict[int, str] = {}  # by position: only of outputs that are used
        self.sources: dict[int, str] = {0: ""}  # by number
        self._context = context
        self._outputs: list[tuple[int, int]] = []  # position and number
        self._positions: dict[int, int] = {}  # by number

    def add(self, position: int, cell: LoweredCell, tree: ast.Module) -> None:
        """Go on to the next cell."""
        self.sources[cell.number] = cell.source
        if not (cell.shows and tree.body and _has_value(tree.body[-1])):
            return
        if not cut(cell.lines, tree).silenced:
            self._outputs.append((position, cell.number))
            self._positions[cell.number] = position

    def last(self, back: int) -> str | None:
        """The name of what was shown `back` outputs ago; None if that few cells have shown something."""
        return self._name(*self._outputs[-back]) if back <= len(self._outputs) else None

    def numbered(self, number: int) -> str | None:
        """The name of what the cell with that number showed; None if it showed nothing."""
        return self._name(self._positions[number], number) if number in self._positions else None

    def _name(self, position: int, number: int) -> str:
        if position not in self.names:
            self.names[position] = self._context.fresh(f"out_{number}")
        return self.names[position]


def _has_value(node: ast.stmt) -> bool:
    if not isinstance(node, ast.Expr):
        return False
    value = node.value
    if isinstance(value, ast.Constant):
        return value.value is not None
    if isinstance(value, ast.Call):
        if isinstance(value.func, ast.Name):
            return value.func.id not in ("print", "display", "exec", "setattr", "delattr")
        if any(
            k.arg == "inplace" and isinstance(k.value, ast.Constant) and k.value.value for k in value.keywords
        ):
            return False
        return not (isinstance(value.func, ast.Attribute) and value.func.attr in WITHOUT_VALUE)
    return True


def _replace(cell: LoweredCell, tree: ast.Module, loads: list[GlobalLoad], history: _History) -> LoweredCell:
    edits = []
    for load in loads:
        node, text = _replacement(load, tree, history, cell)
        edits.append((node, text))
    lines = list(cell.lines)
    for node, text in sorted(edits, key=lambda e: (e[0].lineno, e[0].col_offset), reverse=True):
        row, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        before = lines[row].text[: column(lines[row].text, node.col_offset)]
        after = lines[last].text[column(lines[last].text, node.end_col_offset or 0) :]
        lines[row : last + 1] = [Line(before + text + after, lines[row].origin)]
    return replace(cell, lines=tuple(lines))


def _replacement(
    load: GlobalLoad, tree: ast.Module, history: _History, cell: LoweredCell
) -> tuple[ast.expr, str]:
    name, node = load.node.id, load.node
    origin = cell.lines[node.lineno - 1].origin
    if load.in_function:
        raise _unresolved(f"{name} inside a function", origin)
    if re.fullmatch(r"_{1,3}", name):
        return node, _known(history.last(len(name)), name, origin)
    if re.fullmatch(r"_\d+", name):
        return node, _known(history.numbered(int(name[1:])), name, origin)
    number = _subscript(load.parent)
    if name in ("Out", "_oh") and number is not None and isinstance(load.parent, ast.Subscript):
        return load.parent, _known(history.numbered(number), f"{name}[{number}]", origin)
    if re.fullmatch(r"_i+", name):
        return node, _input(history, cell.number - (len(name) - 1), name, origin)
    if re.fullmatch(r"_i\d+", name):
        return node, _input(history, int(name[2:]), name, origin)
    if name in ("In", "_ih") and number is not None and isinstance(load.parent, ast.Subscript):
        number = number if number >= 0 else cell.number + 1 + number
        if number == cell.number:
            return load.parent, quote(cell.source)
        return load.parent, _input(history, number, f"{name}[{number}]", origin)
    raise _unresolved(name, origin)


def _subscript(parent: ast.AST | None) -> int | None:
    if not isinstance(parent, ast.Subscript):
        return None
    try:
        value = ast.literal_eval(parent.slice)
    except ValueError:
        return None
    return value if isinstance(value, int) else None


def _known(text: str | None, what: str, origin: int) -> str:
    if text is None:
        raise _unresolved(what, origin)
    return text


def _input(history: _History, number: int, what: str, origin: int) -> str:
    source = history.sources.get(number)
    return _known(None if source is None else quote(source), what, origin)


def _unresolved(what: str, origin: int) -> Unsupported:
    return Unsupported(
        OUTPUT_HISTORY,
        f"{what} refers to no output or input of an earlier cell that is known beforehand",
        line=origin,
        hint="give the value a name in the cell that computes it",
    )


def _bind_output(cell: LoweredCell, tree: ast.Module, name: str) -> LoweredCell:
    """`3 + 4` becomes `out_2 = 3 + 4` and `out_2`, which is shown."""
    node = tree.body[-1]
    row = node.lineno - 1
    lines = list(cell.lines)
    start = column(lines[row].text, node.col_offset)
    first = Line(f"{lines[row].text[:start]}{name} = {lines[row].text[start:]}", lines[row].origin)
    return replace(cell, lines=(*lines[:row], first, *lines[row + 1 :], *lines_at(name, first.origin)))
