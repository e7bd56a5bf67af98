"""The stage: credentials of a notebook are reported and, if the user says where they are kept, taken out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from nb_to_flow.credentials.places import Literal, credentials_in, literals
from nb_to_flow.credentials.rewrite import MASK
from nb_to_flow.credentials.source import comments
from nb_to_flow.credentials.stores import Lookups, Store, make_lookups, wished_name
from nb_to_flow.credentials.takeout import take_out
from nb_to_flow.credentials.values import Match, find_credentials, named_credential
from nb_to_flow.ir.diagnostics import Diagnostic, Outcome, Severity
from nb_to_flow.ir.notebook import CellKind, Notebook
from nb_to_flow.ir.spans import Span

REPORTED, TAKEN_OUT, IN_TEXT, STUCK = "NB160", "NB161", "NB162", "NB163"
MASKED = "mask"
_COMMENTED = re.compile(r"(?<![\w.-])([\w.-]{1,60})['\"]?\]?\s*[:=]\s*(['\"])(?P<value>[^'\"\s]+)\2")
_URLS = ("password in a URL", "token in a URL", "password in a connection string")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """A notebook and what it must not show.

    Attributes:
        notebook: with the credentials in it, or without them if they were to be taken out.
        credentials: the values, for masking what other stages say.
    """

    notebook: Notebook
    credentials: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A credential at its place; `name` is what it is called there, "" if nothing."""

    span: Span
    match: Match
    name: str = ""
    in_code: bool = True


def guard(notebook: Notebook, store: str | None = None) -> Outcome[Guarded]:
    """Look for credentials in a notebook's code, comments and texts.

    Args:
        notebook: what was read.
        store: None leaves them where they are; "env" has the code look them up in the environment, "block" in
            Prefect's Secret blocks; "mask" puts stars in their place, for showing the notebook.

    Returns:
        The notebook, with a warning for each credential that it keeps or looks up, and an error (no value)
        for one that can't be taken out. No diagnostic holds a value.
    """
    found = list(_unique(_find(notebook)))
    if not found:
        return Outcome(value=Guarded(notebook=notebook))
    values = tuple(dict.fromkeys(f.match.value for f in found))
    if store is None:
        guarded = Guarded(notebook=notebook, credentials=values)
        return Outcome(value=guarded, diagnostics=tuple(_reports(found)))
    matches = {f.match.value: f.match for f in reversed(found)}
    if store == MASKED:
        hidden, _ = take_out(notebook, matches, None)
        guarded = Guarded(notebook=hidden, credentials=values)
        return Outcome(value=guarded, diagnostics=tuple(_reports(found)))
    wishes = {f.match.value: wished_name(f.name, f.match) for f in reversed(found)}
    lookups = make_lookups(notebook, Store(store), wishes)
    hidden, stuck = take_out(notebook, matches, lookups)
    if stuck:
        return Outcome(value=None, diagnostics=tuple(_stuck(span) for span in stuck))
    guarded = Guarded(notebook=hidden, credentials=values)
    return Outcome(value=guarded, diagnostics=tuple(_looked_up(found, lookups)))


def _find(notebook: Notebook) -> Iterator[_Found]:
    for statement in notebook.statements:
        for literal in literals(statement.node):
            span = statement.place(literal.node.lineno)
            for match in credentials_in(literal):
                widened = _widened(match, literal)
                yield _Found(span=span, match=widened, name=literal.name)
                if widened is not match:
                    yield _Found(span=span, match=match)
        for row, comment in comments(statement.code):
            for match in _in_text(comment.text):
                yield _Found(span=statement.place(row), match=match, in_code=False)
    yield from _in_cells(notebook)


def _widened(match: Match, literal: Literal) -> Match:
    """An address with a password in it is secret as a whole: it is looked up as one."""
    whole = isinstance(literal.node, ast.Constant) and not re.search(r"\s", literal.text.strip())
    if match.kind in _URLS and whole and not literal.printed:
        return Match(kind=match.kind, value=literal.text)
    return match


def _in_cells(notebook: Notebook) -> Iterator[_Found]:
    """In the text cells, and in code cells that hold nothing but comments."""
    with_code = {statement.cell for statement in notebook.statements}
    for cell in notebook.cells:
        if cell.index in with_code and cell.kind is CellKind.CODE:
            continue
        for number, line in enumerate(cell.source.split("\n"), 1):
            for match in _in_text(line):
                span = Span(cell=cell.index, line=number, end_line=number)
                yield _Found(span=span, match=match, in_code=False)


def _in_text(text: str) -> Iterator[Match]:
    """In a comment or a line of text, code that is commented out included."""
    yield from find_credentials(text)
    for name, _, value in _COMMENTED.findall(text):
        named = named_credential(name, value)
        if named is not None:
            yield named


def _unique(found: Iterator[_Found]) -> Iterator[_Found]:
    seen: set[tuple[Span, str]] = set()
    for one in found:
        if (one.span, one.match.value) not in seen:
            seen.add((one.span, one.match.value))
            yield one


def _reports(found: list[_Found]) -> Iterator[Diagnostic]:
    for place in _by_place(found):
        what = f"the value of `{place.name}`" if place.name.isidentifier() else "this text"
        what = what if place.in_code else "a comment or text"
        message = f"{what} looks like a credential ({place.match.kind}); the flow contains it"
        yield Diagnostic(
            code=REPORTED if place.in_code else IN_TEXT,
            severity=Severity.WARNING,
            message=message,
            hint="--secrets env has the tasks look it up in the environment, --secrets block in a Secret block",
            span=place.span,
        )


def _by_place(found: list[_Found]) -> Iterator[_Found]:
    """The first of each place: a password and the address around it are one finding."""
    seen: set[Span] = set()
    for one in found:
        if one.span not in seen:
            yield one
        seen.add(one.span)


def _looked_up(found: list[_Found], lookups: Lookups) -> Iterator[Diagnostic]:
    places: Mapping[str, Span] = {f.match.value: f.span for f in reversed(found)}
    for value in lookups.names:
        yield Diagnostic(
            code=TAKEN_OUT,
            severity=Severity.WARNING,  # without it the flow fails
            message=f"the tasks look a credential up: {lookups.where(value)}",
            hint=lookups.advice(value),
            span=places[value],
        )
    for one in _by_place([f for f in found if not f.in_code]):
        message = f"a credential ({one.match.kind}) was left out of a comment or text: {MASK}"
        yield Diagnostic(code=IN_TEXT, severity=Severity.INFO, message=message, span=one.span)


def _stuck(span: Span) -> Diagnostic:
    return Diagnostic(
        code=STUCK,
        severity=Severity.ERROR,
        message="a credential can't be taken out of this line",
        hint="look it up in the notebook itself: os.environ[...]",
        span=span,
    )
