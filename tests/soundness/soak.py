"""`python -m tests.soundness.soak N [FIRST]`: check that many notebooks and print what fails, reduced."""

from __future__ import annotations

import sys
import time

from tests.soundness.check import find_failure, reduced
from tests.soundness.notebooks import make_up


def main(count: int, first: int = 0) -> int:
    """Check the notebooks numbered from `first`; the number of failures."""
    failed, start = 0, time.monotonic()
    for seed in range(first, first + count):
        failure = find_failure(make_up(seed))
        if failure is not None:
            failed += 1
            print(f"\n######## notebook {seed}\n{reduced(failure)}", flush=True)
    print(f"{count} notebooks, {failed} failed, {time.monotonic() - start:.0f} s")
    return failed


if __name__ == "__main__":
    sys.exit(1 if main(*map(int, sys.argv[1:])) else 0)
