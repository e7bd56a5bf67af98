"""Which pieces run next, and how many of them make a chunk.

A chunk is a Prefect task run, which costs the server and the driver about 50 ms of CPU, however short its pieces. So
pieces are grouped until a chunk has many times that, by what pieces of the same task have taken so far; a task that
has not been measured runs one piece at a time. Towards the end chunks get smaller, so that all workers stay busy
(guided self-scheduling: C. D. Polychronopoulos and D. J. Kuck, IEEE Transactions on Computers 36(12), 1987).

Pieces that touch the files of a `Turn` wait until those of the sets before are through with it.

Within a chunk, pieces that become ready through others of the same chunk are taken first, and of those that are
ready the ones that the first sets need. So sets are finished one after the other, and few results wait.
"""

from __future__ import annotations

import heapq
import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from nb_to_flow.ir.batch import Finished, Piece, Program, State

SHORTEST = 0.6
LONGEST = 3.0
_MOST_PIECES = 1_000

Entry = tuple[int, int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequences:
    """What follows from the end of a piece.

    Attributes:
        done: sets that have all they need.
        failed: sets that can't be finished.
        skipped: pieces that nothing needs any more.
    """

    done: tuple[int, ...] = ()
    failed: tuple[int, ...] = ()
    skipped: tuple[str, ...] = ()


class Schedule:
    """The state of all pieces and sets of a batch.

    Args:
        program: what is to be done.
        done: keys of pieces that are done already, and their results there.
        left_out: sets that are not to be run.
        workers: how many chunks run at a time.
    """

    def __init__(
        self, program: Program, done: Iterable[str] = (), left_out: Iterable[int] = (), workers: int = 2
    ) -> None:
        self._pieces: Mapping[str, Piece] = program.pieces
        self.workers = workers
        self._order = {key: i for i, key in enumerate(program.pieces)}
        self._sets = self._open(program, set(left_out))
        self._users: dict[str, set[int]] = defaultdict(set)
        for index, keys in self._sets.items():
            for key in keys:
                self._users[key].add(index)
        finished = set(done)
        self.state = {key: self._first_state(key, finished) for key in program.pieces}
        self._turn_after = self._in_turn()
        self._dependents: dict[str, list[str]] = defaultdict(list)
        for key in program.pieces:
            for other in self._before(key):
                self._dependents[other].append(key)
        self._readers = {
            key: sum(key in program.pieces[other].upstream for other in others)
            for key, others in self._dependents.items()
        }
        self._still_read = dict(self._readers)
        self._left = {i: sum(key not in finished for key in keys) for i, keys in self._sets.items()}
        self._seconds: dict[str, tuple[float, int]] = {}
        self._to_run: dict[str, int] = defaultdict(int)
        self._waiting: dict[str, int] = {}
        self._ready: list[Entry] = []
        self._line_up()

    @staticmethod
    def _open(program: Program, left_out: set[int]) -> dict[int, tuple[str, ...]]:
        return {s.index: s.pieces for s in program.sets if s.index not in left_out and not s.error}

    def _first_state(self, key: str, finished: set[str]) -> State:
        if key in finished:
            return State.DONE
        return State.PENDING if self._users.get(key) else State.SKIPPED

    def _in_turn(self) -> dict[str, set[str]]:
        """By piece, those of the set before that touch the same files. What has ended takes no turn."""
        turns: dict[int, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
        for key, piece in self._pieces.items():
            if self.state[key] is State.PENDING:
                for number in piece.turns:
                    turns[number][piece.first_set].append(key)
        found: dict[str, set[str]] = defaultdict(set)
        for by_set in turns.values():
            order = sorted(by_set)
            for one, then in itertools.pairwise(order):
                for key in by_set[then]:
                    found[key].update(by_set[one])
        return found

    def _before(self, key: str) -> set[str]:
        """What must have ended when the piece starts."""
        piece = self._pieces[key]
        return {*piece.upstream, *piece.after, *self._turn_after.get(key, ())}

    def _line_up(self) -> None:
        for key, piece in self._pieces.items():
            if self.state[key] is not State.PENDING:
                for other in piece.upstream:
                    self._still_read[other] -= 1
                continue
            self._to_run[piece.function] += 1
            self._waiting[key] = sum(self.state[other] is State.PENDING for other in self._before(key))
            if not self._waiting[key]:
                heapq.heappush(self._ready, self._entry(key))

    @property
    def to_run(self) -> int:
        """How many pieces have still to end."""
        return len(self._waiting)

    def complete(self) -> tuple[int, ...]:
        """Sets that need nothing more, before anything has run."""
        return tuple(index for index, left in self._left.items() if left == 0)

    def ended(self, finished: Finished) -> Consequences:
        """Take in how a piece ended."""
        key = finished.key
        if self.state[key] in (State.DONE, State.FAILED):
            return Consequences()
        function = self._pieces[key].function
        total, count = self._seconds.get(function, (0.0, 0))
        self._seconds[function] = total + finished.seconds, count + 1
        self._leave(key, finished.state)
        users = sorted(self._users[key])
        if finished.state is State.DONE:
            return Consequences(done=tuple(index for index in users if self._one_less(index)))
        skipped: list[str] = []
        for index in users:
            skipped += self._give_up(index)
        return Consequences(failed=tuple(users), skipped=tuple(skipped))

    def back(self, keys: Iterable[str]) -> list[str]:
        """These pieces were given out, and have not run; those that nothing needs any more are skipped."""
        skipped = []
        for key in keys:
            if self.state[key] is not State.RUNNING:
                continue
            self.state[key] = State.PENDING
            if not self._users[key]:
                self._leave(key, State.SKIPPED)
                skipped.append(key)
            elif not self._waiting[key]:
                heapq.heappush(self._ready, self._entry(key))
        return skipped

    def next_chunk(self) -> list[str]:
        """Pieces to run one after the other; none if none is ready."""
        target = self._target()
        chosen: list[str] = []
        seconds = 0.0
        inside: list[Entry] = []  # ready through those chosen
        met: dict[str, int] = defaultdict(int)
        while len(chosen) < _MOST_PIECES:
            heap = inside or self._ready
            entry = self._first(heap)
            if entry is None:
                break
            key = entry[2]
            expected = self._mean(self._pieces[key].function)
            if chosen and (expected is None or seconds + expected > target):
                if heap is self._ready:
                    heapq.heappush(self._ready, entry)
                break  # those inside get ready when this chunk has ended
            chosen.append(key)
            self.state[key] = State.RUNNING
            if expected is None:
                break
            seconds += expected
            for other in self._dependents[key]:
                met[other] += 1
                if self._waiting.get(other) == met[other] and self.state[other] is State.PENDING:
                    heapq.heappush(inside, self._entry(other))
        return chosen

    def seconds_left(self) -> float | None:
        """Estimate of the work that is left, for one worker; None as long as nothing is measured."""
        if not self._seconds:
            return None
        known = self._seconds.values()
        mean = sum(total for total, _ in known) / sum(count for _, count in known)
        left = 0.0
        for function, count in self._to_run.items():
            own = self._mean(function)
            left += count * (mean if own is None else own)
        return left

    def unneeded(self, key: str) -> tuple[str, ...]:
        """After a piece is done: those it needed that no other piece will need."""
        return tuple(other for other in self._pieces[key].upstream if not self._still_read[other])

    def consumed(self, key: str) -> bool:
        """True if other pieces are given the result."""
        return self._readers.get(key, 0) > 0

    def _first(self, heap: list[Entry]) -> Entry | None:
        while heap:
            entry = heapq.heappop(heap)
            if self.state[entry[2]] is State.PENDING:
                return entry
        return None

    def _target(self) -> float:
        return max(SHORTEST, min(LONGEST, (self.seconds_left() or 0.0) / (self.workers * 4)))

    def _mean(self, function: str) -> float | None:
        if function not in self._seconds:
            return None
        total, count = self._seconds[function]
        return total / count

    def _entry(self, key: str) -> Entry:
        return self._pieces[key].first_set, self._order[key], key

    def _leave(self, key: str, state: State) -> None:
        """A piece has ended or is skipped; those after it may get ready."""
        self.state[key] = state
        if state is not State.FAILED:  # then it may be tried again, in another run
            for other in self._pieces[key].upstream:
                self._still_read[other] -= 1
        self._to_run[self._pieces[key].function] -= 1
        self._waiting.pop(key, None)
        still = [other for other in self._turn_after.get(key, ()) if other in self._waiting]
        for other in self._dependents[key]:
            if other in self._waiting:
                if still and key in self._turn_after.get(other, ()):
                    self._pass_on(still, other)
                self._waiting[other] -= 1
                if not self._waiting[other] and self.state[other] is State.PENDING:
                    heapq.heappush(self._ready, self._entry(other))

    def _pass_on(self, keys: Iterable[str], key: str) -> None:
        """The piece waits for these too: the one between them has been skipped before its turn."""
        for other in keys:
            if other not in self._turn_after[key]:
                self._turn_after[key].add(other)
                self._dependents[other].append(key)
                self._waiting[key] += 1

    def _one_less(self, index: int) -> bool:
        self._left[index] -= 1
        return self._left[index] == 0

    def _give_up(self, index: int) -> list[str]:
        """A set has failed; the pieces that nothing else needs."""
        skipped = []
        for key in self._sets[index]:
            self._users[key].discard(index)
            if not self._users[key] and self.state[key] is State.PENDING:
                self._leave(key, State.SKIPPED)
                skipped.append(key)
        return skipped
