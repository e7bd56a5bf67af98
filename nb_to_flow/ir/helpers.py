"""Small functions that lowered notebook code may call; the generated module defines those it needs.

They stand for what the interactive shell did (`!ls`, `%%bash`, `%%capture`, `%%writefile`) and depend on the
standard library and Prefect alone. What they print goes through `print`, which Prefect logs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Helper:
    """One helper.

    Attributes:
        name: the function or class that `source` defines.
        source: its Python text.
        imports: import statements that it needs.
        requires: names of other helpers that it uses; they come before it.
        effects: what a call does to the world, as "<access> <kind> <name>" in the words of
            `nb_to_flow.ir.facts`; "@0" is the value of the first argument.
        returns: type of what a call returns.
    """

    name: str
    source: str
    imports: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    returns: str = "None"


RUN_SHELL = '''\
def run_shell(command: str) -> int:
    """Run a shell command, print what it prints, and return its exit code."""
    with subprocess.Popen(
        command,
        shell=True,
        executable=os.environ.get("SHELL"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            print(line.rstrip("\\n"))
    return process.returncode
'''

CAPTURE_SHELL = '''\
def capture_shell(command: str) -> SList:
    """Run a shell command and return the lines it prints."""
    done = subprocess.run(
        command,
        shell=True,
        executable=os.environ.get("SHELL"),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    return SList(done.stdout.splitlines())
'''

CAPTURE_SCRIPT = '''\
def capture_script(command: list[str], script: str, check: bool = True) -> tuple[str, str]:
    """Give a script to a program and return what it wrote to standard output and standard error."""
    done = subprocess.run(
        command, input=script, capture_output=True, text=True, errors="replace", check=False
    )
    if check:
        done.check_returncode()
    return done.stdout, done.stderr
'''

RUN_SCRIPT = '''\
def run_script(command: list[str], script: str, check: bool = True) -> None:
    """Give a script to a program and print what it prints."""
    done = subprocess.run(
        command, input=script, capture_output=True, text=True, errors="replace", check=False
    )
    for line in done.stdout.splitlines():
        print(line)
    for line in done.stderr.splitlines():
        print(line, file=sys.stderr)
    if check:
        done.check_returncode()
'''

WRITE_FILE = '''\
def write_file(path: str, text: str, mode: str = "w") -> None:
    """Write a text file and say so."""
    path = os.path.expanduser(path)
    verb = "Writing" if not os.path.exists(path) else "Appending to" if mode == "a" else "Overwriting"
    print(f"{verb} {path}")
    with open(path, mode, encoding="utf-8") as file:
        file.write(text)
'''

CAPTURED_OUTPUT = '''\
CAPTURE_LOCK = RLock()  # the standard output is one for all tasks


class OwnOutput(TextIOBase):
    """A stream for what this thread writes; what others write goes where it went before."""

    def __init__(self, own: TextIO, others: TextIO) -> None:
        self.thread, self.own, self.others = get_ident(), own, others

    def write(self, text: str) -> int:
        return (self.own if get_ident() == self.thread else self.others).write(text)


@contextmanager
def captured_output(stdout: bool = True, stderr: bool = True) -> Iterator[CapturedIO]:
    """Collect what is printed meanwhile instead of logging it."""
    captured = CapturedIO(StringIO(), StringIO())
    run = TaskRunContext.get() or FlowRunContext.get()
    with ExitStack() as stack:
        stack.enter_context(CAPTURE_LOCK)
        if stdout and run is not None:
            stack.enter_context(run.model_copy(update={"log_prints": False}))
        if stdout:
            stack.enter_context(redirect_stdout(OwnOutput(captured._stdout, sys.stdout)))
        if stderr:
            stack.enter_context(redirect_stderr(OwnOutput(captured._stderr, sys.stderr)))
        yield captured
'''


def _table(helpers: Iterable[Helper]) -> dict[str, Helper]:
    return {helper.name: helper for helper in helpers}


HELPERS: dict[str, Helper] = _table(
    (
        Helper(
            name="run_shell",
            source=RUN_SHELL,
            imports=("import os", "import subprocess"),
            effects=("write subprocess", "write stdout print"),
            returns="int",
        ),
        Helper(
            name="capture_shell",
            source=CAPTURE_SHELL,
            imports=("import os", "import subprocess", "from IPython.utils.text import SList"),
            effects=("write subprocess",),
            returns="list",
        ),
        Helper(
            name="capture_script",
            source=CAPTURE_SCRIPT,
            imports=("import subprocess",),
            effects=("write subprocess",),
            returns="tuple",
        ),
        Helper(
            name="run_script",
            source=RUN_SCRIPT,
            imports=("import subprocess", "import sys"),
            effects=("write subprocess", "write stdout print"),
        ),
        Helper(
            name="write_file",
            source=WRITE_FILE,
            imports=("import os",),
            effects=("write file @0", "write stdout print"),
        ),
        Helper(
            name="captured_output",
            source=CAPTURED_OUTPUT,
            imports=(
                "import sys",
                "from collections.abc import Iterator",
                "from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout",
                "from io import StringIO, TextIOBase",
                "from threading import RLock, get_ident",
                "from typing import TextIO",
                "from IPython.utils.capture import CapturedIO",
                "from prefect.context import FlowRunContext, TaskRunContext",
            ),
            effects=("write stdout raw",),
        ),
    )
)


def with_requirements(names: Iterable[str]) -> tuple[Helper, ...]:
    """The helpers of those names and all that they use, each once, in an order in which to define them."""
    ordered: dict[str, Helper] = {}

    def add(name: str) -> None:
        helper = HELPERS[name]
        for needed in helper.requires:
            add(needed)
        ordered.setdefault(name, helper)

    for name in sorted(names):
        add(name)
    return tuple(ordered.values())
