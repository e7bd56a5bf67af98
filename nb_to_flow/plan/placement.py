"""What leaves the tasks: imports, settings, pure definitions; and what each task may repeat for itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from nb_to_flow.ir.diagnostics import Diagnostic, Severity
from nb_to_flow.ir.facts import DEFINITIONS, Access, ResourceKind, Role, StatementFacts
from nb_to_flow.plan.constants import formulas
from nb_to_flow.plan.draft import Draft, finding

_STATE_KINDS = frozenset({ResourceKind.AMBIENT, ResourceKind.ENVIRONMENT})
_HARMLESS = frozenset({ResourceKind.STDOUT, ResourceKind.DISPLAY})
_PER_THREAD = frozenset({"decimal"})  # libraries whose settings a module can't make for all threads


def place_imports(draft: Draft) -> Draft:
    """Hoist imports. Names that two different imports fight over are imported in each task instead."""
    statements = draft.facts.notebook.statements
    seen: set[str] = set()
    hoisted: set[int] = set()
    dropped: set[int] = set()
    contested: set[int] = set()
    meanings = _import_meanings(draft)
    for facts in draft.facts.statements:
        if facts.role is not Role.IMPORT:
            continue
        index = facts.statement
        text = ast.dump(statements[index].node)
        names = facts.binds | facts.may_bind
        hidden = names & draft.versions.used_as_builtins
        single = all(len(meanings[n]) == 1 for n in names) and not hidden
        if _is_star(statements[index].node) or single:
            (dropped if text in seen else hoisted).add(index)
            seen.add(text)
        if _is_star(statements[index].node):
            continue  # allowed at module level only
        if hidden or any(_has_other_binder(draft, n) or len(meanings[n]) > 1 for n in names):
            contested.add(index)
    contested = {i for i in _sharing_names(draft, contested) if not _is_star(statements[i].node)}
    # A contested import that is hoisted too serves the module's functions; tasks that bind its names
    # themselves repeat it.
    return replace(
        draft,
        imports=draft.imports | hoisted,
        dropped=draft.dropped | (dropped - contested),
        repeatable=draft.repeatable | contested,
        diagnostics=(*draft.diagnostics, *_written_modules(draft, hoisted)),
    )


def _written_modules(draft: Draft, hoisted: set[int]) -> Iterator[Diagnostic]:
    """Imports of modules that the notebook writes itself: the flow imports them before that."""
    effects = (e for s in draft.facts.statements for e in s.effects)
    written = {e.name for e in effects if e.kind is ResourceKind.FILE and e.access is not Access.READ}
    for index in sorted(hoisted):
        node = draft.facts.notebook.statements[index].node
        modules = (
            [a.name for a in node.names]
            if isinstance(node, ast.Import)
            else [getattr(node, "module", "") or ""]
        )
        for module in modules:
            if (file := f"{module.replace('.', '/')}.py") in written:
                yield finding(
                    "NB412",
                    Severity.WARNING,
                    f"The flow imports {module} when it is loaded, before it writes {file}: what an earlier run wrote, if any.",
                    f"Keep {file} as a file of its own beside the notebook.",
                    span=draft.span(index),
                )


def _sharing_names(draft: Draft, contested: set[int]) -> set[int]:
    """`contested` and all imports that bind a name of theirs too."""
    while True:
        names = {
            n for i in contested for n in draft.facts.statements[i].binds | draft.facts.statements[i].may_bind
        }
        wider = {
            b
            for n in names
            for b in draft.versions.binders[n]
            if draft.facts.statements[b].role is Role.IMPORT
            and not _is_star(draft.facts.notebook.statements[b].node)
        }
        if wider <= contested:
            return contested
        contested = contested | wider


def _import_meanings(draft: Draft) -> dict[str, set[str]]:
    """For each imported name what it can stand for."""
    meanings: dict[str, set[str]] = {}
    for facts in draft.facts.statements:
        if facts.role is Role.IMPORT:
            node = draft.facts.notebook.statements[facts.statement].node
            named = dict(_aliases(node))
            for name in facts.binds | facts.may_bind:
                meanings.setdefault(name, set()).add(named.get(name, ast.dump(node)))
    return meanings


def _aliases(node: ast.stmt) -> Iterator[tuple[str, str]]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield (
                alias.asname or alias.name.split(".")[0],
                alias.name if alias.asname else alias.name.split(".")[0],
            )
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield alias.asname or alias.name, f"{'.' * node.level}{node.module or ''}:{alias.name}"


def _is_star(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and any(a.name == "*" for a in node.names)


def _has_other_binder(draft: Draft, name: str) -> bool:
    """True if something besides imports binds the name."""
    facts = draft.facts.statements
    return any(facts[b].role is not Role.IMPORT for b in draft.versions.binders.get(name, ()))


def place_definitions(draft: Draft) -> Draft:
    """Hoist functions and classes that need only what is hoisted; the others go with their users.

    The largest set of definitions that need nothing outside of it: start with all, take out until stable.
    """
    statements = draft.facts.statements
    hoistable = {s.statement for s in statements if s.role in DEFINITIONS - {Role.IMPORT} | {Role.CONSTANT}}
    hoistable |= formulas(draft)
    hoistable = {i for i in hoistable if _is_single(draft, i)} - draft.parameter_statements - draft.secret
    while True:
        kept = {i for i in hoistable if _needs_only(draft, i, hoistable)}
        if kept == hoistable:
            break
        hoistable = kept
    functions = {i for i in hoistable if statements[i].role in DEFINITIONS}
    constants = _constants_of(draft, functions, hoistable - functions)
    local = {
        s.statement
        for s in statements
        if s.role in (Role.FUNCTION, Role.CLASS) and s.statement not in functions
    }
    copies = _same_text(draft, functions)
    seen = {d for before in draft.versions.reaching.before for d in before.values()}
    unused = {i for i in local if i not in seen}
    anchored = {i for i in local if _is_anchored(draft, i, functions | constants)}
    notes = tuple(
        finding(
            "NB404",
            Severity.INFO,
            f"{', '.join(sorted(draft.facts.statements[i].binds))} is never used and left out.",
            span=draft.span(i),
        )
        for i in sorted(unused - anchored)
    )
    return replace(
        draft,
        definitions=draft.definitions | ((functions | constants) - copies),
        dropped=draft.dropped | copies | (unused - anchored),
        repeatable=draft.repeatable | (local - anchored - unused),
        diagnostics=draft.diagnostics + notes,
    )


def _is_single(draft: Draft, index: int) -> bool:
    """True if the statement alone binds its names, for good; the same text twice counts as one."""
    facts = draft.facts.statements[index]
    statements = draft.facts.notebook.statements
    if facts.changes or facts.may_bind or facts.mutations or facts.binds & draft.versions.used_as_builtins:
        return False
    if facts.binds & draft.versions.declared_global:
        return False
    for name in facts.binds:
        binders = draft.versions.binders[name]
        if name in draft.versions.changed:
            return False
        if len(binders) > 1:
            if any(draft.facts.statements[b].role is not facts.role for b in binders):
                return False
            if facts.role is Role.CONSTANT:
                return False
            texts = {ast.dump(statements[b].node) for b in binders}
            if len(texts) > 1:
                return False
    return True


def _same_text(draft: Draft, functions: set[int]) -> set[int]:
    """Hoisted definitions that only say again what an earlier one said."""
    first: dict[str, int] = {}
    again = set()
    for index in sorted(functions):
        for name in draft.facts.statements[index].binds:
            if first.setdefault(name, index) != index:
                again.add(index)
    return again


def _needs_only(draft: Draft, index: int, hoistable: set[int]) -> bool:
    """True if the definition and its body use builtins, imports and hoistable definitions only."""
    facts = draft.facts.statements[index]
    if any(e.kind not in _HARMLESS for e in facts.effects) and facts.role is not Role.FUNCTION:
        return False
    if facts.rebinds:
        return False
    return all(_is_global(draft, name, hoistable) for name in facts.free | draft.versions.asked[index])


def can_be_hoisted(draft: Draft, index: int) -> bool:
    """True for a function that uses only what is at module level, itself and builtins."""
    facts = draft.facts.statements[index]
    versions = draft.versions
    special = versions.changed | versions.declared_global | versions.used_as_builtins
    if facts.role is not Role.FUNCTION or facts.changes or facts.may_bind or facts.mutations or facts.rebinds:
        return False
    needed = (facts.free | versions.asked[index]) - facts.binds
    return not facts.binds & special and all(_is_global(draft, n, draft.definitions) for n in needed)


def _is_global(draft: Draft, name: str, hoistable: frozenset[int] | set[int]) -> bool:
    binders = draft.versions.binders.get(name, ())
    facts = draft.facts.statements
    if all(facts[b].role is Role.IMPORT for b in binders):
        return not any(b in draft.repeatable for b in binders)
    return all(b in hoistable for b in binders)


def _constants_of(draft: Draft, functions: set[int], constants: set[int]) -> set[int]:
    """Those of the constants that the hoisted functions use, and those that these are computed of."""
    binder = {name: i for i in constants for name in draft.facts.statements[i].binds}
    found: set[int] = set()
    stack = list(functions)
    while stack:
        user = stack.pop()
        names = draft.facts.statements[user].free | draft.versions.asked[user]
        more = {binder[n] for n in names if n in binder} - found
        found |= more
        stack += more
    return found


def _is_anchored(draft: Draft, index: int, hoisted: set[int]) -> bool:
    """True if making the definition has an effect or takes data: it is made once, at its place."""
    facts = draft.facts.statements[index]
    node = draft.facts.notebook.statements[index].node
    if facts.changes or facts.mutations or any(e.kind not in _HARMLESS for e in facts.effects):
        return True
    if facts.binds & draft.versions.changed:  # it remembers something in a default or an attribute
        return True
    before = draft.versions.reaching.before[index]
    plain = _plain_defaults(node)
    for name in draft.versions.asked[index]:
        definer = before.get(name)
        if definer is None or definer in hoisted or definer in draft.parameter_statements:
            continue
        again = name in plain and name not in draft.versions.changed
        if draft.facts.statements[definer].role is Role.COMPUTE and not again:
            return True
    return False


def _plain_defaults(node: ast.stmt) -> frozenset[str]:
    """Names that are defaults as they stand: each task may look them up again."""
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return frozenset()
    defaults = [*node.args.defaults, *(d for d in node.args.kw_defaults if d)]
    elsewhere = [*node.decorator_list, *(d for d in defaults if not isinstance(d, ast.Name))]
    used = {n.id for part in elsewhere for n in ast.walk(part) if isinstance(n, ast.Name)}
    return frozenset(d.id for d in defaults if isinstance(d, ast.Name)) - used


def place_settings(draft: Draft) -> Draft:
    """Hoist settings that nothing before them could have noticed; later ones are repeated where they matter."""
    watched = {
        e.source for e in draft.graph.edges if e.names[0].endswith("settings") or e.names[0] == "environment"
    } | {
        e.target for e in draft.graph.edges if e.names[0].endswith("settings") or e.names[0] == "environment"
    }
    secret, hoisted, repeated = draft.secret, set(), set()
    for facts in draft.facts.statements:
        if facts.role is not Role.SETTING:
            continue
        index = facts.statement
        is_everywhere = not any(
            e.kind is ResourceKind.AMBIENT and e.name in _PER_THREAD for e in facts.effects
        )
        if is_everywhere and index not in watched and index not in secret and _is_free(draft, facts):
            hoisted.add(index)
        elif not facts.binds and not facts.may_bind:
            repeated.add(index)
    return replace(draft, settings=draft.settings | hoisted, repeatable=draft.repeatable | repeated)


def _is_free(draft: Draft, facts: StatementFacts) -> bool:
    """True if the statement uses only imports and hoisted definitions."""
    before = draft.versions.reaching.before[facts.statement]
    return all(
        before.get(n, -1) in draft.module_level or n not in before
        for n in draft.versions.asked[facts.statement]
    )


def place_seeds(draft: Draft) -> Draft:
    """Statements that do nothing but seed move to the next draw; without a draw they become settings."""
    moved: dict[int, int] = {}
    settings = set()
    for facts in draft.facts.statements:
        seeds = {e.name for e in facts.effects if e.kind is ResourceKind.RANDOM}
        # As the last statement of a cell it would show its value, but seeding has none.
        effects = [e for e in facts.effects if e.kind not in (ResourceKind.DISPLAY, ResourceKind.AMBIENT)]
        only = bool(seeds) and all(e.access is Access.SEED for e in effects)
        if not only or facts.binds or facts.may_bind or facts.changes:
            continue
        draws = [d for d in _draws(draft, seeds) if d not in moved]
        later = [d for d in draws if d > facts.statement]
        if later:
            moved[facts.statement] = later[0]
        elif not draws and _is_free(draft, facts):
            settings.add(facts.statement)
    return replace(draft, seed_targets=moved, settings=draft.settings | settings)


def _draws(draft: Draft, generators: set[str]) -> list[int]:
    """Statements that draw from any of the generators, in order."""
    return [
        s.statement
        for s in draft.facts.statements
        if any(
            e.kind is ResourceKind.RANDOM and e.access is Access.DRAW and e.name in generators
            for e in s.effects
        )
    ]


def drop_deletions(draft: Draft) -> Draft:
    """`del name` has no use in a task: its variables end with it."""
    dropped = {
        s.index
        for s in draft.facts.notebook.statements
        if isinstance(s.node, ast.Delete) and all(isinstance(t, ast.Name) for t in s.node.targets)
    }
    return replace(draft, dropped=draft.dropped | dropped)
