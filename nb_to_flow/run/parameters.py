"""Parameters of a run, checked against the flow's typed signature before anything starts."""

from __future__ import annotations

import difflib
import inspect
import json
import types
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from nb_to_flow.ir.errors import InputError


class Raw(str):
    """A value from the command line: text whose type only the signature knows."""

    __slots__ = ()


def parse_pairs(pairs: Iterable[str]) -> dict[str, Raw]:
    """`k=v` as from the command line. Raises InputError for anything else."""
    found: dict[str, Raw] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise InputError(f"-p {pair!r} is not of the form name=value", "For example: -p region=US")
        found[name.strip()] = Raw(value)
    return found


def read_parameters(path: Path) -> dict[str, Any]:
    """The parameters in a JSON file: one object of names and values. Raises InputError."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON: {error}") from error
    if not isinstance(content, dict):
        raise InputError(f"{path} holds no JSON object", 'For example: {"region": "US", "year": 2024}')
    return content


def check_parameters(function: Callable[..., Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The given parameters in the types of the flow's signature.

    Raises InputError that lists everything wrong: unknown names with near ones, missing ones, bad values
    with the type that was expected and the default.
    """
    signature = inspect.signature(function)
    hints = _hints(function)
    problems = [_unknown(name, signature) for name in given if name not in signature.parameters]
    values: dict[str, Any] = {}
    for name, parameter in signature.parameters.items():
        if name in given:
            try:
                values[name] = _validated(given[name], hints.get(name, Any))
            except ValueError as error:
                problems.append(
                    f"{name}: {_reason(error)} (got {_shown(given[name])}; {_expected(parameter)})"
                )
        elif parameter.default is inspect.Parameter.empty:
            problems.append(f"{name} is missing ({_expected(parameter)})")
    if problems:
        raise InputError("the parameters don't fit the flow: " + "; ".join(problems), _usage(signature))
    return values


def _validated(value: Any, hint: Any) -> Any:
    """`value` as the type wants it. Raises ValueError (pydantic's)."""
    from pydantic import ConfigDict, TypeAdapter
    from pydantic.errors import PydanticUserError

    try:
        adapter = TypeAdapter(hint, config=ConfigDict(arbitrary_types_allowed=True))
    except PydanticUserError:  # types that bring their own configuration
        adapter = TypeAdapter(hint)
    if not isinstance(value, Raw):
        return adapter.validate_python(value)
    *others, last = _readings(value, hint)
    for reading in others:
        try:
            return adapter.validate_python(reading)
        except ValueError:
            continue
    return adapter.validate_python(last)


def _readings(value: Raw, hint: Any) -> list[Any]:
    """What a text may mean, the likeliest first: text for text parameters, else JSON before text."""
    text = str(value)
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return [text]
    return [text, parsed] if _takes_text(hint) else [parsed, text]


def _takes_text(hint: Any) -> bool:
    if get_origin(hint) in (Union, types.UnionType):
        return any(_takes_text(part) for part in get_args(hint))
    if get_origin(hint) is not None and hasattr(hint, "__metadata__"):
        return _takes_text(get_args(hint)[0])
    return hint is str


def _hints(function: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(function, include_extras=True)
    except Exception:  # noqa: BLE001 - an annotation may be any expression; then nothing is known
        return {}


def _unknown(name: str, signature: inspect.Signature) -> str:
    near = difflib.get_close_matches(name, list(signature.parameters), n=2, cutoff=0.5)
    return f"{name!r} is not a parameter" + (f" (did you mean {' or '.join(near)}?)" if near else "")


def _reason(error: ValueError) -> str:
    """The first of pydantic's findings, in its words."""
    from pydantic import ValidationError

    if not isinstance(error, ValidationError):
        return " ".join(str(error).split())
    first = error.errors()[0]
    inside = ".".join(str(part) for part in first["loc"] if not str(part).startswith(("function-", "lax-")))
    return f"{first['msg']}" + (f" at {inside}" if inside else "")


def _expected(parameter: inspect.Parameter) -> str:
    kind = "" if parameter.annotation is parameter.empty else f"type {_type(parameter.annotation)}"
    default = "" if parameter.default is parameter.empty else f"default {parameter.default!r}"
    return ", ".join(part for part in (kind, default) if part) or "no type"


def _type(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation).replace("typing.", "")


def _shown(value: Any) -> str:
    return repr(str(value) if isinstance(value, Raw) else value)[:80]


def _usage(signature: inspect.Signature) -> str:
    if not signature.parameters:
        return "The flow has no parameters."
    return "Its parameters: " + ", ".join(f"{n} ({_expected(p)})" for n, p in signature.parameters.items())
