"""Runs a command until it ends, or until whoever asked for it is gone: `python guard.py COMMAND...`.

Standard input is a pipe that only closes when the process that holds its other end closes it or dies, by
whatever signal. Then the command and all that it started (on Windows: the command) are ended.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading


def main() -> None:
    """Run the command; ends with its exit code."""
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)
    threading.Thread(target=_end_with_input, args=(child,), daemon=True).start()
    code = child.wait()
    os._exit(code if code >= 0 else 128 - code)  # the thread still reads


def _end_with_input(child: subprocess.Popen[bytes]) -> None:
    while os.read(0, 1024):
        pass
    if sys.platform == "win32":
        child.kill()
    else:
        os.killpg(0, signal.SIGKILL)  # this process leads the group


if __name__ == "__main__":
    main()
