"""Variables: one frame per running scope, with branches that are run apart and joined."""

from __future__ import annotations

from dataclasses import dataclass, field

from nb_to_flow.facts.values import NOTHING, Value

Key = tuple[int, str]


@dataclass(slots=True, eq=False)
class Frame:
    """The variables of one scope: the module's, a running function's, a class body's.

    Attributes:
        outer: the frame that free names are looked up in; None for the module.
        own: names local to this frame (for the module: all).
        is_class: class bodies are skipped when nested functions look names up.
        returns: what the function may have returned so far.
        rerun: True if a recursive call has widened the arguments, so that the body must run again.
    """

    outer: Frame | None = None
    own: set[str] = field(default_factory=set)
    values: dict[str, Value] = field(default_factory=dict)
    is_class: bool = False
    returns: Value = NOTHING
    rerun: bool = False
    globals_: set[str] = field(default_factory=set)

    def find(self, name: str) -> Frame | None:
        """The frame of this chain that owns `name`; None for the module's variables."""
        frame: Frame | None = self
        first = True
        while frame is not None and frame.outer is not None:
            if name in frame.globals_:
                return None
            if name in frame.own and (not frame.is_class or first and name in frame.values):
                return frame
            frame, first = frame.outer, False
        return None


@dataclass(slots=True)
class Path:
    """What happened on one path through a branch: values of variables that changed, names surely bound."""

    values: dict[tuple[Frame, str], Value]
    bound: set[str]
    ends: bool  # the path does not reach the end (return, raise, break, continue)
