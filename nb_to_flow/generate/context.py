"""What the parts of the generator need to know about the whole module."""

from __future__ import annotations

import ast
import builtins
import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from nb_to_flow.generate.imports import Entry, entries_of, import_targets, parse_entries, resolve
from nb_to_flow.generate.stars import may_bind, targets
from nb_to_flow.generate.stateful import by_module, state_by_name
from nb_to_flow.ir.facts import ResourceKind, StatementFacts
from nb_to_flow.ir.flow import GenerateOptions
from nb_to_flow.ir.helpers import HELPERS
from nb_to_flow.ir.notebook import Statement
from nb_to_flow.ir.plan import FlowPlan, Parameter, SourceKind
from nb_to_flow.ir.scopes import bound_anywhere

# What generated code may use; those it does use are imported.
OWN_IMPORTS = parse_entries(
    """\
import asyncio
import base64
import builtins
import functools
import io
import logging
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import os
import pandas as pd
import pydoc
import random
import re
import sys
import threading
from collections.abc import Awaitable, Callable
from copy import deepcopy
from functools import partial
from pprint import pformat
from typing import Annotated, Any, Literal
from prefect import flow, task
from prefect.artifacts import create_image_artifact, create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.task_runners import ThreadPoolTaskRunner
from prefect.utilities import math as prefect_math
from pydantic import Field
from scipy import stats as scipy_stats
from websockets import client
from websockets.asyncio import connection
"""
    + "\n".join(line for helper in HELPERS.values() for line in helper.imports)
)

