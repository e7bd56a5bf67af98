"""The plan while it is being made: one frozen value that each pass replaces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from nb_to_flow.ir.diagnostics import Diagnostic, Severity
from nb_to_flow.ir.facts import Facts, Role
from nb_to_flow.ir.graph import NotebookGraph
from nb_to_flow.ir.notebook import Secrecy
from nb_to_flow.ir.plan import FlowPlan, Parameter, PlanOptions, TaskPlan
from nb_to_flow.ir.spans import Span
from nb_to_flow.plan.versions import Versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Fusion:
    """Statements that must share a task, and why."""

    statements: frozenset[int]
    reason: str
    forced: bool = True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Draft:
    """What the passes have decided so far.

    Attributes:
        graph: what is planned.
        options: what the user asked for.
        versions: names and their uses, for the results wanted.
        results: names that the flow returns.
        imported_results: values that imports bound, returned too, with the import.
        parameters: the flow's signature.
        imports, settings, definitions, dropped: as in `FlowPlan`.
        repeatable: statements that each task that needs them has a copy of: definitions that close over
            data, constants, settings in the notebook's middle.
        seed_targets: statements that only seed generators, each with the draw whose task it moves to.
        fusions: what must stay together.
        groups: the statements of each task, sorted; tasks in order.
        tasks: the tasks, once they have their interfaces.
        whole: why everything is one task with global names, or "".
        plan: the finished plan.
    """

    graph: NotebookGraph
    options: PlanOptions
    versions: Versions
    results: tuple[str, ...] = ()
    imported_results: tuple[tuple[str, int], ...] = ()
    parameters: tuple[Parameter, ...] = ()
    imports: frozenset[int] = frozenset()
    settings: frozenset[int] = frozenset()
    definitions: frozenset[int] = frozenset()
    dropped: frozenset[int] = frozenset()
    repeatable: frozenset[int] = frozenset()
    seed_targets: Mapping[int, int] = field(default_factory=dict)
    fusions: tuple[Fusion, ...] = ()
    groups: tuple[tuple[int, ...], ...] = ()
    reasons: Mapping[int, str] = field(default_factory=dict)
    tasks: tuple[TaskPlan, ...] = ()
    whole: str = ""
    plan: FlowPlan | None = None
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def facts(self) -> Facts:
        """The facts behind the graph."""
        return self.graph.facts

    @property
    def parameter_statements(self) -> frozenset[int]:
        """Statements that became part of the flow's signature."""
        return frozenset(p.statement for p in self.parameters)

    @property
    def secret(self) -> frozenset[int]:
        """Statements that look up a secret when they run: they belong into tasks."""
        statements = self.facts.notebook.statements
        return frozenset(s.index for s in statements if s.secrecy is not Secrecy.NONE)

    @property
    def module_level(self) -> frozenset[int]:
        """Statements whose names every task sees as globals, those that only say it again included."""
        again = frozenset(i for i in self.dropped if self.facts.statements[i].role is not Role.COMPUTE)
        return self.imports | self.settings | self.definitions | again

    @property
    def placed(self) -> tuple[int, ...]:
        """The statements that belong to exactly one task by their place in the notebook, in order."""
        elsewhere = self.module_level | self.dropped | self.repeatable | self.parameter_statements
        elsewhere |= frozenset(self.seed_targets)
        return tuple(i for i in range(len(self.facts.statements)) if i not in elsewhere)

    @property
    def dropped_imports(self) -> frozenset[int]:
        """Imports that only repeat an earlier one."""
        return frozenset(i for i in self.dropped if self.facts.statements[i].role is Role.IMPORT)

    def span(self, statement: int) -> Span:
        """Where a statement stands."""
        return self.facts.notebook.statements[statement].span


def finding(
    code: str, severity: Severity, message: str, hint: str = "", span: Span | None = None
) -> Diagnostic:
    """A diagnostic of this stage."""
    return Diagnostic(code=code, severity=severity, message=message, hint=hint, span=span)
