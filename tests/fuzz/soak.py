"""`python -m tests.fuzz.soak N [FIRST]`: N mutated notebooks, and what is wrong with how they are handled."""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from pathlib import Path

from tests.fuzz.check import problem_with
from tests.fuzz.material import Content, base
from tests.fuzz.mutate import mutated


def main(arguments: list[str] | None = None) -> int:
    """Check the files numbered from FIRST; the number of failures."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.soak", description=__doc__)
    parser.add_argument("count", type=int, metavar="N", help="how many files")
    parser.add_argument(
        "first", type=int, metavar="FIRST", nargs="?", default=0, help="the first one's number"
    )
    parser.add_argument(
        "--from", dest="files", nargs="+", type=Path, default=[], help="notebooks to start from"
    )
    parser.add_argument("--keep", type=Path, help="folder for the files that fail")
    given = parser.parse_args(arguments)
    failed, start = 0, time.monotonic()
    texts = [path.read_text(encoding="utf-8") for path in given.files]

    def begin(rng: random.Random) -> Content:
        content: Content = json.loads(rng.choice(texts)) if texts else base(rng)
        return content

    for seed in range(given.first, given.first + given.count):
        done = seed - given.first
        if done and done % 250 == 0:
            print(f"{done} files, {failed} failed, {time.monotonic() - start:.0f} s", flush=True)
        data = mutated(seed, begin)
        problem = problem_with(data, seed)
        if problem is None:
            continue
        failed += 1
        print(f"\n######## file {seed}\n{problem}", flush=True)
        if given.keep is not None:
            given.keep.mkdir(parents=True, exist_ok=True)
            (given.keep / f"{seed}.ipynb").write_bytes(data)
    seconds = time.monotonic() - start
    print(f"{failed} of {given.count} failed ({seconds:.0f} s)")
    return failed


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