_MAKES_IMAGES = re.compile(
    r"(PIL|graphviz|pydotplus|pygraphviz)\b|IPython\.(core\.)?display(\.(Image|SVG))?$|IPython$"
)
_CLASSES = re.compile(r"\b[a-z]\w*\.[A-Z]\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Facts about the module that is being generated.

    Attributes:
        imports: what each name that the notebook imports stands for.
        bound: all names that the notebook's code binds anywhere, in functions too.
        top: names that the notebook's statements bind at its top level.
        spelled: dotted names of classes in the notebook's code ("svm.SVC").
        dotted: how the flow names callable objects that star imports bring and the state of modules: a flow is
            pickled with the objects that it names itself, and not all of these can be.
        rewritten: statements that spell such names otherwise than in the notebook, by index.
        own: names of generated code that had to change because the notebook uses them otherwise.
        open_cells: cells that may print less than a line, which ends with the cell.
        draws: True if pyplot is used.
    """

    plan: FlowPlan
    options: GenerateOptions
    imports: Mapping[str, str]
    entries: tuple[Entry, ...]
    bound: frozenset[str]
    top: frozenset[str]
    spelled: frozenset[str]
    dotted: Mapping[str, str]
    rewritten: Mapping[int, Statement]
    own: Mapping[str, str]
    open_cells: frozenset[int]
    draws: bool

    @property
    def has_images(self) -> bool:
        """True if the notebook imports what makes pictures other than pyplot's."""
        return any(_MAKES_IMAGES.match(target) for target in self.imports.values())

    @property
    def joins_lines(self) -> bool:
        """True if something prints less than a line, so that `print` has to collect lines."""
        return bool(self.open_cells)

    def statement(self, index: int) -> Statement:
        """A statement of the notebook."""
        return self.rewritten.get(index) or self.plan.facts.notebook.statements[index]

    def facts(self, index: int) -> StatementFacts:
        """The facts of a statement."""
        return self.plan.facts.statements[index]

    def name(self, canonical: str) -> str:
        """What a name of generated code is called in this module."""
        return self.own.get(canonical, canonical)

    def renamed(self, code: str) -> str:
        """Generated code, without names of the notebook's, with its names as they are called in this module."""
        return renamed(code, self.own)

    def has_effect(self, index: int, kind: ResourceKind) -> bool:
        """True if a statement may touch that kind of resource."""
        return any(effect.kind is kind for effect in self.facts(index).effects)

    def parameters_of(self, index: int) -> tuple[Parameter, ...]:
        """The flow's parameters that a statement gave their values."""
        return tuple(p for p in self.plan.parameters if p.statement == index)

    def is_builtin(self, name: str) -> bool:
        """True if the notebook gives a builtin's name no other meaning."""
        return name not in self.bound


def make_context(plan: FlowPlan, options: GenerateOptions, helpers: frozenset[str]) -> Context:
    """The context of a plan; `helpers` are the names of the functions generated code may define."""
    notebook = plan.facts.notebook
    entries = tuple(entry for index in plan.imports for entry in entries_of(notebook.statements[index]) or ())
    own_ones = {n for s in notebook.statements if s.index not in plan.imports for n in bound_anywhere(s.node)}
    bound = frozenset(own_ones).union(*(bound_anywhere(notebook.statements[i].node) for i in plan.imports))
    top = frozenset(name for f in plan.facts.statements for name in f.binds | f.may_bind)
    imports = import_targets(entries)
    state = state_by_name(plan, entries)
    taken = bound - (state.keys() - own_ones) | _task_names(plan) | _from_stars(plan, entries, bound)
    facts = plan.facts.statements
    passed = {*plan.imports, *plan.dropped}
    rebound = {n for k, f in enumerate(facts) if k not in passed for n in f.binds | f.may_bind}
    known = {
        local: target for local, target in {**targets(entries), **imports}.items() if local not in rebound
    }
    own = _own_names(taken, known, helpers)
    own |= {name: f"{own.get('builtins', 'builtins')}.{name}" for name in _hidden_builtins(plan)}
    ways = {name: renamed(way, own) for name, way in state.items()}
    return Context(
        plan=plan,
        options=options,
        imports=imports,
        entries=entries,
        bound=bound,
        top=top,
        spelled=frozenset(w for s in notebook.statements for w in _CLASSES.findall(s.code)),
        dotted={**_dotted(plan, imports, taken), **ways},
        rewritten=by_module(notebook, ways),
        own=own,
        draws=_draws(plan, imports),
        open_cells=frozenset() if "print" in bound else _open_cells(plan, imports),
    )


def renamed(code: str, own: Mapping[str, str]) -> str:
    """Generated code with other names, but for attributes, keywords and what is in strings."""
    lines = code.split("\n")
    tokens = list(_tokens(code)) if own else []
    for k in reversed(range(len(tokens))):
        token = tokens[k]
        before = tokens[k - 1].string if k else ""
        after = tokens[k + 1].string if k + 1 < len(tokens) else ""
        is_keyword = after == "=" and before in ("(", ",")
        if token.type == tokenize.NAME and token.string in own and before != "." and not is_keyword:
            (row, start), (_, end) = token.start, token.end
            line = lines[row - 1]
            lines[row - 1] = line[:start] + own[token.string] + line[end:]
    return "\n".join(lines)


def _tokens(code: str) -> Iterator[tokenize.TokenInfo]:
    # The start of a call alone has brackets that are never closed.
    with suppress(tokenize.TokenError):
        yield from tokenize.generate_tokens(io.StringIO(code).readline)


def _task_names(plan: FlowPlan) -> frozenset[str]:
    return frozenset({plan.name, *(task.name for task in plan.tasks)})


def _from_stars(plan: FlowPlan, entries: Iterable[Entry], bound: frozenset[str]) -> frozenset[str]:
    """Names that the notebook has, or may have, from star imports: those it uses and binds nowhere."""
    stars = [entry for entry in entries if entry.name == "*"]
    if not stars:
        return frozenset()
    known = {name for index in plan.imports for name in plan.facts.statements[index].binds}
    loaded = {
        node.id
        for statement in plan.facts.notebook.statements
        for node in ast.walk(statement.node)
        if isinstance(node, ast.Name) and any(may_bind(star, node.id) for star in stars)
    }
    return frozenset(known | loaded) - bound


def _dotted(plan: FlowPlan, imports: Mapping[str, str], taken: frozenset[str]) -> dict[str, str]:
    results = {source.name for _, source in plan.results if source.kind is SourceKind.CONSTANT}
    found: dict[str, str] = {}
    for index in plan.imports:
        facts = plan.facts.statements[index]
        for entry in entries_of(plan.facts.notebook.statements[index]) or ():
            root = entry.module.partition(".")[0]
            if entry.name == "*" and not entry.level and (root not in taken or imports.get(root) == root):
                names = (name for name in results & facts.binds if facts.types.get(name) == "callable")
                found.update({name: f"{entry.module}.{name}" for name in names})
    return found


def _own_names(taken: frozenset[str], imports: Mapping[str, str], helpers: frozenset[str]) -> dict[str, str]:
    """New names for those of generated code that are taken."""
    local: dict[str, str] = {}
    for name, target in imports.items():
        local.setdefault(target, name)
    wishes = {
        "plt": local.get("matplotlib.pyplot", "plt"),
        "np": local.get("numpy", "np"),
        "pd": local.get("pandas", "pd"),
        "scipy_stats": local.get("scipy.stats", "scipy_stats" if "stats" in taken else "stats"),
    }
    found: dict[str, str] = {}
    for entry in OWN_IMPORTS:
        wish = wishes.get(entry.local, entry.local)
        if wish in taken and imports.get(wish) != entry.target:
            is_prefect = entry.module.startswith("prefect")
            wish = _free(f"prefect_{wish}" if is_prefect else f"{wish}_module", taken)
        if wish != entry.local:
            found[entry.local] = wish
    return found | {name: _free(f"{name}_output", taken) for name in helpers & taken - {"print"}}


def _free(name: str, taken: frozenset[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _hidden_builtins(plan: FlowPlan) -> frozenset[str]:
    """Builtins that the module gives another meaning."""
    placed = {*plan.imports, *plan.settings, *plan.definitions}
    placed |= {step.statement for task in plan.tasks if task.uses_globals for step in task.steps}
    facts = (plan.facts.statements[index] for index in placed)
    return frozenset(n for f in facts for n in f.binds | f.may_bind if hasattr(builtins, n))


def own_entries(context: Context) -> list[Entry]:
    """What generated code may import, under the names used in this module."""
    entries: list[Entry] = []
    for entry in OWN_IMPORTS:
        actual = context.name(entry.local)
        bound = actual if actual != (entry.name or entry.module) else ""
        entries.append(Entry(module=entry.module, name=entry.name, bound=bound))
    known = {entry.local for entry in entries}
    modules = dict.fromkeys(way.rpartition(".")[0] for way in context.dotted.values())
    return entries + [Entry(module=module) for module in modules if module.partition(".")[0] not in known]


def _draws(plan: FlowPlan, imports: Mapping[str, str]) -> bool:
    if any(target.startswith(("matplotlib.pyplot", "pylab", "seaborn")) for target in imports.values()):
        return True
    steps = (step.statement for task in plan.tasks for step in task.steps)
    return any(e.kind is ResourceKind.PYPLOT for s in steps for e in plan.facts.statements[s].effects)


def _open_cells(plan: FlowPlan, imports: Mapping[str, str]) -> frozenset[int]:
    """Cells with statements that print, or call something that prints, less than a line."""
    statements = plan.facts.notebook.statements
    printers = {s.index for s in statements if _prints_partially(s, imports)}
    names = {name for index in printers for name in plan.facts.statements[index].binds}
    return frozenset(
        s.cell for s in statements if s.index in printers or plan.facts.statements[s.index].calls & names
    )


def _prints_partially(statement: Statement, imports: Mapping[str, str]) -> bool:
    if "print" not in statement.code and "stdout" not in statement.code:
        return False
    calls = (node for node in ast.walk(statement.node) if isinstance(node, ast.Call))
    return any(is_partial_print(call, imports) for call in calls)


def is_partial_print(call: ast.Call, imports: Mapping[str, str]) -> bool:
    """True if a call prints to the standard output and may leave its last line open."""
    name = resolve(call.func, imports)
    if name == "sys.stdout.write":
        return True
    if name != "print" or any(k.arg == "file" for k in call.keywords):
        return False
    ends = [k.value for k in call.keywords if k.arg in ("end", None)]
    return any(
        not (isinstance(e, ast.Constant) and str("\n" if e.value is None else e.value).endswith("\n"))
        for e in ends
    )
