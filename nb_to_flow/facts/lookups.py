"""Texts that name variables: libraries look them up in the frame of whoever calls."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator, Sequence

from nb_to_flow.facts.access import Attributes
from nb_to_flow.facts.arguments import Arguments
from nb_to_flow.facts.roles import is_constant, is_import
from nb_to_flow.facts.values import Value
from nb_to_flow.ir.facts import Access, ResourceKind
from nb_to_flow.ir.scopes import bound_names, declared_global

MARKED = re.compile(r"@(\w+)")
WORD = re.compile(r"(?<![\w.])[^\W\d]\w*")
CALLED = re.compile(r"(?<![\w.])([^\W\d]\w*)\s*[(.]")
# modules whose functions take a formula: "y ~ f(x)"
FORMULAS = ("statsmodels.formula.", "patsy.", "linearmodels.", "formulaic.")
# functions whose first argument is an expression or a query over variables
OF_DUCKDB = frozenset({"execute", "from_query", "query", "query_df", "sql"})
EXPRESSIONS = frozenset({"pandas.eval", "numexpr.evaluate", "pandasql.sqldf"}) | {
    f"duckdb.{name}" for name in OF_DUCKDB
}
_OF_FORMULA = "0|formula|formula_like"
_OF_EXPRESSION = "0|expr|ex|query"


def settled_names(nodes: Sequence[ast.stmt]) -> frozenset[str]:
    """Variables that nothing binds but one import, definition or literal: they can stand at module level."""
    times = Counter(name for node in nodes for name in (*bound_names([node]), *declared_global(node)))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    settling = (n for n in nodes if isinstance(n, kinds) or is_import(n) or is_constant(n))
    return frozenset(name for node in settling for name in bound_names([node]) if times[name] == 1)


class Lookups(Attributes):
    """Calls functions that look up by name what a text names."""

    def call_library(self, name: str, args: Arguments, node: ast.AST) -> Value:
        """Call a library's function or class by qualified name."""
        if name.startswith(FORMULAS) or name.endswith(".from_formula"):
            looks_up = self._looks_up_formula(args)
            made = super().call_library(name, args, node)
            self.models.update(self.mutable(made))
            if looks_up:
                self.formulas.update(self.mutable(made))
            return made
        if name in EXPRESSIONS:
            self._load_named(WORD, args, _OF_EXPRESSION)
        return super().call_library(name, args, node)

    def quoted_names(self, receivers: Value, method: str, args: Arguments) -> None:
        """`df.query("x > @limit")` reads the variable `limit`, `connection.sql("select * from df")` reads `df`."""
        if method in OF_DUCKDB and any(self.heap.types[obj].startswith("duckdb.") for obj in receivers):
            self._load_named(WORD, args, _OF_EXPRESSION)
        elif method in ("query", "eval"):
            self._load_named(MARKED, args, "0|expr")

    def _looks_up_formula(self, args: Arguments) -> bool:
        """`smf.ols("y ~ f(x)", df)` reads the function `f` (and any variable that is no column).

        True if it calls any but those that statsmodels finds by itself when it unpickles a model.
        """
        self._load_named(WORD, args, _OF_FORMULA)
        called = {name for text in self._texts_of(args, _OF_FORMULA) for name in CALLED.findall(text)}
        return bool(called & self.module.values.keys() - {"np", "pd"})

    def _load_named(self, pattern: re.Pattern[str], args: Arguments, target: str) -> None:
        """Read the variables that the argument's texts name."""
        for name in (name for text in self._texts_of(args, target) for name in pattern.findall(text)):
            is_local = self.frame.outer is not None and self.frame.find(name) is not None
            if not is_local and name in self.module.values:
                self.maybe_called(self.load(name), Arguments(), ast.Pass())
                if self.frame is not self.module and name not in self.settled:
                    # The function's code doesn't name it: a variable of a task would not be found.
                    self.record.effect(ResourceKind.EVERYTHING, Access.WRITE, name)

    def _texts_of(self, args: Arguments, target: str) -> Iterator[str]:
        """The texts that the argument may be; of one that is put together, its parts."""
        known = self.texts(args.get(target))
        yield from known
        if not known and args.nodes:
            for part in ast.walk(args.nodes[0]):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value
