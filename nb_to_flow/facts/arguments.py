"""Evaluated arguments of calls."""

from __future__ import annotations

import ast

from nb_to_flow.facts.values import NOTHING, Value


class Arguments:
    """Evaluated arguments of a call.

    Attributes:
        positional: by position; a starred argument's items are in `rest`.
        keywords: by name.
        rest: what came by `*` or `**`.
        nodes: the syntax of the positional arguments, where known.
    """

    __slots__ = ("keywords", "nodes", "positional", "rest")

    def __init__(
        self,
        positional: list[Value] | None = None,
        keywords: dict[str, Value] | None = None,
        rest: Value = NOTHING,
        nodes: list[ast.expr] | None = None,
    ) -> None:
        self.positional = positional or []
        self.keywords = keywords or {}
        self.rest = rest
        self.nodes = nodes or []

    def every(self) -> Value:
        """All values passed."""
        return frozenset().union(*self.positional, *self.keywords.values(), self.rest)

    def first(self) -> Value:
        """The first positional argument."""
        return self.positional[0] if self.positional else NOTHING

    def shifted(self, receiver: Value) -> Arguments:
        """The same with a receiver in front."""
        return Arguments([receiver, *self.positional], self.keywords, self.rest)

    def get(self, target: str) -> Value:
        """The value for a target of the knowledge tables ("0|x"); several alternatives, first found."""
        for name in target.split("|"):
            if name.isdigit():
                if int(name) < len(self.positional):
                    return self.positional[int(name)]
            elif name in self.keywords:
                return self.keywords[name]
        return NOTHING

    def followed(self, more: Arguments) -> Arguments:
        """The same with more arguments behind."""
        rest = self.rest | more.rest
        return Arguments([*self.positional, *more.positional], {**self.keywords, **more.keywords}, rest)
