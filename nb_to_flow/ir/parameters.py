"""Parameter values before a signature has given them their types, and what doesn't fit it."""

from __future__ import annotations

from dataclasses import dataclass


class Raw(str):
    """Text from a command line or a table: which type it means only the signature knows."""

    __slots__ = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterProblem:
    """What is wrong with one parameter.

    Attributes:
        name: the parameter, or a name that is none.
        message: what is wrong with it; begins with its name.
    """

    name: str
    message: str
