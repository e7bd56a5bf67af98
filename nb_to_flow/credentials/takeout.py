"""A notebook without its credentials."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from nb_to_flow.credentials.places import Literal, credentials_in, literals
from nb_to_flow.credentials.rewrite import MASK, looked_up, masked
from nb_to_flow.credentials.source import comments, edited
from nb_to_flow.credentials.stores import Lookups
from nb_to_flow.credentials.values import Match
from nb_to_flow.ir.edits import Edit, Positions
from nb_to_flow.ir.notebook import Cell, CellKind, Notebook, Secrecy, Statement
from nb_to_flow.ir.spans import Span

_SURE = 6  # shorter values occur by chance
_COMMON = (
    "admin administrator airflow docker guest hadoop hive jupyter minio minioadmin mongo mysql neo4j oracle"
    " postgres postgresql prefect rabbitmq redis root spark superset ubuntu username"
)
_WORDS = frozenset(_COMMON.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Taken:
    """A statement without its credentials; `stuck` are the lines where one remains."""

    statement: Statement
    stuck: tuple[Span, ...] = ()
    changed: bool = False


def take_out(
    notebook: Notebook, matches: Mapping[str, Match], lookups: Lookups | None
) -> tuple[Notebook, list[Span]]:
    """Replace credentials by expressions that look them up, or by stars where there is nothing to look up.

    Args:
        notebook: with credentials.
        matches: the credentials by value.
        lookups: the expressions; None for stars everywhere.

    Returns the notebook, and where a credential could not be taken out.
    """
    everywhere = [v for v in sorted(matches, key=len, reverse=True) if _is_distinct(v)]
    taken = [_taken(statement, everywhere, matches, lookups) for statement in notebook.statements]
    kept = [t for t in taken if not _says_itself(t)]
    statements = [t.statement for t in kept]
    first = next((position for position, t in enumerate(kept) if t.changed), None)
    if lookups is not None and first is not None:
        statements.insert(first, _import(lookups.imported, statements[first]))
    statements = [replace(s, index=index) for index, s in enumerate(statements)]
    hidden = replace(
        notebook,
        cells=tuple(_starred_cell(cell, list(matches)) for cell in notebook.cells),
        statements=tuple(statements),
        requirements=tuple(starred(r, list(matches)) for r in notebook.requirements),
        secrets=frozenset(lookups.names.values()) if lookups is not None else frozenset(),
    )
    return hidden, [span for t in taken for span in t.stuck]


def _is_distinct(value: str) -> bool:
    """False for short values and common words: those are taken out only where they are given as credentials."""
    return len(value) >= _SURE and value.lower() not in _WORDS


def _taken(
    statement: Statement, everywhere: list[str], matches: Mapping[str, Match], lookups: Lookups | None
) -> _Taken:
    positions = Positions(statement.code)
    edits: list[Edit] = []
    stuck: list[Span] = []
    looks_up = False
    for literal in literals(statement.node):
        values = _values_in(literal, everywhere, matches)
        if not values:
            continue
        text = _replacement(literal, positions.text(literal.node), values, lookups)
        if text is None:
            stuck.append(statement.place(literal.node.lineno))
            continue
        looks_up = looks_up or not literal.printed
        start, end = positions.span(literal.node)
        edits.append(Edit(start=start, end=end, text=text))
    edits += _starred_comments(statement, list(matches))
    if not edits:
        return _Taken(statement=statement, stuck=tuple(stuck))
    code, line_map = edited(statement.code, statement.line_map, edits)
    new = replace(statement, code=code, node=ast.parse(code).body[0], line_map=line_map)
    if lookups is None or not looks_up:
        return _Taken(statement=new, stuck=tuple(stuck))
    new = replace(new, secrecy=_secrecy(statement, new, lookups.module))
    return _Taken(statement=new, stuck=tuple(stuck), changed=True)


def _values_in(literal: Literal, everywhere: list[str], matches: Mapping[str, Match]) -> list[str]:
    given = [m.value for m in credentials_in(literal)]
    if literal.text in matches and given:
        given = [literal.text]
    if literal.text in everywhere:
        return [literal.text]
    return list(dict.fromkeys([*given, *(v for v in everywhere if v in literal.text)]))


def _replacement(literal: Literal, segment: str, values: list[str], lookups: Lookups | None) -> str | None:
    if lookups is None or literal.printed:
        return masked(literal, segment, values)
    return looked_up(literal, segment, {value: lookups.expression(value) for value in values})


def _starred_comments(statement: Statement, values: list[str]) -> Iterator[Edit]:
    for _, comment in comments(statement.code):
        text = starred(comment.text, values)
        if text != comment.text:
            yield replace(comment, text=text)


def _starred_cell(cell: Cell, values: list[str]) -> Cell:
    # stars are markup in a text cell
    stars = MASK if cell.kind is CellKind.CODE else "(secret)"
    return replace(cell, source=starred(cell.source, values, stars))


def starred(text: str, values: Iterable[str], stars: str = MASK) -> str:
    """The text with stars for the values; short ones and common words only as words of their own."""
    for value in sorted(values, key=len, reverse=True):
        if value in text:
            whole_word = rf"(?<!\w){re.escape(value)}(?!\w)"
            text = text.replace(value, stars) if _is_distinct(value) else re.sub(whole_word, stars, text)
    return text


def _secrecy(before: Statement, after: Statement, module: str) -> Secrecy:
    """What running the changed statement looks up; expressions that do so start with `module`."""
    if isinstance(before.node, (ast.Assign, ast.AnnAssign)) and _is_value(before.node):
        return Secrecy.VALUE
    nodes = _run_at_once(after.node)
    inside = any(isinstance(node, ast.Name) and node.id == module for node in nodes)
    return Secrecy.INSIDE if inside else Secrecy.NONE


def _is_value(node: ast.Assign | ast.AnnAssign) -> bool:
    """True if the statement, as it was, bound variables to literals."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    plain = (ast.Name, ast.Tuple, ast.List, ast.Store)
    if node.value is None or not all(isinstance(n, plain) for t in targets for n in ast.walk(t)):
        return False
    literal = (ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.Set, ast.Load)
    return all(isinstance(inner, literal) for inner in ast.walk(node.value))


def _run_at_once(statement: ast.stmt) -> Iterator[ast.AST]:
    """The nodes that run when the statement runs, not later in the bodies of functions."""
    todo: list[ast.AST] = [statement]
    while todo:
        node = todo.pop()
        yield node
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            todo += [*node.decorator_list, node.args]
        elif isinstance(node, ast.Lambda):
            todo.append(node.args)
        else:
            todo.extend(ast.iter_child_nodes(node))


def _says_itself(taken: _Taken) -> bool:
    """True for `os.environ["X"] = os.environ["X"]`."""
    node = taken.statement.node
    if not taken.changed or not isinstance(node, ast.Assign) or len(node.targets) != 1:
        return False
    return ast.unparse(node.targets[0]) == ast.unparse(node.value)


def _import(code: str, beside: Statement) -> Statement:
    line = beside.span.line
    return Statement(
        index=0,
        span=Span(cell=beside.cell, line=line, end_line=line),
        code=code,
        node=ast.parse(code).body[0],
        line_map=(line,),
    )
