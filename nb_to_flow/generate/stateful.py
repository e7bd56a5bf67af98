"""State of modules that is imported by name is named by its module in the flow.

A task that goes to another process is pickled with the objects its code names. `from random import random`
names a method of the module's one generator, scipy's distributions hold numpy's, `rcParams` are matplotlib's
settings: pickled, they would be copies that no seed and no drawing knows of.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from nb_to_flow.generate.imports import Entry
from nb_to_flow.ir.edits import Edit, Positions, apply_edits
from nb_to_flow.ir.notebook import Notebook, Statement
from nb_to_flow.ir.plan import FlowPlan

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
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_COMPREHENSIONS = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


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
    return all(positions.text(name) == name.id for name in _loads(statement.node, frozenset(ways)))


def by_module(notebook: Notebook, ways: Mapping[str, str]) -> dict[int, Statement]:
    """The statements that use one of the names, rewritten, by index."""
    found: dict[int, Statement] = {}
    for statement in notebook.statements if ways else ():
        positions = Positions(statement.code)
        places = ((positions.span(name), ways[name.id]) for name in _loads(statement.node, frozenset(ways)))
        edits = [Edit(start=start, end=end, text=way) for (start, end), way in places]
        if edits:
            code = apply_edits(statement.code, edits)
            found[statement.index] = replace(statement, code=code, node=ast.parse(code).body[0])
    return found


def _loads(node: ast.AST, names: frozenset[str]) -> Iterator[ast.Name]:
    """Where a name is looked up that no function, class or comprehension around it binds."""
    if isinstance(node, ast.Name):
        if isinstance(node.ctx, ast.Load) and node.id in names:
            yield node
    elif isinstance(node, _Function):
        yield from _function_loads(node, names, names)
    elif isinstance(node, ast.ClassDef):
        yield from _class_loads(node, names)
    elif isinstance(node, _COMPREHENSIONS):
        yield from _loads(node.generators[0].iter, names)
        names -= {n.id for g in node.generators for n in ast.walk(g.target) if isinstance(n, ast.Name)}
        inside = (part for k, g in enumerate(node.generators) for part in (*([g.iter] if k else []), *g.ifs))
        results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        for part in (*inside, *results):
            yield from _loads(part, names)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _loads(child, names)


def _function_loads(node: _Function, around: frozenset[str], names: frozenset[str]) -> Iterator[ast.Name]:
    """`around`: the names that count where it is defined, in a class perhaps; `names`: those in its body."""
    body = node.body if isinstance(node.body, list) else [node.body]
    inside = {id(child) for child in body}
    for child in ast.iter_child_nodes(node):
        if id(child) not in inside:
            yield from _loads(child, around)
    arguments = {argument.arg for argument in ast.walk(node.args) if isinstance(argument, ast.arg)}
    own = arguments | _bound(body)
    for child in body:
        yield from _loads(child, names - own)


def _class_loads(node: ast.ClassDef, names: frozenset[str]) -> Iterator[ast.Name]:
    """A class's own names are not those of its methods."""
    own = names - _bound(node.body)
    inside = {id(child) for child in node.body}
    for child in ast.iter_child_nodes(node):
        if id(child) not in inside:
            yield from _loads(child, names)
        elif isinstance(child, _Function):
            yield from _function_loads(child, own, names)
        else:
            yield from _loads(child, own)


def _bound(body: Iterable[ast.AST]) -> frozenset[str]:
    """Names that a body makes its own."""
    found: set[str] = set()
    outer: set[str] = set()
    stack = list(body)
    while stack:
        node = stack.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
            continue
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.add(node.id)
        elif isinstance(node, ast.alias):
            found.add(node.asname or node.name.partition(".")[0])
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
            found.add(node.name)
        elif isinstance(node, ast.Global):
            outer.update(node.names)
        if isinstance(node, _COMPREHENSIONS):
            stack += [n for n in ast.walk(node) if isinstance(n, ast.NamedExpr)]
        elif not isinstance(node, ast.Lambda):
            stack.extend(ast.iter_child_nodes(node))
    return frozenset(found - outer)
