"""Choosing the kernel that runs a notebook."""

from __future__ import annotations

import json
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nb_to_flow.ir.errors import InputError

NAME = "nb-to-flow-verify"
_GENERIC = ("", "python", "python3")
_MODULES = ("ipykernel_launcher", "ipykernel")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """How to start the notebook's Python.

    Attributes:
        command: the interpreter and its options, to be followed by a script.
        env: environment variables that the kernel's specification sets.
        note: a sentence for the user if this isn't the Python that runs the flow, or not the kernel that the
            notebook asks for; else "".
    """

    command: tuple[str, ...]
    env: dict[str, str]
    note: str = ""


def choose_kernel(wanted: str, *, required: bool = False) -> Kernel:
    """The kernel called `wanted`, if it is installed; else the running Python.

    Args:
        wanted: what the notebook names. Generic names ("python3") mean the running Python, as there the
            flow runs too.
        required: the user named it: it must be installed.

    Raises InputError if a required kernel isn't installed or isn't a Python kernel.
    """
    running = Kernel(command=(sys.executable,), env={})
    if wanted in _GENERIC and not required:
        return running
    found = _specification(wanted)
    command = _interpreter(found) if found else None
    if found and command:
        same = _same_python(command[0])
        note = "" if same else f"The notebook ran in the kernel {wanted!r}, the flow in {sys.executable}."
        return Kernel(command=command, env=dict(found.get("env") or {}), note=note)
    reason = "is no Python kernel" if found else "isn't installed"
    if required:
        raise InputError(f"the kernel {wanted!r} {reason}", f"Installed: {_installed()}.")
    note = f"The notebook's kernel {wanted!r} {reason}; it ran in the Python that runs the flow."
    return Kernel(command=running.command, env={}, note=note)


def write_specification(folder: Path, kernel: Kernel, script: Path, watch: Path) -> Path:
    """Write a kernel specification that starts `script`; returns the folder for JUPYTER_PATH."""
    target = folder / "jupyter" / "kernels" / NAME
    target.mkdir(parents=True, exist_ok=True)
    specification = {
        "argv": [*kernel.command, str(script), str(watch), "-f", "{connection_file}"],
        "display_name": "Python",
        "language": "python",
        "env": kernel.env,
    }
    (target / "kernel.json").write_text(json.dumps(specification), encoding="utf-8")
    return folder / "jupyter"


def _specification(name: str) -> dict[str, Any] | None:
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        specification = KernelSpecManager().get_kernel_spec(name)
    except (NoSuchKernel, ValueError):
        return None
    return {"argv": list(specification.argv), "env": specification.env, "language": specification.language}


def _installed() -> str:
    from jupyter_client.kernelspec import KernelSpecManager

    return ", ".join(sorted(KernelSpecManager().find_kernel_specs())) or "none"


def _interpreter(specification: dict[str, Any]) -> tuple[str, ...] | None:
    """The command up to `-m ipykernel_launcher`; None if the kernel is started in another way."""
    argv = specification["argv"]
    for module in _MODULES:
        if module in argv and argv[argv.index(module) - 1] == "-m":
            head = argv[: argv.index(module) - 1]
            return (shutil.which(head[0]) or head[0], *head[1:])
    return None


def _same_python(command: str) -> bool:
    return os.path.realpath(command) == os.path.realpath(sys.executable) and (
        os.path.dirname(command) == os.path.dirname(sys.executable)
    )
