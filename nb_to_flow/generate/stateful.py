"""State of modules that is imported by name is named by its module in the flow.

A task that goes to another process is pickled with the objects its code names. `from random import random`
names a method of the module's one generator, scipy's distributions hold numpy's, `rcParams` are matplotlib's
settings: pickled, they would be copies that no seed and no drawing knows of.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from nb_to_flow.generate.imports import Entry
from nb_to_flow.ir.edits import Edit, Positions, apply_edits
from nb_to_flow.ir.notebook import Notebook, Statement
from nb_to_flow.ir.plan import FlowPlan
from nb_to_flow.ir.scopes import global_loads

# How generated code spells the modules.
MODULES: Mapping[str, str] = {
    "random": "random",
    "numpy.random": "np.random",
    "scipy.stats": "scipy_stats",
    "matplotlib": "matplotlib",
    "matplotlib.pyplot": "plt",
    "os": "os",
    "sys": "sys",
}
_STATE = {
    "matplotlib": frozenset({"rcParams"}),
    "matplotlib.pyplot": frozenset({"rcParams"}),
    "os": frozenset({"environ"}),
    "sys": frozenset({"argv", "modules", "path", "stderr", "stdin", "stdout"}),
}
_CONTAINED = frozenset({"default_rng", "mtrand", "bit_generator"})  # of numpy.random: these hold no state
# Stars that bring the names of a module, of which it is not known which ones: then all stays as it is.
_STARS: Mapping[str, tuple[str, ...]] = {
    **{module: (module,) for module in MODULES},
    "pylab": ("numpy.random",),
    "matplotlib.pylab": ("numpy.random",),
}
_DISTRIBUTION = "scipy.stats.rv_continuous"


def state_by_name(plan: FlowPlan, entries: Sequence[Entry]) -> dict[str, str]:
    """The names of such state, with how generated code spells what they stand for ("np.random.randn").

    Names that the notebook also binds otherwise at its top level are left out, and all of their module.
    """
    if any(task.uses_globals for task in plan.tasks):
        return {}
    facts = plan.facts
    imported = set(plan.imports)
    bound = {n for k, f in enumerate(facts.statements) if k not in imported for n in f.binds | f.may_bind}
    types = {name: kind for k in plan.imports for name, kind in facts.statements[k].types.items()}
    # Distributions whose `rvs` is never called draw nothing.
    asked = [
        m for m in MODULES if m != "scipy.stats" or any("rvs" in s.code for s in facts.notebook.statements)
    ]
    found = [e for e in entries if e.module in asked and not e.level and _is_state(e, types)]
    last = {e.local: e.target for e in entries}
    lost = {e.module for e in found if e.local in bound or last[e.local] != e.target}
    lost |= {module for e in entries if e.name == "*" for module in _STARS.get(e.module, ())}
    ways = {e.local: f"{MODULES[e.module]}.{e.name}" for e in found if e.module not in lost}
    return ways if ways and all(_is_written(s, ways) for s in facts.notebook.statements) else {}


def _is_state(entry: Entry, types: Mapping[str, str]) -> bool:
    if entry.module in _STATE:
        return entry.name in _STATE[entry.module]
    if entry.module == "scipy.stats":
        return types.get(entry.local) == _DISTRIBUTION
    return entry.name[:1].islower() and entry.name not in _CONTAINED


def _is_written(statement: Statement, ways: Mapping[str, str]) -> bool:
    """False if a name stands where its place is not known: in f-strings, before Python 3.12."""
    positions = Positions(statement.code)
    return all(positions.text(name) == name.id for name in _uses(statement, ways))


def by_module(notebook: Notebook, ways: Mapping[str, str]) -> dict[int, Statement]:
    """The statements that use one of the names, rewritten, by index."""
    found: dict[int, Statement] = {}
    for statement in notebook.statements if ways else ():
        positions = Positions(statement.code)
        places = ((positions.span(name), ways[name.id]) for name in _uses(statement, ways))
        edits = [Edit(start=start, end=end, text=way) for (start, end), way in places]
        if edits:
            code = apply_edits(statement.code, edits)
            found[statement.index] = replace(statement, code=code, node=ast.parse(code).body[0])
    return found


def _uses(statement: Statement, ways: Mapping[str, str]) -> Iterator[ast.Name]:
    return (load.node for load in global_loads(statement.node) if load.node.id in ways)
