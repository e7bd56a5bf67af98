"""What tells a piece from the others of its task, in few words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nb_to_flow.batches.canonical import digest
from nb_to_flow.batches.recorder import Draft

_LONGEST = 60
_PLAIN = (bool, int, float, str)


def label_all(drafts: Mapping[str, Draft]) -> dict[str, str]:
    """A label for each piece: its arguments that differ between the pieces of its task.

    A piece whose own arguments are all results of others has their labels.
    """
    differing = _differing(drafts)
    parts: dict[str, dict[str, None]] = {}
    for key, draft in drafts.items():
        own = [
            f"{name}={_shown(value)}"
            for name, value in draft.arguments.value.items()
            if name in differing[draft.function] and _is_plain(value)
        ]
        inherited = [part for other in draft.upstream for part in parts.get(other, {})]
        parts[key] = dict.fromkeys([*inherited, *own] if own or len(differing[draft.function]) else [])
    return {key: _joined(found) for key, found in parts.items()}


def _differing(drafts: Mapping[str, Draft]) -> dict[str, set[str]]:
    """By task, the arguments that are not the same in all of its pieces."""
    first: dict[str, dict[str, str]] = {}
    differing: dict[str, set[str]] = {}
    for draft in drafts.values():
        seen = {name: digest(value) for name, value in draft.arguments.value.items()}
        known = first.setdefault(draft.function, seen)
        names = differing.setdefault(draft.function, set())
        if known is not seen:
            names.update(name for name in seen if known.get(name) != seen[name])
    return differing


def _is_plain(value: Any) -> bool:
    return isinstance(value, _PLAIN) or value is None or hasattr(value, "isoformat")


def _shown(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 24 else text[:23] + "…"


def _joined(parts: Mapping[str, None]) -> str:
    text = ", ".join(parts)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
