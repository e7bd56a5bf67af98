"""The one place where the stages meet: read -> credentials -> facts -> graph -> plan -> generate.

Nothing is run or written.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nb_to_flow.ir.depth import room_for_depth, too_deep
from nb_to_flow.ir.diagnostics import Diagnostic, Outcome, Severity
from nb_to_flow.ir.facts import Facts
from nb_to_flow.ir.flow import GeneratedFlow, GenerateOptions
from nb_to_flow.ir.graph import NotebookGraph
from nb_to_flow.ir.notebook import Notebook
from nb_to_flow.ir.plan import FlowPlan, PlanOptions

if TYPE_CHECKING:
    from nb_to_flow.read import ReadOptions

_DELAYS = (1, 10, 60)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConvertOptions:
    """What a user may ask of a conversion; the command line has an option for each.

    Attributes:
        name: name of the flow and its file; None takes the notebook's.
        outputs: what the flow returns: "auto" (what nothing consumes), "all", or names joined by commas.
        granularity: "auto" groups cells as a person would, "cell" and "section" follow the notebook.
        order: "document" runs the cells from top to bottom, "execution" as they were last run.
        parameters: top-level constants that become parameters besides the tagged ones.
        displays: what becomes of displayed values: "artifact", "log" or "drop".
        allow_unsupported: turn cells that can't be converted into tasks that raise NotImplementedError.
        retries: how often a task that reads or writes is retried, where that is safe.
        timeout_seconds: per task, or None.
        secrets: None leaves credentials in the flow and warns of them; "env" has the tasks look them up in
            environment variables, "block" in Prefect's Secret blocks.
    """

    name: str | None = None
    outputs: str = "auto"
    granularity: str = "auto"
    order: str = "document"
    parameters: tuple[str, ...] = ()
    displays: str = "artifact"
    allow_unsupported: bool = False
    retries: int = 3
    timeout_seconds: float | None = None
    secrets: str | None = None

    def changed(self) -> dict[str, Any]:
        """The options that are not the defaults, as JSON can hold them."""
        default = asdict(ConvertOptions())
        return {k: v for k, v in asdict(self).items() if v != default[k]}

    def for_read(self) -> ReadOptions:
        """What the reader needs of it."""
        from nb_to_flow.read import ReadOptions

        return ReadOptions(order=self.order, allow_unsupported=self.allow_unsupported)

    def for_plan(self) -> PlanOptions:
        """What the planner needs of it."""
        return PlanOptions(
            name=self.name,
            outputs=self.outputs,
            granularity=self.granularity,
            parameters=self.parameters,
        )

    def for_generate(self) -> GenerateOptions:
        """What the generator needs of it."""
        delays = (_DELAYS + (_DELAYS[-1],) * self.retries)[: self.retries]
        return GenerateOptions(
            displays=self.displays,
            retries=self.retries,
            retry_delays=delays,
            timeout_seconds=self.timeout_seconds,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conversion:
    """Everything the stages made of one notebook, as far as they came.

    Attributes:
        path: the notebook's path as the user gave it.
        notebook, facts, graph, plan, flow: the stages' results; None from the first that an error stopped,
            and for stages that weren't asked for.
        diagnostics: what all stages found, in order of stages.
        credentials: the values that looked like credentials, taken out of `notebook` or not.
    """

    path: Path
    notebook: Notebook | None = None
    facts: Facts | None = None
    graph: NotebookGraph | None = None
    plan: FlowPlan | None = None
    flow: GeneratedFlow | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    credentials: tuple[str, ...] = field(default=(), repr=False)

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The diagnostics that stopped it."""
        return tuple(d for d in self.diagnostics if d.severity is Severity.ERROR)


Step = Callable[[Conversion, ConvertOptions], Conversion]


def load(path: Path, options: ConvertOptions | None = None) -> Conversion:
    """Read the notebook at `path`, nothing more."""
    return _through(STEPS[:1], path, options)


