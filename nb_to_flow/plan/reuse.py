"""Cuts where a parameter comes in: what doesn't depend on it is done once for many of its values."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from nb_to_flow.ir.facts import Access, ResourceKind
from nb_to_flow.plan.cuts import crossings
from nb_to_flow.plan.draft import Draft
from nb_to_flow.plan.interfaces import interface_of
from nb_to_flow.plan.units import Unit

_MOST_VALUES = 4  # that may cross a cut
_SEVERAL = 3
_FITTING = frozenset({"fit", "fit_transform", "fit_predict", "train", "cross_val_score"})
_READING = frozenset(
    {ResourceKind.FILE, ResourceKind.DATABASE, ResourceKind.NETWORK, ResourceKind.SUBPROCESS}
)


def cut_at_parameters(
    draft: Draft, units: Sequence[Unit], pieces: list[list[int]], most: int
) -> list[list[int]]:
    """The pieces, costly starts of them that depend on fewer parameters apart; `most` pieces in all.

    A start alone depends on less than the whole, so that a batch over the other parameters runs it once.
    """
    if not draft.parameters:
        return pieces
    given = _parameters_of(draft, units)
    done: list[list[int]] = []
    waiting = [sorted(p) for p in sorted(pieces, key=min)]
    while waiting:
        piece = waiting.pop(0)
        place = _place(draft, units, piece, given) if len(done) + len(waiting) + 2 <= most else 0
        done.append(piece[:place] if place else piece)
        if place:
            waiting.insert(0, piece[place:])
    return done


def _parameters_of(draft: Draft, units: Sequence[Unit]) -> list[frozenset[str]]:
    """For each unit the parameters that it depends on, through others too."""
    direct = [
        {n for n, d in interface_of(draft, u.statements).inputs.items() if d in draft.parameter_statements}
        for u in units
    ]
    changed = True
    while changed:
        changed = False
        for position, unit in enumerate(units):
            more = {name for b in unit.before for name in direct[b]} - direct[position]
            if more:
                direct[position] |= more
                changed = True
    return [frozenset(names) for names in direct]


def _place(draft: Draft, units: Sequence[Unit], piece: list[int], given: list[frozenset[str]]) -> int:
    """Where the piece's second part starts; 0 if it has none worth having."""
    widths = crossings(draft, units, piece)
    seen: frozenset[str] = given[piece[0]]
    for place in range(1, len(piece)):
        new = given[piece[place]] - seen
        seen |= given[piece[place]]
        first = [i for u in piece[:place] for i in units[u].statements]
        second = [i for u in piece[place:] for i in units[u].statements]
        if new and widths[place] <= _MOST_VALUES and _is_costly(draft, first) and _is_work(draft, second):
            return 0 if _draws(draft, first) and _draws(draft, second) else place
    return 0


def _draws(draft: Draft, statements: list[int]) -> bool:
    """True if they use a random generator, whose state would have to be handed over."""
    return any(e.kind is ResourceKind.RANDOM for i in statements for e in draft.facts.statements[i].effects)


def _is_costly(draft: Draft, statements: list[int]) -> bool:
    """True for what reads, trains, loops or calls the notebook's functions."""
    facts = draft.facts.statements
    effects = [e for i in statements for e in facts[i].effects]
    if any(e.kind in _READING and e.access is Access.READ for e in effects):
        return True
    return any(_takes_long(_node(draft, i), facts[i].calls) for i in statements)


def _takes_long(node: ast.stmt, own: frozenset[str]) -> bool:
    if isinstance(node, (ast.For, ast.While)):
        return True
    called = (n.func for n in ast.walk(node) if isinstance(n, ast.Call))
    names = {f.attr if isinstance(f, ast.Attribute) else getattr(f, "id", "") for f in called}
    return bool(names & (_FITTING | own))


def _is_work(draft: Draft, statements: list[int]) -> bool:
    """True for more than a statement or two, or what is costly itself."""
    stores = any(e.kind in _READING for i in statements for e in draft.facts.statements[i].effects)
    return stores or len(statements) >= _SEVERAL or _is_costly(draft, statements)


def _node(draft: Draft, index: int) -> ast.stmt:
    return draft.facts.notebook.statements[index].node
