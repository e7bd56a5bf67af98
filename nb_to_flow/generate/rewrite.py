"""The few changes that the author's statements need to do the same in a task as they did in a cell."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nb_to_flow.generate.context import Context
from nb_to_flow.generate.imports import resolve
from nb_to_flow.generate.keys import Keys, aspect, subject
from nb_to_flow.generate.text import unbound
from nb_to_flow.ir.edits import Edit, Positions, apply_edits
from nb_to_flow.ir.facts import FIGURE, Access, Effect, ResourceKind, Role, StatementFacts
from nb_to_flow.ir.notebook import Statement

_MAY_NEED_EDIT = re.compile(
    r"\b(display|show|stdout|pprint|help|info|global|exec|eval|run|del|iplot|init_notebook_mode)\b"
)
_DISPLAY = frozenset(
    {"IPython.display.display", "IPython.core.display.display", "IPython.core.display_functions.display"}
)
_SHOW_PLOTLY = frozenset(
    {"plotly.io.show", "plotly.offline.iplot", "plotly.plotly.iplot", "chart_studio.plotly.iplot"}
)
_FOR_NOTEBOOKS = frozenset({"plotly.offline.init_notebook_mode"})  # puts scripts into the page
_SHOW_FIGURES = frozenset({"matplotlib.pyplot.show", "pylab.show", "matplotlib.pylab.show"})
# Methods that return None where they surely change their receiver.
_SILENT_METHODS = frozenset({"append", "extend", "insert", "remove", "sort", "reverse", "clear", "update"})
_SILENT_ANYWAY = frozenset({"close", "commit", "flush", "savefig", "set_size_inches", "tight_layout"})
_SILENT_FUNCTIONS = frozenset(
    {"print", "setattr", "delattr", "exec", "help", "pprint.pprint", "sys.stdout.write", "time.sleep"}
    | {"os.makedirs", "os.mkdir", "os.remove", "os.unlink", "os.rmdir", "os.rename", "os.replace"}
    | {"shutil.rmtree", "json.dump", "pickle.dump", "numpy.save", "numpy.savez", "numpy.savetxt"}
)
_SILENT_EFFECTS = frozenset({ResourceKind.PYPLOT, ResourceKind.AMBIENT, ResourceKind.DIRECTORY})
_STORES = frozenset({ResourceKind.FILE, ResourceKind.DATABASE, ResourceKind.NETWORK})
_FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Where a statement is placed.

    Attributes:
        keys: of the task or function.
        nonlocals: names whose `global` becomes `nonlocal`.
        in_task: True if the statement's own level is a function's body.
        uses_globals: True if exec and eval there work on the module's globals.
    """

    keys: Keys
    nonlocals: frozenset[str] = frozenset()
    in_task: bool = True
    uses_globals: bool = False


def rewrite(statement: Statement, context: Context, scope: Scope) -> str:
    """The statement's code as it stands in the module; "" if nothing is left of it."""
    node = statement.node
    plain = not statement.shows and not _MAY_NEED_EDIT.search(statement.code)
    if plain and not (scope.uses_globals and ":" in statement.code):
        return "" if _is_idle(node) else statement.code
    rewriter = _Rewriter(statement, context, scope)
    if rewriter.vanishes():
        return ""
    return apply_edits(statement.code, rewriter.edits())


def _is_idle(node: ast.stmt) -> bool:
    """True for a mere name or number as a statement: Jupyter shows only the cell's last one."""
    if not isinstance(node, ast.Expr):
        return False
    value = node.value
    return isinstance(value, ast.Name) or isinstance(value, ast.Constant) and not isinstance(value.value, str)


def _has_effect(node: ast.AST) -> bool:
    kinds = ast.Call | ast.Await | ast.Yield | ast.YieldFrom | ast.NamedExpr
    return any(isinstance(inner, kinds) for inner in ast.walk(node))


def _shows_figure(facts: StatementFacts) -> bool:
    return any(e.kind is ResourceKind.DISPLAY and e.name == FIGURE for e in facts.effects)


def _is_setting(effect: Effect) -> bool:
    """True for what calls without a value do: set, draw, seed. Showing a table only reads settings."""
    if effect.kind in (ResourceKind.AMBIENT, ResourceKind.DIRECTORY) and effect.access is Access.READ:
        return False
    return effect.access is Access.SEED or effect.kind in _SILENT_EFFECTS


