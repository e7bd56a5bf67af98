"""prefect.yaml as text and as data, comments and all."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from nb_to_flow.ir.errors import InputError

# Prefect reads YAML 1.1, where yes, 010, 12:30 and 2024-01-01 are no texts: what isn't clearly text is quoted.
# Digests always are, whatever letter they begin with: then all versions look the same.
_PLAIN = re.compile(r"(?![0-9a-f]+$)[A-Za-z](?:[\w ./;=,()?!'%+-]|:(?=\w))*[\w.)?!]|[A-Za-z]")
_WORDS = frozenset({"y", "n", "yes", "no", "true", "false", "on", "off", "null", "none", "nan", "inf"})


def load(text: str, path: str) -> Any:
    """The data in a file's text. Raises InputError with the line if it is no YAML."""
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        return _round_trip(text).load(text)
    except MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise InputError(f"{path}{line}: {error.problem or error.context or 'no YAML'}") from error
    except (YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is no YAML: {' '.join(str(error).split())[:200]}") from error


def dump(data: Any, like: str) -> str:
    """The text of the data, lists indented as in the text `like`."""
    stream = io.StringIO()
    _round_trip(like).dump(data, stream)
    return stream.getvalue()


def as_yaml(value: Any) -> Any:
    """Plain data as nodes that keep the order and read back as the same everywhere."""
    from ruamel.yaml.comments import CommentedMap, CommentedSeq
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString, SingleQuotedScalarString

    if isinstance(value, Mapping):
        return CommentedMap((as_yaml(key), as_yaml(inner)) for key, inner in value.items())
    if isinstance(value, (list, tuple)):
        return CommentedSeq([as_yaml(inner) for inner in value])
    if not isinstance(value, str) or _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    simple = value.isprintable()
    return SingleQuotedScalarString(value) if simple else DoubleQuotedScalarString(value)


def plain(value: Any) -> Any:
    """The data without what YAML adds to it."""
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def _round_trip(like: str) -> Any:
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.Representer = _representer()
    yaml.preserve_quotes = True
    yaml.width = 4096
    listed = re.search(r"^deployments:[^\n]*\n(?:\s*(?:#[^\n]*)?\n)*( *)- ", like, re.MULTILINE)
    offset = len(listed[1]) if listed else 0
    yaml.indent(mapping=2, sequence=offset + 2, offset=offset)
    return yaml


@lru_cache(maxsize=1)
def _representer() -> Any:
    from ruamel.yaml.representer import RoundTripRepresenter

    class Representer(RoundTripRepresenter):  # type: ignore[misc,unused-ignore]
        """Writes numbers so that YAML 1.1 takes none for text: 1e-06 needs a point."""

    def represent(representer: Any, value: float) -> Any:
        mantissa, e, exponent = repr(value).partition("e")
        text = f"{mantissa}.0e{exponent}" if e and "." not in mantissa else repr(value)
        return representer.represent_scalar("tag:yaml.org,2002:float", text)

    Representer.add_representer(float, represent)
    return Representer
