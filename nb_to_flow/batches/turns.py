"""Pieces of different sets that touch the same files: they take turns, set after set, as in a loop over the sets.

A piece that changes a file which other sets' pieces read or change must not run between those. So the pieces that
touch files of such a group run for one set, all of them, then for the next one. And they are not shared: what a
shared one had read or written would have been changed since by the sets before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nb_to_flow.batches.recorder import Draft
from nb_to_flow.batches.touches import Place, Touch, may_be_same, touches_of
from nb_to_flow.ir.batch import TracedSet

_MOST_NAMED = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Files:
    """Files that sets take turns at.

    Attributes:
        pieces: keys of the pieces that touch them.
        names: some of them, as the source has them.
    """

    pieces: frozenset[str]
    names: tuple[str, ...]


def users_of(traced: Iterable[TracedSet]) -> dict[str, frozenset[int]]:
    """The sets that need each piece."""
    found: dict[str, set[int]] = defaultdict(set)
    for one in traced:
        for key in one.pieces:
            found[key].add(one.index)
    return {key: frozenset(sets) for key, sets in found.items()}


def files_in_turn(
    drafts: Mapping[str, Draft], users: Mapping[str, frozenset[int]], folder: Path
) -> tuple[Files, ...]:
    """The files at which sets would get into each other's way; no piece of one group clashes with one of another."""
    touches: dict[Place, list[tuple[str, Touch]]] = defaultdict(list)
    for key, draft in drafts.items():
        for touch in touches_of(draft, folder):
            touches[touch.place].append((key, touch))
    found: dict[frozenset[str], dict[str, None]] = {}
    for places in _joined(touches):
        by_piece: dict[str, list[Touch]] = defaultdict(list)
        for key, touch in (pair for place in places for pair in touches[place]):
            by_piece[key].append(touch)
        if _clash(by_piece, users):
            names = found.setdefault(frozenset(by_piece), {})
            names.update(dict.fromkeys(touch.use.text for some in by_piece.values() for touch in some))
    return tuple(Files(pieces=keys, names=tuple(names)[:_MOST_NAMED]) for keys, names in found.items())


def _joined(touches: Mapping[Place, Sequence[tuple[str, Touch]]]) -> Iterable[list[Place]]:
    """Places together that may be of the same file, if one of them is written."""
    written = {place for place, some in touches.items() if any(touch.writes for _, touch in some)}
    first = {place: place for place in touches}

    def find(place: Place) -> Place:
        while first[place] is not place:
            first[place] = place = first[first[place]]
        return place

    alike: dict[tuple[object, ...], list[Place]] = defaultdict(list)
    for place in touches:
        alike[place.parts, place.look].append(place)
    for some, others in _meeting(list(alike.values())):
        if not written.isdisjoint((*some, *others)):
            for place in (*some, *others):
                first[find(place)] = find(some[0])
    together: dict[Place, list[Place]] = defaultdict(list)
    for place in touches:
        together[find(place)].append(place)
    return together.values()


def _meeting(alike: Sequence[list[Place]]) -> Iterable[tuple[list[Place], list[Place]]]:
    """Pairs of looks that may be the same; only those below a common folder are compared."""
    below: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for i, (place, *_) in enumerate(alike):
        for depth in range(len(place.head) + 1):
            below[place.head[:depth]].append(i)
    for i, some in enumerate(alike):
        if not some[0].is_open:
            yield some, some
        reaching = [place for place in some if place.is_open or place.below][:1]
        for j in below[reaching[0].head] if reaching and reaching[0].known else ():
            if i != j and alike[j][0].known and may_be_same(reaching[0], alike[j][0]):
                yield some, alike[j]


def _clash(touches: Mapping[str, Sequence[Touch]], users: Mapping[str, frozenset[int]]) -> bool:
    """True if a piece changes what one of another set reads or changes.

    A set that has both has them in its own order: no clash, unless the one that changes the file is not of all
    sets that the other is of. Adding to a file that nobody reads is none either.
    """
    writers = [key for key, some in touches.items() if any(touch.writes for touch in some)]
    only_adds = all(touch.writes and touch.use.adds for some in touches.values() for touch in some)
    if only_adds:
        return False
    return any(not users[key] <= users[writer] for writer in writers for key in touches if key != writer)
