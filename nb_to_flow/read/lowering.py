"""Lines of IPython code to lines of plain Python."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from nb_to_flow.read.context import Context, Lowered, MagicCall
from nb_to_flow.read.cutting import Piece, cut
from nb_to_flow.read.findings import Unsupported
from nb_to_flow.read.magics import BARE_MAGICS, resolve
from nb_to_flow.read.rewriting import needs_rewriting, rewrite
from nb_to_flow.read.syntax import BadSyntax, parse
from nb_to_flow.read.text import Line, join
from nb_to_flow.read.transform import clean, split_cell_magic, transform

BARE_MAGIC = re.compile(r"([A-Za-z_]\w*)(?:[ \t]+(?![=(.\[])(\S.*))?")


def lower_lines(lines: Sequence[Line], context: Context) -> Lowered:
    """Lower one cell, or the code inside one. Raises Unsupported at what cannot be lowered."""
    lines = list(lines)
    bare = _bare_magic(lines, context)
    if bare is not None:
        return resolve(bare, context)
    try:
        tree = parse(join(lines))
    except BadSyntax:
        lines = clean(lines)
        split = split_cell_magic(lines)
        if split is not None:
            name, args, line, body = split
            return resolve(MagicCall(name=name, args=args, origin=line.origin, body=tuple(body)), context)
        lines = transform(lines)
        tree = _parse_or_explain(lines)
    context.bound.update(_bound_names(tree))
    if not needs_rewriting(join(lines), context):
        return Lowered(lines=tuple(lines), shows=True)
    return _rewrite_all(lines, tree, context)


def _bare_magic(lines: list[Line], context: Context) -> MagicCall | None:
    """A magic without its percent sign, which IPython takes if it is all there is."""
    full = [line for line in lines if line.text.strip()]
    if len(full) != 1:
        return None
    match = BARE_MAGIC.fullmatch(full[0].text.strip())
    if match is None or match[1] not in BARE_MAGICS or match[1] in context.bound | context.assigned:
        return None
    return MagicCall(name=match[1], args=match[2] or "", origin=full[0].origin)


def _parse_or_explain(lines: list[Line]) -> ast.Module:
    try:
        return parse(join(lines))
    except BadSyntax as error:
        origin = lines[min(error.line, len(lines)) - 1].origin if lines else 1
        raise Unsupported(error.code, error.message, line=origin) from None


def _rewrite_all(lines: list[Line], tree: ast.Module, context: Context) -> Lowered:
    parts = cut(lines, tree)
    code: list[Line] = []
    imports: list[str] = []
    shows = True
    for position, piece in enumerate(parts.pieces):
        lowered = _rewrite_piece(piece, context)
        following = parts.pieces[position + 1 :]
        code += piece.lead if lowered.lines or not _comments_vanish(piece, following) else _blank(piece)
        code += lowered.lines
        imports += lowered.imports
        shows = lowered.shows
    code += parts.tail
    return Lowered(lines=tuple(code), shows=shows and not parts.silenced, imports=tuple(imports))


def _rewrite_piece(piece: Piece, context: Context) -> Lowered:
    if needs_rewriting(join(piece.lines), context):
        return rewrite(piece.lines, context)
    return Lowered(lines=piece.lines, shows=True)


def _comments_vanish(piece: Piece, following: Sequence[Piece]) -> bool:
    """Comments right above a statement that is left out go with it, unless more code follows closely."""
    above = bool(piece.lead) and bool(piece.lead[-1].text)
    below = following[0].lead if following else ()
    return above and (not following or bool(below and not below[0].text))


def _blank(piece: Piece) -> list[Line]:
    """What leads a piece without the block of comments right above it."""
    lead = list(piece.lead)
    while lead and lead[-1].text:
        lead.pop()
    return lead


def _bound_names(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            if not isinstance(node.ctx, ast.Load):
                names.add(node.id)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).split(".")[0])
        elif (
            isinstance(node, ast.ExceptHandler)
            and node.name
            or isinstance(node, (ast.MatchAs, ast.MatchStar))
            and node.name
        ):
            names.add(node.name)
    return names
