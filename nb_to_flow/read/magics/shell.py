"""Shell commands and scripts, and the package installations among them."""

from __future__ import annotations

import re
import shlex

from nb_to_flow.read.context import Context, Lowered, MagicCall
from nb_to_flow.read.findings import DROPPED_MAGIC, REQUIREMENT
from nb_to_flow.read.interpolation import interpolate
from nb_to_flow.read.magics.base import Handler, body_text, python, take_options, unsupported
from nb_to_flow.read.text import lines_at, quote, quote_block

PACKAGE_TOOL = re.compile(
    r"\s*(?:sudo\s+)?(?:\S*python[\d.]*\s+-m\s+|\{\s*sys\.executable\s*\}\s+-m\s+|\$sys\.executable\s+-m\s+)?"
    r"(?:uv\s+)?(pip[\d.]*|conda|mamba|micromamba)\s+(\S.*)"
)
CHAINED = re.compile(r"&&|\|\||;|`|\$\(")
REDIRECTION = re.compile(r"[12&]?>{1,2}(\S*)")
OPTIONS_WITH_VALUE = frozenset(
    [
        "-c",
        "--channel",
        "-n",
        "--name",
        "-p",
        "--prefix",
        "-i",
        "--index-url",
        "--extra-index-url",
        "-f",
        "--find-links",
        "-t",
        "--target",
        "--root",
        "--trusted-host",
        "--timeout",
        "--retries",
        "--progress-bar",
        "--log",
        "--proxy",
        "--cache-dir",
        "--constraint",
    ]
)
ALIASES = {
    name: name
    for name in ["cat", "cp", "less", "lk", "ll", "lf", "lx", "man", "mkdir", "more", "mv", "rm", "rmdir"]
} | {
    "ls": "ls -F",
    "ll": "ls -l -F",
    "lf": "ls -l -F | grep ^-",
    "lk": "ls -l -F | grep ^l",
    "ldir": "ls -l -F | grep /$",
    "lx": "ls -l -F | grep ^-..x",
}


def system(command: str, call: MagicCall, context: Context) -> Lowered:
    """`!command`: run it, print what it prints."""
    if _is_package_command(command):
        return _package_command(command, call, context)
    run = f"{context.helper('run_shell')}({interpolate(command.strip(), context)})"
    keeps_code = "_exit_code" in context.identifiers
    return python(f"_exit_code = {run}" if keeps_code else run, call)


def get_output(command: str, call: MagicCall, context: Context) -> Lowered:
    """`!!command` and `x = !command`: run it, its lines are the value."""
    return python(
        f"{context.helper('capture_shell')}({interpolate(command.strip(), context)})", call, shows=True
    )


def _is_package_command(command: str) -> bool:
    return PACKAGE_TOOL.fullmatch(command) is not None and not CHAINED.search(command)


def _package_command(command: str, call: MagicCall, context: Context) -> Lowered:
    """Installing is for whoever sets up the environment, not a step of the flow."""
    match = PACKAGE_TOOL.fullmatch(command)
    words = _words(match[2] if match else command)
    asked = _requirements(words[1:]) if words[0] == "install" else []
    for requirement in asked:
        if requirement not in context.requirements:
            context.requirements.append(requirement)
    if asked:
        context.note(REQUIREMENT, f"requirement noted: {', '.join(asked)}", line=call.origin)
    else:
        context.note(DROPPED_MAGIC, f"`{command.strip()}` was left out: it is no step", line=call.origin)
    return Lowered()


def _words(command: str) -> list[str]:
    """The words of a command, without what follows a pipe and without redirections."""
    try:
        words = shlex.split(command, comments=True)
    except ValueError:
        words = command.split()
    kept: list[str] = []
    target_follows = False
    for word in words:
        if word.startswith("|"):
            break
        redirection = REDIRECTION.fullmatch(word)
        if redirection is None and not target_follows:
            kept.append(word)
        target_follows = redirection is not None and not redirection[1]
    return kept


