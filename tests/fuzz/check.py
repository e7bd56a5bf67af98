"""What must hold for any file whatever: no traceback, no hang, nothing run, nothing written elsewhere."""

from __future__ import annotations

import ast
import contextlib
import io
import os
import random
import resource
import signal
import sys
import tempfile
import threading
import traceback
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import nb_to_flow
from nb_to_flow.api import Converted, Result
from nb_to_flow.cli import main
from nb_to_flow.credentials import credential_kind
from nb_to_flow.ir.errors import InputError
from nb_to_flow.pipeline import ConvertOptions

SECONDS = 10
MEGABYTES = 1500
WRITING = ("w", "a", "x", "+")
# Audit events (https://docs.python.org/3/library/audit_events.html) that only running a notebook would raise.
_EVENTS = (
    "os.system os.exec os.posix_spawn os.fork os.forkpty os.chdir os.putenv os.unsetenv os.kill socket.connect"
    " socket.bind urllib.Request ftplib.connect smtplib.connect shutil.copyfile shutil.move webbrowser.open"
    " ctypes.dlopen signal.pthread_kill"
)
FORBIDDEN = frozenset(_EVENTS.split())


@dataclass(slots=True)
class Watch:
    """What happened meanwhile that must not."""

    allowed: tuple[str, ...] = ()
    active: bool = False
    thread: int = 0
    seen: list[str] = field(default_factory=list)

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """The audit hook: it can't be taken out again, only switched off."""
        if not self.active or threading.get_ident() != self.thread:
            return
        if event in FORBIDDEN:
            self.seen.append(f"{event} {arguments!r:.200}")
        elif event == "exec":
            name = getattr(arguments[0], "co_filename", "")
            if name.startswith("<") and not name.startswith(("<frozen", "<attrs", "<__array", "<template")):
                self._ask(f"runs code of {name}")
        elif event == "subprocess.Popen":
            if Path(str(arguments[0])).name not in ("ruff", "ruff.exe"):
                self.seen.append(f"starts {arguments[0]!r}")
        elif event == "open":
            path, mode, flags = arguments
            writes = (
                any(c in str(mode) for c in WRITING)
                or isinstance(flags, int)
                and flags & (os.O_WRONLY | os.O_RDWR)
            )
            if writes and isinstance(path, str) and not path.startswith(self.allowed):
                self.seen.append(f"writes {path}")

    def _ask(self, what: str) -> None:
        """Dataclasses, named tuples and the like run code that they make; only notebooks' would be a fault."""
        frames = traceback.extract_stack(limit=6)
        if not any(
            "dataclasses.py" in f.filename or "site-packages" in f.filename or "collections" in f.filename
            for f in frames
        ):
            self.seen.append(what)


WATCH = Watch()
_hooked: list[bool] = []


class Hang(BaseException):
    """Not an Exception: nothing may swallow it."""


@contextlib.contextmanager
def watching(folder: Path) -> Iterator[Watch]:
    """Watch this thread; raises Hang when it takes too long."""
    if not _hooked:
        credential_kind("", "a1" * 20)  # loads urllib3, which binds a socket to see whether there is IPv6
        sys.addaudithook(WATCH)
        _hooked.append(True)
    WATCH.allowed = (str(folder), "/dev/null", tempfile.gettempdir())
    WATCH.seen, WATCH.thread, WATCH.active = [], threading.get_ident(), True
    # Of the processor's time, so that a busy machine makes no difference; and of the clock, for what waits.
    timers = (
        (signal.SIGPROF, signal.ITIMER_PROF, SECONDS),
        (signal.SIGALRM, signal.ITIMER_REAL, 20 * SECONDS),
    )
    before = [signal.signal(number, _hang) for number, _, _ in timers]
    for _, timer, seconds in timers:
        signal.setitimer(timer, seconds)
    try:
        yield WATCH
    finally:
        for (number, timer, _), handler in zip(timers, before, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)
        WATCH.active = False


