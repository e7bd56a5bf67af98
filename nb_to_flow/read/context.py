"""What lowering knows and collects while it goes through the cells of one notebook."""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nb_to_flow.ir.diagnostics import Diagnostic, Severity
from nb_to_flow.read.findings import finding
from nb_to_flow.read.text import Line

IDENTIFIER = re.compile(r"[^\W\d]\w*")
ASSIGNED = re.compile(r"\b(?:def|class|as|for|global)\s+(\w+)|\b(\w+)\s*(?::[^=\n]+)?=(?!=)")
SHELL_CLASS_SETTING = re.compile(
    r"\bimport InteractiveShell\b|\bInteractiveShell\.ast_node_interactivity\b|%config InteractiveShell"
)
BUILTINS = frozenset(dir(builtins)) | {"display", "get_ipython"}


@dataclass(frozen=True, slots=True, kw_only=True)
class MagicCall:
    """One use of a magic: `%name args`, or `%%name args` with a body.

    Attributes:
        origin: the line of the cell it stands on.
        body: the lines below a cell magic, None for a line magic.
    """

    name: str
    args: str
    origin: int
    body: tuple[Line, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lowered:
    """Plain Python that replaces something.

    Attributes:
        lines: the code at column 0; none if nothing is left.
        shows: True if Jupyter displays the value of its last expression at the end of a cell.
        imports: import statements that the code needs.
    """

    lines: tuple[Line, ...] = ()
    shows: bool = False
    imports: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Context:
    """The state of lowering one notebook.

    Attributes:
        lower: lowers lines of IPython code to plain Python (for magics that contain code).
        folder: where the notebook lies; None for one in memory.
        identifiers: every identifier anywhere in the code cells, so that made-up names are new.
        assigned: names that code cells may assign or define.
        cell: position of the current cell.
        bound: names bound so far.
        aliases: names that hold the interactive shell (`ip = get_ipython()`).
        in_function: True while the body of a function or class is rewritten.
        running: files being spliced in by `%run`.
        interactivity: which expressions cells display from the next cell on ("all" or "last_expr").
    """

    lower: Callable[[Sequence[Line], Context], Lowered]
    folder: Path | None = None
    identifiers: set[str] = field(default_factory=set)
    assigned: set[str] = field(default_factory=set)
    cell: int = 0
    bound: set[str] = field(default_factory=set)
    aliases: set[str] = field(default_factory=set)
    in_function: bool = False
    running: tuple[Path, ...] = ()
    interactivity: str = "last_expr"
    needs_shell_class: bool = False
    helpers: set[str] = field(default_factory=set)
    requirements: list[str] = field(default_factory=list)
    synthetic: set[str] = field(default_factory=set)
    used_numbers: dict[str, int] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)

    def learn_names(self, sources: Iterable[str]) -> None:
        """Take the identifiers of some sources into account."""
        for source in sources:
            self.identifiers.update(IDENTIFIER.findall(source))
            self.assigned.update(name for pair in ASSIGNED.findall(source) for name in pair if name)
            if "InteractiveShell" in source and "InteractiveShell" in SHELL_CLASS_SETTING.sub("", source):
                self.needs_shell_class = True

    def note(self, code: str, message: str, *, line: int, hint: str = "") -> None:
        """Tell the user something about a line of the current cell."""
        self.diagnostics.append(finding(code, Severity.INFO, message, hint, cell=self.cell, line=line))

    def warn(self, code: str, message: str, *, line: int, hint: str = "") -> None:
        """Warn the user about a line of the current cell."""
        self.diagnostics.append(finding(code, Severity.WARNING, message, hint, cell=self.cell, line=line))

    def helper(self, name: str) -> str:
        """Register the use of a helper function; returns its name."""
        self.helpers.add(name)
        return name

    def fresh(self, name: str) -> str:
        """A name like `name` that the notebook does not use, remembered as synthetic."""
        candidate, number = name, self.used_numbers.get(name, 1)
        while candidate in self.identifiers or candidate in BUILTINS:
            number += 1
            candidate = f"{name}_{number}"
        self.used_numbers[name] = number
        self.identifiers.add(candidate)
        self.synthetic.add(candidate)
        return candidate

    def module(self, name: str) -> tuple[str, str]:
        """Local name and import statement of a module, under another name if the notebook uses its own."""
        if name in self.assigned:
            return f"{name}_module", f"import {name} as {name}_module"
        return name, f"import {name}"
