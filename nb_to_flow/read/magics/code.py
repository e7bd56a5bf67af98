"""`%run`: the code of another file takes the magic's place."""

from __future__ import annotations

import shlex
from pathlib import Path

from nb_to_flow.read.context import Context, Lowered, MagicCall
from nb_to_flow.read.findings import RUN_FILE, SPLICED_CODE, Unsupported
from nb_to_flow.read.ipynb import code_sources
from nb_to_flow.read.magics.base import Handler, take_options, unsupported
from nb_to_flow.read.text import Line, lines_at, quote, strip_blank


def _run(call: MagicCall, context: Context) -> Lowered:
    options, rest = take_options(call.args, "lsTDN")
    if set(options) - set("inet"):
        raise unsupported(call, f"its option -{min(set(options) - set('inet'))} has no equivalent")
    try:
        words = shlex.split(rest)
    except ValueError as error:
        raise unsupported(call, str(error)) from None
    if not words:
        raise unsupported(call, "it names no file")
    path = _find(words[0], call, context)
    context.note(SPLICED_CODE, f"the code of {words[0]} takes the place of %run", line=call.origin)
    outer, context.running = context.running, (*context.running, path)
    try:
        lowered = (
            _notebook_code(path, call, context) if path.suffix == ".ipynb" else _script(path, call, context)
        )
    finally:
        context.running = outer
    return _with_arguments(lowered, words, call, context) if len(words) > 1 else lowered


def _find(name: str, call: MagicCall, context: Context) -> Path:
    if context.folder is None:
        raise _missing(name, call, "a notebook in memory has no folder to look in")
    folder = context.running[-1].parent if context.running else context.folder
    for candidate in (name, f"{name}.py"):
        path = (folder / Path(candidate).expanduser()).resolve()
        if path.is_file():
            if path in context.running:
                raise _missing(name, call, "it runs itself")
            return path
    raise _missing(name, call, "there is no such file beside the notebook")


def _missing(name: str, call: MagicCall, why: str) -> Unsupported:
    return Unsupported(RUN_FILE, f"%run {name}: {why}", line=call.origin, hint="put the file there")


def _script(path: Path, call: MagicCall, context: Context) -> Lowered:
    return _splice(_text(path, call), call, context)


def _text(path: Path, call: MagicCall) -> str:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise _missing(path.name, call, str(error)) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _splice(text: str, call: MagicCall, context: Context) -> Lowered:
    context.learn_names([text])
    lowered = context.lower(lines_at(text, call.origin), context)
    return Lowered(lines=tuple(strip_blank(lowered.lines)), imports=lowered.imports)


def _notebook_code(path: Path, call: MagicCall, context: Context) -> Lowered:
    lines: list[Line] = []
    imports: list[str] = []
    try:
        sources = code_sources(_text(path, call))
    except ValueError as error:
        raise _missing(path.name, call, str(error)) from None
    for source in sources:
        lowered = _splice(source, call, context)
        lines += lowered.lines
        imports += lowered.imports
    return Lowered(lines=tuple(lines), imports=tuple(imports))


def _with_arguments(lowered: Lowered, words: list[str], call: MagicCall, context: Context) -> Lowered:
    sys, imported = context.module("sys")
    shown = ", ".join(quote(word) for word in words)
    argv = Line(f"{sys}.argv = [{shown}]", call.origin)
    return Lowered(lines=(argv, *lowered.lines), imports=(imported, *lowered.imports))


LINE_MAGICS: dict[str, Handler] = {"run": _run}
CELL_MAGICS: dict[str, Handler] = {}