def _hang(number: int, frame: FrameType | None) -> None:
    raise Hang("".join(traceback.format_stack(frame)[-6:]))


def problem_with(data: bytes, seed: int) -> str | None:
    """What is wrong with how a file is handled; None if nothing. Options and commands vary with the seed."""
    rng = random.Random(~seed)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as root:
        folder = Path(root).resolve()
        (folder / "in").mkdir()
        path = folder / "in" / "notebook.ipynb"
        path.write_bytes(data)
        before, problem = os.getcwd(), None
        os.chdir(folder / "in")
        try:
            for command in (_converted, _shown):
                with warnings.catch_warnings(), watching(folder / "out") as watch:
                    warnings.simplefilter("ignore")
                    problem = problem or command(path, folder / "out", rng)
                problem = problem or next(iter(watch.seen), None)
        except Hang as hang:
            return f"takes longer than {SECONDS} s:\n{hang}"
        except Exception:  # noqa: BLE001 (whatever it is, it is a finding)
            return traceback.format_exc(limit=-8)
        finally:
            os.chdir(before)
        if problem is None:
            problem = _left_behind(folder, data)
    return problem or _memory()


def options_of(rng: random.Random) -> ConvertOptions:
    """Options that go with any notebook."""
    return ConvertOptions(
        granularity=rng.choice(("auto", "auto", "cell", "section")),
        outputs=rng.choice(("auto", "all")),
        order=rng.choice(("document", "document", "execution")),
        displays=rng.choice(("artifact", "log", "drop")),
        allow_unsupported=rng.random() < 0.6,
        secrets=rng.choice((None, "env", "block")),
    )


def _converted(path: Path, output: Path, rng: random.Random) -> str | None:
    [done] = nb_to_flow.convert(path, output=output, options=options_of(rng))
    codes = [d.code for d in done.diagnostics]
    if "NB900" in codes:
        return next(d.message for d in done.diagnostics if d.code == "NB900")
    return _unsound(done)


def _unsound(done: Converted) -> str | None:
    errors = [d for d in done.diagnostics if d.severity.value == "error"]
    if done.result is not Result.WRITTEN:
        return None if errors else f"{done.result.value} without an error that says why"
    if errors:
        return f"written in spite of {errors[0].message}"
    assert done.flow_file is not None
    try:
        compile(
            done.flow_file.read_bytes(),
            "<flow>",
            "exec",
            flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
            dont_inherit=True,
        )
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return f"the flow doesn't compile: {error}"
    return None


def _shown(path: Path, output: Path, rng: random.Random) -> str | None:
    """Now and then what the other commands make of it."""
    choice = rng.randrange(6)
    out, err = io.StringIO(), io.StringIO()
    output.mkdir(exist_ok=True)
    commands = (
        ["inspect", path.name],
        ["inspect", path.name, "--json"],
        ["graph", path.name, "-o", f"{output}/x.{rng.choice(('html', 'svg', 'mmd', 'dot', 'json'))}"],
    )
    if choice >= len(commands):
        return None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(commands[choice])
        except InputError as error:
            return f"{commands[choice][0]} raises {error}"
    if (
        code not in (0, 2)
        or "internal error" in err.getvalue() + out.getvalue()
        or "Traceback" in err.getvalue()
    ):
        return f"{' '.join(commands[choice])}: exit code {code}\n{err.getvalue()[-1500:]}"
    return None


def _left_behind(folder: Path, data: bytes) -> str | None:
    inside = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    other = [p for p in inside if not p.startswith("out/") and p != "in/notebook.ipynb"]
    if other:
        return f"leaves {other[0]} behind"
    return None if (folder / "in" / "notebook.ipynb").read_bytes() == data else "changes the notebook"


def _memory() -> str | None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (
        1024 if sys.platform != "darwin" else 1024**2
    )
    return f"takes {peak:.0f} MB" if peak > MEGABYTES else None
