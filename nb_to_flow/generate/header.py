"""The order of what stands above the tasks: imports, settings and definitions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nb_to_flow.generate.context import Context
from nb_to_flow.generate.imports import SPLIT, Entry, entries_of, import_code, needed
from nb_to_flow.generate.stars import runs
from nb_to_flow.ir.facts import ResourceKind

_BEFORE_IMPORTS = frozenset({ResourceKind.ENVIRONMENT, ResourceKind.DIRECTORY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Statements by place.

    Attributes:
        early: settings that later imports rely on (`sys.path.append(...)`), with what they need themselves.
        settings: the other settings, with the definitions they need before them.
        definitions: the rest of the definitions.
        segments: import blocks: entries, or a compound import or early statement by its index.
    """

    early: tuple[int, ...]
    settings: tuple[int, ...]
    definitions: tuple[int, ...]
    segments: tuple[tuple[Entry, ...] | int, ...]

    def blocks(
        self, used: frozenset[str], looked_up: frozenset[str], own: tuple[Entry, ...]
    ) -> Iterator[str | int]:
        """The imports in order: source text of a block, or the index of a statement between blocks.

        `looked_up` are names that are used without being named, `own` is what generated code uses.
        """
        entries = [e for segment in self.segments if not isinstance(segment, int) for e in segment]
        wanted = needed(entries, used | looked_up, own)
        new = [e for e in wanted if e not in entries]
        seen: set[Entry] = set()
        # What generated code uses comes first, but for what the stars of the notebook would hide.
        has_star = any(e.name == "*" for e in entries)
        place = len(self.segments) - 1 if has_star else 0
        for position, segment in enumerate(self.segments):
            if isinstance(segment, int):
                yield segment
                continue
            block = [e for e in dict.fromkeys(segment) if e in wanted and e not in seen]
            seen.update(block)
            if position == place:
                block = [*block, *new] if has_star else [*new, *block]
            yield f"\n\n{SPLIT}\n".join("\n".join(import_code(run, used)) for run in runs(block))


def make_header(context: Context) -> Header:
    """Order the statements that the plan hoisted."""
    plan = context.plan
    last_import = max(plan.imports, default=-1)
    early = tuple(i for i in plan.settings if i < last_import and _is_early(i, context))
    early = _with_needs(early, context)
    settings = tuple(i for i in _with_needs(plan.settings, context) if i not in early)
    placed = {*early, *settings}
    return Header(
        early=early,
        settings=settings,
        definitions=tuple(i for i in plan.definitions if i not in placed),
        segments=tuple(_segments(early, context)),
    )


def _is_early(index: int, context: Context) -> bool:
    effects = context.facts(index).effects
    touches_path = "sys.path" in context.statement(index).code
    return touches_path or any(effect.kind in _BEFORE_IMPORTS for effect in effects)


def _with_needs(indexes: tuple[int, ...], context: Context) -> tuple[int, ...]:
    """The statements, and before them the definitions they use."""
    plan = context.plan
    binder = {name: i for i in plan.definitions for name in context.facts(i).binds}
    ordered: dict[int, None] = {}

    def add(index: int) -> None:
        if index in ordered:
            return
        facts = context.facts(index)
        for needed_index in sorted(
            {binder[n] for n in facts.reads | facts.calls | facts.free if n in binder} - {index}
        ):
            if needed_index < index:
                add(needed_index)
        ordered[index] = None

    for index in indexes:
        add(index)
    return tuple(ordered)


def _segments(early: tuple[int, ...], context: Context) -> Iterator[tuple[Entry, ...] | int]:
    block: list[Entry] = []
    in_order = sorted({*context.plan.imports, *early})
    for index in in_order:
        entries = None if index in early else entries_of(context.statement(index))
        if entries is not None:
            block += [e for e in entries if e.local not in context.dotted]
            continue
        yield tuple(block)
        block = []
        yield index
    yield tuple(block)