class _Rewriter:
    """The edits of one statement."""

    def __init__(self, statement: Statement, context: Context, scope: Scope) -> None:
        self.statement = statement
        self.context = context
        self.scope = scope
        self.positions = Positions(statement.code)
        self.displays = context.options.displays

    def vanishes(self) -> bool:
        """True if nothing is left: a value that is not shown, or not to be shown."""
        node = self.statement.node
        if isinstance(node, ast.Global):
            return self.scope.in_task
        if not isinstance(node, ast.Expr):
            return False
        if isinstance(node.value, ast.Call) and self._name(node.value) in _FOR_NOTEBOOKS:
            return True
        if isinstance(node.value, ast.Constant) and node.value.value is None or not self.statement.shows:
            return _is_idle(node)
        return self.displays == "drop" and not self._is_worth_running(node.value)

    def _name(self, call: ast.Call) -> str:
        return resolve(call.func, self.context.imports)

    def edits(self) -> list[Edit]:
        """All edits of the statement."""
        nodes = sorted(
            (n for n in ast.walk(self.statement.node) if isinstance(n, ast.expr | ast.stmt)),
            key=lambda n: (n.lineno, n.col_offset),
        )
        handled: set[int] = set()
        found = [edit for node in nodes for edit in self._edits_of(node, handled)]
        return [*found, *self._shown(), *self._globals()]

    def _edits_of(self, node: ast.AST, handled: set[int]) -> Iterator[Edit]:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            edits = [*self._dropped(node, node.value), *self._stdout_write(node.value)]
            if edits:
                handled.add(id(node.value))
            yield from edits
        elif isinstance(node, ast.Call):
            if id(node) not in handled:
                yield from self._call(node)
            handled.add(id(node.func))
        elif isinstance(node, ast.Delete):
            yield from self._deletion(node)
        elif isinstance(node, ast.AnnAssign):
            yield from self._annotation(node)
        elif isinstance(node, ast.Name) and id(node) not in handled and self._is_display(node):
            yield self._replacement(node, self._display_function())

    def _deletion(self, node: ast.Delete) -> Iterator[Edit]:
        """Variables deleted on some paths only: the task hands them on, so they become None (or builtins)."""
        kept = self.context.facts(self.statement.index).may_bind
        gone = [t.id for t in node.targets if isinstance(t, ast.Name) and t.id in kept]
        if not gone or not self.scope.in_task or self._is_nested(node):
            return
        rest = [
            self.positions.text(t) for t in node.targets if not isinstance(t, ast.Name) or t.id not in gone
        ]
        code = unbound(gone)
        yield self._replacement(node, f"del {', '.join(rest)}; {code}" if rest else code)

    def _annotation(self, node: ast.AnnAssign) -> Iterator[Edit]:
        """What is declared global must not be annotated."""
        if not self.scope.uses_globals or not isinstance(node.target, ast.Name) or self._is_nested(node):
            return
        if node.value is None:
            yield self._replacement(node, "pass")
        else:
            after = self.positions.span(node.annotation)[1]
            equals = self.positions.source.index("=", after)
            yield Edit(start=self.positions.span(node.target)[1], end=equals, text=" ")

    def _is_nested(self, node: ast.stmt) -> bool:
        """True if it stands in a function or class of the statement."""
        inner = (n for n in ast.walk(self.statement.node) if isinstance(n, _FUNCTIONS | ast.ClassDef))
        return any(part is node for one in inner for part in ast.walk(one))

    # What the cell's last line shows

    def _shown(self) -> Iterator[Edit]:
        node = self.statement.node
        if not (self.statement.shows and isinstance(node, ast.Expr)):
            return
        if self.displays == "drop" or not self.scope.in_task:
            return
        if self._is_silent(node.value):
            return
        start, end = self.positions.span(node)
        show = self.context.name("show")
        if isinstance(node.value, ast.Tuple) and not self._is_parenthesised(node.value):
            yield Edit(start=start, end=start, text=f"{show}((")
            yield Edit(start=end, end=end, text=f"){self._key(node.value)})")
        elif self.positions.span(node.value) != (start, end):
            # Parentheses around a long expression become the call's.
            yield Edit(start=start, end=start, text=show)
            yield Edit(start=end - 1, end=end - 1, text=self._key(node.value))
        else:
            yield Edit(start=start, end=start, text=f"{show}(")
            yield Edit(start=end, end=end, text=f"{self._key(node.value)})")

    def _is_parenthesised(self, node: ast.Tuple) -> bool:
        call = ast.parse(f"f({self.positions.text(node)}\n)", mode="eval").body
        return isinstance(call, ast.Call) and len(call.args) == 1 and isinstance(call.args[0], ast.Tuple)

    def _is_silent(self, value: ast.expr) -> bool:
        """True if an expression's value is None or a drawing that its figure shows anyway."""
        if not isinstance(value, ast.Call):
            return False
        name = self._name(value)
        if name in _SHOW_FIGURES | _SHOW_PLOTLY | _SILENT_FUNCTIONS or self._shows_itself(value):
            return True
        if self._is_display(value.func) or self._is_info(value):
            return True
        if any(k.arg == "inplace" and getattr(k.value, "value", False) is True for k in value.keywords):
            return True
        facts = self.context.facts(self.statement.index)
        if facts.is_none:
            return True
        if not facts.calls and any(_is_setting(e) for e in facts.effects):
            return True
        method = value.func if isinstance(value.func, ast.Attribute) else None
        stored = any(e.access is Access.WRITE and e.kind in _STORES for e in facts.effects)
        if method and method.attr.startswith("to_") and stored:
            return True
        if method and method.attr in _SILENT_ANYWAY:
            return True
        certain = {name for m in facts.mutations if m.certain for name in m.names}
        receiver = getattr(method and method.value, "id", "")
        return bool(method and method.attr in _SILENT_METHODS and receiver in certain)

    # Calls

    def _call(self, node: ast.Call) -> Iterator[Edit]:
        name = self._name(node)
        if name in _SHOW_FIGURES:
            yield self._replacement(node, self._figures(node))
        elif self._is_display(node.func):
            yield self._replacement(node, self._display(node.args))
        elif name in _SHOW_PLOTLY and node.args:
            yield self._replacement(node, self._display(node.args[:1]))
        elif self._shows_itself(node):
            assert isinstance(node.func, ast.Attribute)
            yield self._replacement(node, self._display([node.func.value]))
        elif name == "pprint.pprint" and not any(k.arg == "stream" for k in node.keywords):
            yield from self._wrapped(node, "print(pformat", ")")
        elif name == "help" and node.args and self.context.is_builtin("help"):
            yield from self._wrapped(node, "print(pydoc.plain(pydoc.render_doc", "))")
            yield self._appended(node, "'Help on %s:'")
        elif (
            name in ("exec", "eval") and self.scope.uses_globals and len(node.args) + len(node.keywords) == 1
        ):
            yield self._appended(node, "globals()")
        elif name in ("cProfile.run", "profile.run") and self.scope.uses_globals and len(node.args) == 1:
            # `run` looks names up in the program's main module, which a flow is not
            yield from self._wrapped(node, ast.unparse(node.func) + "ctx", "")
            yield self._appended(node, "globals(), globals()")
        elif self._is_info(node):
            yield from self._info(node)

    def _figures(self, node: ast.Call) -> str:
        """The code for `plt.show(...)`: what it is given may draw first (`plt.show(plot_acf(x))`)."""
        drawn = [self._inner_text(arg) for arg in node.args if _has_effect(arg)]
        parts = [*drawn, figures_code(self.context, self.scope.keys)]
        if len(parts) == 1:
            return parts[0]
        statements = (n for n in ast.walk(self.statement.node) if isinstance(n, ast.Expr))
        is_statement = any(statement.value is node for statement in statements)
        return "; ".join(parts) if is_statement else f"({', '.join(parts)})"

    def _shows_itself(self, node: ast.Call) -> bool:
        """True for `fig.show()` of plotly and its like, which would open a browser where the flow runs."""
        method = node.func
        if not isinstance(method, ast.Attribute) or method.attr != "show" or node.args:
            return False
        if self._name(node) in _SHOW_FIGURES:
            return False
        facts = self.context.facts(self.statement.index)
        if facts.role in (Role.FUNCTION, Role.CLASS):  # what they do is known where they are called
            return any(map(_shows_figure, self.context.plan.facts.statements))
        return _shows_figure(facts)

    def _display(self, arguments: Sequence[ast.expr]) -> str:
        """The code for a call of display(): its options have no meaning for an artifact."""
        values = ", ".join(self._inner_text(arg) for arg in arguments)
        if self.displays == "drop":
            return f"({values},)" if values and any(map(_has_effect, arguments)) else "None"
        key = self._key(arguments[0] if arguments else None)
        key = key if values else key.lstrip(", ")
        return f"{self.context.name('show')}({values}{key})"

    def _display_function(self) -> str:
        """The code for display itself, given to something that calls it."""
        if self.displays == "drop":
            return "(lambda *_: None)"
        show, key = self.context.name("show"), self._key()
        return f"{self.context.name('partial')}({show}{key})" if key else show

    def _dropped(self, node: ast.Expr, call: ast.Call) -> Iterator[Edit]:
        """A statement that only displays, with displays dropped: what it displays is still evaluated."""
        if self.displays == "drop" and self._is_display(call.func):
            effects = [self._inner_text(arg) for arg in call.args if _has_effect(arg)]
            yield self._replacement(node, "; ".join(effects) or "pass")

    def _stdout_write(self, call: ast.Call) -> Iterator[Edit]:
        name = self._name(call)
        if name == "sys.stdout.write" and self.context.joins_lines and len(call.args) == 1:
            yield self._replacement(call.func, "print")
            yield self._appended(call, 'end=""')

    def _is_info(self, node: ast.Call) -> bool:
        """True for a frame's info(), which writes to the standard output itself."""
        if not (isinstance(node.func, ast.Attribute) and node.func.attr == "info") or node.args:
            return False
        effects = self.context.facts(self.statement.index).effects
        writes = any(e.kind is ResourceKind.STDOUT and e.name == "raw" for e in effects)
        is_definition = isinstance(self.statement.node, ast.FunctionDef | ast.ClassDef)
        if any(k.arg in (None, "buf") for k in node.keywords):
            return False
        return writes or is_definition and "info" not in self.context.bound

    def _info(self, node: ast.Call) -> Iterator[Edit]:
        assert isinstance(node.func, ast.Attribute)
        start, end = self.positions.span(node)
        receiver_end = self.positions.span(node.func.value)[1]
        # The receiver's own closing parentheses stand between it and the dot.
        dot = self.statement.code.index(".", receiver_end)
        yield Edit(start=start, end=start, text=f"{self.context.name('print_info')}(")
        if node.keywords:
            first = node.keywords[0]
            yield Edit(start=dot, end=self.positions.offset(first.lineno, first.col_offset), text=", ")
        else:
            yield Edit(start=dot, end=end, text=")")

    # Small tools

    def _globals(self) -> Iterator[Edit]:
        functions = [n for n in ast.walk(self.statement.node) if isinstance(n, _FUNCTIONS)]
        inner = {id(n) for f in functions for n in ast.walk(f)}
        for node in ast.walk(self.statement.node):
            if not isinstance(node, ast.Global) or self.scope.uses_globals:
                continue
            if id(node) not in inner:
                if self.scope.in_task:
                    yield self._replacement(node, "pass")
                continue
            local = [name for name in node.names if name in self.scope.nonlocals]
            rest = [name for name in node.names if name not in self.scope.nonlocals]
            parts = [
                f"{word} {', '.join(names)}"
                for word, names in (("nonlocal", local), ("global", rest))
                if names
            ]
            if local:
                yield self._replacement(node, "; ".join(parts))

    def _is_worth_running(self, value: ast.expr) -> bool:
        if isinstance(value, ast.Call) and self._is_display(value.func):
            return any(map(_has_effect, value.args))
        return _has_effect(value)

    def _is_display(self, node: ast.expr) -> bool:
        name = resolve(node, self.context.imports)
        return name in _DISPLAY or name == "display" and self.context.is_builtin("display")

    def _key(self, shown: ast.expr | None = None) -> str:
        if self.displays != "artifact":
            return ""
        if shown is None:
            return f', key="{self.scope.keys.next()}"'
        variables = self.context.top - {*self.context.imports, *self.statement.synthetic}
        return f', key="{self.scope.keys.next(subject(shown, variables), aspect(shown))}"'

    def _inner_text(self, node: ast.expr) -> str:
        """The text of an argument with its own edits made."""
        start, end = self.positions.span(node)
        edits = [e for n in ast.walk(node) if isinstance(n, ast.Call) for e in self._call(n)]
        moved = (Edit(start=e.start - start, end=e.end - start, text=e.text) for e in edits)
        return apply_edits(self.statement.code[start:end], moved)

    def _replacement(self, node: ast.expr | ast.stmt, text: str) -> Edit:
        start, end = self.positions.span(node)
        return Edit(start=start, end=end, text=text)

    def _wrapped(self, node: ast.Call, function: str, closing: str) -> Iterator[Edit]:
        """Another function called with the call's arguments."""
        yield self._replacement(node.func, self.context.renamed(function))
        end = self.positions.span(node)[1]
        yield Edit(start=end, end=end, text=closing)

    def _appended(self, node: ast.Call, argument: str) -> Edit:
        """One more argument at the end of a call."""
        end = self.positions.span(node)[1] - 1
        last = max((self.positions.span(a)[1] for a in node.args), default=end)
        between = re.sub(r"#[^\n]*", "", self.statement.code[last:end])
        return Edit(start=end, end=end, text=argument if "," in between else f", {argument}")


def figures_code(context: Context, keys: Keys) -> str:
    """The code that publishes (or, without artifacts, closes) pyplot's open figures."""
    if context.options.displays == "artifact":
        return f'{context.name("publish_figures")}("{keys.next("figure")}")'
    return f'{context.name("plt")}.close("all")'
