"""What the magics' handlers share: their type, options, and making Python of pieces of text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from nb_to_flow.read.context import Context, Lowered, MagicCall
from nb_to_flow.read.findings import DROPPED_MAGIC, UNSUPPORTED_MAGIC, Unsupported
from nb_to_flow.read.text import Line, join, lines_at

Handler = Callable[[MagicCall, Context], Lowered]

OPTION = re.compile(r"(--?)([A-Za-z][\w-]*)(?:=(\S+))?(?:\s+|$)")


def title(call: MagicCall) -> str:
    """The magic as the author wrote it: `%cd`, `%%bash`."""
    return f"{'%' if call.body is None else '%%'}{call.name}"


def unsupported(call: MagicCall, why: str, hint: str = "") -> Unsupported:
    """The exception for a known magic used in a way that has no equivalent."""
    return Unsupported(UNSUPPORTED_MAGIC, f"{title(call)}: {why}", line=call.origin, hint=hint)


def drop(call: MagicCall, context: Context) -> Lowered:
    """Leave the magic out: it only serves the interactive session."""
    context.note(DROPPED_MAGIC, f"{title(call)} was left out: it only serves the notebook", line=call.origin)
    return Lowered()


def python(text: str, call: MagicCall, *, shows: bool = False, imports: Sequence[str] = ()) -> Lowered:
    """Made-up code in place of the magic's line."""
    return Lowered(lines=tuple(lines_at(text, call.origin)), shows=shows, imports=tuple(imports))


def code_of(call: MagicCall, text: str) -> list[Line]:
    """The code a magic applies to: its body, or the text on its own line."""
    return list(call.body) if call.body is not None else [Line(text, call.origin)]


def body_text(call: MagicCall) -> str:
    """The body of a cell magic as IPython hands it over: with a final line end."""
    return join(call.body) + "\n" if call.body else ""


def take_options(
    args: str, with_value: str = "", long_with_value: Sequence[str] = ()
) -> tuple[dict[str, str], str]:
    """Options at the start of a magic's line, and the rest of it.

    `with_value` holds the letters, `long_with_value` the names of those that take a value.
    """
    found: dict[str, str] = {}
    rest = args.strip()
    while match := OPTION.match(rest):
        dashes, name, value = match.groups()
        rest = rest[match.end() :]
        if dashes == "-" and name[0] in with_value and len(name) > 1:
            name, value = name[0], name[1:]
        elif value is None and (name in long_with_value if dashes == "--" else name in with_value):
            value, _, rest = rest.partition(" ")
            rest = rest.lstrip()
        for key in [name] if dashes == "--" or value else name:
            found[key] = value or ""
    if rest.startswith("-- ") or rest == "--":
        rest = rest[2:].lstrip()
    return found, rest