def _requirements(words: list[str]) -> list[str]:
    found, position = [], 0
    while position < len(words):
        word = words[position]
        if word in ("-r", "--requirement", "-e", "--editable") and position + 1 < len(words):
            found.append(f"{word} {words[position + 1]}")
            position += 1
        elif word in OPTIONS_WITH_VALUE:
            position += 1
        elif not word.startswith("-"):
            found.append(word)
        position += 1
    return found


def _packages(call: MagicCall, context: Context) -> Lowered:
    return _package_command(f"{call.name} {call.args}", call, context)


def _alias(call: MagicCall, context: Context) -> Lowered:
    return system(f"{ALIASES[call.name]} {call.args}".strip(), call, context)


def _sx(call: MagicCall, context: Context) -> Lowered:
    if call.body is None:
        return get_output(call.args, call, context)
    options, _ = take_options(call.args, "o", ("out",))
    text = f"{context.helper('capture_shell')}({_body(call, context)})"
    target = options.get("out", options.get("o"))
    if target:
        context.bound.add(target)
        return python(f"{target} = {text}", call)
    return python(text, call, shows=True)


def _body(call: MagicCall, context: Context) -> str:
    text = body_text(call)
    source = interpolate(text, context)
    return quote_block(text) if source == quote(text) else source


def _script(call: MagicCall, context: Context) -> Lowered:
    """`%%bash` and its kind: a program that reads the cell from its standard input."""
    try:
        words = shlex.split(call.args)
    except ValueError as error:
        raise unsupported(call, str(error)) from None
    flags, words = _script_flags(call, words)
    command = words if call.name == "script" else [INTERPRETERS[call.name], *words]
    if not command:
        raise unsupported(call, "it names no program")
    check = "no-raise-error" not in flags
    if command == ["false"] and not check:
        context.note(DROPPED_MAGIC, "a cell switched off by `%%script false` was left out", line=call.origin)
        return Lowered()
    imports: list[str] = []
    if command[0].startswith("python") and call.name != "script":
        sys_name, statement = context.module("sys")
        imports.append(statement)
        shown = [f"{sys_name}.executable", *(interpolate(word, context) for word in command[1:])]
    else:
        shown = [interpolate(word, context) for word in command]
    return _run_script(call, context, ", ".join(shown), flags, imports)


def _run_script(
    call: MagicCall, context: Context, command: str, flags: dict[str, str], imports: list[str]
) -> Lowered:
    out, err = flags.get("out"), flags.get("err")
    check = "" if "no-raise-error" not in flags else ", check=False"
    helper = context.helper("capture_script" if out or err else "run_script")
    text = f"{helper}([{command}], {quote_block(body_text(call))}{check})"
    if out and err:
        text = f"{out}, {err} = {text}"
    elif out or err:
        text = f"{out or err} = {text}[{0 if out else 1}]"
    context.bound.update(name for name in (out, err) if name)
    return Lowered(lines=tuple(lines_at(text, call.origin)), imports=tuple(imports))


def _script_flags(call: MagicCall, words: list[str]) -> tuple[dict[str, str], list[str]]:
    flags: dict[str, str] = {}
    rest: list[str] = []
    position = 0
    while position < len(words):
        word = words[position]
        name, equals, value = word.lstrip("-").partition("=")
        if word in ("--bg", "--proc") or word.startswith("--proc="):
            raise unsupported(call, "a script in the background cannot be followed")
        if word.startswith("--") and name in ("out", "err"):
            if not equals and position + 1 < len(words):
                position += 1
                value = words[position]
            flags[name] = value
        elif word in ("--no-raise-error", "--raise-error"):
            flags[name] = ""
        else:
            rest.append(word)
        position += 1
    return flags, rest


INTERPRETERS = {"bash": "bash", "sh": "sh", "script": "", "python": "python", "python3": "python3"}

LINE_MAGICS: dict[str, Handler] = {
    "sx": _sx,
    "system": _sx,
    **dict.fromkeys(("pip", "conda", "mamba", "micromamba"), _packages),
    **dict.fromkeys(ALIASES, _alias),
}
CELL_MAGICS: dict[str, Handler] = {
    "sx": _sx,
    "system": _sx,
    "!": _sx,
    **dict.fromkeys(INTERPRETERS, _script),
}
