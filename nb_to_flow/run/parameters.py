"""Parameters of a run, checked against the flow's typed signature before anything starts."""

from __future__ import annotations

import difflib
import inspect
import json
import types
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin, get_type_hints

from nb_to_flow.ir.errors import InputError
from nb_to_flow.ir.parameters import ParameterProblem, Raw

if TYPE_CHECKING:
    from pydantic import TypeAdapter


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
    checker = ParameterChecker(function)
    values, problems = checker.check(given)
    if problems:
        listed = "; ".join(problem.message for problem in problems)
        raise InputError(f"the parameters don't fit the flow: {listed}", checker.usage())
    return values


class ParameterChecker:
    """Checks any number of parameter sets against one signature."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._signature = inspect.signature(function)
        self._hints = _hints(function)
        self._adapters: dict[str, TypeAdapter[Any]] = {}

    def check(self, given: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[ParameterProblem, ...]]:
        """The given parameters that fit, in the signature's types, and what is wrong with the others."""
        parameters = self._signature.parameters
        problems = [
            ParameterProblem(name=name, message=_unknown(name, self._signature))
            for name in given
            if name not in parameters
        ]
        values: dict[str, Any] = {}
        for name, parameter in parameters.items():
            if name in given:
                try:
                    values[name] = self._validated(name, given[name])
                except ValueError as error:
                    said = f"{name}: {_reason(error)} (got {_shown(given[name])}; {_expected(parameter)})"
                    problems.append(ParameterProblem(name=name, message=said))
            elif parameter.default is inspect.Parameter.empty:
                said = f"{name} is missing ({_expected(parameter)})"
                problems.append(ParameterProblem(name=name, message=said))
        return values, tuple(problems)

    def defaults(self) -> dict[str, Any]:
        """The parameters that need not be given, with what they are then."""
        parameters = self._signature.parameters.items()
        return {n: p.default for n, p in parameters if p.default is not inspect.Parameter.empty}

    def usage(self) -> str:
        """The parameters with their types and defaults, for people."""
        return _usage(self._signature)

    def _validated(self, name: str, value: Any) -> Any:
        """`value` as the type wants it. Raises ValueError (pydantic's)."""
        hint = self._hints.get(name, Any)
        if name not in self._adapters:
            self._adapters[name] = _adapter(hint)
        adapter = self._adapters[name]
        if not isinstance(value, Raw):
            return adapter.validate_python(value)
        *others, last = _readings(value, hint)
        for reading in others:
            try:
                return adapter.validate_python(reading)
            except ValueError:
                continue
        return adapter.validate_python(last)


def _adapter(hint: Any) -> TypeAdapter[Any]:
    from pydantic import ConfigDict, TypeAdapter
    from pydantic.errors import PydanticUserError

    try:
        return TypeAdapter(hint, config=ConfigDict(arbitrary_types_allowed=True))
    except PydanticUserError:  # types that bring their own configuration
        return TypeAdapter(hint)


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
