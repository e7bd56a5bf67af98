"""`python -m tests.soundness.soak N [FIRST] [--jobs J]`: check N made-up notebooks, print what fails, reduced."""

from __future__ import annotations

import argparse
import sys
import time

from tests.soundness.many import check_many


def main(arguments: list[str] | None = None) -> int:
    """Check the notebooks numbered from FIRST; the number of failures."""
    parser = argparse.ArgumentParser(prog="python -m tests.soundness.soak", description=__doc__)
    parser.add_argument("count", type=int, metavar="N", help="how many notebooks")
    parser.add_argument(
        "first", type=int, metavar="FIRST", nargs="?", default=0, help="the first one's number"
    )
    parser.add_argument("--jobs", type=int, default=1, help="how many processes (default: 1)")
    given = parser.parse_args(arguments)
    failed, start = [], time.monotonic()
    for checked in check_many(range(given.first, given.first + given.count), given.jobs):
        if checked.problem:
            failed.append(checked.seed)
            print(f"\n######## notebook {checked.seed}\n{checked.problem}", flush=True)
    seconds = time.monotonic() - start
    last = given.first + given.count - 1
    print(
        f"notebooks {given.first} to {last}: {len(failed)} of {given.count} failed"
        f"{': ' if failed else ''}{', '.join(map(str, sorted(failed)))}"
        f" ({seconds:.0f} s, {given.count / max(seconds, 1e-9):.1f} a second)"
    )
    return len(failed)


if __name__ == "__main__":
    sys.exit(1 if main() else 0)
