"""Magics whose body is shown, not run, and the one that swallows output."""

from __future__ import annotations

import ast

from nb_to_flow.read.context import Context, Lowered, MagicCall
from nb_to_flow.read.cutting import cut
from nb_to_flow.read.magics.base import Handler, body_text, drop, python, unsupported
from nb_to_flow.read.text import Line, indent, join, quote_block, strip_blank

SHOWN = {"html": "HTML", "HTML": "HTML", "latex": "Latex", "markdown": "Markdown", "svg": "SVG", "SVG": "SVG"}


def _show(call: MagicCall, context: Context) -> Lowered:
    kind = SHOWN[call.name]
    text = f"display({kind}({quote_block(body_text(call))}))"
    return python(text, call, imports=(f"from IPython.display import {kind}",))


def _capture(call: MagicCall, context: Context) -> Lowered:
    """Run the body with its output collected. Definitions and imports at its top print nothing: outside."""
    flags = {word for word in call.args.split() if word.startswith("--")}
    names = [word for word in call.args.split() if not word.startswith("--")]
    if len(names) > 1 or any(not name.isidentifier() for name in names):
        raise unsupported(call, "it takes the name of one variable")
    lowered = context.lower(list(call.body or ()), context)
    quiet, loud = _split_quiet(list(lowered.lines))
    arguments = ", ".join(f"{name}=False" for name in ("stdout", "stderr") if f"--no-{name}" in flags)
    target = f" as {names[0]}" if names else ""
    if not loud and not names:
        return Lowered(lines=tuple(quiet), imports=lowered.imports)
    context.bound.update(names)
    block = indent(loud, "    ") if loud else [Line("    pass", call.origin)]
    opening = Line(f"with {context.helper('captured_output')}({arguments}){target}:", call.origin)
    return Lowered(lines=(*quiet, opening, *block), imports=lowered.imports)


def _split_quiet(lines: list[Line]) -> tuple[list[Line], list[Line]]:
    """Imports and definitions that lead the lines, and the rest from its first statement on."""
    pieces = list(cut(lines, ast.parse(join(lines))).pieces)
    quiet: list[Line] = []
    while pieces and isinstance(pieces[0].node, QUIET):
        piece = pieces.pop(0)
        quiet += [*piece.lead, *piece.lines]
    loud = [line for piece in pieces for line in (*piece.lead, *piece.lines)]
    return quiet, strip_blank(loud)


QUIET = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)

LINE_MAGICS: dict[str, Handler] = {}
CELL_MAGICS: dict[str, Handler] = {
    **dict.fromkeys(SHOWN, _show),
    "javascript": drop,
    "js": drop,
    "capture": _capture,
}
