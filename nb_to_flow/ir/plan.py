"""The planned flow: what becomes a task, what goes in and out, what is hoisted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from nb_to_flow.ir.facts import Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of the flow.

    Attributes:
        name: the author's variable.
        annotation: Python source of its type ("int", "list[str]", "str | None").
        default: Python source of its default value.
        description: from the comment beside it; may be empty.
        statement: the statement that bound it (it becomes part of the flow's signature).
    """

    name: str
    annotation: str
    default: str
    description: str = ""
    statement: int = -1


class SourceKind(str, Enum):
    """Where a value comes from in the flow's body."""

    PARAMETER = "parameter"
    TASK = "task"
    CONSTANT = "constant"  # a module-level name


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A value available in the flow's body: a parameter, a module constant, or an output of a task."""

    kind: SourceKind
    name: str  # the parameter, the constant, or the output's name
    task: str = ""  # for TASK: the name of the task that returns it


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One argument of a task: the author's variable, its type ("" unknown) and where it comes from."""

    name: str
    type: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """One value that a task returns: the author's variable and its type ("" unknown)."""

    name: str
    type: str


class CopyKind(str, Enum):
    """How a task copies inputs before it changes them."""

    METHOD = "method"  # x = x.copy(): frames; dict, list and set when shallow
    ARRAY = "array"  # x = x.copy(order="K"): laid out as it was, or sums and products may round otherwise
    DEEP = "deep"  # x = deepcopy(x); x, y = deepcopy((x, y)) keeps what they share


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """Inputs copied together at the start of a task."""

    names: tuple[str, ...]
    kind: CopyKind


STATE_NAMES = {"random": "random_state", "numpy.random": "numpy_state"}


class StepRole(str, Enum):
    """Why a statement stands in a task's body."""

    OWN = "own"  # the author's statement, at its place
    REPLICA = "replica"  # a definition or setting repeated here because this task needs it


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One statement of a task's body.

    Attributes:
        statement: its index in `Notebook.statements`.
        role: see `StepRole`.
        nonlocals: names that its functions declare `global` and that are `nonlocal` here.
        publishes_figures: pyplot figures open after this statement are shown and closed (its cell ends).
        unset: names that have been deleted by then and may stay so, although the task returns them: None (or a builtin), before it.
    """

    statement: int
    role: StepRole = StepRole.OWN
    nonlocals: frozenset[str] = frozenset()
    publishes_figures: bool = False
    unset: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskPlan:
    """One task.

    Attributes:
        name: function name, unique.
        title: what it does in a few words, from the notebook (heading or comment); may be empty.
        cells: positions of the cells its own statements come from, sorted.
        steps: its body, in order.
        inputs: what is passed in, in order.
        outputs: what it returns, in order.
        copies: made before the first step.
        prebinds: names to set to None first, so that `nonlocal` has something to bind.
        builtins: names that the body binds after it has used them as Python's builtins, or on some paths only.
        random_states: generators ("random", "numpy.random") whose state is an input named as the plan's
            `state_names` say, and also an output of that name: restored before the first
            step, returned after the last. A task may have it only as output (it holds the seed).
        restores, returns_states: which of those come in and which go out.
        after: names of tasks that must finish first although no value is passed.
        retry: True if running it again is safe and may help (reads or idempotent writes).
        is_async: True if its body awaits.
        in_process: True if its result can't be pickled, or comes out of a pickle made anew: called in the
            flow's own process, not submitted.
        notes: sentences for its docstring ("Reads data/orders.csv.", "The seed of cell 2 moved here.").
        uses_globals: True for the fallback: its names are declared `global`, as exec and globals() need.
        reason: why the task is larger than wished (named in a diagnostic), or "".
    """

    name: str
    title: str = ""
    cells: tuple[int, ...] = ()
    steps: tuple[Step, ...] = ()
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()
    copies: tuple[Copy, ...] = ()
    prebinds: tuple[str, ...] = ()
    builtins: tuple[str, ...] = ()
    restores: tuple[str, ...] = ()
    returns_states: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    retry: bool = False
    is_async: bool = False
    in_process: bool = False
    notes: tuple[str, ...] = ()
    uses_globals: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowPlan:
    """The whole flow.

    Attributes:
        facts: what it was planned from.
        name: the flow function's and the file's name, a Python identifier.
        title: first line of the module's and the flow's docstring.
        description: the rest of it; may be empty.
        parameters: the flow's signature, in order.
        imports: statements hoisted to the module's top: imports (each may be any import statement,
            try/except ImportError included).
        settings: ambient statements that run at module level after the imports.
        definitions: functions, classes and constants hoisted to module level, in notebook order.
        dropped: statements that vanish (`del` of what no task holds, repeated imports).
        tasks: in reading order, which is also a legal order of execution.
        results: what the flow returns: name to source, in order.
        max_workers: bound of the task runner.
        state_names: what the state of each generator is called where tasks hand it over.
    """

    facts: Facts
    name: str
    title: str = ""
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    imports: tuple[int, ...] = ()
    settings: tuple[int, ...] = ()
    definitions: tuple[int, ...] = ()
    dropped: tuple[int, ...] = ()
    tasks: tuple[TaskPlan, ...] = ()
    results: tuple[tuple[str, Source], ...] = ()
    max_workers: int = 4
    state_names: Mapping[str, str] = field(default_factory=lambda: STATE_NAMES)

    def task(self, name: str) -> TaskPlan:
        """The task of that name; KeyError if there is none."""
        for task in self.tasks:
            if task.name == name:
                return task
        raise KeyError(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOptions:
    """What a user may ask of a plan.

    Attributes:
        name: flow and file name; None takes the notebook's.
        outputs: "auto", "all", or names separated by commas.
        granularity: "auto", "cell" or "section".
        parameters: top-level constants to make parameters besides the tagged ones.
    """

    name: str | None = None
    outputs: str = "auto"
    granularity: str = "auto"
    parameters: tuple[str, ...] = field(default=())
