"""Kill a batch of 300 sets at ten moments and resume it: `python -m tests.benchmarks.kill [SETS [KILLS]]`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.batches.killing import kill_and_resume
from tests.servers import start_prefect_server


def main(sets: int = 300, kills: int = 10) -> int:
    """Prints what came of it; 1 if anything was lost or done twice."""
    with tempfile.TemporaryDirectory(prefix="nb-to-flow-kill-") as scratch:
        server = start_prefect_server(Path(scratch) / "prefect")
        try:
            found = kill_and_resume(Path(scratch), server.env, sets=sets, kills=kills)
        finally:
            server.stop()
    problems = found.problems(sets)
    again = sum(count - 1 for count in found.lines.values())
    print(f"{sets} sets, killed with {', '.join(map(str, found.moments))} pieces run")
    print(f"{len(found.lines)} distinct pieces; {again} were running at a kill and ran again")
    print("\n".join(problems) or "nothing lost, nothing done twice")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
