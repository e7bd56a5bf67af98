"""Types for signatures: what a reader would write beside a variable where the analysis has no need to know.

Nothing but annotations depends on them. What is not clear has none.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping

from nb_to_flow.plan.draft import Draft
from nb_to_flow.plan.expressions import Lookup, type_of_expression
from nb_to_flow.plan.versions import Version

_DEEPEST = 24


class Types:
    """Types of variables, by version."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._known: dict[Version, str] = {}
        self._depth = 0
        self._imports = _imports(draft)

    def of(self, version: Version) -> str:
        """The version's type ("pandas.DataFrame", "list[str]"), "" if it isn't clear."""
        if version not in self._known:
            self._known[version] = ""  # whoever asks again while this is worked out
            if self._depth < _DEEPEST:
                self._depth += 1
                self._known[version] = self._worked_out(version)
                self._depth -= 1
        return self._known[version]

    def _worked_out(self, version: Version) -> str:
        name, definer = version
        inferred = self._draft.versions.type_of(version)
        facts = self._draft.facts.statements[definer]
        if inferred and inferred not in ("list", "dict"):
            return inferred
        earlier = self._draft.versions.reaching.before[definer].get(name)
        old = self.of((name, earlier)) if earlier is not None else ""
        if name not in facts.binds | facts.may_bind:
            return old.partition("[")[0] if inferred else old  # what was put in may be anything
        kinds = {self._of_binding(node, name, definer) for node in self._bindings(name, definer)}
        kinds |= {old} if name in facts.may_bind else set()
        kind = kinds.pop() if len(kinds) == 1 else ""
        return kind if kind.startswith(inferred) else inferred

    def _bindings(self, name: str, definer: int) -> list[ast.AST]:
        """The places in a statement where the name gets a value."""
        node = self._draft.facts.notebook.statements[definer].node
        return [n for n in ast.walk(node) if name in _targets(n)]

    def _of_binding(self, node: ast.AST, name: str, definer: int) -> str:
        lookup = self._lookup(definer)
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name) and target.id == name:
                    return type_of_expression(node.value, lookup)
                if isinstance(target, (ast.Tuple, ast.List)):
                    return _of_part(target, name, node.value, lookup)
        if isinstance(node, ast.AnnAssign) and node.value is not None:
            return type_of_expression(node.value, lookup)
        if isinstance(node, ast.AugAssign):
            return type_of_expression(ast.BinOp(left=ast.Name(id=name), op=node.op, right=node.value), lookup)
        return ""

    def _lookup(self, index: int) -> Lookup:
        before = self._draft.versions.reaching.before[index]

        def variable(name: str) -> str:
            return self.of((name, before[name])) if name in before else ""

        return Lookup(variable=variable, imports=self._imports)


def _imports(draft: Draft) -> Mapping[str, str]:
    """What the names that are imported at module level stand for."""
    found = {}
    for index in sorted(draft.imports):
        node = draft.facts.notebook.statements[index].node
        for inner in ast.walk(node):
            if isinstance(inner, ast.Import):
                found.update(
                    {
                        a.asname or a.name.split(".")[0]: a.name if a.asname else a.name.split(".")[0]
                        for a in inner.names
                    }
                )
            elif isinstance(inner, ast.ImportFrom) and not inner.level:
                found.update({a.asname or a.name: f"{inner.module}.{a.name}" for a in inner.names})
    return found


def _targets(node: ast.AST) -> frozenset[str]:
    """Names that the node itself binds."""
    parts: list[ast.AST] = []
    if isinstance(node, ast.Assign):
        for target in node.targets:
            parts += target.elts if isinstance(target, (ast.Tuple, ast.List)) else [target]
    elif isinstance(node, (ast.AnnAssign, ast.AugAssign, ast.NamedExpr, ast.For, ast.AsyncFor)):
        parts += ast.walk(node.target)
    elif isinstance(node, ast.withitem) and node.optional_vars is not None:
        parts += ast.walk(node.optional_vars)
    return frozenset(p.id for p in parts if isinstance(p, ast.Name))


def _of_part(target: ast.Tuple | ast.List, name: str, value: ast.expr, lookup: Lookup) -> str:
    """The type of one of several targets."""
    place = next(k for k, t in enumerate(target.elts) if isinstance(t, ast.Name) and t.id == name)
    if any(isinstance(t, ast.Starred) for t in target.elts):
        return ""
    if isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts):
        return type_of_expression(value.elts[place], lookup)
    if isinstance(value, ast.Attribute) and value.attr == "shape":
        return "int"
    if not isinstance(value, ast.Call):
        return ""
    called = lookup.resolve(value.func)
    if called.endswith(".train_test_split") and len(value.args) * 2 == len(target.elts):
        return type_of_expression(value.args[place // 2], lookup)
    if called == "matplotlib.pyplot.subplots":
        return "matplotlib.figure.Figure" if not place else "matplotlib.axes.Axes" if not value.args else ""
    if called in (
        "numpy.linalg.eig",
        "numpy.linalg.eigh",
        "numpy.linalg.qr",
        "numpy.linalg.svd",
        "numpy.histogram",
    ):
        return "numpy.ndarray"
    return ""
