"""Running a command and measuring it: wall time, CPU of it and all it starts, peak memory of all of them."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_EVERY = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What a command took.

    Attributes:
        wall: seconds.
        cpu: seconds, of it and of what it started.
        megabytes: the most that it and what it started held at a time.
        output: what it printed on stdout.
    """

    wall: float
    cpu: float
    megabytes: float
    output: str


def measured(
    command: Sequence[str], folder: Path, env: Mapping[str, str], *, codes: Sequence[int] = (0,)
) -> Measured:
    """Run a command to its end. Raises RuntimeError if it fails."""
    with (folder / "measured.out").open("wb+") as output, (folder / "measured.err").open("wb+") as errors:
        began = time.perf_counter()
        process = psutil.Popen(list(command), cwd=folder, env=dict(env), stdout=output, stderr=errors)
        cpu: dict[int, float] = {}
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, _look(process, cpu))
            with contextlib.suppress(subprocess.TimeoutExpired, psutil.TimeoutExpired):
                process.wait(_EVERY)
        wall = time.perf_counter() - began
        output.seek(0)
        errors.seek(0)
        if process.returncode not in codes:
            raise RuntimeError(f"{command} ended with {process.returncode}: {errors.read().decode()[-3000:]}")
        return Measured(
            wall=wall, cpu=sum(cpu.values()), megabytes=peak / 2**20, output=output.read().decode()
        )


def _look(process: psutil.Process, cpu: dict[int, float]) -> float:
    """Memory of the process and its descendants; notes the CPU of each."""
    total = 0.0
    with contextlib.suppress(psutil.NoSuchProcess):
        for each in (process, *process.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                times = each.cpu_times()
                cpu[each.pid] = times.user + times.system
                total += _own_memory(each)
    return total


def _own_memory(process: psutil.Process) -> float:
    """What the process holds for itself, and its part of what it shares with others."""
    try:
        return float(process.memory_full_info().pss)
    except (AttributeError, psutil.AccessDenied):
        return float(process.memory_info().rss)
