"""Order of file accesses: a reader after the last writer of its path, a writer after readers and writers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from nb_to_flow.graph.paths import UNKNOWN, holes, may_be_same, normal_path, parents

# A path and, for each of its symbolic names, the statement that bound it: equal keys name one file.
Key = tuple[str, tuple[int, ...]]


@dataclass(slots=True)
class _Uses:
    """Statements that touched one path since it was last surely written."""

    writer: int | None = None
    readers: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Link:
    """An order that a file access needs: after statement `source`."""

    source: int
    path: str
    passes: bool
    certain: bool


class FileOrder:
    """Feeds on file accesses in order of execution and says what each must come after."""

    def __init__(self) -> None:
        self._uses: dict[Key, _Uses] = {}
        self._symbolic: set[Key] = set()
        self._below: defaultdict[str, set[Key]] = defaultdict(set)

    def read(self, statement: int, path: str, versions: Mapping[str, int]) -> list[Link]:
        """What reading `path` must come after."""
        key = self._key(path, versions)
        links = list(self._after_writers(key, statement, passes=True))
        self._enter(key).readers.add(statement)
        return links

    def write(self, statement: int, path: str, versions: Mapping[str, int], appends: bool) -> list[Link]:
        """What writing `path` (adding to it, if `appends`) must come after."""
        key = self._key(path, versions)
        links = list(self._after_writers(key, statement, passes=appends))
        for other in self._related(key):
            # Readers of wholly unknown paths would tie every later writer to them.
            if other[0] == UNKNOWN and key[0] != UNKNOWN:
                continue
            for reader in self._uses[other].readers - {statement}:
                links.append(Link(reader, path, False, other == key))
        uses = self._enter(key)
        uses.writer, uses.readers = statement, set()
        return links

    def _after_writers(self, key: Key, statement: int, passes: bool) -> Iterable[Link]:
        for other in self._related(key):
            writer = self._uses[other].writer
            if writer is not None and writer != statement:
                above = key[0].startswith(other[0] + "/")
                yield Link(writer, key[0], passes or above, other == key)

    def _related(self, key: Key) -> list[Key]:
        """The known keys that may name the same file, a folder it lies in, or something below it."""
        path = key[0]
        related = {key} if key in self._uses else set()
        folders = ((above, key[1][: len(holes(above))]) for above in parents(path))
        related.update(folder for folder in folders if folder in self._uses)
        related.update(self._below.get(path, ()))
        candidates = self._uses if holes(path) else self._symbolic
        related.update(o for o in candidates if o != key and self._may_match(key, o))
        return sorted(related)

    @staticmethod
    def _may_match(one: Key, other: Key) -> bool:
        return may_be_same(one[0], other[0])

    def _key(self, path: str, versions: Mapping[str, int]) -> Key:
        path = normal_path(path)
        return path, tuple(versions.get(name, -1) for name in holes(path))

    def _enter(self, key: Key) -> _Uses:
        if key not in self._uses:
            self._uses[key] = _Uses()
            if holes(key[0]):
                self._symbolic.add(key)
            for above in parents(key[0]):
                self._below[above].add(key)
        return self._uses[key]
