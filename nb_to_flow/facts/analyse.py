"""From a notebook to its facts: each statement is run abstractly, what it did is written down."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from nb_to_flow.facts import aliases, roles
from nb_to_flow.facts.crossing import Crossing
from nb_to_flow.facts.heap import Instance, Library
from nb_to_flow.facts.holders import names_above
from nb_to_flow.facts.knowledge.lookup import Knowledge, load_knowledge, read_knowledge
from nb_to_flow.facts.knowledge.tables import KnowledgeError
from nb_to_flow.facts.lookups import settled_names
from nb_to_flow.facts.modules import LocalModules
from nb_to_flow.facts.record import Record
from nb_to_flow.facts.statements import Statements
from nb_to_flow.facts.values import Value
from nb_to_flow.ir import scopes
from nb_to_flow.ir.diagnostics import Diagnostic, Outcome, Severity
from nb_to_flow.ir.facts import (
    DEFINITIONS,
    Access,
    Comparison,
    Effect,
    Facts,
    Mutation,
    ResourceKind,
    Role,
    Sharing,
    StatementFacts,
)
from nb_to_flow.ir.notebook import Notebook, Secrecy, Statement

OWN_TABLE = "nb_to_flow.toml"  # beside the notebook
CONTAINERS = frozenset({"list", "dict", "set"})
OBSERVING = frozenset({ResourceKind.STDOUT, ResourceKind.DISPLAY})
PRINTING_LIBRARIES = ("pandas", "numpy")


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsOptions:
    """What a user may tell the analysis.

    Attributes:
        folder: the notebook's folder, where modules beside it and the user's own knowledge table
            (`nb_to_flow.toml`) are looked for; None looks nowhere.
        parameters: variables that the flow will take as parameters, besides those in tagged cells.
    """

    folder: Path | None = None
    parameters: tuple[str, ...] = ()


def analyse(notebook: Notebook, options: FactsOptions = FactsOptions()) -> Outcome[Facts]:
    """What every statement of a notebook reads, binds, changes and does to the world.

    An abstract interpretation of the statements in order of execution: flow-sensitive in variables,
    field-sensitive and context-sensitive (calls are followed in place) in objects.

    Returns:
        The facts, with an info diagnostic for each assumption about what is unknown; no value, and an
        error, if the user's knowledge table is wrong.
    """
    try:
        knowledge = _knowledge(options.folder)
    except (KnowledgeError, OSError, UnicodeError) as error:
        hint = "its grammar is that of the tables in nb_to_flow/facts/knowledge"
        message = f"{OWN_TABLE} can't be used: {error}"
        return Outcome(
            value=None,
            diagnostics=(Diagnostic(code="NB202", severity=Severity.ERROR, message=message, hint=hint),),
        )
    return Analysis(notebook, options, knowledge).run()


def _knowledge(folder: Path | None) -> Knowledge:
    own = folder / OWN_TABLE if folder is not None else None
    if own is None or not own.is_file():
        return load_knowledge()
    return read_knowledge(OWN_TABLE, own.read_text("utf-8"))


class Analysis:
    """One run over a notebook."""

    def __init__(self, notebook: Notebook, options: FactsOptions, knowledge: Knowledge) -> None:
        self.notebook = notebook
        self.parameters = frozenset(options.parameters)
        self.machine = Statements(knowledge)
        self.machine.helpers = notebook.helpers
        self.machine.settled = settled_names([s.node for s in notebook.statements]) - self.parameters
        self.machine.secrets = notebook.secrets
        self.machine.local_modules = LocalModules(options.folder)
        self.bound: dict[int, Mapping[str, frozenset[int]]] = {}
        self.imported: dict[int, dict[str, Value]] = {}
        self.diagnostics: list[Diagnostic] = []
        self.data: set[str] = set()  # variables that hold data at this point
        self.known: set[str] = set()  # variables bound before the statement
        self.crossing = Crossing(self.machine)

    def run(self) -> Outcome[Facts]:
        """Run all statements."""
        facts = [self.statement(statement) for statement in self.notebook.statements]
        facts = [self._with_import_types(f) if f.role is Role.IMPORT else f for f in _observers(facts)]
        heap = self.machine.heap
        holds = {
            obj: frozenset(i for i in heap.inside(obj) if i not in heap.frozen)
            for obj in range(len(heap.types))
            if heap.fields[obj]
        }
        sharing = Sharing(
            bound=self.bound,
            holds=holds,
            buffers=frozenset(heap.memory | self._indexes() | self._in_attrs()),
            types=dict(enumerate(heap.types)),
            cells=self._cells(),
            instances=frozenset(self.machine.instances),
        )
        return Outcome(
            value=Facts(notebook=self.notebook, statements=tuple(facts), sharing=sharing),
            diagnostics=tuple(self.diagnostics),
        )

    def _indexes(self) -> set[int]:
        """The indexes of frames: a copy of two frames that share one has two."""
        kinds, is_a = self.machine.heap.types, self.machine.knowledge.is_a
        return {obj for obj, kind in enumerate(kinds) if is_a(kind, "pandas.Index")}

    def _in_attrs(self) -> set[int]:
        """What stands in the `attrs` of frames: it is copied with the frame, but by itself."""
        heap = self.machine.heap
        return heap.reach(held for obj in heap.with_attrs for held in heap.fields[obj].get(".attrs", ()))

    def _cells(self) -> frozenset[int]:
        """What frames hold and no copy of them copies."""
        heap, instances = self.machine.heap, self.machine.instances
        frames = (obj for obj, kind in enumerate(heap.types) if kind.startswith("pandas."))
        held = heap.reach(item for frame in frames for item in heap.items(frame))
        return frozenset(obj for obj in held if heap.types[obj] in CONTAINERS or obj in instances)

    def _with_import_types(self, facts: StatementFacts) -> StatementFacts:
        """Imported names hold data if a table says so, or if the notebook treats them like data."""
        types = {name: self._import_type(value) for name, value in self.imported[facts.statement].items()}
        return replace(facts, types=types)

    def _import_type(self, value: Value) -> str:
        types, used = {self.machine.heap.types[obj] for obj in value}, self.machine.data_imports
        for obj in value:
            payload = self.machine.payload(obj)
            if isinstance(payload, Library) and payload.name.startswith("__future__."):
                return "" if payload.name.endswith(".annotations") else "__future__._Feature"
            if isinstance(payload, Library) and payload.name.startswith("collections.abc."):
                return ""  # classes, unlike their namesakes in typing
            if isinstance(payload, Library):
                known = self.machine.knowledge.value(payload.name)
                types = {known.returns or "object"} if known else {"object" if payload.name in used else ""}
            elif payload is None and types == {""}:
                types = {"object"}  # made by a module beside the notebook
        return (types - {"module", "function", "type", "method"} or {""}).pop()

    def statement(self, statement: Statement) -> StatementFacts:
        """Run one statement and write down what it did."""
        machine = self.machine
        machine.record = record = Record()
        machine.heap.work = 0
        shown = statement.node if statement.shows and isinstance(statement.node, ast.Expr) else None
        machine.run(statement.node)
        self._keep_deleted(record)
        if self._is_parameter(statement, record):
            self._forget_values(record)
        if shown is not None:
            record.effect(ResourceKind.DISPLAY, Access.WRITE)
        machine.steps += machine.spent()
        if machine.exhausted():
            record.assume("this statement is too large to follow: calls and loops in it were only summarised")
        self._say(statement, record)
        return self._facts(statement, record, self.known)

    def _keep_deleted(self, record: Record) -> None:
        """What is deleted on some paths only counts as bound on some paths."""
        for name in sorted(record.deleted):
            if self.machine.module.values.get(name):
                record.deleted.discard(name)
                record.touched.add(name)

    def _is_parameter(self, statement: Statement, record: Record) -> bool:
        """True if what the statement binds may become a parameter of the flow."""
        tagged = "parameters" in self.notebook.cells[statement.cell].tags
        return tagged or "@param" in statement.code or not self.parameters.isdisjoint(record.touched)

    def _forget_values(self, record: Record) -> None:
        """A parameter's default is only one of its values: paths made of it stay symbolic, lists may be empty."""
        for name in sorted(record.touched & self.machine.module.values.keys()):
            value = self.machine.module.values[name]
            is_text = bool(self.machine.texts(value))
            self.machine.filled.lose(self.machine.heap.reach(value))
            known = self.machine.text("{" + name + "}") if is_text else self.machine.filled.forget(value)
            self.machine.store(self.machine.module, name, known)

    # -- one statement's facts ------------------------------------------------------------------------

    def _facts(self, statement: Statement, record: Record, before: set[str]) -> StatementFacts:
        binds = frozenset(record.bound)
        may_bind = frozenset(record.touched - binds - record.deleted)
        mutations = self._mutations(record)
        changes = frozenset(
            n for m in mutations for n in m.names if n in before and self._had(n, m.obj, record)
        )
        reads = frozenset(n for n in (*record.loads, *may_bind) if n in before) | changes
        reads -= frozenset(record.deleted - record.loads.keys() - changes)
        role = roles.role_of(
            statement.node, record, any(name in self.data for name in reads), _prints(record)
        )
        if statement.secrecy is Secrecy.VALUE:
            role = Role.CONSTANT
        if role is Role.FUNCTION and any(self._is_instance(name) for name in binds):
            role = Role.COMPUTE  # a class of the notebook decorates it
        if role is Role.COMPUTE and self._is_alias(statement.node, record, reads):
            role = Role.ALIAS
        self._note(statement, role, binds | may_bind)
        self.crossing.look()
        carries = self.crossing.carries(sorted(binds | may_bind | changes), role)
        if role is Role.COMPUTE:
            held = frozenset().union(*carries.values())
            reads |= self.crossing.needed(held) & before
        if role is Role.IMPORT:
            self.imported[statement.index] = {
                n: self.machine.module.values[n] for n in sorted(binds | may_bind)
            }
        function = _definition(statement.node)
        return StatementFacts(
            statement=statement.index,
            role=role,
            reads=reads,
            binds=binds,
            may_bind=may_bind,
            deletes=frozenset(record.deleted - binds),
            changes=changes,
            mutations=mutations,
            comparisons=self._comparisons(record),
            effects=record.all_effects() + tuple(_library_reads(record, role)),
            calls=frozenset(name for name in record.calls if name in self.known),
            free=frozenset(scopes.free_names(function)) if function is not None else frozenset(),
            rebinds=frozenset(scopes.declared_global(function)) if function is not None else frozenset(),
            loads={name: record.loads[name] for name in sorted(record.loads) if name in before},
            late=frozenset(name for name in record.late if name in self.known),
            awaits=record.awaits,
            is_none=record.is_none,
            types={name: self._type_of(name, role, statement) for name in sorted(binds | may_bind)},
            unpicklable=self.crossing.unpicklable(sorted(binds | may_bind | changes)),
            renewed=self.crossing.renewed(sorted(binds | may_bind | changes)),
            carries=carries,
        )

    def _is_alias(self, node: ast.stmt, record: Record, reads: frozenset[str]) -> bool:
        done = record.effects or record.changes or record.deleted
        return not done and self.data.isdisjoint(reads) and aliases.is_alias(node, self.machine)

    def _had(self, name: str, obj: int, record: Record) -> bool:
        """True if the variable reached the object before the statement."""
        old = record.replaced.get(name)
        return old is None or obj in self.machine.heap.reach(self.machine.mutable(old))

    def _mutations(self, record: Record) -> tuple[Mutation, ...]:
        found = []
        for obj, names in self._held(record.changes, record):
            if names:
                change = record.changes[obj]
                found.append(
                    Mutation(
                        obj=obj,
                        names=names,
                        deep=change.deep,
                        certain=change.certain,
                        cached=change.cached,
                        line=change.line,
                    )
                )
        return tuple(found)

    def _comparisons(self, record: Record) -> tuple[Comparison, ...]:
        held = self._held(record.compared, record)
        return tuple(Comparison(obj=obj, names=names) for obj, names in held if names)

    def _held(self, objs: Iterable[int], record: Record) -> Iterator[tuple[int, frozenset[str]]]:
        """Objects with the variables that reach them around the statement."""
        roots, before = self.machine.roots, defaultdict[int, set[str]](set)
        for name, old in record.replaced.items():
            for obj in self.machine.mutable(old or ()):
                before[obj].add(name)
        called = lambda obj: roots.get(obj, set()) | before.get(obj, set())
        yield from names_above(sorted(objs), self.machine.heap, called)

    def _note(self, statement: Statement, role: Role, names: frozenset[str]) -> None:
        values = self.machine.module.values
        self.bound[statement.index] = {n: self.machine.mutable(values.get(n, ())) for n in sorted(names)}
        code = role in DEFINITIONS
        aliases = self.machine.aliases
        (aliases.update if role is Role.ALIAS else aliases.difference_update)(names)
        (self.data.difference_update if code else self.data.update)(names)
        self.known.update(names)

    def _is_instance(self, name: str) -> bool:
        return any(isinstance(self.machine.payload(obj), Instance) for obj in self.machine.objects(name))

    def _type_of(self, name: str, role: Role, statement: Statement) -> str:
        if role is Role.ALIAS:
            return aliases.alias_type(statement.node, self.machine)
        wrapper = self.machine.wrappers.get(name, "") if role is Role.FUNCTION else ""
        return wrapper or self._type(self.machine.module.values.get(name, frozenset()))

    def _type(self, value: Value) -> str:
        types = {self.machine.heap.types[obj].partition("[")[0] for obj in value}
        if len(types - {"None"}) == 1 and "None" in types:
            types.discard("None")
        known = types.pop() if len(types) == 1 else ""
        return known if known not in ("function", "method", "super", "module") else ""

    def _say(self, statement: Statement, record: Record) -> None:
        for message, line in sorted(record.assumptions.items()):
            hint = f"if that is wrong, say what it does in {OWN_TABLE} beside the notebook"
            self.diagnostics.append(
                Diagnostic(
                    code="NB201",
                    severity=Severity.INFO,
                    message=message,
                    hint=hint,
                    span=statement.place(line),
                )
            )