def analyse(path: Path, options: ConvertOptions | None = None) -> Conversion:
    """Everything but the generated text: notebook, facts, graph and plan; stars stand for credentials."""
    chosen = options or ConvertOptions()
    return _through(STEPS[:-1], path, chosen if chosen.secrets else replace(chosen, secrets="mask"))


def convert(path: Path, options: ConvertOptions | None = None) -> Conversion:
    """All stages; `flow` holds the module's text, unless an error stopped it."""
    return _through(STEPS, path, options)


def _through(steps: tuple[Step, ...], path: Path, options: ConvertOptions | None) -> Conversion:
    """Run the steps until one yields nothing."""
    conversion = Conversion(path=path)
    with room_for_depth():
        for step in steps:
            try:
                conversion = step(conversion, options or ConvertOptions())
            except (RecursionError, MemoryError):  # the latter is how the parser says it
                found = (*conversion.diagnostics, too_deep(conversion.notebook))
                conversion = replace(conversion, diagnostics=found)
            if conversion.errors:
                break
    return _discreet(conversion)


def _discreet(conversion: Conversion) -> Conversion:
    """With stars for credentials in what the stages say."""
    if not conversion.credentials:
        return conversion
    from nb_to_flow.credentials import starred

    said = tuple(
        replace(d, message=starred(d.message, conversion.credentials)) for d in conversion.diagnostics
    )
    return replace(conversion, diagnostics=said)


def _read(conversion: Conversion, options: ConvertOptions) -> Conversion:
    from nb_to_flow.read import read_notebook

    outcome = read_notebook(conversion.path, options.for_read())
    return replace(conversion, notebook=outcome.value, diagnostics=_joined(conversion, outcome))


def _guard(conversion: Conversion, options: ConvertOptions) -> Conversion:
    from nb_to_flow.credentials import guard

    if conversion.notebook is None:
        return conversion
    outcome = guard(conversion.notebook, options.secrets)
    return replace(
        conversion,
        notebook=outcome.value.notebook if outcome.value else None,
        credentials=outcome.value.credentials if outcome.value else (),
        diagnostics=_joined(conversion, outcome),
    )


def _analyse(conversion: Conversion, options: ConvertOptions) -> Conversion:
    from nb_to_flow.facts import FactsOptions
    from nb_to_flow.facts import analyse as analyse_facts

    if conversion.notebook is None:
        return conversion
    outcome = analyse_facts(
        conversion.notebook, FactsOptions(folder=conversion.path.parent, parameters=options.parameters)
    )
    return replace(conversion, facts=outcome.value, diagnostics=_joined(conversion, outcome))


def _graph(conversion: Conversion, options: ConvertOptions) -> Conversion:
    from nb_to_flow.graph import build_graph

    if conversion.facts is None:
        return conversion
    outcome = build_graph(conversion.facts)
    return replace(conversion, graph=outcome.value, diagnostics=_joined(conversion, outcome))


def _plan(conversion: Conversion, options: ConvertOptions) -> Conversion:
    from nb_to_flow.plan import plan_flow

    if conversion.graph is None:
        return conversion
    outcome = plan_flow(conversion.graph, options.for_plan())
    return replace(conversion, plan=outcome.value, diagnostics=_joined(conversion, outcome))


def _generate(conversion: Conversion, options: ConvertOptions) -> Conversion:
    from nb_to_flow.generate import generate

    if conversion.plan is None:
        return conversion
    outcome = generate(conversion.plan, options.for_generate())
    return replace(conversion, flow=outcome.value, diagnostics=_joined(conversion, outcome))


def _joined(conversion: Conversion, outcome: Outcome[Any]) -> tuple[Diagnostic, ...]:
    return conversion.diagnostics + outcome.diagnostics


STEPS: tuple[Step, ...] = (_read, _guard, _analyse, _graph, _plan, _generate)
