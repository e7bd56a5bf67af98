"""Magics on files, the environment and the working directory."""

from __future__ import annotations

import re

from nb_to_flow.read.context import Context, Lowered, MagicCall
from nb_to_flow.read.interpolation import interpolate
from nb_to_flow.read.magics.base import Handler, body_text, drop, python, take_options, unsupported
from nb_to_flow.read.text import quote_block


def _write_file(call: MagicCall, context: Context) -> Lowered:
    options, name = take_options(call.args)
    name = name.strip()
    if re.fullmatch(r"'.*'|\".*\"", name):
        name = name[1:-1]
    if not name or set(options) - {"a", "append"}:
        raise unsupported(call, "it needs the name of a file, and knows no options but -a")
    append = ', mode="a"' if options else ""
    path = interpolate(name, context)
    return python(f"{context.helper('write_file')}({path}, {quote_block(body_text(call))}{append})", call)


def _set_env(call: MagicCall, context: Context) -> Lowered:
    name, separator, value = call.args.partition("=" if "=" in call.args else " ")
    name, value = name.strip(), value.strip()
    if not separator or not name or re.search(r"\s", name):
        raise unsupported(call, "it needs the form NAME=value")
    os, imported = context.module("os")
    message = interpolate(f"env: {call.args.strip()}", context) if separator == "=" else ""
    if separator != "=" or name + "=" + value != call.args.strip():
        message = interpolate(f"env: {name}={value}", context)
    code = f"{os}.environ[{interpolate(name, context)}] = {interpolate(value, context)}\nprint({message})"
    return python(code, call, imports=(imported,))


def _env(call: MagicCall, context: Context) -> Lowered:
    args = call.args.strip()
    if not args:
        return drop(call, context)
    if "=" in args or " " in args:
        return _set_env(call, context)
    os, imported = context.module("os")
    return python(f"{os}.environ[{interpolate(args, context)}]", call, shows=True, imports=(imported,))


def _cd(call: MagicCall, context: Context) -> Lowered:
    options, target = take_options(call.args)
    target = target.strip().strip("'\"")
    if target.startswith("-") or "b" in options:
        raise unsupported(call, "it needs the name of a folder", "name the folder")
    os, imported = context.module("os")
    path = interpolate(target or "~", context)
    if (target or "~").startswith(("~", "$", "{")):
        path = f"{os}.path.expanduser({path})"
    report = "" if "q" in options else f"\nprint({os}.getcwd())"
    return python(f"{os}.chdir({path}){report}", call, imports=(imported,))


def _pwd(call: MagicCall, context: Context) -> Lowered:
    os, imported = context.module("os")
    return python(f"{os}.getcwd()", call, shows=True, imports=(imported,))


LINE_MAGICS: dict[str, Handler] = {"env": _env, "set_env": _set_env, "cd": _cd, "pwd": _pwd}
CELL_MAGICS: dict[str, Handler] = {"writefile": _write_file, "file": _write_file}