def _prints(record: Record) -> bool:
    return any(kind is ResourceKind.STDOUT for kind, _, _ in record.effects)


def _definition(node: ast.stmt) -> ast.AST | None:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return node
    if isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
        return node.value
    return None


def _library_reads(record: Record, role: Role) -> list[Effect]:
    """Settings of a library are observed by whatever uses it (thinned out by `_observers`)."""
    if role is not Role.COMPUTE:
        return []
    libraries = set(record.libraries)
    if any(kind in OBSERVING for kind, _, _ in record.effects):
        libraries.update(PRINTING_LIBRARIES)
    if any(kind is ResourceKind.PYPLOT for kind, _, _ in record.effects):
        libraries.add("matplotlib")
    return [Effect(kind=ResourceKind.AMBIENT, access=Access.READ, name=name) for name in sorted(libraries)]


def _observers(facts: list[StatementFacts]) -> list[StatementFacts]:
    """Keep observations of settings only where the notebook changes them at all."""
    set_ = {
        e.name
        for f in facts
        for e in f.effects
        if e.kind is ResourceKind.AMBIENT and e.access is Access.WRITE
    }

    def wanted(effect: Effect) -> bool:
        return (
            effect.kind is not ResourceKind.AMBIENT or effect.access is not Access.READ or effect.name in set_
        )

    return [
        f if all(map(wanted, f.effects)) else replace(f, effects=tuple(filter(wanted, f.effects)))
        for f in facts
    ]
