"""Does the flow do what its notebook does?"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

from nb_to_flow.pipeline import Conversion, ConvertOptions, convert
from tests.soundness.executor import Schedule, run_flow
from tests.soundness.notebooks import Book, text, without, write
from tests.soundness.outcome import differences
from tests.soundness.reference import run_notebook

GRANULARITIES = ("auto", "cell")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A notebook whose flow does something else."""

    book: Book
    granularity: str
    schedule: Schedule
    problems: tuple[str, ...]
    source: str

    def __str__(self) -> str:
        problems = "\n".join(self.problems)
        start = self.source.find("\n\n@task")
        tasks = (
            self.source[start : self.source.find('\nif __name__ == "__main__"')].replace("\n\n", "\n").strip()
        )
        return f"{text(self.book)}\n\n{self.granularity}, {self.schedule}\n{problems}\n\n{tasks}"


def converted(book: Book, granularity: str) -> Conversion:
    """The conversion; formatting is left out, which takes most of the time and changes no meaning."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "made_up.ipynb"
        write(book, path)
        with mock.patch("nb_to_flow.generate.tidy", lambda source: (source, ())):
            return convert(path, ConvertOptions(outputs="all", granularity=granularity))


def schedules(orders: int) -> Iterator[Schedule]:
    """Ways of running a flow."""
    for seed in range(orders):
        yield Schedule(seed=seed, processes=seed % 2 == 1, retries=seed % 4 >= 2)


def find_failure(
    book: Book, orders: int = 4, granularities: tuple[str, ...] = GRANULARITIES
) -> Failure | None:
    """How its flow fails to do the same; None if it doesn't, or if the notebook itself doesn't run."""
    wanted = run_notebook(book)
    if wanted.error or run_notebook(book) != wanted:
        return None
    for granularity in granularities:
        conversion = converted(book, granularity)
        if conversion.flow is None:
            said = tuple(d.message for d in conversion.errors)
            return Failure(book=book, granularity=granularity, schedule=Schedule(), problems=said, source="")
        source = conversion.flow.source
        code = compile(source, "the_flow.py", "exec")
        for schedule in schedules(orders):
            problems = differences(wanted, run_flow(code, schedule))
            if problems:
                return Failure(
                    book=book,
                    granularity=granularity,
                    schedule=schedule,
                    problems=tuple(problems),
                    source=source,
                )
    return None


def reduced(failure: Failure, rounds: int = 6) -> Failure:
    """The smallest notebook that fails likewise that leaving out statements leads to."""
    for _ in range(rounds):
        smaller = _smaller(failure)
        if smaller is failure:
            return failure
        failure = smaller
    return failure


def _smaller(failure: Failure) -> Failure:
    cell = len(failure.book) - 1
    while cell >= 0:
        for statement in range(len(failure.book[cell].statements) - 1, -1, -1):
            shorter = without(failure.book, cell, statement)
            found = find_failure(shorter, 8, (failure.granularity,))
            if found is not None and _alike(found, failure):
                failure = found
        cell -= 1
        cell = min(cell, len(failure.book) - 1)
    return failure


def _alike(first: Failure, second: Failure) -> bool:
    return first.problems[0].startswith("the flow raised") == second.problems[0].startswith("the flow raised")
